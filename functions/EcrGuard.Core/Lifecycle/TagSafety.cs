using EcrGuard.Core.Images;
using EcrGuard.Core.Plans;

namespace EcrGuard.Core.Lifecycle;

/// <summary>Whether a tag that says a verdict could make an image go that stays without it: for a lifecycle policy it is a tag like any other, and a team that wrote <c>*-*</c> did not think of it.</summary>
public static class TagSafety
{
    /// <param name="policy">The lifecycle policy that stands in the repository, as text; null where there is none.</param>
    /// <param name="image">As it is without the tag.</param>
    /// <returns>Why the tag may not be put, a sentence; null where it may. A rule that names EcrGuard's tags means them.</returns>
    public static string? WhyNot(string? policy, ImageFacts image, string tag, VerdictTags tags)
    {
        if (policy is null)
            return null;
        if (LifecyclePolicy.Read(policy).Policy is not { } present)
            return "The repository's lifecycle policy cannot be understood, and might take the image by the tag.";
        var without = Selection.Of(present, image.Tags);
        var with = Selection.Of(present, [.. image.Tags, tag]);
        return without.IsNotWorse(with) || with.Rules.FirstOrDefault(rule => !without.Rules.Contains(rule) && !rule.Tags.Any(pattern => tags.Claims(pattern.Text))) is not { } rule ? null
            : $"The repository's lifecycle policy could take the image by the tag: rule {rule.Priority} selects it by {string.Join(" and ", rule.Tags.Select(pattern => $"'{pattern.Text}'"))}.";
    }
}
