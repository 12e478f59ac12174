namespace EcrGuard.Core.Reports.Weekly;

/// <summary>
/// The report's tables of images: blocked ones, changes, and gaps of scanning.
/// </summary>
internal static class ImageTables
{
    /// <summary>Running images first, then by severity.</summary>
    public static IReadOnlyList<ReportedImage> Blocked(IReadOnlyList<SeenImage> blocked) =>
        [
            .. blocked
                .OrderBy(image => !image.Runs)
                .ThenByDescending(image => image.Severity)
                .ThenBy(image => image.Repository, StringComparer.Ordinal)
                .ThenBy(image => image.Digest)
                .Take(SummaryBuilder.MaxListed)
                .Select(image => image.Reported()),
        ];

    /// <summary>How many vulnerabilities block at least one image.</summary>
    public static int BlockingVulnerabilities(IReadOnlyList<SeenImage> blocked) =>
        blocked
            .SelectMany(image => image.Blocking)
            .Select(finding => finding.Vulnerability)
            .Distinct(StringComparer.Ordinal)
            .Count();

    /// <summary>The newest first.</summary>
    public static IReadOnlyList<ChangedImage> Changes(IEnumerable<SeenImage> changed) =>
        [
            .. changed
                .OrderByDescending(image => image.Since)
                .ThenBy(image => image.Repository, StringComparer.Ordinal)
                .ThenBy(image => image.Digest)
                .Take(SummaryBuilder.MaxListed)
                .Select(image => image.Changed()),
        ];

    public static IReadOnlyList<CoverageGap> Gaps(IEnumerable<SeenImage> images) =>
        [
            .. images
                .Where(image => image.Gap is not null)
                .GroupBy(image => (image.Repository, image.Status, Code: image.Gap!))
                .Select(same => new CoverageGap(
                    same.Key.Repository,
                    same.Key.Status,
                    same.Key.Code,
                    same.Count(),
                    same.Count(image => image.Deployable),
                    same.MinBy(image => image.Digest)!.Why
                ))
                .OrderBy(gap => gap.Repository, StringComparer.Ordinal)
                .ThenBy(gap => gap.Status)
                .ThenBy(gap => gap.Code, StringComparer.Ordinal),
        ];
}
