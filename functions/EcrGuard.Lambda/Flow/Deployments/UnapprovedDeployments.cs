using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Reports;
using EcrGuard.Core.Reports.Alerts;
using EcrGuard.Core.Use;
using EcrGuard.Core.Verdicts;
using EcrGuard.Lambda.Flow.Backfilling;

namespace EcrGuard.Lambda.Flow.Deployments;

/// <summary>Tells that an image runs that has no valid approval.</summary>
public sealed class UnapprovedDeployments(
    ImageRecords images,
    ManifestRecords manifests,
    RegistryDocuments documents,
    TimedNotices notices,
    PolicyDocument policy,
    TimeProvider time
)
{
    public async Task TellAsync(ImageId image, Consumer by, DateTimeOffset seenAt, CancellationToken cancellation)
    {
        if (!RepositoryHistory.Runs(by))
            return;
        var known = await KnownAsync(image, cancellation).ConfigureAwait(false);
        var now = time.GetUtcNow();
        var judged = known.Where(record => !record.Gone).Select(record => record.AsOf(now, policy)).ToList();
        if (judged.Exists(record => record.Verdict.Approved))
            return;
        // An image that is gone from the registry can only run where it was pulled before.
        if (judged.Count == 0 && known.Count > 0)
            return;
        // Until the backfill has reached every image, an image that nobody has judged was there before EcrGuard.
        if (judged.Count == 0 && !await IsBackfilledAsync(cancellation).ConfigureAwait(false))
            return;
        var record = judged.MinBy(record => record.Verdict.Status);
        await notices
            .PublishOnceAsync(
                image.Repository,
                DeployedAlert.IdOf(image, by, record),
                team => DeployedAlert.Of(image, by, record, seenAt, team),
                cancellation
            )
            .ConfigureAwait(false);
    }

    /// <summary>
    /// The records of an image and of the indexes that hold it. Whoever deploys an index runs one of its platforms.
    /// </summary>
    private async Task<List<ImageRecord>> KnownAsync(ImageId image, CancellationToken cancellation)
    {
        var entry = await images.FindAsync(image, cancellation).ConfigureAwait(false);
        var indexes = await manifests.IndexRecordsOfAsync(image, cancellation).ConfigureAwait(false);
        return [.. indexes.Append(entry?.Record).OfType<ImageRecord>()];
    }

    private async Task<bool> IsBackfilledAsync(CancellationToken cancellation) =>
        (await documents.FindAsync(BackfillState.Form, cancellation).ConfigureAwait(false)).Value?.DoneAt is not null;
}
