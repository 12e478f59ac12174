using System.Collections.Immutable;
using System.Text.Json;

namespace EcrGuard.LocalAws.DynamoDb;

/// <summary>
/// The members of a request, or of an object in a request. Members that the reader does not know are refused.
/// </summary>
internal sealed class Parameters
{
    private readonly JsonElement json;
    private readonly Dictionary<string, ExpressionParser> parsers = [];

    public Parameters(JsonElement json, params IReadOnlyCollection<string> known)
    {
        if (json.ValueKind != JsonValueKind.Object)
        {
            throw DynamoDbError.Serialization("Start of structure or map found where not expected.");
        }

        if (
            json.EnumerateObject().FirstOrDefault(m => !known.Contains(m.Name)) is
            { Value.ValueKind: not JsonValueKind.Undefined } unknown
        )
        {
            throw LocalError.Unexpected(
                "com.amazon.coral.validate#ValidationException",
                $"The parameter {unknown.Name} is not supported here."
            );
        }

        this.json = json;
        Substitutions = ReadSubstitutions(known);
    }

    public Substitutions Substitutions { get; }

    public JsonElement? Json(string name) =>
        json.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    public JsonElement Required(string name) =>
        Json(name)
        ?? throw DynamoDbError.Validation(
            $"1 validation error detected: Value null at '{Camel(name)}' failed to satisfy constraint: Member "
                + "must not be null"
        );

    public IEnumerable<JsonElement> List(string name) => Json(name) is { } list ? list.EnumerateArray() : [];

    public string Text(string name) =>
        Required(name) is { ValueKind: JsonValueKind.String } text
            ? text.GetString()!
            : throw DynamoDbError.Serialization("Unexpected value type in payload");

    public bool Flag(string name) => Json(name)?.GetBoolean() ?? false;

    /// <summary>One of the choices; the first one if the request names none.</summary>
    public string Choice(string name, params IReadOnlyList<string> choices)
    {
        var choice = Json(name)?.GetString() ?? choices[0];
        return choices.Contains(choice)
            ? choice
            : throw DynamoDbError.Validation(
                $"1 validation error detected: Value '{choice}' at '{Camel(name)}' failed to satisfy "
                    + $"constraint: Member must satisfy enum value set: [{string.Join(", ", choices)}]"
            );
    }

    public MapValue Item(string name) => MapValue.ReadMap(Required(name));

    public Condition? Condition(string name) => Parser(name)?.Condition();

    public Projection? Projection() => Parser("ProjectionExpression")?.Projection();

    public UpdateExpression? Update() => Parser("UpdateExpression")?.Update();

    /// <summary>The paths in an expression that has been parsed already.</summary>
    public IReadOnlyList<DocumentPath> PathsIn(string name) =>
        parsers.TryGetValue(name, out var parser) ? parser.Paths : [];

    private static string Camel(string name) => char.ToLowerInvariant(name[0]) + name[1..];

    private ExpressionParser? Parser(string name)
    {
        if (Json(name)?.GetString() is not { } text)
        {
            return null;
        }

        return parsers[name] = new ExpressionParser(name, text, Substitutions);
    }

    private Substitutions ReadSubstitutions(IReadOnlyCollection<string> known)
    {
        var names = Json("ExpressionAttributeNames")
            ?.EnumerateObject()
            .ToImmutableDictionary(m => m.Name, m => m.Value.GetString()!);
        var values = Json("ExpressionAttributeValues")
            ?.EnumerateObject()
            .ToImmutableDictionary(m => m.Name, m => Value.Read(m.Value));
        EnsureUseful("ExpressionAttributeNames", names, '#', known);
        EnsureUseful("ExpressionAttributeValues", values, ':', known);
        return new Substitutions(
            names ?? ImmutableDictionary<string, string>.Empty,
            values ?? ImmutableDictionary<string, Value>.Empty
        );
    }

    private void EnsureUseful<T>(
        string parameter,
        ImmutableDictionary<string, T>? map,
        char sign,
        IReadOnlyCollection<string> known
    )
    {
        if (map is null)
        {
            return;
        }

        var expressions = known.Where(k => k.EndsWith("Expression", StringComparison.Ordinal)).ToArray();
        if (!expressions.Any(e => Json(e) is not null))
        {
            var missing = string.Join(" and ", expressions) + (expressions.Length == 1 ? " is null" : " are null");
            throw DynamoDbError.Validation(
                $"{parameter} can only be specified when using expressions" + (sign == ':' ? ": " + missing : "")
            );
        }

        if (map.IsEmpty)
        {
            throw DynamoDbError.Validation($"{parameter} must not be empty");
        }

        if (map.Keys.FirstOrDefault(k => k.Length < 2 || k[0] != sign) is { } wrong)
        {
            throw DynamoDbError.Validation($"{parameter} contains invalid key: Syntax error; key: \"{wrong}\"");
        }
    }
}
