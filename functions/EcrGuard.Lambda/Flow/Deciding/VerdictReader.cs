using EcrGuard.Aws.Facts;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Images;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Lambda.Flow.Deciding;

/// <summary>Decides images from fresh facts. It writes nothing.</summary>
public sealed class VerdictReader(
    EcrReader registry,
    EvidenceReader evidences,
    IndexReader indexes,
    EffectivePolicy policy,
    TimeProvider time
)
{
    /// <summary>How many levels of indexes may lie below an index.</summary>
    public const int LevelsBelowIndex = IndexJudge.MaxLevels - 1;

    /// <summary>How many children of an index are read at the same time.</summary>
    private const int AtOnce = 4;

    /// <summary>The verdict on an image, an index or anything else.</summary>
    /// <param name="entry">What the ledger holds about it; null for nothing.</param>
    /// <param name="levels">How many levels of indexes may follow from here on.</param>
    public async Task<Verdict> FreshAsync(
        ImageFacts image,
        LedgerEntry? entry,
        int levels,
        CancellationToken cancellation
    ) =>
        image.Kind switch
        {
            ImageKind.Artifact or ImageKind.Unknown => Judge.NotAnImage(image, policy.Document),
            ImageKind.Image => await FreshPlatformAsync(image, entry, cancellation).ConfigureAwait(false),
            ImageKind.Index => await FreshIndexAsync(image, entry, levels, cancellation).ConfigureAwait(false),
        };

    private async Task<Verdict> FreshPlatformAsync(ImageFacts image, LedgerEntry? entry, CancellationToken cancellation)
    {
        var (scan, kept) = await ScanAsync(image, Scanner.Unknown, entry, cancellation).ConfigureAwait(false);
        if (scan is null)
            return Judge.Unreadable(
                image.Id,
                "the image was deleted while it was read",
                policy.Document,
                time.GetUtcNow()
            );
        return (await DecideAsync(image, scan, entry, [], kept, cancellation).ConfigureAwait(false)).Verdict;
    }

    private async Task<Verdict> FreshIndexAsync(
        ImageFacts index,
        LedgerEntry? entry,
        int levels,
        CancellationToken cancellation
    )
    {
        if (levels == 0)
            return IndexJudge.TooDeep(index, policy.Document);
        var (children, refusal) = await indexes.ChildrenAsync(index, entry, cancellation).ConfigureAwait(false);
        if (refusal is not null)
            return refusal;
        var (verdict, _) = await indexes
            .DecideAsync(
                index,
                children,
                AtOnce,
                (child, its, token) => FreshChildAsync(index, child, children, its, levels - 1, token),
                cancellation
            )
            .ConfigureAwait(false);
        return verdict;
    }

    /// <summary>
    /// The verdict on a child, with its own tags and those of its index. Whoever pulls a tag of the index gets the
    /// child, so a rule that names this tag means the child too.
    /// </summary>
    public async Task<(IndexChild Child, Verdict? Verdict)> FreshChildAsync(
        ImageFacts index,
        IndexChild child,
        IReadOnlyList<IndexChild> children,
        LedgerEntry? entry,
        int levels,
        CancellationToken cancellation
    )
    {
        var id = index.Id with { Digest = child.Digest };
        if (await registry.ImageAsync(id, cancellation).ConfigureAwait(false) is not { } facts)
            return (child, Missing(id, entry));
        var shown = child.ShownBy(facts, children);
        if (shown.Kind == ImageKind.Artifact)
            return (shown, null);
        var tagged = facts with { Tags = [.. facts.Tags.Union(index.Tags)] };
        return (shown, await FreshAsync(tagged, entry, levels, cancellation).ConfigureAwait(false));
    }

    /// <summary>The verdict on a child that is missing from its repository.</summary>
    public Verdict Missing(ImageId child, LedgerEntry? entry) =>
        IndexJudge.MissingChild(child, policy.Document, time.GetUtcNow(), entry?.Record.Verdict.WithoutBreakGlass());

    /// <inheritdoc cref="EvidenceReader.ScanAsync"/>
    public Task<(ScanFacts? Scan, IReadOnlyList<Finding>? Kept)> ScanAsync(
        ImageFacts image,
        Scanner heard,
        LedgerEntry? entry,
        CancellationToken cancellation
    ) => evidences.ScanAsync(image, heard, entry, policy.Document.Version, cancellation);

    /// <summary>Decides an image of one platform by what the scanner says about it.</summary>
    /// <param name="news">The events that led to the decision.</param>
    /// <param name="kept">The stored findings of this entry; null if they must still be read.</param>
    public async Task<Decision> DecideAsync(
        ImageFacts image,
        ScanFacts scan,
        LedgerEntry? entry,
        IReadOnlyList<ImageEvent> news,
        IReadOnlyList<Finding>? kept,
        CancellationToken cancellation
    )
    {
        var evidence = await evidences
            .OfAsync(image, scan, entry, news, kept, policy.Document, cancellation)
            .ConfigureAwait(false);
        var findings = Judge.Keep(evidence.Scan, evidence.Before);
        var scanned = Judge.Remember(evidence.Scan, findings);
        return new Decision(Judge.Decide(evidence, policy.Document, time.GetUtcNow()))
        {
            Findings = findings,
            Scan = scanned,
            ListedHash = scanned is null ? null : evidence.ListedHash,
            IsUnchanged = scanned is not null && evidence.IsUnchanged,
            Settling = evidence.Settling,
        };
    }
}
