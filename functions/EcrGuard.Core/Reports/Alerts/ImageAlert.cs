using EcrGuard.Core.Verdicts;
using static EcrGuard.Core.Reports.AlertMessage;

namespace EcrGuard.Core.Reports.Alerts;

/// <summary>An image changed its status.</summary>
public static class ImageAlert
{
    public static ImageNews Of(Alert alert)
    {
        var (record, image) = (alert.Record, alert.Record.Verdict.Image);
        var news = new ImageNews(alert.Id, Word(alert.Kind), image, record.StatusSince)
        {
            Headline = Headline(alert),
            Subject = "",
            Record = record,
            RunsIn = alert.RunsIn,
            Team = alert.Team,
            PreviousStatus = record.PreviousStatus,
            WasApproved = record.SettledBefore == Status.Approved,
            Grace = alert.Kind == AlertKind.Blocked ? record.Grace : null,
        };
        var urgent = news.IsUrgent && alert.Kind == AlertKind.Blocked ? "URGENT, runs and is " : "";
        return news with
        {
            Subject =
                $"{urgent}{record.Verdict.Status.Word()} {Named(image, news.Tags)} in {image.Repository.Account} "
                + image.Repository.Region,
        };
    }

    private static string Headline(Alert alert) =>
        alert.Kind switch
        {
            AlertKind.Blocked when alert.Record.SettledBefore == Status.Approved =>
                "An image that was approved is blocked now: the policy blocks at least one of its findings, and "
                    + "nothing excuses it.",
            AlertKind.Blocked =>
                "An image is blocked: the policy blocks at least one of its findings, and nothing excuses it.",
            AlertKind.Lifted => "An image is no longer blocked.",
            AlertKind.NoLongerApproved => "An image that was approved no longer is, for want of a current scan.",
            AlertKind.NeverSettled =>
                "Findings that a scan announced are still not listed: nobody can say whether they block.",
        };

    private static string Word(AlertKind kind) =>
        kind switch
        {
            AlertKind.Blocked => "blocked",
            AlertKind.Lifted => "lifted",
            AlertKind.NoLongerApproved => "no-longer-approved",
            AlertKind.NeverSettled => "never-settled",
        };
}
