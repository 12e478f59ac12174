using EcrGuard.Core.Images;
using EcrGuard.Core.Plans;

namespace EcrGuard.Core.Lifecycle;

/// <summary>
/// Which images in use are shielded. Where EcrGuard's rule does not stand first in the lifecycle policy a shield is a tag like any other: it takes an image out of the rules for untagged ones and into whatever matches
/// it, and may so have the image, or another whose place it takes in a count, expire that stays without it. It is put only where it cannot, today or after any push.
/// </summary>
/// <param name="Usages">As they may be put on tags: where a shield would harm or is not needed, use counts as unknown, which leaves the tags as they are.</param>
/// <param name="Withheld">A sentence where shields are withheld; null otherwise.</param>
public sealed record Shields(IReadOnlyDictionary<Digest, Usage> Usages, string? Withheld)
{
    /// <param name="policy">The lifecycle policy that stands in the repository, as text; null where there is none. In one that cannot be understood any tag could do anything.</param>
    public static Shields Of(string? policy, Contents contents, IReadOnlyDictionary<Digest, Usage> usages, VerdictTags tags)
    {
        var present = policy is null ? null : LifecyclePolicy.Read(policy).Policy;
        var held = HeldByAnIndex(contents, usages);
        var (shielded, withheld) = (new Dictionary<Digest, Usage>(), 0);
        foreach (var image in contents.Images)
        {
            var (digest, usage) = (image.Id.Digest, usages[image.Id.Digest]);
            var bare = usage.Use == Use.InUse && !image.Tags.Contains(tags.InUse(digest));
            var harms = bare && policy is not null && (present is null || !Selection.Of(present, image.Tags).IsNotWorse(Selection.Of(present, [.. image.Tags, tags.InUse(digest)])));
            var needless = bare && image.Tags.Count == 0 && held.Contains(digest);
            shielded[digest] = harms || needless ? Usage.Unknown : usage;
            withheld += harms && !needless ? 1 : 0;
        }
        return new Shields(shielded, withheld == 0 ? null : $"{Text.Count(withheld, "image")} in use got no shield: under the lifecycle policy there the tag itself could make images go.");
    }

    /// <summary>Whether EcrGuard's rule stands first in a lifecycle policy: what carries a shield then stays.</summary>
    public static bool Stand(LifecyclePolicy policy, VerdictTags tags) => policy.Rules[0].Tags is [var only] && only.Text == tags.InUsePattern && policy.Rules[0].CountNumber >= Selection.EveryImage;

    /// <summary>"If an image is referenced by a manifest list, it cannot be expired or archived without the manifest list being deleted or archived first": an untagged child is safe as its index is, and a tag would only take a place in counts.</summary>
    private static HashSet<Digest> HeldByAnIndex(Contents contents, IReadOnlyDictionary<Digest, Usage> usages) =>
        [.. contents.Images.Where(image => image is { Kind: ImageKind.Index, Storage: StorageStatus.Active } && usages[image.Id.Digest].Use == Use.InUse).SelectMany(index => contents.ChildrenOf(index) ?? [])];
}
