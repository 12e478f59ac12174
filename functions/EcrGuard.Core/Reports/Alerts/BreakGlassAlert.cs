using EcrGuard.Core.Plans;
using EcrGuard.Core.Verdicts;
using static EcrGuard.Core.Images.Phrase;
using static EcrGuard.Core.Reports.AlertMessage;

namespace EcrGuard.Core.Reports.Alerts;

/// <summary>An approval that somebody forces.</summary>
public static class BreakGlassAlert
{
    /// <summary>An approval was forced, or is no longer: who, why, until when, and what it stands for.</summary>
    /// <param name="team">That of the repository; null where it is not known.</param>
    public static AlertMessage For(ForcedApprovalNotice notice, string? team)
    {
        var forced = notice.Forced;
        var tags = Tags(notice.Tags);
        var body = new BreakGlassBody(
            notice.Id,
            notice.Ended ? "break-glass-ended" : "break-glass",
            notice.Image,
            tags,
            notice.Instead,
            Clip(forced.By, 300),
            Clip(forced.Reason, ForcedApproval.MaxReason),
            forced.At,
            forced.Until,
            forced.Request,
            notice.Ended && forced.Revoked is { } revocation
                ? revocation with
                {
                    By = Clip(revocation.By, 300),
                    Reason = Clip(revocation.Reason, ForcedApproval.MaxReason),
                }
                : null,
            TeamName(team)
        );
        return Of(
            body,
            ReportJson.Default.BreakGlassBody,
            $"EcrGuard: break-glass {(notice.Ended ? "ended for" : "for")} " + Named(notice.Image, tags),
            Text(body, notice.Ended),
            "the ledger.",
            OfTeam(team)
        );
    }

    private static ReportText Text(BreakGlassBody body, bool ended)
    {
        var text = new ReportText()
            .Line(
                !ended ? "Somebody forces an approval: gates will answer yes although the verdict is no."
                : body.Revoked is null ? "A forced approval has ended: gates answer by the verdict again."
                : "A forced approval was ended before its time."
            )
            .Line()
            .Image(body.Image, body.Tags)
            .Team(body.Team)
            .Line($"Verdict   {body.Verdict.Word()}")
            .Line($"Who       {body.By}")
            .Line($"Why       {body.Reason}")
            .Line($"When      from {Moment(body.From)} to {Moment(body.Until)}");
        if (body.Request is { } request)
            text.Line($"Request   {Words(request)}");
        if (body.Revoked is { } revoked)
            text.Line($"Ended     by {revoked.By} instead of {Moment(revoked.InsteadOf)}: {revoked.Reason}")
                .Line($"Request   {Words(revoked.Request)}");
        if (body.Request?.AccessKeyId is not null)
            text.Line()
                .Line(
                    "The last part of the ARN of a role is a name that the caller chose. Look for AssumeRole with this "
                        + "access key in AWS CloudTrail."
                );
        if (body.Request is not null)
            text.Line()
                .Line(
                    "Whoever may invoke the function BreakGlass itself can write any name: the access log of "
                        + "that API says whether there was such a request, and who signed it."
                );
        return text.Pointers(body.Image).Line();
    }

    private static string Words(ApiRequest request) =>
        $"{request.RequestId} to the API {request.ApiId}"
        + (request.AccessKeyId is { } key ? $", signed with the access key {key}" : "")
        + (request.CallerId is { } caller ? $", by {caller}" : "");
}
