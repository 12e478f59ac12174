using System.Globalization;
using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;
using EcrGuard.Core.Reports;

namespace EcrGuard.Aws.Ledger;

/// <content>Documents of the whole registry, each under a name, with a revision that refuses a store over somebody
/// else's.</content>
public sealed partial class Ledger
{
    /// <summary>The name of the document that keeps the backfill's progress.</summary>
    public const string BackfillDocument = "BACKFILL";

    /// <summary>The name of the document that keeps what the last sweep of all came to.</summary>
    public const string SweepDocument = "SWEEP";

    /// <summary>The name of the document that says which sweep is running.</summary>
    public const string SweepLeaseDocument = "SWEEPING";

    /// <summary>The name of the document that keeps what the deployment was when it was last looked at.</summary>
    public const string WatchDocument = "WATCH";

    /// <summary>The name of the document that says which weekly summary was sent last, and when.</summary>
    public const string SummaryDocument = "SUMMARY";

    /// <summary>The name of the document that keeps a week's roll-up.</summary>
    public static string WeekDocument(IsoWeek week) => $"W#{week}";

    /// <summary>
    /// A document of the whole registry (the backfill's progress, a week's roll-up); null where there is none.
    /// </summary>
    public async Task<(string Json, long Revision)?> DocumentAsync(string name, CancellationToken cancellation)
    {
        var item = await ItemAsync(RegistryKey(name), cancellation).ConfigureAwait(false);
        return item is not null
            ? (item["document"].S, long.Parse(item[Revision].N, CultureInfo.InvariantCulture))
            : null;
    }

    /// <summary>Stores a document of the whole registry over the revision that was read (0: none).</summary>
    /// <returns>False where somebody else stored in between.</returns>
    public Task<bool> StoreDocumentAsync(string name, string json, long revision, CancellationToken cancellation) =>
        StoreAsync(
            new Dictionary<string, AttributeValue>(RegistryKey(name)) { ["document"] = new(json) },
            revision,
            cancellation
        );

    private async Task<bool> StoreAsync(
        Dictionary<string, AttributeValue> item,
        long revision,
        CancellationToken cancellation
    )
    {
        var own = NewId();
        try
        {
            item[Revision] = Number(revision + 1);
            item[WrittenBy] = new(own);
            await dynamo
                .PutItemAsync(
                    new PutItemRequest
                    {
                        TableName = settings.Table,
                        Item = item,
                        ConditionExpression = "attribute_not_exists(#rev) OR #rev = :was",
                        ExpressionAttributeNames = new() { ["#rev"] = Revision },
                        ExpressionAttributeValues = new() { [":was"] = Number(revision) },
                        ReturnValuesOnConditionCheckFailure = ReturnValuesOnConditionCheckFailure.ALL_OLD,
                    },
                    cancellation
                )
                .ConfigureAwait(false);
            return true;
        }
        catch (ConditionalCheckFailedException failed)
        {
            return IsOf(failed, own);
        }
    }
}
