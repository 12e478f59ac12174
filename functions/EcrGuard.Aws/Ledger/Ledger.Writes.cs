using Amazon.DynamoDBv2.Model;
using EcrGuard.Core.Baselines;
using EcrGuard.Core.Images;
using EcrGuard.Core.Plans;
using EcrGuard.Core.Use;

namespace EcrGuard.Aws.Ledger;

/// <content>Every write to ECR is an item: what is meant before it is done, and what became of it after.</content>
public sealed partial class Ledger
{
    private const string Intended = "intended";

    /// <summary>
    /// The push of a manifest is of no interest when its event cannot come any more: queues keep what failed for 14
    /// days.
    /// </summary>
    private static readonly TimeSpan EventAge = TimeSpan.FromDays(15);

    /// <summary>Writes down what is about to be done to an image, before it is done.</summary>
    /// <param name="entry">Whose verdict asks for it; null for an artifact, of which there is none.</param>
    /// <param name="onto">The manifest to which a tag is to be moved, so that its push is known to be EcrGuard's own;
    ///     null for none.</param>
    /// <returns>
    /// The id under which the outcome is to be noted; null where another verdict was stored since, which asks for
    /// something else.
    /// </returns>
    public async Task<string?> IntendAsync(
        ImageId image,
        LedgerEntry? entry,
        TagAction action,
        Digest? onto,
        CancellationToken cancellation
    )
    {
        var id = await IntendAsync(image, entry, judged: true, action, onto, cancellation).ConfigureAwait(false);
        // It may be judged, for the first time, between the two.
        for (var judged = false; id is null && entry is null && !judged; judged = true)
            id = await IntendAsync(image, null, judged, action, onto, cancellation).ConfigureAwait(false);
        return id;
    }

    /// <param name="judged">Whether the image has a record: what nobody has judged has an end, as its writes
    ///     do.</param>
    private async Task<string?> IntendAsync(
        ImageId image,
        LedgerEntry? entry,
        bool judged,
        TagAction action,
        Digest? onto,
        CancellationToken cancellation
    )
    {
        var id = NewId();
        var names = new Dictionary<string, string> { ["#writes"] = OpenWrites };
        var values = new Dictionary<string, AttributeValue> { [":id"] = Set(id) };
        var expression = "ADD #writes :id";
        if (action.Change == TagChange.Add)
        {
            expression += ", #tags :tag";
            names["#tags"] = IntendedTags;
            values[":tag"] = Set(action.Tag);
        }
        string? condition = null;
        if (entry is null)
        {
            condition = judged ? "attribute_exists(#rev)" : "attribute_not_exists(#rev)";
            names["#rev"] = Revision;
        }
        if (entry is null && !judged)
        {
            expression = $"SET #expires = :expires {expression}";
            names["#expires"] = Keys.Expires;
            values[":expires"] = ExpiresAfter(HistoryAge);
        }
        if (entry is not null)
        {
            condition = "#rev = :rev";
            names["#rev"] = Revision;
            values[":rev"] = Number(entry.Revision);
        }
        return await IfStillSoAsync(
                () =>
                    dynamo.TransactWriteItemsAsync(
                        new TransactWriteItemsRequest
                        {
                            TransactItems =
                            [
                                new TransactWriteItem
                                {
                                    Put = new Put
                                    {
                                        TableName = settings.Table,
                                        Item = new Dictionary<string, AttributeValue>(
                                            Key(image.Repository, Keys.Write(id))
                                        )
                                        {
                                            ["image"] = new(image.Arn),
                                            ["change"] = new(action.Change.ToString()),
                                            ["tag"] = new(action.Tag),
                                            ["moves"] = new() { BOOL = onto is not null },
                                            ["intendedAt"] = new(Keys.Time(time.GetUtcNow())),
                                            ["outcome"] = new(Intended),
                                            [Keys.Expires] = ExpiresAfter(HistoryAge),
                                        },
                                    },
                                },
                                new TransactWriteItem
                                {
                                    Update = new Update
                                    {
                                        TableName = settings.Table,
                                        Key = Key(image),
                                        UpdateExpression = expression,
                                        ConditionExpression = condition,
                                        ExpressionAttributeNames = names,
                                        ExpressionAttributeValues = values,
                                    },
                                },
                                .. onto is null ? [] : new[] { MeansToPut(action.Tag, image with { Digest = onto }) },
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

    private TransactWriteItem MeansToPut(string tag, ImageId manifest) =>
        new()
        {
            Update = new Update
            {
                TableName = settings.Table,
                Key = Key(manifest),
                UpdateExpression = "SET #expires = :expires ADD #tags :tag",
                ExpressionAttributeNames = new() { ["#expires"] = Keys.Expires, ["#tags"] = IntendedTags },
                ExpressionAttributeValues = new() { [":expires"] = ExpiresAfter(EventAge), [":tag"] = Set(tag) },
            },
        };

    /// <summary>
    /// Every tag that EcrGuard ever meant to write on an image or an artifact, whether or not there is an entry for it.
    /// </summary>
    public async Task<IReadOnlyList<string>> IntendedTagsAsync(ImageId image, CancellationToken cancellation)
    {
        var item = await ItemAsync(Key(image), cancellation).ConfigureAwait(false);
        return item?.GetValueOrDefault(IntendedTags)?.SS ?? [];
    }

    /// <summary>Writes down what is about to be done to a repository, before it is done.</summary>
    /// <param name="setting">Null for what changes no setting.</param>
    /// <param name="what">What is put; null where a setting is taken away.</param>
    /// <returns>The id under which the outcome is to be noted.</returns>
    public async Task<string> IntendAsync(
        RepositoryId repository,
        string change,
        RepositorySetting? setting,
        string? what,
        CancellationToken cancellation
    )
    {
        var id = NewId();
        var item = Intent(repository, id, change, setting, what);
        await RetryAsync(
                () => dynamo.PutItemAsync(new PutItemRequest { TableName = settings.Table, Item = item }, cancellation),
                cancellation
            )
            .ConfigureAwait(false);
        return id;
    }

    /// <summary>
    /// The same for a setting that a baseline holds, together with what stands in the ledger while it is written: both
    /// or neither.
    /// </summary>
    /// <returns>Null where somebody else has stored what EcrGuard has written to the repository meanwhile.</returns>
    public async Task<string?> IntendAsync(
        RepositoryId repository,
        string change,
        RepositorySetting setting,
        string? what,
        HeldWrite held,
        CancellationToken cancellation
    )
    {
        var id = NewId();
        var intent = new Put { TableName = settings.Table, Item = Intent(repository, id, change, setting, what) };
        return await TransactAsync(
                [HoldOver(repository, held.Intending, held.Revision), new TransactWriteItem { Put = intent }],
                cancellation
            )
            .ConfigureAwait(false)
            ? id
            : null;
    }

    private Dictionary<string, AttributeValue> Intent(
        RepositoryId repository,
        string id,
        string change,
        RepositorySetting? setting,
        string? what
    )
    {
        var item = new Dictionary<string, AttributeValue>(Key(repository, Keys.Write(id)))
        {
            ["change"] = new(change),
            ["intendedAt"] = new(Keys.Time(time.GetUtcNow())),
            ["outcome"] = new(Intended),
            [Keys.Expires] = ExpiresAfter(HistoryAge),
        };
        if (setting is not null)
            item["setting"] = new(setting.Name);
        if (what is not null)
            item["what"] = new(what);
        return item;
    }

    private Task<bool> TransactAsync(List<TransactWriteItem> items, CancellationToken cancellation) =>
        IfStillSoAsync(
            () => dynamo.TransactWriteItemsAsync(new TransactWriteItemsRequest { TransactItems = items }, cancellation),
            cancellation
        );

    /// <summary>The writes to a repository and its images that were meant within a time and have no outcome.</summary>
    public async IAsyncEnumerable<UnfinishedWrite> UnendedAsync(
        RepositoryId repository,
        DateTimeOffset from,
        DateTimeOffset to,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation
    )
    {
        await foreach (
            var item in QueryAsync(
                    new QueryRequest
                    {
                        TableName = settings.Table,
                        ConsistentRead = true,
                        KeyConditionExpression = "pk = :pk AND sk BETWEEN :from AND :to",
                        FilterExpression = "#outcome = :intended",
                        ExpressionAttributeNames = new() { ["#outcome"] = "outcome" },
                        ExpressionAttributeValues = new()
                        {
                            [":pk"] = new(Keys.Repository(repository)),
                            [":from"] = new(Keys.Writes(from)),
                            [":to"] = new(Keys.Writes(to)),
                            [":intended"] = new(Intended),
                        },
                    },
                    cancellation
                )
                .ConfigureAwait(false)
        )
        {
            yield return new UnfinishedWrite(
                item[Keys.Sort].S[Keys.Write("").Length..],
                item["change"].S,
                item.GetValueOrDefault("image")?.S is { } image
                && RepositoryId.TryParseArn(image, out var its, out var digest)
                && digest is not null
                    ? new ImageId(its, digest)
                    : null,
                item.GetValueOrDefault("tag")?.S,
                item.GetValueOrDefault("setting")?.S is { } setting ? RepositorySetting.Of(setting) : null,
                item.GetValueOrDefault("what")?.S
            )
            {
                Moves = item.GetValueOrDefault("moves")?.BOOL ?? true,
            };
        }
    }

    /// <summary>Writes down what became of an intent towards a repository.</summary>
    /// <param name="guess">Whether somebody else says it who does not know: what is written down already stays.</param>
    public async Task OutcomeAsync(
        RepositoryId repository,
        string id,
        string outcome,
        CancellationToken cancellation,
        bool guess = false
    ) => await IfStillSoAsync(Outcome(repository, id, outcome, guess), cancellation).ConfigureAwait(false);

    /// <summary>
    /// Writes down that a setting was written as its baseline wants it, together with what that makes of the ledger.
    /// </summary>
    /// <returns>
    /// False where somebody else has stored what EcrGuard has written to the repository meanwhile, which then stays.
    /// </returns>
    public async Task<bool> WrittenAsync(
        RepositoryId repository,
        string id,
        HeldWrite held,
        CancellationToken cancellation
    )
    {
        List<TransactWriteItem> items = [new() { Update = Outcome(repository, id, "done", guess: false) }];
        if (held.Taken is { } taken)
            items.Add(new() { Put = PlanLedger.Taken(taken.PlanId, taken.Removed, settings, time) });
        if (
            await TransactAsync([.. items, HoldOver(repository, held.Done, held.Revision + 1)], cancellation)
                .ConfigureAwait(false)
        )
            return true;
        await TransactAsync(items, cancellation).ConfigureAwait(false);
        return false;
    }

    /// <summary>Writes down what became of an intent towards an image.</summary>
    /// <inheritdoc cref="OutcomeAsync(RepositoryId, string, string, CancellationToken, bool)"/>
    public async Task OutcomeAsync(
        ImageId image,
        string id,
        string outcome,
        CancellationToken cancellation,
        bool guess = false
    ) =>
        await IfStillSoAsync(
                () =>
                    dynamo.TransactWriteItemsAsync(
                        new TransactWriteItemsRequest
                        {
                            TransactItems =
                            [
                                new TransactWriteItem { Update = Outcome(image.Repository, id, outcome, guess) },
                                new TransactWriteItem
                                {
                                    Update = new Update
                                    {
                                        TableName = settings.Table,
                                        Key = Key(image),
                                        UpdateExpression = "DELETE #writes :id",
                                        ExpressionAttributeNames = new() { ["#writes"] = OpenWrites },
                                        ExpressionAttributeValues = new() { [":id"] = Set(id) },
                                    },
                                },
                            ],
                        },
                        cancellation
                    ),
                cancellation
            )
            .ConfigureAwait(false);

    private Update Outcome(RepositoryId repository, string id, string outcome, bool guess)
    {
        var update = new Update
        {
            TableName = settings.Table,
            Key = Key(repository, Keys.Write(id)),
            UpdateExpression = "SET #outcome = :outcome, #endedAt = :now",
            ConditionExpression = guess ? "#outcome = :intended" : null,
            ExpressionAttributeNames = new() { ["#outcome"] = "outcome", ["#endedAt"] = "endedAt" },
            ExpressionAttributeValues = new()
            {
                [":outcome"] = new(Phrase.Clip(outcome, 500)),
                [":now"] = new(Keys.Time(time.GetUtcNow())),
            },
        };
        if (guess)
            update.ExpressionAttributeValues[":intended"] = new(Intended);
        return update;
    }

    /// <summary>
    /// Takes the next turn to write to ECR that all functions share which carry out somebody's order: how many of them
    /// run at a time, nobody knows.
    /// </summary>
    /// <param name="gap">How long after it there is none.</param>
    /// <returns>False where the turn is somebody else's.</returns>
    public Task<bool> TakeTurnAsync(TimeSpan gap, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        return IfStillSoAsync(
            new UpdateItemRequest
            {
                TableName = settings.Table,
                Key = RegistryKey("TURN"),
                UpdateExpression = "SET #next = :next",
                ConditionExpression = "attribute_not_exists(#next) OR #next <= :now",
                ExpressionAttributeNames = new() { ["#next"] = "next" },
                ExpressionAttributeValues = new()
                {
                    [":next"] = new(Keys.Time(now + gap)),
                    [":now"] = new(Keys.Time(now)),
                },
            },
            cancellation
        );
    }
}

/// <summary>What stands in the ledger while and after a baseline's setting is written.</summary>
/// <param name="Intending">Before the write.</param>
/// <param name="Done">After it.</param>
/// <param name="Revision">As it was read: the first is stored over it.</param>
public sealed record HeldWrite(SettingHistory Intending, SettingHistory Done, long Revision)
{
    /// <summary>What the lifecycle policy takes, by the plan that puts it; null for what no plan puts.</summary>
    public (string PlanId, Removed Removed)? Taken { get; init; }
}
