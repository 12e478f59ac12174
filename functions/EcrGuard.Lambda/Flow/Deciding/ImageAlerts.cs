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
    /// <param name="works">The images whose records have an open alert.</param>
    internal async Task PublishAsync(IReadOnlyList<Work> works, CancellationToken cancellation)
    {
        var claimed = await ClaimAsync(works, cancellation).ConfigureAwait(false);
        var told = await facts.OfAsync([.. claimed.Values], cancellation).ConfigureAwait(false);
        (Work Work, Alert Alert)[] alerts =
        [
            .. claimed
                .OrderBy(each => each.Value.Id, StringComparer.Ordinal)
                .Select(each => (each.Key, told[each.Value.Id])),
        ];
        foreach (var batch in ImageAlert.Batches(alerts, each => each.Alert.Team))
            await PublishBatchAsync(batch, cancellation).ConfigureAwait(false);
    }

    private async Task<IReadOnlyDictionary<Work, Alert>> ClaimAsync(
        IReadOnlyList<Work> works,
        CancellationToken cancellation
    )
    {
        var claimed = new ConcurrentDictionary<Work, Alert>();
        await Work.EachAsync(
                works,
                async work =>
                {
                    if (
                        Alert.For(work.Judged!.Entry.Record) is { } alert
                        && await claims.ClaimAlertAsync(work.Image, alert.Id, cancellation).ConfigureAwait(false)
                    )
                        claimed[work] = alert;
                },
                log,
                cancellation
            )
            .ConfigureAwait(false);
        return claimed;
    }

    private async Task PublishBatchAsync(IReadOnlyList<(Work Work, Alert Alert)> batch, CancellationToken cancellation)
    {
        var ids = batch.ToDictionary(each => each.Work, each => each.Alert.Id);
        try
        {
            await notifier
                .AlertAsync(ImageAlert.ForBatch([.. batch.Select(each => each.Alert)]), cancellation)
                .ConfigureAwait(false);
        }
        catch (Exception unpublished)
        {
            log.Error(
                "An alert could not be published; its images are left to the next try.",
                unpublished,
                ("alerts", batch.Count.ToString(CultureInfo.InvariantCulture))
            );
            foreach (var work in ids.Keys)
                work.Fail();
            await Work.EachAsync(
                    ids.Keys,
                    work => claims.ReleaseAlertAsync(work.Image, ids[work], CancellationToken.None),
                    log,
                    CancellationToken.None
                )
                .ConfigureAwait(false);
            return;
        }
        await Work.EachAsync(
                ids.Keys,
                work => claims.CloseAlertAsync(work.Image, ids[work], cancellation),
                log,
                cancellation
            )
            .ConfigureAwait(false);
    }
}
