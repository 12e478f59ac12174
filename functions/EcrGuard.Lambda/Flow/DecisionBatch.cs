using System.Collections.Concurrent;
using Amazon.Lambda.Core;
using EcrGuard.Aws.Actions;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Images;
using EcrGuard.Core.Reports.Alerts;
using EcrGuard.Core.Use;
using EcrGuard.Core.Verdicts;
using EcrGuard.Lambda.Hosting;

namespace EcrGuard.Lambda.Flow;

/// <summary>
/// Many images and all that follows from them: each is decided, then the indexes that hold it, then alerts are
/// published, tags written and what was open is closed. An image has failed until all of that is done, and fails alone.
/// </summary>
public sealed class DecisionBatch(
    ImageDecider guard,
    QuarantineEnforcer quarantines,
    ImageRecords records,
    AlertClaims claims,
    AlertFacts facts,
    Notifier notifier,
    RecheckSender looks,
    Log log
)
{
    /// <summary>How many images are worked on at a time.</summary>
    private const int Parallel = 8;

    /// <summary>How much time is left for publishing and answering when no more work is begun.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(10);

    /// <summary>Decides images again because of somebody's order, which also takes them out of reach.</summary>
    /// <inheritdoc cref="RunAsync"/>
    public Task<IReadOnlyDictionary<ImageId, Judged?>> AgainAsync(
        IEnumerable<ImageId> images,
        ILambdaContext context
    ) =>
        RunAsync(
            images,
            async (id, cancellation) =>
            {
                var before = await records.FindAsync(id, cancellation).ConfigureAwait(false);
                return await guard.JudgeAsync(id, [], alerting: true, before, cancellation).ConfigureAwait(false);
            },
            context,
            takes: true
        );

    /// <summary>Decides images and carries out what follows.</summary>
    /// <param name="images">Each once.</param>
    /// <param name="decide">Null where there was nothing to judge.</param>
    /// <param name="tagsUntil">How long tags may wait for their turn; null for as long as there is time.</param>
    /// <param name="takes">
    /// Whether blocked images that nothing uses are taken out of reach: somebody's order does, an event leaves it to
    /// the sweep.
    /// </param>
    /// <returns>
    /// The images that are done, each with what was judged; those that failed, or that the deadline came before, are
    /// not there.
    /// </returns>
    public async Task<IReadOnlyDictionary<ImageId, Judged?>> RunAsync(
        IEnumerable<ImageId> images,
        Func<ImageId, CancellationToken, Task<Judged?>> decide,
        ILambdaContext context,
        DateTimeOffset? tagsUntil = null,
        bool takes = false
    )
    {
        List<Work> works = [.. images.Select(image => new Work(image))];
        using var deadline = Deadline.Before(context, Margin);
        await EachAsync(
                works,
                async work => work.End(await decide(work.Image, deadline.Token).ConfigureAwait(false)),
                deadline.Token
            )
            .ConfigureAwait(false);
        await DecideIndexesAsync(works, deadline.Token).ConfigureAwait(false);
        var all = works.SelectMany(work => work.WithRelated).Distinct().ToList();
        var until = tagsUntil ?? DateTimeOffset.MaxValue;
        await FinishAsync(all, until, takes, context, deadline.Token).ConfigureAwait(false);
        return works.Where(work => work.Finished).ToDictionary(work => work.Image, work => work.Judged);
    }

    /// <summary>
    /// Decides each index once, after all of its children in the batch; then the indexes that hold those.
    /// </summary>
    private async Task DecideIndexesAsync(IReadOnlyList<Work> works, CancellationToken cancellation)
    {
        for (var level = 0; works.Count > 0 && level < Judge.MaxIndexLevels; level++)
        {
            var indexes = new Dictionary<ImageId, Work>();
            foreach (var child in works.Where(work => work is { Done: true, Judged: not null }))
            {
                foreach (var index in child.Judged!.Indexes)
                    child.Related.Add(
                        indexes.TryGetValue(index, out var known) ? known : indexes[index] = new Work(index)
                    );
            }
            await EachAsync(
                    indexes.Values,
                    async work =>
                        work.End(
                            await guard
                                .JudgeAsync(
                                    work.Image,
                                    [],
                                    alerting: true,
                                    await records.FindAsync(work.Image, cancellation).ConfigureAwait(false),
                                    cancellation
                                )
                                .ConfigureAwait(false)
                        ),
                    cancellation
                )
                .ConfigureAwait(false);
            works = [.. indexes.Values];
        }
    }

    /// <summary>
    /// Publishes what the stored records have open, writes tags, takes out of reach and puts back, then notes that all
    /// is done, related work first.
    /// </summary>
    private async Task FinishAsync(
        IReadOnlyList<Work> works,
        DateTimeOffset tagsUntil,
        bool takes,
        ILambdaContext context,
        CancellationToken deadline
    )
    {
        var judged = works.Where(work => work is { Done: true, Judged: not null }).ToList();
        // Writing a hundred tags takes minutes: nobody's alert waits for that.
        using (var soon = Deadline.Before(context, TimeSpan.FromSeconds(1), atLeast: TimeSpan.FromSeconds(1)))
            await AlertAsync([.. judged.Where(work => work.Judged!.Entry.OpenAlert is not null)], soon.Token)
                .ConfigureAwait(false);
        await PutDownLooksAsync([.. judged.Where(work => work is { Done: true, Judged.LookAt: not null })], deadline)
            .ConfigureAwait(false);
        await MarkAsync(judged, tagsUntil, deadline).ConfigureAwait(false);
        using var rest = Deadline.Before(context, TimeSpan.FromSeconds(1), atLeast: TimeSpan.FromSeconds(1));
        await EachAsync(
                [tagsUntil],
                async _ =>
                {
                    foreach (var left in await guard.EndMarkingAsync(null, rest.Token).ConfigureAwait(false))
                        log.Warning("What tags were moved to stays; the next sweep finds it.", ("why", left));
                },
                rest.Token
            )
            .ConfigureAwait(false);
        bool May(LedgerEntry entry) =>
            takes
                ? guard.MayQuarantine(entry.Record, entry.Quarantine)
                : ImageDecider.MayPutBack(entry.Record, entry.Quarantine);
        var held = works.Where(work => work is { Done: true, Judged: { } judged } && May(judged.Entry)).ToList();
        held.ForEach(work => work.Done = false);
        await EachAsync(
                held,
                async work =>
                {
                    await quarantines.HoldAsync(work.Judged!.Entry, takes, rest.Token).ConfigureAwait(false);
                    work.Done = true;
                },
                rest.Token
            )
            .ConfigureAwait(false);
        foreach (var work in works.Where(work => work.Judged?.Entry.Open == true))
        {
            if (!work.Finished)
                continue;
            work.Done = false;
            await EachAsync(
                    [work],
                    async open =>
                    {
                        await records
                            .DoneAsync(open.Image, open.Judged!.Entry.Revision, rest.Token)
                            .ConfigureAwait(false);
                        open.Done = true;
                    },
                    rest.Token
                )
                .ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Findings follow a scan by minutes, and nobody tells when they are there. Several may work on one image, and one
    /// again on what it has left open: who puts a look down claims it first.
    /// </summary>
    private async Task PutDownLooksAsync(IReadOnlyList<Work> works, CancellationToken cancellation)
    {
        foreach (var work in works)
            work.Done = false;
        await EachAsync(
                works,
                async work =>
                {
                    var at = work.Judged!.LookAt!.Value;
                    if (await claims.ClaimLookAsync(work.Image, at, cancellation).ConfigureAwait(false))
                        await PutDownAsync(work.Image, at, cancellation).ConfigureAwait(false);
                    work.Done = true;
                },
                cancellation
            )
            .ConfigureAwait(false);
    }

    private async Task PutDownAsync(ImageId image, DateTimeOffset at, CancellationToken cancellation)
    {
        try
        {
            await looks.SendAsync(image, at, cancellation).ConfigureAwait(false);
        }
        catch
        {
            await claims.ReleaseLookAsync(image, at, CancellationToken.None).ConfigureAwait(false);
            throw;
        }
        await claims.CloseLookAsync(image, at, cancellation).ConfigureAwait(false);
    }

    /// <summary>
    /// Puts verdicts on tags. An image whose alert could not be published is left to the next try, and marked all the
    /// same.
    /// </summary>
    private async Task MarkAsync(IReadOnlyList<Work> works, DateTimeOffset until, CancellationToken cancellation)
    {
        var told = works.Where(work => work.Done).ToHashSet();
        foreach (var work in works)
            work.Done = false;
        await EachAsync(
                works,
                async work =>
                {
                    var (facts, entry) = (work.Judged!.Facts, work.Judged.Entry);
                    entry = await guard
                        .MarkAsync(facts, entry, UseState.Unknown, UseState.Unknown, until, cancellation)
                        .ConfigureAwait(false);
                    work.Judged = work.Judged with { Entry = entry };
                    work.Done = told.Contains(work);
                },
                cancellation
            )
            .ConfigureAwait(false);
    }

    /// <summary>
    /// At least once, and twice only if the function dies between publishing and recording: who publishes claims the
    /// alert first.
    /// </summary>
    private async Task AlertAsync(IReadOnlyList<Work> works, CancellationToken cancellation)
    {
        var claimed = new ConcurrentBag<(Work Work, Alert Alert)>();
        foreach (var work in works)
            work.Done = false;
        await EachAsync(
                works,
                async work =>
                {
                    if (
                        Alert.For(work.Judged!.Entry.Record) is { } alert
                        && await claims.ClaimAlertAsync(work.Image, alert.Id, cancellation).ConfigureAwait(false)
                    )
                        claimed.Add((work, alert));
                    work.Done = true;
                },
                cancellation
            )
            .ConfigureAwait(false);

        var known = await facts.OfAsync([.. claimed.Select(c => c.Alert)], cancellation).ConfigureAwait(false);
        (Work Work, Alert Alert)[] telling =
        [
            .. claimed
                .OrderBy(c => c.Alert.Id, StringComparer.Ordinal)
                .Select(c => c with { Alert = known[c.Alert.Id] }),
        ];
        foreach (var told in ImageAlert.Batches(telling, c => c.Alert.Team))
        {
            foreach (var (work, _) in told)
                work.Done = false;
            try
            {
                await notifier
                    .AlertAsync(ImageAlert.ForBatch([.. told.Select(c => c.Alert)]), cancellation)
                    .ConfigureAwait(false);
            }
            catch (Exception unpublished)
            {
                log.Error(
                    "An alert could not be published; its images are left to the next try.",
                    unpublished,
                    ("alerts", told.Count.ToString(System.Globalization.CultureInfo.InvariantCulture))
                );
                await EachAsync(
                        told,
                        c => claims.ReleaseAlertAsync(c.Work.Image, c.Alert.Id, CancellationToken.None),
                        CancellationToken.None
                    )
                    .ConfigureAwait(false);
                continue;
            }
            await EachAsync(
                    told,
                    async c =>
                    {
                        await claims.CloseAlertAsync(c.Work.Image, c.Alert.Id, cancellation).ConfigureAwait(false);
                        c.Work.Done = true;
                    },
                    cancellation
                )
                .ConfigureAwait(false);
        }
    }

    private async Task EachAsync<T>(IEnumerable<T> items, Func<T, Task> act, CancellationToken cancellation)
    {
        using var turn = new SemaphoreSlim(Parallel);
        await Task.WhenAll(
                items.Select(async item =>
                {
                    await turn.WaitAsync(CancellationToken.None).ConfigureAwait(false);
                    try
                    {
                        cancellation.ThrowIfCancellationRequested();
                        await act(item).ConfigureAwait(false);
                    }
                    catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
                    {
                        log.Warning(
                            "The deadline came first; the image is left to the next try.",
                            ("item", item?.ToString())
                        );
                    }
                    catch (Exception failure)
                    {
                        log.Error("The image failed and is left to the next try.", failure, ("item", item?.ToString()));
                    }
                    finally
                    {
                        turn.Release();
                    }
                })
            )
            .ConfigureAwait(false);
    }

    /// <summary>One image and what became of it.</summary>
    private sealed class Work(ImageId image)
    {
        public ImageId Image { get; } = image;

        /// <summary>
        /// What follows from it: the indexes that hold it, the children that were judged with it. Until they are done,
        /// neither is it.
        /// </summary>
        public List<Work> Related { get; } = [];
        public Judged? Judged { get; set; }
        public bool Done { get; set; }
        public bool Finished => Done && Related.All(work => work.Finished);

        /// <summary>Related work first.</summary>
        public IEnumerable<Work> WithRelated => Related.SelectMany(work => work.WithRelated).Append(this);

        public void End(Judged? judged)
        {
            Judged = judged;
            Related.AddRange(
                judged?.Children.Select(child => new Work(child.Image) { Judged = child, Done = true }) ?? []
            );
            Done = true;
        }

        public override string ToString() => Image.ToString();
    }
}
