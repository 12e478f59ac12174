using System.Globalization;
using Amazon.Lambda.Annotations;
using Amazon.Lambda.Core;
using EcrGuard.Aws.Actions;
using EcrGuard.Aws.Facts;
using EcrGuard.Core.Images;
using EcrGuard.Lambda.Flow;
using EcrGuard.Lambda.Flow.Sweeping;
using EcrGuard.Lambda.Hosting;

namespace EcrGuard.Lambda.Functions;

/// <summary>One repository of a sweep.</summary>
/// <param name="StartedAt">When the sweep began.</param>
/// <param name="Runs">How many runs this repository already had in this sweep. One run may not be long enough.</param>
/// <param name="Run">The name of the sweep.</param>
public sealed record SweepItem(string Repository, DateTimeOffset StartedAt, int Runs, string Run);

/// <summary>How far the sweep came in a repository.</summary>
/// <param name="Done">False if the time was up: another run continues, and skips at almost no cost what is already
///     done.</param>
/// <param name="Decided">How many images this run decided again.</param>
public sealed record SweptItem(
    string Repository,
    DateTimeOffset StartedAt,
    int Runs,
    string Run,
    bool Done,
    int Images,
    int Decided
);

/// <summary>
/// Repairs in one repository what events have missed: images without a current verdict, shields of images in use,
/// images that are gone, drift from the baseline. It also tells what is due only because time has passed.
/// </summary>
public sealed class SweepRepository(
    RepositorySweeper sweeper,
    SweepLease lease,
    TagRemover tagRemover,
    RemovalManifestCleanup cleanup,
    EcrReader registry,
    Log log
)
{
    /// <summary>Nothing new is started with less time left than this.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(30);

    /// <summary>The time kept to delete the manifests that tags were moved to, and to answer.</summary>
    private static readonly TimeSpan AtTheEnd = TimeSpan.FromSeconds(5);

    [LambdaFunction]
    public async Task<SweptItem> SweepRepositoryAsync(SweepItem input, ILambdaContext context)
    {
        var repository = registry.Repository(input.Repository);
        var swept = new SweptItem(
            input.Repository,
            input.StartedAt,
            input.Runs + 1,
            input.Run,
            Done: true,
            Images: 0,
            Decided: 0
        );
        void Count(int images, int decided) =>
            swept = swept with { Images = swept.Images + images, Decided = swept.Decided + decided };
        using var deadline = Deadline.Before(context, Margin);
        try
        {
            if (await lease.KeepAsync(input.Run, deadline.Token).ConfigureAwait(false) is { } another)
                throw new InvalidOperationException(another);
            await sweeper.RunAsync(repository, input.StartedAt, context, Count, deadline.Token).ConfigureAwait(false);
            return swept;
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            log.Info(
                "Time is up; another run goes on.",
                ("repository", repository.Name),
                ("runs", swept.Runs.ToString(CultureInfo.InvariantCulture))
            );
            return swept with { Done = false };
        }
        finally
        {
            await EndMarkingAsync(repository, context).ConfigureAwait(false);
        }
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
