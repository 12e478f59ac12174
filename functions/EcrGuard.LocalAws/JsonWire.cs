using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace EcrGuard.LocalAws;

/// <summary>
/// The JSON of ECR and Inspector. A request's record is its model: a member that the record does not have, a required one that is missing or
/// a value of the wrong type is an unexpected request.
/// </summary>
internal static class JsonWire
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Reads a text that has been checked.</summary>
    public static T Read<T>(string text) => JsonSerializer.Deserialize<T>(text, Options)!;

    public static T Read<T>(LocalCall call)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(call.Body, Options)
                ?? throw LocalError.Unexpected("SerializationException", "The body is null.");
        }
        catch (JsonException wrong)
        {
            throw LocalError.Unexpected("SerializationException", wrong.Message);
        }
    }

    public static LocalAnswer Answer(string contentType, object content) =>
        new(200, contentType, JsonSerializer.SerializeToUtf8Bytes(content, Options));

    public static LocalAnswer Refuse(string contentType, int status, object content) =>
        Answer(contentType, content) with { Status = status };

    /// <summary>The value of a top-level string member, without reading the rest into a model; null where there is none.</summary>
    public static string? Peek(LocalCall call, string member)
    {
        try
        {
            using var body = JsonDocument.Parse(call.Body);
            return body.RootElement.ValueKind == JsonValueKind.Object
                && body.RootElement.TryGetProperty(member, out var value)
                && value.ValueKind == JsonValueKind.String
                    ? value.GetString()
                    : null;
        }
        catch (JsonException)
        {
            return null; // Answering the call says what is wrong with its body.
        }
    }

    public static string Write(object content) => JsonSerializer.Serialize(content, Options);

    /// <summary>A time as both services send it: seconds since 1970 as a number, with milliseconds.</summary>
    public static double Epoch(DateTimeOffset time) => time.ToUnixTimeMilliseconds() / 1000.0;

    public static double? Epoch(DateTimeOffset? time) => time is { } t ? Epoch(t) : null;
}
