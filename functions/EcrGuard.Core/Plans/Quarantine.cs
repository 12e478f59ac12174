using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Use;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Core.Plans;

/// <summary>How far an image is out of reach.</summary>
public enum QuarantineState
{
    /// <summary>Taking it was begun and is not known to be done.</summary>
    Taking,

    Held,

    /// <summary>Putting it back was begun, or was done so lately that something late may still undo it.</summary>
    Returning,

    Ended,
}

/// <summary>Somebody ordered an image to be put back although it is blocked.</summary>
/// <param name="By">As Lambda tells who asked; never what the order says of itself.</param>
public sealed record Release(string By, DateTimeOffset At, string Reason);

/// <summary>What the ledger holds of an image that was taken out of reach, or that may not be.</summary>
public sealed record Quarantine
{
    public required QuarantineState State { get; init; }

    /// <summary>
    /// The change of status that it follows from (<see cref="ImageRecord.ChangeId"/>): a later block is another matter.
    /// </summary>
    public required string ChangeId { get; init; }

    /// <summary>When it was last begun to take the image out of reach.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>Null where nobody has released it.</summary>
    public Release? Release { get; init; }

    /// <summary>Whether somebody has released the image from this very block.</summary>
    public bool IsReleasedFrom(string changeId) => Release is not null && ChangeId == changeId;
}

/// <summary>
/// What decides whether an image is taken out of reach, and whether it comes back, read immediately before.
/// </summary>
public sealed record QuarantineFacts
{
    public required ImageFacts Image { get; init; }

    /// <summary>Of the verdict that stands.</summary>
    public required Status Status { get; init; }

    /// <summary>How far EcrGuard may go in the repository.</summary>
    public required EnforcementMode Mode { get; init; }

    /// <inheritdoc cref="Quarantine.ChangeId"/>
    public required string ChangeId { get; init; }

    public ImageUsage Usage { get; init; } = ImageUsage.Unknown;

    /// <summary>When the last approval that somebody forced ends, or has ended; null where nobody forced one.</summary>
    public DateTimeOffset? ForcedUntil { get; init; }

    /// <summary>
    /// Why nobody knows yet what was deployed while an approval was forced; null where that is known, or there was
    /// none.
    /// </summary>
    internal string? WhyNotKnown(DateTimeOffset now) =>
        ForcedUntil is { } until && now < until + InUse.RecordingDelay
            ? "Whether it is in use is not known. It was approved by force until "
                + $"{until.UtcDateTime:yyyy-MM-dd HH:mm} UTC, and what was deployed by that need not be known yet: "
                + $"that takes up to {InUse.RecordingDelay.TotalHours} hours."
            : null;

    /// <summary>An index that can be pulled and refers to the image, or may; null: there is none.</summary>
    public Digest? NeededBy { get; init; }

    /// <summary>The repository's, as text; null where there is none.</summary>
    public string? LifecyclePolicy { get; init; }

    /// <summary>The images that no index but this one keeps from lifecycle rules.</summary>
    public IReadOnlyList<ImageFacts> Platforms { get; init; } = [];

    /// <summary>
    /// ECR's lifecycle rules take no child of an index that can be pulled: what an index holds that no other does.
    /// </summary>
    public static IReadOnlyList<ImageFacts> HeldBy(ImageFacts index, RepositoryContents contents)
    {
        var children = (contents.ChildrenOf(index) ?? []).ToHashSet();
        return
        [
            .. contents.Images.Where(image =>
                children.Contains(image.Id.Digest)
                && contents.Images.All(other =>
                    other.Id.Digest == index.Id.Digest
                    || other.Storage != StorageStatus.Active
                    || contents.ChildrenOf(other)?.Contains(image.Id.Digest) != true
                )
            ),
        ];
    }

    /// <summary>An index that needs an image to stay where it is.</summary>
    public static Digest? Needing(ImageId image, RepositoryContents contents) =>
        contents
            .Images.Where(index =>
                contents.IsIndex(index) && index.Storage != StorageStatus.Archived && index.Id.Digest != image.Digest
            )
            .Where(index => contents.ChildrenOf(index)?.Contains(image.Digest) ?? true)
            .Select(index => index.Id.Digest)
            .Order()
            .FirstOrDefault();
}
