using EcrGuard.Core.Images;
using EcrGuard.Core.Lifecycle;
using EcrGuard.Core.Use;

namespace EcrGuard.Core.Baselines;

/// <summary>
/// Which images in use get a shield: a tag that EcrGuard's rule keeps. The rule must stand first in the lifecycle
/// policy, or be about to be put there. Anywhere else a shield protects nothing, and may do harm: it takes an image out
/// of the rules for untagged images and into whatever rule matches the tag. The image, or another one whose place it
/// takes in a count, may then expire although it would stay without the shield. So EcrGuard puts no shield there, and
/// removes shields together with its rule. While the rule is only about to be put, EcrGuard puts a shield where it
/// cannot harm, today or after any push.
/// </summary>
/// <param name="Usages">The usages that tags are written for. Unknown where a shield would harm or is not needed: the
///     tags stay as they are. Not in use where a shield that is there harms or protects nothing: it is removed.</param>
/// <param name="Withheld">Sentences about shields that are not put, or that harm and cannot be removed; null where
///     there are none.</param>
public sealed record Shields(IReadOnlyDictionary<Digest, ImageUsage> Usages, string? Withheld)
{
    /// <param name="policy">The lifecycle policy of the repository, as text; null where there is none. Under a policy
    ///     that cannot be understood any tag could do anything.</param>
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
            return WithoutRule(policy, present, contents, usages);
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
                // The team has put another policy since: the shield comes off if a tag of the team's stays.
                if (present is not null && harms && OwnTags.TeamTags(image).Count > 0)
                    shielded[digest] = ImageUsage.None;
            }
            else if (image.Tags.Count == 0 && held.Contains(digest))
                shielded[digest] = ImageUsage.Unknown;
            else if (harms)
                withheld.Add(digest);
            // It stays with and without the shield. If there is no room for all, others come first.
            else if (without is { Keeps: true } && with!.Rules.Skip(1).Any())
                counted.Add(digest);
            // The team's own tags, or the lack of any, would not make it go.
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
    /// No shield protects anything, so none is put. Those that are there are removed, unless the policy would then take
    /// an image that is in use or may be.
    /// </summary>
    /// <param name="present">The policy, read; null where there is none, or where it cannot be understood.</param>
    private static Shields WithoutRule(
        string? policy,
        LifecyclePolicy? present,
        RepositoryContents contents,
        IReadOnlyDictionary<Digest, ImageUsage> usages
    )
    {
        var (planned, stuck) = (new Dictionary<Digest, ImageUsage>(), 0);
        foreach (var image in contents.Images)
        {
            var (digest, usage) = (image.Id.Digest, usages[image.Id.Digest]);
            var shield = OwnTags.InUse(digest);
            var goes =
                image.Tags.Contains(shield)
                && (
                    policy is null
                    || (
                        present is not null
                        && TagSafety.WhyNot(present, image, new TagAction(TagChange.Remove, shield), usage.Use) is null
                    )
                );
            planned[digest] = usage.Use == UseState.NotInUse || goes ? ImageUsage.None : ImageUsage.Unknown;
            var left = goes ? image with { Tags = [.. image.Tags.Where(tag => tag != shield)] } : image;
            if (usage.Use == UseState.InUse && present is not null && Harms(present, left))
                stuck++;
        }
        return new Shields(planned, Sentence(0, stuck));
    }

    /// <summary>
    /// A sentence about images in use without a shield, where EcrGuard has put its policy and now only observes; null
    /// where there are none.
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

    /// <summary>The image with its shield, if it takes one and is in use.</summary>
    public static ImageFacts With(ImageFacts image, ImageUsage usage) =>
        image is { TakesShield: true, Storage: StorageStatus.Active }
        && usage.Use == UseState.InUse
        && !image.Tags.Contains(OwnTags.InUse(image.Id.Digest))
            ? image with
            {
                Tags = [.. image.Tags, OwnTags.InUse(image.Id.Digest)],
            }
            : image;

    /// <summary>Whether a policy selects an image only because of EcrGuard's tags.</summary>
    internal static bool Harms(LifecyclePolicy policy, ImageFacts image) =>
        !Selection.Of(policy, OwnTags.TeamTags(image)).IsNotWorse(Selection.Of(policy, image.Tags));

    /// <summary>
    /// Whether shielded images, which a later rule still counts, push out others that are in use or may be. Those
    /// others then get their own shields first, and the next sweep finds room.
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
    /// deleted or archived first" (Amazon ECR User Guide). So an untagged child is as safe as its index, and a tag
    /// would only take a place in counts.
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
