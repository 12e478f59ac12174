using System.Text.Json;
using Amazon.DynamoDBv2.Model;
using EcrGuard.Core.Images;
using EcrGuard.Core.Use;

namespace EcrGuard.Aws.Ledger;

/// <summary>What the ledger holds of one consumer's deployment of one image.</summary>
/// <param name="SeenAt">When it was last seen.</param>
/// <param name="Done">Whether all that follows is done: the shield stands, or no rule asked for one.</param>
public sealed record RecordedDeployment(DateTimeOffset SeenAt, bool Done);

/// <content>
/// What events say was deployed: an item for each image and consumer, beside the image's. It counts until a reading of
/// all consumers knows better, and in reserve for rollbacks after that.
/// </content>
public sealed partial class Ledger
{
    private const string DeployedUse = "use";
    private const string SeenAt = "seenAt";
    private const string DeploymentDone = "done";
    private const string NamedTags = "namedTags";

    /// <summary>What is recorded of a deployment; null where nothing is.</summary>
    public async Task<RecordedDeployment?> DeploymentAsync(ImageId image, Consumer by, CancellationToken cancellation)
    {
        var answer = await dynamo
            .GetItemAsync(
                new GetItemRequest
                {
                    TableName = settings.Table,
                    Key = DeploymentKey(image, by),
                    ConsistentRead = true,
                },
                cancellation
            )
            .ConfigureAwait(false);
        return answer.Item is not { Count: > 0 } item
            ? null
            : new RecordedDeployment(Keys.Time(item[SeenAt].S), item.ContainsKey(DeploymentDone));
    }

    /// <summary>Records a deployment, unless a later one is recorded already.</summary>
    /// <param name="use">With the image's digest, and the tag by which the consumer names it.</param>
    /// <param name="kept">For how long after <paramref name="seenAt"/> it may count.</param>
    public Task RecordDeploymentAsync(
        ImageId image,
        ConsumerReference use,
        DateTimeOffset seenAt,
        TimeSpan kept,
        CancellationToken cancellation
    )
    {
        var plain = use with { SeenAt = null, AbsentSince = null };
        return IfStillSoAsync(
            new UpdateItemRequest
            {
                TableName = settings.Table,
                Key = DeploymentKey(image, use.By),
                UpdateExpression = "SET #use = :use, #seenAt = :seenAt, #expires = :expires REMOVE #done",
                ConditionExpression = "attribute_not_exists(#seenAt) OR #seenAt < :seenAt",
                ExpressionAttributeNames = new()
                {
                    ["#use"] = DeployedUse,
                    ["#seenAt"] = SeenAt,
                    ["#expires"] = Keys.Expires,
                    ["#done"] = DeploymentDone,
                },
                ExpressionAttributeValues = new()
                {
                    [":use"] = new(JsonSerializer.Serialize(plain, LedgerJson.Default.ConsumerReference)),
                    [":seenAt"] = new(Keys.Time(seenAt)),
                    [":expires"] = Number((seenAt + kept).ToUnixTimeSeconds()),
                },
            },
            cancellation
        );
    }

    /// <summary>Notes that all that follows from a deployment is done.</summary>
    /// <param name="seenAt">As it was recorded: a later one is another matter.</param>
    public Task DeploymentDoneAsync(
        ImageId image,
        Consumer by,
        DateTimeOffset seenAt,
        CancellationToken cancellation
    ) =>
        IfStillSoAsync(
            new UpdateItemRequest
            {
                TableName = settings.Table,
                Key = DeploymentKey(image, by),
                UpdateExpression = "SET #done = :true",
                ConditionExpression = "#seenAt = :seenAt",
                ExpressionAttributeNames = new() { ["#seenAt"] = SeenAt, ["#done"] = DeploymentDone },
                ExpressionAttributeValues = new()
                {
                    [":seenAt"] = new(Keys.Time(seenAt)),
                    [":true"] = new() { BOOL = true },
                },
            },
            cancellation
        );

    /// <summary>What is recorded as deployed of a repository, with the time of each.</summary>
    public async Task<IReadOnlyList<ConsumerReference>> DeploymentsAsync(
        RepositoryId repository,
        CancellationToken cancellation
    )
    {
        var uses = new List<ConsumerReference>();
        await foreach (
            var item in QueryAsync(
                    new QueryRequest
                    {
                        TableName = settings.Table,
                        ConsistentRead = true,
                        KeyConditionExpression = "pk = :pk AND begins_with(sk, :deployments)",
                        ExpressionAttributeValues = new()
                        {
                            [":pk"] = new(Keys.Repository(repository)),
                            [":deployments"] = new(Keys.Deployments),
                        },
                    },
                    cancellation
                )
                .ConfigureAwait(false)
        )
        {
            var use = JsonSerializer.Deserialize(item[DeployedUse].S, LedgerJson.Default.ConsumerReference)!;
            uses.Add(use with { SeenAt = Keys.Time(item[SeenAt].S) });
        }
        return uses;
    }

    /// <summary>Notes that a consumer names one of EcrGuard's own tags.</summary>
    /// <param name="by">Who does.</param>
    public Task NameTagAsync(ImageId image, string tag, string by, CancellationToken cancellation) =>
        IfStillSoAsync(
            new UpdateItemRequest
            {
                TableName = settings.Table,
                Key = Key(image),
                UpdateExpression = "ADD #named :named",
                ConditionExpression = "attribute_exists(#rev)",
                ExpressionAttributeNames = new() { ["#named"] = NamedTags, ["#rev"] = Revision },
                ExpressionAttributeValues = new() { [":named"] = Set($"{tag} {by}") },
            },
            cancellation
        );

    /// <summary>Notes which of EcrGuard's own tags consumers name, in place of what was noted before.</summary>
    public Task NoteNamedTagsAsync(
        ImageId image,
        IReadOnlyDictionary<string, string> named,
        CancellationToken cancellation
    )
    {
        AttributeValue Names() => new() { SS = [.. named.Select(name => $"{name.Key} {name.Value}")] };
        return IfStillSoAsync(
            new UpdateItemRequest
            {
                TableName = settings.Table,
                Key = Key(image),
                UpdateExpression = named.Count == 0 ? "REMOVE #named" : "SET #named = :named",
                ConditionExpression = "attribute_exists(#rev)",
                ExpressionAttributeNames = new() { ["#named"] = NamedTags, ["#rev"] = Revision },
                ExpressionAttributeValues = named.Count == 0 ? null : new() { [":named"] = Names() },
            },
            cancellation
        );
    }

    /// <summary>A tag has no space in it. Of several who name one the first is enough.</summary>
    private static Dictionary<string, string> NamedTagsOf(Dictionary<string, AttributeValue> item)
    {
        var named = item.GetValueOrDefault(NamedTags)?.SS ?? [];
        var pairs = named.Select(name => name.Split(' ', 2)).DistinctBy(pair => pair[0]);
        return pairs.ToDictionary(pair => pair[0], pair => pair[1]);
    }

    private static Dictionary<string, AttributeValue> DeploymentKey(ImageId image, Consumer by) =>
        Key(image.Repository, Keys.Deployment(image.Digest, by));
}
