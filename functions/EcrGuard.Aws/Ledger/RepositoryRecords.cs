using System.Text;
using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;
using EcrGuard.Core.Baselines;
using EcrGuard.Core.Images;
using EcrGuard.Core.Reports;
using EcrGuard.Core.Use;
using EcrGuard.Core.Verdicts;
using static EcrGuard.Aws.Ledger.LedgerTable;

namespace EcrGuard.Aws.Ledger;

/// <summary>What the ledger notes about one repository.</summary>
/// <param name="Drift">How it differs from its baseline, one sentence each.</param>
/// <param name="Sweep">What the last sweep found; null if there was none.</param>
/// <param name="Past">What reports must remember; null if no sweep has noted it.</param>
public sealed record RepositoryNotes(
    string Repository,
    IReadOnlyList<string> Drift,
    RepositorySweep? Sweep,
    RepositoryHistory? Past
);

/// <summary>What a sweep notes of a repository.</summary>
public sealed record SweptRepositoryNote(
    RepositoryId Repository,
    RepositorySweep Sweep,
    RepositoryHistory History,
    IReadOnlyList<string> Drift
);

/// <summary>What the ledger knows of a repository apart from its images.</summary>
/// <param name="Notes">What was read of its manifests.</param>
/// <param name="SettingHistory">What EcrGuard has written to it.</param>
/// <param name="SettingsRevision">The revision of <paramref name="SettingHistory"/>; 0 if nothing is known.</param>
/// <param name="Deployments">What was deployed of it, according to events.</param>
public sealed record RepositoryMemory(
    IReadOnlyDictionary<Digest, ManifestNote> Notes,
    SettingHistory SettingHistory,
    long SettingsRevision,
    IReadOnlyList<ConsumerReference> Deployments
);

/// <summary>
/// What is known of a repository as a whole: how it differs from its baseline, what the last sweep found, and what
/// EcrGuard has written to it.
/// </summary>
public sealed class RepositoryRecords(LedgerTable table)
{
    /// <summary>The limits of a note: one item holds all notes of a repository.</summary>
    private const int MaxSentences = 40,
        MaxSentence = 500;

    /// <summary>How much of the 400 KB of its item a history may take, in bytes.</summary>
    private const int MaxHistory = 200 * 1024;

    private const string Drift = "drift";
    private const string Sweep = "sweep";
    private const string Past = "history";
    private const string Settings = "hold";
    private const string ChangedAt = "changedAt";

    /// <summary>Notes how a repository differs from its baseline, one sentence each.</summary>
    public async Task StoreDriftAsync(
        RepositoryId repository,
        IReadOnlyList<string> drift,
        CancellationToken cancellation
    )
    {
        var changes = new ItemChanges(table);
        foreach (var (name, value) in Note(repository, drift))
            changes.Set(name, value);
        var update = changes.On(Key(repository, Keys.RepositoryNote), condition: null);
        await table.UpdateAsync(update, ReturnValue.NONE, cancellation).ConfigureAwait(false);
    }

    /// <summary>
    /// Notes what a sweep found in repositories, and what reports must remember of them: a few calls for all. What a
    /// push notes of a repository meanwhile may get lost until the next sweep.
    /// </summary>
    public Task StoreSweepsAsync(IEnumerable<SweptRepositoryNote> notes, CancellationToken cancellation) =>
        table.PutAllAsync(
            notes.Select(note => new Dictionary<string, AttributeValue>(
                Key(note.Repository, Keys.RepositoryNote).Concat(Note(note.Repository, note.Drift))
            )
            {
                [Sweep] = new(
                    StoredForms.Sweep.Write(
                        note.Sweep with
                        {
                            Undone = [.. note.Sweep.Undone.Select(each => Phrase.Clip(each, MaxSentence))],
                        }
                    )
                ),
                [Past] = new(Fitting(note.History)),
            }),
            cancellation
        );

    private Dictionary<string, AttributeValue> Note(RepositoryId repository, IReadOnlyList<string> drift)
    {
        var sentences = drift.Take(MaxSentences).Select(each => Phrase.Clip(each, MaxSentence));
        return new Dictionary<string, AttributeValue>
        {
            ["repository"] = new(repository.Name),
            ["at"] = table.NowText(),
            [Keys.IndexPartition] = new(Keys.StatusPartition(repository)),
            [Keys.IndexSort] = new(repository.Name),
            [Drift] = new(StoredForms.Drift.Write([.. sentences])),
        };
    }

    /// <summary>
    /// A history as JSON that fits into an item. The names of packages can be long: whoever built the image chose them.
    /// </summary>
    private static string Fitting(RepositoryHistory history)
    {
        while (true)
        {
            var json = StoredForms.History.Write(history);
            if (Encoding.UTF8.GetByteCount(json) <= MaxHistory || history.Open.Count + history.Fixed.Count < 2)
                return json;
            history = history.Halved();
        }
    }

    /// <summary>What is noted of up to a hundred repositories; one that nothing is noted of is missing.</summary>
    public async Task<IReadOnlyDictionary<string, RepositoryNotes>> NotesAsync(
        IEnumerable<RepositoryId> repositories,
        CancellationToken cancellation
    )
    {
        var keys = repositories.Select(repository => Key(repository, Keys.RepositoryNote));
        return (await table.FindAsync(keys, consistent: true, cancellation).ConfigureAwait(false))
            .Select(Notes)
            .ToDictionary(notes => notes.Repository, StringComparer.Ordinal);
    }

    /// <summary>The team that owns a repository, as the last sweep read it; null if none is known.</summary>
    public async Task<string?> TeamAsync(RepositoryId repository, CancellationToken cancellation)
    {
        var item = await table.FindAsync(Key(repository, Keys.RepositoryNote), cancellation).ConfigureAwait(false);
        return item?.GetValueOrDefault(Sweep)?.S is { } json ? StoredForms.Sweep.Read(json).Team : null;
    }

    /// <summary>
    /// Notes that the scanning of repositories has changed. What was read of their images before no longer counts, and
    /// they are decided again the next time anybody asks. After a day no answer rests on it anyway.
    /// </summary>
    public Task NoteScanningChangedAsync(IEnumerable<RepositoryId> repositories, CancellationToken cancellation) =>
        table.PutAllAsync(
            repositories
                .Distinct()
                .Select(repository => new Dictionary<string, AttributeValue>(Key(repository, Keys.ScanningChange))
                {
                    [ChangedAt] = table.NowText(),
                    [Keys.Expires] = table.ExpiresAfter(2 * ApprovalAnswer.RecordAge),
                }),
            cancellation
        );

    /// <param name="item">The item that <see cref="NoteScanningChangedAsync"/> has put; null if there is none.</param>
    internal static DateTimeOffset ScanningChangedAt(Dictionary<string, AttributeValue>? item) =>
        item is null ? DateTimeOffset.MinValue : Keys.Time(item[ChangedAt].S);

    /// <summary>
    /// Forgets what is noted of a repository that is gone, and what was there before EcrGuard: a new repository of the
    /// same name is a different one. The entries of its images expire by themselves.
    /// </summary>
    public async Task ForgetAsync(RepositoryId repository, CancellationToken cancellation)
    {
        foreach (var item in new[] { Keys.SettingHistory, Keys.RepositoryNote })
            await table.DeleteAsync(Key(repository, item), cancellation).ConfigureAwait(false);
    }

    /// <summary>What is noted of each repository. Parts that nobody has noted are empty.</summary>
    public IAsyncEnumerable<RepositoryNotes> AllAsync(CancellationToken cancellation) =>
        table.StatusPartitionAsync(Keys.RepositoryPartition, 0, cancellation).Select(Notes);

    private static RepositoryNotes Notes(Dictionary<string, AttributeValue> item) =>
        new(
            item["repository"].S,
            item.GetValueOrDefault(Drift)?.S is { } drift ? StoredForms.Drift.Read(drift) : [],
            item.GetValueOrDefault(Sweep)?.S is { } sweep ? StoredForms.Sweep.Read(sweep) : null,
            item.GetValueOrDefault(Past)?.S is { } history ? StoredForms.History.Read(history) : null
        );

    /// <summary>What the last sweep found in each repository.</summary>
    public IAsyncEnumerable<SweptRepository> SweepsAsync(CancellationToken cancellation) =>
        AllAsync(cancellation)
            .Where(note => note.Sweep is not null)
            .Select(note => new SweptRepository(note.Repository, note.Sweep!));

    /// <summary>What EcrGuard has written to a repository, and the revision of that; 0 if nothing is known.</summary>
    public async Task<(SettingHistory Settings, long Revision)> SettingsAsync(
        RepositoryId repository,
        CancellationToken cancellation
    )
    {
        var item = await table.FindAsync(Key(repository, Keys.SettingHistory), cancellation).ConfigureAwait(false);
        return item is null ? (SettingHistory.None, 0) : SettingsIn(item);
    }

    private static (SettingHistory Settings, long Revision) SettingsIn(Dictionary<string, AttributeValue> item) =>
        (StoredForms.Settings.Read(item[Settings].S), Number(item[Revision]));

    /// <summary>Stores what EcrGuard has written to a repository, over the revision that was read.</summary>
    /// <returns>False if somebody else stored in between.</returns>
    public Task<bool> StoreSettingsAsync(
        RepositoryId repository,
        SettingHistory settings,
        long revision,
        CancellationToken cancellation
    ) => table.PutAsync(Item(repository, settings), revision, cancellation);

    /// <summary>The same, as a part of a transaction.</summary>
    internal TransactWriteItem PutSettings(RepositoryId repository, SettingHistory settings, long revision) =>
        table.Put(Item(repository, settings), revision);

    private static Dictionary<string, AttributeValue> Item(RepositoryId repository, SettingHistory settings) =>
        new(Key(repository, Keys.SettingHistory)) { [Settings] = new(StoredForms.Settings.Write(settings)) };

    /// <summary>What is known of a repository apart from its images, in one query.</summary>
    public async Task<RepositoryMemory> MemoryAsync(RepositoryId repository, CancellationToken cancellation)
    {
        var memory = new MemoryItems();
        await foreach (
            var item in MemoryItems.ReadAsync(table, repository, Keys.Manifests, cancellation).ConfigureAwait(false)
        )
            memory.Take(item);
        return memory.Memory;
    }

    /// <summary>
    /// The items of a repository from which its memory is made. They are next to one another. Among them are notices
    /// and outcomes of plans, which are small: a page of DynamoDB holds thousands.
    /// </summary>
    internal sealed class MemoryItems
    {
        private readonly Dictionary<Digest, ManifestNote> notes = [];
        private readonly List<ConsumerReference> deployments = [];
        private (SettingHistory Settings, long Revision) settings = (SettingHistory.None, 0);

        public RepositoryMemory Memory => new(notes, settings.Settings, settings.Revision, deployments);

        /// <param name="first">Where the items begin: <see cref="Keys.Manifests"/>, or <see cref="Keys.Images"/> to
        ///     read the images too.</param>
        public static IAsyncEnumerable<Dictionary<string, AttributeValue>> ReadAsync(
            LedgerTable table,
            RepositoryId repository,
            string first,
            CancellationToken cancellation
        ) =>
            table.QueryAsync(
                new QueryRequest
                {
                    ConsistentRead = true,
                    KeyConditionExpression = "#pk = :pk AND #sk BETWEEN :first AND :last",
                    ExpressionAttributeValues = new()
                    {
                        [":pk"] = new(Keys.Repository(repository)),
                        [":first"] = new(first),
                        [":last"] = new(Keys.Deployments + Keys.Last),
                    },
                },
                cancellation
            );

        public void Take(Dictionary<string, AttributeValue> item)
        {
            var key = item[Keys.Sort].S;
            if (key.StartsWith(Keys.Manifests, StringComparison.Ordinal))
            {
                var (digest, note) = ManifestRecords.Note(item);
                notes[digest] = note;
            }
            else if (key.StartsWith(Keys.Deployments, StringComparison.Ordinal))
                deployments.Add(DeploymentRecords.Of(item));
            else if (key == Keys.SettingHistory)
                settings = SettingsIn(item);
        }
    }
}
