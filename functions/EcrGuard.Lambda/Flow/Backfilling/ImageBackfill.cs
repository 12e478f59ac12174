using EcrGuard.Aws.Actions;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Images;
using EcrGuard.Core.Use;
using EcrGuard.Core.Verdicts;
using EcrGuard.Lambda.Flow.Deciding;

namespace EcrGuard.Lambda.Flow.Backfilling;

/// <summary>An image that the backfill has handled.</summary>
/// <param name="Status">Null if it is not an image.</param>
/// <param name="Judged">Null if it was judged before.</param>
/// <param name="Before">What the ledger held about it before; null for nothing.</param>
public sealed record BackfilledImage(Status? Status, JudgedImage? Judged, LedgerEntry? Before);

/// <summary>Judges an image that was there before EcrGuard.</summary>
public sealed class ImageBackfill(
    ImageDecider decider,
    ImageMarker marker,
    ImageRecords records,
    RecheckSender rechecks
)
{
    /// <param name="startedAt">When the backfill began. An image that was judged since then is done.</param>
    public async Task<BackfilledImage> JudgeAsync(
        ImageFacts image,
        DateTimeOffset startedAt,
        CancellationToken cancellation
    )
    {
        var before = await records.FindAsync(image.Id, cancellation).ConfigureAwait(false);
        if (before is { Open: false, Record: { Gone: false, ScanningChanged: false } } && before.FactsAt >= startedAt)
            return new BackfilledImage(before.Record.Verdict.Status, null, before);
        // The ledger knows the image already, or it was pushed after EcrGuard came. Then its alert stays open, and its
        // event publishes the alert.
        var trigger = new DecisionTrigger([]) { Alerting = before is not null || image.PushedAt >= startedAt };
        var judged = await decider.JudgeAsync(image, before, trigger, cancellation).ConfigureAwait(false);
        return new BackfilledImage(judged?.Entry.Record.Verdict.Status, judged, before);
    }

    /// <summary>Does what follows from the verdicts on an image and its children.</summary>
    public async Task FollowAsync(JudgedImage judged, LedgerEntry? before, CancellationToken cancellation)
    {
        IReadOnlyList<JudgedImage> all = [.. judged.Children, judged];
        foreach (var unsettled in all.Where(each => each.LookAt is not null))
            await rechecks.SendAsync(unsettled.Image, unsettled.LookAt!.Value, cancellation).ConfigureAwait(false);
        var marked = new List<(JudgedImage Judged, LedgerEntry Entry)>();
        foreach (var each in all)
            marked.Add((each, await MarkAsync(each, cancellation).ConfigureAwait(false)));
        foreach (var (done, entry) in marked.Where(each => each.Entry.Open))
        {
            // An event may have left work open for indexes that are already done here. That event finishes it.
            if (before?.Open != true || done.Indexes.Count == 0)
                await records.DoneAsync(done.Image, entry.Revision, cancellation).ConfigureAwait(false);
        }
    }

    private Task<LedgerEntry> MarkAsync(JudgedImage judged, CancellationToken cancellation) =>
        marker.MarkAsync(
            judged.Facts,
            judged.Entry,
            UseState.Unknown,
            UseState.Unknown,
            DateTimeOffset.MaxValue,
            cancellation
        );
}
