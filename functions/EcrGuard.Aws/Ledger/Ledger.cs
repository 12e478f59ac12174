using System.Globalization;
using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;
using EcrGuard.Core.Images;
using EcrGuard.Core.Plans;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Aws.Ledger;

/// <summary>What stands in the ledger for one image.</summary>
/// <param name="Record">The record, with <see cref="ImageRecord.CouldNotMark"/>, <see cref="ImageRecord.Grace"/>,
///     <see cref="ImageRecord.Forced"/>, <see cref="ImageRecord.Gone"/> and <see cref="ImageRecord.ScanningChanged"/>
///     as they are now.</param>
/// <param name="Revision">Counts the stores: a store that saw another one's result is refused.</param>
/// <param name="FactsAt">When the facts were read that the entry rests on: the verdict's, or those that said that the
///     image is gone.</param>
/// <param name="OpenAlert">The id of an alert that was not yet published, or not yet known to be.</param>
/// <param name="OpenWrites">Intents without an outcome: the function died between the two.</param>
/// <param name="IntendedTags">Every tag that EcrGuard ever meant to write on this image.</param>
/// <param name="Open">Something that follows from the verdict (tags, indexes, an alert) is not known to be done: the
///     same event, delivered again, must not be taken for old.</param>
public sealed record LedgerEntry(
    ImageRecord Record,
    long Revision,
    DateTimeOffset FactsAt,
    string? OpenAlert,
    IReadOnlyList<string> OpenWrites,
    IReadOnlyList<string> IntendedTags,
    bool Open
)
{
    /// <summary>Null where the image was never taken out of reach, nor released.</summary>
    public Quarantine? Quarantine { get; init; }

    /// <summary>Counts the stores of <see cref="Quarantine"/>; 0: none yet.</summary>
    public long QuarantineRevision { get; init; }

    /// <summary>Those of EcrGuard's own tags by which consumers refer to the image.</summary>
    public IReadOnlyList<NamedTag> Named { get; init; } = [];

    /// <summary>The same, each with who does: of several the first is enough.</summary>
    public IReadOnlyDictionary<string, string> NamedTags =>
        Named.DistinctBy(named => named.Tag).ToDictionary(named => named.Tag, named => named.By);
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
/// The ledger: one DynamoDB table. A verdict is stored only over older facts, intent stands before each write to ECR
/// and its outcome after it, and every change of status leaves a history entry.
/// </summary>
public sealed partial class Ledger(IAmazonDynamoDB dynamo, Settings settings, TimeProvider time)
{
    /// <summary>How long history, finished writes and images that are gone are kept.</summary>
    public static readonly TimeSpan HistoryAge = TimeSpan.FromDays(400);

    private const int ConflictRetries = 5;

    /// <summary>
    /// What a record may take of the 400 KB of an item, in bytes: the rest is for what stands beside it, and a record
    /// that is read is written again with a little more.
    /// </summary>
    private const int MaxRecord = 300 * 1024;

    private const int MaxCouldNot = 500;

    /// <summary>
    /// BatchGetItem takes at most 100 keys. One of them is the repository's own, and one says whose the ledger is.
    /// </summary>
    public const int ReadBatch = 98;

    /// <summary>BatchWriteItem takes at most 25 items.</summary>
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
    private const string GraceClock = "grace";
    private const string BreakGlass = "breakGlass";
    private const string ChangedAt = "changedAt";

    /// <summary>The id of the write that an item was last written by on a condition.</summary>
    private const string WrittenBy = "writtenBy";

    /// <summary>An id that sorts by the time at which it was made (UUID version 7, RFC 9562).</summary>
    public string NewId() => Guid.CreateVersion7(time.GetUtcNow()).ToString("N");

    /// <summary>What stands for an image; null where nothing does.</summary>
    public async Task<LedgerEntry?> FindAsync(ImageId image, CancellationToken cancellation) =>
        (await FindAsync(image.Repository, [image.Digest], cancellation).ConfigureAwait(false)).GetValueOrDefault(
            image.Digest
        );

    /// <summary>What stands for several images of one repository; those without an entry are left out.</summary>
    public async Task<IReadOnlyDictionary<Digest, LedgerEntry>> FindAsync(
        RepositoryId repository,
        IEnumerable<Digest> digests,
        CancellationToken cancellation
    )
    {
        var found = new Dictionary<Digest, LedgerEntry>();
        // What was heard of the repository's scanning stands in an item of its own, so that hearing of it writes one,
        // however many images there are. So does the table that the ledger is in.
        foreach (var chunk in digests.Distinct().Chunk(ReadBatch))
        {
            var keys = new KeysAndAttributes
            {
                ConsistentRead = true,
                Keys =
                [
                    .. chunk.Select(digest => Key(new ImageId(repository, digest))),
                    Key(repository, Keys.ScanningChange),
                    RegistryKey(Keys.Table),
                ],
            };
            var items = new List<Dictionary<string, AttributeValue>>();
            var request = new Dictionary<string, KeysAndAttributes> { [settings.Table] = keys };
            for (var attempt = 0; request.Count > 0; attempt++)
            {
                var answer = await dynamo
                    .BatchGetItemAsync(new BatchGetItemRequest { RequestItems = request }, cancellation)
                    .ConfigureAwait(false);
                items.AddRange(answer.Responses?.GetValueOrDefault(settings.Table) ?? []);
                request = answer.UnprocessedKeys ?? [];
                if (request.Count > 0)
                    await PauseAsync(attempt, cancellation).ConfigureAwait(false);
            }
            var changedAt = items.Find(item => item[Keys.Sort].S == Keys.ScanningChange) is { } change
                ? Keys.Time(change[ChangedAt].S)
                : DateTimeOffset.MinValue;
            var since = CountsSince(items.Find(item => item[Keys.Sort].S == Keys.Table));
            if (changedAt < since)
                changedAt = since;
            foreach (var entry in items.Where(item => item.ContainsKey(Record)).Select(Entry))
                found[entry.Record.Verdict.Image.Digest] =
                    entry.Record.Verdict.FactsAt < changedAt
                        ? entry with
                        {
                            Record = entry.Record with { ScanningChanged = true },
                        }
                        : entry;
        }
        return found;
    }

    /// <summary>
    /// What is known of the manifests of a repository: the children of those of these indexes that were judged before,
    /// and every note.
    /// </summary>
    /// <param name="notes">The notes, for whoever has read them already.</param>
    public async Task<KnownManifests> ManifestsAsync(
        RepositoryId repository,
        IReadOnlyList<Digest> indexes,
        CancellationToken cancellation,
        IReadOnlyDictionary<Digest, ManifestNote>? notes = null
    )
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
        return new KnownManifests(children, notes ?? await NotesAsync(repository, cancellation).ConfigureAwait(false));
    }

    /// <summary>
    /// Stores a record over the one that was read before, with a history entry and an open alert if the status changed.
    /// </summary>
    /// <param name="before">As read; null where nothing stood.</param>
    /// <param name="open">Whether something follows that <see cref="DoneAsync"/> will end.</param>
    public async Task<Stored> StoreAsync(
        ImageRecord record,
        LedgerEntry? before,
        Alert? alert,
        bool open,
        CancellationToken cancellation
    )
    {
        await AdoptBeforeStoreAsync(cancellation).ConfigureAwait(false);
        var json = Fitting(ref record);
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
            [":record"] = new(json),
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
            values[":could"] = new(Phrase.Clip(reason, MaxCouldNot));
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
            values[":grace"] = new(StoredForms.Grace.Write(grace));
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
            ConditionExpression = before is null
                ? "attribute_not_exists(#rev)"
                : $"#rev = :was AND #factsAt {newer} :factsAt",
            ExpressionAttributeNames = names,
            ExpressionAttributeValues = values,
        };
        var kept = changed
            ? await IfStillSoAsync(
                    () =>
                        dynamo.TransactWriteItemsAsync(
                            new TransactWriteItemsRequest
                            {
                                TransactItems =
                                [
                                    new TransactWriteItem { Update = store },
                                    new TransactWriteItem { Put = History(record) },
                                ],
                            },
                            cancellation
                        ),
                    cancellation
                )
                .ConfigureAwait(false)
            : await IfStillSoAsync(store, cancellation).ConfigureAwait(false);
        return kept ? Stored.Yes
            : before is not null && verdict.FactsAt <= before.FactsAt ? Stored.Superseded
            : Stored.Contended;
    }

    /// <summary>A record as JSON that an item holds: its lists are cut until it does.</summary>
    private static string Fitting(ref ImageRecord record)
    {
        for (var most = ImageRecord.MaxReasons; ; most /= 2)
        {
            var json = StoredForms.Record.Write(
                record with
                {
                    CouldNotMark = null,
                    Grace = null,
                    Forced = null,
                    Gone = false,
                }
            );
            if (most <= 1 || System.Text.Encoding.UTF8.GetByteCount(json) <= MaxRecord)
                return json;
            record = record.Cut(most / 2);
        }
    }

    /// <summary>
    /// Notes that an image is gone from its repository: it leaves the index by status, its children no longer follow to
    /// it, its clock ends, and its entry some day. Its verdict stays, so that pushing it again does not forget that it
    /// was blocked.
    /// </summary>
    /// <param name="readAt">When it was asked for and not there.</param>
    /// <param name="because">What took it, as far as that is known.</param>
    /// <returns>False where it is known already, or newer facts are.</returns>
    public async Task<bool> MarkGoneAsync(
        ImageId image,
        DateTimeOffset readAt,
        string? because,
        CancellationToken cancellation
    )
    {
        var request = new UpdateItemRequest
        {
            TableName = settings.Table,
            Key = Key(image),
            UpdateExpression =
                "SET #goneAt = :readAt, #goneBecause = :because, #factsAt = :readAt, #rev = #rev + :one, "
                + "#expires = :expires REMOVE #p, #s, #alert, #could, #open, #grace",
            ConditionExpression = "attribute_exists(#rev) AND attribute_not_exists(#goneAt) AND #factsAt < :readAt",
            ExpressionAttributeNames = new()
            {
                ["#goneAt"] = GoneAt,
                ["#goneBecause"] = GoneBecause,
                ["#expires"] = Keys.Expires,
                ["#p"] = Keys.IndexPartition,
                ["#s"] = Keys.IndexSort,
                ["#alert"] = OpenAlert,
                ["#could"] = CouldNotMark,
                ["#open"] = Open,
                ["#grace"] = GraceClock,
                ["#rev"] = Revision,
                ["#factsAt"] = FactsAt,
            },
            ExpressionAttributeValues = new()
            {
                [":readAt"] = new(Keys.Time(readAt)),
                [":because"] = new(Phrase.Clip(because ?? "not known", 500)),
                [":one"] = Number(1),
                [":expires"] = ExpiresAfter(HistoryAge),
            },
            ReturnValues = ReturnValue.ALL_NEW,
        };
        var marked = await UpdateAsync(request, cancellation).ConfigureAwait(false);
        var children = marked is null ? [] : Entry(marked).Record.Children;
        await WriteAllAsync(
                children.Select(child => new WriteRequest(
                    new DeleteRequest(Key(image.Repository, Keys.Edge(child.Digest, image.Digest)))
                )),
                cancellation
            )
            .ConfigureAwait(false);
        return marked is not null;
    }

    /// <summary>
    /// Notes that all that follows from a stored verdict is done. One that was stored since stays open, and so does one
    /// whose alert somebody else has claimed and not yet published.
    /// </summary>
    public Task DoneAsync(ImageId image, long revision, CancellationToken cancellation) =>
        IfStillSoAsync(
            new UpdateItemRequest
            {
                TableName = settings.Table,
                Key = Key(image),
                UpdateExpression = "REMOVE #open",
                ConditionExpression = "#rev = :rev AND attribute_not_exists(#alert)",
                ExpressionAttributeNames = new()
                {
                    ["#open"] = Open,
                    ["#rev"] = Revision,
                    ["#alert"] = OpenAlert,
                },
                ExpressionAttributeValues = new() { [":rev"] = Number(revision) },
            },
            cancellation
        );

    /// <summary>
    /// Notes why a verdict could not be put on its image, or, with null, that nothing stands in the way any more.
    /// </summary>
    public Task NoteCouldNotMarkAsync(ImageId image, string? reason, CancellationToken cancellation) =>
        IfStillSoAsync(
            new UpdateItemRequest
            {
                TableName = settings.Table,
                Key = Key(image),
                UpdateExpression = reason is null ? "REMOVE #could" : "SET #could = :could",
                ConditionExpression = "attribute_exists(#rev)",
                ExpressionAttributeNames = new() { ["#could"] = CouldNotMark, ["#rev"] = Revision },
                ExpressionAttributeValues = reason is null
                    ? null
                    : new() { [":could"] = new(Phrase.Clip(reason, MaxCouldNot)) },
            },
            cancellation
        );

    /// <summary>Notes what became of the clock of a blocked image, unless another verdict was stored since.</summary>
    public Task NoteGraceAsync(ImageId image, long revision, Grace? grace, CancellationToken cancellation) =>
        IfStillSoAsync(
            new UpdateItemRequest
            {
                TableName = settings.Table,
                Key = Key(image),
                UpdateExpression = grace is null ? "REMOVE #grace" : "SET #grace = :grace",
                ConditionExpression = "#rev = :rev",
                ExpressionAttributeNames = new() { ["#grace"] = GraceClock, ["#rev"] = Revision },
                ExpressionAttributeValues = grace is null
                    ? new() { [":rev"] = Number(revision) }
                    : new() { [":rev"] = Number(revision), [":grace"] = new(StoredForms.Grace.Write(grace)) },
            },
            cancellation
        );

    /// <summary>Every image that is there, status by status. Read page by page: an account may have 100 000.</summary>
    public async IAsyncEnumerable<LedgerEntry> AllAsync(
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation
    )
    {
        foreach (var status in Enum.GetValues<Status>())
        {
            for (var shard = 0; shard < Keys.Shards; shard++)
            {
                await foreach (var item in ShelfAsync(status.Word(), shard, cancellation).ConfigureAwait(false))
                    yield return Entry(item);
            }
        }
    }

    /// <summary>The images of a repository that were there when the ledger last heard of them.</summary>
    public async Task<IReadOnlySet<Digest>> DigestsAsync(RepositoryId repository, CancellationToken cancellation)
    {
        var digests = new HashSet<Digest>();
        await foreach (
            var item in QueryAsync(
                    new QueryRequest
                    {
                        TableName = settings.Table,
                        ConsistentRead = true,
                        KeyConditionExpression = "pk = :pk AND begins_with(sk, :images)",
                        FilterExpression = "attribute_exists(#rev) AND attribute_not_exists(#goneAt)",
                        ProjectionExpression = "sk",
                        ExpressionAttributeNames = new() { ["#rev"] = Revision, ["#goneAt"] = GoneAt },
                        ExpressionAttributeValues = new()
                        {
                            [":pk"] = new(Keys.Repository(repository)),
                            [":images"] = new(Keys.Images),
                        },
                    },
                    cancellation
                )
                .ConfigureAwait(false)
        )
        {
            digests.Add(Digest.Parse("sha256:" + item[Keys.Sort].S[Keys.Images.Length..]));
        }
        return digests;
    }

    /// <summary>
    /// The images that were pushed to a repository since a moment and are gone: what is there tells only what a
    /// lifecycle policy has left of a day's pushes.
    /// </summary>
    public async Task<IReadOnlyList<ImageFacts>> GoneAsync(
        RepositoryId repository,
        DateTimeOffset since,
        CancellationToken cancellation
    )
    {
        var gone = new List<ImageFacts>();
        await foreach (
            var item in QueryAsync(
                    new QueryRequest
                    {
                        TableName = settings.Table,
                        ConsistentRead = true,
                        KeyConditionExpression = "pk = :pk AND begins_with(sk, :images)",
                        FilterExpression = "attribute_exists(#rev) AND #goneAt >= :since",
                        ExpressionAttributeNames = new() { ["#rev"] = Revision, ["#goneAt"] = GoneAt },
                        ExpressionAttributeValues = new()
                        {
                            [":pk"] = new(Keys.Repository(repository)),
                            [":images"] = new(Keys.Images),
                            [":since"] = new(Keys.Time(since)),
                        },
                    },
                    cancellation
                )
                .ConfigureAwait(false)
        )
        {
            var record = Entry(item).Record;
            if (record.PushedAt >= since)
                gone.Add(
                    new ImageFacts
                    {
                        Id = record.Verdict.Image,
                        ReadAt = record.Verdict.FactsAt,
                        Tags = record.Tags,
                        Kind = record.Kind,
                        Storage = StorageStatus.Active,
                        PushedAt = record.PushedAt,
                    }
                );
        }
        return gone;
    }

    private IAsyncEnumerable<Dictionary<string, AttributeValue>> ShelfAsync(
        string shelf,
        int shard,
        CancellationToken cancellation
    ) =>
        QueryAsync(
            new QueryRequest
            {
                TableName = settings.Table,
                IndexName = Keys.Index,
                KeyConditionExpression = "gsi1pk = :shelf",
                ExpressionAttributeValues = new()
                {
                    [":shelf"] = new(Keys.Shelf(settings.Account, settings.Region, shelf, shard)),
                },
            },
            cancellation
        );

    private async IAsyncEnumerable<Dictionary<string, AttributeValue>> QueryAsync(
        QueryRequest request,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation
    )
    {
        do
        {
            var page = await dynamo.QueryAsync(request, cancellation).ConfigureAwait(false);
            foreach (var item in page.Items ?? [])
                yield return item;
            request.ExclusiveStartKey = page.LastEvaluatedKey;
        } while (request.ExclusiveStartKey is { Count: > 0 });
    }

    private Put History(ImageRecord record) =>
        new()
        {
            TableName = settings.Table,
            Item = new Dictionary<string, AttributeValue>(
                Key(
                    record.Verdict.Image.Repository,
                    Keys.History(record.Verdict.Image.Digest, record.DecidedAt, record.ChangeId)
                )
            )
            {
                ["status"] = new(record.Verdict.Status.Word()),
                ["from"] = new(record.PreviousStatus?.Word() ?? "NEW"),
                ["policyVersion"] = new(record.Verdict.PolicyVersion),
                ["reasons"] = new(StoredForms.Reasons.Write(record.Verdict.Reasons)),
                [Keys.Expires] = ExpiresAfter(HistoryAge),
            },
        };

    private static LedgerEntry Entry(Dictionary<string, AttributeValue> item) =>
        WithQuarantine(
            new LedgerEntry(
                StoredForms.Record.Read(item[Record].S) with
                {
                    CouldNotMark = item.GetValueOrDefault(CouldNotMark)?.S,
                    Grace = item.GetValueOrDefault(GraceClock)?.S is { } grace ? StoredForms.Grace.Read(grace) : null,
                    Forced = item.GetValueOrDefault(BreakGlass)?.S is { } forced
                        ? StoredForms.ForcedApproval.Read(forced)
                        : null,
                    Gone = item.ContainsKey(GoneAt),
                },
                long.Parse(item[Revision].N, CultureInfo.InvariantCulture),
                Keys.Time(item[FactsAt].S),
                item.GetValueOrDefault(OpenAlert)?.S,
                item.GetValueOrDefault(OpenWrites)?.SS ?? [],
                item.GetValueOrDefault(IntendedTags)?.SS ?? [],
                item.ContainsKey(Open)
            )
            {
                Named = [.. (item.GetValueOrDefault(NamedTags)?.SS ?? []).Select(NamedTag.Of)],
            },
            item
        );

    private async Task<bool> IfStillSoAsync(UpdateItemRequest request, CancellationToken cancellation) =>
        await UpdateAsync(request, cancellation).ConfigureAwait(false) is not null;

    /// <summary>Makes by itself what could also stand in a transaction.</summary>
    private Task<bool> IfStillSoAsync(Update update, CancellationToken cancellation) =>
        IfStillSoAsync(
            new UpdateItemRequest
            {
                TableName = update.TableName,
                Key = update.Key,
                UpdateExpression = update.UpdateExpression,
                ConditionExpression = update.ConditionExpression,
                ExpressionAttributeNames = update.ExpressionAttributeNames,
                ExpressionAttributeValues = update.ExpressionAttributeValues,
            },
            cancellation
        );

    /// <summary>
    /// Updates an item on a condition. The update leaves its own id in the item: the SDK repeats a call whose answer
    /// was lost, and the repeated one fails on what the first has written. DynamoDB shows the item with the failure,
    /// and so whose it is.
    /// </summary>
    /// <param name="request">Its expression begins with <c>SET</c> where it sets anything.</param>
    /// <returns>
    /// The item as it stands, where <c>ReturnValues</c> or such a failure shows it, otherwise empty; null where
    /// somebody was faster, with the same or with news: nothing is left to write.
    /// </returns>
    private async Task<Dictionary<string, AttributeValue>?> UpdateAsync(
        UpdateItemRequest request,
        CancellationToken cancellation
    )
    {
        var own = NewId();
        const string set = "SET ";
        request.UpdateExpression = request.UpdateExpression.StartsWith(set, StringComparison.Ordinal)
            ? $"SET #writtenBy = :writtenBy, {request.UpdateExpression[set.Length..]}"
            : $"SET #writtenBy = :writtenBy {request.UpdateExpression}";
        request.ExpressionAttributeNames = new(request.ExpressionAttributeNames) { ["#writtenBy"] = WrittenBy };
        request.ExpressionAttributeValues = new(request.ExpressionAttributeValues ?? []) { [":writtenBy"] = new(own) };
        request.ReturnValuesOnConditionCheckFailure = ReturnValuesOnConditionCheckFailure.ALL_OLD;
        Dictionary<string, AttributeValue> updated = [];
        try
        {
            await RetryAsync(
                    async () =>
                        updated =
                            (await dynamo.UpdateItemAsync(request, cancellation).ConfigureAwait(false)).Attributes
                            ?? [],
                    cancellation
                )
                .ConfigureAwait(false);
            return updated;
        }
        catch (ConditionalCheckFailedException failed)
        {
            return IsOf(failed, own) ? failed.Item : null;
        }
    }

    /// <summary>Whether a write failed on what the same write has written before.</summary>
    private static bool IsOf(ConditionalCheckFailedException failed, string own) =>
        failed.Item?.GetValueOrDefault(WrittenBy)?.S == own;

    /// <param name="write">A transaction: the SDK gives each a token, by which DynamoDB knows one that it has carried
    ///     out and whose answer was lost.</param>
    /// <returns>False where somebody was faster, with the same or with news: nothing is left to write.</returns>
    private async Task<bool> IfStillSoAsync<T>(Func<Task<T>> write, CancellationToken cancellation)
    {
        try
        {
            await RetryAsync(write, cancellation).ConfigureAwait(false);
            return true;
        }
        catch (TransactionCanceledException cancelled)
            when (cancelled.CancellationReasons?.Any(r => r.Code == "ConditionalCheckFailed") == true)
        {
            return false;
        }
    }

    /// <summary>
    /// A write that met a running transaction on the same item is tried again here: the SDK does not take it for one
    /// worth repeating.
    /// </summary>
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
            catch (TransactionCanceledException cancelled)
                when (attempt < ConflictRetries
                    && cancelled.CancellationReasons?.Any(r => r.Code == "ConditionalCheckFailed") != true
                    && cancelled.CancellationReasons?.Any(r => r.Code == "TransactionConflict") == true
                )
            {
                await PauseAsync(attempt, cancellation).ConfigureAwait(false);
            }
        }
    }

    private async Task PauseAsync(int attempt, CancellationToken cancellation) =>
        await Task.Delay(TimeSpan.FromMilliseconds(50 << Math.Min(attempt, 6)), time, cancellation)
            .ConfigureAwait(false);

    private AttributeValue ExpiresAfter(TimeSpan age) => Number((time.GetUtcNow() + age).ToUnixTimeSeconds());

    private static AttributeValue Number(long value) => new() { N = value.ToString(CultureInfo.InvariantCulture) };

    private static AttributeValue Set(string value) => new() { SS = [value] };

    /// <summary>One item as it stands; null where there is none.</summary>
    private async Task<Dictionary<string, AttributeValue>?> ItemAsync(
        Dictionary<string, AttributeValue> key,
        CancellationToken cancellation
    )
    {
        var answer = await dynamo
            .GetItemAsync(
                new GetItemRequest
                {
                    TableName = settings.Table,
                    Key = key,
                    ConsistentRead = true,
                },
                cancellation
            )
            .ConfigureAwait(false);
        return answer.Item is { Count: > 0 } item ? item : null;
    }

    private static Dictionary<string, AttributeValue> Key(ImageId image) =>
        Key(image.Repository, Keys.Image(image.Digest));

    private static Dictionary<string, AttributeValue> Key(RepositoryId repository, string sort) =>
        new() { [Keys.Partition] = new(Keys.Repository(repository)), [Keys.Sort] = new(sort) };

    private Dictionary<string, AttributeValue> RegistryKey(string name) =>
        new() { [Keys.Partition] = new(Keys.Registry(settings.Account, settings.Region)), [Keys.Sort] = new(name) };
}
