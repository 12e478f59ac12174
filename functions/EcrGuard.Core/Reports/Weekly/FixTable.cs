namespace EcrGuard.Core.Reports.Weekly;

/// <summary>What would clear the blocked images.</summary>
internal static class FixTable
{
    /// <summary>
    /// What ends a finding: a version of a package's line (<see cref="FixVersion"/>). Findings without a fixed version
    /// stay apart by their vulnerability.
    /// </summary>
    private sealed record Update(string? Package, string? Line, string? Unfixed)
    {
        public static Update Of(BlockingFinding finding) =>
            finding.FixedIn is { } version
                ? new(finding.Package, FixVersion.Of(version).Line, null)
                : new(finding.Package, null, finding.Vulnerability);
    }

    private sealed class Cleared
    {
        public HashSet<string> Versions { get; } = new(StringComparer.Ordinal);
        public HashSet<string> Vulnerabilities { get; } = new(StringComparer.Ordinal);
        public HashSet<SeenRepository> Repositories { get; } = [];
        public int Images { get; set; }
        public int Unblocks { get; set; }
        public int Running { get; set; }

        public void Add(SeenImage image, IReadOnlyCollection<BlockingFinding> findings)
        {
            Versions.UnionWith(findings.Select(finding => finding.FixedIn).OfType<string>());
            Vulnerabilities.UnionWith(findings.Select(finding => finding.Vulnerability));
            Repositories.Add(image.Its);
            Images++;
            Unblocks +=
                findings.All(finding => finding.FixedIn is not null)
                && image.Blocking.Length == findings.Count
                && image.ShowsAllReasons
                    ? 1
                    : 0;
            Running += image.Runs ? 1 : 0;
        }

        public FixGroup Of(Update update, bool isRead) =>
            new(
                update.Package,
                Versions.Count == 0 ? null : FixVersion.Highest(Versions),
                [.. Vulnerabilities.Order(StringComparer.Ordinal)],
                Images,
                Repositories.Count,
                Unblocks,
                isRead ? Running : null
            );
    }

    /// <summary>The update that would clear most blocked images comes first.</summary>
    /// <param name="isRead">Whether what runs was read.</param>
    public static IReadOnlyList<FixGroup> Of(IReadOnlyList<SeenImage> blocked, bool isRead)
    {
        var updates = new Dictionary<Update, Cleared>();
        foreach (var image in blocked)
        foreach (var findings in image.Blocking.GroupBy(Update.Of))
        {
            if (!updates.TryGetValue(findings.Key, out var cleared))
                updates[findings.Key] = cleared = new Cleared();
            cleared.Add(image, [.. findings]);
        }
        return
        [
            .. updates
                .OrderBy(each => each.Key.Line is null)
                .ThenByDescending(each => each.Value.Images)
                .ThenByDescending(each => each.Value.Unblocks)
                .ThenBy(each => each.Key.Package, StringComparer.Ordinal)
                .ThenBy(each => each.Key.Line, StringComparer.Ordinal)
                .ThenBy(each => each.Key.Unfixed, StringComparer.Ordinal)
                .Take(SummaryBuilder.MaxListed)
                .Select(each => each.Value.Of(each.Key, isRead)),
        ];
    }
}
