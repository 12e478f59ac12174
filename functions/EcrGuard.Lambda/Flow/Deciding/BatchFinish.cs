using Amazon.Lambda.Core;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Use;
using EcrGuard.Lambda.Hosting;

namespace EcrGuard.Lambda.Flow.Deciding;

/// <summary>Which steps are done for the images of a batch after they are decided.</summary>
/// <param name="TagsUntil">Until when tags may wait for their turn to be written.</param>
/// <param name="Takes">Whether blocked images that nothing uses are taken out of reach.</param>
internal sealed record BatchSteps(DateTimeOffset TagsUntil, bool Takes);

/// <summary>
/// Does what follows from the decisions of a batch: alerts, later looks, tags, quarantine. Then it notes that nothing
/// is open any more.
/// </summary>
public sealed class BatchFinish(
    ImageAlerts alerts,
    Rechecks rechecks,
    ImageMarker marker,
    RemovalManifestCleanup cleanup,
    BatchQuarantine quarantine,
    ImageRecords records,
    Log log
)
{
    /// <param name="images">The images of the batch. What follows from an image comes before that image.</param>
    /// <param name="deadline">The deadline for everything that may take long.</param>
    internal async Task RunAsync(
        IReadOnlyList<BatchImage> images,
        BatchSteps steps,
        ILambdaContext context,
        CancellationToken deadline
    )
    {
        var judged = images.Where(image => image is { Done: true, Judged: not null }).ToList();
        // Alerts first: writing a hundred tags takes minutes.
        using (var soon = Deadline.AtTheEnd(context))
            await alerts
                .PublishAsync([.. judged.Where(image => image.Judged!.Entry.OpenAlert is not null)], soon.Token)
                .ConfigureAwait(false);
        await ArrangeRechecksAsync(judged, deadline).ConfigureAwait(false);
        await MarkAsync(judged, steps.TagsUntil, deadline).ConfigureAwait(false);
        using var rest = Deadline.AtTheEnd(context);
        await cleanup.RunAsync(null, rest.Token).ConfigureAwait(false);
        await quarantine.RunAsync(images, steps.Takes, rest.Token).ConfigureAwait(false);
        await CloseAsync(images, rest.Token).ConfigureAwait(false);
    }

    private Task ArrangeRechecksAsync(IEnumerable<BatchImage> judged, CancellationToken cancellation) =>
        BatchImage.EachAsync(
            judged.Where(image => image is { Done: true, Judged.LookAt: not null }),
            image => rechecks.ArrangeAsync(image.Image, image.Judged!.LookAt!.Value, cancellation),
            log,
            cancellation
        );

    /// <summary>Also marks an image whose alert could not be published; that image is left to the next try.</summary>
    private Task MarkAsync(IEnumerable<BatchImage> judged, DateTimeOffset until, CancellationToken cancellation) =>
        BatchImage.EachAsync(
            judged,
            async image =>
            {
                var (facts, entry) = (image.Judged!.Facts, image.Judged.Entry);
                var marked = await marker
                    .MarkAsync(facts, entry, UseState.Unknown, UseState.Unknown, until, cancellation)
                    .ConfigureAwait(false);
                image.Judged = image.Judged with { Entry = marked };
            },
            log,
            cancellation
        );

    /// <summary>Closes the images one after the other: whether one is finished depends on those before it.</summary>
    private async Task CloseAsync(IEnumerable<BatchImage> images, CancellationToken cancellation)
    {
        foreach (var image in images.Where(image => image.Judged?.Entry.Open == true))
        {
            if (image.Finished)
                await BatchImage
                    .EachAsync(
                        [image],
                        _ => records.DoneAsync(image.Image, image.Judged!.Entry.Revision, cancellation),
                        log,
                        cancellation
                    )
                    .ConfigureAwait(false);
        }
    }
}
