using EcrGuard.Aws.Facts;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Images;

namespace EcrGuard.Lambda.Flow.Deciding;

/// <summary>
/// Reads the facts of an image, decides and records. Every function that decides uses this path. Tags come later: they
/// may have to wait for their turn, and neither the answer to a gate nor an alert may wait for that.
/// </summary>
public sealed class ImageDecider(
    EcrReader registry,
    PlatformDecider platforms,
    IndexDecider indexes,
    ImageRecords images,
    TimeProvider time
)
{
    /// <inheritdoc cref="JudgeAsync(ImageFacts, LedgerEntry?, DecisionTrigger, CancellationToken)"/>
    public async Task<JudgedImage?> JudgeAsync(
        ImageId id,
        LedgerEntry? before,
        DecisionTrigger trigger,
        CancellationToken cancellation
    )
    {
        var readAt = time.GetUtcNow();
        if (await registry.ImageAsync(id, cancellation).ConfigureAwait(false) is { } image)
            return await JudgeAsync(image, before, trigger, cancellation).ConfigureAwait(false);
        await images.MarkGoneAsync(id, readAt, because: null, cancellation).ConfigureAwait(false);
        return null;
    }

    /// <param name="before">What the ledger holds about the image; null for nothing.</param>
    /// <returns>Null if the image is gone or is not an image.</returns>
    public Task<JudgedImage?> JudgeAsync(
        ImageFacts image,
        LedgerEntry? before,
        DecisionTrigger trigger,
        CancellationToken cancellation
    ) =>
        image.Kind == ImageKind.Index
            ? indexes.JudgeAsync(image, before, trigger, cancellation)
            : platforms.JudgeAsync(image, before, trigger, cancellation);
}
