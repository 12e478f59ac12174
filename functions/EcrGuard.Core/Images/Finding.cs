using System.Globalization;

namespace EcrGuard.Core.Images;

/// <summary>
/// A severity as the scanners give it, in the order of lists. The words are not one line: UNDEFINED and UNTRIAGED stand
/// last and are unknown, not low. Basic scanning has UNDEFINED, enhanced has UNTRIAGED (ECR API, ImageScanFinding;
/// Inspector API, Finding);
/// a word that neither documents is read as <see cref="Undefined"/>, so that it is shown and never lost, and
/// <see cref="Finding.SeverityUnknown"/> says so.
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
/// One vulnerability in one package: manager and name. Scanners count otherwise (Inspector one per vulnerability with
/// all its packages, basic scanning one per package and architecture),
/// so these counts differ from theirs, and reports say so.
/// </summary>
public sealed record Finding
{
    /// <summary>
    /// The operating system's packages, as Inspector calls their manager: all that basic scanning reads.
    /// </summary>
    public const string OperatingSystem = "OS";

    /// <summary>For example <c>CVE-2024-6119</c>.</summary>
    public required string Vulnerability { get; init; }

    public required Severity Severity { get; init; }

    /// <summary>
    /// Whether the scanner gives no severity, or a word for it that neither scanner documents. As with every value that
    /// is missing, it may be the worst: it meets the criterion of a blocking rule and of no other.
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
    /// When the ledger first saw that a fix exists, which AWS gives no date for; once it did, that stays, also while
    /// the scanner names none. Of what the ledger has lost it is the earliest that it can have been.
    /// </summary>
    public DateTimeOffset? FixFirstSeenAt { get; init; }

    /// <summary>Where to read more.</summary>
    public string? Uri { get; init; }

    /// <summary>
    /// Whether a suppression rule of Amazon Inspector hides it (status SUPPRESSED): it is there all the same, and
    /// nothing but the rule says why it should not count.
    /// </summary>
    public bool Suppressed { get; init; }

    /// <summary>The platform of the child that has it, for an index; null for an image that stands alone.</summary>
    public string? Platform { get; init; }

    /// <summary>
    /// Where several reports of it differ in what a policy can ask: each of them, the worst first. The policy is asked
    /// of every one, and its worse answer stands; the values of the finding itself are for lists and counts.
    /// Null, as almost always, where there is one report or all say the same.
    /// </summary>
    public IReadOnlyList<Finding>? Reports { get; init; }
}

/// <summary>Makes one list of findings out of what scanners say.</summary>
public static class Findings
{
    /// <summary>
    /// A finding of basic scanning, which keeps the package in a free list of attributes (ECR API, ImageScanFinding).
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
    /// More than any two scanners give; only answers that keep changing while no scan ends come to so many.
    /// </summary>
    internal const int MaxReports = 16;

    /// <summary>
    /// One finding per vulnerability and package, worst first, in an order that does not depend on the input's. Reports
    /// of one finding that differ are all kept (<see cref="Finding.Reports"/>): a merge hides none of them.
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
    /// What a policy can ask of a report. VEX asks for versions: a report without a place has none, and is not excused
    /// by one that has.
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

    /// <summary>Reports as one, for lists and counts: the worse of each value.</summary>
    private static Finding Together(IReadOnlyCollection<Finding> reports) =>
        reports.Aggregate(Worse) with
        {
            Occurrences = Places([.. reports.SelectMany(f => f.Occurrences)]),
        };

    /// <summary>
    /// Too many reports as one that is at least as bad under every policy: a value in which they differ is one that the
    /// scanner does not give, which meets the criterion of every blocking rule and of no other.
    /// </summary>
    private static Finding Unsure(List<Finding> reports)
    {
        bool Differ<T>(Func<Finding, T> value) => reports.Select(value).Distinct().Skip(1).Any();
        var fix = Differ(f => f.Fix) || Differ(f => f.FixFirstSeenAt);
        return Together(reports) with
        {
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
    /// Of two words for one finding the one to show and count. What is unknown may be as bad as anything but what is
    /// known to be.
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

    /// <summary>Remembers since when a fix has been known, from what the ledger knew before.</summary>
    /// <param name="before">Null where the ledger has lost it: a clock that begins anew would excuse.</param>
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
    /// Each place once. Basic scanning names a version and no more: where Inspector says more of that version, both
    /// speak of one place.
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
    /// that it counts. A list that is longer than its counts hides nothing, and whether AWS counts as it lists is not
    /// documented.
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

    /// <summary>What stands among the counts for all severities together (<see cref="SeverityCounts"/>).</summary>
    public const string Total = "TOTAL";

    /// <summary>
    /// The same in numbers: the severity, empty for all together, how many are counted and how many are listed.
    /// </summary>
    /// <inheritdoc cref="Missing(IEnumerable{string?}, IEnumerable{KeyValuePair{string, int}}?)"/>
    internal static IReadOnlyList<(string Severity, int Counted, int Listed)> Beyond(
        IEnumerable<string?> listed,
        IEnumerable<KeyValuePair<string, int>>? counted
    )
    {
        // ECR's counts have no word for what Inspector has not triaged.
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
            // The best news about a fix is the worst news for an excuse: a rule on fixable findings must not miss one.
            Fix = Max(one.Fix, other.Fix),
            Exploit = Max(one.Exploit, other.Exploit),
            Epss = Max(one.Epss, other.Epss),
            Score = Max(one.Score, other.Score),
            FirstObservedAt = Min(one.FirstObservedAt, other.FirstObservedAt),
            FixFirstSeenAt = Min(one.FixFirstSeenAt, other.FixFirstSeenAt),
            Uri = First(one.Uri, other.Uri),
            // Hidden is what every report of it hides.
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
