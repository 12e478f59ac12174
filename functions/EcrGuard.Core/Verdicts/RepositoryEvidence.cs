using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Use;

namespace EcrGuard.Core.Verdicts;

/// <summary>What the verdicts of a repository's images rest on, the policy aside.</summary>
/// <param name="contents">Without the images that went while the others were read.</param>
/// <param name="images">Of each image of one platform that was asked for, or that an index asked for holds.</param>
/// <param name="before">The verdicts that the ledger holds, break-glass aside: where facts cannot be read, BLOCKED
///     stays.</param>
/// <param name="unread">Why there is no evidence of an image.</param>
public sealed class RepositoryEvidence(
    RepositoryContents contents,
    IReadOnlyDictionary<Digest, Evidence> images,
    IReadOnlyDictionary<Digest, Verdict> before,
    IReadOnlyDictionary<Digest, string> unread
)
{
    private readonly Dictionary<Digest, ImageFacts> there = contents.Images.ToDictionary(image => image.Id.Digest);

    public RepositoryContents Contents => contents;

    /// <summary>Why there is no evidence of an image that is there; empty where all was read.</summary>
    public IReadOnlyDictionary<Digest, string> Unread => unread;

    /// <summary>
    /// The images that are deployed by a name: artifacts are none, and an untagged child of an index is its index's
    /// matter, as in an alert.
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

    /// <summary>
    /// What another policy makes of images that are there, each judged by both from the same evidence.
    /// </summary>
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

    /// <summary>The verdict of an image that is there.</summary>
    public Verdict Decide(ImageFacts image, PolicyDocument policy, DateTimeOffset now) =>
        Decide(image, policy, now, Judge.MaxIndexLevels);

    private Verdict Decide(ImageFacts image, PolicyDocument policy, DateTimeOffset now, int levels)
    {
        var digest = image.Id.Digest;
        return image.Kind switch
        {
            ImageKind.Artifact or ImageKind.Unknown => Judge.NotAnImage(image, policy),
            ImageKind.Index when levels == 0 => Judge.TooDeep(image, policy),
            ImageKind.Index => !contents.Children.TryGetValue(digest, out var children)
                ? Judge.UnreadableIndex(image.Id, policy, now, before.GetValueOrDefault(digest))
            : children.Count > Judge.MaxChildren ? Judge.TooWide(image, children.Count, policy)
            : Judge.DecideIndex(
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
    /// Under the tags of its index too: whoever pulls those gets the child, and rules that speak of tags mean it.
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
                ? Judge.MissingChild(
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
