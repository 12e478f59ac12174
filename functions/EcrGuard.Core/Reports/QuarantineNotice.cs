using EcrGuard.Core.Images;
using EcrGuard.Core.Plans;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Core.Reports;

/// <summary>News of a quarantine that security must know besides the block itself.</summary>
public enum QuarantineNews
{
    /// <summary>Somebody else has restored an image that EcrGuard had archived.</summary>
    RestoredByOthers,

    /// <summary>Somebody ordered to put it back although it is blocked, or not yet approved.</summary>
    Released,
}

/// <summary>News of one image that is or was in quarantine.</summary>
/// <param name="Id">The alert's id: stable, so that the news is sent once.</param>
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
    /// <param name="image">The image after the restore.</param>
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
