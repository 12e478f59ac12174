namespace EcrGuard.Core.Reports.Page;

/// <summary>How the numbers changed over twelve weeks.</summary>
internal static class TrendSection
{
    public static void Write(WeeklySummary summary, Html html)
    {
        var known = summary.Trend.Count(week => week.Numbers is not null);
        html.Tag(
            "p",
            $"The figures of {known} of {summary.Trend.Count} weeks are known. The others are gaps: no report was made "
                + "then, or its images could not all be read."
                + (known < 2 ? " The charts come with the second week." : "")
        );
        if (known < 2)
            return;
        html.Raw("<div class=\"charts\">\n");
        foreach (var chart in Charts(summary.Trend))
            chart.Write(html);
        html.Raw("</div>\n");
    }

    private static IEnumerable<Chart> Charts(IReadOnlyList<TrendWeek> trend) =>
        [.. OfImages(trend), .. OfVulnerabilities(trend), OfCoverage(trend), OfStorage(trend)];

    private static IEnumerable<Chart> OfImages(IReadOnlyList<TrendWeek> trend)
    {
        yield return Over(
            trend,
            "chart-status",
            "Images by status",
            "All images when each report was made.",
            ("approved", "c-green", numbers => numbers.Statuses.Approved),
            ("without a current scan", "c-grey", WithoutScan),
            ("blocked", "c-red", numbers => numbers.Statuses.Blocked)
        );
        yield return Over(
            trend,
            "chart-running",
            "Blocked images that run",
            "What must be replaced first.",
            ("blocked and running", "c-red", numbers => numbers.Figures?.RunningBlocked)
        );
    }

    private static IEnumerable<Chart> OfVulnerabilities(IReadOnlyList<TrendWeek> trend)
    {
        yield return Over(
            trend,
            "chart-fixed",
            "Vulnerabilities: new and fixed",
            "In the current images of all repositories. What was fixed in a week that is a gap is in no column here; "
                + "'fixed in 12 weeks' above has it.",
            ("new", "c-amber", numbers => numbers.Figures?.New),
            ("fixed", "c-green", numbers => numbers.Figures?.Fixed)
        ) with
        {
            IsStacked = false,
        };
        yield return Over(
            trend,
            "chart-days",
            "Days from first seen to fixed",
            "The middle value of what was fixed in each week; a gap where nothing was.",
            ("half within", "c-blue", numbers => numbers.Figures?.MedianDays)
        ) with
        {
            Gap = "nothing fixed, or not known",
        };
    }

    private static Chart OfCoverage(IReadOnlyList<TrendWeek> trend) =>
        Over(
            trend,
            "chart-coverage",
            "Images with a current scan, in per cent",
            "The rest is not scanned, not supported, too old, or could not be read.",
            ("with a current scan", "c-blue", PercentScanned)
        );

    private static Chart OfStorage(IReadOnlyList<TrendWeek> trend) =>
        Over(
            trend,
            "chart-freed",
            "Storage freed",
            "By images that a sweep found gone. At most: layers that other images share stay.",
            ("freed", "c-violet", numbers => numbers.Figures?.BytesFreed)
        ) with
        {
            Shown = bytes => FixText.Bytes((long)bytes),
        };

    private static Chart Over(
        IReadOnlyList<TrendWeek> trend,
        string id,
        string title,
        string summary,
        params (string Name, string Colour, Func<WeekRollUp, double?> Value)[] series
    ) =>
        new(
            id,
            title,
            summary,
            [.. trend.Select(week => $"W{week.Week.Number:D2}")],
            [
                .. series.Select(each => new Series(
                    each.Name,
                    each.Colour,
                    [.. trend.Select(week => week.Numbers is { } numbers ? each.Value(numbers) : null)]
                )),
            ]
        );

    private static double? WithoutScan(WeekRollUp numbers) =>
        numbers.Statuses.Unscanned
        + numbers.Statuses.Unsupported
        + numbers.Statuses.Stale
        + numbers.Statuses.Error
        + numbers.Statuses.Pending;

    private static double? PercentScanned(WeekRollUp numbers) =>
        numbers is { Figures: { } figures, Statuses.Total: > 0 and var total }
            ? Math.Round(100.0 * (total - figures.Uncovered) / total, 1)
            : null;
}
