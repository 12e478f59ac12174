using System.Collections.Concurrent;
using Amazon.Lambda.Annotations;
using Amazon.Lambda.Core;
using EcrGuard.Aws;
using EcrGuard.Aws.Actions;
using EcrGuard.Aws.Facts;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Images;
using EcrGuard.Core.Reports;
using EcrGuard.Core.Reports.Alerts;
using EcrGuard.Core.Use;
using EcrGuard.Core.Verdicts;
using EcrGuard.Lambda.Flow;
using EcrGuard.Lambda.Hosting;

namespace EcrGuard.Lambda.Functions;

/// <summary>What a schedule sends; everything in it is optional.</summary>
/// <param name="Week">WeeklySummary: the ISO week to sum up, for example <c>2026-W47</c>; absent: the one that ended
///     last.</param>
public sealed record ScheduledRequest(string? Week);

/// <summary>How far the backfill has come: a document of the ledger.</summary>
/// <param name="Cursor">The last repository that is done, in ordinal order; null before the first.</param>
/// <param name="RunningUntil">Until when another run leaves it alone.</param>
/// <param name="TickedAt">When a run last got further: a repository was done, or an image of one judged.</param>
public sealed record BackfillState(
    DateTimeOffset StartedAt,
    string? Cursor,
    int Repositories,
    StatusCounts Statuses,
    IReadOnlyList<Unread> Unread,
    DateTimeOffset? RunningUntil,
    DateTimeOffset? DoneAt,
    DateTimeOffset? TickedAt
)
{
    public static StoredForm<BackfillState> Form { get; } = new("BACKFILL", 1, StateJson.Default.BackfillState);
}

/// <summary>
/// First deployment: every repository is taken once, existing images are judged and recorded without alerts, and one
/// message tells the end. A schedule calls it again and again: each run goes on where the last
/// one stopped, and once all is done a run costs one read.
/// </summary>
public sealed class Backfill(
    ImageDecider guard,
    BaselineEnforcer baselines,
    EcrReader registry,
    RegistryDocuments documents,
    ImageRecords images,
    RecheckSender looks,
    Notifier notifier,
    Settings settings,
    TimeProvider time,
    Log log
)
{
    /// <summary>Repositories, and images of each, that are worked on at a time.</summary>
    private const int Repositories = 8;
    private const int Images = 4;

    /// <summary>A chunk of repositories is not begun with less time than this left.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(30);

    /// <summary>For deleting what tags were moved to when time is up.</summary>
    private static readonly TimeSpan AtTheEnd = TimeSpan.FromSeconds(5);

    /// <summary>Lambda's longest run: a run that began before that is dead.</summary>
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(15);

    /// <summary>More than these are counted, not listed.</summary>
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

        using var deadline = new CancellationTokenSource(
            context.RemainingTime > Margin ? context.RemainingTime - (Margin / 2) : context.RemainingTime / 2
        );
        async Task<bool> StoreAsync()
        {
            var kept = await documents
                .StoreAsync(BackfillState.Form, state, revision, CancellationToken.None)
                .ConfigureAwait(false);
            revision++;
            return kept;
        }

        state = state with { RunningUntil = time.GetUtcNow() + Lease };
        if (!await StoreAsync().ConfigureAwait(false))
            return state;

        var repositories = await registry.RepositoriesAsync(deadline.Token).ConfigureAwait(false);
        foreach (
            var chunk in repositories.Where(r => string.CompareOrdinal(r.Name, state.Cursor) > 0).Chunk(Repositories)
        )
        {
            if (context.RemainingTime < Margin)
                break;
            var results = await Task.WhenAll(
                    chunk.Select(repository => RepositoryAsync(repository, state.StartedAt, deadline.Token))
                )
                .ConfigureAwait(false);
            // A run that begins and gets nowhere is late all the same.
            if (results.Any(r => r.Judged > 0))
                state = state with { TickedAt = time.GetUtcNow() };
            if (deadline.IsCancellationRequested)
                break;
            state = state with
            {
                TickedAt = time.GetUtcNow(),
                Cursor = chunk[^1].Name,
                Repositories = state.Repositories + chunk.Length,
                Statuses = results.Aggregate(state.Statuses, (sum, r) => sum + r.Statuses),
                Unread = [.. state.Unread.Concat(results.SelectMany(r => r.Unread)).Take(MaxUnread)],
            };
            if (!await StoreAsync().ConfigureAwait(false))
                return state;
        }

        if (repositories.Count == 0 || string.CompareOrdinal(state.Cursor, repositories[^1].Name) >= 0)
        {
            var done = new BackfillResult(
                settings.Account,
                settings.Region,
                state.StartedAt,
                time.GetUtcNow(),
                state.Repositories,
                state.Statuses,
                state.Unread,
                guard.Policy.Version
            );
            if (settings.AlertTopic is { } topic)
                await notifier
                    .PublishAsync(topic, BackfillMessage.For(done), CancellationToken.None)
                    .ConfigureAwait(false);
            state = state with { DoneAt = done.EndedAt };
        }
        state = state with { RunningUntil = null };
        await StoreAsync().ConfigureAwait(false);
        log.Info("The backfill has run.", ("cursor", state.Cursor), ("done", state.DoneAt?.ToString("O")));
        return state;
    }

    private async Task<(StatusCounts Statuses, IReadOnlyList<Unread> Unread, int Judged)> RepositoryAsync(
        RepositoryId repository,
        DateTimeOffset startedAt,
        CancellationToken cancellation
    )
    {
        var statuses = new ConcurrentBag<Status>();
        var newlyJudged = 0;
        var unread = new ConcurrentBag<Unread>();
        var indexes = new ConcurrentBag<ImageFacts>();
        await OrUnreadAsync(
                $"the baseline of {repository.Name}",
                () =>
                    baselines.HoldAsync(
                        repository,
                        repair: false,
                        BaselineEnforcer.Everything,
                        usages: null,
                        cancellation
                    )
            )
            .ConfigureAwait(false);
        await OrUnreadAsync(
                $"repository {repository.Name}",
                async () =>
                {
                    var options = new ParallelOptions
                    {
                        MaxDegreeOfParallelism = Images,
                        CancellationToken = cancellation,
                    };
                    await Parallel
                        .ForEachAsync(
                            registry.ImagesAsync(repository, cancellation),
                            options,
                            async (image, token) =>
                            {
                                // Children first: an index is judged by them.
                                if (image.Kind == ImageKind.Index)
                                    indexes.Add(image);
                                else
                                    await ImageAsync(image, token).ConfigureAwait(false);
                            }
                        )
                        .ConfigureAwait(false);
                    await Parallel
                        .ForEachAsync(
                            indexes.OrderBy(i => i.Id.Digest),
                            options,
                            async (index, token) => await ImageAsync(index, token).ConfigureAwait(false)
                        )
                        .ConfigureAwait(false);
                }
            )
            .ConfigureAwait(false);
        // Also where the deadline cut the run: ECR counts what tags were moved to as an image.
        using var rest = new CancellationTokenSource(AtTheEnd);
        await OrUnreadAsync(
                $"what tags of {repository.Name} were moved to",
                () => guard.EndMarkingAsync(repository, rest.Token)
            )
            .ConfigureAwait(false);
        return (StatusCounts.Of(statuses), [.. unread], newlyJudged);

        async Task ImageAsync(ImageFacts image, CancellationToken token)
        {
            await OrUnreadAsync(
                    $"image {image.Id}",
                    async () =>
                    {
                        var before = await images.FindAsync(image.Id, token).ConfigureAwait(false);
                        if (
                            before is { Open: false, Record: { Gone: false, ScanningChanged: false } }
                            && before.FactsAt >= startedAt
                        )
                        {
                            statuses.Add(before.Record.Verdict.Status);
                        }
                        // Known already, or pushed since EcrGuard came: its alert stays open, and its event publishes
                        // it.
                        else if (
                            await guard
                                .JudgeAsync(
                                    image,
                                    [],
                                    alerting: before is not null || image.PushedAt >= startedAt,
                                    before,
                                    token
                                )
                                .ConfigureAwait(false) is
                            { } judged
                        )
                        {
                            Interlocked.Increment(ref newlyJudged);
                            statuses.Add(judged.Entry.Record.Verdict.Status);
                            var marked = new List<(Judged Judged, LedgerEntry Entry)>();
                            foreach (
                                var unsettled in judged.Children.Append(judged).Where(each => each.LookAt is not null)
                            )
                                await looks
                                    .SendAsync(unsettled.Image, unsettled.LookAt!.Value, token)
                                    .ConfigureAwait(false);
                            foreach (var each in judged.Children.Append(judged))
                            {
                                var entry = await guard
                                    .MarkAsync(
                                        each.Facts,
                                        each.Entry,
                                        UseState.Unknown,
                                        UseState.Unknown,
                                        DateTimeOffset.MaxValue,
                                        token
                                    )
                                    .ConfigureAwait(false);
                                marked.Add((each, entry));
                            }
                            // What an event left open, for indexes that are done here already, is that event's to end.
                            foreach (
                                var (done, entry) in marked.Where(m =>
                                    m.Entry.Open && !(before?.Open == true && m.Judged.Indexes.Count > 0)
                                )
                            )
                                await images.DoneAsync(done.Image, entry.Revision, token).ConfigureAwait(false);
                        }
                    }
                )
                .ConfigureAwait(false);
        }

        async Task OrUnreadAsync(string what, Func<Task> read)
        {
            try
            {
                await read().ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                // The deadline: the next run takes the repository again and passes over what is recorded.
            }
            catch (Exception failure)
            {
                log.Error("Something could not be read; it is answered from fresh facts.", failure, ("what", what));
                unread.Add(new Unread(what, ErrorText.Of(failure)));
            }
        }
    }
}
