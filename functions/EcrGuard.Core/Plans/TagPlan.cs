using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Use;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Core.Plans;

/// <summary>
/// The writes that make an image's tags show its verdict, in this order: the new tag first. A plan that is made after
/// them is empty. <see cref="TagRemoval"/> decides how a tag comes off.
/// </summary>
/// <param name="Actions">Empty where there is nothing to do, or nothing may be done.</param>
/// <param name="CouldNot">Why something cannot be done that should be, for ledger and report; null where all is
///     well.</param>
public sealed record TagPlan(IReadOnlyList<TagAction> Actions, string? CouldNot)
{
    /// <summary>Tags of an image (ECR service quotas).</summary>
    public const int MaxTags = 1000;

    /// <summary>EcrGuard leaves the last one to the team: its push would fail without it.</summary>
    private const int MaxWithOwn = MaxTags - 1;

    private const string UnknownKind =
        "It has a media type that EcrGuard does not know, so that it gets no shield and a lifecycle rule may take it.";

    /// <summary>Nothing to do.</summary>
    public static TagPlan Nothing { get; } = new([], null);

    /// <summary>Plans the tags of an image.</summary>
    /// <param name="image">Read immediately before: ECR has no conditional writes.</param>
    /// <param name="use">Unknown leaves the shield as it is.</param>
    /// <param name="mode">What the policy and the deployment's ceiling allow in the repository.</param>
    /// <param name="named">The tags by which consumers refer to images, each with the consumer. An updater may have
    ///     chosen one of EcrGuard's tags: it stays as long as it is referred to.</param>
    public static TagPlan For(
        ImageFacts image,
        Status status,
        UseState use,
        EnforcementMode mode,
        IReadOnlyDictionary<string, string>? named = null
    )
    {
        var digest = image.Id.Digest;
        // A blocking tag goes only when the image becomes APPROVED. PENDING and ERROR leave every verdict tag as it is.
        return mode == EnforcementMode.Observe ? Nothing
            : image.Kind is not (ImageKind.Image or ImageKind.Index) ? Untouched(image, use)
            : For(
                image,
                status == Status.Blocked ? OwnTags.Blocked(digest) : null,
                status == Status.Approved ? OwnTags.Blocked(digest) : null,
                use,
                named
            );
    }

    /// <summary>
    /// Plans only the shield. It is for an artifact that stands for itself, such as a chart: there is nothing to judge,
    /// but lifecycle rules take it like an image. And it is for an image that was just deployed, whatever its verdict.
    /// </summary>
    /// <inheritdoc cref="For(ImageFacts, Status, UseState, EnforcementMode, IReadOnlyDictionary{string, string}?)"/>
    public static TagPlan ForShield(
        ImageFacts image,
        UseState use,
        EnforcementMode mode,
        IReadOnlyDictionary<string, string>? named = null
    ) =>
        mode == EnforcementMode.Observe ? Nothing
        : !image.TakesShield ? Untouched(image, use)
        : For(image, null, null, use, named);

    private static TagPlan Untouched(ImageFacts image, UseState use) =>
        image.Kind == ImageKind.Unknown && use == UseState.InUse ? new TagPlan([], UnknownKind) : Nothing;

    /// <param name="verdict">The tag that shows the verdict; null for none.</param>
    /// <param name="other">The tag that shows another verdict and comes off; null for none.</param>
    private static TagPlan For(
        ImageFacts image,
        string? verdict,
        string? other,
        UseState use,
        IReadOnlyDictionary<string, string>? named
    )
    {
        var digest = image.Id.Digest;
        var shield = use == UseState.InUse ? OwnTags.InUse(digest) : null;
        // An image without a team's tag (mostly a child of an index) gets no verdict tag: that would take it out of the
        // lifecycle rules for untagged images, from which the shield protects it.
        var hasTeamTag = OwnTags.TeamTags(image).Count > 0;
        var add = new[] { hasTeamTag ? verdict : null, shield }
            .OfType<string>()
            .Where(tag => !image.Tags.Contains(tag))
            .ToList();
        var remove = new[] { other, use == UseState.NotInUse ? OwnTags.InUse(digest) : null }
            .OfType<string>()
            .Where(image.Tags.Contains)
            .ToList();
        var stays = remove
            .Where(tag => named?.ContainsKey(tag) == true)
            .Select(tag => $"The tag '{tag}' stays: the {named![tag]} names it.")
            .FirstOrDefault();
        remove.RemoveAll(tag => named?.ContainsKey(tag) == true);
        if (add.Count == 0 && remove.Count == 0)
            return stays is null ? Nothing : new TagPlan([], stays);
        if (WhyNotAtAll(image) is { } cannot)
            return new TagPlan([], cannot);

        var room = MaxWithOwn - image.Tags.Count;
        var full =
            add.Count > Math.Max(room, 0)
                ? $"The image carries {image.Tags.Count} tags; ECR allows {MaxTags}, and EcrGuard leaves the "
                    + "last of them."
                : null;
        // If there is room for one tag, it is the shield.
        List<string> fitting =
            full is null ? add
            : room == 1 && shield is not null && add.Contains(shield) ? [shield]
            : [];
        return new TagPlan(
            [
                .. fitting.Select(tag => new TagAction(TagChange.Add, tag)),
                .. full is not null ? [] : remove.Select(tag => new TagAction(TagChange.Remove, tag)),
            ],
            full ?? stays
        );
    }

    private static string? WhyNotAtAll(ImageFacts image) =>
        image.Storage switch
        {
            StorageStatus.Archived or StorageStatus.Activating =>
                "The image is archived, and writing a tag would restore it.",
            StorageStatus.Unknown =>
                "ECR does not say whether the image is archived, and writing a tag would restore it.",
            StorageStatus.Active => null,
        };
}
