using System.Text;
using EcrGuard.Core.Documents;
using EcrGuard.Core.Images;

namespace EcrGuard.Core.Lifecycle;

/// <summary>
/// A lifecycle policy that ECR accepts
/// (https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html). One that it refuses
/// cannot be made.
/// </summary>
public sealed class LifecyclePolicy
{
    internal LifecyclePolicy(string text, IReadOnlyList<LifecycleRule> rules) => (Text, Rules) = (text, rules);

    /// <summary>
    /// In the form that PutLifecyclePolicy takes: JSON without white space, at most 30,720 characters.
    /// </summary>
    public string Text { get; }

    /// <summary>One to fifty, the highest priority (the lowest number) first.</summary>
    public IReadOnlyList<LifecycleRule> Rules { get; }

    /// <summary>Reads a policy from ECR or from the ledger.</summary>
    /// <inheritdoc cref="Read(ReadOnlySpan{byte}, bool)"/>
    public static LifecyclePolicyReading Read(string text, bool sentAsWritten = false) =>
        Read(Encoding.UTF8.GetBytes(text), sentAsWritten);

    /// <summary>
    /// Whether two policies do the same to every repository and say the same to people. White space, the order of keys,
    /// rules and tags, the numbers of priorities, explicit defaults, and prefixes that are written as patterns make no
    /// difference: ECR may return a policy in another form than it was put. A policy that cannot be read is the same
    /// only as its own text.
    /// </summary>
    /// <param name="one">As text; null for none.</param>
    public static bool AreSame(string? one, string? other) =>
        one == other
        || (
            one is not null
            && other is not null
            && RuleList.Read(one) is { } rules
            && RuleList.Read(other) is { } others
            && rules.IsSameAs(others)
        );

    /// <summary>A text that is equal exactly for policies that <see cref="AreSame"/>; null for none.</summary>
    public static string? Meaning(string? policy) => policy is null ? null : RuleList.Read(policy)?.Meaning ?? policy;

    /// <summary>
    /// Reads a policy's text and reports everything for which ECR refuses it or may refuse it, comments and trailing
    /// commas included.
    /// </summary>
    /// <param name="utf8">With or without byte order mark.</param>
    /// <param name="sentAsWritten">Whether ECR is sent this text, and not <see cref="Text"/>.</param>
    public static LifecyclePolicyReading Read(ReadOnlySpan<byte> utf8, bool sentAsWritten = false)
    {
        var text = JsonSyntax.WithoutMark(utf8);
        if (!JsonTree.TryParse(text, out var root, out var problem, strict: true))
            return new(
                null,
                [
                    JsonTree.TryParse(text, out _, out _)
                        ? problem with
                        {
                            Message =
                                "A comment or a trailing comma stands before this; lifecycle policies are plain JSON.",
                            Certain = false,
                        }
                        : problem,
                ]
            );
        var checks = new Checks();
        var policy = new LifecyclePolicyCheck(checks, sentAsWritten).Read(root);
        return new(
            checks.Problems.Count == 0 ? policy : null,
            [.. checks.Problems.OrderBy(p => p.Line).ThenBy(p => p.Column)]
        );
    }
}

/// <summary>What reading a lifecycle policy gave.</summary>
/// <param name="Policy">Null when there is a problem.</param>
/// <param name="Problems">All of them, in the order of the text.</param>
public sealed record LifecyclePolicyReading(LifecyclePolicy? Policy, IReadOnlyList<PolicyProblem> Problems)
{
    /// <summary>
    /// For a policy with problems: "ECR would refuse" where that is documented or was recorded, otherwise "ECR may
    /// refuse".
    /// </summary>
    public string Refusal => IsRefused ? "ECR would refuse" : "ECR may refuse";

    /// <summary>Whether it is certain that ECR refuses the policy.</summary>
    public bool IsRefused => Problems.Any(problem => problem.Certain);
}

public enum TagStatus
{
    Tagged,
    Untagged,
    Any,
}

public enum StorageClass
{
    Standard,
    Archive,
}

/// <summary>What a rule counts.</summary>
public enum CountType
{
    /// <summary>How many of the newest images stay.</summary>
    ImageCountMoreThan,

    /// <summary>Days since the push.</summary>
    SinceImagePushed,

    /// <summary>Days since the last pull.</summary>
    SinceImagePulled,

    /// <summary>Days since the image was archived.</summary>
    SinceImageTransitioned,
}

/// <summary>What a rule does to an image.</summary>
public enum LifecycleAction
{
    /// <summary>Deletes it.</summary>
    Expire,

    /// <summary>
    /// Moves it to the archive storage class (<c>transition</c>): it cannot be pulled until somebody restores it.
    /// </summary>
    Archive,
}

/// <summary>One rule of a lifecycle policy.</summary>
public sealed record LifecycleRule
{
    /// <summary>Unique in its policy; the lowest number is the highest priority.</summary>
    public required int Priority { get; init; }

    public string? Description { get; init; }

    public required TagStatus TagStatus { get; init; }

    /// <summary>
    /// The <c>tagPatternList</c> or <c>tagPrefixList</c>, of a <see cref="TagStatus.Tagged"/> rule only. <em>Every</em>
    /// entry must match a tag of the image.
    /// </summary>
    public IReadOnlyList<TagPattern> Tags { get; init; } = [];

    public StorageClass StorageClass { get; init; }

    public required CountType CountType { get; init; }

    /// <summary>Images that stay, or days; at least 1.</summary>
    public required int CountNumber { get; init; }

    public required LifecycleAction Action { get; init; }

    /// <summary>
    /// Whether the rule keeps all that it selects: nobody reaches its limit, or its tag is on one image only.
    /// </summary>
    internal bool IsNeverReached =>
        CountType == CountType.ImageCountMoreThan
            ? CountNumber >= 1000 || Tags.Any(tag => tag.IsExact)
            : CountNumber >= 3650;

    /// <summary>
    /// A text that is the same for all rules with the same meaning: what is selected, counted and done, and the
    /// description, because people read it. The order of tags, a tag that is there twice, and a prefix that is written
    /// as a pattern make no difference. Each line has one thing in it, and no tag has a line end.
    /// </summary>
    internal string Meaning =>
        string.Join(
            '\n',
            [
                $"{TagStatus} {StorageClass} {CountType} "
                    + $"{CountNumber.ToString(System.Globalization.CultureInfo.InvariantCulture)} {Action}",
                .. Tags.Select(tag => tag.Meaning).Distinct().Order(StringComparer.Ordinal),
                "",
                Description ?? "",
            ]
        );
}
