using System.Text.Json;
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
        var text = new ReportText().Line(
            result.Unread.Count == 0
                ? "The backfill is done: every image is judged and recorded."
                : "The backfill is done, but not everything could be read."
        );
        if (result.Unread.Count > 0)
            text.List(
                $"Could not be read: {result.Unread.Count}",
                "could not be read",
                result.Unread.Count,
                i => $"- {Clip(result.Unread[i].What, 400)}: {Clip(result.Unread[i].Why, 400)}"
            );
        text.Line()
            .Line($"Account   {result.Account}, {result.Region}")
            .Line(
                $"Judged    {Count(result.Statuses.Total, "image")} in "
                    + $"{Count(result.Repositories, "repository", "repositories")}"
            )
            .Line($"Took      {Took(result.EndedAt - result.StartedAt)}, to {SummaryText.Moment(result.EndedAt)}")
            .Line($"Policy    {result.PolicyVersion}")
            .Line();
        foreach (var status in Enum.GetValues<Status>())
            text.Line($"{status.Word(), -11} {result.Statuses[status], 7}");
        text.Line()
            .Line("No alert was sent for any of them; from now on changes are told.")
            .Line()
            .Line($"Alert     {id}");

        var unread = result.Unread.Select(Clipped).ToList();
        var read =
            unread.Count > 0 && result.Statuses.Total == 0
                ? "no image could be read"
                : $"{Count(result.Statuses.Total, "image")}, {result.Statuses.Blocked} blocked";
        return new AlertMessage(
            id,
            Subjects.Fit($"EcrGuard: backfill done, {read}{(unread.Count > 0 ? ", INCOMPLETE" : "")}"),
            text.Render(MaxText, "the message's JSON form, up to its own limit, and the log."),
            JsonSerializer.Serialize(
                new BackfillBody(
                    1,
                    id,
                    "backfill",
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
                ReportJson.Default.BackfillBody
            ),
            [
                .. Routing(id, "backfill", result.Account, result.Region),
                new("complete", unread.Count == 0 ? "true" : "false"),
                FilterValue.Of("images", result.Statuses.Total),
                FilterValue.Of("blocked", result.Statuses.Blocked),
            ]
        );
    }
}
