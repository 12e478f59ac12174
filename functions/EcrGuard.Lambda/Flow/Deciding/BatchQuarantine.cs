using EcrGuard.Aws.Ledger;
using EcrGuard.Lambda.Flow.Quarantines;
using EcrGuard.Lambda.Hosting;

namespace EcrGuard.Lambda.Flow.Deciding;

/// <summary>Takes the images of a batch out of reach, or puts them back.</summary>
public sealed class BatchQuarantine(QuarantineEnforcer quarantines, EffectivePolicy policy, Log log)
{
    /// <param name="takes">Whether images are taken out of reach. They are put back in any case.</param>
    internal Task RunAsync(IEnumerable<BatchImage> images, bool takes, CancellationToken cancellation) =>
        BatchImage.EachAsync(
            images.Where(image => image is { Done: true, Judged: { } judged } && Concerns(judged.Entry, takes)),
            image => quarantines.HoldAsync(image.Judged!.Entry, takes, cancellation),
            log,
            cancellation
        );

    private bool Concerns(LedgerEntry entry, bool takes) =>
        takes
            ? policy.MayQuarantine(entry.Record, entry.Quarantine)
            : EffectivePolicy.MayPutBack(entry.Record, entry.Quarantine);
}
