using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Core.Plans;

public enum TagChange
{
    Add,
    Remove,
}

/// <summary>One write to ECR.</summary>
public sealed record TagAction(TagChange Change, string Tag);

/// <summary>The tag writes that make an image's tags say its verdict: in this order, new tag first. Planned again after they were carried out, there are none.</summary>
/// <param name="Actions">Empty where nothing is to do or nothing may be done.</param>
/// <param name="CouldNot">Why something that should be done cannot be; null where all is well. For ledger and report.</param>
public sealed record TagPlan(IReadOnlyList<TagAction> Actions, string? CouldNot)
{
    /// <summary>Tags per image (ECR service quotas).</summary>
    public const int MaxTags = 1000;

    /// <summary>Nothing to do.</summary>
    public static TagPlan Nothing { get; } = new([], null);

    /// <summary>Plans the tags of an image.</summary>
    /// <param name="image">As read immediately before: ECR has no conditional writes.</param>
    /// <param name="mode">What the policy allows for the repository, already under the deployment's ceiling.</param>
    public static TagPlan For(ImageFacts image, Status status, EnforcementMode mode, VerdictTags tags)
    {
        if (mode == EnforcementMode.Observe || image.Kind is not (ImageKind.Image or ImageKind.Index))
            return Nothing;

        var digest = image.Id.Digest;
        var wanted = tags.Wanted(digest, status);
        // A blocking tag goes only when the image becomes APPROVED. What is pending or in error leaves every tag as it is.
        IEnumerable<string> unwanted = status switch
        {
            Status.Approved or Status.Blocked => [.. tags.AllBlocked(digest), .. tags.AllApproved(digest)],
            Status.Unscanned or Status.Unsupported or Status.Stale => tags.AllApproved(digest),
            Status.Pending or Status.Error => [],
        };

        var add = wanted is not null && !image.Tags.Contains(wanted) ? wanted : null;
        var remove = unwanted.Where(tag => tag != wanted && image.Tags.Contains(tag)).ToList();
        if (add is null && remove.Count == 0)
            return Nothing;
        // An untagged image (a child of an index, mostly) stays untagged: a verdict tag would take it out of the lifecycle rules for untagged images.
        if (image.Tags.Count == 0)
            return Nothing;

        var cannot = WhyNot(image, tags, add is not null);
        return cannot is null
            ? new TagPlan([.. add is null ? [] : new[] { new TagAction(TagChange.Add, add) }, .. remove.Select(tag => new TagAction(TagChange.Remove, tag))], null)
            : new TagPlan([], cannot);
    }

    private static string? WhyNot(ImageFacts image, VerdictTags tags, bool adds) => image switch
    {
        { Storage: StorageStatus.Archived or StorageStatus.Activating } => "The image is archived, and writing a tag would restore it.",
        { Storage: StorageStatus.Unknown } => "ECR does not say whether the image is archived, and writing a tag would restore it.",
        _ when tags.TeamTags(image).Count == 0 => "The image carries no team's tag: EcrGuard's own could be its last, and removing that deletes the image.",
        _ when adds && image.Tags.Count >= MaxTags => $"The image carries {image.Tags.Count} tags; ECR allows {MaxTags}.",
        _ => null,
    };
}
