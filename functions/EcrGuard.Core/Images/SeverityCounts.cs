using System.Text.Json.Serialization;

namespace EcrGuard.Core.Images;

/// <summary>
/// How many findings of each severity Inspector counts, and in all (Amazon ECR User Guide, "EventBridge events sent for
/// enhanced scanning"). The total includes lower severities. A missing number is null: unknown.
/// </summary>
public sealed record SeverityCounts(int? Critical, int? High, int? Medium, int? Total)
{
    /// <summary>Whether any number is known.</summary>
    [JsonIgnore]
    public bool Say => (Critical ?? High ?? Medium ?? Total) is not null;

    /// <summary>
    /// The larger number of each: if two events about a whole scan have the same time, nobody knows which is right.
    /// </summary>
    public SeverityCounts OrMore(SeverityCounts other) =>
        new(
            Larger(Critical, other.Critical),
            Larger(High, other.High),
            Larger(Medium, other.Medium),
            Larger(Total, other.Total)
        );

    /// <summary>What is announced and not listed, worst first: the severity (empty for all) and both numbers.</summary>
    public IReadOnlyList<(string Severity, int Announced, int Listed)> NotListed(SeverityCounts listed) =>
        [
            .. Short("CRITICAL", Critical, listed.Critical),
            .. Short("HIGH", High, listed.High),
            .. Short("MEDIUM", Medium, listed.Medium),
            .. Short("", Total, listed.Total),
        ];

    private static IEnumerable<(string, int, int)> Short(string severity, int? announced, int? listed) =>
        announced > (listed ?? 0) ? [(severity, announced.Value, listed ?? 0)] : [];

    private static int? Larger(int? one, int? other) =>
        one is null ? other
        : other is null ? one
        : Math.Max(one.Value, other.Value);
}
