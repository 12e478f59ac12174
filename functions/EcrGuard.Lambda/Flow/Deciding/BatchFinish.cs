using Amazon.Lambda.Core;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Use;
using EcrGuard.Lambda.Hosting;

namespace EcrGuard.Lambda.Flow.Deciding;

/// <summary>Which steps are done for the images of a batch after they are decided.</summary>
/// <param name="TagsUntil">Until when tags may wait for their turn to be written.</param>
/// <param name="Takes">Whether blocked images that nothing uses are taken out of reach.</param>
internal sealed record Extent(DateTimeOffset TagsUntil, bool Takes);

/// <summary>
/// Does what follows from the decisions of a batch: alerts, later looks, tags, quarantine. Then it notes that nothing
/// is open any more.
/// </summary>
public sealed class BatchFinish(
    ImageAlerts alerts,
    Rechecks rechecks,
    ImageMarker marker,
    MarkingEnd markingEnd,
    BatchQuarantine quarantine,
    ImageRecords records,
    Log log
)
{
    /// <param name="works">The images of the batch. What follows from an image comes before that image.</param>
    /// <param name="deadline">The deadline for everything that may take long.</param>
    internal async Task RunAsync(
        IReadOnlyList<Work> works,
        Extent extent,
        ILambdaContext context,
        CancellationToken deadline
    )
    {
        var judged = works.Where(work => work is { Done: true, Judged: not null }).ToList();
        // Alerts first: writing a hundred tags takes minutes.
        using (var soon = Deadline.AtTheEnd(context))
            await alerts
                .PublishAsync([.. judged.Where(work => work.Judged!.Entry.OpenAlert is not null)], soon.Token)
                .ConfigureAwait(false);
        await ArrangeRechecksAsync(judged, deadline).ConfigureAwait(false);
        await MarkAsync(judged, extent.TagsUntil, deadline).ConfigureAwait(false);
        using var rest = Deadline.AtTheEnd(context);
        await markingEnd.RunAsync(null, rest.Token).ConfigureAwait(false);
        await quarantine.RunAsync(works, extent.Takes, rest.Token).ConfigureAwait(false);
        await CloseAsync(works, rest.Token).ConfigureAwait(false);
    }

    private Task ArrangeRechecksAsync(IEnumerable<Work> judged, CancellationToken cancellation) =>
        Work.EachAsync(
            judged.Where(work => work is { Done: true, Judged.LookAt: not null }),
            work => rechecks.ArrangeAsync(work.Image, work.Judged!.LookAt!.Value, cancellation),
            log,
            cancellation
        );

    /// <summary>Also marks an image whose alert could not be published; that image is left to the next try.</summary>
    private Task MarkAsync(IEnumerable<Work> judged, DateTimeOffset until, CancellationToken cancellation) =>
        Work.EachAsync(
            judged,
            async work =>
            {
                var (facts, entry) = (work.Judged!.Facts, work.Judged.Entry);
                var marked = await marker
                    .MarkAsync(facts, entry, UseState.Unknown, UseState.Unknown, until, cancellation)
                    .ConfigureAwait(false);
                work.Judged = work.Judged with { Entry = marked };
            },
            log,
            cancellation
        );

    /// <summary>Closes the images one after the other: whether one is finished depends on those before it.</summary>
    private async Task CloseAsync(IEnumerable<Work> works, CancellationToken cancellation)
    {
        foreach (var work in works.Where(work => work.Judged?.Entry.Open == true))
        {
            if (work.Finished)
                await Work.EachAsync(
                        [work],
                        _ => records.DoneAsync(work.Image, work.Judged!.Entry.Revision, cancellation),
                        log,
                        cancellation
                    )
                    .ConfigureAwait(false);
        }
    }
}
