using EcrGuard.Core.Verdicts;
using static EcrGuard.Core.Images.Phrase;
using static EcrGuard.Core.Reports.AlertMessage;

namespace EcrGuard.Core.Reports.Alerts;

/// <summary>An approval that somebody forces.</summary>
public static class BreakGlassAlert
{
    /// <summary>An approval was forced, or is no longer: who, why, until when, and what it stands for.</summary>
    /// <param name="at">When that was seen.</param>
    public static ImageNews Of(ForcedApprovalNotice notice, DateTimeOffset at)
    {
        var (record, image) = (notice.Record.WithoutBreakGlass(), notice.Image);
        var forced = new ForcedNews(
            Clip(notice.Forced.By, 300),
            Clip(notice.Forced.Reason, ForcedApproval.MaxReason),
            notice.Forced.At,
            notice.Forced.Until,
            notice.Forced.Request,
            notice.Ended && notice.Forced.Revoked is { } revocation
                ? revocation with
                {
                    By = Clip(revocation.By, 300),
                    Reason = Clip(revocation.Reason, ForcedApproval.MaxReason),
                }
                : null
        );
        return new ImageNews(notice.Id, notice.Ended ? "break-glass-ended" : "break-glass", image, at)
        {
            Headline =
                !notice.Ended ? "Somebody forces an approval: gates will answer yes although the verdict is no."
                : forced.Revoked is null ? "A forced approval has ended: gates answer by the verdict again."
                : "A forced approval was ended before its time.",
            Subject = $"break-glass {(notice.Ended ? "ended for" : "for")} {Named(image, Tags(record.Tags))}",
            Record = record,
            Grace = record.Grace,
            BreakGlass = forced,
            Lines = [.. Lines(forced)],
            Do = notice.Ended ? "Mend the image, as below: pipelines that ask EcrGuard get a no again." : null,
        };
    }

    private static IEnumerable<(string What, string Text)> Lines(ForcedNews forced)
    {
        yield return ("Who", forced.By);
        yield return ("Why", forced.Reason);
        yield return ("When", $"from {Moment(forced.From)} to {Moment(forced.Until)}");
        if (forced.Request is { } request)
            yield return ("Request", Words(request));
        if (forced.Revoked is { } revoked)
        {
            yield return ("Ended", $"by {revoked.By} instead of {Moment(revoked.InsteadOf)}: {revoked.Reason}");
            yield return ("Request", Words(revoked.Request));
        }
        if (forced.Request?.AccessKeyId is not null)
            yield return (
                "Note",
                "The last part of the ARN of a role is a name that the caller chose. Look for AssumeRole with this "
                    + "access key in AWS CloudTrail."
            );
        if (forced.Request is not null)
            yield return (
                "Note",
                "Whoever may invoke the function BreakGlass itself can write any name: the access log of "
                    + "that API says whether there was such a request, and who signed it."
            );
    }

    private static string Words(ApiRequest request) =>
        $"{request.RequestId} to the API {request.ApiId}"
        + (request.AccessKeyId is { } key ? $", signed with the access key {key}" : "")
        + (request.CallerId is { } caller ? $", by {caller}" : "");
}
