namespace EcrGuard.LocalAws.Ecr;

/// <summary>A preview of a lifecycle policy: its results are there after a number of looks at it.</summary>
internal sealed class LifecyclePreview(string text, IReadOnlyList<PreviewResult> results, int polls)
{
    private int pollsLeft = polls;

    public string Text => text;

    public IReadOnlyList<PreviewResult> Results => results;

    /// <summary>The counts of all results, whatever page or filter is asked for.</summary>
    public object Summary { get; } = new
    {
        ExpiringImageTotalCount = results.Count(r => !r.Rule.Archives),
        TransitioningImageTotalCounts = results.Count(r => r.Rule.Archives) is > 0 and var count
            ? new[] { new { TargetStorageClass = "ARCHIVE", ImageTotalCount = count } }
            : null,
    };

    /// <summary>
    /// Whether it is still being made. Each look brings its end nearer, the refusal of another preview too.
    /// </summary>
    public bool IsInProgress() => pollsLeft-- > 0;
}

/// <summary>An image that a previewed policy takes, as it was when the preview was asked for.</summary>
internal sealed class PreviewResult(EcrImage image, LifecycleRule rule)
{
    private readonly string[] tags = [.. image.Tags];

    public LifecycleRule Rule => rule;

    public object Shown { get; } = new
    {
        ImageTags = image.Tags.Count == 0 ? null : image.Tags.ToArray(),
        ImageDigest = image.Digest,
        ImagePushedAt = JsonWire.Epoch(image.PushedAt),
        Action = new
        {
            Type = rule.Archives ? "TRANSITION" : "EXPIRE",
            TargetStorageClass = rule.Archives ? "ARCHIVE" : null,
        },
        AppliedRulePriority = rule.RulePriority,
        StorageClass = image.IsArchived ? "ARCHIVE" : "STANDARD",
    };

    public bool Matches(string? tagStatus) => tagStatus is null or "ANY" || (tagStatus == "TAGGED") == tags.Length > 0;

    public bool Is(ImageIdentifier id) =>
        (id.ImageDigest is null || id.ImageDigest == image.Digest)
        && (id.ImageTag is null || tags.Contains(id.ImageTag));
}
