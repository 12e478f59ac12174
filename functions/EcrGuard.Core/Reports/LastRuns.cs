namespace EcrGuard.Core.Reports;

/// <summary>When each scheduled function last ran. If one never did, its time counts from the installation.</summary>
/// <param name="InstalledAt">When the first tick came.</param>
/// <param name="SweptAt">When the last sweep that finished every repository ended; null for none.</param>
/// <param name="SummedUpAt">When the last weekly summary was sent; null for none.</param>
/// <param name="BackfilledAt">When the backfill last made progress; null for never.</param>
/// <param name="BackfillDone">Whether the backfill is done, so that it is never late.</param>
public sealed record LastRuns(
    DateTimeOffset InstalledAt,
    DateTimeOffset? SweptAt,
    DateTimeOffset? SummedUpAt,
    DateTimeOffset? BackfilledAt,
    bool BackfillDone
)
{
    /// <summary>
    /// When the ledger was taken over from another table or stack: nothing before that counts. Null where it was not.
    /// </summary>
    public DateTimeOffset? TakenOverAt { get; init; }

    // The template has alarms on these.
    public const string HoursSinceSweep = "HoursSinceSweep";
    public const string HoursSinceSummary = "HoursSinceSummary";
    public const string HoursSinceBackfill = "HoursSinceBackfill";

    /// <summary>For CloudWatch: name, value and unit. It has no unit for hours.</summary>
    public IReadOnlyList<(string Name, double Value, string Unit)> Metrics(DateTimeOffset now) =>
        [
            (HoursSinceSweep, Hours(SweptAt, now), "None"),
            (HoursSinceSummary, Hours(SummedUpAt, now), "None"),
            (HoursSinceBackfill, BackfillDone ? 0 : Hours(BackfilledAt, now), "None"),
        ];

    private double Hours(DateTimeOffset? last, DateTimeOffset now) =>
        Math.Max(0, (now - Later(last ?? InstalledAt, TakenOverAt)).TotalHours);

    private static DateTimeOffset Later(DateTimeOffset at, DateTimeOffset? other) => other > at ? other.Value : at;
}
