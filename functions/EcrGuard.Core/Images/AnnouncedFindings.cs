using System.Globalization;
using System.Text.Json.Serialization;

namespace EcrGuard.Core.Images;

/// <summary>
/// How many findings of each severity Inspector counts, and in all (Amazon ECR User Guide, "EventBridge events sent for
/// enhanced scanning"). The total includes lower severities. A missing number is null: unknown.
/// </summary>
public sealed record SeverityCounts(int? Critical, int? High, int? Medium, int? Total)
{
    /// <summary>Whether any number is known.</summary>
    [JsonIgnore]
    public bool Say => (Critical ?? High ?? Medium ?? Total) is not null;

    /// <summary>
    /// The larger number of each: if two events about a whole scan have the same time, nobody knows which is right.
    /// </summary>
    public SeverityCounts OrMore(SeverityCounts other) =>
        new(
            Larger(Critical, other.Critical),
            Larger(High, other.High),
            Larger(Medium, other.Medium),
            Larger(Total, other.Total)
        );

    /// <summary>What is announced and not listed, worst first: the severity (empty for all) and both numbers.</summary>
    public IReadOnlyList<(string Severity, int Announced, int Listed)> Beyond(SeverityCounts listed) =>
        [
            .. Short("CRITICAL", Critical, listed.Critical),
            .. Short("HIGH", High, listed.High),
            .. Short("MEDIUM", Medium, listed.Medium),
            .. Short("", Total, listed.Total),
        ];

    private static IEnumerable<(string, int, int)> Short(string severity, int? announced, int? listed) =>
        announced > (listed ?? 0) ? [(severity, announced.Value, listed ?? 0)] : [];

    private static int? Larger(int? one, int? other) =>
        one is null ? other
        : other is null ? one
        : Math.Max(one.Value, other.Value);
}

/// <summary>One finding of Inspector at one moment, from an event or a list.</summary>
/// <param name="Id">The last part of its ARN.</param>
/// <param name="Status">ACTIVE, SUPPRESSED or CLOSED.</param>
/// <param name="Values">The status and all values that a rule can ask for, in one text: equal where nothing
///     differs.</param>
/// <param name="UpdatedAt">When it last changed; null where nothing says so.</param>
public sealed record ReportedFinding(string Id, string Status, string Values, DateTimeOffset? UpdatedAt)
{
    /// <summary>Events and lists may round times differently.</summary>
    private static readonly TimeSpan Rounding = TimeSpan.FromSeconds(1);

    public static ReportedFinding Of(
        string arn,
        string? status,
        string? severity,
        string? fix,
        string? exploit,
        double? epss,
        double? score,
        DateTimeOffset? updatedAt
    ) =>
        new(
            arn[(arn.LastIndexOf('/') + 1)..],
            status ?? "",
            string.Create(CultureInfo.InvariantCulture, $"{status}|{severity}|{fix}|{exploit}|{epss:R}|{score:R}"),
            updatedAt
        );

    /// <summary>Whether this report is as new as another one of the same finding, or says the same.</summary>
    public bool Includes(ReportedFinding other) =>
        Values == other.Values || (other.UpdatedAt is { } told ? UpdatedAt >= told - Rounding : Status == other.Status);

    /// <summary>
    /// The newer of two reports. Of two with the same time it is always the same one, whichever came first.
    /// </summary>
    public static ReportedFinding Newer(ReportedFinding one, ReportedFinding other) =>
        Comparer<DateTimeOffset?>.Default.Compare(one.UpdatedAt, other.UpdatedAt) is var order && order != 0
            ? order > 0
                ? one
                : other
            : string.CompareOrdinal(one.Values, other.Values) >= 0
                ? one
                : other;
}

/// <summary>All findings of an image that Inspector lists, ACTIVE, SUPPRESSED and CLOSED.</summary>
public sealed class ListedFindings
{
    private const string Closed = "CLOSED";

    private readonly Dictionary<string, (ReportedFinding Finding, string? Severity)> byId = [];

    /// <param name="findings">Each with its severity in Inspector's words. Pages overlap if something changes between
    ///     them: a finding on two pages counts once.</param>
    public ListedFindings(IEnumerable<(ReportedFinding Finding, string? Severity)> findings)
    {
        foreach (var each in findings)
        {
            if (
                !byId.TryGetValue(each.Finding.Id, out var other)
                || ReportedFinding.Newer(each.Finding, other.Finding) == each.Finding
            )
                byId[each.Finding.Id] = each;
        }
        int Of(string severity) => byId.Values.Count(each => each.Severity == severity);
        Counts = new SeverityCounts(Of("CRITICAL"), Of("HIGH"), Of("MEDIUM"), byId.Count);
    }

    /// <summary>Before merging.</summary>
    public SeverityCounts Counts { get; }

    public ReportedFinding? Find(string id) => byId.GetValueOrDefault(id).Finding;

    /// <summary>When the last closed finding was closed; null where there is none.</summary>
    public DateTimeOffset? LastClosedAt =>
        byId.Values.Where(each => each.Finding.Status == Closed).Max(each => each.Finding.UpdatedAt);

    /// <summary>
    /// The same without findings that were closed before a moment, for example when scanning ended, which closes all. A
    /// later scan has not listed them.
    /// </summary>
    public ListedFindings Since(DateTimeOffset? begun) =>
        new(byId.Values.Where(each => each.Finding.Status != Closed || !(each.Finding.UpdatedAt < begun)));

    /// <summary>All of them, each once.</summary>
    public IEnumerable<ReportedFinding> All => byId.Values.Select(each => each.Finding);
}
