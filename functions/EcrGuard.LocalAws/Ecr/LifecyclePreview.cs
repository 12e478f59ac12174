namespace EcrGuard.LocalAws.Ecr;

/// <summary>A preview of a lifecycle policy. Its results are ready after it was read a number of times.</summary>
internal sealed class LifecyclePreview(string text, IReadOnlyList<PreviewResult> results, int polls)
{
    private int pollsLeft = polls;

    public string Text => text;

    public IReadOnlyList<PreviewResult> Results => results;

    /// <summary>The counts of all results, whatever page or filter the caller asks for.</summary>
    public object Summary { get; } =
        new Members
        {
            ["ExpiringImageTotalCount"] = results.Count(r => !r.Rule.Archives),
            ["TransitioningImageTotalCounts"] = results.Count(r => r.Rule.Archives) is > 0 and var count
                ? new[]
                {
                    new Members { ["TargetStorageClass"] = "ARCHIVE", ["ImageTotalCount"] = count },
                }
                : null,
        };

    /// <summary>
    /// Whether the preview is still in progress. Each call brings its end nearer; so does a refusal of another preview.
    /// </summary>
    public bool IsInProgress() => pollsLeft-- > 0;
}

/// <summary>An image that a previewed policy expires or archives, as it was when the preview was started.</summary>
internal sealed class PreviewResult(EcrImage image, LifecycleRule rule)
{
    private readonly string[] tags = [.. image.Tags];

    public LifecycleRule Rule => rule;

    public object Shown { get; } =
        new Members
        {
            ["ImageTags"] = image.Tags.Count == 0 ? null : image.Tags.ToArray(),
            ["ImageDigest"] = image.Digest,
            ["ImagePushedAt"] = JsonWire.Epoch(image.PushedAt),
            ["Action"] = new Members
            {
                ["Type"] = rule.Archives ? "TRANSITION" : "EXPIRE",
                ["TargetStorageClass"] = rule.Archives ? "ARCHIVE" : null,
            },
            ["AppliedRulePriority"] = rule.RulePriority,
            ["StorageClass"] = image.IsArchived ? "ARCHIVE" : "STANDARD",
        };

    public bool Matches(string? tagStatus) => tagStatus is null or "ANY" || (tagStatus == "TAGGED") == tags.Length > 0;

    public bool Is(ImageIdentifier id) =>
        (id.ImageDigest is null || id.ImageDigest == image.Digest)
        && (id.ImageTag is null || tags.Contains(id.ImageTag));
}
