using System.Globalization;
using System.Runtime.ExceptionServices;
using Amazon.Lambda.Core;
using EcrGuard.Aws.Actions;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Images;
using EcrGuard.Lambda.Hosting;

namespace EcrGuard.Lambda.Flow.Sweeping;

/// <summary>How far a run over some repositories came.</summary>
/// <param name="Left">The repositories that were not finished before the deadline.</param>
/// <param name="Images">How many images were looked at.</param>
/// <param name="Decided">How many of them were decided again.</param>
public sealed record SweepProgress(IReadOnlyList<RepositoryId> Left, int Images, int Decided);

/// <summary>
/// Sweeps some repositories, one after the other. If one fails, the others are still swept and noted. Then the run
/// fails; whoever tries it again skips those that are done.
/// </summary>
public sealed class SweepRun(
    RepositorySweeper sweeper,
    SharedFactsReader reader,
    RepositoryRecords records,
    TagRemover tagRemover,
    RemovalManifestCleanup cleanup,
    TimeProvider time,
    Log log
)
{
    /// <summary>
    /// The time kept to note what was found, to delete the manifests that tags were moved to, and to answer.
    /// </summary>
    private static readonly TimeSpan AtTheEnd = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long what was found may wait to be noted. A function that dies loses it, and these repositories are then
    /// swept again.
    /// </summary>
    private static readonly TimeSpan NoteAge = TimeSpan.FromMinutes(1);

    /// <param name="repositories">At most <see cref="SweepListing.BatchSize"/>.</param>
    /// <param name="startedAt">When the sweep began.</param>
    public async Task<SweepProgress> RunAsync(
        IReadOnlyList<RepositoryId> repositories,
        DateTimeOffset startedAt,
        ILambdaContext context,
        CancellationToken deadline
    )
    {
        var (images, decided) = (0, 0);
        var left = new List<RepositoryId>(repositories);
        var notes = new List<SweptRepositoryNote>();
        var failures = new List<Exception>();
        try
        {
            var shared = await reader.ReadAsync(repositories, deadline).ConfigureAwait(false);
            var notedAt = time.GetUtcNow();
            foreach (var repository in repositories)
            {
                if (shared.IsDone(repository, startedAt) || await TryAsync(repository, shared).ConfigureAwait(false))
                    left.Remove(repository);
                if (time.GetUtcNow() - notedAt < NoteAge)
                    continue;
                await StoreAsync(notes, deadline).ConfigureAwait(false);
                notedAt = time.GetUtcNow();
            }
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            log.Info("Time is up; another run goes on.", ("left", left.Count.ToString(CultureInfo.InvariantCulture)));
            failures.Clear();
        }
        finally
        {
            using var rest = Deadline.Before(context, AtTheEnd, atLeast: AtTheEnd);
            await StoreAsync(notes, rest.Token).ConfigureAwait(false);
        }
        if (failures is [var first, ..])
            ExceptionDispatchInfo.Throw(first);
        return new SweepProgress(left, images, decided);

        async Task<bool> TryAsync(RepositoryId repository, SharedFacts shared)
        {
            try
            {
                var note = await sweeper
                    .RunAsync(repository, shared, startedAt, context, Count, deadline)
                    .ConfigureAwait(false);
                if (note is not null)
                    notes.Add(note);
                return true;
            }
            catch (Exception failure) when (!deadline.IsCancellationRequested)
            {
                log.Error("A repository could not be swept.", failure, ("repository", repository.Name));
                failures.Add(failure);
                return false;
            }
            finally
            {
                await EndMarkingAsync(repository, context).ConfigureAwait(false);
            }
        }

        void Count(int some, int again) => (images, decided) = (images + some, decided + again);
    }

    private async Task StoreAsync(List<SweptRepositoryNote> notes, CancellationToken cancellation)
    {
        await records.StoreSweepsAsync(notes, cancellation).ConfigureAwait(false);
        notes.Clear();
    }

    /// <summary>
    /// Deletes the manifests that tags were moved to, even if the deadline or a failure cut the run short. ECR counts
    /// each such manifest as an image.
    /// </summary>
    private async Task EndMarkingAsync(RepositoryId repository, ILambdaContext context)
    {
        using var rest = Deadline.Before(context, AtTheEnd, atLeast: AtTheEnd);
        tagRemover.EndSweep(repository);
        await cleanup.RunAsync(repository, rest.Token).ConfigureAwait(false);
    }
}
