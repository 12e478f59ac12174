using System.Globalization;
using System.Runtime.ExceptionServices;
using Amazon.Lambda.Core;
using EcrGuard.Aws.Actions;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Images;
using EcrGuard.Lambda.Hosting;

namespace EcrGuard.Lambda.Flow.Sweeping;

/// <summary>How far a run over some repositories has come.</summary>
public sealed class SweepProgress(IReadOnlyList<RepositoryId> repositories)
{
    /// <summary>The repositories that are not finished. One that was begun is the last of them.</summary>
    public List<RepositoryId> Left { get; } = [.. repositories];

    /// <summary>How many images were looked at.</summary>
    public int Images { get; private set; }

    /// <summary>How many of them were decided again.</summary>
    public int Decided { get; private set; }

    /// <summary>What was found and is not noted yet.</summary>
    internal List<SweptRepositoryNote> Notes { get; } = [];

    internal List<Exception> Failures { get; } = [];

    /// <summary>
    /// Puts a repository last: if it takes all the time that is left, the next run begins with the others.
    /// </summary>
    internal void Begin(RepositoryId repository)
    {
        Left.Remove(repository);
        Left.Add(repository);
    }

    internal void Count(int images, int decided) => (Images, Decided) = (Images + images, Decided + decided);
}

/// <summary>
/// Sweeps some repositories, one after the other. If one fails, the others are still swept and noted, and it is left.
/// The run fails only if all that are left fail.
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
    /// <param name="retry">How often this run has failed. A repository may kill the function each time. Then each of
    ///     the others is noted at once, and every second run begins at the end, so that only this one stays.</param>
    /// <param name="startedAt">When the sweep began.</param>
    public async Task<SweepProgress> RunAsync(
        IReadOnlyList<RepositoryId> repositories,
        int retry,
        DateTimeOffset startedAt,
        ILambdaContext context,
        CancellationToken deadline
    )
    {
        var progress = new SweepProgress(retry % 2 == 0 ? repositories : [.. repositories.Reverse()]);
        try
        {
            var shared = await reader.ReadAsync(repositories, deadline).ConfigureAwait(false);
            var noteAge = retry == 0 ? NoteAge : TimeSpan.Zero;
            await EachAsync(progress, shared, noteAge, startedAt, context, deadline).ConfigureAwait(false);
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
            await StoreAsync(progress, rest.Token).ConfigureAwait(false);
        }
        if (progress.Failures is [var first, ..] && progress.Left.Count == repositories.Count)
            ExceptionDispatchInfo.Throw(first);
        return progress;
    }

    private async Task EachAsync(
        SweepProgress progress,
        SharedFacts shared,
        TimeSpan noteAge,
        DateTimeOffset startedAt,
        ILambdaContext context,
        CancellationToken deadline
    )
    {
        var notedAt = time.GetUtcNow();
        foreach (var repository in progress.Left.ToList())
        {
            progress.Begin(repository);
            if (
                shared.IsDone(repository, startedAt)
                || await TryAsync(repository, progress, shared, startedAt, context, deadline).ConfigureAwait(false)
            )
                progress.Left.Remove(repository);
            if (time.GetUtcNow() - notedAt < noteAge)
                continue;
            await StoreAsync(progress, deadline).ConfigureAwait(false);
            notedAt = time.GetUtcNow();
        }
    }

    /// <returns>False if it failed.</returns>
    private async Task<bool> TryAsync(
        RepositoryId repository,
        SweepProgress progress,
        SharedFacts shared,
        DateTimeOffset startedAt,
        ILambdaContext context,
        CancellationToken deadline
    )
    {
        try
        {
            var note = await sweeper
                .RunAsync(repository, shared, startedAt, context, progress.Count, deadline)
                .ConfigureAwait(false);
            if (note is not null)
                progress.Notes.Add(note);
            return true;
        }
        catch (Exception failure) when (!deadline.IsCancellationRequested)
        {
            log.Error("A repository could not be swept.", failure, ("repository", repository.Name));
            progress.Failures.Add(failure);
            return false;
        }
        finally
        {
            await EndMarkingAsync(repository, context).ConfigureAwait(false);
        }
    }

    private async Task StoreAsync(SweepProgress progress, CancellationToken cancellation)
    {
        await records.StoreSweepsAsync(progress.Notes, cancellation).ConfigureAwait(false);
        progress.Notes.Clear();
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
