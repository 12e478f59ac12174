using System.Collections.Concurrent;
using System.Globalization;
using EcrGuard.Aws.Actions;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Reports.Alerts;
using EcrGuard.Core.Verdicts;
using EcrGuard.Lambda.Hosting;

namespace EcrGuard.Lambda.Flow.Deciding;

/// <summary>
/// Publishes the alerts that are open in stored records. Whoever publishes an alert claims it first. So it is sent at
/// least once, and twice only if the function dies after publishing and before noting it.
/// </summary>
public sealed class ImageAlerts(AlertClaims claims, AlertFacts facts, Notifier notifier, Log log)
{
    /// <param name="images">The images whose records have an open alert.</param>
    internal async Task PublishAsync(IReadOnlyList<BatchImage> images, CancellationToken cancellation)
    {
        var claimed = await ClaimAsync(images, cancellation).ConfigureAwait(false);
        var told = await facts.OfAsync([.. claimed.Values], cancellation).ConfigureAwait(false);
        (BatchImage Image, Alert Alert)[] alerts =
        [
            .. claimed
                .OrderBy(each => each.Value.Id, StringComparer.Ordinal)
                .Select(each => (each.Key, told[each.Value.Id])),
        ];
        foreach (var batch in ImageMessage.Batches(alerts, each => each.Alert.Team))
            await PublishBatchAsync(batch, cancellation).ConfigureAwait(false);
    }

    private async Task<IReadOnlyDictionary<BatchImage, Alert>> ClaimAsync(
        IReadOnlyList<BatchImage> images,
        CancellationToken cancellation
    )
    {
        var claimed = new ConcurrentDictionary<BatchImage, Alert>();
        await BatchImage
            .EachAsync(
                images,
                async image =>
                {
                    if (
                        Alert.For(image.Judged!.Entry.Record) is { } alert
                        && await claims.ClaimAlertAsync(image.Image, alert.Id, cancellation).ConfigureAwait(false)
                    )
                        claimed[image] = alert;
                },
                log,
                cancellation
            )
            .ConfigureAwait(false);
        return claimed;
    }

    private async Task PublishBatchAsync(
        IReadOnlyList<(BatchImage Image, Alert Alert)> batch,
        CancellationToken cancellation
    )
    {
        var ids = batch.ToDictionary(each => each.Image, each => each.Alert.Id);
        try
        {
            await notifier
                .AlertAsync(ImageMessage.ForBatch([.. batch.Select(each => ImageAlert.Of(each.Alert))]), cancellation)
                .ConfigureAwait(false);
        }
        catch (Exception unpublished)
        {
            log.Error(
                "An alert could not be published; its images are left to the next try.",
                unpublished,
                ("alerts", batch.Count.ToString(CultureInfo.InvariantCulture))
            );
            foreach (var image in ids.Keys)
                image.Fail();
            await BatchImage
                .EachAsync(
                    ids.Keys,
                    image => claims.ReleaseAlertAsync(image.Image, ids[image], CancellationToken.None),
                    log,
                    CancellationToken.None
                )
                .ConfigureAwait(false);
            return;
        }
        await BatchImage
            .EachAsync(
                ids.Keys,
                image => claims.CloseAlertAsync(image.Image, ids[image], cancellation),
                log,
                cancellation
            )
            .ConfigureAwait(false);
    }
}
