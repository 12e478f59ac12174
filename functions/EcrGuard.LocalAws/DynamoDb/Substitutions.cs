namespace EcrGuard.LocalAws.DynamoDb;

/// <summary>
/// ExpressionAttributeNames and ExpressionAttributeValues of one request; each must be defined, and at least one
/// expression must use it.
/// </summary>
internal sealed class Substitutions(
    IReadOnlyDictionary<string, string> names,
    IReadOnlyDictionary<string, Value> values
)
{
    private readonly HashSet<string> unused = [.. names.Keys, .. values.Keys];

    public string Name(string kind, string placeholder)
    {
        unused.Remove(placeholder);
        return names.TryGetValue(placeholder, out var name)
            ? name
            : throw DynamoDbError.Validation(
                $"Invalid {kind}: An expression attribute name used in the document path is not defined; "
                    + $"attribute name: {placeholder}"
            );
    }

    public Value Value(string kind, string placeholder)
    {
        unused.Remove(placeholder);
        return values.TryGetValue(placeholder, out var value)
            ? value
            : throw DynamoDbError.Validation(
                $"Invalid {kind}: An expression attribute value used in expression is not defined; attribute "
                    + $"value: {placeholder}"
            );
    }

    /// <summary>
    /// Refuses names and values that no expression used. Called after all expressions of the request are parsed.
    /// </summary>
    public void EnsureUsed()
    {
        EnsureUsed("ExpressionAttributeNames", '#');
        EnsureUsed("ExpressionAttributeValues", ':');
    }

    private void EnsureUsed(string parameter, char sign)
    {
        var left = unused.Where(p => p[0] == sign).Order(StringComparer.Ordinal).ToArray();
        if (left.Length > 0)
        {
            throw DynamoDbError.Validation(
                $"Value provided in {parameter} unused in expressions: keys: {{{string.Join(", ", left)}}}"
            );
        }
    }
}
