using EcrGuard.Core.Verdicts;

namespace EcrGuard.Core.Reports.Weekly;

/// <summary>How fast images come from a push to a verdict, and from a block to the next approved push.</summary>
internal static class DeliveryTimes
{
    private static readonly TimeSpan JustBefore = TimeSpan.FromHours(1);

    public static Delivery Of(IReadOnlyList<SeenImage> images, IsoWeek week)
    {
        var since = images.Min(seen => seen.First?.At);
        // An image that was there long before EcrGuard got its first verdict when EcrGuard came.
        var watched = images.Where(seen => since is null || seen.PushedAt >= since - JustBefore).ToList();
        var pushed = watched.FindAll(seen => seen.PushedAt is { } at && week.Contains(at));
        var judged = pushed.FindAll(seen => seen.First is not null);
        var minutes = judged
            .Select(seen => Math.Max(0, (seen.First!.At - seen.PushedAt!.Value).TotalMinutes))
            .Order()
            .ToList();
        var hours = watched
            .Where(seen => seen is { First: not null, PushedAt: not null })
            .GroupBy(seen => seen.Repository, StringComparer.Ordinal)
            .SelectMany(repository => HoursToRestore(repository, week))
            .Order()
            .ToList();
        return new Delivery(
            since,
            pushed.Count,
            judged.Count,
            judged.Count(seen => seen.First!.Status == Status.Blocked),
            RemediationTable.Percentile(minutes, 50),
            RemediationTable.Percentile(minutes, 90),
            hours.Count,
            RemediationTable.Percentile(hours, 50)
        );
    }

    /// <summary>From each block of a repository to the next approved push of the week.</summary>
    private static IEnumerable<double> HoursToRestore(IEnumerable<SeenImage> repository, IsoWeek week)
    {
        DateTimeOffset? blockedAt = null;
        foreach (var (at, pushedAt) in repository.SelectMany(Turns).OrderBy(turn => turn.At))
        {
            if (pushedAt is null)
                blockedAt ??= at;
            // What was pushed before the block and judged late is no answer to it.
            else if (blockedAt is { } since && pushedAt >= since)
            {
                if (week.Contains(at))
                    yield return (at - since).TotalHours;
                blockedAt = null;
            }
        }
    }

    /// <summary>
    /// When an image was blocked, at its first verdict or later; and when it was approved as a push, with the time of
    /// the push.
    /// </summary>
    private static IEnumerable<(DateTimeOffset At, DateTimeOffset? PushedAt)> Turns(SeenImage seen)
    {
        if (seen.First!.Status == Status.Approved)
            yield return (seen.First.At, seen.PushedAt);
        if (seen.First.Status == Status.Blocked)
            yield return (seen.First.At, null);
        else if (seen.IsBlocked)
            yield return (seen.Since, null);
    }
}
