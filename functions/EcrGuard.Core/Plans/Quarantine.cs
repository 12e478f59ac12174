using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Use;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Core.Plans;

/// <summary>How far the quarantine of an image is.</summary>
public enum QuarantineState
{
    /// <summary>Taking it out of reach was begun, and may not be done.</summary>
    Taking,

    Held,

    /// <summary>Putting it back was begun, or was done so lately that a late step may still undo it.</summary>
    Returning,

    Ended,
}

/// <summary>Somebody ordered to put an image back although it is blocked.</summary>
/// <param name="By">Who asked, as Lambda knows it; never what the order itself says.</param>
public sealed record Release(string By, DateTimeOffset At, string Reason);

/// <summary>What the ledger holds of an image in quarantine, or one that may not be put there.</summary>
public sealed record Quarantine
{
    public required QuarantineState State { get; init; }

    /// <summary>
    /// The change of status that caused it (<see cref="ImageRecord.ChangeId"/>). A later block is another case.
    /// </summary>
    public required string ChangeId { get; init; }

    /// <summary>When the image was last begun to be taken out of reach.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>Null where nobody has released it.</summary>
    public Release? Release { get; init; }

    /// <summary>Whether somebody has released the image from this block.</summary>
    public bool IsReleasedFrom(string changeId) => Release is not null && ChangeId == changeId;
}

/// <summary>
/// The facts that decide whether an image is taken out of reach or put back, read immediately before.
/// </summary>
public sealed record QuarantineFacts
{
    public required ImageFacts Image { get; init; }

    /// <summary>The status of the present verdict.</summary>
    public required Status Status { get; init; }

    /// <summary>How far EcrGuard may go in the repository.</summary>
    public required EnforcementMode Mode { get; init; }

    /// <inheritdoc cref="Quarantine.ChangeId"/>
    public required string ChangeId { get; init; }

    public ImageUsage Usage { get; init; } = ImageUsage.Unknown;

    /// <summary>When the last forced approval ends or ended; null where there was none.</summary>
    public DateTimeOffset? ForcedUntil { get; init; }

    /// <summary>
    /// Why it is not known yet what was deployed while an approval was forced; null where it is known, or there was
    /// none.
    /// </summary>
    internal string? WhyNotKnown(DateTimeOffset now) =>
        ForcedUntil is { } until && now < until + InUse.RecordingDelay
            ? "Whether it is in use is not known. It was approved by force until "
                + $"{Phrase.Moment(until)}. Deployments in that time may not be visible yet: that takes up to "
                + $"{InUse.RecordingDelay.TotalHours} hours."
            : null;

    /// <summary>An index that can be pulled and refers to the image, or may refer to it; null: there is none.</summary>
    public Digest? NeededBy { get; init; }

    /// <summary>The repository's, as text; null where there is none.</summary>
    public string? LifecyclePolicy { get; init; }

    /// <summary>The images that only this index keeps from lifecycle rules.</summary>
    public IReadOnlyList<ImageFacts> Platforms { get; init; } = [];

    /// <summary>
    /// The children of an index that no other index has. ECR's lifecycle rules take no child of an index that can be
    /// pulled.
    /// </summary>
    public static IReadOnlyList<ImageFacts> ChildrenOfNoOther(ImageFacts index, RepositoryContents contents)
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
