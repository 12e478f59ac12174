using EcrGuard.Core.Images;
using EcrGuard.Core.Verdicts;
using static EcrGuard.Core.Reports.SummaryBuilder;

namespace EcrGuard.Core.Reports.Weekly;

/// <summary>What somebody must do, the most urgent first.</summary>
internal static class ActionList
{
    public static List<ActionNeeded> Of(
        SummaryFacts facts,
        IReadOnlyList<SeenImage> images,
        IReadOnlyList<WaiverUse> waivers,
        RepositoryTeams teams
    ) =>
        [
            .. images
                .Where(seen => seen.Runs)
                .Select(seen => OfRunning(seen.Reported(), facts.GeneratedAt))
                .OfType<ActionNeeded>()
                .Concat(images.Where(seen => seen.Details.NamedBy.Count > 0).Select(OfQuarantined))
                .Concat(
                    facts
                        .Sweeps.Where(swept => swept.Sweep.AtRiskCount > 0 && facts.Covers(swept.Repository))
                        .Select(swept => OfAtRisk(swept, teams.Of(swept.Repository)))
                )
                .Concat(waivers.Where(waiver => NeedsRenewal(waiver, facts.GeneratedAt)).Select(OfWaiver))
                .OrderBy(action => action.Kind)
                .ThenByDescending(action => action.Severity)
                .ThenBy(action => action.Ends)
                .ThenBy(action => action.Repository, StringComparer.Ordinal)
                .ThenBy(action => action.Digest)
                .ThenBy(action => action.What, StringComparer.Ordinal),
        ];

    private static ActionNeeded? OfRunning(ReportedImage image, DateTimeOffset now) =>
        image switch
        {
            { Status: Status.Blocked } => OfImage(
                image.GraceEnds <= now ? ActionKind.PastGrace
                    : image.GraceEnds <= now.AddDays(EndsWithinDays) ? ActionKind.GraceEndsSoon
                    : ActionKind.RunsBlocked,
                image,
                FixText.For(image.Blocking)
            ),
            { Deployable: false } => OfImage(ActionKind.RunsWithoutYes, image, FixText.For(image.Status)),
            _ => null,
        };

    private static ActionNeeded OfQuarantined(SeenImage seen) =>
        OfImage(
            ActionKind.QuarantinedAndNamed,
            seen.Reported() with
            {
                RunBy = [.. seen.Details.NamedBy.Take(MaxRunBy)],
                RunByCount = seen.Details.NamedBy.Count,
            },
            "It cannot be pulled: deploy another image, or put it back with 'ecrguard release'."
        );

    private static ActionNeeded OfImage(ActionKind kind, ReportedImage image, string fix) =>
        new(kind, SummaryText.ShortName(image.Repository, image.Digest, image.Tags), Reasons(image), fix)
        {
            Repository = image.Repository,
            Digest = image.Digest,
            RunBy = image.RunBy,
            RunByCount = image.RunByCount,
            Team = image.Team,
            Severity = image.Severity,
            Ends = image.GraceEnds,
            MoreReasons = image.MoreReasons,
            Vulnerability = image.Blocking is [var first, ..] ? first.Vulnerability : null,
            Package = image.Blocking is [var named, ..] ? named.Package : null,
        };

    private static string Reasons(ReportedImage image) =>
        (image.Why ?? "") + (image.MoreReasons == 0 ? "" : $" And {Phrase.Count(image.MoreReasons, "more reason")}.");

    private static ActionNeeded OfAtRisk(SweptRepository swept, string? team) =>
        new(
            ActionKind.WillExpire,
            $"{Phrase.Count(swept.Sweep.AtRiskCount, "image")} in use in {swept.Repository}",
            swept.Sweep.AtRisk is [var first, ..] ? Clip(first) : "",
            "The repository's own lifecycle policy takes what runs: change its rules, or let a baseline put EcrGuard's."
        )
        {
            Repository = swept.Repository,
            Team = team,
        };

    /// <summary>Whether a waiver that is needed ends soon, or one has ended lately.</summary>
    private static bool NeedsRenewal(WaiverUse waiver, DateTimeOffset now) =>
        waiver is { EndsSoon: true, Images: > 0 } || (waiver.Lapsed && now < EndOf(waiver).AddDays(EndsWithinDays));

    private static ActionNeeded OfWaiver(WaiverUse waiver) =>
        new(
            ActionKind.WaiverEnds,
            $"Waiver {waiver.Id} for {waiver.Vulnerability}",
            waiver.Lapsed
                ? $"It ended after {FixText.Day(waiver.Expires)}: what it excused, if anything, blocks again."
                : $"It ends after {FixText.Day(waiver.Expires)} and excuses {Phrase.Count(waiver.Images, "image")}: "
                    + $"{(waiver.Images == 1 ? "it" : "they")} may be blocked then.",
            "Fix the finding, or have the waiver approved again with a new end."
        )
        {
            Team = waiver.Owner,
            Ends = EndOf(waiver),
        };

    private static DateTimeOffset EndOf(WaiverUse waiver) =>
        new(waiver.Expires.AddDays(1), TimeOnly.MinValue, TimeSpan.Zero);
}
