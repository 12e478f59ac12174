using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace EcrGuard.Core.Tests.Policy;

/// <summary>
/// The part of JSON Schema 2020-12 that the policy's schema uses. A keyword that is not known here fails the test, so
/// that the schema cannot say more than is checked. The libraries for .NET are not free or do not restore everywhere;
/// if Python's jsonschema is installed, a test compares this one with it.
/// </summary>
internal sealed class JsonSchema(JsonNode root)
{
    public bool Accepts(JsonNode? value) => Accepts(root, value);

    /// <summary>The same, for a schema inside the document or a reference to one.</summary>
    public bool Accepts(JsonNode schema, JsonNode? value) =>
        schema.AsObject().All(keyword => Holds(keyword.Key, keyword.Value!, schema, value));

    private bool Holds(string keyword, JsonNode argument, JsonNode schema, JsonNode? value) =>
        keyword switch
        {
            "$schema" or "$defs" or "title" or "description" or "default" or "format" or "then" => true,
            "$ref" => Accepts(
                argument.GetValue<string>().Split('/')[1..].Aggregate(root, (place, name) => place[name]!),
                value
            ),
            "type" => argument is JsonArray types ? types.Any(one => IsOf(one!, value)) : IsOf(argument, value),
            "const" => SameAs(argument, value),
            "enum" => argument.AsArray().Any(one => SameAs(one!, value)),
            "required" => value is not JsonObject o
                || argument.AsArray().All(key => o.ContainsKey(key!.GetValue<string>())),
            "properties" => value is not JsonObject o
                || argument
                    .AsObject()
                    .All(property =>
                        !o.TryGetPropertyValue(property.Key, out var member) || Accepts(property.Value!, member)
                    ),
            "additionalProperties" => value is not JsonObject o
                || o.All(member =>
                    schema["properties"]?.AsObject().ContainsKey(member.Key) == true
                    || (argument is JsonObject && Accepts(argument, member.Value))
                ),
            "propertyNames" => value is not JsonObject o
                || o.All(member => Accepts(argument, JsonValue.Create(member.Key))),
            "maxProperties" => value is not JsonObject o || o.Count <= argument.GetValue<int>(),
            "items" => value is not JsonArray a || a.All(item => Accepts(argument, item)),
            "minItems" => value is not JsonArray a || a.Count >= argument.GetValue<int>(),
            "maxItems" => value is not JsonArray a || a.Count <= argument.GetValue<int>(),
            "minimum" => NumberOf(value) is not { } n || n >= argument.GetValue<double>(),
            "maximum" => NumberOf(value) is not { } n || n <= argument.GetValue<double>(),
            "minLength" => TextOf(value) is not { } t || t.EnumerateRunes().Count() >= argument.GetValue<int>(),
            "maxLength" => TextOf(value) is not { } t || t.EnumerateRunes().Count() <= argument.GetValue<int>(),
            // '$' is the end of the text in ECMA-262, '\z' is that in .NET.
            "pattern" => TextOf(value) is not { } t
                || Regex.IsMatch(
                    t,
                    argument.GetValue<string>() is ['^', .., '$'] whole
                        ? whole[..^1] + "\\z"
                        : argument.GetValue<string>()
                ),
            "allOf" => argument.AsArray().All(one => Accepts(one!, value)),
            "anyOf" => argument.AsArray().Any(one => Accepts(one!, value)),
            "oneOf" => argument.AsArray().Count(one => Accepts(one!, value)) == 1,
            "not" => !Accepts(argument, value),
            "if" => !Accepts(argument, value) || Accepts(schema["then"]!, value),
            _ => throw new NotSupportedException($"The keyword {keyword} is not known."),
        };

    private static bool IsOf(JsonNode type, JsonNode? value) =>
        type.GetValue<string>() switch
        {
            "object" => value is JsonObject,
            "array" => value is JsonArray,
            "string" => TextOf(value) is not null,
            "number" => NumberOf(value) is not null,
            "integer" => NumberOf(value) is { } number && double.IsInteger(number),
            "boolean" => value?.GetValueKind() is JsonValueKind.True or JsonValueKind.False,
            "null" => value is null,
            var unknown => throw new NotSupportedException($"type {unknown}"),
        };

    private static bool SameAs(JsonNode one, JsonNode? other) =>
        NumberOf(one) is { } number ? NumberOf(other) == number : JsonNode.DeepEquals(one, other);

    private static string? TextOf(JsonNode? value) =>
        value?.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : null;

    private static double? NumberOf(JsonNode? value) =>
        value?.GetValueKind() == JsonValueKind.Number
            ? double.Parse(value.ToJsonString(), System.Globalization.CultureInfo.InvariantCulture)
            : null;
}
