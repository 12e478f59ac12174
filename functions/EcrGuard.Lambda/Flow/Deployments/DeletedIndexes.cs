using EcrGuard.Aws.Facts;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Images;
using EcrGuard.Core.Use;

namespace EcrGuard.Lambda.Flow.Deployments;

/// <summary>
/// What ran an index runs on when its team deletes it. The index held its platforms, and nothing does then: they are
/// recorded as in use and shielded at once, not at the next sweep.
/// </summary>
public sealed class DeletedIndexes(
    EcrReader registry,
    ManifestRecords manifests,
    UsageReader usages,
    DeploymentRecorder recorder,
    DeploymentFollower follower
)
{
    /// <summary>Follows the deletion of an image. Most are no index: that costs a read of the ledger.</summary>
    public async Task FollowAsync(ImageId index, CancellationToken cancellation)
    {
        var platforms = await manifests
            .PlatformsAsync(index.Repository, [index.Digest], cancellation)
            .ConfigureAwait(false);
        // A tag that was deleted tells the same, and an index may be pushed again.
        if (platforms.Count == 0 || await registry.ImageAsync(index, cancellation).ConfigureAwait(false) is not null)
            return;
        var read = await usages.LatestAsync(cancellation).ConfigureAwait(false);
        var known = await usages.KnownAsync(index.Repository, read, cancellation).ConfigureAwait(false);
        var left = UseHistory.LeftBy(index, known, platforms);
        foreach (var use in left)
            await recorder.RecordAsync(use, use.SeenAt!.Value, cancellation).ConfigureAwait(false);
        // What was shielded by its index is shielded no more, whatever is recorded of it.
        foreach (var use in left)
            await follower.FollowAsync(use, use.SeenAt!.Value, cancellation).ConfigureAwait(false);
    }
}
