using EcrGuard.Aws.Actions;
using EcrGuard.Aws.Facts;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Images;
using EcrGuard.Core.Plans;
using EcrGuard.Core.Use;

namespace EcrGuard.Lambda.Flow.Quarantines;

/// <summary>Plans the next step of an image's quarantine from current facts.</summary>
public sealed class QuarantinePlanner(
    EcrReader registry,
    UsageReader usages,
    ManifestRecords manifests,
    EffectivePolicy policy,
    TimeProvider time
)
{
    internal RepositoryUseReader Reader() => new(registry, manifests, usages, time);

    /// <summary>
    /// Plans the next step. The costly facts are read only if everything else says that the image must be taken out of
    /// reach. The image itself is read last.
    /// </summary>
    /// <param name="reader">Null for an event, which takes nothing out of reach and leaves that to the sweep.</param>
    /// <returns>Null if the image is gone.</returns>
    internal async Task<PlannedQuarantine?> PlanAsync(
        LedgerEntry entry,
        RepositoryUseReader? reader,
        CancellationToken cancellation
    )
    {
        if (await ImageFactsAsync(entry, cancellation).ConfigureAwait(false) is not { } facts)
            return null;
        var plan = PlanFor(facts, entry);
        if (plan.Next is not { Change: QuarantineChange.Archive })
            return new PlannedQuarantine(plan, facts.Image);
        if (reader is null)
            return new PlannedQuarantine(plan.LeftToSweep(entry.Quarantine), facts.Image);
        return await AllFactsAsync(facts, reader, cancellation).ConfigureAwait(false) is { } all
            ? new PlannedQuarantine(PlanFor(all, entry), all.Image)
            : null;
    }

    private QuarantinePlan PlanFor(QuarantineFacts facts, LedgerEntry entry) =>
        QuarantinePlan.For(facts, entry.Quarantine, time.GetUtcNow());

    private async Task<QuarantineFacts?> ImageFactsAsync(LedgerEntry entry, CancellationToken cancellation)
    {
        var id = entry.Record.Verdict.Image;
        return await registry.ImageAsync(id, cancellation).ConfigureAwait(false) is not { } image
            ? null
            : new QuarantineFacts
            {
                Image = image,
                Status = entry.Record.Verdict.Status,
                Mode = policy.ModeOf(id.Repository),
                ChangeId = entry.Record.ChangeId,
                ForcedUntil = entry.Record.Forced?.Until,
                Usage = InUse.WhileNew(image, time.GetUtcNow()) ?? ImageUsage.None,
            };
    }

    /// <returns>Null if the image or its repository is gone.</returns>
    private async Task<QuarantineFacts?> AllFactsAsync(
        QuarantineFacts facts,
        RepositoryUseReader reader,
        CancellationToken cancellation
    )
    {
        var id = facts.Image.Id;
        if (await reader.ReadAsync(id.Repository, cancellation).ConfigureAwait(false) is not var (others, use))
            return null;
        if (await registry.ImageAsync(id, cancellation).ConfigureAwait(false) is not { } now)
            return null;
        var contents = others with { Images = [.. others.Images.Where(other => other.Id.Digest != id.Digest), now] };
        return facts with
        {
            Image = now,
            Usage = UsagesOf(use, contents)[id.Digest],
            NeededBy = QuarantineFacts.Needing(id, contents),
            LifecyclePolicy = await registry.LifecyclePolicyAsync(id.Repository, cancellation).ConfigureAwait(false),
            Platforms = QuarantineFacts.ChildrenOfNoOther(now, contents),
        };
    }

    /// <summary>
    /// Which images are in use. A reading counts as long as it says anything at all. What was deployed since then is
    /// recorded if AWS tells of it. An image that was pushed or restored since then is new. An archived image can be
    /// restored. AWS tells nothing here about other accounts and regions, so a reading of them expires as fast as it
    /// does for any removal.
    /// </summary>
    internal IReadOnlyDictionary<Digest, ImageUsage> UsagesOf(UsageReading? use, RepositoryContents contents)
    {
        var consumers = policy.Document.Consumers;
        var told = consumers is { Roles: null or { Count: 0 }, Regions: null or { Count: 0 } };
        return InUse.Of(use, contents, consumers, time.GetUtcNow(), told ? InUse.MaxAge : InUse.AbsenceAge);
    }
}
