using EcrGuard.Core.Images;

namespace EcrGuard.Core.Lifecycle;

/// <summary>Finds rules that count signatures and other artifacts as images.</summary>
internal static class ArtifactLint
{
    /// <summary>
    /// To a lifecycle rule, an artifact under a tag of its own (<c>sha256-….sig</c>) is an image like any other. ECR
    /// does not document whether referrers, which have no tag, count too, so nothing is said about them.
    /// </summary>
    /// <param name="selected">The images that the rule selects.</param>
    /// <param name="imagesKnown">Whether the images of the repository are known at all.</param>
    public static LintFinding? Of(LifecycleRule rule, IEnumerable<LifecycleImage> selected, bool imagesKnown)
    {
        if (
            rule is not { CountType: CountType.ImageCountMoreThan, StorageClass: StorageClass.Standard }
            || rule.TagStatus == TagStatus.Untagged
            || rule.IsNeverReached
            || rule.Tags.Any(IsForArtifacts)
        )
            return null;
        var sample = "sha256-" + string.Concat(Enumerable.Repeat("0123456789abcdef", 4));
        if (
            rule.TagStatus == TagStatus.Tagged
            && !ArtifactEnds.Any(end => rule.Tags.All(tag => tag.Matches(sample + end)))
        )
            return null;
        var taken = selected.Count(image =>
            image.Tags.Any(tag => Artifacts.Named(tag) is { } other && other != image.Digest)
        );
        // Few people mean a pattern that takes artifacts. A rule for any image is right where nothing is signed.
        if (taken == 0 && (imagesKnown || rule.TagStatus == TagStatus.Any))
            return null;
        return new LintFinding(
            LifecycleLinter.CountsArtifacts,
            LintSeverity.Warning,
            rule.Priority,
            !imagesKnown
                ? "The rule counts what is stored under tags such as 'sha256-….sig' (signatures, attestations, "
                    + "SBOMs) as it counts images: with signed images fewer than "
                    + $"{Phrase.Count(rule.CountNumber, "image")} stay."
                : $"{taken} of what the rule counts "
                    + $"{(taken == 1 ? "is a signature or another artifact" : "are signatures and other artifacts")} "
                    + $"(tags such as 'sha256-….sig'): fewer than {Phrase.Count(rule.CountNumber, "image")} stay.",
            // A rule of their own decides about artifacts, but this rule still counts them (Amazon ECR User Guide, "How
            // lifecycle policies work").
            "Go by age (sinceImagePushed), or count by a pattern that begins as the tags of images begin; behind a "
                + "rule of their own artifacts are counted all the same."
        );
    }

    /// <summary>Whether only artifacts have such tags.</summary>
    private static bool IsForArtifacts(TagPattern tag) =>
        tag.First.StartsWith("sha256-", StringComparison.Ordinal)
        || ArtifactEnds.Any(end => end.Length > 0 && tag.Last.EndsWith(end, StringComparison.Ordinal));

    /// <summary>
    /// The ends of the tags under which cosign and registries without referrers store artifacts.
    /// </summary>
    private static readonly string[] ArtifactEnds = ["", ".sig", ".att", ".sbom"];
}
