using System.Text;
using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;
using EcrGuard.Core.Images;
using EcrGuard.Core.Verdicts;
using static EcrGuard.Aws.Ledger.LedgerTable;

namespace EcrGuard.Aws.Ledger;

/// <summary>What the ledger knows of a repository, in one reading.</summary>
/// <param name="ReadAt">A moment before it was read.</param>
/// <param name="Known">The images that were present when the ledger last heard of them.</param>
/// <param name="Entries">The entries of those images, of some hundreds at most: a large repository has more.</param>
/// <param name="LatelyGone">The images that were pushed lately and are gone.</param>
/// <param name="Memory">What is known apart from the images.</param>
public sealed record RememberedRepository(
    DateTimeOffset ReadAt,
    IReadOnlySet<Digest> Known,
    IReadOnlyDictionary<Digest, LedgerEntry> Entries,
    IReadOnlyList<ImageFacts> LatelyGone,
    RepositoryMemory Memory
)
{
    /// <summary>Whether the entries are those of all images.</summary>
    public bool IsWhole => Entries.Count == Known.Count;

    /// <summary>What is known of the manifests, by the entries.</summary>
    public KnownManifests Manifests =>
        new(
            Entries
                .Where(entry => entry.Value.Record.Children.Count > 0)
                .ToDictionary(entry => entry.Key, entry => entry.Value.Record.Children),
            Memory.Notes
        );
}

/// <summary>
/// Images and their verdicts, one item for each image. A verdict is stored only over older facts, and every change of
/// status leaves a history entry.
/// </summary>
public sealed class ImageRecords(LedgerTable table)
{
    /// <summary>
    /// How much of the 400 KB of an item a record may take, in bytes. The rest is for what is kept beside it. Also, a
    /// record that was read is written again with a little more in it.
    /// </summary>
    private const int MaxRecord = 300 * 1024;

    private const int MaxSentence = 500;

    /// <summary>
    /// How many entries of a repository are kept when all of it is read: an entry has several kilobytes.
    /// </summary>
    private const int MaxRemembered = 500;

    private readonly TableOwnership ownership = new(table);

    /// <summary>A new id for a change of status.</summary>
    public string NewChangeId() => table.NewId();

    /// <summary>What the ledger holds for an image; null if it holds nothing.</summary>
    public async Task<LedgerEntry?> FindAsync(ImageId image, CancellationToken cancellation) =>
        (await FindAsync(image.Repository, [image.Digest], cancellation).ConfigureAwait(false)).GetValueOrDefault(
            image.Digest
        );

    /// <summary>
    /// What the ledger holds for several images of one repository. Images without an entry are left out.
    /// </summary>
    public async Task<IReadOnlyDictionary<Digest, LedgerEntry>> FindAsync(
        RepositoryId repository,
        IEnumerable<Digest> digests,
        CancellationToken cancellation
    )
    {
        var found = new Dictionary<Digest, LedgerEntry>();
        // News about the repository's scanning is kept in an item of its own. So such news writes one item, however
        // many images there are. The table that the ledger is in has its own item too.
        foreach (var chunk in digests.Distinct().Chunk(ReadBatch))
        {
            var keys = chunk.Select(digest => Key(new ImageId(repository, digest)));
            var items = await table
                .FindAsync(
                    [.. keys, Key(repository, Keys.ScanningChange), table.Key(Keys.Table)],
                    consistent: true,
                    cancellation
                )
                .ConfigureAwait(false);
            var changedAt = RepositoryRecords.ScanningChangedAt(Item(Keys.ScanningChange));
            var since = ownership.CountsSince(Item(Keys.Table));
            foreach (var entry in items.Where(IsEntry).Select(LedgerEntry.Of))
                found[entry.Record.Verdict.Image.Digest] = Counting(entry, Later(changedAt, since));

            Dictionary<string, AttributeValue>? Item(string sort) => items.Find(item => item[Keys.Sort].S == sort);
        }
        return found;

        static bool IsEntry(Dictionary<string, AttributeValue> item) => item.ContainsKey(LedgerEntry.Attributes.Record);
    }

    /// <summary>
    /// Every image that is present, status by status. Read page by page: an account may have 100 000 images.
    /// </summary>
    public async IAsyncEnumerable<LedgerEntry> AllAsync(
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation
    )
    {
        foreach (var status in Enum.GetValues<Status>())
        {
            for (var shard = 0; shard < Keys.Shards; shard++)
            {
                await foreach (
                    var item in table.StatusPartitionAsync(status.Word(), shard, cancellation).ConfigureAwait(false)
                )
                    yield return LedgerEntry.Of(item);
            }
        }
    }

    /// <summary>
    /// The moment before which no record of the ledger counts, in an account whose ledger was restored. A caller that
    /// reads many repositories one after the other asks for it once.
    /// </summary>
    public async Task<DateTimeOffset> CountsSinceAsync(CancellationToken cancellation) =>
        ownership.CountsSince(await table.FindAsync(table.Key(Keys.Table), cancellation).ConfigureAwait(false));

    /// <summary>
    /// Everything that a sweep must know of a repository, in one query: the images, and what else is remembered of it.
    /// All of it is next to one another in the table.
    /// </summary>
    /// <param name="countsSince">From <see cref="CountsSinceAsync"/>.</param>
    /// <param name="goneSince">Of the images that are gone, only those that went since this moment are given.</param>
    public async Task<RememberedRepository> RememberedAsync(
        RepositoryId repository,
        DateTimeOffset countsSince,
        DateTimeOffset goneSince,
        CancellationToken cancellation
    )
    {
        var readAt = table.Now;
        var (known, gone) = (new HashSet<Digest>(), new List<ImageRecord>());
        var entries = new Dictionary<Digest, LedgerEntry>();
        var (memory, changedAt) = (new RepositoryRecords.MemoryItems(), countsSince);
        await foreach (
            var item in RepositoryRecords
                .MemoryItems.ReadAsync(table, repository, Keys.Images, cancellation)
                .ConfigureAwait(false)
        )
        {
            memory.Take(item);
            if (item[Keys.Sort].S == Keys.ScanningChange)
                changedAt = Later(changedAt, RepositoryRecords.ScanningChangedAt(item));
            if (!item.ContainsKey(LedgerEntry.Attributes.Record))
                continue;
            var digest = Keys.DigestAfter(Keys.Images, item);
            if (item.GetValueOrDefault(LedgerEntry.Attributes.GoneAt) is { } goneAt)
            {
                if (Keys.Time(goneAt.S) >= goneSince)
                    gone.Add(LedgerEntry.Of(item).Record);
            }
            else if (known.Add(digest) && entries.Count < MaxRemembered)
                entries[digest] = LedgerEntry.Of(item);
        }
        return new RememberedRepository(
            readAt,
            known,
            entries.ToDictionary(each => each.Key, each => Counting(each.Value, changedAt)),
            LatelyGone(gone, goneSince),
            memory.Memory
        );
    }

    private static DateTimeOffset Later(DateTimeOffset one, DateTimeOffset other) => one > other ? one : other;

    /// <summary>An entry, marked if what it rests on was read before a change of the scanning.</summary>
    private static LedgerEntry Counting(LedgerEntry entry, DateTimeOffset changedAt) =>
        entry.Record.Verdict.FactsAt < changedAt
            ? entry with
            {
                Record = entry.Record with { ScanningChanged = true },
            }
            : entry;

    /// <summary>
    /// The images that were pushed to a repository since a moment and are gone now. They are needed because the images
    /// still present show only the part of a day's pushes that a lifecycle policy has left.
    /// </summary>
    public async Task<IReadOnlyList<ImageFacts>> GoneAsync(
        RepositoryId repository,
        DateTimeOffset since,
        CancellationToken cancellation
    )
    {
        var gone = table.BeginningAsync(
            Key(repository, Keys.Images),
            cancellation,
            "attribute_exists(#rev) AND #goneAt >= :since",
            new() { [":since"] = new(Keys.Time(since)) }
        );
        var records = await gone.Select(item => LedgerEntry.Of(item).Record)
            .ToListAsync(cancellation)
            .ConfigureAwait(false);
        return LatelyGone(records, since);
    }

    /// <summary>Of images that are gone, those that were pushed since a moment, as they were last known.</summary>
    public static IReadOnlyList<ImageFacts> LatelyGone(IEnumerable<ImageRecord> gone, DateTimeOffset since) =>
        [
            .. gone.Where(record => record.PushedAt >= since)
                .Select(record => new ImageFacts
                {
                    Id = record.Verdict.Image,
                    ReadAt = record.Verdict.FactsAt,
                    Tags = record.Tags,
                    Kind = record.Kind,
                    Storage = StorageStatus.Active,
                    PushedAt = record.PushedAt,
                }),
        ];

    /// <summary>
    /// Stores a record over the one that was read before. If the status changed, it also stores a history entry and an
    /// open alert.
    /// </summary>
    /// <param name="before">The entry as it was read; null if there was none.</param>
    /// <param name="open">Whether something follows that <see cref="DoneAsync"/> will end.</param>
    public async Task<Stored> StoreAsync(
        ImageRecord record,
        LedgerEntry? before,
        Alert? alert,
        bool open,
        CancellationToken cancellation
    )
    {
        await ownership.AdoptBeforeStoreAsync(cancellation).ConfigureAwait(false);
        var json = Fitting(ref record);
        var changed = before?.Record.ChangeId != record.ChangeId;
        var changes = new ItemChanges(table);
        Verdict(changes, record, json, before, open);
        Grace(changes, record.Grace, before?.Record.Grace);
        if (changed)
            OpenAlert(changes, alert);
        var update = changes.On(Key(record.Verdict.Image), Unchanged(changes, record, before));
        var kept = changed
            ? await table
                .TransactAsync([new() { Update = update }, History(record)], cancellation)
                .ConfigureAwait(false)
            : await table.IfStillSoAsync(update, cancellation).ConfigureAwait(false);
        return kept ? Stored.Yes
            : before is not null && record.Verdict.FactsAt <= before.FactsAt ? Stored.Superseded
            : Stored.Contended;
    }

    /// <summary>Sets the record, the attributes by which it is found, and what follows from it.</summary>
    private static void Verdict(ItemChanges changes, ImageRecord record, string json, LedgerEntry? before, bool open)
    {
        var (image, verdict) = (record.Verdict.Image, record.Verdict);
        changes.Set(LedgerEntry.Attributes.Record, new(json));
        changes.Set(Revision, Number((before?.Revision ?? 0) + 1));
        changes.Set(LedgerEntry.Attributes.FactsAt, new(Keys.Time(verdict.FactsAt)));
        changes.Set(Keys.IndexPartition, new(Keys.StatusPartition(image, verdict.Status)));
        changes.Set(Keys.IndexSort, new($"{image.Repository.Name}#{image.Digest.Hex}"));
        changes.Set(LedgerEntry.Attributes.GoneAt, null);
        changes.Set("goneBecause", null);
        changes.Set(Keys.Expires, null);
        changes.Set(LedgerEntry.Attributes.CouldNotMark, record.CouldNotMark is { } reason ? Sentence(reason) : null);
        changes.Set(LedgerEntry.Attributes.Open, open ? new() { BOOL = true } : null);
    }

    /// <summary>Keeps what a sweep has noted since, unless the verdict has changed it.</summary>
    private static void Grace(ItemChanges changes, Grace? grace, Grace? before)
    {
        if (grace != before)
            changes.Set(LedgerEntry.Attributes.Grace, grace is null ? null : new(StoredForms.Grace.Write(grace)));
    }

    /// <summary>
    /// Replaces an earlier open alert: one that was never published and is no longer true is not worth sending.
    /// </summary>
    private static void OpenAlert(ItemChanges changes, Alert? alert)
    {
        changes.Set(AlertClaims.AlertClaimedAt, null);
        changes.Set(LedgerEntry.Attributes.OpenAlert, alert is null ? null : new(alert.Id));
    }

    /// <summary>The condition that nobody has stored since, and that the new facts are newer.</summary>
    private static string Unchanged(ItemChanges changes, ImageRecord record, LedgerEntry? before)
    {
        if (before is null)
            return "attribute_not_exists(#rev)";
        changes.Values[":was"] = Number(before.Revision);
        // When another policy decides the same facts again, the new record replaces the old one.
        var newer = record.Scan is { } scan && scan.ReadAt == before.Record.Scan?.ReadAt ? "<=" : "<";
        return $"#rev = :was AND #factsAt {newer} :factsAt";
    }

    private TransactWriteItem History(ImageRecord record)
    {
        var image = record.Verdict.Image;
        return table.Put(
            new(Key(image.Repository, Keys.History(image.Digest, record.DecidedAt, record.ChangeId)))
            {
                ["status"] = new(record.Verdict.Status.Word()),
                ["from"] = new(record.PreviousStatus?.Word() ?? "NEW"),
                ["policyVersion"] = new(record.Verdict.PolicyVersion),
                ["reasons"] = new(StoredForms.Reasons.Write(record.Verdict.Reasons)),
                [Keys.Expires] = table.ExpiresAfter(HistoryAge),
            }
        );
    }

    /// <summary>A record as JSON that fits into an item. Its lists are cut until it fits.</summary>
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
            if (most <= 1 || Encoding.UTF8.GetByteCount(json) <= MaxRecord)
                return json;
            record = record.Cut(most / 2);
        }
    }

    /// <summary>
    /// Notes that an image is gone from its repository. It leaves the index by status, its children no longer lead to
    /// it, its clock ends, and its entry expires some day. Its verdict stays, so that pushing the image again does not
    /// forget that it was blocked.
    /// </summary>
    /// <param name="readAt">When the image was asked for and was not there.</param>
    /// <param name="because">What removed it, as far as that is known.</param>
    /// <returns>False if this is known already, or if newer facts are.</returns>
    public async Task<bool> MarkGoneAsync(
        ImageId image,
        DateTimeOffset readAt,
        string? because,
        CancellationToken cancellation
    )
    {
        var update = table.Update(
            Key(image),
            "SET #goneAt = :readAt, #goneBecause = :because, #factsAt = :readAt, #rev = #rev + :one, "
                + "#expires = :expires REMOVE #gsi1pk, #gsi1sk, #openAlert, #couldNotMark, #open, #grace",
            "attribute_exists(#rev) AND attribute_not_exists(#goneAt) AND #factsAt < :readAt",
            new()
            {
                [":readAt"] = new(Keys.Time(readAt)),
                [":because"] = Sentence(because ?? "not known"),
                [":one"] = Number(1),
                [":expires"] = table.ExpiresAfter(HistoryAge),
            }
        );
        var marked = await table.UpdateAsync(update, ReturnValue.ALL_NEW, cancellation).ConfigureAwait(false);
        var children = marked is null ? [] : LedgerEntry.Of(marked).Record.Children;
        await table
            .DeleteAllAsync(
                children.Select(child => Key(image.Repository, Keys.Edge(child.Digest, image.Digest))),
                cancellation
            )
            .ConfigureAwait(false);
        return marked is not null;
    }

    /// <summary>
    /// Ends the record of something that was taken for an image before its manifest said what it is. It is not judged,
    /// counted or missed.
    /// </summary>
    public Task<bool> ForgetArtifactAsync(ImageId artifact, DateTimeOffset readAt, CancellationToken cancellation) =>
        MarkGoneAsync(artifact, readAt, "it is no image: it belongs to one", cancellation);

    /// <summary>
    /// Notes that everything that follows from a stored verdict is done. A verdict that was stored since stays open. So
    /// does one whose alert somebody else has claimed and not yet published.
    /// </summary>
    public Task DoneAsync(ImageId image, long revision, CancellationToken cancellation) =>
        table.IfStillSoAsync(
            table.Update(
                Key(image),
                "REMOVE #open",
                "#rev = :rev AND attribute_not_exists(#openAlert)",
                new() { [":rev"] = Number(revision) }
            ),
            cancellation
        );

    /// <summary>
    /// Notes why a verdict could not be put on its image. Null notes that nothing is in the way any more.
    /// </summary>
    public Task NoteCouldNotMarkAsync(ImageId image, string? reason, CancellationToken cancellation)
    {
        var changes = new ItemChanges(table);
        changes.Set(LedgerEntry.Attributes.CouldNotMark, reason is null ? null : Sentence(reason));
        return table.IfStillSoAsync(changes.On(Key(image), "attribute_exists(#rev)"), cancellation);
    }

    /// <summary>Notes the new state of a blocked image's clock, unless another verdict was stored since.</summary>
    public Task NoteGraceAsync(ImageId image, long revision, Grace? grace, CancellationToken cancellation)
    {
        var changes = new ItemChanges(table) { Values = { [":was"] = Number(revision) } };
        changes.Set(LedgerEntry.Attributes.Grace, grace is null ? null : new(StoredForms.Grace.Write(grace)));
        return table.IfStillSoAsync(changes.On(Key(image), "#rev = :was"), cancellation);
    }

    private static AttributeValue Sentence(string text) => new(Phrase.Clip(text, MaxSentence));
}
