using EcrGuard.Core.Images;

namespace EcrGuard.Core.Reports.Weekly;

/// <summary>How long vulnerabilities stay, by severity.</summary>
internal static class RemediationTable
{
    /// <summary>The worst severity first.</summary>
    public static IReadOnlyList<RemediationRow> Of(SummaryFacts facts, IReadOnlyList<RepositoryPast> past)
    {
        var open = past.SelectMany(each => each.History.Open)
            .Where(each => each.Blocks)
            .ToLookup(each => each.Severity);
        var mended = past.SelectMany(each => each.History.Fixed).ToLookup(each => each.Severity);
        return
        [
            .. Enum.GetValues<Severity>()
                .OrderDescending()
                .Where(severity => open.Contains(severity) || mended.Contains(severity))
                .Select(severity => Row(facts, severity, [.. open[severity]], [.. mended[severity]])),
        ];
    }

    /// <summary>What is open and blocks, by repository, the worst and oldest first.</summary>
    public static IEnumerable<OpenVulnerability> Open(
        SummaryFacts facts,
        IReadOnlyList<RepositoryPast> past,
        RepositoryTeams teams
    ) =>
        from each in past.OrderBy(each => each.Repository, StringComparer.Ordinal)
        from finding in each.History.Open
        where finding.Blocks
        select new OpenVulnerability(
            each.Repository,
            teams.Of(each.Repository),
            finding,
            (facts.GeneratedAt - finding.FirstSeen).TotalDays,
            facts.Policy.DaysToFix(finding.Severity),
            facts.IsOverSla(finding)
        );

    private static RemediationRow Row(
        SummaryFacts facts,
        Severity severity,
        List<OpenFinding> open,
        List<FixedFinding> mended
    )
    {
        var days = mended.Select(each => each.Days).Order().ToList();
        var ages = open.Select(each => (facts.GeneratedAt - each.FirstSeen).TotalDays).ToList();
        var byAge = new int[SummaryBuilder.Ages];
        foreach (var age in ages)
            byAge[SummaryBuilder.AgeBounds.Count(bound => age >= bound)]++;
        return new RemediationRow(
            severity,
            facts.Policy.DaysToFix(severity),
            open.Count(each => facts.Week.Contains(each.FirstSeen))
                + mended.Count(each => facts.Week.Contains(each.FirstSeen)),
            mended.Count(each => facts.Week.Contains(each.FixedAt)),
            mended.Count,
            Percentile(days, 50),
            Percentile(days, 90),
            open.Count,
            open.Count(facts.IsOverSla),
            byAge,
            ages.Count == 0 ? null : Math.Round(ages.Max(), 1)
        );
    }

    /// <summary>Days from first seen to fixed, over all severities fixed in the week; null where none was.</summary>
    public static double? MedianDays(SummaryFacts facts, IReadOnlyList<RepositoryPast> past) =>
        Percentile(
            [
                .. past.SelectMany(each => each.History.Fixed)
                    .Where(each => facts.Week.Contains(each.FixedAt))
                    .Select(each => each.Days)
                    .Order(),
            ],
            50
        );

    /// <summary>By the nearest rank, to one decimal; null for an empty list.</summary>
    /// <param name="sorted">Ascending.</param>
    public static double? Percentile(List<double> sorted, int percent) =>
        sorted.Count == 0
            ? null
            : Math.Round(sorted[Math.Max(0, (int)Math.Ceiling(sorted.Count * percent / 100.0) - 1)], 1);
}
