using System.Text.Json;
using EcrGuard.Core.Plans;
using EcrGuard.Core.Verdicts;
using static EcrGuard.Core.Images.Phrase;
using static EcrGuard.Core.Reports.AlertMessage;

namespace EcrGuard.Core.Reports.Alerts;

/// <summary>What happens to an image that is out of reach.</summary>
public static class QuarantineAlert
{
    /// <summary>Something happened to an image that is out of reach which its blocking does not tell.</summary>
    public static AlertMessage For(QuarantineNotice notice) =>
        Fitting(most => Of(notice with { Record = notice.Record.Cut(most) }));

    private static AlertMessage Of(QuarantineNotice notice)
    {
        var (record, quarantine, verdict, image) = (
            notice.Record,
            notice.Quarantine,
            notice.Record.Verdict,
            notice.Record.Verdict.Image
        );
        var tags = Tags(record.Tags);
        var release =
            quarantine.Release is { } released && notice.News == QuarantineNews.Released
                ? released with
                {
                    By = Clip(released.By, 300),
                    Reason = Clip(released.Reason, 500),
                }
                : null;
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
        var text = new ReportText()
            .Line(headline)
            .Line()
            .Line($"Image     {image.Repository.Uri}@{image.Digest}")
            .Line($"Tags      {(tags.Count == 0 ? "none" : string.Join(", ", tags))}")
            .Line($"Account   {image.Repository.Account}, {image.Repository.Region}")
            .Line($"Status    {verdict.Status.Word()} since {SummaryText.Moment(record.StatusSince)}");
        if (release is not null)
            text.Line($"Released  by {release.By} at {SummaryText.Moment(release.At)}: {release.Reason}");
        if (notice.Follows is { } follows)
            text.Line($"Follows   {Clip(follows, 500)}");
        text.List(
                $"Reasons: {record.ReasonCount}",
                "reasons",
                verdict.Reasons.Count,
                i => $"- {Clip(verdict.Reasons[i].Sentence, 1000)}"
            )
            .Pointers(image)
            .Line()
            .Line($"Policy    {verdict.PolicyVersion}")
            .Line($"Alert     {notice.Id}");
        return new AlertMessage(
            notice.Id,
            Subjects.Fit($"EcrGuard: {kind.Replace('-', ' ')}, " + Named(image, tags)),
            text.Render(MaxText, "the message's JSON form."),
            JsonSerializer.Serialize(
                new QuarantineBody(
                    1,
                    notice.Id,
                    kind,
                    image.Repository.Account,
                    image.Repository.Region,
                    image.Repository.Name,
                    image.Digest,
                    tags,
                    verdict.Status,
                    release,
                    verdict.Reasons,
                    record.ReasonCount,
                    verdict.PolicyVersion
                ),
                ReportJson.Default.QuarantineBody
            ),
            [
                .. Routing(notice.Id, kind, image.Repository.Account, image.Repository.Region),
                new("repository", image.Repository.Name),
                new("status", verdict.Status.Word().ToLowerInvariant()),
            ]
        );
    }
}
