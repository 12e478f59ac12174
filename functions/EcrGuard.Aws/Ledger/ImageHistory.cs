using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;
using EcrGuard.Core.Images;
using EcrGuard.Core.Reports;

namespace EcrGuard.Aws.Ledger;

/// <summary>What the ledger holds of an image's past. Only read: who explains an image changes nothing.</summary>
public sealed class ImageHistory(IAmazonDynamoDB dynamo, Settings settings)
{
    /// <summary>Every change of an image's status, the oldest first.</summary>
    public async Task<IReadOnlyList<StatusChange>> ChangesAsync(ImageId image, CancellationToken cancellation)
    {
        var begin = Keys.Histories(image.Digest);
        var changes = new List<StatusChange>();
        await foreach (var item in ItemsAsync(image, begin, null, cancellation).ConfigureAwait(false))
        {
            changes.Add(
                new StatusChange(
                    Keys.Time(item[Keys.Sort].S[begin.Length..].Split('#')[0]),
                    item["from"].S,
                    item["status"].S,
                    item["policyVersion"].S,
                    StoredForms.Reasons.Read(item["reasons"].S)
                )
            );
        }
        return changes;
    }

    /// <summary>What was written to an image, the oldest first. It reads all writes to the repository.</summary>
    public async Task<IReadOnlyList<ImageWrite>> WritesAsync(ImageId image, CancellationToken cancellation)
    {
        var writes = new List<ImageWrite>();
        await foreach (var item in ItemsAsync(image, Keys.Write(""), image.Arn, cancellation).ConfigureAwait(false))
        {
            writes.Add(
                new ImageWrite(
                    Keys.Time(item["intendedAt"].S),
                    item["change"].S,
                    item.GetValueOrDefault("tag")?.S,
                    item["outcome"].S
                )
            );
        }
        return writes;
    }

    /// <param name="of">The ARN of the image that the items name; null: each is the image's.</param>
    private async IAsyncEnumerable<Dictionary<string, AttributeValue>> ItemsAsync(
        ImageId image,
        string begin,
        string? of,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation
    )
    {
        var request = new QueryRequest
        {
            TableName = settings.Table,
            ConsistentRead = true,
            KeyConditionExpression = "pk = :pk AND begins_with(sk, :begin)",
            ExpressionAttributeValues = new()
            {
                [":pk"] = new(Keys.Repository(image.Repository)),
                [":begin"] = new(begin),
            },
        };
        if (of is not null)
        {
            request.FilterExpression = "#image = :image";
            request.ExpressionAttributeNames = new() { ["#image"] = "image" };
            request.ExpressionAttributeValues[":image"] = new(of);
        }
        do
        {
            var page = await dynamo.QueryAsync(request, cancellation).ConfigureAwait(false);
            foreach (var item in page.Items ?? [])
                yield return item;
            request.ExclusiveStartKey = page.LastEvaluatedKey;
        } while (request.ExclusiveStartKey is { Count: > 0 });
    }
}
