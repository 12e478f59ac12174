using System.Globalization;

namespace EcrGuard.Core.Images;

/// <summary>
/// A severity as the scanners give it, in the order of lists. UNDEFINED and UNTRIAGED stand last, and are unknown, not
/// low. Basic scanning has UNDEFINED, enhanced scanning has UNTRIAGED (ECR API, ImageScanFinding; Inspector API,
/// Finding). A word that neither documents is read as <see cref="Undefined"/>, so that the finding is shown, and
/// <see cref="Finding.SeverityUnknown"/> is set.
/// </summary>
public enum Severity
{
    Undefined,
    Untriaged,
    Informational,
    Low,
    Medium,
    High,
    Critical,
}

/// <summary>Whether a fixed version exists (Inspector API, <c>fixAvailable</c>); basic scanning does not say.</summary>
public enum FixAvailability
{
    Unknown,
    No,
    Partial,
    Yes,
}

/// <summary>
/// Whether an exploit is known (Inspector API, <c>exploitAvailable</c>); basic scanning does not say.
/// </summary>
public enum ExploitAvailability
{
    Unknown,
    No,
    Yes,
}

/// <summary>One place where a vulnerable package was found.</summary>
/// <param name="Version">As installed, with epoch and release where the scanner gives them; null where it does
///     not.</param>
/// <param name="FixedIn">The first fixed version; null where none is known.</param>
/// <param name="Path">The file inside the image, for language packages.</param>
/// <param name="Layer">The digest of the layer that brought it.</param>
public sealed record PackageOccurrence(string? Version, string? FixedIn, string? Path, string? Layer);

/// <summary>
/// One vulnerability in one package, given by manager and name. Scanners count differently: Inspector one finding for a
/// vulnerability with all its packages, basic scanning one for each package and architecture. So these counts differ
/// from theirs, and reports say so.
/// </summary>
public sealed record Finding
{
    /// <summary>
    /// Inspector's word for the operating system's packages, which are all that basic scanning reads.
    /// </summary>
    public const string OperatingSystem = "OS";

    /// <summary>For example <c>CVE-2024-6119</c>.</summary>
    public required string Vulnerability { get; init; }

    public required Severity Severity { get; init; }

    /// <summary>
    /// Whether the scanner gives no severity, or a word that neither scanner documents. Like every missing value, it
    /// may be the worst: it meets the criterion of a blocking rule, and of no other.
    /// </summary>
    public bool SeverityUnknown { get; init; }

    /// <summary>The package's name; null where the scanner gives none.</summary>
    public string? Package { get; init; }

    /// <summary>For example <c>OS</c>, <c>NPM</c>, <c>GOMOD</c>; null where the scanner gives none.</summary>
    public string? PackageManager { get; init; }

    public IReadOnlyList<PackageOccurrence> Occurrences { get; init; } = [];

    public FixAvailability Fix { get; init; }

    public ExploitAvailability Exploit { get; init; }

    /// <summary>The EPSS probability, 0 to 1; null where the scanner gives none.</summary>
    public double? Epss { get; init; }

    /// <summary>The scanner's score, 0 to 10; null where it gives none.</summary>
    public double? Score { get; init; }

    /// <summary>When the scanner first saw it on this image.</summary>
    public DateTimeOffset? FirstObservedAt { get; init; }

    /// <summary>
    /// When the ledger first saw that a fix exists: AWS gives no date for it. It stays even while the scanner names no
    /// fix. If the ledger lost it, it is the earliest possible time.
    /// </summary>
    public DateTimeOffset? FixFirstSeenAt { get; init; }

    /// <summary>Where to read more.</summary>
    public string? Uri { get; init; }

    /// <summary>
    /// Whether a suppression rule of Amazon Inspector hides it (status SUPPRESSED). The vulnerability is still there,
    /// and only that rule says why it should not count.
    /// </summary>
    public bool Suppressed { get; init; }

    /// <summary>The platform of the child of an index that has it; null for an image that stands alone.</summary>
    public string? Platform { get; init; }

    /// <summary>
    /// All reports of it, the worst first, where they differ in values that a policy can ask for. The policy judges
    /// each, and the worst answer counts; the values of the finding itself are for lists and counts. Null, as almost
    /// always, where there is one report or all say the same.
    /// </summary>
    public IReadOnlyList<Finding>? Reports { get; init; }

    /// <summary>
    /// True where it stands for more reports than are kept: a value in which they differ is then unknown.
    /// </summary>
    public bool? StandsForMany { get; init; }
}

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
    /// The values of a report that a policy can ask for. VEX asks for versions: a report without a place has none, and
    /// an excuse for one with a place does not hold for it.
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
        var missing = Beyond(listed, counted)
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
    internal static IReadOnlyList<(string Severity, int Counted, int Listed)> Beyond(
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
