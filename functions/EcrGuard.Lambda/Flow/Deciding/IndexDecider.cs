using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Images;

namespace EcrGuard.Lambda.Flow.Deciding;

/// <summary>Judges an index by its children.</summary>
public sealed class IndexDecider(
    IndexReader indexes,
    ChildDecider decider,
    VerdictRecorder recorder,
    ManifestRecords manifests
)
{
    /// <summary>One child at a time, because each may write to the ledger.</summary>
    private const int AtOnce = 1;

    /// <inheritdoc cref="ImageDecider.JudgeAsync(ImageFacts, LedgerEntry?, DecisionTrigger, CancellationToken)"/>
    public async Task<JudgedImage?> JudgeAsync(
        ImageFacts index,
        LedgerEntry? before,
        DecisionTrigger trigger,
        CancellationToken cancellation
    )
    {
        var judged = new List<JudgedImage>();
        var recorded = await recorder
            .RecordAsync(index, before, trigger with { News = [] }, DecideOnAsync, cancellation)
            .ConfigureAwait(false);
        return recorded is null ? null : recorded with { Children = judged };

        async Task<Decision> DecideOnAsync(LedgerEntry? entry)
        {
            var (decision, with) = await DecideAsync(index, entry, trigger, cancellation).ConfigureAwait(false);
            // If a child is decided again, it already has its record.
            judged.AddRange(with);
            return decision;
        }
    }

    /// <returns>The decision, and the children that were judged for it.</returns>
    private async Task<(Decision Decision, IReadOnlyList<JudgedImage> Judged)> DecideAsync(
        ImageFacts index,
        LedgerEntry? entry,
        DecisionTrigger trigger,
        CancellationToken cancellation
    )
    {
        var (children, refusal) = await indexes.ChildrenAsync(index, entry, cancellation).ConfigureAwait(false);
        if (refusal is not null)
            return (new Decision(refusal), []);
        // The edges are stored first: a child that is decided during this read then finds its index.
        var judgeable = children.Where(child => child.Kind != ImageKind.Artifact).Select(child => child.Digest);
        await manifests.StoreEdgesAsync(index.Id, judgeable, cancellation).ConfigureAwait(false);
        var judged = new List<JudgedImage>();
        var (verdict, seen) = await indexes
            .DecideAsync(index, children, AtOnce, DecideChildAsync, cancellation)
            .ConfigureAwait(false);
        return (new Decision(verdict) { Children = seen }, judged);

        async Task<(IndexChild, Core.Verdicts.Verdict?)> DecideChildAsync(
            IndexChild child,
            LedgerEntry? its,
            CancellationToken token
        )
        {
            var decided = await decider.DecideAsync(index, child, children, its, trigger, token).ConfigureAwait(false);
            if (decided.Judged is { } one)
                judged.Add(one);
            return (decided.Child, decided.Verdict);
        }
    }
}
