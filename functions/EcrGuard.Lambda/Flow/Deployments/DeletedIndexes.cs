using EcrGuard.Aws.Facts;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Images;
using EcrGuard.Core.Use;

namespace EcrGuard.Lambda.Flow.Deployments;

/// <summary>
/// Keeps what an index runs when its team deletes the index. The index held its platform images, and then nothing holds
/// them. They are recorded as in use and shielded at once, not at the next sweep.
/// </summary>
public sealed class DeletedIndexes(
    EcrReader registry,
    ManifestRecords manifests,
    UsageReader usages,
    DeploymentRecorder recorder,
    UnapprovedDeployments unapproved,
    DeploymentFollower follower
)
{
    /// <summary>
    /// Handles the deletion of an image. Most images are no index: that costs one read of the ledger.
    /// </summary>
    public async Task FollowAsync(ImageId index, CancellationToken cancellation)
    {
        var platforms = await manifests
            .PlatformsAsync(index.Repository, [index.Digest], cancellation)
            .ConfigureAwait(false);
        // The event of a deleted tag looks the same, and an index may be pushed again.
        if (platforms.Count == 0 || await registry.ImageAsync(index, cancellation).ConfigureAwait(false) is not null)
            return;
        var read = await usages.LatestAsync(cancellation).ConfigureAwait(false);
        var known = await usages.KnownAsync(index.Repository, read, cancellation).ConfigureAwait(false);
        var left = UseHistory.LeftBy(index, known, platforms);
        foreach (var use in left)
            await recorder.RecordAsync(use, use.SeenAt!.Value, cancellation).ConfigureAwait(false);
        var untold = await unapproved
            .TellAsync([.. left.Select(use => (use, use.SeenAt!.Value))], cancellation)
            .ConfigureAwait(false);
        // An image that was shielded through its index is no longer shielded, whatever is recorded about it.
        foreach (var use in left.Where(use => !untold.Contains(use)))
            await follower.FollowAsync(use, use.SeenAt!.Value, cancellation).ConfigureAwait(false);
        if (untold.Count > 0)
            throw new InvalidOperationException(
                $"Of {Phrase.Count(untold.Count, "platform")} of the deleted index that runs could not be told."
            );
    }
}
