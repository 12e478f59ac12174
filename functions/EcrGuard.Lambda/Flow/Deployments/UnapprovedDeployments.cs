using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Reports;
using EcrGuard.Core.Reports.Alerts;
using EcrGuard.Core.Use;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Lambda.Flow.Deployments;

/// <summary>Says that something runs an image for which no approval stands.</summary>
public sealed class UnapprovedDeployments(
    ImageRecords images,
    ManifestRecords manifests,
    TimedNotices notices,
    PolicyDocument policy,
    TimeProvider time
)
{
    public async Task TellAsync(ImageId image, Consumer by, DateTimeOffset seenAt, CancellationToken cancellation)
    {
        if (!RepositoryHistory.Runs(by))
            return;
        var now = time.GetUtcNow();
        var entry = await images.FindAsync(image, cancellation).ConfigureAwait(false);
        // Who deploys an index runs one of its platforms.
        var judged = (await manifests.IndexRecordsOfAsync(image, cancellation).ConfigureAwait(false))
            .Append(entry?.Record)
            .OfType<ImageRecord>()
            .Where(record => !record.Gone)
            .Select(record => record.AsOf(now, policy))
            .ToList();
        // What nobody has judged yet was there before EcrGuard: the backfill or the sweep comes to it.
        if (judged.Count == 0 || judged.Exists(record => record.Verdict.Approved))
            return;
        var message = DeployedAlert.Of(image, by, judged.MinBy(record => record.Verdict.Status)!, seenAt);
        await notices
            .PublishOnceAsync(image.Repository, message.Id, () => Task.FromResult(message), cancellation)
            .ConfigureAwait(false);
    }
}
