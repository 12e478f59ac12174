using EcrGuard.Core.Images;
using EcrGuard.Core.Plans;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Core.Reports;

/// <summary>What security should hear of a quarantine beyond the block itself.</summary>
public enum QuarantineNews
{
    /// <summary>EcrGuard had archived the image, and somebody else has restored it.</summary>
    RestoredByOthers,

    /// <summary>Somebody ordered it to be put back although it is blocked, or not yet approved.</summary>
    Released,
}

/// <summary>News of one image that is, or was, out of reach.</summary>
/// <param name="Id">The alert's: stable, so that it is told once.</param>
/// <param name="Follows">What EcrGuard does about it, a sentence; null: nothing.</param>
public sealed record QuarantineNotice(
    string Id,
    QuarantineNews News,
    ImageRecord Record,
    Quarantine Quarantine,
    string? Follows
)
{
    /// <summary>Once for each restore.</summary>
    /// <param name="image">As it is after the restore.</param>
    public static QuarantineNotice OfRestore(
        ImageFacts image,
        ImageRecord record,
        Quarantine before,
        QuarantinePlan plan
    ) =>
        new(
            $"{image.Id}:QUARANTINE-RESTORED:{AlertMessage.Stamp(image.LastActivatedAt ?? before.Since)}",
            QuarantineNews.RestoredByOthers,
            record,
            before,
            plan.Next is not null
                ? "It is blocked still, and taken out of reach again."
                : $"It stays in reach: {plan.Why}"
        );

    /// <summary>Once for each change of status.</summary>
    public static QuarantineNotice OfRelease(ImageRecord record, Quarantine quarantine) =>
        new(
            $"{record.Verdict.Image}:QUARANTINE-RELEASED:{quarantine.ChangeId}",
            QuarantineNews.Released,
            record,
            quarantine,
            record.Verdict.Status == Status.Blocked
                ? "It is not taken out of reach again as long as this block stands."
                : "It is taken out of reach again only if it is blocked anew."
        );
}
