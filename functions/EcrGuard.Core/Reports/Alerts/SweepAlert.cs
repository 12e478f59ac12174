using EcrGuard.Core.Use;
using static EcrGuard.Core.Images.Phrase;
using static EcrGuard.Core.Reports.AlertMessage;

namespace EcrGuard.Core.Reports.Alerts;

/// <summary>What a sweep could not do.</summary>
public static class SweepAlert
{
    public static AlertMessage For(SweepResult result)
    {
        var undone = Undone(result);
        var count = result.Undone + result.Unfinished.Count;
        var told =
            undone.Count > 0 ? $"{Count(count, "thing")} not done"
            : result.Unread.Count > 0 ? $"{Count(result.Unread.Count, "consumer")} not read"
            : "every consumer read again";
        return Of(
            new SweepBody(
                result.AlertId,
                result.Account,
                result.Region,
                result.Repositories,
                result.Images,
                [.. undone.Take(MaxUnreadInJson).Select(Clipped)],
                count,
                [.. result.Unread.Take(MaxUnreadInJson).Select(Clipped)],
                result.Unread.Count,
                result.StartedAt,
                result.EndedAt
            ),
            ReportJson.Default.SweepBody,
            $"EcrGuard: sweep, {told} in {result.Account} {result.Region}",
            Text(result, undone, count),
            "the message's JSON form, up to its own limit, and the log.",
            new FilterValue("complete", undone.Count == 0 && result.Unread.Count == 0 ? "true" : "false")
        );
    }

    private static List<Unread> Undone(SweepResult result) =>
        [
            .. result
                .Swept.SelectMany(swept =>
                    swept
                        .Sweep.Undone.Concat(
                            swept.Sweep.UndoneUnlisted is > 0 and var more
                                ? [$"And {Count(more, "more thing")} of which only the number is kept."]
                                : []
                        )
                        .Select(what => new Unread(swept.Repository, what))
                )
                .Concat(
                    result.Unfinished.Select(repository => new Unread(
                        repository,
                        "The sweep did not come to its end there; the next one begins again."
                    ))
                )
                .OrderBy(item => item.What, StringComparer.Ordinal),
        ];

    /// <param name="count">How many things were not done; not all of them are listed.</param>
    private static ReportText Text(SweepResult result, List<Unread> undone, int count)
    {
        var text = new ReportText().Line(
            undone.Count == 0
                ? "The daily sweep has swept everything; what could be read of the consumers of images has changed."
                : "The daily sweep could not do everything."
        );
        if (undone.Count > 0)
            text.List(
                $"Not done: {count}",
                "not done",
                undone.Count,
                i => $"- {Clip(undone[i].What, 300)}: {Clip(undone[i].Why, 500)}"
            );
        text.List(
                result.Unread.Count == 0
                    ? "Every consumer could be read."
                    : "Consumers that could not be read; what they might use counts as in use:",
                "consumers",
                result.Unread.Count,
                i => $"- {Clip(result.Unread[i].What, 400)}: {Clip(result.Unread[i].Why, 400)}"
            )
            .Line(InUse.KnownByPullsAlone)
            .Line()
            .Account(result.Account, result.Region)
            .Line(
                $"Swept     {Count(result.Images, "image")} in {result.Swept.Count} of "
                    + $"{Count(result.Repositories, "repository", "repositories")}"
            )
            .Line($"Took      {Took(result.EndedAt - result.StartedAt)}, to {Moment(result.EndedAt)}")
            .Line();
        return undone.Count == 0 && result.Unread.Count == 0
            ? text
            : text.Line(
                    "Do        Mend what stands behind each line, such as a permission that is missing. The next sweep "
                        + "tries again. The logs have the details."
                )
                .Line();
    }
}
