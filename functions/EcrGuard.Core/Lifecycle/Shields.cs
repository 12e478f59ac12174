using EcrGuard.Core.Images;
using EcrGuard.Core.Plans;

namespace EcrGuard.Core.Lifecycle;

/// <summary>
/// Whether a shield would harm. Without EcrGuard's rule 1 a shield is a tag like any other: it takes an image out of the rules for untagged ones and into whatever matches every tag, and may so have the image, or another
/// whose place it takes in a count, expire that stays without it.
/// </summary>
/// <param name="Usages">As they may be put on tags: where a shield would harm, use counts as unknown, which leaves the tags as they are.</param>
/// <param name="Withheld">A sentence where shields are withheld; null otherwise.</param>
public sealed record Shields(IReadOnlyDictionary<Digest, Usage> Usages, string? Withheld)
{
    /// <param name="present">The lifecycle policy that stands in the repository; null where there is none.</param>
    public static Shields Of(LifecyclePolicy? present, Contents contents, IReadOnlyDictionary<Digest, Usage> usages, VerdictTags tags, DateTimeOffset now)
    {
        if (present is null || !Harms(usages))
            return new Shields(usages, null);
        var named = Without(image => tags.TeamTags(image).Count == 0);
        var (kept, which) = Harms(named) ? (Without(_ => true), "") : (named, " without a team's tag");
        var withheld = contents.Images.Count(image => UseIn(usages, image) == Use.InUse && UseIn(kept, image) != Use.InUse && !image.Tags.Contains(tags.InUse(image.Id.Digest)));
        return new Shields(kept, withheld == 0 ? null : $"{Text.Count(withheld, "image")} in use{which} got no shield: under the lifecycle policy there it would itself make images go.");

        bool Harms(IReadOnlyDictionary<Digest, Usage> shielded) => PolicySafety.Moments(now).Any(moment =>
            Taken(shielded, tags, moment).Except(Taken(shielded, null, moment)).Any());

        IEnumerable<Digest> Taken(IReadOnlyDictionary<Digest, Usage> shielded, VerdictTags? shields, DateTimeOffset moment)
        {
            var effect = PolicyEffect.Of(present, contents, shielded, shields, moment);
            return effect.Expired.Concat(effect.Archived).Select(image => image.Image.Id.Digest);
        }

        Dictionary<Digest, Usage> Without(Func<ImageFacts, bool> withholds) => contents.Images.ToDictionary(
            image => image.Id.Digest,
            image => UseIn(usages, image) == Use.InUse && withholds(image) ? Usage.Unknown : usages[image.Id.Digest]);
    }

    private static Use UseIn(IReadOnlyDictionary<Digest, Usage> usages, ImageFacts image) => usages[image.Id.Digest].Use;
}
