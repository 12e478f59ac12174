using System.Globalization;
using Amazon.DynamoDBv2.Model;
using EcrGuard.Core.Baselines;
using EcrGuard.Core.Images;
using EcrGuard.Core.Reports;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Aws.Ledger;

/// <content>What is known of a repository as a whole: how it departs from its baseline, what the last sweep found, and
/// what EcrGuard has written to it.</content>
public sealed partial class Ledger
{
    /// <summary>What a note holds: one item has all notes of a repository.</summary>
    private const int MaxSentences = 40,
        MaxSentence = 500;

    /// <summary>What a history may take of the 400 KB of its item, in bytes.</summary>
    private const int MaxHistory = 200 * 1024;

    private const string Drift = "drift";
    private const string Sweep = "sweep";
    private const string PastNote = "history";

    /// <summary>Notes how a repository differs from its baseline, a sentence each.</summary>
    public Task StoreNoteAsync(RepositoryId repository, IReadOnlyList<string> drift, CancellationToken cancellation) =>
        NoteAsync(
            repository,
            [
                (
                    Drift,
                    StoredForms.Drift.Write([
                        .. drift.Take(MaxSentences).Select(each => Phrase.Clip(each, MaxSentence)),
                    ])
                ),
            ],
            cancellation
        );

    /// <summary>Notes what a sweep found in a repository, and what reports must remember of it.</summary>
    public Task StoreSweepAsync(
        RepositoryId repository,
        RepositorySweep sweep,
        RepositoryHistory history,
        CancellationToken cancellation
    ) =>
        NoteAsync(
            repository,
            [
                (
                    Sweep,
                    StoredForms.Sweep.Write(
                        sweep with
                        {
                            Undone = [.. sweep.Undone.Select(each => Phrase.Clip(each, MaxSentence))],
                        }
                    )
                ),
                (PastNote, Fitting(history)),
            ],
            cancellation
        );

    /// <summary>A history as JSON that an item holds: whoever built the image chose the packages' names.</summary>
    private static string Fitting(RepositoryHistory history)
    {
        while (true)
        {
            var json = StoredForms.History.Write(history);
            if (
                System.Text.Encoding.UTF8.GetByteCount(json) <= MaxHistory
                || history.Open.Count + history.Fixed.Count < 2
            )
                return json;
            history = history.Halved();
        }
    }

    /// <summary>What the sweeps before have remembered of a repository; null where none has.</summary>
    public async Task<RepositoryHistory?> HistoryAsync(RepositoryId repository, CancellationToken cancellation)
    {
        var item = await ItemAsync(Key(repository, Keys.RepositoryNote), cancellation).ConfigureAwait(false);
        return item?.GetValueOrDefault(PastNote)?.S is { } json ? StoredForms.History.Read(json) : null;
    }

    /// <summary>The team that owns a repository, as the last sweep has read it; null where none is known.</summary>
    public async Task<string?> TeamAsync(RepositoryId repository, CancellationToken cancellation)
    {
        var item = await ItemAsync(Key(repository, Keys.RepositoryNote), cancellation).ConfigureAwait(false);
        return item?.GetValueOrDefault(Sweep)?.S is { } json ? StoredForms.Sweep.Read(json).Team : null;
    }

    private async Task NoteAsync(
        RepositoryId repository,
        IReadOnlyList<(string Name, string Json)> notes,
        CancellationToken cancellation
    ) =>
        await dynamo
            .UpdateItemAsync(
                new UpdateItemRequest
                {
                    TableName = settings.Table,
                    Key = Key(repository, Keys.RepositoryNote),
                    UpdateExpression =
                        "SET #repository = :repository, #at = :at, #p = :p, #s = :repository"
                        + string.Concat(notes.Select((_, i) => $", #note{i} = :note{i}")),
                    ExpressionAttributeNames = new(
                        notes.Select((note, i) => KeyValuePair.Create($"#note{i}", note.Name))
                    )
                    {
                        ["#repository"] = "repository",
                        ["#at"] = "at",
                        ["#p"] = Keys.IndexPartition,
                        ["#s"] = Keys.IndexSort,
                    },
                    ExpressionAttributeValues = new(
                        notes.Select((note, i) => KeyValuePair.Create($":note{i}", new AttributeValue(note.Json)))
                    )
                    {
                        [":repository"] = new(repository.Name),
                        [":at"] = new(Keys.Time(time.GetUtcNow())),
                        [":p"] = new(Keys.Shelf(repository)),
                    },
                },
                cancellation
            )
            .ConfigureAwait(false);

    /// <summary>
    /// Notes that the scanning of repositories was changed: what was read of their images before is believed no more,
    /// and whoever comes next decides them again. After a day no answer rests on it anyway.
    /// </summary>
    public Task NoteScanningChangedAsync(IEnumerable<RepositoryId> repositories, CancellationToken cancellation) =>
        WriteAllAsync(
            repositories
                .Distinct()
                .Select(repository => new WriteRequest(
                    new PutRequest(
                        new Dictionary<string, AttributeValue>(Key(repository, Keys.ScanningChange))
                        {
                            [ChangedAt] = new(Keys.Time(time.GetUtcNow())),
                            [Keys.Expires] = ExpiresAfter(2 * ApprovalAnswer.RecordAge),
                        }
                    )
                )),
            cancellation
        );

    /// <summary>
    /// Forgets what is noted of a repository that is gone, and what was there before EcrGuard: one of the same name is
    /// another. Its images' entries end by themselves.
    /// </summary>
    public async Task ForgetAsync(RepositoryId repository, CancellationToken cancellation)
    {
        foreach (var item in new[] { Keys.Hold, Keys.RepositoryNote })
            await dynamo
                .DeleteItemAsync(
                    new DeleteItemRequest { TableName = settings.Table, Key = Key(repository, item) },
                    cancellation
                )
                .ConfigureAwait(false);
    }

    /// <summary>What is noted of each repository; of a part that nobody has noted nothing is there.</summary>
    public async IAsyncEnumerable<RepositoryNotes> NotesAsync(
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation
    )
    {
        await foreach (var item in ShelfAsync(Keys.RepositoryShelf, 0, cancellation).ConfigureAwait(false))
            yield return new RepositoryNotes(
                item["repository"].S,
                item.GetValueOrDefault(Drift)?.S is { } drift ? StoredForms.Drift.Read(drift) : [],
                item.GetValueOrDefault(Sweep)?.S is { } sweep ? StoredForms.Sweep.Read(sweep) : null,
                item.GetValueOrDefault(PastNote)?.S is { } history ? StoredForms.History.Read(history) : null
            );
    }

    /// <summary>What the last sweep found in each repository.</summary>
    public IAsyncEnumerable<SweptRepository> SweepsAsync(CancellationToken cancellation) =>
        NotesAsync(cancellation)
            .Where(note => note.Sweep is not null)
            .Select(note => new SweptRepository(note.Repository, note.Sweep!));

    /// <summary>What EcrGuard has written to a repository, and its revision: 0 where nothing is known.</summary>
    public async Task<(SettingHistory Hold, long Revision)> HoldAsync(
        RepositoryId repository,
        CancellationToken cancellation
    )
    {
        var item = await ItemAsync(Key(repository, Keys.Hold), cancellation).ConfigureAwait(false);
        return item is null ? (SettingHistory.None, 0) : HoldIn(item);
    }

    private static (SettingHistory Hold, long Revision) HoldIn(Dictionary<string, AttributeValue> item) =>
        (StoredForms.Settings.Read(item["hold"].S), long.Parse(item[Revision].N, CultureInfo.InvariantCulture));

    /// <summary>Stores what EcrGuard has written to a repository, over the revision that was read.</summary>
    /// <returns>False where somebody else stored in between.</returns>
    public Task<bool> StoreHoldAsync(
        RepositoryId repository,
        SettingHistory hold,
        long revision,
        CancellationToken cancellation
    ) => StoreAsync(HoldItem(repository, hold), revision, cancellation);

    private static Dictionary<string, AttributeValue> HoldItem(RepositoryId repository, SettingHistory hold) =>
        new(Key(repository, Keys.Hold)) { ["hold"] = new(StoredForms.Settings.Write(hold)) };

    /// <summary>Stores it in a transaction.</summary>
    private TransactWriteItem HoldOver(RepositoryId repository, SettingHistory hold, long revision) =>
        new()
        {
            Put = new Put
            {
                TableName = settings.Table,
                Item = new Dictionary<string, AttributeValue>(HoldItem(repository, hold))
                {
                    [Revision] = Number(revision + 1),
                    [WrittenBy] = new(NewId()),
                },
                ConditionExpression = "attribute_not_exists(#rev) OR #rev = :was",
                ExpressionAttributeNames = new() { ["#rev"] = Revision },
                ExpressionAttributeValues = new() { [":was"] = Number(revision) },
            },
        };
}

/// <summary>What the ledger notes of one repository.</summary>
/// <param name="Drift">How it differs from its baseline, a sentence each.</param>
/// <param name="Sweep">What the last sweep found; null where none has been.</param>
/// <param name="Past">What reports must remember; null where no sweep has noted it.</param>
public sealed record RepositoryNotes(
    string Repository,
    IReadOnlyList<string> Drift,
    RepositorySweep? Sweep,
    RepositoryHistory? Past
);
