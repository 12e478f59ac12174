using System.Globalization;

namespace EcrGuard.Core.Images;

/// <summary>Makes one list of findings from what scanners report.</summary>
public static class Findings
{
    /// <summary>
    /// A finding of basic scanning, which has the package in a free list of attributes (ECR API, ImageScanFinding).
    /// </summary>
    /// <param name="attribute">The value of an attribute by its key; null where there is none.</param>
    public static Finding OfBasic(string? name, string? severity, string? uri, Func<string, string?> attribute)
    {
        string? Attribute(string key) => attribute(key) is { Length: > 0 } value ? value : null;
        return new Finding
        {
            Vulnerability = name ?? "",
            Severity = ScannerWords.OfSeverity(severity) ?? Severity.Undefined,
            SeverityUnknown = ScannerWords.OfSeverity(severity) is null,
            PackageManager = Finding.OperatingSystem,
            Package = Attribute("package_name"),
            Occurrences = Attribute("package_version") is { } version
                ? [new PackageOccurrence(version, null, null, null)]
                : [],
            Score = double.TryParse(
                Attribute("CVSS3_SCORE") ?? Attribute("CVSS2_SCORE"),
                CultureInfo.InvariantCulture,
                out var score
            )
                ? score
                : null,
            Uri = uri,
        };
    }

    /// <summary>
    /// More than any two scanners give. Only answers that keep changing without a new scan come to so many.
    /// </summary>
    internal const int MaxReports = 16;

    /// <summary>
    /// One finding for each vulnerability and package, worst first, in an order that does not depend on the input's.
    /// All reports that differ are kept (<see cref="Finding.Reports"/>): merging hides none.
    /// </summary>
    public static IReadOnlyList<Finding> Merge(IEnumerable<Finding> reported) =>
        [
            .. reported
                .OrderBy(f => f.PackageManager, StringComparer.Ordinal)
                .ThenBy(f => f.Package, StringComparer.Ordinal)
                .GroupBy(f => (f.Vulnerability, Ecosystem.Key(f.PackageManager, f.Package), f.Platform))
                .Select(same => Merged([.. same]))
                .OrderByDescending(f => f.Severity)
                .ThenBy(f => f.Vulnerability, StringComparer.Ordinal)
                .ThenBy(f => f.PackageManager, StringComparer.Ordinal)
                .ThenBy(f => f.Package, StringComparer.Ordinal)
                .ThenBy(f => f.Platform, StringComparer.Ordinal),
        ];

    private static Finding Merged(Finding[] same)
    {
        if (same is [{ Reports: null } only])
            return only with { Occurrences = Places(only.Occurrences) };
        if (Array.TrueForAll(same, f => f.Reports is null && Asked(f) == Asked(same[0])))
            return Together(same);
        List<Finding> all = [.. same.SelectMany(f => f.Reports ?? [f])];
        List<Finding> reports =
        [
            .. all.GroupBy(Asked)
                .Select(alike => Together([.. alike]))
                .OrderByDescending(f => Rank(f.Severity))
                .ThenByDescending(f => f.Fix)
                .ThenByDescending(f => f.Exploit)
                .ThenByDescending(f => f.Epss)
                .ThenByDescending(f => f.Score)
                .ThenBy(f => f.FirstObservedAt)
                .ThenBy(f => f.FixFirstSeenAt)
                .ThenBy(f => f.Suppressed)
                .ThenBy(f => f.SeverityUnknown)
                .ThenBy(f => f.Occurrences.Count > 0),
        ];
        return reports.Count == 1 ? reports[0]
            : reports.Count <= MaxReports ? Together(all) with { Reports = reports }
            : Unsure(reports);
    }

    /// <summary>
    /// The values of a report that a policy can ask for. VEX asks for versions. A report without a place has none, so
    /// that an excuse for a report with a place does not hold for it.
    /// </summary>
    private static Answers Asked(Finding f) =>
        new(
            f.Severity,
            f.SeverityUnknown,
            f.Fix,
            f.Exploit,
            f.Epss,
            f.Score,
            f.FirstObservedAt,
            f.FixFirstSeenAt,
            f.Suppressed,
            f.Occurrences.Count > 0
        );

    /// <inheritdoc cref="Asked(Finding)"/>
    private readonly record struct Answers(
        Severity Severity,
        bool SeverityUnknown,
        FixAvailability Fix,
        ExploitAvailability Exploit,
        double? Epss,
        double? Score,
        DateTimeOffset? FirstObservedAt,
        DateTimeOffset? FixFirstSeenAt,
        bool Suppressed,
        bool HasPlaces
    );

    /// <summary>Several reports as one, for lists and counts: the worse of each value.</summary>
    private static Finding Together(IReadOnlyCollection<Finding> reports) =>
        reports.Aggregate(Worse) with
        {
            Occurrences = Places([.. reports.SelectMany(f => f.Occurrences)]),
        };

    /// <summary>
    /// Too many reports as one that is at least as bad under every policy. A value in which they differ counts as not
    /// given: it meets the criterion of every blocking rule, and of no other.
    /// </summary>
    private static Finding Unsure(List<Finding> reports)
    {
        bool Differ<T>(Func<Finding, T> value) => reports.Select(value).Distinct().Skip(1).Any();
        var fix = Differ(f => f.Fix) || Differ(f => f.FixFirstSeenAt);
        return Together(reports) with
        {
            StandsForMany = true,
            SeverityUnknown = reports.Any(f => f.SeverityUnknown) || Differ(f => f.Severity),
            Fix = fix ? FixAvailability.Unknown : reports[0].Fix,
            FixFirstSeenAt = fix ? null : reports[0].FixFirstSeenAt,
            Exploit = Differ(f => f.Exploit) ? ExploitAvailability.Unknown : reports[0].Exploit,
            Epss = Differ(f => f.Epss) ? null : reports[0].Epss,
            Score = Differ(f => f.Score) ? null : reports[0].Score,
            FirstObservedAt = Differ(f => f.FirstObservedAt) ? null : reports[0].FirstObservedAt,
            Occurrences = reports.All(f => f.Occurrences.Count > 0)
                ? Places([.. reports.SelectMany(f => f.Occurrences)])
                : [],
        };
    }

    /// <summary>
    /// Which of two severities of one finding is shown and counted. An unknown one may be as bad as any but the known
    /// worst.
    /// </summary>
    private static int Rank(Severity severity) =>
        severity switch
        {
            Severity.Critical => 6,
            Severity.High => 5,
            Severity.Untriaged => 4,
            Severity.Undefined => 3,
            Severity.Medium => 2,
            Severity.Low => 1,
            Severity.Informational => 0,
        };

    /// <summary>Adds since when a fix has been known, from what the ledger knew before.</summary>
    /// <param name="before">Null where the ledger has lost it: a new start would excuse the finding.</param>
    public static IReadOnlyList<Finding> WithFixDates(
        IReadOnlyList<Finding> current,
        IReadOnlyList<Finding>? before,
        DateTimeOffset now
    )
    {
        DateTimeOffset? Begun(Finding f) =>
            f.Fix is not (FixAvailability.Yes or FixAvailability.Partial) ? null
            : before is null ? f.FirstObservedAt ?? DateTimeOffset.MinValue
            : now;
        var known = (before ?? [])
            .Where(f => f.FixFirstSeenAt is not null)
            .GroupBy(f => (f.Vulnerability, Ecosystem.Key(f.PackageManager, f.Package)))
            .ToDictionary(same => same.Key, same => same.Min(f => f.FixFirstSeenAt));
        Finding Dated(Finding f) =>
            f with
            {
                FixFirstSeenAt =
                    known.GetValueOrDefault((f.Vulnerability, Ecosystem.Key(f.PackageManager, f.Package))) ?? Begun(f),
                Reports = f.Reports is null ? null : [.. f.Reports.Select(Dated)],
            };
        return [.. current.Select(Dated)];
    }

    /// <summary>
    /// Each place once. Basic scanning names only a version. Where Inspector says more of that version, both mean one
    /// place.
    /// </summary>
    private static IReadOnlyList<PackageOccurrence> Places(IReadOnlyList<PackageOccurrence> reported)
    {
        static bool IsBare(PackageOccurrence place) => place is { FixedIn: null, Path: null, Layer: null };
        var told = reported.Where(place => !IsBare(place)).Select(place => place.Version).ToHashSet();
        return
        [
            .. reported
                .Where(place => !IsBare(place) || !told.Contains(place.Version))
                .Distinct()
                .OrderBy(o => o.Path, StringComparer.Ordinal)
                .ThenBy(o => o.Version, StringComparer.Ordinal)
                .ThenBy(o => o.FixedIn, StringComparer.Ordinal)
                .ThenBy(o => o.Layer, StringComparer.Ordinal),
        ];
    }

    /// <summary>
    /// What a scan counts and does not list, for example <c>5 CRITICAL counted, 0 listed</c>; null where it lists all
    /// that it counts. A list that is longer than its counts hides nothing, and it is not documented that AWS counts as
    /// it lists.
    /// </summary>
    /// <param name="listed">The severity of each finding that is listed, in the scanner's words.</param>
    /// <param name="counted">How many of each there are; null where the scanner does not say.</param>
    public static string? Missing(IEnumerable<string?> listed, IEnumerable<KeyValuePair<string, int>>? counted)
    {
        var missing = NotListed(listed, counted)
            .Select(m => $"{m.Counted} {(m.Severity.Length == 0 ? "in all" : m.Severity)} counted, {m.Listed} listed")
            .Order(StringComparer.Ordinal)
            .ToList();
        return missing.Count == 0 ? null : string.Join("; ", missing);
    }

    /// <summary>The key of the total among the counts (<see cref="SeverityCounts"/>).</summary>
    public const string Total = "TOTAL";

    /// <summary>
    /// The same in numbers: the severity (empty for the total), how many are counted, and how many are listed.
    /// </summary>
    /// <inheritdoc cref="Missing(IEnumerable{string?}, IEnumerable{KeyValuePair{string, int}}?)"/>
    internal static IReadOnlyList<(string Severity, int Counted, int Listed)> NotListed(
        IEnumerable<string?> listed,
        IEnumerable<KeyValuePair<string, int>>? counted
    )
    {
        // ECR's counts have no word for findings that Inspector has not triaged.
        static string Word(string? severity) =>
            ScannerWords.OfSeverity(severity) is null or Severity.Untriaged ? "UNDEFINED" : severity!;
        var found = listed.CountBy(Word).ToDictionary();
        found[""] = found.Values.Sum();
        return
        [
            .. (counted ?? [])
                .GroupBy(count => count.Key == Total ? "" : Word(count.Key), count => (long)count.Value)
                .Select(same => (same.Key, (int)Math.Min(same.Sum(), int.MaxValue), found.GetValueOrDefault(same.Key)))
                .Where(same => same.Item2 > same.Item3),
        ];
    }

    private static Finding Worse(Finding one, Finding other) =>
        one with
        {
            Severity = Rank(one.Severity) >= Rank(other.Severity) ? one.Severity : other.Severity,
            SeverityUnknown = one.SeverityUnknown || other.SeverityUnknown,
            // Of two reports the one with a fix counts: a rule about fixable findings must not miss one.
            Fix = Max(one.Fix, other.Fix),
            Exploit = Max(one.Exploit, other.Exploit),
            Epss = Max(one.Epss, other.Epss),
            Score = Max(one.Score, other.Score),
            FirstObservedAt = Min(one.FirstObservedAt, other.FirstObservedAt),
            FixFirstSeenAt = Min(one.FixFirstSeenAt, other.FixFirstSeenAt),
            Uri = First(one.Uri, other.Uri),
            // It is hidden only if every report of it is.
            Suppressed = one.Suppressed && other.Suppressed,
        };

    private static T Max<T>(T one, T other)
        where T : struct, Enum => Comparer<T>.Default.Compare(one, other) >= 0 ? one : other;

    private static double? Max(double? one, double? other) =>
        one is null ? other
        : other is null ? one
        : Math.Max(one.Value, other.Value);

    private static DateTimeOffset? Min(DateTimeOffset? one, DateTimeOffset? other) =>
        one is null ? other
        : other is null || one < other ? one
        : other;

    private static string? First(string? one, string? other) =>
        one is null ? other
        : other is null || string.CompareOrdinal(one, other) <= 0 ? one
        : other;
}
