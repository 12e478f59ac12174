using System.Collections;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace EcrGuard.LocalAws;

/// <summary>
/// The members of a JSON object, in order. A member that is null is left out. It is written without reflection, so that
/// this server is there in a program of native code, too.
/// </summary>
internal sealed class Members : Dictionary<string, object?>
{
    /// <param name="names">How the names of members are written, and those of the records of requests.</param>
    public static void Write(Utf8JsonWriter json, object? value, RequestJson names)
    {
        switch (value)
        {
            case Members members:
                json.WriteStartObject();
                foreach (var (name, its) in members.Where(member => member.Value is not null))
                {
                    json.WritePropertyName(names.Options.PropertyNamingPolicy?.ConvertName(name) ?? name);
                    Write(json, its, names);
                }

                json.WriteEndObject();
                break;
            case JsonNode node:
                node.WriteTo(json);
                break;
            case JsonElement element:
                element.WriteTo(json);
                break;
            case string text:
                json.WriteStringValue(text);
                break;
            case IDictionary entries:
                json.WriteStartObject();
                foreach (DictionaryEntry entry in entries)
                {
                    json.WritePropertyName((string)entry.Key);
                    Write(json, entry.Value, names);
                }

                json.WriteEndObject();
                break;
            case IEnumerable items:
                json.WriteStartArray();
                foreach (var item in items)
                {
                    Write(json, item, names);
                }

                json.WriteEndArray();
                break;
            default:
                WriteScalar(json, value, names);
                break;
        }
    }

    private static void WriteScalar(Utf8JsonWriter json, object? value, RequestJson names)
    {
        switch (value)
        {
            case null:
                json.WriteNullValue();
                break;
            case bool flag:
                json.WriteBooleanValue(flag);
                break;
            case int number:
                json.WriteNumberValue(number);
                break;
            case long number:
                json.WriteNumberValue(number);
                break;
            case double number:
                json.WriteNumberValue(number);
                break;
            case DateTimeOffset time:
                json.WriteStringValue(time);
                break;
            default:
                JsonSerializer.Serialize(
                    json,
                    value,
                    names.GetTypeInfo(value.GetType())
                        ?? throw new InvalidOperationException($"{value.GetType()} has no form in JSON here.")
                );
                break;
        }
    }
}
