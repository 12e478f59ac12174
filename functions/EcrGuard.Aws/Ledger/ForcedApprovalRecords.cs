using Amazon.DynamoDBv2.Model;
using EcrGuard.Core.Images;
using EcrGuard.Core.Verdicts;
using static EcrGuard.Aws.Ledger.LedgerTable;

namespace EcrGuard.Aws.Ledger;

/// <summary>
/// Forced approvals. Each is kept beside the verdict that it overrides, and also in an item of its own, which the index
/// finds by the time at which the approval ends.
/// </summary>
public sealed class ForcedApprovalRecords(LedgerTable table)
{
    private const string Image = "image";
    private const string Forced = "breakGlass";

    public string NewId() => table.NewId();

    /// <summary>
    /// Puts a forced approval in force, or ends one, over the entry that was read, and adds it to the history. After
    /// this, a verdict that was decided without knowing of it is refused.
    /// </summary>
    /// <param name="ended">Another forced approval, which this one ends before its time.</param>
    /// <returns>
    /// False if somebody else stored in between, perhaps another forced approval. The caller must then read again which
    /// approval this one would end.
    /// </returns>
    public Task<bool> StoreAsync(
        LedgerEntry before,
        ForcedApproval forced,
        ForcedApproval? ended,
        CancellationToken cancellation
    )
    {
        var image = before.Record.Verdict.Image;
        var update = table.Update(
            Key(image),
            "SET #breakGlass = :forced, #rev = :rev",
            "#rev = :was",
            new()
            {
                [":forced"] = new(StoredForms.ForcedApproval.Write(forced)),
                [":was"] = Number(before.Revision),
                [":rev"] = Number(before.Revision + 1),
            }
        );
        var histories = new[] { forced, ended }.OfType<ForcedApproval>().Select(each => History(image, each));
        return table.TransactAsync([new() { Update = update }, .. histories], cancellation);
    }

    /// <summary>
    /// The forced approvals that end between two moments, past or future, earliest first. Read from the index, which
    /// may be a moment behind.
    /// </summary>
    /// <param name="open">Whether to leave out those whose end is closed: all that follows from it is known to be
    ///     done.</param>
    public async IAsyncEnumerable<(ImageId Image, ForcedApproval Forced)> EndingAsync(
        DateTimeOffset from,
        DateTimeOffset to,
        bool open,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation
    )
    {
        var query = new QueryRequest
        {
            IndexName = Keys.Index,
            KeyConditionExpression = "#gsi1pk = :partition AND #gsi1sk BETWEEN :from AND :to",
            FilterExpression = open ? "attribute_not_exists(#endedAt)" : null,
            ExpressionAttributeValues = new()
            {
                [":partition"] = new(table.StatusPartition(Keys.BreakGlassPartition, 0)),
                [":from"] = new(Keys.Time(from)),
                [":to"] = new(Keys.Time(to)),
            },
        };
        await foreach (var item in table.QueryAsync(query, cancellation).ConfigureAwait(false))
        {
            if (RepositoryId.TryParseArn(item[Image].S, out var repository, out var digest) && digest is not null)
                yield return (new ImageId(repository, digest), StoredForms.ForcedApproval.Read(item[Forced].S));
        }
    }

    /// <summary>Notes that everything that follows from the end of a forced approval is done.</summary>
    public Task EndAsync(ImageId image, ForcedApproval forced, CancellationToken cancellation) =>
        table.IfStillSoAsync(
            table.Update(
                Key(image.Repository, Keys.BreakGlass(image.Digest, forced.Id)),
                "SET #endedAt = :now",
                "attribute_exists(#breakGlass)",
                new() { [":now"] = table.NowText() }
            ),
            cancellation
        );

    private TransactWriteItem History(ImageId image, ForcedApproval forced) =>
        table.Put(
            new(Key(image.Repository, Keys.BreakGlass(image.Digest, forced.Id)))
            {
                [Forced] = new(StoredForms.ForcedApproval.Write(forced)),
                [Image] = new(image.Arn),
                [Keys.IndexPartition] = new(table.StatusPartition(Keys.BreakGlassPartition, 0)),
                [Keys.IndexSort] = new(Keys.Time(forced.Until)),
                [Keys.Expires] = table.ExpiresAfter(HistoryAge),
            }
        );
}
