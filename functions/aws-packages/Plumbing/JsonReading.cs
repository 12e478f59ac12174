using System.Text.Json;
using Amazon.Runtime;
using Amazon.Runtime.Internal.Util;
using Amazon.Util;

namespace EcrGuard.Bundled.Plumbing;

/// <summary>Reads one value; the reader stands on its first token and is left on its last.</summary>
internal delegate T ReadJson<out T>(ref StreamingUtf8JsonReader json);

/// <summary>
/// Reads a response of the AWS JSON protocols. A structure is read by
/// <c>while (json.NextMember()) if (json.At("name")) … else json.Skip();</c>, where <c>At</c> moves on to the value
/// when the name is right.
/// JSON null reads as null everywhere; a value of another type than the model's is an
/// <see cref="AmazonUnmarshallingException"/>.
/// </summary>
internal static class JsonReading
{
    /// <summary>Moves to the next member's name; false at the end of the structure.</summary>
    internal static bool NextMember(this ref StreamingUtf8JsonReader json) =>
        json.Read() && json.TokenType == JsonTokenType.PropertyName;

    internal static bool At(this ref StreamingUtf8JsonReader json, string name) =>
        json.ValueTextEquals(name) && json.Read();

    /// <summary>Passes over the value of a member that the model here does not have.</summary>
    internal static void Skip(this ref StreamingUtf8JsonReader json)
    {
        var depth = 0;
        do
        {
            if (!json.Read())
                return;
            if (json.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray)
                depth++;
            if (json.TokenType is JsonTokenType.EndObject or JsonTokenType.EndArray)
                depth--;
        } while (depth > 0);
    }

    internal static string String(this ref StreamingUtf8JsonReader json) => json.GetString();

    internal static bool? Bool(this ref StreamingUtf8JsonReader json) => json.IsNull() ? null : json.GetBoolean();

    internal static int? Int(this ref StreamingUtf8JsonReader json) =>
        json.IsNull() ? null
        : json.TryGetInt32(out var value) ? value
        : throw Unreadable("a 32-bit integer");

    internal static long? Long(this ref StreamingUtf8JsonReader json) =>
        json.IsNull() ? null
        : json.TryGetInt64(out var value) ? value
        : throw Unreadable("a 64-bit integer");

    internal static double? Double(this ref StreamingUtf8JsonReader json) =>
        json.IsNull() ? null
        : json.TryGetDouble(out var value) ? value
        : throw Unreadable("a number");

    /// <summary>
    /// Epoch seconds with a fraction; the result is UTC, by the formula of the published packages: 1700000000.123 is
    /// some ticks less than 123 milliseconds.
    /// </summary>
    internal static DateTime? Time(this ref StreamingUtf8JsonReader json) =>
        json.Double() is { } seconds ? DateTime.UnixEpoch.AddSeconds(seconds) : null;

    internal static T Structure<T>(this ref StreamingUtf8JsonReader json, ReadJson<T> read)
        where T : class => json.Opens(JsonTokenType.StartObject) ? read(ref json) : null;

    internal static List<string> Strings(this ref StreamingUtf8JsonReader json) => json.Items(String);

    /// <summary>A list of structures.</summary>
    internal static List<T> List<T>(this ref StreamingUtf8JsonReader json, ReadJson<T> read)
        where T : class => json.Items((ref StreamingUtf8JsonReader item) => item.Structure(read));

    internal static Dictionary<string, string> StringMap(this ref StreamingUtf8JsonReader json) => json.Map(String);

    internal static Dictionary<string, int> IntMap(this ref StreamingUtf8JsonReader json) =>
        json.Map(static (ref StreamingUtf8JsonReader json) => json.Int().GetValueOrDefault());

    private static List<T> Items<T>(this ref StreamingUtf8JsonReader json, ReadJson<T> read)
    {
        if (!json.Opens(JsonTokenType.StartArray))
            return null;
        var list = new List<T>();
        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
            list.Add(read(ref json));
        return list;
    }

    private static Dictionary<string, T> Map<T>(this ref StreamingUtf8JsonReader json, ReadJson<T> read)
    {
        if (!json.Opens(JsonTokenType.StartObject))
            return null;
        var map = new Dictionary<string, T>();
        while (json.NextMember())
        {
            var key = json.GetString();
            json.Read();
            map[key] = read(ref json);
        }
        return map;
    }

    private static bool IsNull(this ref StreamingUtf8JsonReader json) => json.TokenType == JsonTokenType.Null;

    /// <summary>False for null.</summary>
    private static bool Opens(this ref StreamingUtf8JsonReader json, JsonTokenType expected) =>
        json.TokenType == expected
        || (json.IsNull() ? false : throw Unreadable(expected == JsonTokenType.StartArray ? "a list" : "a structure"));

    private static JsonException Unreadable(string expected) =>
        new($"The response holds something else where {expected} belongs.");
}
