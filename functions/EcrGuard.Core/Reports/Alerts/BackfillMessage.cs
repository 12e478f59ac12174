using EcrGuard.Core.Plans;
using EcrGuard.Core.Verdicts;
using static EcrGuard.Core.Images.Phrase;
using static EcrGuard.Core.Reports.AlertMessage;

namespace EcrGuard.Core.Reports.Alerts;

/// <summary>The one message of a backfill.</summary>
public static class BackfillMessage
{
    /// <summary>Every image that was there before EcrGuard has been judged: the one message of a backfill.</summary>
    public static AlertMessage For(BackfillResult result)
    {
        var id = string.Create(
            System.Globalization.CultureInfo.InvariantCulture,
            $"backfill:{result.Account}:{result.Region}:{result.StartedAt.UtcDateTime:yyyyMMdd'T'HHmmss'Z'}"
        );
        var unread = result.Unread.Select(Clipped).ToList();
        var read =
            unread.Count > 0 && result.Statuses.Total == 0
                ? "no image could be read"
                : $"{Count(result.Statuses.Total, "image")}, {result.Statuses.Blocked} blocked";
        return Of(
            new BackfillBody(
                id,
                result.Account,
                result.Region,
                [.. unread.Take(MaxUnreadInJson)],
                unread.Count,
                result.Repositories,
                result.Statuses,
                result.StartedAt,
                result.EndedAt,
                result.PolicyVersion
            ),
            ReportJson.Default.BackfillBody,
            $"EcrGuard: backfill done, {read}{(unread.Count > 0 ? ", INCOMPLETE" : "")}",
            Text(result, unread, id),
            "the message's JSON form, up to its own limit, and the log.",
            new("complete", unread.Count == 0 ? "true" : "false"),
            FilterValue.Of("images", result.Statuses.Total),
            FilterValue.Of("blocked", result.Statuses.Blocked)
        );
    }

    private static ReportText Text(BackfillResult result, List<Unread> unread, string id)
    {
        var text = new ReportText().Line(
            unread.Count == 0
                ? "The backfill is done: every image is judged and recorded."
                : "The backfill is done, but not everything could be read."
        );
        if (unread.Count > 0)
            text.List(
                $"Could not be read: {unread.Count}",
                "could not be read",
                unread.Count,
                i => $"- {unread[i].What}: {unread[i].Why}"
            );
        text.Line()
            .Account(result.Account, result.Region)
            .Line(
                $"Judged    {Count(result.Statuses.Total, "image")} in "
                    + $"{Count(result.Repositories, "repository", "repositories")}"
            )
            .Line($"Took      {Took(result.EndedAt - result.StartedAt)}, to {Moment(result.EndedAt)}")
            .Line($"Policy    {result.PolicyVersion}")
            .Line();
        foreach (var status in Enum.GetValues<Status>())
            text.Line($"{status.Word(), -11} {result.Statuses[status], 7}");
        return text.Line().Line("No alert was sent for any of them; from now on changes are told.").Line();
    }
}
