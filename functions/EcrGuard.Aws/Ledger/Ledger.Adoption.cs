using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;

namespace EcrGuard.Aws.Ledger;

/// <content>
/// In which table the ledger is, in an item of its own. DynamoDB restores into a table of another name, so a ledger
/// that names another table was restored: nobody knows what its records have missed.
/// </content>
public sealed partial class Ledger
{
    private const string TableName = "table";
    private const string AdoptedAt = "adoptedAt";
    private const string AdoptedFrom = "from";

    /// <summary>
    /// When this instance first met a ledger that does not name its table; null where it has met none.
    /// </summary>
    private DateTimeOffset? unadoptedAt;

    /// <summary>The table that the ledger named then; null where it named none, as a new one does.</summary>
    private string? adoptedFrom;

    /// <summary>
    /// Takes the ledger over into this table: from now on no record counts whose facts were read before. Does nothing
    /// where that was done before.
    /// </summary>
    /// <param name="from">The table that it names; null for none.</param>
    /// <returns>When it was taken over.</returns>
    public Task<DateTimeOffset> AdoptAsync(string? from, CancellationToken cancellation) =>
        AdoptAsync(time.GetUtcNow(), from, cancellation);

    /// <summary>Whether the ledger was taken over from another table, so that it may have lost something.</summary>
    public async Task<bool> WasTakenOverAsync(CancellationToken cancellation)
    {
        var answer = await dynamo
            .GetItemAsync(
                new GetItemRequest { TableName = settings.Table, Key = RegistryKey(Keys.Table) },
                cancellation
            )
            .ConfigureAwait(false);
        return answer.Item is { Count: > 0 } item
            && (item.ContainsKey(AdoptedFrom) || item[TableName].S != settings.Table);
    }

    /// <summary>Takes the ledger over before the first record is stored in it.</summary>
    private async Task AdoptBeforeStoreAsync(CancellationToken cancellation)
    {
        if (unadoptedAt is not { } since)
            return;
        await AdoptAsync(since, adoptedFrom, cancellation).ConfigureAwait(false);
        unadoptedAt = null;
    }

    private async Task<DateTimeOffset> AdoptAsync(DateTimeOffset since, string? from, CancellationToken cancellation)
    {
        var item = new Dictionary<string, AttributeValue>(RegistryKey(Keys.Table))
        {
            [TableName] = new(settings.Table),
            [AdoptedAt] = new(Keys.Time(since)),
        };
        if (from is not null)
            item[AdoptedFrom] = new(from);
        try
        {
            await dynamo
                .PutItemAsync(
                    new PutItemRequest
                    {
                        TableName = settings.Table,
                        Item = item,
                        // A repeated call whose answer was lost fails on its own item, and that is as good.
                        ReturnValuesOnConditionCheckFailure = ReturnValuesOnConditionCheckFailure.ALL_OLD,
                        ConditionExpression = from is null
                            ? "attribute_not_exists(#table)"
                            : "attribute_not_exists(#table) OR #table <> :table",
                        ExpressionAttributeNames = new() { ["#table"] = TableName },
                        ExpressionAttributeValues = from is null ? null : new() { [":table"] = new(settings.Table) },
                    },
                    cancellation
                )
                .ConfigureAwait(false);
            return since;
        }
        catch (ConditionalCheckFailedException taken)
        {
            // Whoever asked did not know that it names another table.
            if (from is null && taken.Item?.GetValueOrDefault(TableName)?.S is { } other && other != settings.Table)
                return await AdoptAsync(since, other, cancellation).ConfigureAwait(false);
            return taken.Item?.GetValueOrDefault(AdoptedAt)?.S is { } at ? Keys.Time(at) : since;
        }
    }

    /// <summary>
    /// The moment before which no record of the ledger counts: when it was taken over into this table, or never yet. A
    /// ledger that began in this table has lost nothing: its first record came after its name.
    /// </summary>
    private DateTimeOffset CountsSince(Dictionary<string, AttributeValue>? item)
    {
        if (item?[TableName].S == settings.Table)
            return item.ContainsKey(AdoptedFrom) ? Keys.Time(item[AdoptedAt].S) : DateTimeOffset.MinValue;
        unadoptedAt ??= time.GetUtcNow();
        adoptedFrom = item?[TableName].S;
        return DateTimeOffset.MaxValue;
    }
}
