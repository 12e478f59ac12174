using EcrGuard.Aws.Actions;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Plans;
using EcrGuard.Core.Reports;
using EcrGuard.Lambda.Hosting;

namespace EcrGuard.Lambda.Flow.Quarantines;

/// <summary>
/// Takes a blocked image that nothing uses out of reach. Puts it back when it is approved or released. Only sweeps and
/// orders take images out of reach. They rely on the use that the last sweep has read and on what was deployed since.
/// Putting an image back does not depend on its use, so whoever decides an image puts it back at once.
/// </summary>
public sealed class QuarantineEnforcer(
    QuarantinePlanner planner,
    QuarantineWriter writer,
    ImageRecords images,
    QuarantineRecords records,
    Notices notices,
    EffectivePolicy policy,
    Log log
)
{
    /// <summary>A limit that stops endless loops: a quarantine has few steps.</summary>
    private const int MaxRounds = 20;

    /// <summary>
    /// Takes the steps for an image until none is left. Each step is planned from facts that were read just before it.
    /// </summary>
    /// <param name="entry">The image's entry in the ledger. If it is out of date, it is read again.</param>
    /// <param name="takes">False for an event, which leaves it to the sweep to take an image out of reach.</param>
    /// <returns>Why something that should be done cannot be done, or what it waits for; null if all is well.</returns>
    public Task<string?> HoldAsync(LedgerEntry entry, bool takes, CancellationToken cancellation) =>
        HoldAsync(entry, takes ? planner.Reader() : null, cancellation);

    /// <param name="reader">Null for an event, which takes nothing out of reach.</param>
    /// <inheritdoc cref="HoldAsync(LedgerEntry, bool, CancellationToken)"/>
    internal async Task<string?> HoldAsync(
        LedgerEntry entry,
        RepositoryUseReader? reader,
        CancellationToken cancellation
    )
    {
        var image = entry.Record.Verdict.Image;
        for (var round = 0; round < MaxRounds; round++)
        {
            if (
                !policy.MayQuarantine(entry.Record, entry.Quarantine)
                || await planner.PlanAsync(entry, reader, cancellation).ConfigureAwait(false) is not { } planned
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
            if (await StepAsync(entry, plan, reader, cancellation).ConfigureAwait(false) is { } refusal)
                return refusal;
            if (await images.FindAsync(image, cancellation).ConfigureAwait(false) is not { } now)
                return null;
            entry = now;
        }
        throw new InvalidOperationException(
            $"The quarantine of {image} could not be carried out: its facts kept changing."
        );
    }

    /// <returns>Why ECR refused the step; null if it was done or must be planned again.</returns>
    private async Task<string?> StepAsync(
        LedgerEntry entry,
        QuarantinePlan plan,
        RepositoryUseReader? reader,
        CancellationToken cancellation
    )
    {
        if (plan.Next is null)
        {
            await records.StoreAsync(entry, plan.Record!, cancellation).ConfigureAwait(false);
            return null;
        }
        var refusal = await writer
            .MakeAsync(entry, plan, () => planner.PlanAsync(entry, reader, cancellation), cancellation)
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
