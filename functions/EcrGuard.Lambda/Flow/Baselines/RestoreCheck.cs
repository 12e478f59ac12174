using EcrGuard.Aws.Facts;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Baselines;
using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Use;

namespace EcrGuard.Lambda.Flow.Baselines;

/// <summary>Finds out whether the lifecycle policy from before EcrGuard would take images in use.</summary>
public sealed class RestoreCheck(
    UsageReader usageReader,
    EcrReader registry,
    ManifestRecords manifests,
    PolicyDocument policy,
    TimeProvider time
)
{
    /// <summary>
    /// Reads now what runs. A restore may come at any hour, and a reading that is a day old does not prove that an
    /// image is not in use.
    /// </summary>
    /// <returns>Null if the policy would take no image in use, or the repository is gone.</returns>
    public async Task<Exposure?> ExposureAsync(RepositoryId id, string lifecycle, CancellationToken cancellation)
    {
        var read = await usageReader.ReadAsync(cancellation).ConfigureAwait(false);
        if (await registry.ContentsAsync(id, manifests, cancellation).ConfigureAwait(false) is not { } contents)
            return null;
        var use = await usageReader.OfAsync(contents, read, cancellation).ConfigureAwait(false);
        var now = time.GetUtcNow();
        return Exposure.Of(lifecycle, contents, InUse.Of(use, contents, policy.Consumers, now), now);
    }
}
