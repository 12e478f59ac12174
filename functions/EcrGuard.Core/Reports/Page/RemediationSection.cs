using EcrGuard.Core.Verdicts;

namespace EcrGuard.Core.Reports.Page;

/// <summary>How long vulnerabilities stay.</summary>
internal static class RemediationSection
{
    private static readonly (string Name, string Colour)[] Ages =
    [
        ("under 7 days", "c-green"),
        ("7 to 29 days", "c-blue"),
        ("30 to 89 days", "c-amber"),
        ("90 days and more", "c-red"),
    ];

    public static bool IsThere(WeeklySummary summary) => summary.Remediation.Count > 0 || summary.HistorySince is null;

    public static void Write(WeeklySummary summary, Html html)
    {
        html.Tag("p", SummaryText.Counted(summary));
        if (summary.Remediation.Count == 0)
            return;
        WriteCharts(summary.Remediation, html);
        new Table<RemediationRow>("remediation-table", "By severity")
            .Severity("Severity", row => row.Severity)
            .Number("SLA, days", row => row.SlaDays)
            .Number("New", row => row.New)
            .Number("Fixed this week", row => row.Fixed)
            .Number("Fixed in 12 weeks", row => row.FixedInTrend)
            .Number("Half within, days", row => row.MedianDays)
            .Number("Nine in ten within, days", row => row.P90Days)
            .Number("Open", row => row.Open)
            .Number("Over the SLA", row => row.OverSla)
            .Number("Oldest, days", row => row.OldestDays)
            .Write(html, summary.Remediation, "report.json");
        if (SummaryText.Unlisted(summary) is { } unlisted)
            html.Tag("p", unlisted);
    }

    private static void WriteCharts(IReadOnlyList<RemediationRow> rows, Html html)
    {
        var labels = rows.Select(row => Grace.Word(row.Severity)).ToList();
        html.Raw("<div class=\"charts\">\n");
        new Chart(
            "chart-remediation",
            "Days from first seen to fixed, last twelve weeks",
            "The middle value and the value that nine in ten stay within; the line is the SLA.",
            labels,
            [
                new("half within", "c-blue", [.. rows.Select(row => row.MedianDays)]),
                new("nine in ten within", "c-violet", [.. rows.Select(row => row.P90Days)]),
            ]
        )
        {
            IsStacked = false,
            Gap = "nothing fixed",
            Marks = new("SLA", [.. rows.Select(row => (double?)row.SlaDays)]),
        }.Write(html);
        new Chart(
            "chart-age",
            "Age of open vulnerabilities",
            "How long what is open has been there, by severity.",
            labels,
            [
                .. Ages.Select(
                    (age, at) => new Series(age.Name, age.Colour, [.. rows.Select(row => (double?)row.OpenByAge[at])])
                ),
            ]
        ).Write(html);
        html.Raw("</div>\n");
    }
}
