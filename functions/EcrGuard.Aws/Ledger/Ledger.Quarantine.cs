using System.Globalization;
using Amazon.DynamoDBv2.Model;
using EcrGuard.Core.Plans;

namespace EcrGuard.Aws.Ledger;

/// <content>What was taken out of reach stands beside the verdict that asks for it, so that one read shows both and one
/// write changes both.</content>
public sealed partial class Ledger
{
    private const string QuarantineRecord = "quarantine";
    private const string QuarantineRevision = "quarantineRev";

    /// <summary>
    /// Stores how far an image is out of reach, unless its verdict or this has changed since it was read.
    /// </summary>
    /// <returns>False where it has.</returns>
    public Task<bool> StoreQuarantineAsync(LedgerEntry before, Quarantine record, CancellationToken cancellation) =>
        IfStillSoAsync(Store(before, record, null), cancellation);

    /// <summary>
    /// Writes down the step that is about to be made, and with it how far the image will be out of reach.
    /// </summary>
    /// <returns>
    /// The id under which the outcome is to be noted; null where the verdict or the quarantine has changed since it was
    /// read.
    /// </returns>
    public async Task<string?> IntendAsync(
        LedgerEntry before,
        QuarantineStep step,
        Quarantine record,
        CancellationToken cancellation
    )
    {
        var id = NewId();
        var image = before.Record.Verdict.Image;
        var intent = new Dictionary<string, AttributeValue>(Key(image.Repository, Keys.Write(id)))
        {
            ["image"] = new(image.Arn),
            ["change"] = new(step.Change.ToString()),
            ["why"] = new(step.Why),
            ["intendedAt"] = new(Keys.Time(time.GetUtcNow())),
            ["outcome"] = new(Intended),
            [Keys.Expires] = ExpiresAfter(HistoryAge),
        };
        return await IfStillSoAsync(
                () =>
                    dynamo.TransactWriteItemsAsync(
                        new TransactWriteItemsRequest
                        {
                            TransactItems =
                            [
                                new TransactWriteItem
                                {
                                    Put = new Put { TableName = settings.Table, Item = intent },
                                },
                                new TransactWriteItem { Update = Store(before, record, id) },
                            ],
                        },
                        cancellation
                    ),
                cancellation
            )
            .ConfigureAwait(false)
            ? id
            : null;
    }

    /// <param name="write">The id of the write that goes with it; null for none.</param>
    private Update Store(LedgerEntry before, Quarantine record, string? write)
    {
        var update = new Update
        {
            TableName = settings.Table,
            Key = Key(before.Record.Verdict.Image),
            UpdateExpression =
                "SET #quarantine = :quarantine, #next = :next" + (write is null ? "" : " ADD #writes :write"),
            ConditionExpression =
                "#rev = :rev AND " + (before.QuarantineRevision == 0 ? "attribute_not_exists(#next)" : "#next = :was"),
            ExpressionAttributeNames = new()
            {
                ["#quarantine"] = QuarantineRecord,
                ["#next"] = QuarantineRevision,
                ["#rev"] = Revision,
            },
            ExpressionAttributeValues = new()
            {
                [":quarantine"] = new(StoredForms.Quarantine.Write(record)),
                [":next"] = Number(before.QuarantineRevision + 1),
                [":rev"] = Number(before.Revision),
            },
        };
        if (before.QuarantineRevision > 0)
            update.ExpressionAttributeValues[":was"] = Number(before.QuarantineRevision);
        if (write is not null)
        {
            update.ExpressionAttributeNames["#writes"] = OpenWrites;
            update.ExpressionAttributeValues[":write"] = Set(write);
        }
        return update;
    }

    private static LedgerEntry WithQuarantine(LedgerEntry entry, Dictionary<string, AttributeValue> item) =>
        item.GetValueOrDefault(QuarantineRecord)?.S is not { } json
            ? entry
            : entry with
            {
                Quarantine = StoredForms.Quarantine.Read(json),
                QuarantineRevision = long.Parse(item[QuarantineRevision].N, CultureInfo.InvariantCulture),
            };
}
