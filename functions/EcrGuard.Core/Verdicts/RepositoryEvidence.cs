using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Use;

namespace EcrGuard.Core.Verdicts;

/// <summary>What the verdicts of a repository's images rest on, besides the policy.</summary>
/// <param name="contents">Without the images that were deleted during the reading.</param>
/// <param name="images">The evidence of each requested image of one platform, and of those that a requested index
///     lists.</param>
/// <param name="before">The ledger's verdicts, without break-glass: where facts cannot be read, BLOCKED stays.</param>
/// <param name="unread">Why an image has no evidence.</param>
public sealed class RepositoryEvidence(
    RepositoryContents contents,
    IReadOnlyDictionary<Digest, Evidence> images,
    IReadOnlyDictionary<Digest, Verdict> before,
    IReadOnlyDictionary<Digest, string> unread
)
{
    private readonly Dictionary<Digest, ImageFacts> there = contents.Images.ToDictionary(image => image.Id.Digest);

    public RepositoryContents Contents => contents;

    /// <summary>Why an image of the repository has no evidence; empty where all was read.</summary>
    public IReadOnlyDictionary<Digest, string> Unread => unread;

    /// <summary>The versions of the policies that the ledger's verdicts are by, once for each verdict.</summary>
    public IEnumerable<string> PolicyVersions => before.Values.Select(verdict => verdict.PolicyVersion);

    /// <summary>
    /// The images that people deploy. Artifacts are not among them, nor untagged children of an index, as in alerts.
    /// </summary>
    public static IReadOnlyList<ImageFacts> Named(RepositoryContents contents)
    {
        var children = contents.Children.Values.SelectMany(list => list).Select(child => child.Digest).ToHashSet();
        return
        [
            .. contents.Images.Where(image =>
                image.Kind != ImageKind.Artifact
                && !(children.Contains(image.Id.Digest) && OwnTags.TeamTags(image).Count == 0)
            ),
        ];
    }

    /// <summary>What another policy makes of images of the repository. Both policies judge the same evidence.</summary>
    public IReadOnlyList<VerdictChange> Try(
        IEnumerable<Digest> digests,
        PolicyDocument inForce,
        PolicyDocument tried,
        IReadOnlyDictionary<Digest, ImageUsage> usages,
        DateTimeOffset now
    ) =>
        [
            .. digests
                .Select(there.GetValueOrDefault)
                .OfType<ImageFacts>()
                .Select(image => new VerdictChange(
                    image,
                    Decide(image, inForce, now),
                    Decide(image, tried, now),
                    usages[image.Id.Digest]
                )),
        ];

    /// <summary>The verdict of an image of the repository.</summary>
    public Verdict Decide(ImageFacts image, PolicyDocument policy, DateTimeOffset now) =>
        Decide(image, policy, now, IndexJudge.MaxLevels);

    private Verdict Decide(ImageFacts image, PolicyDocument policy, DateTimeOffset now, int levels)
    {
        var digest = image.Id.Digest;
        return image.Kind switch
        {
            ImageKind.Artifact or ImageKind.Unknown => Judge.NotAnImage(image, policy),
            ImageKind.Index when levels == 0 => IndexJudge.TooDeep(image, policy),
            ImageKind.Index => !contents.Children.TryGetValue(digest, out var children)
                ? IndexJudge.Unreadable(image.Id, policy, now, before.GetValueOrDefault(digest))
            : children.Count > IndexJudge.MaxChildren ? IndexJudge.TooWide(image, children.Count, policy)
            : IndexJudge.Decide(
                image,
                [.. children.Select(child => Decide(child, children, image, policy, now, levels - 1))],
                policy
            ),
            ImageKind.Image => images.TryGetValue(digest, out var evidence)
                ? Judge.Decide(
                    evidence with
                    {
                        Image = evidence.Image with { Tags = [.. evidence.Image.Tags.Union(image.Tags)] },
                    },
                    policy,
                    now
                )
                : Judge.Unreadable(
                    image.Id,
                    unread.GetValueOrDefault(digest) ?? "nobody asked for them",
                    policy,
                    now,
                    before.GetValueOrDefault(digest)
                ),
        };
    }

    /// <summary>
    /// A child is judged under the tags of its index, too: whoever pulls the index by a tag gets the child, and rules
    /// about tags mean it.
    /// </summary>
    private (IndexChild, Verdict?) Decide(
        IndexChild child,
        IReadOnlyList<IndexChild> children,
        ImageFacts index,
        PolicyDocument policy,
        DateTimeOffset now,
        int levels
    )
    {
        var facts = there.GetValueOrDefault(child.Digest);
        child = facts is null ? child : child.ShownBy(facts, children);
        return (
            child,
            child.Kind == ImageKind.Artifact ? null
            : facts is null
                ? IndexJudge.MissingChild(
                    index.Id with
                    {
                        Digest = child.Digest,
                    },
                    policy,
                    now,
                    before.GetValueOrDefault(child.Digest)
                )
            : Decide(facts with { Tags = [.. facts.Tags.Union(index.Tags)] }, policy, now, levels)
        );
    }
}
