using EcrGuard.Aws.Facts;
using EcrGuard.Core.Images;
using EcrGuard.Core.Plans;
using EcrGuard.Core.Use;

namespace EcrGuard.Lambda.Flow.Plans;

/// <summary>
/// Reads the repositories of a plan as they are now. What runs is read once for all of them, and that reading is used
/// for a minute.
/// </summary>
internal sealed class PlanViews(Plan plan, RepositoryReader repositories, UsageReader usages, TimeProvider time)
    : IDisposable
{
    /// <summary>How long a reading of what runs is used. Nothing is deleted on the basis of an older one.</summary>
    private static readonly TimeSpan UseAge = TimeSpan.FromMinutes(1);

    private readonly SemaphoreSlim reading = new(1, 1);
    private UsageReading? use;
    private DateTimeOffset useUntil;

    public void Dispose() => reading.Dispose();

    /// <param name="known">The manifests that were read before; null: use whatever the ledger knows.</param>
    /// <param name="named">The images that the plan removes from the repository one by one.</param>
    /// <param name="lifecycle">The repository's lifecycle policy; null if it must still be read.</param>
    /// <returns>Null if the repository is gone.</returns>
    /// <exception cref="InvalidOperationException">A consumer that could be read when the plan was made cannot be read
    ///     now.</exception>
    public async Task<RepositoryView?> ReadAsync(
        RepositoryId id,
        KnownManifests? known,
        IReadOnlyList<Digest> named,
        Task<string?>? lifecycle,
        CancellationToken cancellation
    )
    {
        var now = await UseNowAsync(cancellation).ConfigureAwait(false);
        return await repositories.ReadAsync(id, now, known, named, cancellation, lifecycle).ConfigureAwait(false);
    }

    /// <summary>Whether a view is recent enough to decide about an image.</summary>
    public bool IsFresh(RepositoryView view) => time.GetUtcNow() - view.Contents.ReadAt < UseAge;

    private async Task<UsageReading> UseNowAsync(CancellationToken cancellation)
    {
        await reading.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            if (use is null || time.GetUtcNow() >= useUntil)
            {
                use = await UseAsync(cancellation).ConfigureAwait(false);
                // Counted from the end of the reading: in a large account a reading takes minutes.
                useUntil = time.GetUtcNow() + UseAge;
            }
            return use;
        }
        finally
        {
            reading.Release();
        }
    }

    private async Task<UsageReading> UseAsync(CancellationToken cancellation)
    {
        var read = await usages.ReadAsync(cancellation).ConfigureAwait(false);
        return read.Unread.FirstOrDefault(consumer => !plan.Knows(consumer)) is not { } unread
            ? read
            : throw new InvalidOperationException($"{Plan.Sentence(unread)} It could when the plan was made.");
    }
}
