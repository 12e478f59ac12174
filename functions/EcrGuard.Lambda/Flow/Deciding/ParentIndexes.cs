using EcrGuard.Aws.Facts;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Images;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Lambda.Flow.Deciding;

/// <summary>The indexes that hold an image.</summary>
public sealed class ParentIndexes(
    ManifestRecords manifests,
    EcrReader registry,
    EffectivePolicy policy,
    TimeProvider time
)
{
    public async Task<IReadOnlyList<ImageId>> OfAsync(ImageId child, CancellationToken cancellation)
    {
        var indexes = await manifests.IndexesOfAsync(child, cancellation).ConfigureAwait(false);
        return [.. indexes.Select(index => child with { Digest = index })];
    }

    /// <summary>
    /// Whether an index alerts for its child. Nobody knows an untagged child by a name, so the alert is about the index
    /// and names the platform.
    /// </summary>
    /// <param name="deciding">The index that is being decided, which may not be in the ledger yet; null for
    ///     none.</param>
    public async Task<bool> AlertForAsync(ImageId child, Digest? deciding, CancellationToken cancellation)
    {
        var records = await manifests.IndexRecordsOfAsync(child, cancellation).ConfigureAwait(false);
        if (deciding is not null && records.All(index => index.Verdict.Image.Digest != deciding))
            return true;
        foreach (var index in records)
        {
            var isDeciding = index.Verdict.Image.Digest == deciding;
            var counting = index with
            {
                Gone = index.Gone && !isDeciding,
                Forced = policy.Document.Counting(index.Forced),
            };
            if (
                counting.SpeaksForItsChildren(time.GetUtcNow())
                && (isDeciding || await IsThereAsync(index.Verdict.Image, cancellation).ConfigureAwait(false))
            )
                return true;
        }
        return false;
    }

    /// <summary>
    /// Whether an index still exists. A deleted index alerts for no child, and the event of its deletion may be late or
    /// lost.
    /// </summary>
    private async Task<bool> IsThereAsync(ImageId index, CancellationToken cancellation) =>
        await registry.ImageAsync(index, cancellation).ConfigureAwait(false) is not null;
}
