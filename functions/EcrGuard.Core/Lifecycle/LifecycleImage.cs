using EcrGuard.Core.Images;

namespace EcrGuard.Core.Lifecycle;

/// <summary>
/// What a lifecycle policy needs to know of an image (ECR API, <c>ImageDetail</c>). A time is null where ECR does not
/// say.
/// </summary>
public sealed record LifecycleImage
{
    /// <summary>
    /// In UTC, 0 for none. This takes a third of the space of the times themselves, of which an image has four.
    /// </summary>
    private readonly long _pushedAt,
        _lastPulledAt,
        _lastArchivedAt,
        _lastActivatedAt;

    public required Digest Digest { get; init; }

    public IReadOnlyList<string> Tags { get; init; } = [];

    public ImageKind Kind { get; init; }

    public StorageStatus Storage { get; init; }

    public DateTimeOffset? PushedAt
    {
        get => Time(_pushedAt);
        init => _pushedAt = Ticks(value);
    }

    /// <summary>Null for an image that was never pulled.</summary>
    public DateTimeOffset? LastPulledAt
    {
        get => Time(_lastPulledAt);
        init => _lastPulledAt = Ticks(value);
    }

    public DateTimeOffset? LastArchivedAt
    {
        get => Time(_lastArchivedAt);
        init => _lastArchivedAt = Ticks(value);
    }

    /// <summary>When it was last restored from the archive; null for never.</summary>
    public DateTimeOffset? LastActivatedAt
    {
        get => Time(_lastActivatedAt);
        init => _lastActivatedAt = Ticks(value);
    }

    /// <summary>The children of an index; null where its manifest was not read.</summary>
    public IReadOnlyList<Digest>? Children { get; init; }

    /// <summary>The image that a signature, SBOM or another artifact speaks about.</summary>
    public Digest? Subject { get; init; }

    private static DateTimeOffset? Time(long ticks) => ticks == 0 ? null : new DateTimeOffset(ticks, TimeSpan.Zero);

    private static long Ticks(DateTimeOffset? time) => time?.UtcTicks ?? 0;

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
