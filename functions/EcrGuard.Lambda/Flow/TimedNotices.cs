using EcrGuard.Aws.Actions;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Reports;
using EcrGuard.Core.Reports.Alerts;
using EcrGuard.Core.Use;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Lambda.Flow;

/// <summary>
/// Sends notices that are due because time has passed, not because a status has changed. Whoever sends a notice claims
/// it first. So it is sent twice only if the function dies after publishing and before recording.
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
    /// Tells what is due for an image. It is called for every image each day. It costs no call if no clock runs and
    /// nothing was forced.
    /// </summary>
    /// <param name="entry">The image's entry in the ledger.</param>
    public async Task SayAsync(LedgerEntry entry, ImageUsage usage, CancellationToken cancellation)
    {
        await GraceAsync(entry, usage, cancellation).ConfigureAwait(false);
        var (record, now) = (entry.Record, time.GetUtcNow());
        if (record.Forced is { } forced && forced.HasEndedLately(now))
            await BreakGlassAsync(record, forced, ended: true, cancellation).ConfigureAwait(false);
    }

    /// <summary>Tells that an approval was forced or has ended.</summary>
    public Task BreakGlassAsync(
        ImageRecord record,
        ForcedApproval forced,
        bool ended,
        CancellationToken cancellation
    ) =>
        PublishOnceAsync(
            BreakGlassAlert.Of(new ForcedApprovalNotice(record, forced, ended), time.GetUtcNow()),
            cancellation
        );

    /// <summary>Tells that an image was released, or was restored by somebody else.</summary>
    public Task QuarantineAsync(QuarantineNotice notice, CancellationToken cancellation) =>
        PublishOnceAsync(QuarantineAlert.Of(notice, time.GetUtcNow()), cancellation);

    /// <summary>
    /// Moves the clock of a blocked image forward by what is known about its use, and tells what is due.
    /// </summary>
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
        // Nobody knows the child of an index by a name. Its index has the same clock, and names the platform.
        if (
            record.Tags.Count == 0
            && (await manifests.IndexRecordsOfAsync(image, cancellation).ConfigureAwait(false)).Any(index =>
                !index.Gone
            )
        )
            return;
        await PublishOnceAsync(GraceAlert.Of(new GraceNotice(stage, record, grace, usage), now), cancellation)
            .ConfigureAwait(false);
    }

    /// <summary>
    /// Publishes news of an image, unless it was published before or somebody else is about to publish it.
    /// </summary>
    public async Task PublishOnceAsync(ImageNews news, CancellationToken cancellation)
    {
        if (!await claims.ClaimNoticeAsync(news.Image.Repository, news.Id, cancellation).ConfigureAwait(false))
            return;
        await SendAsync(
                news.Image.Repository,
                news.Id,
                async () => ImageMessage.For(await facts.OfAsync(news, cancellation).ConfigureAwait(false)),
                cancellation
            )
            .ConfigureAwait(false);
    }

    /// <summary>The same with a message that is about no single verdict.</summary>
    /// <param name="id">The id of the message.</param>
    /// <param name="message">Makes the message for the team that owns the repository; the team is null if none is
    ///     known.</param>
    public async Task PublishOnceAsync(
        RepositoryId repository,
        string id,
        Func<string?, AlertMessage> message,
        CancellationToken cancellation
    )
    {
        if (!await claims.ClaimNoticeAsync(repository, id, cancellation).ConfigureAwait(false))
            return;
        await SendAsync(
                repository,
                id,
                async () => message(await facts.TeamAsync(repository, cancellation).ConfigureAwait(false)),
                cancellation
            )
            .ConfigureAwait(false);
    }

    /// <summary>Sends a claimed notice.</summary>
    private async Task SendAsync(
        RepositoryId repository,
        string id,
        Func<Task<AlertMessage>> message,
        CancellationToken cancellation
    )
    {
        try
        {
            await notifier.AlertAsync(await message().ConfigureAwait(false), cancellation).ConfigureAwait(false);
        }
        catch
        {
            await claims.ReleaseNoticeAsync(repository, id, CancellationToken.None).ConfigureAwait(false);
            throw;
        }
        await claims.CloseNoticeAsync(repository, id, cancellation).ConfigureAwait(false);
    }
}
