namespace EcrGuard.Core.Reports.Page;

/// <summary>The numbers by team and by repository.</summary>
internal static class GroupsSection
{
    public static void Write(WeeklySummary summary, Html html)
    {
        new Table<GroupRow>("by-team", $"By team (the repository's resource tag '{summary.TeamTag}')")
            .Text("Team", row => SummaryText.TeamName(row.Name))
            .Number("Repositories", row => row.Repositories)
            .With(Numbers)
            .Write(html, summary.Teams, "report.json");
        new Table<GroupRow>("by-repository", "By repository")
            .Repository(summary, row => row.Name)
            .Text("Team", row => row.Team ?? "no team")
            .With(Numbers)
            .Write(
                html,
                [
                    .. summary
                        .ByRepository.OrderByDescending(row => row.RunningBlocked)
                        .ThenByDescending(row => row.Blocked)
                        .ThenByDescending(row => row.Uncovered),
                ],
                "report.json"
            );
    }

    private static Table<GroupRow> Numbers(Table<GroupRow> table) =>
        table
            .Number("Images", row => row.Images)
            .Number("Running", row => row.Running)
            .Number("Blocked", row => row.Blocked)
            .Number("Blocked and running", row => row.RunningBlocked)
            .Number("Past their grace", row => row.PastGrace)
            .Number("Became blocked", row => row.NewlyBlocked)
            .Number("No current scan", row => row.Uncovered)
            .Number("Open vulnerabilities", row => row.Open)
            .Number("Over the SLA", row => row.OverSla)
            .Number("Fixed this week", row => row.Fixed);
}
