using EcrGuard.Core.Images;

namespace EcrGuard.Core.Reports.Page;

/// <summary>The images that are blocked now, and what would clear them.</summary>
internal static class BlockedSection
{
    public static bool IsThere(WeeklySummary summary) => summary.Statuses.Blocked > 0;

    public static void Write(WeeklySummary summary, Html html)
    {
        html.Tag(
            "p",
            $"{Phrase.Count(summary.Statuses.Blocked, "image is", "images are")} blocked, "
                + $"{SummaryText.OfThemRunning(summary, summary.RunningBlocked)}, by "
                + Phrase.Count(summary.BlockingVulnerabilities, "vulnerability", "vulnerabilities")
                + "."
        );
        new Table<FixGroup>("fixes", "Updates that clear blocked images, and vulnerabilities without a fix")
            .Wide("Update, that which clears most first", FixText.Line)
            .Vulnerabilities("Vulnerabilities", isWide: false, fix => fix.Vulnerabilities)
            .Number("Images", fix => fix.Images)
            .Number("Running", fix => fix.Running)
            .Number("Repositories", fix => fix.Repositories)
            .Number("Cleared by it alone", fix => fix.FixedIn is null ? null : fix.Unblocks)
            .Write(html, summary.Fixes, "blocking.csv");
        new Table<ReportedImage>("blocked-images", "Blocked images")
            .Image(summary, image => (image.Repository, image.Digest, image.Tags))
            .Severity("Severity", image => image.Severity)
            .Vulnerabilities("What blocks", isWide: true, VulnerabilitiesOf)
            .Text("Run by", RunBy)
            .Day("Grace ends", image => image.GraceEnds, image => image.GraceEnds <= summary.GeneratedAt)
            .Text("Team", image => image.Team ?? "no team")
            .Day("Blocked since", image => image.Since)
            .Write(html, summary.Blocked, summary.Statuses.Blocked, "blocking.csv");
    }

    private static IReadOnlyList<string> VulnerabilitiesOf(ReportedImage image) =>
        [.. image.Blocking.Select(finding => finding.Vulnerability).Distinct(StringComparer.Ordinal)];

    private static string RunBy(ReportedImage image) =>
        image.Runs switch
        {
            true => SummaryText.RunBy([.. image.RunBy.Take(2)], image.RunByCount),
            false => "nothing",
            null => "not known",
        };
}
