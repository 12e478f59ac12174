using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;

namespace EcrGuard.Core.Verdicts;

/// <summary>
/// Whether a rule selects a finding. Held against every rule, ten thousand findings are half a million matches: nothing
/// here allocates for one.
/// </summary>
internal static class RuleMatch
{
    /// <summary>Whether repository and tags of the image are within the rule.</summary>
    public static bool AppliesTo(Rule rule, ImageFacts image) =>
        (rule.Repositories is null || rule.Repositories.Any(glob => glob.Matches(image.Id.Repository.Name)))
        && (rule.Tags is null || rule.Tags.Any(glob => image.Tags.Any(tag => glob.Matches(tag))));

    /// <summary>The first rule that selects the finding; null: none does.</summary>
    public static Rule? First(List<Rule> rules, Finding finding, DateTimeOffset now)
    {
        foreach (var rule in rules)
        {
            if (Selects(rule, finding, now))
                return rule;
        }
        return null;
    }

    /// <summary>
    /// Whether the finding meets every criterion; a value that the scanner does not give meets those of a blocking rule
    /// only.
    /// </summary>
    private static bool Selects(Rule rule, Finding finding, DateTimeOffset now)
    {
        var unknown = rule.Then == RuleEffect.Block;
        return (
                rule.Severities is null
                || (finding.SeverityUnknown ? unknown : rule.Severities.Contains(finding.Severity))
            )
            && (
                rule.FixAvailable is null
                || (finding.Fix == FixAvailability.Unknown ? unknown : rule.FixAvailable.Contains(finding.Fix))
            )
            && (
                rule.ExploitAvailable is null
                || (
                    finding.Exploit == ExploitAvailability.Unknown
                        ? unknown
                        : rule.ExploitAvailable.Contains(finding.Exploit)
                )
            )
            && (rule.MinEpss is not { } epss || (finding.Epss is { } e ? e >= epss : unknown))
            && (rule.MinScore is not { } score || (finding.Score is { } s ? s >= score : unknown))
            && (
                rule.PackageManagers is null
                || (finding.PackageManager is { } manager ? AnyMatches(rule.PackageManagers, manager) : unknown)
            )
            && (
                rule.MinAgeDays is not { } age
                || (finding.FirstObservedAt is { } seen ? now >= seen.AddDays(age) : unknown)
            )
            // Without a fix no days have passed since one; only a scanner that does not speak of fixes leaves it open.
            && (
                rule.MinDaysSinceFix is not { } days
                || (
                    FixSince(finding) is { } fix
                        ? now >= fix.AddDays(days)
                        : unknown && finding.Fix == FixAvailability.Unknown
                )
            );
    }

    /// <summary>The next moment at which a criterion of age starts to hold; null: none does.</summary>
    /// <param name="rules">Those with such a criterion.</param>
    public static DateTimeOffset? NextChange(List<Rule> rules, Finding finding, DateTimeOffset now)
    {
        DateTimeOffset? next = null;
        foreach (var rule in rules)
        {
            next = Judge.Earlier(next, Coming(finding.FirstObservedAt, rule.MinAgeDays, now));
            next = Judge.Earlier(next, Coming(FixSince(finding), rule.MinDaysSinceFix, now));
        }
        return next;
    }

    /// <summary>Null where no fix is known of, or the scanner says that there is none.</summary>
    private static DateTimeOffset? FixSince(Finding finding) =>
        finding.Fix == FixAvailability.No ? null : finding.FixFirstSeenAt;

    private static DateTimeOffset? Coming(DateTimeOffset? since, int? days, DateTimeOffset now) =>
        since is { } from && days is { } count && from.AddDays(count) is var change && change > now ? change : null;

    private static bool AnyMatches(IReadOnlyList<Glob> globs, string manager)
    {
        for (var i = 0; i < globs.Count; i++)
        {
            if (Ecosystem.Matches(globs[i], manager))
                return true;
        }
        return false;
    }
}
