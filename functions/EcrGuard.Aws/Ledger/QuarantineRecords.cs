using Amazon.DynamoDBv2.Model;
using EcrGuard.Core.Plans;
using static EcrGuard.Aws.Ledger.LedgerTable;

namespace EcrGuard.Aws.Ledger;

/// <summary>
/// Quarantines. Each is kept beside the verdict that asks for it, so that one read shows both and one write changes
/// both.
/// </summary>
public sealed class QuarantineRecords(LedgerTable table, WriteRecords writes)
{
    /// <summary>
    /// Stores how far an image is out of reach, unless its verdict or its quarantine has changed since it was read.
    /// </summary>
    /// <returns>False if one of them has.</returns>
    public Task<bool> StoreAsync(LedgerEntry before, Quarantine record, CancellationToken cancellation) =>
        table.IfStillSoAsync(Store(before, record, null), cancellation);

    /// <summary>
    /// Writes down the step that is about to be made, and how far out of reach the image will then be.
    /// </summary>
    /// <returns>
    /// The id under which the caller notes the outcome; null if the verdict or the quarantine has changed since it was
    /// read.
    /// </returns>
    public async Task<string?> IntendAsync(
        LedgerEntry before,
        QuarantineStep step,
        Quarantine record,
        CancellationToken cancellation
    )
    {
        var id = table.NewId();
        var intent = writes.Intent(before.Record.Verdict.Image, id, step.Change.ToString());
        intent["why"] = new(step.Why);
        return await table
            .TransactAsync([table.Put(intent), new() { Update = Store(before, record, id) }], cancellation)
            .ConfigureAwait(false)
            ? id
            : null;
    }

    /// <param name="write">The id of the write that belongs to it; null for none.</param>
    private Update Store(LedgerEntry before, Quarantine record, string? write)
    {
        var first = before.QuarantineRevision == 0;
        var values = new Dictionary<string, AttributeValue>
        {
            [":quarantine"] = new(StoredForms.Quarantine.Write(record)),
            [":next"] = Number(before.QuarantineRevision + 1),
            [":rev"] = Number(before.Revision),
        };
        if (!first)
            values[":was"] = Number(before.QuarantineRevision);
        if (write is not null)
            values[":write"] = Set(write);
        return table.Update(
            Key(before.Record.Verdict.Image),
            "SET #quarantine = :quarantine, #quarantineRev = :next" + (write is null ? "" : " ADD #openWrites :write"),
            $"#rev = :rev AND {(first ? "attribute_not_exists(#quarantineRev)" : "#quarantineRev = :was")}",
            values
        );
    }
}
