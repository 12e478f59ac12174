using System.Text.Json;
using EcrGuard.Aws.Facts;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Images;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Lambda.Flow.Deciding;

/// <summary>Reads what an index holds, and what the ledger says about its children.</summary>
public sealed class IndexReader(EcrReader registry, ImageRecords images, EffectivePolicy policy, TimeProvider time)
{
    /// <summary>Finds the verdict on a child that has no valid record; null if the child is not an image.</summary>
    /// <param name="entry">What the ledger holds about the child; null for nothing.</param>
    public delegate Task<(IndexChild Child, Verdict? Verdict)> DecideChild(
        IndexChild child,
        LedgerEntry? entry,
        CancellationToken cancellation
    );

    /// <summary>
    /// Reads the children of an index. They never change, because the digest of the index covers them. So what the
    /// ledger knows about them is true.
    /// </summary>
    /// <param name="entry">What the ledger holds about the index; null for nothing.</param>
    /// <returns>The children, or a verdict on the index if it cannot be judged by its children.</returns>
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
            // The manifest would be the same at the next try.
            return null;
        }
    }

    /// <summary>
    /// Decides an index: by the records of its children that are still valid, and by a look at the other children.
    /// </summary>
    /// <param name="atOnce">How many children are looked at at the same time.</param>
    /// <returns>The verdict, and the children as they were seen.</returns>
    public async Task<(Verdict Verdict, IReadOnlyList<IndexChild> Children)> DecideAsync(
        ImageFacts index,
        IReadOnlyList<IndexChild> children,
        int atOnce,
        DecideChild decide,
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
                        : await decide(child, entry, token).ConfigureAwait(false);
                }
            )
            .ConfigureAwait(false);
        return (
            IndexJudge.Decide(index with { ReadAt = readAt }, verdicts, policy.Document),
            [.. verdicts.Select(each => each.Child)]
        );
    }

    /// <summary>
    /// Whether a record is still valid for a child. A rule that names tags also means the tags of the index, and no
    /// record covers both.
    /// </summary>
    private bool Holds(LedgerEntry? entry, DateTimeOffset now) =>
        entry is not null
        && !policy.RulesNameTags
        && ApprovalAnswer.Answers(entry.Record, policy.Document.Version, now);
}
