using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Reports.Alerts;
using EcrGuard.Core.Use;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Lambda.Flow;

/// <summary>Finds notices that are due because time has passed, not because a status has changed.</summary>
public sealed class TimedNotices(
    ImageRecords images,
    ManifestRecords manifests,
    PolicyDocument policy,
    TimeProvider time
)
{
    /// <summary>
    /// What is due for an image. It is asked for every image each day. It costs no call if no clock runs and nothing
    /// was forced.
    /// </summary>
    /// <param name="entry">The image's entry in the ledger.</param>
    public async Task<IReadOnlyList<ImageNews>> DueAsync(
        LedgerEntry entry,
        ImageUsage usage,
        CancellationToken cancellation
    )
    {
        var due = new List<ImageNews>();
        if (await GraceAsync(entry, usage, cancellation).ConfigureAwait(false) is { } grace)
            due.Add(grace);
        var (record, now) = (entry.Record, time.GetUtcNow());
        if (record.Forced is { } forced && forced.HasEndedLately(now))
            due.Add(BreakGlassAlert.Of(new ForcedApprovalNotice(record, forced, true), now));
        return due;
    }

    /// <summary>
    /// Moves the clock of a blocked image forward by what is known about its use, and gives what is due.
    /// </summary>
    private async Task<ImageNews?> GraceAsync(LedgerEntry entry, ImageUsage usage, CancellationToken cancellation)
    {
        var record = entry.Record;
        if (record.Grace is not { } stood || record.Gone)
            return null;
        var (image, now) = (record.Verdict.Image, time.GetUtcNow());
        var grace = stood.Seen(usage.Now, policy, now);
        if (grace != stood)
            await images.NoteGraceAsync(image, entry.Revision, grace, cancellation).ConfigureAwait(false);
        if (grace?.Due(now) is not { } stage || usage.Now != UseState.InUse)
            return null;
        // Nobody knows the child of an index by a name. Its index has the same clock, and names the platform.
        if (
            record.Tags.Count == 0
            && (await manifests.IndexRecordsOfAsync(image, cancellation).ConfigureAwait(false)).Any(index =>
                !index.Gone
            )
        )
            return null;
        return GraceAlert.Of(new GraceNotice(stage, record, grace, usage), now);
    }
}
