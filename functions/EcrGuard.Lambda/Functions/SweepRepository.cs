using Amazon.Lambda.Annotations;
using Amazon.Lambda.Core;
using EcrGuard.Aws.Facts;
using EcrGuard.Core.Images;
using EcrGuard.Lambda.Flow.Sweeping;
using EcrGuard.Lambda.Hosting;

namespace EcrGuard.Lambda.Functions;

/// <summary>Some repositories of a sweep.</summary>
/// <param name="StartedAt">When the sweep began.</param>
/// <param name="Runs">How many runs in this sweep have finished none of these repositories. One run may not be long
///     enough.</param>
/// <param name="Run">The name of the sweep.</param>
/// <param name="Retry">How often this run has failed and is tried again.</param>
public sealed record SweepItem(
    IReadOnlyList<string> Repositories,
    DateTimeOffset StartedAt,
    int Runs,
    string Run,
    int Retry = 0
);

/// <summary>How far the sweep came in these repositories.</summary>
/// <param name="Repositories">Those that are left.</param>
/// <param name="Done">False if the time was up or some of them failed: another run continues with those.</param>
/// <param name="Decided">How many images this run decided again.</param>
public sealed record SweptItem(
    IReadOnlyList<string> Repositories,
    DateTimeOffset StartedAt,
    int Runs,
    string Run,
    bool Done,
    int Images,
    int Decided
);

/// <summary>
/// Repairs in a few repositories what events have missed: images without a current verdict, shields of images in use,
/// images that are gone, drift from the baseline. It also tells what is due only because time has passed.
/// </summary>
public sealed class SweepRepository(SweepRun run, SweepLease lease, EcrReader registry)
{
    /// <summary>Nothing new is started with less time left than this.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(30);

    [LambdaFunction]
    public async Task<SweptItem> SweepRepositoryAsync(SweepItem input, ILambdaContext context)
    {
        var repositories = input.Repositories.Select(registry.Repository).ToList();
        using var deadline = Deadline.Before(context, Margin);
        var progress = await RunAsync(input, repositories, context, deadline.Token).ConfigureAwait(false);
        return new SweptItem(
            [.. progress.Left.Select(repository => repository.Name)],
            input.StartedAt,
            progress.Left.Count < repositories.Count ? 0 : input.Runs + 1,
            input.Run,
            Done: progress.Left.Count == 0,
            progress.Images,
            progress.Decided
        );
    }

    private async Task<SweepProgress> RunAsync(
        SweepItem input,
        IReadOnlyList<RepositoryId> repositories,
        ILambdaContext context,
        CancellationToken deadline
    )
    {
        try
        {
            if (await lease.KeepAsync(input.Run, deadline).ConfigureAwait(false) is { } another)
                throw new InvalidOperationException(another);
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            return new SweepProgress(repositories);
        }
        return await run.RunAsync(repositories, input.Retry, input.StartedAt, context, deadline).ConfigureAwait(false);
    }
}
