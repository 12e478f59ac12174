using System.Text.Json.Nodes;
using EcrGuard.LocalAws;

namespace EcrGuard.EndToEnd.Tests.Harness;

/// <summary>
/// Events as AWS sent them, in <c>Events/</c>. Those of Amazon ECR and the older ones of Inspector come from the
/// documentation of AWS. The documentation cuts digests short, so these events cannot be read unchanged.
/// </summary>
internal static class Recorded
{
    public const string Push = "ecr-image-action-push";
    public const string Delete = "ecr-image-action-delete";
    public const string BasicScan = "ecr-image-scan-basic";
    public const string EnhancedScan = "inspector2-scan-ecr-counts";
    public const string Finding = "inspector2-finding-ecr-2024";
    public const string ScanFrequency = "ecr-scan-resource-change";
    public const string ScanOfAnInstance = "inspector2-scan-ec2-not-ecr";

    /// <summary>The event as it was recorded.</summary>
    public static string Event(string name) =>
        File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Events", $"{name}.json"));

    /// <summary>The same event about an image of the local AWS.</summary>
    /// <param name="time">When it happened; null for now.</param>
    public static string Event(
        string name,
        LocalAwsServer aws,
        string repository,
        string digest,
        DateTimeOffset? time = null
    )
    {
        var read = JsonNode.Parse(Event(name))!;
        var arn = $"arn:aws:ecr:{aws.Region}:{aws.AccountId}:repository/{repository}";
        read["account"] = aws.AccountId;
        read["region"] = aws.Region;
        read["time"] = (time ?? DateTimeOffset.UtcNow).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'");
        var detail = read["detail"]!;
        if (detail["repository-name"] is { } named)
            detail["repository-name"] = named.ToString().StartsWith("arn:", StringComparison.Ordinal)
                ? arn
                : repository;
        if (detail["image-digest"] is not null)
            detail["image-digest"] = digest;
        if (read["resources"]!.AsArray() is { Count: > 0 } resources)
            resources[0] = resources[0]!.ToString().Contains("/sha256:", StringComparison.Ordinal)
                ? $"{arn}/{digest}"
                : arn;
        if (detail["repositories"] is { } repositories)
            (repositories[0]!["repository-name"], repositories[0]!["repository-arn"]) = (repository, arn);
        if (detail["resources"] is { } images)
            images[0]!["id"] = $"{arn}/{digest}";
        return read.ToJsonString();
    }
}
