using System.Globalization;
using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;

namespace EcrGuard.Aws.Ledger;

/// <content>Documents of the whole registry, each under a name, with a revision that refuses a store over somebody
/// else's.</content>
public sealed partial class Ledger
{
    /// <summary>A document of the whole registry; null, with the revision 0, where there is none.</summary>
    /// <param name="form">Its name is the document's.</param>
    public async Task<(T? Value, long Revision)> DocumentAsync<T>(StoredForm<T> form, CancellationToken cancellation)
        where T : class
    {
        var item = await ItemAsync(RegistryKey(form.Name), cancellation).ConfigureAwait(false);
        return item is null
            ? (null, 0)
            : (form.Read(item["document"].S), long.Parse(item[Revision].N, CultureInfo.InvariantCulture));
    }

    /// <summary>Stores a document of the whole registry over the revision that was read (0: none).</summary>
    /// <returns>False where somebody else stored in between.</returns>
    public Task<bool> StoreDocumentAsync<T>(
        StoredForm<T> form,
        T value,
        long revision,
        CancellationToken cancellation
    ) =>
        StoreAsync(
            new Dictionary<string, AttributeValue>(RegistryKey(form.Name)) { ["document"] = new(form.Write(value)) },
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
