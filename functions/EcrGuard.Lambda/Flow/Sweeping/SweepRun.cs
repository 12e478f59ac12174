using System.Globalization;
using System.Runtime.ExceptionServices;
using Amazon.Lambda.Core;
using EcrGuard.Aws.Actions;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Images;
using EcrGuard.Lambda.Hosting;

namespace EcrGuard.Lambda.Flow.Sweeping;

/// <summary>
/// Sweeps some repositories, a few at the same time: ECR takes its time for a preview, but makes those of several
/// repositories at once. If one fails, the others are still swept and noted, and it is left. The run fails only if all
/// that are left fail.
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
    private const int AtOnce = 4;

    /// <summary>
    /// A repository that had more images than this is swept alone, after the others. One with 100,000 images takes a
    /// good part of the function's memory.
    /// </summary>
    private const int LargestAtOnce = 10_000;

    /// <summary>
    /// The time kept to note what was found and to answer. Before it, as much time is kept to delete the manifests that
    /// tags were moved to.
    /// </summary>
    private static readonly TimeSpan AtTheEnd = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long what was found may wait to be noted while other repositories are swept. A function that dies loses it,
    /// and these repositories are then swept again.
    /// </summary>
    private static readonly TimeSpan NoteAge = TimeSpan.FromMinutes(1);

    /// <param name="repositories">At most <see cref="SweepListing.BatchSize"/>.</param>
    /// <param name="retry">How often this run has failed. A repository may kill the function each time. Then they
    ///     are swept one by one, each of the others is noted at once, and every second run begins at the end, so that
    ///     only this one stays.</param>
    /// <param name="startedAt">When the sweep began.</param>
    public async Task<SweepProgress> RunAsync(
        IReadOnlyList<RepositoryId> repositories,
        int retry,
        DateTimeOffset startedAt,
        ILambdaContext context,
        CancellationToken deadline
    )
    {
        var progress = new SweepProgress(retry % 2 == 0 ? repositories : [.. repositories.Reverse()], time.GetUtcNow());
        try
        {
            var shared = await reader.ReadAsync(repositories, deadline).ConfigureAwait(false);
            var run = new Run(progress, shared, retry == 0 ? NoteAge : TimeSpan.Zero, startedAt, context);
            bool IsAlone(RepositoryId repository) =>
                retry > 0 || shared.NotesOf(repository).Sweep is { Images: > LargestAtOnce };
            var open = progress.Left;
            await EachAsync(run, open.Where(each => !IsAlone(each)), AtOnce, deadline).ConfigureAwait(false);
            await EachAsync(run, open.Where(IsAlone), 1, deadline).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            log.Info(
                "Time is up; another run goes on.",
                ("left", progress.Left.Count.ToString(CultureInfo.InvariantCulture))
            );
            return progress;
        }
        finally
        {
            using var rest = Deadline.Before(context, AtTheEnd, atLeast: AtTheEnd);
            await StoreAsync(progress, TimeSpan.Zero, rest.Token).ConfigureAwait(false);
        }
        if (progress.Failure is { } failure)
            ExceptionDispatchInfo.Throw(failure);
        return progress;
    }

    /// <summary>What the repositories of a run share.</summary>
    private sealed record Run(
        SweepProgress Progress,
        SharedFacts Shared,
        TimeSpan NoteAge,
        DateTimeOffset StartedAt,
        ILambdaContext Context
    );

    private Task EachAsync(Run run, IEnumerable<RepositoryId> repositories, int atOnce, CancellationToken deadline) =>
        Parallel.ForEachAsync(
            repositories,
            new ParallelOptions { MaxDegreeOfParallelism = atOnce, CancellationToken = deadline },
            async (repository, _) =>
            {
                run.Progress.Begin(repository);
                if (run.Shared.IsDone(repository, run.StartedAt))
                    run.Progress.Finish(repository, null);
                else
                    await OneAsync(run, repository, deadline).ConfigureAwait(false);
                await StoreAsync(run.Progress, run.NoteAge, deadline).ConfigureAwait(false);
            }
        );

    private async Task OneAsync(Run run, RepositoryId repository, CancellationToken deadline)
    {
        try
        {
            var note = await sweeper
                .RunAsync(repository, run.Shared, run.StartedAt, run.Context, run.Progress.Count, deadline)
                .ConfigureAwait(false);
            run.Progress.Finish(repository, note);
        }
        catch (Exception failure) when (!deadline.IsCancellationRequested)
        {
            log.Error("A repository could not be swept.", failure, ("repository", repository.Name));
            run.Progress.Fail(failure);
        }
        finally
        {
            await EndMarkingAsync(repository, run.Context).ConfigureAwait(false);
        }
    }

    private async Task StoreAsync(SweepProgress progress, TimeSpan age, CancellationToken cancellation)
    {
        var notes = progress.TakeNotes(time.GetUtcNow(), age);
        try
        {
            await records.StoreSweepsAsync(notes, cancellation).ConfigureAwait(false);
        }
        catch
        {
            progress.Keep(notes);
            throw;
        }
    }

    /// <summary>
    /// Deletes the manifests that tags were moved to, even if the deadline or a failure cut the run short. ECR counts
    /// each such manifest as an image.
    /// </summary>
    private async Task EndMarkingAsync(RepositoryId repository, ILambdaContext context)
    {
        using var rest = Deadline.Before(context, 2 * AtTheEnd, atLeast: AtTheEnd);
        tagRemover.EndSweep(repository);
        await cleanup.RunAsync(repository, rest.Token).ConfigureAwait(false);
    }
}
