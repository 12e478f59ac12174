using Amazon.DynamoDBv2.Model;
using EcrGuard.Core.Images;
using EcrGuard.Core.Use;

namespace EcrGuard.Aws.Ledger;

/// <summary>What the ledger holds of one consumer's deployment of one image.</summary>
/// <param name="SeenAt">When it was last seen.</param>
/// <param name="Done">Whether all that follows is done: the shield stands, or no rule asked for one.</param>
/// <param name="Shielded">Whether the shield stands: sweeps keep it as long as the deployment counts.</param>
/// <param name="Tag">By which tag the consumer named the image then; null for none.</param>
public sealed record RecordedDeployment(DateTimeOffset SeenAt, bool Done, bool Shielded, string? Tag);

/// <summary>One of EcrGuard's own tags by which a consumer refers to an image.</summary>
/// <param name="By">Who does.</param>
/// <param name="At">When that was noted; null where an earlier version of EcrGuard noted it.</param>
public sealed record NamedTag(string Tag, string By, DateTimeOffset? At)
{
    /// <summary>As the ledger keeps it: a tag has no space in it, nor has a time.</summary>
    internal string Text => At is { } at ? $"{Tag} {Keys.Time(at)} {By}" : $"{Tag} {By}";

    internal static NamedTag Of(string text) =>
        text.Split(' ', 3) is [var tag, var time, var by] && Keys.TryTime(time) is { } at
            ? new NamedTag(tag, by, at)
            : new NamedTag(text.Split(' ', 2)[0], text.Split(' ', 2)[1], null);
}

/// <content>
/// What events say was deployed: an item for each image and consumer, beside the image's. It counts until a reading of
/// all consumers knows better, and in reserve for rollbacks after that.
/// </content>
public sealed partial class Ledger
{
    private const string DeployedUse = "use";
    private const string SeenAt = "seenAt";
    private const string DeploymentDone = "done";
    private const string DeploymentShielded = "shielded";
    private const string NamedTags = "namedTags";

    /// <summary>What is recorded of a deployment; null where nothing is.</summary>
    public async Task<RecordedDeployment?> DeploymentAsync(ImageId image, Consumer by, CancellationToken cancellation)
    {
        var item = await ItemAsync(DeploymentKey(image, by), cancellation).ConfigureAwait(false);
        return item is null
            ? null
            : new RecordedDeployment(
                Keys.Time(item[SeenAt].S),
                item.ContainsKey(DeploymentDone),
                item.ContainsKey(DeploymentShielded),
                Use(item).Tag
            );
    }

    /// <summary>Records a deployment, unless a later one is recorded already.</summary>
    /// <param name="use">With the image's digest, and the tag by which the consumer names it.</param>
    /// <param name="kept">For how long after <paramref name="seenAt"/> it may count.</param>
    /// <param name="follows">Whether something is still to be done: false only moves the time on.</param>
    public Task RecordDeploymentAsync(
        ImageId image,
        ConsumerReference use,
        DateTimeOffset seenAt,
        TimeSpan kept,
        bool follows,
        CancellationToken cancellation
    )
    {
        const string Seen = "SET #use = :use, #seenAt = :seenAt, #expires = :expires";
        var names = new Dictionary<string, string>
        {
            ["#use"] = DeployedUse,
            ["#seenAt"] = SeenAt,
            ["#expires"] = Keys.Expires,
        };
        if (follows)
            (names["#done"], names["#shielded"]) = (DeploymentDone, DeploymentShielded);
        var plain = use with { SeenAt = null, AbsentSince = null };
        return IfStillSoAsync(
            new UpdateItemRequest
            {
                TableName = settings.Table,
                Key = DeploymentKey(image, use.By),
                UpdateExpression = follows ? $"{Seen} REMOVE #done, #shielded" : Seen,
                ConditionExpression = "attribute_not_exists(#seenAt) OR #seenAt < :seenAt",
                ExpressionAttributeNames = names,
                ExpressionAttributeValues = new()
                {
                    [":use"] = new(StoredForms.Deployment.Write(plain)),
                    [":seenAt"] = new(Keys.Time(seenAt)),
                    [":expires"] = Number((seenAt + kept).ToUnixTimeSeconds()),
                },
            },
            cancellation
        );
    }

    /// <summary>Notes that all that follows from a deployment is done.</summary>
    /// <param name="seenAt">As it was recorded: a later one is another matter.</param>
    /// <param name="shielded">Whether the shield stands.</param>
    public Task DeploymentDoneAsync(
        ImageId image,
        Consumer by,
        DateTimeOffset seenAt,
        bool shielded,
        CancellationToken cancellation
    )
    {
        var names = new Dictionary<string, string> { ["#seenAt"] = SeenAt, ["#done"] = DeploymentDone };
        if (shielded)
            names["#shielded"] = DeploymentShielded;
        return IfStillSoAsync(
            new UpdateItemRequest
            {
                TableName = settings.Table,
                Key = DeploymentKey(image, by),
                UpdateExpression = shielded ? "SET #done = :true, #shielded = :true" : "SET #done = :true",
                ConditionExpression = "#seenAt = :seenAt",
                ExpressionAttributeNames = names,
                ExpressionAttributeValues = new()
                {
                    [":seenAt"] = new(Keys.Time(seenAt)),
                    [":true"] = new() { BOOL = true },
                },
            },
            cancellation
        );
    }

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
            uses.Add(Deployment(item));
        return uses;
    }

    private static ConsumerReference Deployment(Dictionary<string, AttributeValue> item) =>
        Use(item) with
        {
            SeenAt = Keys.Time(item[SeenAt].S),
        };

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
                ExpressionAttributeValues = new() { [":named"] = Set(new NamedTag(tag, by, time.GetUtcNow()).Text) },
            },
            cancellation
        );

    /// <summary>
    /// Notes which of EcrGuard's own tags consumers name, and drops what is over: only just those notes, since an event
    /// may note another at any moment.
    /// </summary>
    public async Task NoteNamedTagsAsync(
        ImageId image,
        IReadOnlyCollection<NamedTag> added,
        IReadOnlyCollection<NamedTag> over,
        CancellationToken cancellation
    )
    {
        foreach (var (verb, notes) in new[] { ("ADD", added), ("DELETE", over) })
        {
            if (notes.Count == 0)
                continue;
            await IfStillSoAsync(
                    new UpdateItemRequest
                    {
                        TableName = settings.Table,
                        Key = Key(image),
                        UpdateExpression = $"{verb} #named :named",
                        ConditionExpression = "attribute_exists(#rev)",
                        ExpressionAttributeNames = new() { ["#named"] = NamedTags, ["#rev"] = Revision },
                        ExpressionAttributeValues = new()
                        {
                            [":named"] = new() { SS = [.. notes.Select(note => note.Text)] },
                        },
                    },
                    cancellation
                )
                .ConfigureAwait(false);
        }
    }

    private static ConsumerReference Use(Dictionary<string, AttributeValue> deployment) =>
        StoredForms.Deployment.Read(deployment[DeployedUse].S);

    private static Dictionary<string, AttributeValue> DeploymentKey(ImageId image, Consumer by) =>
        Key(image.Repository, Keys.Deployment(image.Digest, by));
}
