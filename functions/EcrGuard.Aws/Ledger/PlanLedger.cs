using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;
using EcrGuard.Core.Images;
using EcrGuard.Core.Plans;

namespace EcrGuard.Aws.Ledger;

/// <summary>Images that are about to be deleted or archived.</summary>
public sealed record RemovalIntent(
    RepositoryId Repository,
    string PlanId,
    RemovalKind Kind,
    IReadOnlyList<PlannedImage> Images,
    DateTimeOffset At
);

/// <summary>What became of one image of a plan.</summary>
/// <param name="Outcome"><see cref="PlanLedger.Intended"/>, <see cref="PlanLedger.Done"/>, or why it was not
///     done.</param>
public sealed record RemovalOutcome(string Outcome, DateTimeOffset IntendedAt);

/// <summary>
/// What plans do to images: an item for each, with what was meant before it is done and what became of it after, so
/// that a plan can be applied again after anything and the story can be read.
/// </summary>
public sealed class PlanLedger(IAmazonDynamoDB dynamo, Settings settings, TimeProvider time)
{
    public const string Done = "done";
    public const string Intended = "intended";

    /// <summary>BatchWriteItem takes at most 25 items.</summary>
    private const int WriteBatch = 25;

    /// <summary>As long as everything else that was written to ECR.</summary>
    private static readonly TimeSpan Age = TimeSpan.FromDays(400);

    /// <summary>What stands of a plan's images in a repository.</summary>
    public async Task<IReadOnlyDictionary<Digest, RemovalOutcome>> OutcomesAsync(
        RepositoryId repository,
        string planId,
        CancellationToken cancellation
    )
    {
        var prefix = Keys.PlannedImages(planId);
        var outcomes = new Dictionary<Digest, RemovalOutcome>();
        var request = new QueryRequest
        {
            TableName = settings.Table,
            ConsistentRead = true,
            KeyConditionExpression = "pk = :pk AND begins_with(sk, :plan)",
            ExpressionAttributeValues = new() { [":pk"] = new(Keys.Repository(repository)), [":plan"] = new(prefix) },
        };
        do
        {
            var page = await dynamo.QueryAsync(request, cancellation).ConfigureAwait(false);
            foreach (var item in page.Items ?? [])
                outcomes[Digest.Parse("sha256:" + item[Keys.Sort].S[prefix.Length..])] = new(
                    item["outcome"].S,
                    Keys.Time(item["intendedAt"].S)
                );
            request.ExclusiveStartKey = page.LastEvaluatedKey;
        } while (request.ExclusiveStartKey is { Count: > 0 });
        return outcomes;
    }

    /// <summary>Writes down what is about to be done, before it is done.</summary>
    public async Task<RemovalIntent> IntendAsync(
        RepositoryId repository,
        string planId,
        RemovalKind kind,
        IReadOnlyList<PlannedImage> images,
        CancellationToken cancellation
    )
    {
        var intent = new RemovalIntent(repository, planId, kind, images, time.GetUtcNow());
        await WriteAsync(images.Select(image => Item(intent, image)), cancellation).ConfigureAwait(false);
        return intent;
    }

    /// <summary>Writes down what became of it.</summary>
    /// <param name="outcomes">Of each image <see cref="Done"/>, or why it was not done.</param>
    public Task OutcomeAsync(
        RemovalIntent intent,
        IReadOnlyDictionary<Digest, string> outcomes,
        CancellationToken cancellation
    ) =>
        WriteAsync(
            intent.Images.Select(image =>
            {
                var item = Item(intent, image);
                item["outcome"] = new(Phrase.Clip(outcomes[image.Digest], 500));
                item["endedAt"] = new(Keys.Time(time.GetUtcNow()));
                return item;
            }),
            cancellation
        );

    /// <summary>
    /// What the policies take that a plan has put so far: an item a repository, since a plan may name thousands.
    /// </summary>
    public async Task<IReadOnlyList<Removed>> TakenAsync(string planId, CancellationToken cancellation)
    {
        var taken = new List<Removed>();
        var request = new QueryRequest
        {
            TableName = settings.Table,
            ConsistentRead = true,
            KeyConditionExpression = "pk = :pk AND begins_with(sk, :plan)",
            ExpressionAttributeValues = new()
            {
                [":pk"] = new(Keys.Registry(settings.Account, settings.Region)),
                [":plan"] = new(Keys.TakenBy(planId)),
            },
        };
        do
        {
            var page = await dynamo.QueryAsync(request, cancellation).ConfigureAwait(false);
            taken.AddRange((page.Items ?? []).Select(item => StoredForms.Removed.Read(item["removed"].S)));
            request.ExclusiveStartKey = page.LastEvaluatedKey;
        } while (request.ExclusiveStartKey is { Count: > 0 });
        return taken;
    }

    /// <summary>Remembers what the policy takes that a plan has put on a repository.</summary>
    internal static Put Taken(string planId, Removed removed, Settings settings, TimeProvider time) =>
        new()
        {
            TableName = settings.Table,
            Item = new()
            {
                [Keys.Partition] = new(Keys.Registry(settings.Account, settings.Region)),
                [Keys.Sort] = new(Keys.TakenBy(planId) + removed.Repository),
                ["removed"] = new(StoredForms.Removed.Write(removed)),
                [Keys.Expires] = Expires(time),
            },
        };

    private static AttributeValue Expires(TimeProvider time) =>
        new()
        {
            N = (time.GetUtcNow() + Age)
                .ToUnixTimeSeconds()
                .ToString(System.Globalization.CultureInfo.InvariantCulture),
        };

    private Dictionary<string, AttributeValue> Item(RemovalIntent intent, PlannedImage image) =>
        new()
        {
            [Keys.Partition] = new(Keys.Repository(intent.Repository)),
            [Keys.Sort] = new(Keys.PlannedImages(intent.PlanId) + image.Digest.Hex),
            ["image"] = new(new ImageId(intent.Repository, image.Digest).Arn),
            ["plan"] = new(intent.PlanId),
            ["change"] = new(intent.Kind.Word()),
            ["why"] = new(image.Why),
            ["intendedAt"] = new(Keys.Time(intent.At)),
            ["outcome"] = new(Intended),
            [Keys.Expires] = Expires(time),
        };

    private async Task WriteAsync(IEnumerable<Dictionary<string, AttributeValue>> items, CancellationToken cancellation)
    {
        foreach (var chunk in items.Chunk(WriteBatch))
        {
            var request = new Dictionary<string, List<WriteRequest>>
            {
                [settings.Table] = [.. chunk.Select(item => new WriteRequest(new PutRequest(item)))],
            };
            for (var attempt = 0; request.Count > 0; attempt++)
            {
                request =
                    (
                        await dynamo
                            .BatchWriteItemAsync(new BatchWriteItemRequest { RequestItems = request }, cancellation)
                            .ConfigureAwait(false)
                    ).UnprocessedItems
                    ?? [];
                if (request.Count > 0)
                    await Task.Delay(TimeSpan.FromMilliseconds(50 << Math.Min(attempt, 6)), time, cancellation)
                        .ConfigureAwait(false);
            }
        }
    }
}
