using System.Text.Json;
using EcrGuard.Aws.Facts;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Images;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Lambda.Flow.Deciding;

/// <summary>Reads what an index holds, and what the ledger says about that.</summary>
public sealed class IndexReader(EcrReader registry, ImageRecords images, EffectivePolicy policy, TimeProvider time)
{
    /// <summary>Finds the verdict of a child for which no record holds; null if the child is no image.</summary>
    /// <param name="entry">What the ledger holds of it; null for nothing.</param>
    public delegate Task<(IndexChild Child, Verdict? Verdict)> Look(
        IndexChild child,
        LedgerEntry? entry,
        CancellationToken cancellation
    );

    /// <summary>
    /// The children of an index. They never change, since its digest covers them: what the ledger knows is true.
    /// </summary>
    /// <param name="entry">What the ledger holds of the index; null for nothing.</param>
    /// <returns>The children, or the verdict on an index that cannot be judged by them.</returns>
    public async Task<(IReadOnlyList<IndexChild> Children, Verdict? Refusal)> ChildrenAsync(
        ImageFacts index,
        LedgerEntry? entry,
        CancellationToken cancellation
    )
    {
        var document = policy.Document;
        if (await FindChildrenAsync(index, entry, cancellation).ConfigureAwait(false) is not { } children)
        {
            var before = entry?.Record.Verdict.WithoutBreakGlass();
            return ([], IndexJudge.Unreadable(index.Id, document, time.GetUtcNow(), before));
        }
        return children.Count > IndexJudge.MaxChildren
            ? ([], IndexJudge.TooWide(index, children.Count, document))
            : (children, null);
    }

    /// <returns>Null if the manifest cannot be read.</returns>
    private async Task<IReadOnlyList<IndexChild>?> FindChildrenAsync(
        ImageFacts index,
        LedgerEntry? entry,
        CancellationToken cancellation
    )
    {
        if (entry?.Record.Children is { Count: > 0 } known)
            return known;
        if (index.Children is { } read)
            return read;
        try
        {
            return (await registry.ManifestAsync(index.Id, cancellation).ConfigureAwait(false))?.Children();
        }
        catch (JsonException)
        {
            // It will not be another one at the next try.
            return null;
        }
    }

    /// <summary>
    /// Decides an index: by the records of its children that still hold, and by a look at the others.
    /// </summary>
    /// <param name="atOnce">How many children are looked at at a time.</param>
    /// <returns>The verdict, and the children as they were seen.</returns>
    public async Task<(Verdict Verdict, IReadOnlyList<IndexChild> Children)> DecideAsync(
        ImageFacts index,
        IReadOnlyList<IndexChild> children,
        int atOnce,
        Look look,
        CancellationToken cancellation
    )
    {
        var readAt = time.GetUtcNow();
        var judgeable = children.Where(child => child.Kind != ImageKind.Artifact).Select(child => child.Digest);
        var known = await images.FindAsync(index.Id.Repository, judgeable, cancellation).ConfigureAwait(false);
        var verdicts = new (IndexChild Child, Verdict? Verdict)[children.Count];
        await Parallel
            .ForAsync(
                0,
                children.Count,
                new ParallelOptions { MaxDegreeOfParallelism = atOnce, CancellationToken = cancellation },
                async (at, token) =>
                {
                    var (child, entry) = (children[at], known.GetValueOrDefault(children[at].Digest));
                    verdicts[at] =
                        child.Kind == ImageKind.Artifact ? (child, null)
                        : Holds(entry, readAt) ? (child, entry!.Record.Verdict.WithoutBreakGlass())
                        : await look(child, entry, token).ConfigureAwait(false);
                }
            )
            .ConfigureAwait(false);
        return (
            IndexJudge.Decide(index with { ReadAt = readAt }, verdicts, policy.Document),
            [.. verdicts.Select(each => each.Child)]
        );
    }

    /// <summary>A rule that speaks of tags means the index's tags too, and no record is about both.</summary>
    private bool Holds(LedgerEntry? entry, DateTimeOffset now) =>
        entry is not null
        && !policy.RulesNameTags
        && ApprovalAnswer.Answers(entry.Record, policy.Document.Version, now);
}
