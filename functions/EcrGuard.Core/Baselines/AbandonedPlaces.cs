using EcrGuard.Core.Images;
using EcrGuard.Core.Lifecycle;
using EcrGuard.Core.Use;

namespace EcrGuard.Core.Baselines;

/// <summary>
/// What images that only EcrGuard's verdict tags keep do to the count rules of a lifecycle policy. Their team has taken
/// its last tag off. ECR says nowhere whether it deleted that tag, with which the image had gone, or moved it, which
/// leaves the image there. So EcrGuard keeps the image, and it takes a place in a count: an image may go that would
/// stay without EcrGuard. That cannot be helped, and is told before it happens.
/// </summary>
public static class AbandonedPlaces
{
    private const int MaxNamed = 3;

    /// <param name="policy">The lifecycle policy that stands in the repository.</param>
    /// <param name="usages">Of an image that is not in it the use is not known.</param>
    /// <param name="until">By when the policy takes the images that are told.</param>
    /// <returns>A sentence; null where no image goes for another's place.</returns>
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
            + $"{Named(more.Select(image => image.Image.Id.Digest))} by {until.UtcDateTime:yyyy-MM-dd HH:mm} UTC{use}. "
            + "Delete what nobody needs before that, and what is older stays.";

        IEnumerable<TakenImage> Taken(RepositoryContents images)
        {
            var effect = PolicyEffect.Of(policy, images, usages, shielded: false, until);
            return effect.Expired.Concat(effect.Archived);
        }

        static string Named(IEnumerable<Digest> digests) =>
            Phrase.Some([.. digests.Order().Select(digest => digest.Abbreviated)], MaxNamed);
    }

    /// <summary>A shield keeps an image on purpose: only under EcrGuard's rule is there one.</summary>
    private static bool IsKept(ImageFacts image) =>
        image is { TakesShield: true, Storage: StorageStatus.Active, Tags.Count: > 0 }
        && OwnTags.TeamTags(image).Count == 0
        && !image.Tags.Contains(OwnTags.InUse(image.Id.Digest));
}
