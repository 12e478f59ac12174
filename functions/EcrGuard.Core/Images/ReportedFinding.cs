using System.Globalization;

namespace EcrGuard.Core.Images;

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
