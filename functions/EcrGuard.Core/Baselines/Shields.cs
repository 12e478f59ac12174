using EcrGuard.Core.Images;
using EcrGuard.Core.Lifecycle;
using EcrGuard.Core.Use;

namespace EcrGuard.Core.Baselines;

/// <summary>
/// Which images in use are shielded: those under EcrGuard's rule, where it stands first in the lifecycle policy or is
/// about to be put there. Anywhere else a shield is a tag like any other: it holds against nothing, takes an image out
/// of the rules for untagged ones and into whatever matches it, and may so have the image, or another whose place it
/// takes in a count, expire that stays without it. So none is put there, and one that is there goes with the rule.
/// While the rule is only about to be put, a shield is put where it cannot harm, today or after any push.
/// </summary>
/// <param name="Usages">
/// As they may be put on tags: where a shield would harm or is not needed, use counts as unknown, which leaves the tags
/// as they are; where one that is there harms or holds against nothing, as none, which takes it off.
/// </param>
/// <param name="Withheld">Sentences where shields are withheld, or harm and cannot be taken off; null
///     otherwise.</param>
public sealed record Shields(IReadOnlyDictionary<Digest, ImageUsage> Usages, string? Withheld)
{
    /// <param name="policy">The lifecycle policy that stands in the repository, as text; null where there is none. In
    ///     one that cannot be understood any tag could do anything.</param>
    /// <param name="puts">Whether EcrGuard's rule is about to be put.</param>
    public static Shields Of(
        string? policy,
        RepositoryContents contents,
        IReadOnlyDictionary<Digest, ImageUsage> usages,
        DateTimeOffset now,
        bool puts
    )
    {
        var present = policy is null ? null : LifecyclePolicy.Read(policy).Policy;
        if (!puts && (present is null || !ShieldRule.StandsIn(present)))
            return WithoutRule(policy, contents, usages);
        var held = HeldByAnIndex(contents, usages);
        var shielded = contents.Images.ToDictionary(image => image.Id.Digest, image => usages[image.Id.Digest]);
        var (withheld, stuck) = (new List<Digest>(), 0);
        var counted = new HashSet<Digest>();
        foreach (var image in contents.Images.Where(image => usages[image.Id.Digest].Use == UseState.InUse))
        {
            var digest = image.Id.Digest;
            var bare = image.Tags.Where(tag => tag != OwnTags.InUse(digest)).ToList();
            var (without, with) = present is null
                ? (null, null)
                : (Selection.Of(present, bare), Selection.Of(present, [.. bare, OwnTags.InUse(digest)]));
            var harms = policy is not null && without?.IsNotWorse(with!) != true;
            if (image.Tags.Contains(OwnTags.InUse(digest)))
            {
                // The team has put another policy since. Beside a tag of theirs the shield comes off.
                if (present is not null && harms && OwnTags.TeamTags(image).Count > 0)
                    shielded[digest] = ImageUsage.None;
            }
            else if (image.Tags.Count == 0 && held.Contains(digest))
                shielded[digest] = ImageUsage.Unknown;
            else if (harms)
                withheld.Add(digest);
            // It is safe either way, so that others may come first.
            else if (without is { Keeps: true } && with!.Rules.Skip(1).Any())
                counted.Add(digest);
            // What its team's tags, or the lack of any, would not have gone by.
            if (
                present is not null
                && Harms(present, image with { Tags = shielded[digest].Use == UseState.NotInUse ? bare : image.Tags })
            )
                stuck++;
        }
        if (counted.Count > 0 && Crowd(present!, contents, counted, usages, now))
            withheld.AddRange(counted);
        foreach (var digest in withheld)
            shielded[digest] = ImageUsage.Unknown;
        return new Shields(shielded, Sentence(withheld.Count, stuck));
    }

    /// <summary>
    /// No shield holds against anything: none is put, and those that are there go, unless the policy there would then
    /// take what is in use or may be.
    /// </summary>
    private static Shields WithoutRule(
        string? policy,
        RepositoryContents contents,
        IReadOnlyDictionary<Digest, ImageUsage> usages
    )
    {
        var present = policy is null ? null : LifecyclePolicy.Read(policy).Policy;
        var (planned, stuck) = (new Dictionary<Digest, ImageUsage>(), 0);
        foreach (var image in contents.Images)
        {
            var (digest, usage) = (image.Id.Digest, usages[image.Id.Digest]);
            var shield = OwnTags.InUse(digest);
            var goes =
                image.Tags.Contains(shield)
                && TagSafety.WhyNot(policy, image, new TagAction(TagChange.Remove, shield), usage.Use) is null;
            planned[digest] = usage.Use == UseState.NotInUse || goes ? ImageUsage.None : ImageUsage.Unknown;
            var left = goes ? image with { Tags = [.. image.Tags.Where(tag => tag != shield)] } : image;
            if (usage.Use == UseState.InUse && present is not null && Harms(present, left))
                stuck++;
        }
        return new Shields(planned, Sentence(0, stuck));
    }

    /// <summary>
    /// Where EcrGuard has put its policy and now only observes: a sentence about the images in use that nothing shields
    /// any more; null where there are none.
    /// </summary>
    public static string? Unkept(
        LifecyclePolicy present,
        RepositoryContents contents,
        IReadOnlyDictionary<Digest, ImageUsage> usages
    )
    {
        var bare = ShieldRule.StandsIn(present)
            ? contents.Images.Count(image =>
                image is { Storage: StorageStatus.Active, TakesShield: true }
                && usages[image.Id.Digest].Use == UseState.InUse
                && !Selection.Of(present, image.Tags).Keeps
            )
            : 0;
        return bare == 0
            ? null
            : $"EcrGuard's lifecycle policy stands here and EcrGuard only observes: {Phrase.Count(bare, "image")} "
                + $"in use {(bare == 1 ? "carries" : "carry")} no shield, and may go by it. Enforce again, or have "
                + "'ecrguard restore' put back what was there before and then observe.";
    }

    /// <summary>The image as it is once it is shielded, where it takes a shield and is in use.</summary>
    public static ImageFacts With(ImageFacts image, ImageUsage usage) =>
        image is { TakesShield: true, Storage: StorageStatus.Active }
        && usage.Use == UseState.InUse
        && !image.Tags.Contains(OwnTags.InUse(image.Id.Digest))
            ? image with
            {
                Tags = [.. image.Tags, OwnTags.InUse(image.Id.Digest)],
            }
            : image;

    /// <summary>Whether EcrGuard's tags are what has a policy select an image.</summary>
    internal static bool Harms(LifecyclePolicy policy, ImageFacts image) =>
        !Selection.Of(policy, OwnTags.TeamTags(image)).IsNotWorse(Selection.Of(policy, image.Tags));

    /// <summary>
    /// Whether images that stay by their shields, but are counted by a rule behind it for them, push others out that
    /// are in use or may be. Those get their own shields meanwhile, and the next sweep finds room.
    /// </summary>
    private static bool Crowd(
        LifecyclePolicy policy,
        RepositoryContents contents,
        HashSet<Digest> counted,
        IReadOnlyDictionary<Digest, ImageUsage> usages,
        DateTimeOffset now
    )
    {
        HashSet<Digest> AtRisk(RepositoryContents images) =>
            [.. PolicySafety.Exposed(policy, images, usages, now).Select(image => image.Image.Id.Digest)];
        var with = contents with
        {
            Images =
            [
                .. contents.Images.Select(image =>
                    counted.Contains(image.Id.Digest)
                        ? image with
                        {
                            Tags = [.. image.Tags, OwnTags.InUse(image.Id.Digest)],
                        }
                        : image
                ),
            ],
        };
        return !AtRisk(with).IsSubsetOf(AtRisk(contents));
    }

    private static string? Sentence(int withheld, int stuck) =>
        (withheld, stuck) == (0, 0)
            ? null
            : string.Join(
                ' ',
                new[]
                {
                    withheld == 0
                        ? null
                        : $"{Phrase.Count(withheld, "image")} in use got no shield: under the lifecycle policy "
                            + "there the tag itself could make images go.",
                    stuck == 0
                        ? null
                        : $"{Phrase.Count(stuck, "image")} in use may go by EcrGuard's own tags: the lifecycle "
                            + $"policy there selects {(stuck == 1 ? "it" : "them")} by nothing else. Have "
                            + "EcrGuard's rule stand first, or let the policy's patterns leave out "
                            + $"'{OwnTags.Pattern}'.",
                }.OfType<string>()
            );

    /// <summary>
    /// "If an image is referenced by a manifest list, it cannot be expired or archived without the manifest list being
    /// deleted or archived first": an untagged child is safe as its index is, and a tag would only take a place in
    /// counts.
    /// </summary>
    private static HashSet<Digest> HeldByAnIndex(
        RepositoryContents contents,
        IReadOnlyDictionary<Digest, ImageUsage> usages
    ) =>
        [
            .. contents
                .Images.Where(image =>
                    contents.IsIndex(image)
                    && image.Storage == StorageStatus.Active
                    && usages[image.Id.Digest].Use == UseState.InUse
                )
                .SelectMany(index => contents.ChildrenOf(index) ?? []),
        ];
}
