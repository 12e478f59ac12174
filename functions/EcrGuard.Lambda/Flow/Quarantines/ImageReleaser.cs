using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Images;
using EcrGuard.Core.Plans;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Reports;
using EcrGuard.Core.Verdicts;
using EcrGuard.Lambda.Hosting;

namespace EcrGuard.Lambda.Flow.Quarantines;

/// <summary>Puts an image back into reach although its verdict wants it out of reach.</summary>
public sealed class ImageReleaser(
    QuarantineEnforcer enforcer,
    ImageRecords images,
    QuarantineRecords records,
    Notices notices,
    EffectivePolicy policy,
    TimeProvider time,
    Log log
)
{
    /// <summary>How often a store is tried while others store too.</summary>
    private const int Attempts = 8;

    /// <summary>
    /// Puts back an image that is blocked or not yet approved, and leaves it in reach as long as this status stands.
    /// </summary>
    /// <param name="by">Who asks, as Lambda names it.</param>
    /// <returns>Whether the image is released, and why not or what is still to come.</returns>
    public async Task<(bool Released, string? Left)> ReleaseAsync(
        ImageId image,
        string by,
        string reason,
        CancellationToken cancellation
    )
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            if (await images.FindAsync(image, cancellation).ConfigureAwait(false) is not { Record.Gone: false } entry)
                return (false, "The ledger knows no such image.");
            var wasHeld = entry.Quarantine is { State: not QuarantineState.Ended };
            if (entry.Record.Verdict.Status != Status.Blocked && !wasHeld)
                return (false, $"It is not blocked but {entry.Record.Verdict.Status.Word()}, and not out of reach.");
            if (policy.ModeOf(image.Repository) == EnforcementMode.Observe)
                return (
                    false,
                    wasHeld
                        ? QuarantinePlan.Observing
                        : "EcrGuard has not taken it out of reach, so that there is nothing to put back."
                );
            var released = Released(entry, by, reason);
            // Told before it is done: nobody may learn of it from the ledger first.
            await notices
                .QuarantineAsync(QuarantineNotice.OfRelease(entry.Record, released), cancellation)
                .ConfigureAwait(false);
            if (!await records.StoreAsync(entry, released, cancellation).ConfigureAwait(false))
                continue;
            log.Info("An image was released.", ("image", image.ToString()), ("by", by), ("reason", reason));
            var stored = entry with { Quarantine = released, QuarantineRevision = entry.QuarantineRevision + 1 };
            var left = await enforcer.HoldAsync(stored, takes: false, cancellation).ConfigureAwait(false);
            return (
                true,
                left ?? (wasHeld ? null : "EcrGuard had not taken it out of reach: nothing had to be put back.")
            );
        }
        throw new InvalidOperationException($"The release of {image} could not be stored: others kept storing.");
    }

    private Quarantine Released(LedgerEntry entry, string by, string reason)
    {
        var (now, change) = (time.GetUtcNow(), entry.Record.ChangeId);
        var current = entry.Quarantine is { State: not QuarantineState.Ended } held
            ? held
            : new Quarantine
            {
                State = QuarantineState.Ended,
                ChangeId = change,
                Since = now,
            };
        return current with { ChangeId = change, Release = new Release(by, now, reason) };
    }
}
