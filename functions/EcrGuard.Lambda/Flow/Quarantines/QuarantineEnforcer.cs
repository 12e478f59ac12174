using EcrGuard.Aws.Actions;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Plans;
using EcrGuard.Core.Reports;
using EcrGuard.Lambda.Hosting;

namespace EcrGuard.Lambda.Flow.Quarantines;

/// <summary>
/// Takes a blocked image that nothing uses out of reach, and puts it back when it is approved or released. Sweeps and
/// orders take, by the use that the last sweep has read and by what was deployed since. Putting back needs no use, so
/// that whoever decides an image puts it back at once.
/// </summary>
public sealed class QuarantineEnforcer(
    QuarantinePlanner planner,
    QuarantineWriter writer,
    ImageRecords images,
    QuarantineRecords records,
    TimedNotices notices,
    EffectivePolicy policy,
    Log log
)
{
    /// <summary>Nothing runs away: a quarantine has few steps.</summary>
    private const int MaxRounds = 20;

    /// <summary>
    /// Makes an image's steps until there are none, each planned from facts read immediately before it.
    /// </summary>
    /// <param name="entry">What stands in the ledger; if it no longer does, it is read again.</param>
    /// <param name="takes">False for an event: what is to be taken out of reach is left to the sweep.</param>
    /// <returns>Why something that should be done cannot be, or what is waited for; null if all is well.</returns>
    public Task<string?> HoldAsync(LedgerEntry entry, bool takes, CancellationToken cancellation) =>
        HoldAsync(entry, takes ? planner.Surroundings() : null, cancellation);

    /// <param name="around">Null for an event, which takes nothing out of reach.</param>
    /// <inheritdoc cref="HoldAsync(LedgerEntry, bool, CancellationToken)"/>
    internal async Task<string?> HoldAsync(LedgerEntry entry, Surroundings? around, CancellationToken cancellation)
    {
        var image = entry.Record.Verdict.Image;
        for (var round = 0; round < MaxRounds; round++)
        {
            if (
                !policy.MayQuarantine(entry.Record, entry.Quarantine)
                || await planner.PlanAsync(entry, around, cancellation).ConfigureAwait(false) is not { } planned
            )
                return null;
            var plan = planned.Plan;
            if (plan.RestoredByOthers)
                await notices
                    .QuarantineAsync(
                        QuarantineNotice.OfRestore(planned.Image, entry.Record, entry.Quarantine!, plan),
                        cancellation
                    )
                    .ConfigureAwait(false);
            if (plan.Next is null && Equals(plan.Record, entry.Quarantine))
            {
                if (plan.Why is { } why)
                    log.Info("An image is not where its verdict wants it.", ("image", image.ToString()), ("why", why));
                return plan.Why;
            }
            if (await StepAsync(entry, plan, around, cancellation).ConfigureAwait(false) is { } refusal)
                return refusal;
            if (await images.FindAsync(image, cancellation).ConfigureAwait(false) is not { } now)
                return null;
            entry = now;
        }
        throw new InvalidOperationException(
            $"The quarantine of {image} could not be carried out: its facts kept changing."
        );
    }

    /// <returns>Why ECR refused the step; null if it was made, or is to be planned again.</returns>
    private async Task<string?> StepAsync(
        LedgerEntry entry,
        QuarantinePlan plan,
        Surroundings? around,
        CancellationToken cancellation
    )
    {
        if (plan.Next is null)
        {
            await records.StoreAsync(entry, plan.Record!, cancellation).ConfigureAwait(false);
            return null;
        }
        var refusal = await writer
            .MakeAsync(entry, plan, () => planner.PlanAsync(entry, around, cancellation), cancellation)
            .ConfigureAwait(false);
        if (refusal is not null)
            log.Warning(
                "ECR refused to take an image out of reach, or to put it back.",
                ("image", entry.Record.Verdict.Image.ToString()),
                ("why", refusal)
            );
        return refusal;
    }
}
