using System.Globalization;
using EcrGuard.Core.Images;

namespace EcrGuard.Core.Lifecycle;

/// <summary>Says in words what a rule of a lifecycle policy does.</summary>
public static class RuleSentence
{
    /// <returns>For example "Rule 2 expires images with tags nightly-*, except the newest 7."</returns>
    public static string Of(LifecycleRule rule)
    {
        var priority = rule.Priority.ToString(CultureInfo.InvariantCulture);
        return rule is { CountType: CountType.ImageCountMoreThan, CountNumber: >= Selection.EveryImage }
            ? $"Rule {priority} keeps {Selected(rule)} from all other rules."
            : $"Rule {priority} {Action(rule)} {Selected(rule)}{Limit(rule)}.";
    }

    private static string Action(LifecycleRule rule) =>
        rule.Action switch
        {
            LifecycleAction.Expire => "expires",
            LifecycleAction.Archive => "archives",
        };

    private static string Selected(LifecycleRule rule)
    {
        var archived = rule.StorageClass == StorageClass.Archive ? "archived " : "";
        return rule.TagStatus switch
        {
            TagStatus.Any => $"{archived}images",
            TagStatus.Untagged => $"{archived}untagged images",
            TagStatus.Tagged =>
                $"{archived}images with tags {string.Join(" and ", rule.Tags.Select(tag => tag.Pattern))}",
        };
    }

    private static string Limit(LifecycleRule rule)
    {
        var days = Phrase.Count(rule.CountNumber, "day");
        return rule.CountType switch
        {
            CountType.ImageCountMoreThan => string.Create(
                CultureInfo.InvariantCulture,
                $", except the newest {(rule.CountNumber)}"
            ),
            CountType.SinceImagePushed => $" that were pushed more than {days} ago",
            CountType.SinceImagePulled => $" that were last pulled, or pushed, more than {days} ago",
            CountType.SinceImageTransitioned => $" that were archived more than {days} ago",
        };
    }
}
