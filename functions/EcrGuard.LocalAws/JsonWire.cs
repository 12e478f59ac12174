using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace EcrGuard.LocalAws;

/// <summary>
/// The JSON of the services that speak it. The record of a request is its model. A request is unexpected if it has a
/// member that the record lacks, lacks a required member, or has a value of the wrong type.
/// </summary>
internal static class JsonWire
{
    /// <summary>Member names as ECR, ECS and Inspector have them.</summary>
    public static readonly RequestJson Camel = With(JsonNamingPolicy.CamelCase);

    /// <summary>Member names as Lambda, App Runner, EventBridge and Scheduler have them.</summary>
    public static readonly RequestJson Pascal = With(null);

    private static RequestJson With(JsonNamingPolicy? names) =>
        new(
            new JsonSerializerOptions
            {
                PropertyNamingPolicy = names,
                UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
                DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
            }
        );

    /// <summary>Reads a text that has been checked already.</summary>
    public static T Read<T>(string text) => JsonSerializer.Deserialize(text, InfoOf<T>(Camel))!;

    public static T Read<T>(LocalCall call, RequestJson? names = null)
    {
        try
        {
            return JsonSerializer.Deserialize(call.Body, InfoOf<T>(names ?? Camel))
                ?? throw LocalError.Unexpected("SerializationException", "The body is null.");
        }
        catch (JsonException wrong)
        {
            throw LocalError.Unexpected("SerializationException", wrong.Message);
        }
    }

    private static JsonTypeInfo<T> InfoOf<T>(RequestJson names) => (JsonTypeInfo<T>)names.GetTypeInfo(typeof(T))!;

    public static LocalAnswer Answer(string contentType, object content, RequestJson? names = null) =>
        new(200, contentType, Utf8(content, names));

    public static LocalAnswer Refuse(string contentType, int status, object content, RequestJson? names = null) =>
        Answer(contentType, content, names) with
        {
            Status = status,
        };

    /// <summary>
    /// The value of a top-level string member; null if there is none. The rest is not read into a model.
    /// </summary>
    public static string? Peek(LocalCall call, string member)
    {
        try
        {
            using var body = JsonDocument.Parse(call.Body);
            return
                body.RootElement.ValueKind == JsonValueKind.Object
                && body.RootElement.TryGetProperty(member, out var value)
                && value.ValueKind == JsonValueKind.String
                ? value.GetString()
                : null;
        }
        catch (JsonException)
        {
            return null; // The answer to the call says what is wrong with its body.
        }
    }

    public static string Write(object content, RequestJson? names = null) =>
        Encoding.UTF8.GetString(Utf8(content, names));

    public static byte[] Utf8(object content, RequestJson? names = null)
    {
        using var bytes = new MemoryStream();
        using (
            var json = new Utf8JsonWriter(
                bytes,
                new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }
            )
        )
        {
            Members.Write(json, content, names ?? Camel);
        }

        return bytes.ToArray();
    }

    /// <summary>A time as both services send it: seconds since 1970 as a number, with milliseconds.</summary>
    public static double Epoch(DateTimeOffset time) => time.ToUnixTimeMilliseconds() / 1000.0;

    public static double? Epoch(DateTimeOffset? time) => time is { } t ? Epoch(t) : null;
}
