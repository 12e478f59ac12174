using EcrGuard.Aws;
using EcrGuard.Aws.Facts;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Images;
using EcrGuard.Core.Plans;
using EcrGuard.Core.Use;
using EcrGuard.Lambda.Hosting;

namespace EcrGuard.Lambda.Flow.Sweeping;

/// <summary>What a sweep reads for several repositories at once.</summary>
/// <param name="Notes">What was noted of each repository; one that nothing was noted of is missing.</param>
/// <param name="CountsSince">The moment before which no record of the ledger counts.</param>
/// <param name="Use">The last reading of what runs; null if there is none.</param>
/// <param name="Scanning">What scans each repository; one that is missing is read alone.</param>
/// <param name="Unended">The writes to each repository that nobody has ended.</param>
public sealed record SharedFacts(
    IReadOnlyDictionary<string, RepositoryNotes> Notes,
    DateTimeOffset CountsSince,
    UsageReading? Use,
    IReadOnlyDictionary<RepositoryId, ScanningFacts> Scanning,
    ILookup<RepositoryId, UnfinishedWrite> Unended
)
{
    public RepositoryNotes NotesOf(RepositoryId repository) =>
        Notes.GetValueOrDefault(repository.Name) ?? new RepositoryNotes(repository.Name, [], null, null);

    /// <summary>Whether a run of the sweep that began then has swept a repository and left nothing undone.</summary>
    public bool IsDone(RepositoryId repository, DateTimeOffset startedAt) =>
        NotesOf(repository).Sweep is { Undone.Count: 0 } sweep && sweep.SweptAt >= startedAt;
}

/// <summary>Reads what several repositories share.</summary>
public sealed class SharedFactsReader(
    EcrReader registry,
    RepositoryRecords repositories,
    ImageRecords images,
    WriteRecords writes,
    UsageReader usages,
    TimeProvider time,
    Log log
)
{
    /// <summary>
    /// How far back writes are checked. Sweeps come daily, so a write from before that already has its end.
    /// </summary>
    private static readonly TimeSpan WriteAge = TimeSpan.FromDays(7);

    /// <param name="swept">The repositories of one run, at most <see cref="SweepListing.BatchSize"/>.</param>
    public async Task<SharedFacts> ReadAsync(IReadOnlyList<RepositoryId> swept, CancellationToken cancellation)
    {
        var over = time.GetUtcNow() - QuarantinePlan.UnderWay;
        var notes = repositories.NotesAsync(swept, cancellation);
        var countsSince = images.CountsSinceAsync(cancellation);
        var use = usages.LatestAsync(cancellation);
        var scanning = ScanningAsync(swept, cancellation);
        var unended = writes.UnendedAsync(over - WriteAge, over, cancellation);
        await Task.WhenAll(notes, countsSince, use, scanning, unended).ConfigureAwait(false);
        return new SharedFacts(
            await notes.ConfigureAwait(false),
            await countsSince.ConfigureAwait(false),
            await use.ConfigureAwait(false),
            await scanning.ConfigureAwait(false),
            await unended.ConfigureAwait(false)
        );
    }

    /// <summary>If they cannot be read together, each repository is read alone, and fails alone.</summary>
    private async Task<IReadOnlyDictionary<RepositoryId, ScanningFacts>> ScanningAsync(
        IReadOnlyList<RepositoryId> swept,
        CancellationToken cancellation
    )
    {
        try
        {
            return await registry.ScanningAsync(swept, cancellation).ConfigureAwait(false);
        }
        catch (Exception unread) when (!cancellation.IsCancellationRequested)
        {
            log.Warning("What scans the repositories could not be read at once.", ("why", ErrorText.Of(unread)));
            return new Dictionary<RepositoryId, ScanningFacts>();
        }
    }
}
