using System.Globalization;
using EcrGuard.Core.Images;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Core.Reports;

/// <summary>The weekly summary in words.</summary>
internal static class SummaryText
{
    public static string Subject(WeeklySummary summary) =>
        Subjects.Fit(
            $"EcrGuard {summary.Week} {summary.Account} {summary.Region}: "
                + $"{(summary.Unread.Count > 0 ? "INCOMPLETE, " : "")}"
                + (
                    summary.Unread.Count > 0 && summary.Statuses.Total == 0
                        ? "no image could be read"
                        : $"{Phrase.Count(summary.Statuses.Blocked, "image")} blocked, {summary.NewlyBlocked.Count} new"
                )
        );

    public static ReportText Of(WeeklySummary summary, string wholeAt)
    {
        var previous = summary.Previous;
        var complete = summary.Unread.Count == 0;
        var text = new ReportText()
            .Line(
                $"EcrGuard: weekly summary {summary.Week} ({Day(summary.Week.Start)} to "
                    + $"{Day(summary.Week.End.AddDays(-1))}, "
                    + $"UTC{(summary.GeneratedAt < summary.Week.End ? ", so far" : "")})"
            )
            .Line(
                $"Account {summary.Account}, region {summary.Region}; counted {Moment(summary.GeneratedAt)}; "
                    + $"policy {Abbreviated(summary.PolicyVersion)}; enforcement at most "
                    + $"'{summary.EnforcementCeiling.ToString().ToLowerInvariant()}'."
            );
        if (complete)
            text.Line().Line("Everything could be read.");
        else
            text.List(
                $"COULD NOT BE READ: {summary.Unread.Count}. All numbers below are without it.",
                "could not be read",
                summary.Unread.Count,
                i => $"- {summary.Unread[i].What}: {summary.Unread[i].Why}"
            );

        var forced = summary.DeployableByBreakGlass;
        var byBreakGlass = forced == 0 ? "" : $", for {forced} of those by break-glass";
        text.Line()
            .Line("NOW")
            .Line(
                Phrase.Count(summary.Repositories, "repository", "repositories")
                    + $"{Change(summary.Repositories, previous?.Repositories)}, "
                    + $"{Phrase.Count(summary.Images, "image")}{Change(summary.Images, previous?.Statuses.Total)}; a "
                    + $"gate answers yes for {summary.Deployable} of them{byBreakGlass}."
            );
        foreach (var status in Enum.GetValues<Status>())
            text.Line(
                $"{status.Word(), -11} "
                    + $"{summary.Statuses[status], 7}{Change(summary.Statuses[status], previous?.Statuses[status])}"
            );
        if (summary.TimeIsUp > 0)
            text.Line(
                $"Of the PENDING, {Phrase.Count(summary.TimeIsUp, "image waits", "images wait")} to be decided "
                    + "again: the verdict's time is up (a waiver has ended, for example, or a finding has grown "
                    + "older). The next sweep decides, and a gate does when it is asked."
            );
        var unread = previous is { Complete: false } ? ", in which not everything could be read" : "";
        var changed = previous?.PolicyVersion == summary.PolicyVersion ? "" : "; the policy has changed since";
        text.Line(
                previous is null
                    ? "There are no numbers of the week before to compare with."
                    : $"In brackets the difference to {previous.Week}{unread}{changed}."
            )
            .Line(
                "An index and its platform images count as one image. Artifacts such as signatures and SBOMs "
                    + "do not count."
            );

        text.List(
                "IN USE AND ABOUT TO GO: "
                    + $"{Phrase.Count(summary.AtRisk.Sum(repository => repository.Images), "image")} in use and "
                    + "within reach of the repository's own lifecycle policy",
                "in use and about to go",
                summary.AtRisk.Count,
                i => AtRisk(summary.AtRisk[i])
            )
            .List(
                $"NEWLY BLOCKED: {summary.NewlyBlocked.Count} of the "
                    + $"{Phrase.Count(summary.Statuses.Blocked, "image")} blocked now became so this week",
                "newly blocked",
                summary.NewlyBlocked.Count,
                i => Changed(summary.NewlyBlocked[i])
            )
            .List(
                $"LIFTED: {summary.Lifted.Count} stopped being blocked this week",
                "lifted",
                summary.Lifted.Count,
                i => Changed(summary.Lifted[i])
            )
            .List(
                $"TOP REASONS: {summary.TopReasons.Count} of "
                    + $"{Phrase.Count(summary.BlockingVulnerabilities, "vulnerability", "vulnerabilities")} that block",
                "top reasons",
                summary.TopReasons.Count,
                i => Top(summary.TopReasons[i])
            )
            .List(
                $"COVERAGE GAPS: {Phrase.Count(summary.CoverageGaps.Sum(gap => gap.Images), "image")} without a "
                    + "current scan",
                "coverage gaps",
                summary.CoverageGaps.Count,
                i => Gap(summary.CoverageGaps[i])
            )
            .List(
                $"COULD NOT MARK: {summary.CouldNotMark.Count}",
                "could not mark",
                summary.CouldNotMark.Count,
                i => Unmarked(summary.CouldNotMark[i])
            )
            .List(
                $"WAIVERS: {summary.Waivers.Count(w => !w.Lapsed)} in force, "
                    + $"{summary.Waivers.Count(w => w.EndsSoon)} ending within {SummaryBuilder.EndsSoonDays} days, "
                    + $"{summary.Waivers.Count(w => w.Unused)} unused, {summary.Waivers.Count(w => w.Lapsed)} lapsed",
                "waivers",
                summary.Waivers.Count,
                i => Waiver(summary.Waivers[i], summary.GeneratedAt)
            )
            .List(
                $"BREAK-GLASS: {summary.BreakGlass.Count(forced => forced.InForce)} in force, "
                    + $"{summary.BreakGlass.Count(forced => !forced.InForce)} ended this week",
                "break-glass",
                summary.BreakGlass.Count,
                i => Forced(summary.BreakGlass[i])
            )
            .List(
                summary.OtherExcuses.Count == 0
                    ? "EXCUSED OTHERWISE: nothing"
                    : $"EXCUSED OTHERWISE: by {Excuses(summary.OtherExcuses)}",
                "other excuses",
                summary.OtherExcuses.Count,
                i => $"- {summary.OtherExcuses[i].By}: {Phrase.Count(summary.OtherExcuses[i].Images, "image")}"
            )
            .List(
                $"GIVEN UP: {Phrase.Count(summary.Abandoned.Sum(repository => repository.Images), "image")} "
                    + "without a tag but EcrGuard's; a plan may remove them",
                "given up",
                summary.Abandoned.Count,
                i => $"- {summary.Abandoned[i].Repository}: {Phrase.Count(summary.Abandoned[i].Images, "image")}"
            )
            .List(
                $"DRIFT: {Phrase.Count(summary.Drift.Count, "repository differs", "repositories differ")} from "
                    + "the baseline",
                "drift",
                summary.Drift.Count,
                i => $"- {summary.Drift[i].Repository}: {Phrase.Clip(string.Join(" ", summary.Drift[i].Drift), 1000)}"
            );
        if (summary.LeftOver.Count > 0)
        {
            var artifacts = Phrase.Count(
                summary.LeftOver.Sum(repository => repository.Images),
                "signature, SBOM or other artifact",
                "signatures, SBOMs and other artifacts"
            );
            text.List(
                $"LEFT OVER: {artifacts} whose image is gone",
                "left over",
                summary.LeftOver.Count,
                i => $"- {summary.LeftOver[i].Repository}: {Phrase.Count(summary.LeftOver[i].Images, "artifact")}"
            );
        }

        return text.Line()
            .Line(
                "A finding is one vulnerability in one package, so that counts differ from Inspector's, "
                    + "which counts a vulnerability once with all its packages."
            )
            .Line($"The whole as JSON: {wholeAt}");
    }

    private static string AtRisk(RepositoryAtRisk repository)
    {
        var more = repository.Images > 1 ? $" And {repository.Images - 1} more in {repository.Repository}." : "";
        return $"- {repository.Described[0]}{more}";
    }

    /// <summary>What excuses beside waivers: "2 VEX documents and suppression rules of Amazon Inspector".</summary>
    private static string Excuses(IReadOnlyList<ExcuseUse> excuses)
    {
        var documents = excuses.Count(excuse => excuse.By != WaivedFinding.Inspector);
        var rules = documents < excuses.Count ? " and suppression rules of Amazon Inspector" : "";
        return $"{Phrase.Count(documents, "VEX document")}{rules}";
    }

    private static string Changed(ChangedImage image) =>
        $"- {Name(image.Repository, image.Digest, image.Tags)}, {image.Was?.Word() ?? "new"} → "
        + $"{image.Status.Word()} {Moment(image.Since)}: "
        + $"{image.Reason}{(image.MoreReasons > 0 ? $" And {Phrase.Count(image.MoreReasons, "more reason")}." : "")}";

    private static string Top(TopReason reason) =>
        $"- {Phrase.Clip(reason.Vulnerability, 100)}: {Phrase.Count(reason.Images, "image")}; "
        + $"{(reason.Packages.Count == 0 ? "no package named" : "in " + First(reason.Packages))}; "
        + $"{(reason.FixedIn.Count == 0 ? "no fixed version named" : "fixed in " + First(reason.FixedIn))}";

    private static string Gap(CoverageGap gap) =>
        $"- {gap.Repository}: {Phrase.Count(gap.Images, "image")} "
        + $"{gap.Status.Word()}{(gap.Deployable > 0 ? $", {gap.Deployable} of them allowed by the policy" : "")}. "
        + $"{gap.Example}";

    private static string Unmarked(UnmarkedImage image) =>
        $"- {Name(image.Repository, image.Digest, image.Tags)}, {image.Status.Word()}: {image.Why}";

    private static string Waiver(WaiverUse waiver, DateTimeOffset now)
    {
        var end = waiver.Expires.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        var standing =
            waiver.Lapsed ? $"LAPSED after {end}"
            : waiver.EndsSoon ? $"ENDS SOON, after {end} (in {Phrase.Count(DaysLeft(waiver, now), "day")})"
            : $"in force to {end}";
        return $"- {waiver.Id}: {standing}; "
            + $"{waiver.Vulnerability}{(waiver.Package is null ? "" : $" in {waiver.Package}")}; "
            + $"{(waiver.Unused ? "UNUSED, it matches nothing any more" : Phrase.Count(waiver.Images, "image"))}; "
            + $"owner {waiver.Owner}, approved by {waiver.ApprovedBy}: {waiver.Reason}";
    }

    private static string Forced(ForcedUse forced) =>
        $"- {Name(forced.Repository, forced.Digest, forced.Tags)}: "
        + $"{(forced.InForce ? "IN FORCE until" : "ended")} "
        + $"{Moment(forced.Until)}{(forced.EndedBy is { } by ? $", before its time, by {by}" : "")}; without it "
        + $"{(forced.Verdict is { } verdict ? verdict.Word() : "gone")}; forced {Moment(forced.From)} by "
        + $"{forced.By}{(forced.AccessKeyId is { } key ? $" with the access key {key}" : "")}: {forced.Reason}";

    /// <summary>Whole days from the day of the summary to the last day in force, 0 on that day itself.</summary>
    private static int DaysLeft(WaiverUse waiver, DateTimeOffset now) =>
        waiver.Expires.DayNumber - DateOnly.FromDateTime(now.UtcDateTime).DayNumber;

    /// <summary>The image as a person finds it again: repository, abbreviated digest, tags.</summary>
    internal static string Name(string repository, Digest digest, IReadOnlyList<string> tags) =>
        $"{repository}@sha256:{digest.Abbreviated}… ({(tags.Count == 0 ? "untagged" : string.Join(", ", tags))})";

    internal static string Moment(DateTimeOffset moment) =>
        moment.UtcDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture) + " UTC";

    /// <summary>Enough of a policy's version to tell it from others.</summary>
    internal static string Abbreviated(string version) => version.Length > 12 ? version[..12] : version;

    private static string First(IReadOnlyList<string> words) =>
        Phrase.Some([.. words.Select(word => Phrase.Clip(word, 100))], 5);

    private static string Change(int now, int? before) =>
        before is { } then ? string.Create(CultureInfo.InvariantCulture, $" ({now - then:+0;-0;±0})") : "";

    private static string Day(DateTimeOffset day) =>
        day.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
