using EcrGuard.Core.Images;
using EcrGuard.Core.Verdicts;
using static EcrGuard.Core.Images.Phrase;
using static EcrGuard.Core.Reports.AlertMessage;

namespace EcrGuard.Core.Reports.Alerts;

/// <summary>The ledger was taken over from another table.</summary>
public static class AdoptionAlert
{
    /// <summary>
    /// The ledger was taken over from another table. What people ordered since that table was written is undone, and
    /// only this message says so.
    /// </summary>
    /// <param name="inForce">The forced approvals of before that are in force now, earliest end first.</param>
    public static AlertMessage For(
        string account,
        string region,
        string table,
        IReadOnlyList<(ImageId Image, ForcedApproval Forced)> inForce,
        DateTimeOffset at
    )
    {
        var id = $"adoption:{account}:{region}:{table}";
        var body = new AdoptionBody(
            id,
            account,
            region,
            table,
            inForce.Count,
            [.. inForce.Take(MaxApprovals).Select(each => Adopted(each.Image, each.Forced))],
            at
        );
        return Of(
            body,
            ReportJson.Default.AdoptionBody,
            $"EcrGuard: ledger taken over in {account} {region}, {Count(inForce.Count, "approval")} in force",
            Text(body),
            "the weekly summary."
        );
    }

    private static AdoptedApproval Adopted(ImageId image, ForcedApproval forced) =>
        new(
            image.Repository.Name,
            image.Digest,
            Clip(forced.By, 300),
            Clip(forced.Reason, ForcedApproval.MaxReason),
            forced.At,
            forced.Until
        );

    private static ReportText Text(AdoptionBody body)
    {
        var text = new ReportText()
            .Line(
                $"EcrGuard keeps its ledger in the table {body.Table} now, and what stands in it was written before: "
                    + "it was restored, or another stack left it."
            )
            .Line(
                "No verdict of before counts until the image is decided again. What people ordered in the time that "
                    + "the ledger has lost is undone: approvals that were ended, repositories that were put back, "
                    + "images that were released."
            )
            .Line()
            .Line(
                body.Count == 0
                    ? "No forced approval is in force by it."
                    : $"{Count(body.Count, "forced approval is", "forced approvals are")} in force by it. End each "
                        + "that somebody had ended: ecrguard breakglass IMAGE --until now."
            );
        foreach (var approval in body.InForce)
            text.Line()
                .Line($"Image     {approval.Repository}@{approval.Digest}")
                .Line($"Who       {approval.By}")
                .Line($"Why       {approval.Reason}")
                .Line($"When      from {Moment(approval.From)} to {Moment(approval.Until)}");
        if (body.Count > MaxApprovals)
            text.Line().Line($"And {body.Count - MaxApprovals} more, which the weekly summary lists.");
        return text.Line().Account(body.Account, body.Region).Line($"Seen      {Moment(body.SeenAt)}").Line();
    }

    /// <summary>More are counted: both forms of a message are within SNS's limit.</summary>
    private const int MaxApprovals = 20;
}
