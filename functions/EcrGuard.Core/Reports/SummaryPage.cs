using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using EcrGuard.Core.Images;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Core.Reports;

/// <summary>
/// The weekly report as one self-contained HTML page: no script, font or picture from elsewhere, which its content
/// security policy holds the browser to. Under 5 MB, whatever the registry holds.
/// </summary>
public static class SummaryPage
{
    /// <summary>Rows of one table; the files beside the page have all.</summary>
    private const int MaxRows = 1000;

    /// <summary>Things to do that are told at length.</summary>
    private const int MaxActions = 200;

    private static readonly string Style = Resource("report.css");
    private static readonly string Script = Resource("report.js");

    /// <summary>The page, as UTF-8.</summary>
    public static byte[] Of(WeeklySummary summary)
    {
        var html = new Html();
        html.Raw("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
            .Raw(
                "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                    + $"style-src '{Hash(Style)}'; script-src '{Hash(Script)}'; base-uri 'none'; "
                    + "form-action 'none'\">\n"
            )
            .Raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
            .Raw("<meta name=\"referrer\" content=\"no-referrer\">\n")
            .Tag("title", $"EcrGuard weekly report {summary.Week}, account {summary.Account}, {summary.Region}")
            .Raw(
                $"\n<style>{Style}</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#main\">Skip to the report</a>\n"
            );
        Head(summary, html);
        html.Raw("<main id=\"main\">\n");
        Actions(summary, html);
        Blocked(summary, html);
        Changes(summary, html);
        Remediation(summary, html);
        Coverage(summary, html);
        Exceptions(summary, html);
        Hygiene(summary, html);
        DeliveryOf(summary, html);
        TrendOf(summary, html);
        Groups(summary, html);
        Meanings(html);
        html.Raw($"</main>\n<script>{Script}</script>\n</body>\n</html>\n");
        return Encoding.UTF8.GetBytes(html.ToString());
    }

    private static void Head(WeeklySummary summary, Html html)
    {
        html.Raw("<header>\n")
            .Tag("h1", $"Container images in week {summary.Week.Number} of {summary.Week.Year}")
            .Tag(
                "p",
                $"{SummaryText.Dates(summary.Week)} (UTC). Account {summary.Account}, region {summary.Region}. "
                    + $"Counted {SummaryText.Moment(summary.GeneratedAt)}. Made by EcrGuard from policy "
                    + $"{SummaryText.Abbreviated(summary.PolicyVersion)}.",
                "class=\"meta\""
            );
        if (summary.Unread.Count == 0)
            html.Tag("p", "Everything could be read.", "class=\"banner\"");
        else
            html.Tag(
                "p",
                $"Not everything could be read: {Phrase.Count(summary.Unread.Count, "thing")} "
                    + $"{(summary.Unread.Count == 1 ? "is" : "are")} missing, and all figures are without "
                    + $"{(summary.Unread.Count == 1 ? "it" : "them")}. The end of 'Action needed' names what.",
                "class=\"banner bad\" role=\"alert\""
            );
        html.Raw("<ul class=\"tiles\">");
        var week = summary.RollUp().Figures!;
        Tile(summary.ActionCount, "things to do", summary.ActionCount > 0);
        Tile(week.RunningBlocked, "blocked images running", week.RunningBlocked > 0);
        Tile(
            summary.Statuses.Blocked,
            "images blocked" + SummaryText.Change(summary.Statuses.Blocked, summary.Previous?.Statuses.Blocked),
            null
        );
        // Without a deadline nothing can be over it.
        var hasDeadline = summary.Remediation.All(row => row.Open == 0 || row.DeadlineDays is not null);
        var overdue = hasDeadline ? week.Overdue : null;
        Tile(overdue, "vulnerabilities over the deadline", overdue > 0);
        Tile(week.Fixed, "vulnerabilities fixed this week", null);
        Tile(summary.Statuses.Approved, $"of {Phrase.Count(summary.Images, "image")} approved", null);
        html.Raw("</ul>\n<nav aria-label=\"Sections\"><ul>");
        foreach (var (id, title) in Sections(summary))
            html.Raw($"<li><a href=\"#{id}\">").Text(title).Raw("</a></li>");
        html.Raw("</ul></nav>\n</header>\n");

        void Tile(int? number, string what, bool? bad) =>
            html.Raw($"<li{(number is not null && bad is { } known ? $" class=\"{(known ? "bad" : "good")}\"" : "")}>")
                .Tag("strong", number?.ToString(CultureInfo.InvariantCulture) ?? "–")
                .Tag("span", what)
                .Raw("</li>");
    }

    private static IEnumerable<(string Id, string Title)> Sections(WeeklySummary summary)
    {
        yield return ("actions", "Action needed");
        if (summary.Statuses.Blocked > 0)
            yield return ("blocked", "Blocked now");
        yield return ("changes", "New, fixed and worse");
        if (summary.Remediation.Count > 0)
            yield return ("remediation", "Time to remediate");
        yield return ("coverage", "Coverage");
        if (HasExceptions(summary))
            yield return ("exceptions", "Exceptions");
        if (SummaryText.HygieneRows(summary).Count > 0)
            yield return ("hygiene", "Hygiene");
        if (SummaryText.DeliveryRows(summary).Count > 0)
            yield return ("delivery", "Delivery");
        yield return ("trend", "Trend");
        yield return ("teams", "Teams and repositories");
        yield return ("meanings", "What the figures mean");
    }

    private static bool HasExceptions(WeeklySummary summary) =>
        summary.Waivers.Count + summary.BreakGlass.Count + summary.OtherExcuses.Count > 0;

    private static void Section(Html html, string id, string title) =>
        html.Raw($"<h2 id=\"{id}\">").Text(title).Raw("</h2>\n");

    private static void Actions(WeeklySummary summary, Html html)
    {
        Section(html, "actions", "Action needed");
        if (summary.ActionCount == 0)
        {
            html.Tag("p", "Nothing needs you this week.");
            return;
        }
        html.Raw("<ol class=\"actions\">\n");
        var shown = 0;
        foreach (var action in summary.Actions.Take(MaxActions))
        {
            if (html.IsFull)
                break;
            shown++;
            var urgent = action.Kind is ActionKind.Overdue or ActionKind.DueSoon or ActionKind.WillExpire;
            html.Raw(urgent ? "<li class=\"urgent\">" : "<li>")
                .Tag("p", SummaryText.Title(action, summary.GeneratedAt), "class=\"kind\"")
                .Raw("<h3>");
            html.Link(
                    action.Digest is null
                        ? null
                        : Links.Repository(summary.Account, summary.Region, action.Repository!),
                    action.What
                )
                .Raw("</h3><dl>");
            if (action.RunByCount > 0)
                Pair("Used by", SummaryText.RunBy(action.RunBy, action.RunByCount));
            if (action.Why.Length > 0)
                Pair("Why", action.Why);
            Pair("Do", action.Fix);
            Pair("Owner", action.Team ?? $"not known: the repository has no tag '{summary.TeamTag}'");
            if (action.Vulnerability is { } vulnerability && Links.Vulnerability(vulnerability) is { } page)
                html.Raw("<dt>Read</dt><dd>")
                    .Link(page, vulnerability)
                    .Text(", ")
                    .Link(Links.Inspector(summary.Region), "Amazon Inspector")
                    .Raw("</dd>");
            if (action.Digest is { } digest)
                html.Raw("<dt>Digest</dt><dd>").Tag("code", $"{action.Repository}@{digest}").Raw("</dd>");
            html.Raw("</dl>");
            if (action is { Vulnerability: { } waived, Repository: { } repository })
                html.Raw("<details>")
                    .Tag("summary", "A waiver to paste into the policy, if it cannot be fixed in time")
                    .Tag(
                        "pre",
                        Links.Waiver(
                            waived,
                            action.Package,
                            repository,
                            DateOnly.FromDateTime(summary.GeneratedAt.UtcDateTime.AddDays(30))
                        )
                    )
                    .Raw("</details>");
            html.Raw("</li>\n");
        }
        html.Raw("</ol>\n");
        More(html, summary.ActionCount - shown, "report.json");

        void Pair(string name, string value) => html.Tag("dt", name).Tag("dd", value);
    }

    private static void Blocked(WeeklySummary summary, Html html)
    {
        if (summary.Statuses.Blocked == 0)
            return;
        Section(html, "blocked", "Blocked now");
        html.Tag(
            "p",
            $"{Phrase.Count(summary.Statuses.Blocked, "image is", "images are")} blocked, {summary.RunningBlocked} of "
                + "them running, by "
                + Phrase.Count(summary.BlockingVulnerabilities, "vulnerability", "vulnerabilities")
                + ". The update that would clear most comes first."
        );
        Table(
            html,
            "fixes",
            "Updates that clear blocked images",
            ["Update", "Vulnerabilities", "#Images", "#Running", "#Repositories", "#Cleared by it alone"],
            summary.Fixes,
            summary.Fixes.Count,
            "blocking.csv",
            fix =>
            {
                html.Raw("<tr>").Tag("td", FixText.Line(fix), "class=\"wide\"").Raw("<td>");
                Vulnerabilities(html, fix.Vulnerabilities);
                html.Raw("</td>");
                Number(html, fix.Images);
                Number(html, fix.Running);
                Number(html, fix.Repositories);
                Number(html, fix.Unblocks);
                html.Raw("</tr>\n");
            }
        );
        Table(
            html,
            "blocked-images",
            "Blocked images",
            ["Image", "Severity", "What blocks", "Used by", "Deadline", "Team", "Blocked since"],
            summary.Blocked,
            summary.Statuses.Blocked,
            "blocking.csv",
            image =>
            {
                html.Raw("<tr>");
                Image(html, summary, image.Repository, image.Digest, image.Tags);
                Severity(html, image.Severity);
                html.Raw("<td class=\"wide\">");
                Vulnerabilities(
                    html,
                    [.. image.Blocking.Select(finding => finding.Vulnerability).Distinct(StringComparer.Ordinal)]
                );
                html.Raw("</td>")
                    .Tag("td", image.Runs ? SummaryText.RunBy([.. image.RunBy.Take(2)], image.RunByCount) : "nothing");
                Day(html, image.Deadline, image.Deadline <= summary.GeneratedAt ? "bad-text" : null);
                html.Tag("td", image.Team ?? "no team");
                Day(html, image.Since);
                html.Raw("</tr>\n");
            }
        );
    }

    private static void Changes(WeeklySummary summary, Html html)
    {
        Section(html, "changes", "New, fixed and worse this week");
        html.Tag(
            "p",
            (
                summary.HistorySince is null
                    ? "When vulnerabilities come and go is counted from the first daily sweep on."
                    : Phrase.Count(summary.Remediation.Sum(row => row.New), "new vulnerability", "new vulnerabilities")
                        + $", {summary.Remediation.Sum(row => row.Fixed)} fixed{Since(summary)}."
            )
                + $" {Phrase.Count(summary.NewlyBlocked.Count, "image")} became blocked"
                + $" ({summary.NewlyBlocked.Count(image => image.Was == Status.Approved)} had been approved), "
                + $"{summary.Lifted.Count} no longer {(summary.Lifted.Count == 1 ? "is" : "are")}."
        );
        List("became", "Became blocked", summary.NewlyBlocked);
        List("lifted", "No longer blocked", summary.Lifted);

        void List(string id, string title, IReadOnlyList<ChangedImage> images)
        {
            if (images.Count == 0)
                return;
            Table(
                html,
                id,
                title,
                ["Image", "Before", "When", "Why"],
                images,
                images.Count,
                "report.json",
                image =>
                {
                    html.Raw("<tr>");
                    Image(html, summary, image.Repository, image.Digest, image.Tags);
                    html.Tag("td", image.Was is { } was ? SummaryText.Word(was) : "New");
                    Day(html, image.Since);
                    html.Tag("td", image.Reason, "class=\"wide\"").Raw("</tr>\n");
                }
            );
        }
    }

    private static void Remediation(WeeklySummary summary, Html html)
    {
        if (summary.Remediation.Count == 0)
            return;
        Section(html, "remediation", "Time to remediate");
        html.Tag(
            "p",
            "How long a vulnerability stays in the images that a repository runs, or in its newest tagged one"
                + $"{Since(summary)}."
        );
        html.Raw("<div class=\"charts\">\n");
        var labels = summary.Remediation.Select(row => Grace.Word(row.Severity)).ToList();
        Charts.Columns(
            html,
            "chart-remediation",
            "Days from first seen to fixed, last twelve weeks",
            "The middle value and the value that nine in ten stay within; the line is the deadline.",
            labels,
            [
                new("half within", "c-blue", [.. summary.Remediation.Select(row => row.MedianDays)]),
                new("nine in ten within", "c-violet", [.. summary.Remediation.Select(row => row.P90Days)]),
            ],
            Short,
            stacked: false,
            ("deadline", [.. summary.Remediation.Select(row => (double?)row.DeadlineDays)])
        );
        string[] ages = ["under 7 days", "7 to 29 days", "30 to 89 days", "90 days and more"];
        string[] colours = ["c-green", "c-blue", "c-amber", "c-red"];
        Charts.Columns(
            html,
            "chart-age",
            "Age of open vulnerabilities",
            "How long what is open has been there, by severity.",
            labels,
            [
                .. ages.Select(
                    (age, at) =>
                        new Series(age, colours[at], [.. summary.Remediation.Select(row => (double?)row.OpenByAge[at])])
                ),
            ],
            Short
        );
        html.Raw("</div>\n");
        Table(
            html,
            "remediation-table",
            "By severity",
            [
                "Severity",
                "#Deadline, days",
                "#New",
                "#Fixed this week",
                "#Fixed in 12 weeks",
                "#Half within, days",
                "#Nine in ten within, days",
                "#Open",
                "#Over the deadline",
                "#Oldest, days",
            ],
            summary.Remediation,
            summary.Remediation.Count,
            "report.json",
            row =>
            {
                html.Raw("<tr>");
                Severity(html, row.Severity);
                Number(html, row.DeadlineDays);
                Number(html, row.New);
                Number(html, row.Fixed);
                Number(html, row.FixedInTrend);
                Number(html, row.MedianDays);
                Number(html, row.P90Days);
                Number(html, row.Open);
                Number(html, row.Overdue);
                Number(html, row.OldestDays);
                html.Raw("</tr>\n");
            }
        );
    }

    private static void Coverage(WeeklySummary summary, Html html)
    {
        Section(html, "coverage", "Coverage");
        if (summary.CoverageGaps.Count == 0)
        {
            html.Tag("p", "Every image has a current scan.");
            return;
        }
        html.Tag(
            "p",
            $"{Phrase.Count(summary.CoverageGaps.Sum(gap => gap.Images), "image has", "images have")} no current "
                + "scan. What would change that, by cause:"
        );
        html.Raw("<ul>");
        foreach (var cause in SummaryText.Causes(summary))
            html.Raw("<li>")
                .Tag("strong", SummaryText.Cause(cause))
                .Text($". {FixText.For(cause.Status)}")
                .Raw("</li>");
        html.Raw("</ul>\n");
        Table(
            html,
            "gaps",
            "Images without a current scan",
            ["Repository", "Cause", "#Images", "#Allowed by the policy", "For example"],
            summary.CoverageGaps,
            summary.CoverageGaps.Count,
            "coverage.csv",
            gap =>
            {
                html.Raw("<tr>");
                Repository(html, summary, gap.Repository);
                html.Tag("td", SummaryText.Word(gap.Status));
                Number(html, gap.Images);
                Number(html, gap.Deployable);
                html.Tag("td", gap.Example, "class=\"wide\"").Raw("</tr>\n");
            }
        );
    }

    private static void Exceptions(WeeklySummary summary, Html html)
    {
        if (!HasExceptions(summary))
            return;
        Section(html, "exceptions", "Exceptions");
        if (summary.Waivers.Count > 0)
            Table(
                html,
                "waivers",
                "Waivers",
                ["Waiver", "Vulnerability", "State", "Ends", "#Images", "Owner", "Approved by", "Reason"],
                summary.Waivers,
                summary.Waivers.Count,
                "waivers.csv",
                waiver =>
                {
                    html.Raw("<tr>")
                        .Tag("td", waiver.Id)
                        .Raw("<td>")
                        .Link(Links.Vulnerability(waiver.Vulnerability), waiver.Vulnerability)
                        .Text(waiver.Package is null ? "" : $" in {waiver.Package}")
                        .Raw("</td>")
                        .Tag(
                            "td",
                            waiver.Lapsed ? "ended"
                                : waiver.Unused ? "matches nothing any more"
                                : waiver.EndsSoon ? "ends soon"
                                : "in force",
                            waiver.Lapsed || waiver.EndsSoon ? "class=\"bad-text\"" : ""
                        );
                    Day(html, new DateTimeOffset(waiver.Expires, TimeOnly.MinValue, TimeSpan.Zero));
                    Number(html, waiver.Images);
                    html.Tag("td", waiver.Owner)
                        .Tag("td", waiver.ApprovedBy)
                        .Tag("td", waiver.Reason, "class=\"wide\"")
                        .Raw("</tr>\n");
                }
            );
        if (summary.BreakGlass.Count > 0)
            Table(
                html,
                "forced",
                "Break-glass: approvals that somebody forced",
                ["Image", "State", "Until", "Verdict without it", "By", "Reason"],
                summary.BreakGlass,
                summary.BreakGlass.Count,
                "report.json",
                forced =>
                {
                    html.Raw("<tr>");
                    Image(html, summary, forced.Repository, forced.Digest, forced.Tags);
                    html.Tag("td", forced.InForce ? "in force" : "ended", forced.InForce ? "class=\"bad-text\"" : "");
                    Day(html, forced.Until);
                    html.Tag("td", forced.Verdict is { } verdict ? SummaryText.Word(verdict) : "gone")
                        .Tag("td", forced.By)
                        .Tag("td", forced.Reason, "class=\"wide\"")
                        .Raw("</tr>\n");
                }
            );
        if (summary.OtherExcuses.Count > 0)
            Table(
                html,
                "excuses",
                "VEX documents, and suppression rules of Amazon Inspector",
                ["By", "#Images"],
                summary.OtherExcuses,
                summary.OtherExcuses.Count,
                "waivers.csv",
                excuse =>
                {
                    html.Raw("<tr>").Tag("td", excuse.By);
                    Number(html, excuse.Images);
                    html.Raw("</tr>\n");
                }
            );
    }

    private static void Hygiene(WeeklySummary summary, Html html)
    {
        var rows = SummaryText.HygieneRows(summary);
        if (rows.Count == 0)
            return;
        Section(html, "hygiene", "Hygiene");
        Pairs(html, rows);
        if (summary.Drift.Count > 0)
            Table(
                html,
                "drift",
                "Repositories that differ from their baseline",
                ["Repository", "How"],
                summary.Drift,
                summary.Drift.Count,
                "report.json",
                note =>
                {
                    html.Raw("<tr>");
                    Repository(html, summary, note.Repository);
                    html.Tag("td", Phrase.Clip(string.Join(' ', note.Drift), 1000), "class=\"wide\"").Raw("</tr>\n");
                }
            );
        if (summary.Quiet.Count > 0)
            Table(
                html,
                "quiet",
                $"Repositories without a push for {SummaryBuilder.QuietDays} days",
                ["Repository", "Team", "Newest push", "#Images"],
                summary.Quiet,
                summary.Quiet.Count,
                "report.json",
                quiet =>
                {
                    html.Raw("<tr>");
                    Repository(html, summary, quiet.Repository);
                    html.Tag("td", quiet.Team ?? "no team");
                    Day(html, quiet.NewestPush);
                    Number(html, quiet.Images);
                    html.Raw("</tr>\n");
                }
            );
        if (summary.CouldNotMark.Count > 0)
            Table(
                html,
                "unmarked",
                "Images that could not be marked with a tag",
                ["Image", "Status", "Why"],
                summary.CouldNotMark,
                summary.CouldNotMark.Count,
                "report.json",
                image =>
                {
                    html.Raw("<tr>");
                    Image(html, summary, image.Repository, image.Digest, image.Tags);
                    html.Tag("td", SummaryText.Word(image.Status))
                        .Tag("td", image.Why, "class=\"wide\"")
                        .Raw("</tr>\n");
                }
            );
    }

    private static void DeliveryOf(WeeklySummary summary, Html html)
    {
        var rows = SummaryText.DeliveryRows(summary);
        if (rows.Count == 0)
            return;
        Section(html, "delivery", "Delivery");
        Pairs(html, rows);
    }

    private static void TrendOf(WeeklySummary summary, Html html)
    {
        Section(html, "trend", "Trend over twelve weeks");
        var known = summary.Trend.Count(week => week.Numbers is not null);
        html.Tag(
            "p",
            known == 1
                ? "This is the first report: the trend begins with it. Weeks without a report are gaps."
                : $"{known} of {summary.Trend.Count} weeks have a report; the others are gaps."
        );
        var labels = summary.Trend.Select(week => $"W{week.Week.Number:D2}").ToList();
        html.Raw("<div class=\"charts\">\n");
        Charts.Columns(
            html,
            "chart-status",
            "Images by status",
            "All images at the end of each week.",
            labels,
            [
                new("approved", "c-green", Of(numbers => numbers.Statuses.Approved)),
                new(
                    "without a current scan",
                    "c-grey",
                    Of(numbers =>
                        numbers.Statuses.Unscanned
                        + numbers.Statuses.Unsupported
                        + numbers.Statuses.Stale
                        + numbers.Statuses.Error
                        + numbers.Statuses.Pending
                    )
                ),
                new("blocked", "c-red", Of(numbers => numbers.Statuses.Blocked)),
            ],
            Short
        );
        Charts.Columns(
            html,
            "chart-running",
            "Blocked images that run",
            "What must be replaced first.",
            labels,
            [new("blocked and running", "c-red", Of(numbers => numbers.Figures?.RunningBlocked))],
            Short
        );
        Charts.Columns(
            html,
            "chart-fixed",
            "Vulnerabilities: new and fixed",
            "In the current images of all repositories.",
            labels,
            [
                new("new", "c-amber", Of(numbers => numbers.Figures?.New)),
                new("fixed", "c-green", Of(numbers => numbers.Figures?.Fixed)),
            ],
            Short,
            stacked: false
        );
        Charts.Columns(
            html,
            "chart-days",
            "Days from first seen to fixed",
            "The middle value of what was fixed in each week.",
            labels,
            [new("half within", "c-blue", Of(numbers => numbers.Figures?.MedianDays))],
            Short
        );
        Charts.Columns(
            html,
            "chart-coverage",
            "Images with a current scan, in per cent",
            "The rest is not scanned, not supported, too old, or could not be read.",
            labels,
            [
                new(
                    "with a current scan",
                    "c-blue",
                    Of(numbers =>
                        numbers is { Figures: { } figures, Statuses.Total: > 0 and var total }
                            ? Math.Round(100.0 * (total - figures.Uncovered) / total, 1)
                            : null
                    )
                ),
            ],
            Short
        );
        Charts.Columns(
            html,
            "chart-freed",
            "Storage freed",
            "At most: layers that other images share stay.",
            labels,
            [new("freed", "c-violet", Of(numbers => numbers.Figures?.BytesFreed))],
            bytes => FixText.Bytes((long)bytes)
        );
        html.Raw("</div>\n");

        IReadOnlyList<double?> Of(Func<WeekRollUp, double?> of) =>
            [.. summary.Trend.Select(week => week.Numbers is { } numbers ? of(numbers) : null)];
    }

    private static void Groups(WeeklySummary summary, Html html)
    {
        Section(html, "teams", "Teams and repositories");
        string[] numbers =
        [
            "#Images",
            "#Running",
            "#Blocked",
            "#Blocked and running",
            "#Became blocked",
            "#Without a current scan",
            "#Open vulnerabilities",
            "#Over the deadline",
            "#Fixed this week",
        ];
        Table(
            html,
            "by-team",
            $"By team (the repository's resource tag '{summary.TeamTag}')",
            ["Team", "#Repositories", .. numbers],
            summary.Teams,
            summary.Teams.Count,
            "report.json",
            row =>
            {
                html.Raw("<tr>").Tag("td", SummaryText.TeamName(row.Name));
                Number(html, row.Repositories);
                Row(row);
            }
        );
        Table(
            html,
            "by-repository",
            "By repository",
            ["Repository", "Team", .. numbers],
            [
                .. summary
                    .ByRepository.OrderByDescending(row => row.RunningBlocked)
                    .ThenByDescending(row => row.Blocked)
                    .ThenByDescending(row => row.Uncovered)
                    .Take(MaxRows),
            ],
            summary.ByRepository.Count,
            "report.json",
            row =>
            {
                html.Raw("<tr>");
                Repository(html, summary, row.Name);
                html.Tag("td", row.Team ?? "no team");
                Row(row);
            }
        );

        void Row(GroupRow row)
        {
            Number(html, row.Images);
            Number(html, row.Running);
            Number(html, row.Blocked);
            Number(html, row.RunningBlocked);
            Number(html, row.NewlyBlocked);
            Number(html, row.Uncovered);
            Number(html, row.Open);
            Number(html, row.Overdue);
            Number(html, row.Fixed);
            html.Raw("</tr>\n");
        }
    }

    private static void Meanings(Html html)
    {
        Section(html, "meanings", "What the figures mean");
        html.Raw(
            "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"What the figures mean\">"
                + "<table><thead><tr>"
        );
        foreach (var head in new[] { "Figure", "How it is counted", "From", "What does not count" })
            html.Tag("th", head, "scope=\"col\"");
        html.Raw("</tr></thead><tbody>\n");
        foreach (var figure in Figures.All)
            html.Raw("<tr>")
                .Tag("th", figure.Name, "scope=\"row\"")
                .Tag("td", figure.How, "class=\"wide\"")
                .Tag("td", figure.Source)
                .Tag("td", figure.Not, "class=\"wide\"")
                .Raw("</tr>\n");
        html.Raw("</tbody></table></div>\n");
    }

    private static string Since(WeeklySummary summary) =>
        summary.HistorySince is { } since && since > summary.Trend[0].Week.Start
            ? $", counted since {FixText.Day(since)}"
            : "";

    /// <summary>A table that can be sorted and filtered.</summary>
    /// <param name="heads">Those of numbers begin with <c>#</c>.</param>
    /// <param name="of">How many records there are, where not all are given.</param>
    /// <param name="wholeIn">The file that has all of them.</param>
    private static void Table<T>(
        Html html,
        string id,
        string caption,
        IReadOnlyList<string> heads,
        IReadOnlyList<T> rows,
        int of,
        string wholeIn,
        Action<T> row
    )
    {
        html.Raw($"<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-labelledby=\"{id}-c\">")
            .Raw($"<table class=\"data\" id=\"{id}\"><caption id=\"{id}-c\">")
            .Text(caption)
            .Raw("</caption><thead><tr>");
        foreach (var head in heads)
            html.Tag("th", head.TrimStart('#'), head.StartsWith('#') ? "scope=\"col\" class=\"n\"" : "scope=\"col\"");
        html.Raw("</tr></thead><tbody>\n");
        var shown = 0;
        foreach (var each in rows.Take(MaxRows))
        {
            if (html.IsFull)
                break;
            row(each);
            shown++;
        }
        html.Raw("</tbody></table></div>\n");
        More(html, of - shown, wholeIn);
    }

    private static void More(Html html, int more, string wholeIn)
    {
        if (more > 0)
            html.Tag("p", $"And {more} more, in {wholeIn} beside this page.", "class=\"note\"");
    }

    private static void Pairs(Html html, IReadOnlyList<(string What, string Value)> rows)
    {
        html.Raw("<dl>");
        foreach (var (what, value) in rows)
            html.Tag("dt", what).Tag("dd", value);
        html.Raw("</dl>\n");
    }

    private static void Image(
        Html html,
        WeeklySummary summary,
        string repository,
        Digest digest,
        IReadOnlyList<string> tags
    ) =>
        html.Raw($"<td class=\"wide\" title=\"{digest}\">")
            .Link(
                Links.Repository(summary.Account, summary.Region, repository),
                SummaryText.ShortName(repository, digest, tags)
            )
            .Raw("</td>");

    private static void Repository(Html html, WeeklySummary summary, string repository) =>
        html.Raw("<td class=\"wide\">")
            .Link(Links.Repository(summary.Account, summary.Region, repository), repository)
            .Raw("</td>");

    private static void Vulnerabilities(Html html, IReadOnlyList<string> ids)
    {
        const int most = 5;
        for (var i = 0; i < Math.Min(most, ids.Count); i++)
            html.Text(i == 0 ? "" : ", ").Link(Links.Vulnerability(ids[i]), ids[i]);
        if (ids.Count > most)
            html.Text($" and {ids.Count - most} more");
    }

    private static void Severity(Html html, Images.Severity? severity)
    {
        if (severity is { } known)
            html.Raw($"<td data-v=\"{-(int)known}\" class=\"sev sev-{FixText.Word(known)}\">")
                .Text(Grace.Word(known))
                .Raw("</td>");
        else
            html.Raw("<td></td>");
    }

    private static void Number(Html html, double? number) =>
        html.Raw($"<td class=\"n\" data-v=\"{number?.ToString(CultureInfo.InvariantCulture)}\">")
            .Text(FixText.Number(number))
            .Raw("</td>");

    private static void Day(Html html, DateTimeOffset? at, string? style = null)
    {
        var day = at?.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        html.Raw($"<td data-v=\"{day}\"{(style is null ? "" : $" class=\"{style}\"")}>")
            .Text(at is { } known ? FixText.Day(known) : "–")
            .Raw("</td>");
    }

    private static string Short(double number) => number.ToString("0.#", CultureInfo.InvariantCulture);

    private static string Hash(string content) =>
        $"sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(content)))}";

    private static string Resource(string name)
    {
        using var stream = typeof(SummaryPage).Assembly.GetManifestResourceStream(name)!;
        using var reader = new StreamReader(stream);
        // A browser hashes what it reads, and reads every line end as one line feed.
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }
}
