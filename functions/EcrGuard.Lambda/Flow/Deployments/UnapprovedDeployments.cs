using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Reports;
using EcrGuard.Core.Reports.Alerts;
using EcrGuard.Core.Use;
using EcrGuard.Core.Verdicts;
using EcrGuard.Lambda.Hosting;

namespace EcrGuard.Lambda.Flow.Deployments;

/// <summary>Tells of images that run and have no valid approval.</summary>
public sealed class UnapprovedDeployments(
    ImageRecords images,
    ManifestRecords manifests,
    RegistryDocuments documents,
    Notices notices,
    PolicyDocument policy,
    TimeProvider time,
    Log log
)
{
    /// <summary>Tells of deployments. Where they are a crowd, they share messages.</summary>
    /// <returns>Those of which it could not be told, if it had to be.</returns>
    public async Task<IReadOnlySet<ConsumerReference>> TellAsync(
        IReadOnlyList<(ConsumerReference Use, DateTimeOffset SeenAt)> deployed,
        CancellationToken cancellation
    )
    {
        var (news, untold) = (new List<(ConsumerReference Use, ImageNews News)>(), new HashSet<ConsumerReference>());
        foreach (var (use, seenAt) in deployed)
        {
            try
            {
                if (await NewsAsync(use, seenAt, cancellation).ConfigureAwait(false) is { } own)
                    news.Add((use, own));
            }
            catch (Exception failure)
            {
                log.Error("Whether a deployment was approved is not known yet.", failure, ("of", $"{use.By}"));
                untold.Add(use);
            }
        }
        var left = await notices
            .PublishOnceAsync([.. news.Select(each => each.News)], cancellation)
            .ConfigureAwait(false);
        var ids = left.Select(each => each.Id).ToHashSet(StringComparer.Ordinal);
        untold.UnionWith(news.Where(each => ids.Contains(each.News.Id)).Select(each => each.Use));
        return untold;
    }

    /// <returns>Null where it needs no message.</returns>
    private async Task<ImageNews?> NewsAsync(
        ConsumerReference use,
        DateTimeOffset seenAt,
        CancellationToken cancellation
    )
    {
        if (!RepositoryHistory.Runs(use.By))
            return null;
        var image = new ImageId(use.Repository, use.Digest!);
        var now = time.GetUtcNow();
        var own = (await images.FindAsync(image, cancellation).ConfigureAwait(false))?.Record;
        if (own is { Gone: false } && own.AsOf(now, policy).Verdict.Approved)
            return null;
        // Whoever deploys an index runs one of its platforms.
        var indexes = await manifests.IndexRecordsOfAsync(image, cancellation).ConfigureAwait(false);
        List<ImageRecord> known = [.. indexes.Append(own).OfType<ImageRecord>()];
        var judged = known.Where(record => !record.Gone).Select(record => record.AsOf(now, policy)).ToList();
        if (judged.Exists(record => record.Verdict.Approved))
            return null;
        // An image that is gone from the registry can only run where it was pulled before.
        if (judged.Count == 0 && known.Count > 0)
            return null;
        // Until the backfill has reached every image, an image that nobody has judged was there before EcrGuard.
        if (judged.Count == 0 && !await BackfillState.IsDoneAsync(documents, cancellation).ConfigureAwait(false))
            return null;
        var record = judged.MinBy(record => record.Verdict.Status);
        return DeployedAlert.Of(image, use.By, record, seenAt);
    }
}
