using EcrGuard.Core.Images;
using EcrGuard.Core.Lifecycle;
using EcrGuard.Core.Use;

namespace EcrGuard.Core.Baselines;

/// <summary>
/// Images that stay only because of EcrGuard's verdict tags, and what they do to the count rules of a lifecycle policy.
/// Their team has taken its last tag off. ECR does not say whether the team deleted that tag, which would delete the
/// image, or moved it, which leaves the image. So EcrGuard keeps the image. It takes a place in a count, and another
/// image may go that would stay without EcrGuard. That cannot be avoided, and EcrGuard says so before it happens.
/// </summary>
public static class ImagesKeptByTags
{
    private const int MaxNamed = 3;

    /// <param name="policy">The lifecycle policy that stands in the repository.</param>
    /// <param name="usages">The use of an image that is not in it is not known.</param>
    /// <param name="until">By when the policy takes the images that the sentence names.</param>
    /// <returns>A sentence; null where no image goes because another one takes its place.</returns>
    public static string? Warning(
        LifecyclePolicy policy,
        RepositoryContents contents,
        IReadOnlyDictionary<Digest, ImageUsage> usages,
        DateTimeOffset until
    )
    {
        var kept = contents.Images.Where(IsKept).Select(image => image.Id.Digest).ToHashSet();
        if (kept.Count == 0)
            return null;
        var without = contents with { Images = [.. contents.Images.Where(image => !kept.Contains(image.Id.Digest))] };
        var anyway = Taken(without).Select(image => image.Image.Id.Digest).ToHashSet();
        var more = Taken(contents)
            .Where(image => !kept.Contains(image.Image.Id.Digest) && !anyway.Contains(image.Image.Id.Digest))
            .ToList();
        if (more.Count == 0)
            return null;
        var used = more.Count(image => image.Usage.Use != UseState.NotInUse);
        var what = kept.Count == 1 ? "it" : "them";
        var use = used == 0 ? "" : $" ({used} in use, or may be)";
        return $"{Phrase.Count(kept.Count, "image stays", "images stay")} by EcrGuard's tag alone, since the team has "
            + $"taken its own tags off: {Named(kept)}. The lifecycle policy counts {what}, and so may take "
            + $"{Named(more.Select(image => image.Image.Id.Digest))} by {Phrase.Moment(until)}{use}. "
            + "Delete what nobody needs before that, and what is older stays.";

        IEnumerable<TakenImage> Taken(RepositoryContents images)
        {
            var effect = PolicyEffect.Of(policy, images, usages, shielded: false, until);
            return effect.Expired.Concat(effect.Archived);
        }

        static string Named(IEnumerable<Digest> digests) =>
            Phrase.Some([.. digests.Order().Select(digest => digest.Abbreviated)], MaxNamed);
    }

    /// <summary>A shield keeps an image on purpose, and there is one only under EcrGuard's rule.</summary>
    private static bool IsKept(ImageFacts image) =>
        image is { TakesShield: true, Storage: StorageStatus.Active, Tags.Count: > 0 }
        && OwnTags.TeamTags(image).Count == 0
        && !image.Tags.Contains(OwnTags.InUse(image.Id.Digest));
}
