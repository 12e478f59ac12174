using System.Globalization;
using EcrGuard.Core.Images;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Core.Reports;

/// <summary>The words that the mail, the page and alerts share.</summary>
internal static class SummaryText
{
    /// <summary>"BLOCKED AND RUNNING, 3 days past its grace (3 May 2026)".</summary>
    internal static string Title(ActionNeeded action, DateTimeOffset now) =>
        action.Kind switch
        {
            ActionKind.PastGrace => "BLOCKED AND RUNNING, "
                + $"{Days(now - action.Ends!.Value)} past its grace ({FixText.Day(action.Ends.Value)})",
            ActionKind.GraceEndsSoon => "BLOCKED AND RUNNING, "
                + $"its grace ends in {Days(action.Ends!.Value - now)} ({FixText.Day(action.Ends.Value)})",
            ActionKind.RunsBlocked => "BLOCKED AND RUNNING"
                + (action.Ends is { } at ? $", its grace ends {FixText.Day(at)}" : ""),
            ActionKind.RunsWithoutYes => "RUNNING WITHOUT AN APPROVAL",
            ActionKind.QuarantinedAndNamed => "QUARANTINED, AND STILL NAMED",
            ActionKind.WillExpire => "IN USE, AND ABOUT TO EXPIRE",
            ActionKind.WaiverEnds => "WAIVER ENDS",
        };

    /// <summary>"update openssl to 3.0.13: 41 images in 9 repositories, 3 running".</summary>
    internal static string Fix(FixGroup fix) =>
        $"{FixText.Line(fix)}: {Phrase.Count(fix.Images, "image")} in "
        + Phrase.Count(fix.Repositories, "repository", "repositories")
        + (
            fix.Running is not { } running ? ", what runs is not known"
            : running > 0 ? $", {running} running"
            : ""
        )
        + (
            fix.FixedIn is not null && fix.Unblocks < fix.Images
                ? $"; by itself it clears {(fix.Unblocks == 0 ? "none" : fix.Unblocks)}"
                : ""
        );

    internal static IReadOnlyList<(Status Status, int Images, int Deployable, int Repositories)> Causes(
        WeeklySummary summary
    ) =>
        [
            .. summary
                .CoverageGaps.GroupBy(gap => gap.Status)
                .OrderByDescending(same => same.Sum(gap => gap.Images))
                .ThenBy(same => same.Key)
                .Select(same =>
                    (
                        same.Key,
                        same.Sum(gap => gap.Images),
                        same.Sum(gap => gap.Deployable),
                        same.Select(gap => gap.Repository).Distinct(StringComparer.Ordinal).Count()
                    )
                ),
        ];

    internal static string Cause((Status Status, int Images, int Deployable, int Repositories) cause) =>
        $"{Word(cause.Status)}: {Phrase.Count(cause.Images, "image")} in "
        + Phrase.Count(cause.Repositories, "repository", "repositories")
        + (cause.Deployable > 0 ? $"; the policy lets {cause.Deployable} pass" : "");

    /// <summary>What is untidy, each with its number.</summary>
    internal static IReadOnlyList<(string What, string Count)> HygieneRows(WeeklySummary summary)
    {
        var storage = summary.Storage;
        return
        [
            .. new (string What, long Count, string Shown)[]
            {
                ("Repositories whose settings differ from the policy's baseline", summary.Drift.Count, ""),
                (
                    "Images that sweeps found removed this week",
                    storage.Gone,
                    $"{storage.Gone} ({storage.Expired} by lifecycle policies), at most "
                        + $"{FixText.Bytes(storage.BytesFreed)}"
                ),
                (
                    "Images in the archive",
                    storage.Archived,
                    $"{storage.Archived}, {FixText.Bytes(storage.ArchivedBytes)} charged"
                ),
                ("Images that nothing uses", storage.Unused, ""),
                ("Images whose use is not known", storage.UseUnknown, ""),
                ("Repositories whose lifecycle policy may not do what is meant", summary.Lint.Count, ""),
                ("Images left with EcrGuard's tags alone", summary.Abandoned.Sum(each => each.Images), ""),
                ("Signatures and SBOMs whose image is gone", summary.LeftOver.Sum(each => each.Images), ""),
                (
                    $"Repositories without a push for {SummaryBuilder.QuietDays} days",
                    summary.Quiet.Count,
                    $"{summary.Quiet.Count} ({Phrase.Some([.. summary.Quiet.Select(each => each.Repository)], 3)})"
                ),
                ("Images that could not be marked with a tag", summary.CouldNotMarkCount, ""),
            }
                .Where(row => row.Count > 0)
                .Select(row =>
                    (row.What, row.Shown.Length > 0 ? row.Shown : row.Count.ToString(CultureInfo.InvariantCulture))
                ),
        ];
    }

    /// <summary>For a report in which nothing is unread.</summary>
    internal static string Read(WeeklySummary summary) =>
        summary.NotSeen.Count == 0
            ? "Everything could be read."
            : "Everything that EcrGuard can see could be read. What it cannot see:";

    /// <summary>A sentence about each consumer that a setting hides.</summary>
    internal static IReadOnlyList<string> NotSeen(WeeklySummary summary) =>
        [.. summary.NotSeen.Select(hidden => Phrase.Clip($"EcrGuard cannot see {hidden.What}: {hidden.Why}", 600))];

    internal static string NothingToDo(WeeklySummary summary) =>
        summary.Unread.Count + summary.NotSeen.Count == 0
            ? "Nothing needs you this week"
            : "Of what could be read, nothing needs you";

    /// <summary>The updates that clear blocked images, those that clear most first.</summary>
    internal static IReadOnlyList<FixGroup> Updates(WeeklySummary summary) =>
        [.. summary.Fixes.Where(fix => fix.FixedIn is not null)];

    /// <summary>The vulnerabilities that block and have no fix yet.</summary>
    internal static IReadOnlyList<FixGroup> Unfixed(WeeklySummary summary) =>
        [.. summary.Fixes.Where(fix => fix.FixedIn is null)];

    /// <summary>"12 new, 9 fixed", as far as the week is counted.</summary>
    internal static string VulnerabilityChanges(WeeklySummary summary) =>
        summary.HistorySince is not { } since ? "not counted yet; that begins with the first daily sweep"
        : since >= summary.Week.End ? $"not counted in this week; counted from {FixText.Day(since)} on"
        : $"{summary.Remediation.Sum(row => row.New)} new, {summary.Remediation.Sum(row => row.Fixed)} fixed"
            + (since > summary.Week.Start ? $" (counted since {FixText.Day(since)})" : "");

    /// <summary>"2 became blocked (1 had been approved), none was released from its block".</summary>
    internal static string ImageChanges(WeeklySummary summary) =>
        $"{summary.NewlyBlockedCount} became blocked"
        + (summary.NewlyBlockedApproved > 0 ? $" ({summary.NewlyBlockedApproved} had been approved)" : "")
        + (
            summary.LiftedCount == 0
                ? ", none was released from its block"
                : $", {summary.LiftedCount} {(summary.LiftedCount == 1 ? "was" : "were")} released from "
                    + $"{(summary.LiftedCount == 1 ? "its" : "their")} block"
        );

    /// <summary>Of what the times to remediate are counted, and since when.</summary>
    internal static string Counted(WeeklySummary summary) =>
        summary.HistorySince is { } since
            ? "Of vulnerabilities in the images that a repository runs, or in its newest tagged one"
                + (since > summary.Trend[0].Week.Start ? $", counted since {FixText.Day(since)}." : ".")
            : "It is counted from the first daily sweep on.";

    /// <summary>Since when fixed vulnerabilities are counted: for twelve weeks, or since the first sweep.</summary>
    internal static DateTimeOffset FixedSince(WeeklySummary summary) =>
        summary.HistorySince is { } since && since > summary.Trend[0].Week.Start ? since : summary.Trend[0].Week.Start;

    internal static IReadOnlyList<(string What, string Value)> DeliveryRows(WeeklySummary summary)
    {
        var delivery = summary.Delivery;
        if (delivery.Pushes == 0 && delivery.Restored == 0)
            return [];
        var rows = new List<(string, string)>
        {
            ("Images pushed (DORA: deployment frequency, as far as pushes tell)", $"{delivery.Pushes}"),
        };
        if (delivery.MedianMinutes is { } median)
            rows.Add(
                (
                    "From push to verdict (part of DORA's lead time)",
                    $"half within {Minutes(median)}, nine in ten within {Minutes(delivery.P90Minutes!.Value)}"
                )
            );
        if (delivery.Judged > 0)
            rows.Add(
                (
                    "Blocked at the first scan (DORA: change failure rate)",
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{delivery.BlockedAtFirst} of {delivery.Judged} "
                            + $"({100.0 * delivery.BlockedAtFirst / delivery.Judged:0} %)"
                    )
                )
            );
        if (delivery.RestoreMedianHours is { } hours)
            rows.Add(
                (
                    "From a block to the next approved push (DORA: time to restore)",
                    Minutes(60 * hours)
                        + (delivery.Restored == 1 ? " (1 block)" : $" (the middle one of {delivery.Restored} blocks)")
                )
            );
        if (delivery.Since > summary.Week.Start)
            rows.Add(("First verdicts are noted since", FixText.Day(delivery.Since.Value)));
        return rows;
    }

    /// <summary>What "time to remediate" leaves out; null where it leaves out nothing.</summary>
    internal static string? Unlisted(WeeklySummary summary)
    {
        var open =
            summary.OpenUnlisted == 0
                ? ""
                : $"{summary.OpenUnlisted} more are open and not followed: of each repository the "
                    + $"{RepositoryHistory.MaxOpen} worst are. ";
        var mended =
            summary.FixedUnlisted == 0
                ? ""
                : $"In {Phrase.Count(summary.FixedUnlisted, "repository", "repositories")} more were fixed than are "
                    + $"counted: of each the last {RepositoryHistory.MaxFixed} are.";
        return open.Length + mended.Length == 0 ? null : (open + mended).TrimEnd();
    }

    /// <summary>Who owns an excuse, as far as is known.</summary>
    internal static string OwnerOf(ExcuseUse excuse) => excuse.Owner ?? "not known";

    /// <summary>Who is asked to act.</summary>
    internal static string Owner(ActionNeeded action, string teamTag) =>
        action.Team
        ?? (
            action.Repository is null
                ? "whoever runs EcrGuard here"
                : $"not known (the repository has no tag '{teamTag}')"
        );

    /// <summary>How many of some images run, as far as that is known.</summary>
    /// <param name="running">Null where nobody read what runs.</param>
    internal static string OfThemRunning(WeeklySummary summary, int? running) =>
        running is not { } known ? "what runs is not known"
        : summary.RunsKnown ? $"{known} of them running"
        : $"{known} of them running as far as is known";

    internal static string TeamName(string name) => name.Length == 0 ? "no team" : name;

    /// <summary>What <see cref="ActionNeeded.RunBy"/> does with the image: a quarantined one cannot run.</summary>
    internal static string UsedHow(ActionNeeded action) =>
        action.Kind == ActionKind.QuarantinedAndNamed ? "Named by" : "Run by";

    internal static string RunBy(IReadOnlyList<string> named, int count) =>
        string.Join(", ", named) + (count > named.Count ? $" and {count - named.Count} more" : "");

    internal static string Standing(WaiverUse waiver, DateTimeOffset now) =>
        waiver.Lapsed ? $"ENDED after {FixText.Day(waiver.Expires)}"
        : waiver.EndsSoon
            ? $"ENDS SOON, after {FixText.Day(waiver.Expires)} (in {Phrase.Count(DaysLeft(waiver, now), "day")})"
        : $"in force to {FixText.Day(waiver.Expires)}";

    /// <summary>Whole days from the day of the summary to the last day in force, 0 on that day itself.</summary>
    internal static int DaysLeft(WaiverUse waiver, DateTimeOffset now) =>
        waiver.Expires.DayNumber - DateOnly.FromDateTime(now.UtcDateTime).DayNumber;

    /// <summary>The status in people's words.</summary>
    internal static string Word(Status status) =>
        status switch
        {
            Status.Blocked => "Blocked",
            Status.Error => "Could not be read",
            Status.Pending => "Scan not finished",
            Status.Unscanned => "Not scanned",
            Status.Unsupported => "Not supported by the scanner",
            Status.Stale => "Scan too old",
            Status.Approved => "Approved",
        };

    /// <summary>The name by which a person finds the image: repository, abbreviated digest, tags.</summary>
    internal static string Name(string repository, Digest digest, IReadOnlyList<string> tags) =>
        $"{repository}@sha256:{digest.Abbreviated}… ({(tags.Count == 0 ? "untagged" : string.Join(", ", tags))})";

    /// <summary>A short name: <c>shop/web:1.2</c>, or by its digest where it has no tag.</summary>
    internal static string ShortName(string repository, Digest digest, IReadOnlyList<string> tags) =>
        repository + (tags.Count == 0 ? $"@sha256:{digest.Abbreviated}…" : $":{tags[0]}");

    /// <summary>The beginning of a policy's version, enough to tell it from others.</summary>
    internal static string Abbreviated(string version) => version.Length > 12 ? version[..12] : version;

    /// <summary>"16 Nov 2026 to 22 Nov 2026 (UTC)", and how much of it is missing.</summary>
    internal static string Dates(WeeklySummary summary)
    {
        var (week, missing) = (summary.Week, summary.Week.End - summary.GeneratedAt);
        var part =
            missing <= TimeSpan.Zero ? ""
            : week == IsoWeek.LastEnded(summary.GeneratedAt)
                ? $", without its last {Phrase.Count((int)Math.Ceiling(missing.TotalHours), "hour")}"
            : ", so far";
        return $"{FixText.Day(week.Start)} to {FixText.Day(week.End.AddDays(-1))} (UTC{part})";
    }

    /// <summary>Which moment a report shows that is made again; null for a week's own report.</summary>
    internal static string? MadeAgain(WeeklySummary summary) =>
        !summary.MadeAgain
            ? null
            : $"This report was made again, at {Phrase.Moment(summary.GeneratedAt)}. Its lists and figures show the "
                + $"registry at that moment, not at the end of week {summary.Week}. "
                + (
                    summary.Own is { } own
                        ? $"Its own report of {Phrase.Moment(own.GeneratedAt)} is kept; it counted "
                            + $"{Phrase.Count(own.Statuses.Total, "image")}, {own.Statuses.Blocked} of them blocked. "
                            + "The trend has its figures."
                        : "No figures of that week are stored: it is a gap in the trend."
                );

    /// <summary>"3 days"; "less than a day".</summary>
    internal static string Days(TimeSpan span) =>
        span.TotalDays < 1 ? "less than a day" : Phrase.Count((int)span.TotalDays, "day");

    internal static string Minutes(double minutes) =>
        minutes >= 2 * 24 * 60
            ? Phrase.Count((int)(minutes / (24 * 60)), "day")
            : Phrase.Took(TimeSpan.FromMinutes(minutes));

    internal static string Change(int now, int? before) =>
        before is { } then ? string.Create(CultureInfo.InvariantCulture, $" ({now - then:+0;-0;±0})") : "";

    internal static string Day(DateTimeOffset day) => day.UtcDateTime.ToString("d MMM", CultureInfo.InvariantCulture);
}
