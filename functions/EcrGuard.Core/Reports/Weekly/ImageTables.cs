using EcrGuard.Core.Verdicts;

namespace EcrGuard.Core.Reports.Weekly;

/// <summary>
/// The report's tables of images: blocked ones, what would clear them, changes, and gaps of scanning.
/// </summary>
internal static class ImageTables
{
    /// <summary>Running images first, then by severity.</summary>
    public static IReadOnlyList<ReportedImage> Blocked(IReadOnlyList<SeenImage> blocked) =>
        [
            .. blocked
                .Select(seen => seen.Image)
                .OrderBy(image => !image.Runs)
                .ThenByDescending(image => image.Severity)
                .ThenBy(image => image.Repository, StringComparer.Ordinal)
                .ThenBy(image => image.Digest)
                .Take(SummaryBuilder.MaxListed),
        ];

    /// <summary>How many vulnerabilities block at least one image.</summary>
    public static int BlockingVulnerabilities(IReadOnlyList<SeenImage> blocked) =>
        blocked
            .SelectMany(image => image.Image.Blocking)
            .Select(finding => finding.Vulnerability)
            .Distinct(StringComparer.Ordinal)
            .Count();

    /// <summary>The update that would clear most blocked images comes first.</summary>
    public static IReadOnlyList<FixGroup> Fixes(IReadOnlyList<SeenImage> blocked) =>
        [
            .. blocked
                .SelectMany(seen =>
                    seen.Image.Blocking.GroupBy(finding => FixText.Update(finding))
                        .Select(same => (seen.Image, Update: same.Key, Findings: same.ToList()))
                )
                .GroupBy(each => each.Update)
                .Select(same => new FixGroup(
                    same.Key.Package,
                    same.Key.FixedIn,
                    [
                        .. same.SelectMany(each => each.Findings)
                            .Select(finding => finding.Vulnerability)
                            .Distinct(StringComparer.Ordinal)
                            .Order(StringComparer.Ordinal),
                    ],
                    same.Count(),
                    same.Select(each => each.Image.Repository).Distinct(StringComparer.Ordinal).Count(),
                    same.Count(each =>
                        each.Image.Blocking.Count == each.Findings.Count
                        && each.Image.MoreReasons < ImageRecord.MaxReasons
                    ),
                    same.Count(each => each.Image.Runs)
                ))
                .OrderBy(fix => fix.FixedIn is null)
                .ThenByDescending(fix => fix.Images)
                .ThenByDescending(fix => fix.Unblocks)
                .ThenBy(fix => fix.Package, StringComparer.Ordinal)
                .ThenBy(fix => fix.FixedIn, StringComparer.Ordinal)
                .Take(SummaryBuilder.MaxListed),
        ];

    /// <summary>The newest first.</summary>
    public static IReadOnlyList<ChangedImage> Changes(IEnumerable<SeenImage> images) =>
        [
            .. images
                .Select(image => image.Changed)
                .OfType<ChangedImage>()
                .OrderByDescending(image => image.Since)
                .ThenBy(image => image.Repository, StringComparer.Ordinal)
                .ThenBy(image => image.Digest),
        ];

    public static IReadOnlyList<CoverageGap> Gaps(IEnumerable<SeenImage> images) =>
        [
            .. images
                .Where(image => image.Gap is not null)
                .GroupBy(image => (image.Repository, image.Status, image.Gap!.Value.Code))
                .Select(same => new CoverageGap(
                    same.Key.Repository,
                    same.Key.Status,
                    same.Key.Code,
                    same.Count(),
                    same.Count(image => image.Image.Deployable),
                    same.MinBy(image => image.Digest)!.Gap!.Value.Sentence
                ))
                .OrderBy(gap => gap.Repository, StringComparer.Ordinal)
                .ThenBy(gap => gap.Status)
                .ThenBy(gap => gap.Code, StringComparer.Ordinal),
        ];
}
