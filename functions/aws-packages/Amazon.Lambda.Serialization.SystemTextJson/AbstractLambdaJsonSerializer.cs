using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Amazon.Lambda.Serialization.SystemTextJson.Converters;

namespace Amazon.Lambda.Serialization.SystemTextJson;

public abstract class AbstractLambdaJsonSerializer
{
    private static readonly JsonWriterOptions WriterOptions = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private protected AbstractLambdaJsonSerializer() { }

    /// <exception cref="JsonSerializerException">The value cannot be written, or its type is not
    ///     registered.</exception>
    public void Serialize<T>(T response, Stream responseStream)
    {
        try
        {
            using var writer = new Utf8JsonWriter(responseStream, WriterOptions);
            InternalSerialize(writer, response);
        }
        catch (Exception e)
        {
            throw new JsonSerializerException(
                $"Error converting the response object of type {typeof(T).FullName} from the Lambda function "
                    + $"to JSON: {e.Message}",
                e
            );
        }
    }

    /// <exception cref="JsonSerializerException">The payload is not JSON of this type, or the type is not
    ///     registered.</exception>
    public T Deserialize<T>(Stream requestStream)
    {
        try
        {
            if (requestStream is MemoryStream memory && memory.TryGetBuffer(out var buffer))
                return InternalDeserialize<T>(buffer);
            using var copy = new MemoryStream();
            requestStream.CopyTo(copy);
            return InternalDeserialize<T>(copy.GetBuffer().AsSpan(0, (int)copy.Length));
        }
        catch (Exception e)
        {
            throw new JsonSerializerException(
                $"Error converting the Lambda event JSON payload to type {typeof(T).FullName}: {e.Message}",
                e
            );
        }
    }

    private protected abstract void InternalSerialize<T>(Utf8JsonWriter writer, T response);

    private protected abstract T InternalDeserialize<T>(ReadOnlySpan<byte> utf8Json);

    /// <summary>
    /// AWS events spell their members in many ways, so names are matched without regard to case; an absent member and
    /// null are the same in answers.
    /// </summary>
    private protected static JsonSerializerOptions DefaultOptions() =>
        new()
        {
            DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
            PropertyNameCaseInsensitive = true,
            PropertyNamingPolicy = new AwsNamingPolicy(),
            Converters = { new DateTimeConverter(), new MemoryStreamConverter() },
        };
}
