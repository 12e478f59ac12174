using System.Text.Json;
using EcrGuard.Core.Images;
using EcrGuard.Core.Verdicts;
using static EcrGuard.Core.Images.Phrase;
using static EcrGuard.Core.Reports.AlertMessage;

namespace EcrGuard.Core.Reports.Alerts;

/// <summary>The ledger was taken over from another table.</summary>
public static class AdoptionAlert
{
    /// <summary>
    /// The ledger was taken over from another table: what it says from before is read again, and what people ordered
    /// since is undone without a word but this one.
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
            1,
            id,
            "adoption",
            account,
            region,
            table,
            inForce.Count,
            [
                .. inForce
                    .Take(MaxApprovals)
                    .Select(each => new AdoptedApproval(
                        each.Image.Repository.Name,
                        each.Image.Digest,
                        Clip(each.Forced.By, 300),
                        Clip(each.Forced.Reason, ForcedApproval.MaxReason),
                        each.Forced.At,
                        each.Forced.Until
                    )),
            ],
            at
        );
        var text = new ReportText()
            .Line(
                $"EcrGuard keeps its ledger in the table {table} now, and what stands in it was written before: it was "
                    + "restored, or another stack left it."
            )
            .Line(
                "No verdict of before counts until the image is decided again. What people ordered in the time that "
                    + "the ledger has lost is undone: approvals that were ended, repositories that were put back, "
                    + "images that were released."
            )
            .Line()
            .Line(
                inForce.Count == 0
                    ? "No forced approval is in force by it."
                    : $"{Phrase.Count(inForce.Count, "forced approval is", "forced approvals are")} in force by it. "
                        + "End each that somebody had ended: ecrguard breakglass IMAGE --until now."
            );
        foreach (var approval in body.InForce)
            text.Line()
                .Line($"Image     {approval.Repository}@{approval.Digest}")
                .Line($"Who       {approval.By}")
                .Line($"Why       {approval.Reason}")
                .Line($"When      from {SummaryText.Moment(approval.From)} to {SummaryText.Moment(approval.Until)}");
        if (inForce.Count > MaxApprovals)
            text.Line().Line($"And {inForce.Count - MaxApprovals} more, which the weekly summary lists.");
        text.Line().Line($"Account   {account}, {region}").Line($"Seen      {SummaryText.Moment(at)}");
        text.Line().Line($"Alert     {id}");
        return new AlertMessage(
            id,
            Subjects.Fit(
                $"EcrGuard: ledger taken over in {account} {region}, "
                    + $"{Phrase.Count(inForce.Count, "approval")} in force"
            ),
            text.Render(MaxText, "the weekly summary."),
            JsonSerializer.Serialize(body, ReportJson.Default.AdoptionBody),
            Routing(id, "adoption", account, region)
        );
    }

    /// <summary>More are counted: both forms of a message are within SNS's limit.</summary>
    private const int MaxApprovals = 20;
}
