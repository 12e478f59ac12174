using Amazon.Lambda.Annotations;
using Amazon.Lambda.Core;
using EcrGuard.Aws.Facts;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Images;
using EcrGuard.Core.Reports;
using EcrGuard.Lambda.Flow;
using EcrGuard.Lambda.Flow.Backfilling;
using EcrGuard.Lambda.Hosting;

namespace EcrGuard.Lambda.Functions;

/// <summary>The input that a schedule sends. Every field is optional.</summary>
/// <param name="Week">WeeklySummary: the ISO week to report, for example <c>2026-W47</c>; absent: the last week that
///     has ended. A week that has not begun is refused.</param>
public sealed record ScheduledRequest(string? Week);

/// <summary>
/// The work of the first deployment. It goes through every repository once, judges the images that are already there
/// and records them without alerts. One message tells that it has ended. A schedule calls it again and again. Each run
/// continues where the last one stopped. Once everything is done, a run costs one read.
/// </summary>
public sealed class Backfill(
    RepositoryBackfill backfill,
    BackfillNotice notice,
    EcrReader registry,
    RegistryDocuments documents,
    TimeProvider time,
    Log log
)
{
    /// <summary>How many repositories are worked on at a time.</summary>
    private const int Repositories = 8;

    /// <summary>No chunk of repositories is started with less time left than this.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(30);

    /// <summary>The longest run that Lambda allows. A run that began longer ago than this is dead.</summary>
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(15);

    /// <summary>If there are more than this, the rest are counted and not listed.</summary>
    private const int MaxUnread = 100;

    [LambdaFunction]
    public async Task<BackfillState> BackfillAsync(ScheduledRequest input, ILambdaContext context)
    {
        var (before, revision) = await documents
            .FindAsync(BackfillState.Form, CancellationToken.None)
            .ConfigureAwait(false);
        var state = before ?? new BackfillState(time.GetUtcNow(), null, 0, new StatusCounts(), [], null, null, null);
        if (state.DoneAt is not null || state.RunningUntil > time.GetUtcNow())
            return state;

        state = state with { RunningUntil = time.GetUtcNow() + Lease };
        if (!await StoreAsync(state, revision++).ConfigureAwait(false))
            return state;
        using var deadline = new CancellationTokenSource(
            context.RemainingTime > Margin ? context.RemainingTime - (Margin / 2) : context.RemainingTime / 2
        );
        var repositories = await registry.RepositoriesAsync(deadline.Token).ConfigureAwait(false);
        foreach (var chunk in repositories.Where(repository => IsAfter(repository, state)).Chunk(Repositories))
        {
            if (context.RemainingTime < Margin)
                break;
            state = await ChunkAsync(state, chunk, deadline.Token).ConfigureAwait(false);
            if (deadline.IsCancellationRequested)
                break;
            if (!await StoreAsync(state, revision++).ConfigureAwait(false))
                return state;
        }

        if (repositories.Count == 0 || !IsAfter(repositories[^1], state))
        {
            var endedAt = time.GetUtcNow();
            await notice.TellAsync(state, endedAt).ConfigureAwait(false);
            state = state with { DoneAt = endedAt };
        }
        state = state with { RunningUntil = null };
        await StoreAsync(state, revision).ConfigureAwait(false);
        log.Info("The backfill has run.", ("cursor", state.Cursor), ("done", state.DoneAt?.ToString("O")));
        return state;
    }

    /// <returns>False if another run has stored in the meantime.</returns>
    private Task<bool> StoreAsync(BackfillState state, long revision) =>
        documents.StoreAsync(BackfillState.Form, state, revision, CancellationToken.None);

    private static bool IsAfter(RepositoryId repository, BackfillState state) =>
        string.CompareOrdinal(repository.Name, state.Cursor) > 0;

    /// <returns>How far the backfill has come. If the deadline came first, the chunk is not done.</returns>
    private async Task<BackfillState> ChunkAsync(
        BackfillState state,
        RepositoryId[] chunk,
        CancellationToken cancellation
    )
    {
        var results = await Task.WhenAll(
                chunk.Select(repository => backfill.RunAsync(repository, state.StartedAt, cancellation))
            )
            .ConfigureAwait(false);
        // A run that starts and makes no progress must still count as late.
        if (results.Any(repository => repository.Judged > 0))
            state = state with { TickedAt = time.GetUtcNow() };
        if (cancellation.IsCancellationRequested)
            return state;
        return state with
        {
            TickedAt = time.GetUtcNow(),
            Cursor = chunk[^1].Name,
            Repositories = state.Repositories + chunk.Length,
            Statuses = results.Aggregate(state.Statuses, (sum, repository) => sum + repository.Statuses),
            Unread = [.. state.Unread.Concat(results.SelectMany(repository => repository.Unread)).Take(MaxUnread)],
        };
    }
}
