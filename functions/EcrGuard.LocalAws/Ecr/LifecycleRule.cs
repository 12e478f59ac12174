using System.Text.RegularExpressions;

namespace EcrGuard.LocalAws.Ecr;

// The members of a lifecycle policy, as they are written
// (https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html).

internal sealed record LifecycleDocument
{
    public required IReadOnlyList<LifecycleRule> Rules { get; init; }
}

internal sealed record LifecycleRule
{
    public required int RulePriority { get; init; }

    public string? Description { get; init; }

    public required LifecycleSelection Selection { get; init; }

    public required LifecycleAction Action { get; init; }

    public bool Archives => Action.Type == "transition";
}

internal sealed record LifecycleSelection
{
    private Regex[]? patterns;

    public required string TagStatus { get; init; }

    public IReadOnlyList<string>? TagPatternList { get; init; }

    public IReadOnlyList<string>? TagPrefixList { get; init; }

    // Not init: the reader that the compiler makes would then set null where the member is missing.
    public string StorageClass { get; set; } = "standard";

    public required string CountType { get; init; }

    public string? CountUnit { get; init; }

    public required int CountNumber { get; init; }

    /// <summary>
    /// Whether an image with these tags meets the rule's tagging requirements: every entry of the rule's list matches
    /// one of the tags.
    /// </summary>
    public bool Matches(IReadOnlyList<string> tags) =>
        TagStatus switch
        {
            "any" => true,
            "untagged" => tags.Count == 0,
            _ => Patterns.All(pattern => tags.Any(pattern.IsMatch)),
        };

    private Regex[] Patterns =>
        patterns ??= [
            .. (TagPatternList ?? []).Select(pattern =>
                Anchored(Regex.Escape(pattern).Replace(@"\*", ".*", StringComparison.Ordinal))
            ),
            .. (TagPrefixList ?? []).Select(prefix => Anchored(Regex.Escape(prefix) + ".*")),
        ];

    private static Regex Anchored(string expression) =>
        new($@"\A{expression}\z", RegexOptions.Singleline | RegexOptions.CultureInvariant);
}

internal sealed record LifecycleAction
{
    public required string Type { get; init; }

    public string? TargetStorageClass { get; init; }
}
