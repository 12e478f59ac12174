using EcrGuard.Aws.Facts;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Images;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Lambda.Flow.Deciding;

/// <summary>A child of an index, with what was decided about it.</summary>
/// <param name="Child">The child as it was seen.</param>
/// <param name="Verdict">Null if it is not an image.</param>
/// <param name="Judged">Null if nothing was recorded.</param>
public sealed record DecidedChild(IndexChild Child, Verdict? Verdict, JudgedImage? Judged = null);

/// <summary>
/// Decides a child that has no valid record in the ledger. An image is judged and recorded. An index inside an index is
/// only looked at: its own push or the sweep records it. So nothing is recorded that lies too deep.
/// </summary>
public sealed class ChildDecider(
    EcrReader registry,
    VerdictReader verdicts,
    PlatformDecider platforms,
    ImageRecords images,
    EffectivePolicy policy,
    TimeProvider time
)
{
    private const int Levels = VerdictReader.LevelsBelowIndex;

    /// <param name="children">All children of the index.</param>
    /// <param name="entry">What the ledger holds about the child; null for nothing.</param>
    /// <param name="trigger">Why the index is judged.</param>
    public async Task<DecidedChild> DecideAsync(
        ImageFacts index,
        IndexChild child,
        IReadOnlyList<IndexChild> children,
        LedgerEntry? entry,
        DecisionTrigger trigger,
        CancellationToken cancellation
    )
    {
        if (policy.RulesNameTags)
        {
            var (shown, verdict) = await verdicts
                .FreshChildAsync(index, child, children, entry, Levels, cancellation)
                .ConfigureAwait(false);
            return new DecidedChild(shown, verdict);
        }
        var id = index.Id with { Digest = child.Digest };
        var askedAt = time.GetUtcNow();
        if (await registry.ImageAsync(id, cancellation).ConfigureAwait(false) is not { } facts)
        {
            await images.MarkGoneAsync(id, askedAt, because: null, cancellation).ConfigureAwait(false);
            return new DecidedChild(child, verdicts.Missing(id, entry));
        }
        if (child.ShownBy(facts, children) is { Kind: ImageKind.Artifact } artifact)
            return new DecidedChild(artifact, null);
        var within = new DecisionTrigger([]) { Alerting = trigger.Alerting, Index = index.Id.Digest };
        if (
            facts.Kind != ImageKind.Index
            && await platforms.JudgeAsync(facts, entry, within, cancellation).ConfigureAwait(false) is { } judged
        )
            return new DecidedChild(child, judged.Entry.Record.Verdict.WithoutBreakGlass(), judged);
        // It is an index, or it turned out to be an artifact.
        return new DecidedChild(
            child,
            await verdicts.FreshAsync(facts, entry, Levels, cancellation).ConfigureAwait(false)
        );
    }
}
