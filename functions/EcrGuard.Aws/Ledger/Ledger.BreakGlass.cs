using Amazon.DynamoDBv2.Model;
using EcrGuard.Core.Images;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Aws.Ledger;

/// <content>A forced approval stands beside the verdict that it overrides, and in an item of its own that the index
/// finds by its end.</content>
public sealed partial class Ledger
{
    private const string BreakGlassImage = "image";
    private const string EndedAt = "endedAt";

    /// <summary>
    /// Puts a forced approval in force, or ends one, and in the history, over the entry that was read. A verdict that
    /// was decided without knowing of it is refused after this.
    /// </summary>
    /// <param name="ended">Another one, which this one ends before its time.</param>
    /// <returns>
    /// False where somebody else stored in between, perhaps another forced approval: read again what this one would
    /// end.
    /// </returns>
    public Task<bool> StoreBreakGlassAsync(
        LedgerEntry before,
        ForcedApproval forced,
        ForcedApproval? ended,
        CancellationToken cancellation
    )
    {
        var image = before.Record.Verdict.Image;
        return IfStillSoAsync(
            () =>
                dynamo.TransactWriteItemsAsync(
                    new TransactWriteItemsRequest
                    {
                        TransactItems =
                        [
                            new TransactWriteItem
                            {
                                Update = new Update
                                {
                                    TableName = settings.Table,
                                    Key = Key(image),
                                    UpdateExpression = "SET #forced = :forced, #rev = :rev",
                                    ConditionExpression = "#rev = :was",
                                    ExpressionAttributeNames = new() { ["#forced"] = BreakGlass, ["#rev"] = Revision },
                                    ExpressionAttributeValues = new()
                                    {
                                        [":forced"] = new(StoredForms.ForcedApproval.Write(forced)),
                                        [":was"] = Number(before.Revision),
                                        [":rev"] = Number(before.Revision + 1),
                                    },
                                },
                            },
                            .. new[] { forced, ended }
                                .OfType<ForcedApproval>()
                                .Select(each => new TransactWriteItem { Put = History(image, each) }),
                        ],
                    },
                    cancellation
                ),
            cancellation
        );
    }

    /// <summary>
    /// The forced approvals that have ended, or will, between two moments, earliest first. Read from the index, which
    /// may be a moment behind.
    /// </summary>
    /// <param name="open">Only those of whose end not all that follows is known to be done.</param>
    public async IAsyncEnumerable<(ImageId Image, ForcedApproval Forced)> BreakGlassesAsync(
        DateTimeOffset from,
        DateTimeOffset to,
        bool open,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation
    )
    {
        await foreach (
            var item in QueryAsync(
                    new QueryRequest
                    {
                        TableName = settings.Table,
                        IndexName = Keys.Index,
                        KeyConditionExpression = "gsi1pk = :shelf AND gsi1sk BETWEEN :from AND :to",
                        FilterExpression = open ? "attribute_not_exists(#endedAt)" : null,
                        ExpressionAttributeNames = open ? new() { ["#endedAt"] = EndedAt } : null,
                        ExpressionAttributeValues = new()
                        {
                            [":shelf"] = new(Keys.Shelf(settings.Account, settings.Region, Keys.BreakGlassShelf, 0)),
                            [":from"] = new(Keys.Time(from)),
                            [":to"] = new(Keys.Time(to)),
                        },
                    },
                    cancellation
                )
                .ConfigureAwait(false)
        )
        {
            if (
                RepositoryId.TryParseArn(item[BreakGlassImage].S, out var repository, out var digest)
                && digest is not null
            )
                yield return (new ImageId(repository, digest), StoredForms.ForcedApproval.Read(item[BreakGlass].S));
        }
    }

    /// <summary>Notes that all that follows from the end of a forced approval is done.</summary>
    public Task EndBreakGlassAsync(ImageId image, ForcedApproval forced, CancellationToken cancellation) =>
        IfStillSoAsync(
            new UpdateItemRequest
            {
                TableName = settings.Table,
                Key = Key(image.Repository, Keys.BreakGlass(image.Digest, forced.Id)),
                UpdateExpression = "SET #endedAt = :now",
                ConditionExpression = "attribute_exists(#breakGlass)",
                ExpressionAttributeNames = new() { ["#endedAt"] = EndedAt, ["#breakGlass"] = BreakGlass },
                ExpressionAttributeValues = new() { [":now"] = new(Keys.Time(time.GetUtcNow())) },
            },
            cancellation
        );

    private Put History(ImageId image, ForcedApproval forced) =>
        new()
        {
            TableName = settings.Table,
            Item = new Dictionary<string, AttributeValue>(
                Key(image.Repository, Keys.BreakGlass(image.Digest, forced.Id))
            )
            {
                [BreakGlass] = new(StoredForms.ForcedApproval.Write(forced)),
                [BreakGlassImage] = new(image.Arn),
                [Keys.IndexPartition] = new(Keys.Shelf(settings.Account, settings.Region, Keys.BreakGlassShelf, 0)),
                [Keys.IndexSort] = new(Keys.Time(forced.Until)),
                [Keys.Expires] = ExpiresAfter(HistoryAge),
            },
        };
}
