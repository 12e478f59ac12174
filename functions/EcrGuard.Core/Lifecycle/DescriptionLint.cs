using EcrGuard.Core.Images;

namespace EcrGuard.Core.Lifecycle;

/// <summary>Compares the description of a rule with the rule.</summary>
internal static class DescriptionLint
{
    /// <summary>
    /// Each check looks at one claim that is sure: the one number, the one action, that all images stay, which tags are
    /// meant. All else in a description is left to people.
    /// </summary>
    public static IEnumerable<LintFinding> Of(LifecycleRule rule, LifecyclePolicy policy)
    {
        if (string.IsNullOrWhiteSpace(rule.Description))
            yield break;
        var says = new RuleDescription(rule.Description, rule.Tags);
        var counts = rule.CountType == CountType.ImageCountMoreThan;
        var number = Phrase.Count(rule.CountNumber, counts ? "image" : "day");

        if (says.Number is { } claim && !rule.IsNeverReached && NumberDiffers(rule, claim) is { } how)
            yield return Differs(how);

        if (rule.Action == LifecycleAction.Expire && rule.StorageClass == StorageClass.Standard && says.SaysArchive)
            yield return Differs("speaks of archiving, and the rule deletes");
        if (rule.Action == LifecycleAction.Archive && says.SaysDelete)
            yield return Differs("speaks of deleting, and the rule archives: the images stay and are charged for");
        if (says.SaysProtect && rule.Action == LifecycleAction.Expire && !rule.IsNeverReached)
            yield return Differs($"promises to keep, and the rule deletes beyond {number}");

        if (says.SaysUntagged && rule.TagStatus != TagStatus.Untagged && !TakesOnlyUntagged(rule, policy))
            yield return Differs(
                "speaks of untagged images, and the rule takes "
                    + $"{(rule.TagStatus == TagStatus.Any ? "all" : "tagged ones")}"
            );
        else if (rule.TagStatus == TagStatus.Untagged && !says.SaysUntagged && says.NamedEnvironments.Count > 0)
            yield return Differs(
                $"speaks of {string.Join(" and ", says.NamedEnvironments)}, and the rule takes untagged images"
            );
        else if (rule.TagStatus == TagStatus.Tagged && says.NamesOtherEnvironmentsThan(rule.Tags))
            yield return Differs(
                $"speaks of {string.Join(" and ", says.NamedEnvironments)}, and the rule selects "
                    + LifecycleLinter.Listed(rule.Tags)
            );

        LintFinding Differs(string what) =>
            new(
                LifecycleLinter.DescriptionDiffers,
                LintSeverity.Warning,
                rule.Priority,
                $"The description \"{Phrase.Clip(rule.Description, 100)}\" {what}.",
                "Correct whichever of the two is wrong; ECR goes by the rule."
            );
    }

    private static string? NumberDiffers(LifecycleRule rule, NumberClaim claim)
    {
        var counts = rule.CountType == CountType.ImageCountMoreThan;
        var number = Phrase.Count(rule.CountNumber, counts ? "image" : "day");
        // "Older than 120 days" may be 30 days in the repository and 90 in the archive.
        if (
            rule.StorageClass == StorageClass.Archive
            && !(rule.Description ?? "").Contains("archiv", StringComparison.OrdinalIgnoreCase)
        )
            return null;
        return (claim.IsTime, counts) switch
        {
            (true, true) => $"speaks of time ({claim.Written}), and the rule counts {number}",
            (false, false) => $"counts images ({claim.Written}), and the rule measures {number}",
            _ when claim.Allows(rule.CountNumber) => null,
            _ => $"speaks of {claim.Written}, the rule of {number}",
        };
    }

    /// <summary>
    /// Whether a rule for any image takes only untagged ones, since an earlier rule decides about all others.
    /// </summary>
    private static bool TakesOnlyUntagged(LifecycleRule rule, LifecyclePolicy policy) =>
        rule.TagStatus == TagStatus.Any
        && policy
            .Rules.TakeWhile(other => other != rule)
            .Any(other =>
                other.StorageClass == rule.StorageClass
                && other.TagStatus == TagStatus.Tagged
                && other.Tags.All(tag => tag.MatchesEverything)
            );
}
