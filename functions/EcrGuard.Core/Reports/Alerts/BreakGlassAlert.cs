using System.Text.Json;
using EcrGuard.Core.Plans;
using EcrGuard.Core.Verdicts;
using static EcrGuard.Core.Images.Phrase;
using static EcrGuard.Core.Reports.AlertMessage;

namespace EcrGuard.Core.Reports.Alerts;

/// <summary>An approval that somebody forces.</summary>
public static class BreakGlassAlert
{
    /// <summary>An approval was forced, or is no longer: who, why, until when, and what it stands for.</summary>
    public static AlertMessage For(ForcedApprovalNotice notice)
    {
        var (image, forced) = (notice.Image, notice.Forced);
        var kind = notice.Ended ? "break-glass-ended" : "break-glass";
        var (tags, by, reason) = (
            Tags(notice.Tags),
            Clip(forced.By, 300),
            Clip(forced.Reason, ForcedApproval.MaxReason)
        );
        var revoked =
            notice.Ended && forced.Revoked is { } revocation
                ? revocation with
                {
                    By = Clip(revocation.By, 300),
                    Reason = Clip(revocation.Reason, ForcedApproval.MaxReason),
                }
                : null;
        var text = new ReportText()
            .Line(
                !notice.Ended ? "Somebody forces an approval: gates will answer yes although the verdict is no."
                : revoked is null ? "A forced approval has ended: gates answer by the verdict again."
                : "A forced approval was ended before its time."
            )
            .Line()
            .Line($"Image     {image.Repository.Uri}@{image.Digest}")
            .Line($"Tags      {(tags.Count == 0 ? "none" : string.Join(", ", tags))}")
            .Line($"Account   {image.Repository.Account}, {image.Repository.Region}")
            .Line($"Verdict   {notice.Instead.Word()}")
            .Line($"Who       {by}")
            .Line($"Why       {reason}")
            .Line($"When      from {SummaryText.Moment(forced.At)} to {SummaryText.Moment(forced.Until)}");
        if (forced.Request is { } request)
            text.Line($"Request   {Of(request)}");
        if (revoked is not null)
            text.Line($"Ended     by {revoked.By} instead of {SummaryText.Moment(revoked.InsteadOf)}: {revoked.Reason}")
                .Line($"Request   {Of(revoked.Request)}");
        if (forced.Request?.AccessKeyId is not null)
            text.Line()
                .Line(
                    "Of a role that was taken, the ARN ends with the session's name, which the caller chose: "
                        + "AWS CloudTrail's AssumeRole event with this access key says who took the role."
                );
        if (forced.Request is not null)
            text.Line()
                .Line(
                    "Whoever may invoke the function BreakGlass itself can write any name: the access log of "
                        + "that API says whether there was such a request, and who signed it."
                );
        text.Pointers(image).Line().Line($"Alert     {notice.Id}");
        static string Of(ApiRequest request) =>
            $"{request.RequestId} to the API {request.ApiId}"
            + (request.AccessKeyId is { } key ? $", signed with the access key {key}" : "")
            + (request.CallerId is { } caller ? $", by {caller}" : "");
        return new AlertMessage(
            notice.Id,
            Subjects.Fit($"EcrGuard: break-glass {(notice.Ended ? "ended for" : "for")} " + Named(image, tags)),
            text.Render(MaxText, "the ledger."),
            JsonSerializer.Serialize(
                new BreakGlassBody(
                    1,
                    notice.Id,
                    kind,
                    image.Repository.Account,
                    image.Repository.Region,
                    image.Repository.Name,
                    image.Digest,
                    tags,
                    notice.Instead,
                    by,
                    reason,
                    forced.At,
                    forced.Until,
                    forced.Request,
                    revoked
                ),
                ReportJson.Default.BreakGlassBody
            ),
            [
                .. Routing(notice.Id, kind, image.Repository.Account, image.Repository.Region),
                new("repository", image.Repository.Name),
            ]
        );
    }
}
