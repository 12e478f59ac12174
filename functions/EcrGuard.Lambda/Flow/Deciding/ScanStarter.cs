using EcrGuard.Aws.Actions;
using EcrGuard.Aws.Facts;
using EcrGuard.Core.Images;

namespace EcrGuard.Lambda.Flow.Deciding;

/// <summary>
/// Starts a basic scan that nothing else starts. Not every image arrives by a push that is scanned. ECR starts at most
/// one scan a day for an image.
/// </summary>
public sealed class ScanStarter(EcrReader registry, RepositoryWriter writer, EffectivePolicy policy)
{
    /// <returns>Whether a scan has started.</returns>
    public async Task<bool> TryAsync(ImageId image, CancellationToken cancellation) =>
        policy.MayMark(image.Repository)
        && await registry.ScanTypeAsync(cancellation).ConfigureAwait(false) == Scanner.Basic
        && await writer.StartScanAsync(image, cancellation).ConfigureAwait(false) is null;
}
