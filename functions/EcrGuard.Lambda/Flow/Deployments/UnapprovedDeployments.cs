using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Reports;
using EcrGuard.Core.Reports.Alerts;
using EcrGuard.Core.Use;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Lambda.Flow.Deployments;

/// <summary>Tells that an image runs that has no valid approval.</summary>
public sealed class UnapprovedDeployments(
    ImageRecords images,
    ManifestRecords manifests,
    RegistryDocuments documents,
    Notices notices,
    PolicyDocument policy,
    TimeProvider time
)
{
    public async Task TellAsync(ImageId image, Consumer by, DateTimeOffset seenAt, CancellationToken cancellation)
    {
        if (!RepositoryHistory.Runs(by))
            return;
        var now = time.GetUtcNow();
        var own = (await images.FindAsync(image, cancellation).ConfigureAwait(false))?.Record;
        if (own is { Gone: false } && own.AsOf(now, policy).Verdict.Approved)
            return;
        // Whoever deploys an index runs one of its platforms.
        var indexes = await manifests.IndexRecordsOfAsync(image, cancellation).ConfigureAwait(false);
        List<ImageRecord> known = [.. indexes.Append(own).OfType<ImageRecord>()];
        var judged = known.Where(record => !record.Gone).Select(record => record.AsOf(now, policy)).ToList();
        if (judged.Exists(record => record.Verdict.Approved))
            return;
        // An image that is gone from the registry can only run where it was pulled before.
        if (judged.Count == 0 && known.Count > 0)
            return;
        // Until the backfill has reached every image, an image that nobody has judged was there before EcrGuard.
        if (judged.Count == 0 && !await BackfillState.IsDoneAsync(documents, cancellation).ConfigureAwait(false))
            return;
        var record = judged.MinBy(record => record.Verdict.Status);
        await notices.PublishOnceAsync(DeployedAlert.Of(image, by, record, seenAt), cancellation).ConfigureAwait(false);
    }
}
