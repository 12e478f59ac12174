using EcrGuard.Core.Plans;
using EcrGuard.Core.Verdicts;
using static EcrGuard.Core.Images.Phrase;
using static EcrGuard.Core.Reports.AlertMessage;

namespace EcrGuard.Core.Reports.Alerts;

/// <summary>What happens to an image in quarantine.</summary>
public static class QuarantineAlert
{
    /// <summary>
    /// Something happened to an image in quarantine of which the alert about its blocking does not tell.
    /// </summary>
    /// <param name="team">That of the repository; null where it is not known.</param>
    public static AlertMessage For(QuarantineNotice notice, string? team) =>
        Fitting(most => Of(notice with { Record = notice.Record.Cut(most) }, team));

    private static AlertMessage Of(QuarantineNotice notice, string? team)
    {
        var (record, verdict) = (notice.Record, notice.Record.Verdict);
        var (kind, headline) = notice.News switch
        {
            QuarantineNews.RestoredByOthers => (
                "quarantine-restored",
                "Somebody else has restored a blocked image that EcrGuard had archived."
            ),
            QuarantineNews.Released => (
                "quarantine-released",
                "An image was released: it comes back into reach, and gates answer as they did."
            ),
        };
        var body = new QuarantineBody(
            notice.Id,
            kind,
            verdict.Image,
            Tags(record.Tags),
            verdict.Status,
            ReleaseOf(notice),
            TeamName(team),
            verdict.Reasons,
            record.ReasonCount,
            verdict.PolicyVersion
        );
        return AlertMessage.Of(
            body,
            ReportJson.Default.QuarantineBody,
            $"EcrGuard: {kind.Replace('-', ' ')}, " + Named(body.Image, body.Tags),
            Text(notice, body, headline),
            "the message's JSON form.",
            [new("status", verdict.Status.Word().ToLowerInvariant()), .. OfTeam(team)]
        );
    }

    private static ReportText Text(QuarantineNotice notice, QuarantineBody body, string headline)
    {
        var text = new ReportText()
            .Line(headline)
            .Line()
            .Image(body.Image, body.Tags)
            .Team(body.Team)
            .Line($"Status    {body.Status.Word()} since {Moment(notice.Record.StatusSince)}");
        if (body.Released is { } release)
            text.Line($"Released  by {release.By} at {Moment(release.At)}: {release.Reason}");
        if (notice.Follows is { } follows)
            text.Line($"Follows   {Clip(follows, 500)}");
        return text.Reasons(body.Reasons, body.ReasonCount)
            .Pointers(body.Image)
            .Line()
            .Line($"Policy    {body.PolicyVersion}");
    }

    private static Release? ReleaseOf(QuarantineNotice notice) =>
        notice is { News: QuarantineNews.Released, Quarantine.Release: { } release }
            ? release with
            {
                By = Clip(release.By, 300),
                Reason = Clip(release.Reason, 500),
            }
            : null;
}
