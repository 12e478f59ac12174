using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Images;

namespace EcrGuard.Lambda.Flow.Deciding;

/// <summary>What was decided about one image.</summary>
/// <param name="Entry">The image's entry as it is in the ledger now.</param>
/// <param name="Facts">The image with its tags, as they were read.</param>
/// <param name="Indexes">The indexes that hold the image. They must be decided again.</param>
/// <param name="Children">The children of an index that were judged together with it.</param>
public sealed record JudgedImage(
    LedgerEntry Entry,
    ImageFacts Facts,
    IReadOnlyList<ImageId> Indexes,
    IReadOnlyList<JudgedImage> Children
)
{
    /// <summary>When EcrGuard must look at the image again, if nobody has arranged that yet; null for never.</summary>
    public DateTimeOffset? LookAt { get; init; }

    public ImageId Image => Entry.Record.Verdict.Image;
}
