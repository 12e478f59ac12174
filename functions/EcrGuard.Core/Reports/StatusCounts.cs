using EcrGuard.Core.Verdicts;

namespace EcrGuard.Core.Reports;

/// <summary>How many images have each status.</summary>
public sealed record StatusCounts(
    int Blocked = 0,
    int Error = 0,
    int Pending = 0,
    int Unscanned = 0,
    int Unsupported = 0,
    int Stale = 0,
    int Approved = 0
)
{
    public int Total => Blocked + Error + Pending + Unscanned + Unsupported + Stale + Approved;

    public int this[Status status] =>
        status switch
        {
            Status.Blocked => Blocked,
            Status.Error => Error,
            Status.Pending => Pending,
            Status.Unscanned => Unscanned,
            Status.Unsupported => Unsupported,
            Status.Stale => Stale,
            Status.Approved => Approved,
        };

    public static StatusCounts Of(IEnumerable<Status> statuses)
    {
        var counts = new int[Enum.GetValues<Status>().Length];
        foreach (var status in statuses)
            counts[(int)status]++;
        int Count(Status status) => counts[(int)status];
        return new StatusCounts(
            Count(Status.Blocked),
            Count(Status.Error),
            Count(Status.Pending),
            Count(Status.Unscanned),
            Count(Status.Unsupported),
            Count(Status.Stale),
            Count(Status.Approved)
        );
    }

    /// <summary>Adds up the parts of a backfill.</summary>
    public static StatusCounts operator +(StatusCounts one, StatusCounts other) =>
        new(
            one.Blocked + other.Blocked,
            one.Error + other.Error,
            one.Pending + other.Pending,
            one.Unscanned + other.Unscanned,
            one.Unsupported + other.Unsupported,
            one.Stale + other.Stale,
            one.Approved + other.Approved
        );

    public static StatusCounts Add(StatusCounts left, StatusCounts right) => left + right;
}
