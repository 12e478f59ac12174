using Amazon.DynamoDBv2.Model;

namespace EcrGuard.Aws.Ledger;

/// <summary>
/// Says which table the ledger is in, in an item of its own. DynamoDB restores into a table of another name. So a
/// ledger that names another table was restored, and nobody knows what its records have missed.
/// </summary>
public sealed class TableOwnership(LedgerTable table)
{
    private const string TableName = "table";
    private const string AdoptedAt = "adoptedAt";
    private const string AdoptedFrom = "from";

    /// <summary>When this instance first met a ledger that does not name its table; null if it has met none.</summary>
    private DateTimeOffset? unadoptedAt;

    /// <summary>The table that the ledger named then; null if it named none, as a new one does.</summary>
    private string? adoptedFrom;

    /// <summary>
    /// Takes the ledger over into this table. From now on, no record counts whose facts were read earlier. Does nothing
    /// if this was done before.
    /// </summary>
    /// <param name="from">The table that the ledger names; null for none.</param>
    /// <returns>When it was taken over.</returns>
    public Task<DateTimeOffset> AdoptAsync(string? from, CancellationToken cancellation) =>
        AdoptAsync(table.Now, from, cancellation);

    /// <summary>Whether the ledger was taken over from another table and so may have lost something.</summary>
    public async Task<bool> WasTakenOverAsync(CancellationToken cancellation) =>
        await table.FindAsync(table.Key(Keys.Table), cancellation).ConfigureAwait(false) is { } item
        && (item.ContainsKey(AdoptedFrom) || item[TableName].S != table.Name);

    /// <summary>Takes the ledger over before the first record is stored in it.</summary>
    internal async Task AdoptBeforeStoreAsync(CancellationToken cancellation)
    {
        if (unadoptedAt is not { } since)
            return;
        await AdoptAsync(since, adoptedFrom, cancellation).ConfigureAwait(false);
        unadoptedAt = null;
    }

    private async Task<DateTimeOffset> AdoptAsync(DateTimeOffset since, string? from, CancellationToken cancellation)
    {
        var item = new Dictionary<string, AttributeValue>(table.Key(Keys.Table))
        {
            [TableName] = new(table.Name),
            [AdoptedAt] = new(Keys.Time(since)),
        };
        if (from is not null)
            item[AdoptedFrom] = new(from);
        var (stands, other) = await table
            .PutAsync(
                item,
                from is null ? "attribute_not_exists(#table)" : "attribute_not_exists(#table) OR #table <> :table",
                from is null ? null : new() { [":table"] = new(table.Name) },
                cancellation
            )
            .ConfigureAwait(false);
        if (stands)
            return since;
        // The caller did not know that the ledger names another table.
        if (from is null && other?.GetValueOrDefault(TableName)?.S is { } named && named != table.Name)
            return await AdoptAsync(since, named, cancellation).ConfigureAwait(false);
        return other?.GetValueOrDefault(AdoptedAt)?.S is { } at ? Keys.Time(at) : since;
    }

    /// <summary>
    /// The moment before which no record of the ledger counts: when it was taken over into this table. If that never
    /// happened, no record counts yet. A ledger that began in this table has lost nothing: its first record came after
    /// its name.
    /// </summary>
    /// <param name="item">The item that says which table the ledger is in; null if there is none.</param>
    internal DateTimeOffset CountsSince(Dictionary<string, AttributeValue>? item)
    {
        if (item?[TableName].S == table.Name)
            return item.ContainsKey(AdoptedFrom) ? Keys.Time(item[AdoptedAt].S) : DateTimeOffset.MinValue;
        unadoptedAt ??= table.Now;
        adoptedFrom = item?[TableName].S;
        return DateTimeOffset.MaxValue;
    }
}
