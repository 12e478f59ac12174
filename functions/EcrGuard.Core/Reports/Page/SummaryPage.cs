using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using EcrGuard.Core.Images;

namespace EcrGuard.Core.Reports.Page;

/// <summary>
/// The weekly report as one self-contained HTML page. It loads no script, font or picture from elsewhere: its content
/// security policy forbids that. It is under 5 MB, whatever the registry holds.
/// </summary>
public static class SummaryPage
{
    private static readonly Section[] Sections =
    [
        new("actions", "Action needed", "Action needed", Always, ActionsSection.Write),
        new("blocked", "Blocked now", "Blocked now", BlockedSection.IsThere, BlockedSection.Write),
        new("changes", "New, fixed and worse", "New, fixed and worse this week", Always, ChangesSection.Write),
        new(
            "remediation",
            "Time to remediate",
            "Time to remediate",
            RemediationSection.IsThere,
            RemediationSection.Write
        ),
        new("coverage", "Coverage", "Coverage", Always, CoverageSection.Write),
        new("exceptions", "Exceptions", "Exceptions", ExceptionsSection.IsThere, ExceptionsSection.Write),
        new("hygiene", "Hygiene", "Hygiene", HygieneSection.IsThere, HygieneSection.Write),
        new(
            "delivery",
            "Delivery",
            "Delivery",
            summary => SummaryText.DeliveryRows(summary).Count > 0,
            (summary, html) => html.Pairs(SummaryText.DeliveryRows(summary))
        ),
        new("trend", "Trend", "Trend over twelve weeks", Always, TrendSection.Write),
        new("teams", "Teams and repositories", "Teams and repositories", Always, GroupsSection.Write),
        new("meanings", "What the figures mean", "What the figures mean", Always, MeaningsSection.Write),
    ];

    /// <summary>How much of what could not be read is listed above all figures.</summary>
    private const int MaxUnread = 50;

    private static bool Always(WeeklySummary summary) => true;

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
        var sections = Sections.Where(section => section.IsThere(summary)).ToList();
        WriteHead(summary, sections, html);
        html.Raw("<main id=\"main\">\n");
        foreach (var section in sections)
        {
            html.Raw($"<h2 id=\"{section.Id}\">").Text(section.Heading).Raw("</h2>\n");
            section.Write(summary, html);
        }
        html.Raw($"</main>\n<script>{Script}</script>\n</body>\n</html>\n");
        return Encoding.UTF8.GetBytes(html.ToString());
    }

    private static void WriteHead(WeeklySummary summary, IReadOnlyList<Section> sections, Html html)
    {
        html.Raw("<header>\n")
            .Tag(
                "h1",
                summary.MadeAgain
                    ? $"Container images on {FixText.Day(summary.GeneratedAt)}, and what changed in week "
                        + $"{summary.Week.Number} of {summary.Week.Year}"
                    : $"Container images in week {summary.Week.Number} of {summary.Week.Year}"
            )
            .Tag(
                "p",
                $"{SummaryText.Dates(summary)}. Account {summary.Account}, region {summary.Region}. "
                    + $"Counted {Phrase.Moment(summary.GeneratedAt)}. Made by EcrGuard from the policy "
                    + $"with version {SummaryText.Abbreviated(summary.PolicyVersion)}.",
                "class=\"meta\""
            );
        if (SummaryText.MadeAgain(summary) is { } again)
            html.Tag("p", again, "class=\"banner bad\" role=\"alert\"");
        WriteBanner(summary, html);
        WriteTiles(summary, html);
        html.Raw("\n<nav aria-label=\"Sections\"><ul>");
        foreach (var section in sections)
            html.Raw($"<li><a href=\"#{section.Id}\">").Text(section.Title).Raw("</a></li>");
        html.Raw("</ul></nav>\n</header>\n");
    }

    /// <summary>Whether everything could be read, what could not, and what EcrGuard cannot see at all.</summary>
    private static void WriteBanner(WeeklySummary summary, Html html)
    {
        var (unread, hidden) = (summary.Unread, SummaryText.NotSeen(summary));
        html.Tag(
            "p",
            unread.Count == 0
                ? SummaryText.Read(summary)
                : $"Not everything could be read: {Phrase.Count(unread.Count, "thing")} "
                    + $"{(unread.Count == 1 ? "is" : "are")} missing, and all figures are without "
                    + $"{(unread.Count == 1 ? "it" : "them")}. Give EcrGuard the right to read it, or mend what the "
                    + "error names.",
            unread.Count == 0 && hidden.Count == 0 ? "class=\"banner\"" : "class=\"banner bad\" role=\"alert\""
        );
        List([.. unread.Select(each => $"{each.What}: {each.Why}")]);
        List(hidden);

        void List(IReadOnlyList<string> lines)
        {
            if (lines.Count == 0)
                return;
            html.Raw("<ul>");
            foreach (var line in lines.Take(MaxUnread))
                html.Tag("li", line);
            html.Raw("</ul>\n");
            html.More(lines.Count - MaxUnread, "report.json");
        }
    }

    private static void WriteTiles(WeeklySummary summary, Html html)
    {
        var week = summary.RollUp().Figures!;
        // Without an SLA nothing can be over it.
        var hasSla = summary.Remediation.All(row => row.Open == 0 || row.SlaDays is not null);
        var overSla = hasSla ? week.Overdue : null;
        html.Raw("<ul class=\"tiles\">");
        Tile(summary.ActionCount, "things to do", summary.ActionCount > 0);
        var known = summary.RunsKnown ? "" : ", as far as is known";
        Tile(week.RunningBlocked, "blocked images running" + known, Bad(week.RunningBlocked));
        Tile(summary.PastGrace, "of them past their grace" + known, Bad(summary.PastGrace));
        Tile(
            summary.Statuses.Blocked,
            "images blocked" + SummaryText.Change(summary.Statuses.Blocked, summary.Previous?.Statuses.Blocked),
            null
        );
        Tile(overSla, "vulnerabilities over the SLA", overSla > 0);
        Tile(week.Fixed, "vulnerabilities fixed this week", null);
        Tile(summary.Statuses.Approved, $"of {Phrase.Count(summary.Images, "image")} approved", null);
        html.Raw("</ul>");

        // A zero is no good news where more may run than is seen.
        bool? Bad(int? running) =>
            running > 0 ? true
            : summary.RunsKnown ? false
            : null;
        void Tile(int? number, string what, bool? bad) =>
            html.Raw($"<li{(number is not null && bad is { } isBad ? $" class=\"{(isBad ? "bad" : "good")}\"" : "")}>")
                .Tag("strong", number?.ToString(CultureInfo.InvariantCulture) ?? "–")
                .Tag("span", what)
                .Raw("</li>");
    }

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
