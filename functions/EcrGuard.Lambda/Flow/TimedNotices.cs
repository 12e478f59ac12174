using EcrGuard.Aws.Actions;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Reports;
using EcrGuard.Core.Reports.Alerts;
using EcrGuard.Core.Use;
using EcrGuard.Core.Verdicts;
using EcrGuard.Lambda.Flow.Deciding;

namespace EcrGuard.Lambda.Flow;

/// <summary>
/// What is said once because time has passed, not because a status has changed. Whoever says it claims it first, so
/// that it is said twice only if the function dies between publishing and recording.
/// </summary>
public sealed class TimedNotices(
    ImageRecords images,
    ManifestRecords manifests,
    AlertFacts facts,
    AlertClaims claims,
    Notifier notifier,
    PolicyDocument policy,
    TimeProvider time
)
{
    /// <summary>
    /// Says what is due of an image. Called for every image, each day: it costs no call where no clock runs and nothing
    /// was forced.
    /// </summary>
    /// <param name="entry">What stands in the ledger.</param>
    public async Task SayAsync(LedgerEntry entry, ImageUsage usage, CancellationToken cancellation)
    {
        await GraceAsync(entry, usage, cancellation).ConfigureAwait(false);
        var (record, now) = (entry.Record, time.GetUtcNow());
        if (record.Forced is { } forced && forced.HasEndedLately(now))
            await BreakGlassAsync(record, forced, ended: true, cancellation).ConfigureAwait(false);
    }

    /// <summary>Says that an approval is forced, or has ended.</summary>
    public Task BreakGlassAsync(ImageRecord record, ForcedApproval forced, bool ended, CancellationToken cancellation)
    {
        var image = record.Verdict.Image;
        var instead = record.Verdict.WithoutBreakGlass().Status;
        var notice = new ForcedApprovalNotice(image, record.Tags, forced, instead, ended);
        return PublishOnceAsync(image.Repository, notice.Id, team => BreakGlassAlert.For(notice, team), cancellation);
    }

    /// <summary>Says that an image was released, or restored by somebody else.</summary>
    public Task QuarantineAsync(QuarantineNotice notice, CancellationToken cancellation) =>
        PublishOnceAsync(
            notice.Record.Verdict.Image.Repository,
            notice.Id,
            team => QuarantineAlert.For(notice, team),
            cancellation
        );

    /// <summary>Moves the clock of a blocked image on by what is known of its use, and says what is due.</summary>
    private async Task GraceAsync(LedgerEntry entry, ImageUsage usage, CancellationToken cancellation)
    {
        var record = entry.Record;
        if (record.Grace is not { } stood || record.Gone)
            return;
        var (image, now) = (record.Verdict.Image, time.GetUtcNow());
        var grace = stood.Seen(usage.Now, policy, now);
        if (grace != stood)
            await images.NoteGraceAsync(image, entry.Revision, grace, cancellation).ConfigureAwait(false);
        if (grace?.Due(now) is not { } stage || usage.Now != UseState.InUse)
            return;
        // The child of an index has no name that anybody knows it by: its index has the same clock, and names the
        // platform.
        if (
            record.Tags.Count == 0
            && (await manifests.IndexRecordsOfAsync(image, cancellation).ConfigureAwait(false)).Any(index =>
                !index.Gone
            )
        )
            return;
        await PublishOnceAsync(
                image.Repository,
                GraceNotice.Id(image, stage, grace),
                team => GraceAlert.For(new GraceNotice(stage, record, grace, usage, team)),
                cancellation
            )
            .ConfigureAwait(false);
    }

    /// <summary>Publishes an alert, unless it was published before or somebody is about to.</summary>
    /// <param name="id">That of the message.</param>
    /// <param name="message">Makes it for the team that owns the repository; null where none is known.</param>
    public async Task PublishOnceAsync(
        RepositoryId repository,
        string id,
        Func<string?, AlertMessage> message,
        CancellationToken cancellation
    )
    {
        if (!await claims.ClaimNoticeAsync(repository, id, cancellation).ConfigureAwait(false))
            return;
        try
        {
            var team = await facts.TeamAsync(repository, cancellation).ConfigureAwait(false);
            await notifier.AlertAsync(message(team), cancellation).ConfigureAwait(false);
        }
        catch
        {
            await claims.ReleaseNoticeAsync(repository, id, CancellationToken.None).ConfigureAwait(false);
            throw;
        }
        await claims.CloseNoticeAsync(repository, id, cancellation).ConfigureAwait(false);
    }
}
