using EcrGuard.Core.Images;

namespace EcrGuard.Core.Reports.Page;

/// <summary>What somebody must do.</summary>
internal static class ActionsSection
{
    /// <summary>Actions that are shown at length.</summary>
    private const int MaxActions = 200;

    public static void Write(WeeklySummary summary, Html html)
    {
        if (summary.ActionCount == 0)
        {
            html.Tag("p", SummaryText.NothingToDo(summary));
            return;
        }
        html.Raw("<ol class=\"actions\">\n");
        var shown = 0;
        foreach (var action in summary.Actions.Take(MaxActions).TakeWhile(_ => !html.IsFull))
        {
            Write(action, summary, html);
            shown++;
        }
        html.Raw("</ol>\n");
        html.More(summary.ActionCount - shown, "report.json");
    }

    private static void Write(ActionNeeded action, WeeklySummary summary, Html html)
    {
        var isUrgent = action.Kind is ActionKind.PastGrace or ActionKind.GraceEndsSoon or ActionKind.WillExpire;
        html.Raw(isUrgent ? "<li class=\"urgent\">" : "<li>")
            .Tag("p", SummaryText.Title(action, summary.GeneratedAt), "class=\"kind\"")
            .Raw("<h3>")
            .Link(
                action.Digest is null ? null : Links.Repository(summary.Account, summary.Region, action.Repository!),
                action.What
            )
            .Raw("</h3><dl>");
        if (action.RunByCount > 0)
            html.Pair(SummaryText.UsedHow(action), SummaryText.RunBy(action.RunBy, action.RunByCount));
        if (action.Why.Length > 0)
            html.Pair("Why", action.Why);
        html.Pair("Do", action.Fix);
        html.Pair("Owner", SummaryText.Owner(action, summary.TeamTag));
        if (action.Vulnerability is { } vulnerability && Links.Vulnerability(vulnerability) is { } page)
            html.Raw("<dt>Look up</dt><dd>")
                .Link(page, vulnerability)
                .Text(", ")
                .Link(Links.Inspector(summary.Region), "Amazon Inspector")
                .Raw("</dd>");
        if (action.Digest is { } digest)
            html.Raw("<dt>Digest</dt><dd>").Tag("code", $"{action.Repository}@{digest}").Raw("</dd>");
        html.Raw("</dl>");
        WriteWaiver(action, summary, html);
        html.Raw("</li>\n");
    }

    private static void WriteWaiver(ActionNeeded action, WeeklySummary summary, Html html)
    {
        if (action is not { Vulnerability: { } vulnerability, Repository: { } repository })
            return;
        html.Raw("<details>")
            .Tag(
                "summary",
                $"A waiver for {vulnerability} to paste into the policy, if it cannot be fixed in time"
                    + (
                        action.MoreReasons == 0
                            ? ""
                            : $"; the {Phrase.Count(action.MoreReasons, "other reason")} to block need their own"
                    )
            )
            .Tag("pre", Links.Waiver(vulnerability, action.Package, repository, summary.GeneratedAt))
            .Raw("</details>");
    }
}
