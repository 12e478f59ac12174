using System.Text.Json;
using Amazon.Util;

namespace EcrGuard.Bundled.Plumbing;

/// <summary>
/// Writes the members of a request in the AWS JSON protocols. A member that is null is not written; an empty list is.
/// Times are epoch seconds with a fraction.
/// </summary>
internal static class JsonWriting
{
    internal static void Member(this Utf8JsonWriter json, string name, string value)
    {
        if (value is not null)
            json.WriteString(name, value);
    }

    internal static void Member(this Utf8JsonWriter json, string name, bool? value)
    {
        if (value is not null)
            json.WriteBoolean(name, value.Value);
    }

    internal static void Member(this Utf8JsonWriter json, string name, long? value)
    {
        if (value is not null)
            json.WriteNumber(name, value.Value);
    }

    internal static void Member(this Utf8JsonWriter json, string name, double? value)
    {
        if (value is not null)
            json.WriteNumber(name, value.Value);
    }

    internal static void Member(this Utf8JsonWriter json, string name, DateTime? value)
    {
        if (value is not null)
            json.WriteNumber(name, AWSSDKUtils.ConvertToUnixEpochSecondsDouble(value.Value));
    }

    internal static void Member(this Utf8JsonWriter json, string name, MemoryStream value)
    {
        if (value is not null)
            json.WriteBase64String(name, value.ToArray());
    }

    internal static void Member(this Utf8JsonWriter json, string name, List<string> values)
    {
        if (values is null)
            return;
        json.WriteStartArray(name);
        foreach (var value in values)
            json.WriteStringValue(value);
        json.WriteEndArray();
    }

    internal static void Member(this Utf8JsonWriter json, string name, Dictionary<string, string> values)
    {
        if (values is null)
            return;
        json.WriteStartObject(name);
        foreach (var (key, value) in values)
            json.WriteString(key, value);
        json.WriteEndObject();
    }

    /// <summary>A structure: <paramref name="write"/> writes its members.</summary>
    internal static void Member<T>(this Utf8JsonWriter json, string name, T value, Action<Utf8JsonWriter, T> write)
        where T : class
    {
        if (value is null)
            return;
        json.WritePropertyName(name);
        json.Structure(value, write);
    }

    /// <summary>A list of structures.</summary>
    internal static void Member<T>(
        this Utf8JsonWriter json,
        string name,
        List<T> values,
        Action<Utf8JsonWriter, T> write
    )
        where T : class
    {
        if (values is null)
            return;
        json.WriteStartArray(name);
        foreach (var value in values)
            json.Structure(value, write);
        json.WriteEndArray();
    }

    internal static void Structure<T>(this Utf8JsonWriter json, T value, Action<Utf8JsonWriter, T> write)
    {
        json.WriteStartObject();
        write(json, value);
        json.WriteEndObject();
    }
}
