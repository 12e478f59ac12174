using System.Globalization;
using System.Text.Json;

namespace EcrGuard.Core.Images;

/// <summary>Reads the fields of an event of EventBridge.</summary>
internal static class EventFields
{
    /// <summary>A message as a JSON object.</summary>
    /// <exception cref="EventFormatException">It is none.</exception>
    public static JsonDocument Parse(string json)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(json);
        }
        catch (JsonException)
        {
            throw new EventFormatException("The message is not JSON.");
        }
        if (document.RootElement.ValueKind == JsonValueKind.Object)
            return document;
        document.Dispose();
        throw new EventFormatException("The message is not a JSON object.");
    }

    /// <summary>Any text: some documented samples have ids that are no UUIDs.</summary>
    public static string IdOf(JsonElement root) => Required(root, "id");

    public static DateTimeOffset TimeOf(JsonElement root)
    {
        var time = Required(root, "time");
        return DateTimeOffset.TryParse(
            time,
            CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
            out var parsed
        )
            ? parsed
            : throw Wrong("time", time, "an ISO 8601 time");
    }

    public static string Required(JsonElement element, params ReadOnlySpan<string> path) =>
        Find(element, path) is { Length: > 0 } value
            ? value
            : throw new EventFormatException($"The field '{string.Join('.', path!)}' is missing or not a string.");

    public static string? Find(JsonElement element, params ReadOnlySpan<string> path) =>
        At(element, path) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

    public static JsonElement? At(JsonElement element, params ReadOnlySpan<string> path)
    {
        foreach (var name in path)
        {
            if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(name, out element))
                return null;
        }
        return element;
    }

    public static EventFormatException Wrong(string field, string value, string right) =>
        new($"The field '{field}' is '{Phrase.Clip(value, 120)}'; it must be {right}.");
}

/// <summary>
/// An event that EcrGuard uses cannot be read. It goes to the dead-letter queue, where nothing is lost.
/// </summary>
public sealed class EventFormatException(string message) : Exception(message);
