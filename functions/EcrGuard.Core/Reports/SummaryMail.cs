using System.Globalization;
using EcrGuard.Core.Images;
using EcrGuard.Core.Verdicts;
using static EcrGuard.Core.Reports.SummaryText;

namespace EcrGuard.Core.Reports;

/// <summary>The weekly report as mail: what to do first, then the figures, short enough for a phone.</summary>
internal static class SummaryMail
{
    /// <summary>How many records of a list are shown; the page has more.</summary>
    private const int MaxRows = 10;

    public static string Subject(WeeklySummary summary) =>
        Subjects.Fit(
            $"EcrGuard {summary.Week} {summary.Account} {summary.Region}: "
                + $"{(summary.MadeAgain ? "made again, " : "")}{(summary.Unread.Count > 0 ? "INCOMPLETE, " : "")}"
                + (
                    summary.Unread.Count > 0 && summary.Statuses.Total == 0 ? "no image could be read"
                    : summary.ActionCount == 0
                        ? $"{(summary.Unread.Count > 0 ? "" : "nothing to do, ")}{summary.Statuses.Blocked} blocked"
                    : $"{summary.ActionCount} to do, {summary.Statuses.Blocked} blocked, "
                        + $"{summary.NewlyBlockedCount} newly blocked"
                )
        );

    public static ReportText Of(WeeklySummary summary, string wholeAt)
    {
        var text = new ReportText()
            .Line($"EcrGuard weekly report {summary.Week}")
            .Line($"{Dates(summary)}, counted {Phrase.Moment(summary.GeneratedAt)}")
            .Line($"Account {summary.Account}, region {summary.Region}");
        if (MadeAgain(summary) is { } again)
            text.Line().Line(again);
        Read(summary, text);
        Actions(summary, text);
        Numbers(summary, text);
        Blocked(summary, text);
        Changes(summary, text);
        Remediation(summary, text);
        Coverage(summary, text);
        Exceptions(summary, text);
        Hygiene(summary, text);
        DeliveryOf(summary, text);
        TrendOf(summary, text);
        Teams(summary, text);
        return text.Line()
            .Line(
                summary.MadeAgain
                    ? "The whole report of that week. Files that lay there already are kept as they were:"
                    : "The whole report, with charts, all lists and what the figures mean:"
            )
            .Line(wholeAt)
            .Line("Beside it: report.json, images.csv, blocking.csv, open.csv, waivers.csv, coverage.csv");
    }

    private static void Read(WeeklySummary summary, ReportText text)
    {
        if (summary.Unread.Count == 0)
            text.Line().Line(SummaryText.Read(summary));
        else
            text.List(
                $"NOT EVERYTHING COULD BE READ: {summary.Unread.Count}. All figures below are without it. "
                    + "Give EcrGuard the right to read it, or mend what the error names.",
                "could not be read",
                summary.Unread.Count,
                i => $"- {summary.Unread[i].What}: {summary.Unread[i].Why}"
            );
        foreach (var hidden in NotSeen(summary))
            text.Line(hidden);
    }

    private static void Actions(WeeklySummary summary, ReportText text)
    {
        if (summary.ActionCount == 0)
            text.Line().Line(NothingToDo(summary).ToUpperInvariant());
        else
            List(
                text,
                $"ACTION NEEDED: {summary.ActionCount}",
                "action needed",
                summary.Actions.Count,
                i => Action(summary.Actions[i], i + 1, summary.GeneratedAt, summary.TeamTag),
                summary.ActionCount
            );
    }

    private static string Action(ActionNeeded action, int number, DateTimeOffset now, string teamTag)
    {
        var lines = new List<string> { $"{number}. {Title(action, now)}: {action.What}" };
        if (action.RunByCount > 0)
            lines.Add($"{UsedHow(action)}: {RunBy(action.RunBy, action.RunByCount)}");
        if (action.Why.Length > 0)
            lines.Add(action.Why);
        lines.Add($"Do: {action.Fix}");
        lines.Add($"Owner: {Owner(action, teamTag)}");
        return string.Join("\n   ", lines);
    }

    private static void Numbers(WeeklySummary summary, ReportText text)
    {
        var previous = summary.Previous;
        text.Line()
            .Line("NOW")
            .Line(
                Phrase.Count(summary.Repositories, "repository", "repositories")
                    + $"{Change(summary.Repositories, previous?.Repositories)}, "
                    + $"{Phrase.Count(summary.Images, "image")}{Change(summary.Images, previous?.Statuses.Total)}, "
                    + OfThemRunning(summary, summary.Running)
            );
        foreach (var status in Enum.GetValues<Status>())
        {
            var (now, then) = (summary.Statuses[status], previous?.Statuses[status]);
            if (now > 0 || then > 0 || status is Status.Blocked or Status.Approved)
                text.Line($"{Word(status)}: {now}{Change(now, then)}");
        }
        var forced = summary.DeployableByBreakGlass;
        text.Line(
            $"{Phrase.Count(summary.Deployable, "image")} may be deployed: pipelines that ask EcrGuard get a yes"
                + $"{(forced == 0 ? "" : $", for {forced} of them by break-glass")}."
        );
        if (summary.TimeIsUp > 0)
            text.Line(
                $"{Phrase.Count(summary.TimeIsUp, "waiting image", "waiting images")} had an approval whose time is up "
                    + "(a waiver has ended, for example); the next sweep decides again."
            );
        var unread = previous is { Complete: false } ? ", in which not everything could be read" : "";
        var changed = previous?.PolicyVersion == summary.PolicyVersion ? "" : "; the policy has changed since";
        if (!summary.MadeAgain)
            text.Line(
                previous is null
                    ? "There is no report of the week before to compare with."
                    : $"In brackets: the difference to {previous.Week}{unread}{changed}."
            );
    }

    private static void Blocked(WeeklySummary summary, ReportText text)
    {
        if (summary.Statuses.Blocked == 0)
            return;
        var (updates, unfixed) = (Updates(summary), Unfixed(summary));
        List(
            text,
            $"BLOCKED NOW: {Phrase.Count(summary.Statuses.Blocked, "image")}, "
                + $"{OfThemRunning(summary, summary.RunningBlocked)}."
                + (updates.Count == 0 ? "" : " Updates that clear most:"),
            "updates",
            updates.Count,
            i => $"- {Fix(updates[i])}"
        );
        foreach (var fix in unfixed.Take(MaxRows))
            text.Line($"- {Fix(fix)}");
        if (unfixed.Count > MaxRows)
            text.Line($"And {unfixed.Count - MaxRows} more without a fix in the report.");
    }

    private static void Changes(WeeklySummary summary, ReportText text)
    {
        var counted = summary.Remediation.Sum(row => row.New + row.Fixed);
        if (summary.NewlyBlockedCount + summary.LiftedCount + counted == 0)
            return;
        text.Line()
            .Line("NEW, FIXED AND WORSE THIS WEEK")
            .Line($"Vulnerabilities: {VulnerabilityChanges(summary)}")
            .Line($"Images: {ImageChanges(summary)}");
        if (summary.NewlyBlocked.Count > 0)
            List(
                text,
                "Became blocked:",
                "became blocked",
                summary.NewlyBlocked.Count,
                i => Changed(summary.NewlyBlocked[i]),
                summary.NewlyBlockedCount
            );
        if (summary.Lifted.Count > 0)
            List(
                text,
                "No longer blocked:",
                "no longer blocked",
                summary.Lifted.Count,
                i => Changed(summary.Lifted[i]),
                summary.LiftedCount
            );
    }

    private static void Remediation(WeeklySummary summary, ReportText text)
    {
        if (summary.Remediation.Count == 0 && summary.HistorySince is not null)
            return;
        text.Line().Line("TIME TO REMEDIATE").Line(Counted(summary));
        foreach (var row in summary.Remediation)
            text.Line(
                $"{Grace.Word(row.Severity)}: {row.Open} open"
                    + (
                        row.SlaDays is { } days
                            ? $", {row.OverSla} over the SLA of {Phrase.Count(days, "day")}"
                            : ", no SLA in the policy"
                    )
                    + (row.OldestDays is { } oldest ? $", oldest {FixText.Number(oldest)} days" : "")
                    + $"; {Fixed(row, summary)}"
            );
        if (Unlisted(summary) is { } unlisted)
            text.Line(unlisted);
    }

    private static string Fixed(RemediationRow row, WeeklySummary summary)
    {
        var since = FixText.Day(FixedSince(summary));
        return row.MedianDays is not { } median ? $"none fixed since {since}"
            : row.FixedInTrend == 1 ? $"the one fixed since {since} took {FixText.Number(median)} days"
            : $"of {row.FixedInTrend} fixed since {since} the middle one took {FixText.Number(median)} days, "
                + $"nine in ten at most {FixText.Number(row.P90Days)}";
    }

    private static void Coverage(WeeklySummary summary, ReportText text)
    {
        if (summary.CoverageGaps.Count == 0)
            return;
        var causes = Causes(summary);
        List(
            text,
            $"WITHOUT A CURRENT SCAN: {Phrase.Count(summary.CoverageGaps.Sum(gap => gap.Images), "image")}",
            "without a current scan",
            causes.Count,
            i => $"- {Cause(causes[i])}\n  {FixText.For(causes[i].Status)}"
        );
    }

    private static void Exceptions(WeeklySummary summary, ReportText text)
    {
        if (summary.Waivers.Count > 0)
            List(
                text,
                $"WAIVERS: {summary.Waivers.Count(w => !w.Lapsed)} in force, "
                    + $"{summary.Waivers.Count(w => w.EndsSoon)} ending within {SummaryBuilder.EndsSoonDays} days, "
                    + $"{summary.Waivers.Count(w => w.Unused)} unused, {summary.Waivers.Count(w => w.Lapsed)} ended",
                "waivers",
                summary.Waivers.Count,
                i => Waiver(summary.Waivers[i], summary.GeneratedAt)
            );
        if (summary.BreakGlass.Count > 0)
            List(
                text,
                $"BREAK-GLASS (approvals that somebody forced): "
                    + $"{summary.BreakGlass.Count(forced => forced.InForce)} in force, "
                    + $"{summary.BreakGlass.Count(forced => !forced.InForce)} ended this week",
                "break-glass",
                summary.BreakGlass.Count,
                i => Forced(summary.BreakGlass[i])
            );
        if (summary.OtherExcuses.Count > 0)
            List(
                text,
                "OTHER EXCEPTIONS (VEX documents, suppression rules of Amazon Inspector)",
                "other exceptions",
                summary.OtherExcuses.Count,
                i =>
                    $"- {summary.OtherExcuses[i].By}: {Phrase.Count(summary.OtherExcuses[i].Images, "image")}; "
                    + $"owner {OwnerOf(summary.OtherExcuses[i])}; no end"
            );
    }

    private static void Hygiene(WeeklySummary summary, ReportText text)
    {
        var rows = HygieneRows(summary);
        if (rows.Count == 0)
            return;
        text.Line().Line("HYGIENE");
        foreach (var (what, count) in rows)
            text.Line($"{what}: {count}");
        // A quiet week takes one screen; the page has the lists.
        if (summary.ActionCount == 0 && summary.Statuses.Blocked == 0)
            return;
        if (summary.Drift.Count > 0)
            List(
                text,
                "Differs from the baseline:",
                "differs from the baseline",
                summary.Drift.Count,
                i => $"- {summary.Drift[i].Repository}: {Phrase.Clip(string.Join(" ", summary.Drift[i].Drift), 300)}"
            );
        if (summary.CouldNotMark.Count > 0)
            List(
                text,
                "Could not be marked with a tag:",
                "could not be marked",
                summary.CouldNotMark.Count,
                i => Unmarked(summary.CouldNotMark[i]),
                summary.CouldNotMarkCount
            );
    }

    private static void DeliveryOf(WeeklySummary summary, ReportText text)
    {
        var rows = DeliveryRows(summary);
        if (rows.Count == 0)
            return;
        text.Line().Line("DELIVERY");
        foreach (var (what, count) in rows)
            text.Line($"{what}: {count}");
    }

    private static void TrendOf(WeeklySummary summary, ReportText text)
    {
        if (summary.Trend.Count(week => week.Numbers is not null) < 2)
            return;
        text.Line().Line($"TREND, {summary.Trend[0].Week} to {summary.Week} (a dash: not known)");
        Row("Blocked images", numbers => numbers.Statuses.Blocked);
        Row("Blocked and running", numbers => numbers.Figures?.RunningBlocked);
        Row("Without a current scan", numbers => numbers.Figures?.Uncovered);
        Row("Vulnerabilities fixed", numbers => numbers.Figures?.Fixed);

        void Row(string name, Func<WeekRollUp, int?> of)
        {
            var values = summary.Trend.Select(week => week.Numbers is { } numbers ? of(numbers) : null).ToList();
            var words = values.Select(value => value?.ToString(CultureInfo.InvariantCulture) ?? "–");
            if (values.Exists(value => value is not null))
                text.Line($"{name}: {Label(summary.Trend[0])} {string.Join(' ', words)} {Label(summary.Trend[^1])}");
        }
    }

    private static string Label(TrendWeek week) => $"W{week.Week.Number:D2}";

    private static void Teams(WeeklySummary summary, ReportText text)
    {
        if (!summary.Teams.Any(team => team.Name.Length > 0))
            return;
        List(
            text,
            $"BY TEAM (the repository's resource tag '{summary.TeamTag}')",
            "teams",
            summary.Teams.Count,
            i => $"- {TeamName(summary.Teams[i].Name)}: {Row(summary.Teams[i])}"
        );

        static string Row(GroupRow row) =>
            $"{Phrase.Count(row.Images, "image")}, {row.Blocked} blocked"
            + (
                row.RunningBlocked is { } running
                    ? $" ({running} running, {row.PastGrace} past their grace)"
                    : " (what runs is not known)"
            )
            + $", {row.Uncovered} without a current scan; vulnerabilities: {row.Open} open, "
            + $"{row.OverSla} over the SLA, {row.Fixed} fixed this week";
    }

    /// <summary>A list of which the mail shows the first records; the page has the rest.</summary>
    /// <param name="of">How many there are, if <paramref name="count"/> was cut before.</param>
    private static void List(
        ReportText text,
        string heading,
        string name,
        int count,
        Func<int, string> row,
        int? of = null
    )
    {
        text.List(heading, name, Math.Min(count, MaxRows), row);
        if ((of ?? count) - MaxRows is > 0 and var more)
            text.Line($"And {more} more in the report.");
    }

    private static string Changed(ChangedImage image) =>
        $"- {ShortName(image.Repository, image.Digest, image.Tags)}, {Day(image.Since)}"
        + (image.Was == Status.Approved && image.Status == Status.Blocked ? ", had been approved" : "")
        + $": {image.Reason}"
        + (image.MoreReasons > 0 ? $" And {Phrase.Count(image.MoreReasons, "more reason")}." : "");

    private static string Unmarked(UnmarkedImage image) =>
        $"- {ShortName(image.Repository, image.Digest, image.Tags)}: {image.Why}";

    private static string Waiver(WaiverUse waiver, DateTimeOffset now) =>
        $"- {waiver.Id}: {Standing(waiver, now)}; "
        + $"{waiver.Vulnerability}{(waiver.Package is null ? "" : $" in {waiver.Package}")}; "
        + $"{(waiver.Unused ? "UNUSED, it matches nothing any more" : Phrase.Count(waiver.Images, "image"))}; "
        + $"owner {waiver.Owner}, approved by {waiver.ApprovedBy}: {waiver.Reason}";

    private static string Forced(ForcedUse forced) =>
        $"- {ShortName(forced.Repository, forced.Digest, forced.Tags)}: "
        + $"{(forced.InForce ? "IN FORCE until" : "ended")} "
        + $"{Phrase.Moment(forced.Until)}{(forced.EndedBy is { } by ? $", before its time, by {by}" : "")}; without it "
        + $"{(forced.Verdict is { } verdict ? verdict.Word() : "gone")}; forced {Phrase.Moment(forced.From)} by "
        + $"{forced.By}{(forced.AccessKeyId is { } key ? $" with the access key {key}" : "")}: {forced.Reason}";
}
