using System.Globalization;
using System.Text.Json;
using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;
using EcrGuard.Core.Images;
using EcrGuard.Core.Lifecycle;
using EcrGuard.Core.Plans;
using EcrGuard.Core.Reports;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Aws.Ledger;

/// <summary>What stands in the ledger for one image.</summary>
/// <param name="Record">The record, with <see cref="ImageRecord.CouldNotMark"/>, <see cref="ImageRecord.Grace"/>, <see cref="ImageRecord.Forced"/> and <see cref="ImageRecord.Gone"/> as they are now.</param>
/// <param name="Revision">Counts the stores: a store that saw another one's result is refused.</param>
/// <param name="FactsAt">When the facts were read that the entry rests on: the verdict's, or those that said that the image is gone.</param>
/// <param name="OpenAlert">The id of an alert that was not yet published, or not yet known to be.</param>
/// <param name="OpenWrites">Intents without an outcome: the function died between the two.</param>
/// <param name="IntendedTags">Every tag that EcrGuard ever meant to write on this image.</param>
/// <param name="Open">Something that follows from the verdict (tags, indexes, an alert) is not known to be done: the same event, delivered again, must not be taken for old.</param>
public sealed record LedgerEntry(ImageRecord Record, long Revision, DateTimeOffset FactsAt, string? OpenAlert, IReadOnlyList<string> OpenWrites, IReadOnlyList<string> IntendedTags, bool Open)
{
    /// <summary>Null where the image was never taken out of reach, nor released.</summary>
    public Quarantine? Quarantine { get; init; }

    /// <summary>Counts the stores of <see cref="Quarantine"/>; 0: none yet.</summary>
    public long QuarantineRevision { get; init; }
}

/// <summary>What became of a store.</summary>
public enum Stored
{
    Yes,

    /// <summary>The stored verdict rests on facts that are as new or newer: ours is not needed.</summary>
    Superseded,

    /// <summary>Somebody stored in between: read again and decide what changed.</summary>
    Contended,
}

/// <summary>
/// The ledger: one DynamoDB table. A verdict is stored only over older facts, intent stands before each write to ECR and its outcome after it, and every change of status leaves a history entry.
/// </summary>
public sealed partial class Ledger(IAmazonDynamoDB dynamo, Settings settings, TimeProvider time)
{
    /// <summary>How long history, finished writes and images that are gone are kept.</summary>
    private static readonly TimeSpan HistoryAge = TimeSpan.FromDays(400);

    /// <summary>Longer than any function of EcrGuard's that alerts may run, shorter than a message stays invisible: who claimed an alert before that is dead.</summary>
    private static readonly TimeSpan ClaimAge = TimeSpan.FromMinutes(6);

    private const int ConflictRetries = 5;

    /// <summary>BatchGetItem takes at most 100 keys, BatchWriteItem at most 25 items.</summary>
    private const int ReadBatch = 100;
    private const int WriteBatch = 25;

    private const string Record = "record";
    private const string Revision = "rev";
    private const string FactsAt = "factsAt";
    private const string OpenAlert = "openAlert";
    private const string OpenWrites = "openWrites";
    private const string IntendedTags = "intendedTags";
    private const string CouldNotMark = "couldNotMark";
    private const string GoneAt = "goneAt";
    private const string GoneBecause = "goneBecause";
    private const string Open = "open";
    private const string AlertClaimedAt = "alertClaimedAt";
    private const string GraceClock = "grace";
    private const string BreakGlass = "breakGlass";
    private const string BreakGlassImage = "image";
    private const string EndedAt = "endedAt";
    private const string ClaimedAt = "claimedAt";
    private const string PublishedAt = "publishedAt";
    private const string Intended = "intended";

    /// <summary>The name of the document that keeps the backfill's progress.</summary>
    public const string BackfillDocument = "BACKFILL";

    /// <summary>The name of the document that keeps what the last sweep of all came to.</summary>
    public const string SweepDocument = "SWEEP";

    /// <summary>The name of the document that says which sweep is running.</summary>
    public const string SweepLeaseDocument = "SWEEPING";

    /// <summary>The name of the document that keeps a week's roll-up.</summary>
    public static string WeekDocument(IsoWeek week) => $"W#{week}";

    /// <summary>An id that sorts by the time at which it was made (UUID version 7, RFC 9562).</summary>
    public string NewId() => Guid.CreateVersion7(time.GetUtcNow()).ToString("N");

    /// <summary>What stands for an image; null where nothing does.</summary>
    public async Task<LedgerEntry?> FindAsync(ImageId image, CancellationToken cancellation)
    {
        var answer = await dynamo.GetItemAsync(new GetItemRequest { TableName = settings.Table, Key = Key(image), ConsistentRead = true }, cancellation).ConfigureAwait(false);
        return answer.Item?.ContainsKey(Record) == true ? Entry(answer.Item) : null;
    }

    /// <summary>What stands for several images of one repository; those without an entry are left out.</summary>
    public async Task<IReadOnlyDictionary<Digest, LedgerEntry>> FindAsync(RepositoryId repository, IEnumerable<Digest> digests, CancellationToken cancellation)
    {
        var found = new Dictionary<Digest, LedgerEntry>();
        foreach (var chunk in digests.Distinct().Chunk(ReadBatch))
        {
            var keys = new KeysAndAttributes { ConsistentRead = true, Keys = [.. chunk.Select(digest => Key(new ImageId(repository, digest)))] };
            var request = new Dictionary<string, KeysAndAttributes> { [settings.Table] = keys };
            for (var attempt = 0; request.Count > 0; attempt++)
            {
                var answer = await dynamo.BatchGetItemAsync(new BatchGetItemRequest { RequestItems = request }, cancellation).ConfigureAwait(false);
                foreach (var item in answer.Responses?.GetValueOrDefault(settings.Table)?.Where(item => item.ContainsKey(Record)) ?? [])
                {
                    var entry = Entry(item);
                    found[entry.Record.Verdict.Image.Digest] = entry;
                }
                request = answer.UnprocessedKeys ?? [];
                if (request.Count > 0)
                    await PauseAsync(attempt, cancellation).ConfigureAwait(false);
            }
        }
        return found;
    }

    /// <summary>The children of those of these indexes that were judged before.</summary>
    public async Task<IReadOnlyDictionary<Digest, IReadOnlyList<IndexChild>>> ChildrenAsync(RepositoryId repository, IReadOnlyList<Digest> indexes, CancellationToken cancellation)
    {
        var children = new Dictionary<Digest, IReadOnlyList<IndexChild>>();
        // An entry takes kilobytes: only its children are kept.
        foreach (var chunk in indexes.Chunk(ReadBatch))
        {
            foreach (var (index, entry) in await FindAsync(repository, chunk, cancellation).ConfigureAwait(false))
            {
                if (entry.Record.Children.Count > 0)
                    children[index] = entry.Record.Children;
            }
        }
        return children;
    }

    /// <summary>Stores a record over the one that was read before, with a history entry and an open alert if the status changed.</summary>
    /// <param name="before">As read; null where nothing stood.</param>
    /// <param name="open">Whether something follows that <see cref="DoneAsync"/> will end.</param>
    public async Task<Stored> StoreAsync(ImageRecord record, LedgerEntry? before, Alert? alert, bool open, CancellationToken cancellation)
    {
        var verdict = record.Verdict;
        var changed = before?.Record.ChangeId != record.ChangeId;
        var set = "SET #record = :record, #rev = :rev, #factsAt = :factsAt, #p = :p, #s = :s";
        var remove = new List<string> { "#goneAt", "#goneBecause", "#expires" };
        var names = new Dictionary<string, string>
        {
            ["#record"] = Record,
            ["#rev"] = Revision,
            ["#factsAt"] = FactsAt,
            ["#p"] = Keys.IndexPartition,
            ["#s"] = Keys.IndexSort,
            ["#goneAt"] = GoneAt,
            ["#goneBecause"] = GoneBecause,
            ["#expires"] = Keys.Expires,
            ["#could"] = CouldNotMark,
            ["#open"] = Open,
        };
        var values = new Dictionary<string, AttributeValue>
        {
            [":record"] = new(JsonSerializer.Serialize(record with { CouldNotMark = null, Grace = null, Forced = null, Gone = false }, LedgerJson.Default.ImageRecord)),
            [":rev"] = Number((before?.Revision ?? 0) + 1),
            [":factsAt"] = new(Keys.Time(verdict.FactsAt)),
            [":p"] = new(Keys.Shelf(verdict.Image, verdict.Status)),
            [":s"] = new($"{verdict.Image.Repository.Name}#{verdict.Image.Digest.Hex}"),
        };
        if (before is not null)
            values[":was"] = Number(before.Revision);
        if (record.CouldNotMark is { } reason)
        {
            set += ", #could = :could";
            values[":could"] = new(reason);
        }
        else
        {
            remove.Add("#could");
        }
        // What a sweep has noted since stays, unless the verdict has changed it.
        if (record.Grace != before?.Record.Grace)
        {
            names["#grace"] = GraceClock;
            if (record.Grace is null)
                remove.Add("#grace");
            else
                set += ", #grace = :grace";
        }
        if (record.Grace is { } grace && record.Grace != before?.Record.Grace)
            values[":grace"] = new(JsonSerializer.Serialize(grace, LedgerJson.Default.Grace));
        if (open)
        {
            set += ", #open = :open";
            values[":open"] = new() { BOOL = true };
        }
        else
        {
            remove.Add("#open");
        }
        if (changed)
        {
            names["#alert"] = OpenAlert;
            names["#claim"] = AlertClaimedAt;
            remove.Add("#claim");
            if (alert is null)
            {
                // An alert that was never published and is no longer true is not worth sending.
                remove.Add("#alert");
            }
            else
            {
                set += ", #alert = :alert";
                values[":alert"] = new(alert.Id);
            }
        }

        // The same facts, decided again by another policy, take their own place.
        var newer = record.Scan is { } scan && scan.ReadAt == before?.Record.Scan?.ReadAt ? "<=" : "<";
        var store = new Update
        {
            TableName = settings.Table,
            Key = Key(verdict.Image),
            UpdateExpression = $"{set} REMOVE {string.Join(", ", remove)}",
            ConditionExpression = before is null ? "attribute_not_exists(#rev)" : $"#rev = :was AND #factsAt {newer} :factsAt",
            ExpressionAttributeNames = names,
            ExpressionAttributeValues = values,
        };
        var kept = changed
            ? await IfStillSoAsync(() => dynamo.TransactWriteItemsAsync(new TransactWriteItemsRequest { TransactItems = [new TransactWriteItem { Update = store }, new TransactWriteItem { Put = History(record) }] }, cancellation), cancellation).ConfigureAwait(false)
            : await IfStillSoAsync(new UpdateItemRequest { TableName = store.TableName, Key = store.Key, UpdateExpression = store.UpdateExpression, ConditionExpression = store.ConditionExpression, ExpressionAttributeNames = store.ExpressionAttributeNames, ExpressionAttributeValues = store.ExpressionAttributeValues }, cancellation).ConfigureAwait(false);
        return kept ? Stored.Yes : before is not null && verdict.FactsAt <= before.FactsAt ? Stored.Superseded : Stored.Contended;
    }

    /// <summary>
    /// Notes that an image is gone from its repository: it leaves the index by status, its children no longer follow to it, its clock ends, and its entry some day. Its verdict stays, so that pushing it again does not forget that it was blocked.
    /// </summary>
    /// <param name="readAt">When it was asked for and not there.</param>
    /// <param name="because">What took it, as far as that is known.</param>
    /// <returns>False where it is known already, or newer facts are.</returns>
    public async Task<bool> MarkGoneAsync(ImageId image, DateTimeOffset readAt, string? because, CancellationToken cancellation)
    {
        var request = new UpdateItemRequest
        {
            TableName = settings.Table,
            Key = Key(image),
            UpdateExpression = "SET #goneAt = :readAt, #goneBecause = :because, #factsAt = :readAt, #rev = #rev + :one, #expires = :expires REMOVE #p, #s, #alert, #could, #open, #grace",
            ConditionExpression = "attribute_exists(#rev) AND attribute_not_exists(#goneAt) AND #factsAt < :readAt",
            ExpressionAttributeNames = new() { ["#goneAt"] = GoneAt, ["#goneBecause"] = GoneBecause, ["#expires"] = Keys.Expires, ["#p"] = Keys.IndexPartition, ["#s"] = Keys.IndexSort, ["#alert"] = OpenAlert, ["#could"] = CouldNotMark, ["#open"] = Open, ["#grace"] = GraceClock, ["#rev"] = Revision, ["#factsAt"] = FactsAt },
            ExpressionAttributeValues = new() { [":readAt"] = new(Keys.Time(readAt)), [":because"] = new(Text.Clip(because ?? "not known", 500)), [":one"] = Number(1), [":expires"] = ExpiresAfter(HistoryAge) },
            ReturnValues = ReturnValue.ALL_NEW,
        };
        IReadOnlyList<IndexChild> children = [];
        var marked = await IfStillSoAsync(async () =>
        {
            var answer = await dynamo.UpdateItemAsync(request, cancellation).ConfigureAwait(false);
            children = Entry(answer.Attributes).Record.Children;
            return answer;
        }, cancellation).ConfigureAwait(false);
        await WriteEdgesAsync(children.Select(child => new WriteRequest(new DeleteRequest(Key(image.Repository, Keys.Edge(child.Digest, image.Digest))))), cancellation).ConfigureAwait(false);
        return marked;
    }

    /// <summary>Notes that all that follows from a stored verdict is done. One that was stored since stays open, and so does one whose alert somebody else has claimed and not yet published.</summary>
    public Task DoneAsync(ImageId image, long revision, CancellationToken cancellation) =>
        IfStillSoAsync(new UpdateItemRequest
        {
            TableName = settings.Table,
            Key = Key(image),
            UpdateExpression = "REMOVE #open",
            ConditionExpression = "#rev = :rev AND attribute_not_exists(#alert)",
            ExpressionAttributeNames = new() { ["#open"] = Open, ["#rev"] = Revision, ["#alert"] = OpenAlert },
            ExpressionAttributeValues = new() { [":rev"] = Number(revision) },
        }, cancellation);

    /// <summary>Takes it on oneself to publish an alert. A call that the SDK repeats because its answer was lost meets its own claim.</summary>
    /// <returns>False where it is published already, or somebody else has taken it on who may still be alive.</returns>
    public Task<bool> ClaimAlertAsync(ImageId image, string alertId, CancellationToken cancellation) =>
        IfStillSoAsync(new UpdateItemRequest
        {
            TableName = settings.Table,
            Key = Key(image),
            UpdateExpression = "SET #claim = :now",
            ConditionExpression = "#alert = :id AND (attribute_not_exists(#claim) OR #claim < :dead OR #claim = :now)",
            ExpressionAttributeNames = new() { ["#alert"] = OpenAlert, ["#claim"] = AlertClaimedAt },
            ExpressionAttributeValues = new() { [":id"] = new(alertId), [":now"] = new(Keys.Time(time.GetUtcNow())), [":dead"] = new(Keys.Time(time.GetUtcNow() - ClaimAge)) },
        }, cancellation);

    /// <summary>Gives an alert back that could not be published.</summary>
    public Task ReleaseAlertAsync(ImageId image, string alertId, CancellationToken cancellation) => OnAlertAsync(image, alertId, "REMOVE #claim", cancellation);

    /// <summary>Notes that an alert was published.</summary>
    public Task CloseAlertAsync(ImageId image, string alertId, CancellationToken cancellation) => OnAlertAsync(image, alertId, "REMOVE #alert, #claim", cancellation);

    private Task<bool> OnAlertAsync(ImageId image, string alertId, string update, CancellationToken cancellation) =>
        IfStillSoAsync(new UpdateItemRequest
        {
            TableName = settings.Table,
            Key = Key(image),
            UpdateExpression = update,
            ConditionExpression = "#alert = :id AND attribute_exists(#claim)",
            ExpressionAttributeNames = new() { ["#alert"] = OpenAlert, ["#claim"] = AlertClaimedAt },
            ExpressionAttributeValues = new() { [":id"] = new(alertId) },
        }, cancellation);

    /// <summary>Notes why a verdict could not be put on its image, or, with null, that nothing stands in the way any more.</summary>
    public Task NoteCouldNotMarkAsync(ImageId image, string? reason, CancellationToken cancellation) =>
        IfStillSoAsync(new UpdateItemRequest
        {
            TableName = settings.Table,
            Key = Key(image),
            UpdateExpression = reason is null ? "REMOVE #could" : "SET #could = :could",
            ConditionExpression = "attribute_exists(#rev)",
            ExpressionAttributeNames = new() { ["#could"] = CouldNotMark, ["#rev"] = Revision },
            ExpressionAttributeValues = reason is null ? null : new() { [":could"] = new(reason) },
        }, cancellation);

    /// <summary>Notes what became of the clock of a blocked image, unless another verdict was stored since.</summary>
    public Task NoteGraceAsync(ImageId image, long revision, Grace? grace, CancellationToken cancellation) =>
        IfStillSoAsync(new UpdateItemRequest
        {
            TableName = settings.Table,
            Key = Key(image),
            UpdateExpression = grace is null ? "REMOVE #grace" : "SET #grace = :grace",
            ConditionExpression = "#rev = :rev",
            ExpressionAttributeNames = new() { ["#grace"] = GraceClock, ["#rev"] = Revision },
            ExpressionAttributeValues = grace is null
                ? new() { [":rev"] = Number(revision) }
                : new() { [":rev"] = Number(revision), [":grace"] = new(JsonSerializer.Serialize(grace, LedgerJson.Default.Grace)) },
        }, cancellation);

    /// <summary>Puts a forced approval in force, or ends one, and in the history. A verdict that was decided without knowing of it is refused after this.</summary>
    /// <param name="ended">Another one, which this one ends before its time.</param>
    public Task StoreBreakGlassAsync(ImageId image, ForcedApproval forced, ForcedApproval? ended, CancellationToken cancellation) =>
        RetryAsync(() => dynamo.TransactWriteItemsAsync(new TransactWriteItemsRequest
        {
            TransactItems =
            [
                new TransactWriteItem
                {
                    Update = new Update
                    {
                        TableName = settings.Table,
                        Key = Key(image),
                        UpdateExpression = "SET #forced = :forced, #rev = #rev + :one",
                        ConditionExpression = "attribute_exists(#rev)",
                        ExpressionAttributeNames = new() { ["#forced"] = BreakGlass, ["#rev"] = Revision },
                        ExpressionAttributeValues = new() { [":forced"] = new(JsonSerializer.Serialize(forced, LedgerJson.Default.ForcedApproval)), [":one"] = Number(1) },
                    },
                },
                .. new[] { forced, ended }.OfType<ForcedApproval>().Select(each => new TransactWriteItem { Put = History(image, each) }),
            ],
        }, cancellation), cancellation);

    /// <summary>The forced approvals that have ended, or will, between two moments, earliest first. Read from the index, which may be a moment behind.</summary>
    /// <param name="open">Only those of whose end not all that follows is known to be done.</param>
    public async IAsyncEnumerable<(ImageId Image, ForcedApproval Forced)> BreakGlassesAsync(DateTimeOffset from, DateTimeOffset to, bool open, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        await foreach (var item in QueryAsync(new QueryRequest
        {
            TableName = settings.Table,
            IndexName = Keys.Index,
            KeyConditionExpression = "gsi1pk = :shelf AND gsi1sk BETWEEN :from AND :to",
            FilterExpression = open ? "attribute_not_exists(#endedAt)" : null,
            ExpressionAttributeNames = open ? new() { ["#endedAt"] = EndedAt } : null,
            ExpressionAttributeValues = new() { [":shelf"] = new(Keys.Shelf(settings.Account, settings.Region, Keys.BreakGlassShelf, 0)), [":from"] = new(Keys.Time(from)), [":to"] = new(Keys.Time(to)) },
        }, cancellation).ConfigureAwait(false))
        {
            if (RepositoryId.TryParseArn(item[BreakGlassImage].S, out var repository, out var digest) && digest is not null)
                yield return (new ImageId(repository, digest), JsonSerializer.Deserialize(item[BreakGlass].S, LedgerJson.Default.ForcedApproval)!);
        }
    }

    /// <summary>Notes that all that follows from the end of a forced approval is done.</summary>
    public Task EndBreakGlassAsync(ImageId image, ForcedApproval forced, CancellationToken cancellation) =>
        IfStillSoAsync(new UpdateItemRequest
        {
            TableName = settings.Table,
            Key = Key(image.Repository, Keys.BreakGlass(image.Digest, forced.Id)),
            UpdateExpression = "SET #endedAt = :now",
            ConditionExpression = "attribute_exists(#breakGlass)",
            ExpressionAttributeNames = new() { ["#endedAt"] = EndedAt, ["#breakGlass"] = BreakGlass },
            ExpressionAttributeValues = new() { [":now"] = new(Keys.Time(time.GetUtcNow())) },
        }, cancellation);

    /// <summary>Takes it on oneself to publish something that is said once and follows from no change of status. A call that the SDK repeats because its answer was lost meets its own claim.</summary>
    /// <param name="notice">The id of the alert.</param>
    /// <returns>False where it is published already, or somebody else has taken it on who may still be alive.</returns>
    public Task<bool> ClaimNoticeAsync(RepositoryId repository, string notice, CancellationToken cancellation) =>
        IfStillSoAsync(new UpdateItemRequest
        {
            TableName = settings.Table,
            Key = Key(repository, Keys.Notice(notice)),
            UpdateExpression = "SET #claim = :now, #expires = :expires",
            ConditionExpression = "attribute_not_exists(#published) AND (attribute_not_exists(#claim) OR #claim < :dead OR #claim = :now)",
            ExpressionAttributeNames = new() { ["#claim"] = ClaimedAt, ["#published"] = PublishedAt, ["#expires"] = Keys.Expires },
            ExpressionAttributeValues = new() { [":now"] = new(Keys.Time(time.GetUtcNow())), [":dead"] = new(Keys.Time(time.GetUtcNow() - ClaimAge)), [":expires"] = ExpiresAfter(HistoryAge) },
        }, cancellation);

    /// <summary>Gives a notice back that could not be published.</summary>
    public Task ReleaseNoticeAsync(RepositoryId repository, string notice, CancellationToken cancellation) => OnNoticeAsync(repository, notice, "REMOVE #claim", [], cancellation);

    /// <summary>Notes that a notice was published.</summary>
    public Task CloseNoticeAsync(RepositoryId repository, string notice, CancellationToken cancellation) =>
        OnNoticeAsync(repository, notice, "SET #published = :now", new() { [":now"] = new(Keys.Time(time.GetUtcNow())) }, cancellation);

    private Task<bool> OnNoticeAsync(RepositoryId repository, string notice, string update, Dictionary<string, AttributeValue> values, CancellationToken cancellation) =>
        IfStillSoAsync(new UpdateItemRequest
        {
            TableName = settings.Table,
            Key = Key(repository, Keys.Notice(notice)),
            UpdateExpression = update,
            ConditionExpression = "attribute_exists(#claim) AND attribute_not_exists(#published)",
            ExpressionAttributeNames = new() { ["#claim"] = ClaimedAt, ["#published"] = PublishedAt },
            ExpressionAttributeValues = values.Count == 0 ? null : values,
        }, cancellation);

    /// <summary>Writes down what is about to be done to an image, before it is done.</summary>
    /// <param name="revision">The entry whose verdict asks for it; null for an artifact, of which there is none.</param>
    /// <returns>The id under which the outcome is to be noted; null where another verdict was stored since, which asks for something else.</returns>
    public async Task<string?> IntendAsync(ImageId image, long? revision, TagAction action, CancellationToken cancellation)
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
        names[revision is null ? "#expires" : "#rev"] = revision is null ? Keys.Expires : Revision;
        values[revision is null ? ":expires" : ":rev"] = revision is { } its ? Number(its) : ExpiresAfter(HistoryAge);
        return await IfStillSoAsync(() => dynamo.TransactWriteItemsAsync(new TransactWriteItemsRequest
        {
            TransactItems =
            [
                new TransactWriteItem
                {
                    Put = new Put
                    {
                        TableName = settings.Table,
                        Item = new Dictionary<string, AttributeValue>(Key(image.Repository, Keys.Write(id)))
                        {
                            ["image"] = new(image.Arn),
                            ["change"] = new(action.Change.ToString()),
                            ["tag"] = new(action.Tag),
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
                        UpdateExpression = revision is null ? $"SET #expires = :expires {expression}" : expression,
                        ConditionExpression = revision is null ? null : "#rev = :rev",
                        ExpressionAttributeNames = names,
                        ExpressionAttributeValues = values,
                    },
                },
            ],
        }, cancellation), cancellation).ConfigureAwait(false) ? id : null;
    }

    /// <summary>Every tag that EcrGuard ever meant to write on an image or an artifact, whether or not there is an entry for it.</summary>
    public async Task<IReadOnlyList<string>> IntendedTagsAsync(ImageId image, CancellationToken cancellation)
    {
        var answer = await dynamo.GetItemAsync(new GetItemRequest { TableName = settings.Table, Key = Key(image), ConsistentRead = true }, cancellation).ConfigureAwait(false);
        return answer.Item?.GetValueOrDefault(IntendedTags)?.SS ?? [];
    }

    /// <summary>Writes down what is about to be done to a repository, before it is done.</summary>
    /// <param name="setting">Null for what changes no setting.</param>
    /// <param name="what">What is put; null where a setting is taken away.</param>
    /// <returns>The id under which the outcome is to be noted.</returns>
    public async Task<string> IntendAsync(RepositoryId repository, string change, RepositorySetting? setting, string? what, CancellationToken cancellation)
    {
        var id = NewId();
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
        await RetryAsync(() => dynamo.PutItemAsync(new PutItemRequest { TableName = settings.Table, Item = item }, cancellation), cancellation).ConfigureAwait(false);
        return id;
    }

    /// <summary>The writes to a repository and its images that were meant within a time and have no outcome.</summary>
    public async IAsyncEnumerable<UnendedWrite> UnendedAsync(RepositoryId repository, DateTimeOffset from, DateTimeOffset to, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        await foreach (var item in QueryAsync(new QueryRequest
        {
            TableName = settings.Table,
            ConsistentRead = true,
            KeyConditionExpression = "pk = :pk AND sk BETWEEN :from AND :to",
            FilterExpression = "#outcome = :intended",
            ExpressionAttributeNames = new() { ["#outcome"] = "outcome" },
            ExpressionAttributeValues = new() { [":pk"] = new(Keys.Repository(repository)), [":from"] = new(Keys.Writes(from)), [":to"] = new(Keys.Writes(to)), [":intended"] = new(Intended) },
        }, cancellation).ConfigureAwait(false))
        {
            yield return new UnendedWrite(
                item[Keys.Sort].S[Keys.Write("").Length..],
                item["change"].S,
                item.GetValueOrDefault("image")?.S is { } image && RepositoryId.TryParseArn(image, out var its, out var digest) && digest is not null ? new ImageId(its, digest) : null,
                item.GetValueOrDefault("tag")?.S,
                item.GetValueOrDefault("setting")?.S is { } setting ? RepositorySetting.Of(setting) : null,
                item.GetValueOrDefault("what")?.S);
        }
    }

    /// <summary>Writes down what became of an intent towards a repository.</summary>
    public async Task OutcomeAsync(RepositoryId repository, string id, string outcome, CancellationToken cancellation)
    {
        var update = Outcome(repository, id, outcome);
        await RetryAsync(() => dynamo.UpdateItemAsync(new UpdateItemRequest { TableName = update.TableName, Key = update.Key, UpdateExpression = update.UpdateExpression, ExpressionAttributeNames = update.ExpressionAttributeNames, ExpressionAttributeValues = update.ExpressionAttributeValues }, cancellation), cancellation).ConfigureAwait(false);
    }

    /// <summary>Writes down what became of an intent towards an image.</summary>
    public async Task OutcomeAsync(ImageId image, string id, string outcome, CancellationToken cancellation) =>
        await RetryAsync(() => dynamo.TransactWriteItemsAsync(new TransactWriteItemsRequest
        {
            TransactItems =
            [
                new TransactWriteItem { Update = Outcome(image.Repository, id, outcome) },
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
        }, cancellation), cancellation).ConfigureAwait(false);

    private Update Outcome(RepositoryId repository, string id, string outcome) => new()
    {
        TableName = settings.Table,
        Key = Key(repository, Keys.Write(id)),
        UpdateExpression = "SET #outcome = :outcome, #endedAt = :now",
        ExpressionAttributeNames = new() { ["#outcome"] = "outcome", ["#endedAt"] = "endedAt" },
        ExpressionAttributeValues = new() { [":outcome"] = new(Text.Clip(outcome, 500)), [":now"] = new(Keys.Time(time.GetUtcNow())) },
    };

    /// <summary>Remembers which index holds which children: ECR has no way to ask.</summary>
    public Task StoreEdgesAsync(ImageId index, IEnumerable<Digest> children, CancellationToken cancellation) =>
        WriteEdgesAsync(children.Distinct().Select(child => new WriteRequest(new PutRequest(Key(index.Repository, Keys.Edge(child, index.Digest))))), cancellation);

    private async Task WriteEdgesAsync(IEnumerable<WriteRequest> edges, CancellationToken cancellation)
    {
        foreach (var chunk in edges.Chunk(WriteBatch))
        {
            var request = new Dictionary<string, List<WriteRequest>> { [settings.Table] = [.. chunk] };
            for (var attempt = 0; request.Count > 0; attempt++)
            {
                request = (await dynamo.BatchWriteItemAsync(new BatchWriteItemRequest { RequestItems = request }, cancellation).ConfigureAwait(false)).UnprocessedItems ?? [];
                if (request.Count > 0)
                    await PauseAsync(attempt, cancellation).ConfigureAwait(false);
            }
        }
    }

    /// <summary>The indexes that hold an image.</summary>
    public async Task<IReadOnlyList<Digest>> IndexesOfAsync(ImageId child, CancellationToken cancellation)
    {
        var edges = Keys.Edges(child.Digest);
        var indexes = new List<Digest>();
        await foreach (var item in QueryAsync(new QueryRequest
        {
            TableName = settings.Table,
            ConsistentRead = true,
            KeyConditionExpression = "pk = :pk AND begins_with(sk, :edges)",
            ExpressionAttributeValues = new() { [":pk"] = new(Keys.Repository(child.Repository)), [":edges"] = new(edges) },
        }, cancellation).ConfigureAwait(false))
        {
            indexes.Add(Digest.Parse("sha256:" + item[Keys.Sort].S[edges.Length..]));
        }
        return indexes;
    }

    /// <summary>The records of the indexes that hold an image, as far as they were ever judged.</summary>
    public async Task<IReadOnlyList<ImageRecord>> IndexRecordsOfAsync(ImageId child, CancellationToken cancellation) =>
        [.. (await FindAsync(child.Repository, await IndexesOfAsync(child, cancellation).ConfigureAwait(false), cancellation).ConfigureAwait(false)).Values.Select(entry => entry.Record)];

    /// <summary>Every image that is there, status by status. Read page by page: an account may have 100 000.</summary>
    public async IAsyncEnumerable<ImageRecord> AllAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        foreach (var status in Enum.GetValues<Status>())
        {
            for (var shard = 0; shard < Keys.Shards; shard++)
            {
                await foreach (var item in ShelfAsync(status.Word(), shard, cancellation).ConfigureAwait(false))
                    yield return Entry(item).Record;
            }
        }
    }

    /// <summary>The images of a repository that were there when the ledger last heard of them.</summary>
    public async Task<IReadOnlySet<Digest>> DigestsAsync(RepositoryId repository, CancellationToken cancellation)
    {
        var digests = new HashSet<Digest>();
        await foreach (var item in QueryAsync(new QueryRequest
        {
            TableName = settings.Table,
            ConsistentRead = true,
            KeyConditionExpression = "pk = :pk AND begins_with(sk, :images)",
            FilterExpression = "attribute_exists(#rev) AND attribute_not_exists(#goneAt)",
            ProjectionExpression = "sk",
            ExpressionAttributeNames = new() { ["#rev"] = Revision, ["#goneAt"] = GoneAt },
            ExpressionAttributeValues = new() { [":pk"] = new(Keys.Repository(repository)), [":images"] = new(Keys.Images) },
        }, cancellation).ConfigureAwait(false))
        {
            digests.Add(Digest.Parse("sha256:" + item[Keys.Sort].S[Keys.Images.Length..]));
        }
        return digests;
    }

    /// <summary>Notes how a repository differs from its baseline, a sentence each.</summary>
    public Task StoreNoteAsync(RepositoryId repository, IReadOnlyList<string> drift, CancellationToken cancellation) =>
        NoteAsync(repository, "drift", JsonSerializer.Serialize(drift, LedgerJson.Default.IReadOnlyListString), cancellation);

    /// <summary>Notes what a sweep found in a repository.</summary>
    public Task StoreSweepAsync(RepositoryId repository, RepositorySweep sweep, CancellationToken cancellation) =>
        NoteAsync(repository, "sweep", JsonSerializer.Serialize(sweep, LedgerJson.Default.RepositorySweep), cancellation);

    private async Task NoteAsync(RepositoryId repository, string name, string json, CancellationToken cancellation) =>
        await dynamo.UpdateItemAsync(new UpdateItemRequest
        {
            TableName = settings.Table,
            Key = Key(repository, Keys.RepositoryNote),
            UpdateExpression = "SET #repository = :repository, #note = :note, #at = :at, #p = :p, #s = :repository",
            ExpressionAttributeNames = new() { ["#repository"] = "repository", ["#note"] = name, ["#at"] = "at", ["#p"] = Keys.IndexPartition, ["#s"] = Keys.IndexSort },
            ExpressionAttributeValues = new() { [":repository"] = new(repository.Name), [":note"] = new(json), [":at"] = new(Keys.Time(time.GetUtcNow())), [":p"] = new(Keys.Shelf(repository)) },
        }, cancellation).ConfigureAwait(false);

    /// <summary>Forgets what is noted of a repository that is gone, and what was there before EcrGuard: one of the same name is another. Its images' entries end by themselves.</summary>
    public async Task ForgetAsync(RepositoryId repository, CancellationToken cancellation)
    {
        foreach (var item in new[] { Keys.Hold, Keys.RepositoryNote })
            await dynamo.DeleteItemAsync(new DeleteItemRequest { TableName = settings.Table, Key = Key(repository, item) }, cancellation).ConfigureAwait(false);
    }

    /// <summary>How repositories differ from their baselines.</summary>
    public async IAsyncEnumerable<RepositoryNote> NotesAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        await foreach (var item in ShelfAsync(Keys.RepositoryShelf, 0, cancellation).ConfigureAwait(false))
        {
            if (item.GetValueOrDefault("drift")?.S is { } drift)
                yield return new RepositoryNote(item["repository"].S, JsonSerializer.Deserialize(drift, LedgerJson.Default.IReadOnlyListString) ?? []);
        }
    }

    /// <summary>What the last sweep found in each repository.</summary>
    public async IAsyncEnumerable<SweptRepository> SweepsAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        await foreach (var item in ShelfAsync(Keys.RepositoryShelf, 0, cancellation).ConfigureAwait(false))
        {
            if (item.GetValueOrDefault("sweep")?.S is { } sweep)
                yield return new SweptRepository(item["repository"].S, JsonSerializer.Deserialize(sweep, LedgerJson.Default.RepositorySweep)!);
        }
    }

    /// <summary>Takes the next turn to write to ECR that all functions share which carry out somebody's order: how many of them run at a time, nobody knows.</summary>
    /// <param name="gap">How long after it there is none.</param>
    /// <returns>False where the turn is somebody else's.</returns>
    public Task<bool> TakeTurnAsync(TimeSpan gap, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        return IfStillSoAsync(new UpdateItemRequest
        {
            TableName = settings.Table,
            Key = RegistryKey("TURN"),
            UpdateExpression = "SET #next = :next",
            ConditionExpression = "attribute_not_exists(#next) OR #next <= :now",
            ExpressionAttributeNames = new() { ["#next"] = "next" },
            ExpressionAttributeValues = new() { [":next"] = new(Keys.Time(now + gap)), [":now"] = new(Keys.Time(now)) },
        }, cancellation);
    }

    /// <summary>A document of the whole registry (the backfill's progress, a week's roll-up); null where there is none.</summary>
    public async Task<(string Json, long Revision)?> DocumentAsync(string name, CancellationToken cancellation)
    {
        var answer = await dynamo.GetItemAsync(new GetItemRequest { TableName = settings.Table, Key = RegistryKey(name), ConsistentRead = true }, cancellation).ConfigureAwait(false);
        return answer.Item is { Count: > 0 } item ? (item["document"].S, long.Parse(item[Revision].N, CultureInfo.InvariantCulture)) : null;
    }

    /// <summary>Stores a document of the whole registry over the revision that was read (0: none).</summary>
    /// <returns>False where somebody else stored in between.</returns>
    public Task<bool> StoreDocumentAsync(string name, string json, long revision, CancellationToken cancellation) =>
        StoreAsync(new Dictionary<string, AttributeValue>(RegistryKey(name)) { ["document"] = new(json) }, revision, cancellation);

    /// <summary>What EcrGuard has written to a repository, and its revision: 0 where nothing is known.</summary>
    public async Task<(Hold Hold, long Revision)> HoldAsync(RepositoryId repository, CancellationToken cancellation)
    {
        var answer = await dynamo.GetItemAsync(new GetItemRequest { TableName = settings.Table, Key = Key(repository, Keys.Hold), ConsistentRead = true }, cancellation).ConfigureAwait(false);
        return answer.Item is { Count: > 0 } item ? (JsonSerializer.Deserialize(item["hold"].S, LedgerJson.Default.Hold)!, long.Parse(item[Revision].N, CultureInfo.InvariantCulture)) : (Hold.None, 0);
    }

    /// <summary>Stores what EcrGuard has written to a repository, over the revision that was read.</summary>
    /// <returns>False where somebody else stored in between.</returns>
    public Task<bool> StoreHoldAsync(RepositoryId repository, Hold hold, long revision, CancellationToken cancellation) =>
        StoreAsync(new Dictionary<string, AttributeValue>(Key(repository, Keys.Hold)) { ["hold"] = new(JsonSerializer.Serialize(hold, LedgerJson.Default.Hold)) }, revision, cancellation);

    private async Task<bool> StoreAsync(Dictionary<string, AttributeValue> item, long revision, CancellationToken cancellation)
    {
        try
        {
            item[Revision] = Number(revision + 1);
            await dynamo.PutItemAsync(new PutItemRequest
            {
                TableName = settings.Table,
                Item = item,
                ConditionExpression = "attribute_not_exists(#rev) OR #rev = :was",
                ExpressionAttributeNames = new() { ["#rev"] = Revision },
                ExpressionAttributeValues = new() { [":was"] = Number(revision) },
            }, cancellation).ConfigureAwait(false);
            return true;
        }
        catch (ConditionalCheckFailedException)
        {
            return false;
        }
    }

    private IAsyncEnumerable<Dictionary<string, AttributeValue>> ShelfAsync(string shelf, int shard, CancellationToken cancellation) =>
        QueryAsync(new QueryRequest
        {
            TableName = settings.Table,
            IndexName = Keys.Index,
            KeyConditionExpression = "gsi1pk = :shelf",
            ExpressionAttributeValues = new() { [":shelf"] = new(Keys.Shelf(settings.Account, settings.Region, shelf, shard)) },
        }, cancellation);

    private async IAsyncEnumerable<Dictionary<string, AttributeValue>> QueryAsync(QueryRequest request, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        do
        {
            var page = await dynamo.QueryAsync(request, cancellation).ConfigureAwait(false);
            foreach (var item in page.Items ?? [])
                yield return item;
            request.ExclusiveStartKey = page.LastEvaluatedKey;
        }
        while (request.ExclusiveStartKey is { Count: > 0 });
    }

    private Put History(ImageRecord record) => new()
    {
        TableName = settings.Table,
        Item = new Dictionary<string, AttributeValue>(Key(record.Verdict.Image.Repository, Keys.History(record.Verdict.Image.Digest, record.DecidedAt, record.ChangeId)))
        {
            ["status"] = new(record.Verdict.Status.Word()),
            ["from"] = new(record.PreviousStatus?.Word() ?? "NEW"),
            ["policyVersion"] = new(record.Verdict.PolicyVersion),
            ["reasons"] = new(JsonSerializer.Serialize(record.Verdict.Reasons, LedgerJson.Default.IReadOnlyListReason)),
            [Keys.Expires] = ExpiresAfter(HistoryAge),
        },
    };

    private Put History(ImageId image, ForcedApproval forced) => new()
    {
        TableName = settings.Table,
        Item = new Dictionary<string, AttributeValue>(Key(image.Repository, Keys.BreakGlass(image.Digest, forced.Id)))
        {
            [BreakGlass] = new(JsonSerializer.Serialize(forced, LedgerJson.Default.ForcedApproval)),
            [BreakGlassImage] = new(image.Arn),
            [Keys.IndexPartition] = new(Keys.Shelf(settings.Account, settings.Region, Keys.BreakGlassShelf, 0)),
            [Keys.IndexSort] = new(Keys.Time(forced.Until)),
            [Keys.Expires] = ExpiresAfter(HistoryAge),
        },
    };

    private static LedgerEntry Entry(Dictionary<string, AttributeValue> item) => WithQuarantine(new LedgerEntry(
        JsonSerializer.Deserialize(item[Record].S, LedgerJson.Default.ImageRecord)! with { CouldNotMark = item.GetValueOrDefault(CouldNotMark)?.S, Grace = item.GetValueOrDefault(GraceClock)?.S is { } grace ? JsonSerializer.Deserialize(grace, LedgerJson.Default.Grace) : null, Forced = item.GetValueOrDefault(BreakGlass)?.S is { } forced ? JsonSerializer.Deserialize(forced, LedgerJson.Default.ForcedApproval) : null, Gone = item.ContainsKey(GoneAt) },
        long.Parse(item[Revision].N, CultureInfo.InvariantCulture),
        Keys.Time(item[FactsAt].S),
        item.GetValueOrDefault(OpenAlert)?.S,
        item.GetValueOrDefault(OpenWrites)?.SS ?? [],
        item.GetValueOrDefault(IntendedTags)?.SS ?? [],
        item.ContainsKey(Open)), item);

    private Task<bool> IfStillSoAsync(UpdateItemRequest request, CancellationToken cancellation) => IfStillSoAsync(() => dynamo.UpdateItemAsync(request, cancellation), cancellation);

    /// <returns>False where somebody was faster, with the same or with news: nothing is left to write.</returns>
    private async Task<bool> IfStillSoAsync<T>(Func<Task<T>> write, CancellationToken cancellation)
    {
        try
        {
            await RetryAsync(write, cancellation).ConfigureAwait(false);
            return true;
        }
        catch (ConditionalCheckFailedException)
        {
            return false;
        }
        catch (TransactionCanceledException cancelled) when (cancelled.CancellationReasons?.Any(r => r.Code == "ConditionalCheckFailed") == true)
        {
            return false;
        }
    }

    /// <summary>A write that met a running transaction on the same item is tried again here: the SDK does not take it for one worth repeating.</summary>
    private async Task RetryAsync<T>(Func<Task<T>> write, CancellationToken cancellation)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                await write().ConfigureAwait(false);
                return;
            }
            catch (TransactionConflictException) when (attempt < ConflictRetries)
            {
                await PauseAsync(attempt, cancellation).ConfigureAwait(false);
            }
            catch (TransactionCanceledException cancelled) when (attempt < ConflictRetries && cancelled.CancellationReasons?.Any(r => r.Code == "ConditionalCheckFailed") != true && cancelled.CancellationReasons?.Any(r => r.Code == "TransactionConflict") == true)
            {
                await PauseAsync(attempt, cancellation).ConfigureAwait(false);
            }
        }
    }

    private async Task PauseAsync(int attempt, CancellationToken cancellation) =>
        await Task.Delay(TimeSpan.FromMilliseconds(50 << Math.Min(attempt, 6)), time, cancellation).ConfigureAwait(false);

    private AttributeValue ExpiresAfter(TimeSpan age) => Number((time.GetUtcNow() + age).ToUnixTimeSeconds());

    private static AttributeValue Number(long value) => new() { N = value.ToString(CultureInfo.InvariantCulture) };

    private static AttributeValue Set(string value) => new() { SS = [value] };

    private static Dictionary<string, AttributeValue> Key(ImageId image) => Key(image.Repository, Keys.Image(image.Digest));

    private static Dictionary<string, AttributeValue> Key(RepositoryId repository, string sort) => new() { [Keys.Partition] = new(Keys.Repository(repository)), [Keys.Sort] = new(sort) };

    private Dictionary<string, AttributeValue> RegistryKey(string name) => new() { [Keys.Partition] = new(Keys.Registry(settings.Account, settings.Region)), [Keys.Sort] = new(name) };
}
