using EcrGuard.Core.Images;

namespace EcrGuard.Core.Lifecycle;

/// <summary>
/// What a lifecycle policy needs to know of an image (ECR API, <c>ImageDetail</c>). A time is null where ECR gives
/// none.
/// </summary>
public sealed record LifecycleImage
{
    public required Digest Digest { get; init; }

    public IReadOnlyList<string> Tags { get; init; } = [];

    public ImageKind Kind { get; init; }

    public StorageStatus Storage { get; init; }

    public DateTimeOffset? PushedAt { get; init; }

    /// <summary>Null for an image that was never pulled.</summary>
    public DateTimeOffset? LastPulledAt { get; init; }

    public DateTimeOffset? LastArchivedAt { get; init; }

    /// <summary>When it was last restored from the archive; null for an image that never was.</summary>
    public DateTimeOffset? LastActivatedAt { get; init; }

    /// <summary>What an index refers to; null where its manifest was not read.</summary>
    public IReadOnlyList<Digest>? Children { get; init; }

    /// <summary>The image that a signature, SBOM or another artifact speaks about.</summary>
    public Digest? Subject { get; init; }

    /// <param name="children">Null where the manifest of an index was not read.</param>
    public static LifecycleImage Of(ImageFacts image, IReadOnlyList<Digest>? children) =>
        new()
        {
            Digest = image.Id.Digest,
            Tags = image.Tags,
            Kind = image.Kind,
            Storage = image.Storage,
            PushedAt = image.PushedAt,
            LastPulledAt = image.LastPulledAt,
            LastArchivedAt = image.LastArchivedAt,
            LastActivatedAt = image.LastActivatedAt,
            Children = children,
            Subject = image.Subject,
        };
}
