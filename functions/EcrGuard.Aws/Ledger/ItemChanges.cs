using Amazon.DynamoDBv2.Model;

namespace EcrGuard.Aws.Ledger;

/// <summary>The attributes that one update sets and removes.</summary>
internal sealed class ItemChanges(LedgerTable table)
{
    private readonly List<string> set = [];
    private readonly List<string> removed = [];

    /// <summary>The values of the update. Values that a condition needs as well are added here.</summary>
    public Dictionary<string, AttributeValue> Values { get; } = [];

    /// <param name="value">Null: the attribute is removed.</param>
    public void Set(string attribute, AttributeValue? value)
    {
        if (value is null)
        {
            removed.Add($"#{attribute}");
            return;
        }
        set.Add($"#{attribute} = :{attribute}");
        Values[$":{attribute}"] = value;
    }

    public Update On(Dictionary<string, AttributeValue> key, string? condition) =>
        table.Update(
            key,
            string.Join(' ', new[] { Clause("SET", set), Clause("REMOVE", removed) }.Where(each => each.Length > 0)),
            condition,
            Values.Count == 0 ? null : Values
        );

    private static string Clause(string verb, List<string> parts) =>
        parts.Count == 0 ? "" : $"{verb} {string.Join(", ", parts)}";
}
