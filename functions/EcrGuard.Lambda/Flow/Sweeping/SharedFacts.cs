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
        return new SharedFacts(
            await repositories.NotesAsync(swept, cancellation).ConfigureAwait(false),
            await images.CountsSinceAsync(cancellation).ConfigureAwait(false),
            await usages.LatestAsync(cancellation).ConfigureAwait(false),
            await ScanningAsync(swept, cancellation).ConfigureAwait(false),
            await writes.UnendedAsync(over - WriteAge, over, cancellation).ConfigureAwait(false)
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
