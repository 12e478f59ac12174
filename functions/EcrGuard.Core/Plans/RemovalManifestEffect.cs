using EcrGuard.Core.Images;
using EcrGuard.Core.Lifecycle;

namespace EcrGuard.Core.Plans;

/// <summary>
/// What the manifest to which a tag is moved does to the count rules of a lifecycle policy. While it is there it is the
/// youngest image and takes a place. An image that would have stayed could expire or be archived.
/// </summary>
public static class RemovalManifestEffect
{
    /// <summary>The first rule that counts the manifest; null where none does.</summary>
    /// <param name="policy">The repository's lifecycle policy.</param>
    /// <param name="carried">The tags that the manifest then carries.</param>
    public static LifecycleRule? CountedBy(LifecyclePolicy policy, IEnumerable<string> carried) =>
        Selection
            .Of(policy, carried)
            .Rules.FirstOrDefault(rule =>
                rule is { CountType: CountType.ImageCountMoreThan, CountNumber: < Selection.EveryImage }
            );

    /// <summary>Why a tag stays where the other images are not known: only a sweep knows them.</summary>
    public static string LeftToSweep(LifecycleRule rule) =>
        TagRemoval.CouldNot(
            $"Rule {rule.Priority} of the repository's lifecycle policy would count the manifest to which the tag is "
                + "moved. The next sweep takes the tag off, if no image would expire by that."
        );

    /// <summary>Why a tag stays; null where no image goes because of the manifest's place.</summary>
    /// <param name="contents">Read immediately before.</param>
    /// <param name="image">The image that carries the tag.</param>
    /// <param name="carried">The other tags that the manifest carries.</param>
    public static string? WhyNot(
        LifecyclePolicy policy,
        RepositoryContents contents,
        ImageId image,
        string tag,
        Digest manifest,
        IEnumerable<string> carried,
        DateTimeOffset now
    )
    {
        List<LifecycleImage> without =
        [
            .. contents
                .Images.Concat(contents.RemovalManifests)
                .Select(each =>
                    LifecycleImage.Of(
                        each.Id == image ? each with { Tags = [.. each.Tags.Where(its => its != tag)] } : each,
                        contents.ChildrenOf(each)
                    )
                ),
        ];
        var youngest = new LifecycleImage
        {
            Digest = manifest,
            Tags = [.. carried, tag],
            Kind = ImageKind.Artifact,
            Storage = StorageStatus.Active,
            PushedAt = now,
        };
        var expected = Leaving(without).ToHashSet();
        var more = Leaving([.. without, youngest]).FirstOrDefault(id => id != manifest && !expected.Contains(id));
        return more is null
            ? null
            : TagRemoval.CouldNot(
                "The manifest to which the tag is moved would take a place in the count of the repository's lifecycle "
                    + $"policy, and {more.Abbreviated} could go by that."
            );

        IEnumerable<Digest> Leaving(IReadOnlyCollection<LifecycleImage> images) =>
            LifecycleEvaluator
                .Evaluate(policy, images, now)
                .Where(decision => decision.Outcome != LifecycleOutcome.Keep)
                .Select(decision => decision.Image.Digest);
    }
}
