using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;

namespace EcrGuard.Core.Verdicts;

/// <summary>
/// Whether a rule selects a finding. Ten thousand findings and fifty rules are half a million matches, so a match
/// allocates nothing.
/// </summary>
internal static class RuleMatch
{
    /// <summary>Whether the rule applies to the image's repository and tags.</summary>
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

    /// <summary>A criterion of a rule.</summary>
    /// <param name="What">The value, for the sentence that the scanner does not give it.</param>
    private sealed record Criterion(
        string What,
        Func<Rule, bool> IsAsked,
        Func<Finding, bool> IsGiven,
        Func<Rule, Finding, DateTimeOffset, bool> Holds
    );

    /// <summary>
    /// The one table of criteria: for the match, and for the sentence about values that are not given.
    /// </summary>
    private static readonly Criterion[] Criteria =
    [
        new(
            "one severity that is documented",
            rule => rule.Severities is not null,
            finding => !finding.SeverityUnknown,
            (rule, finding, _) => rule.Severities!.Contains(finding.Severity)
        ),
        new("EPSS", rule => rule.MinEpss is not null, f => f.Epss is not null, (rule, f, _) => f.Epss >= rule.MinEpss),
        new(
            "a score",
            rule => rule.MinScore is not null,
            finding => finding.Score is not null,
            (rule, finding, _) => finding.Score >= rule.MinScore
        ),
        new(
            "whether an exploit exists",
            rule => rule.ExploitAvailable is not null,
            finding => finding.Exploit != ExploitAvailability.Unknown,
            (rule, finding, _) => rule.ExploitAvailable!.Contains(finding.Exploit)
        ),
        new(
            "whether a fix exists",
            rule => rule.FixAvailable is not null,
            finding => finding.Fix != FixAvailability.Unknown,
            (rule, finding, _) => rule.FixAvailable!.Contains(finding.Fix)
        ),
        new(
            "a package manager",
            rule => rule.PackageManagers is not null,
            finding => finding.PackageManager is not null,
            (rule, finding, _) => AnyMatches(rule.PackageManagers!, finding.PackageManager!)
        ),
        new(
            "when it first saw it",
            rule => rule.MinAgeDays is not null,
            finding => finding.FirstObservedAt is not null,
            (rule, finding, now) => now >= finding.FirstObservedAt!.Value.AddDays(rule.MinAgeDays!.Value)
        ),
        // Without a fix no days have passed since one. Only a scanner that does not speak of fixes leaves it open.
        new(
            "since when a fix exists",
            rule => rule.MinDaysSinceFix is not null,
            finding => FixSince(finding) is not null || finding.Fix != FixAvailability.Unknown,
            (rule, finding, now) => FixSince(finding) is { } fix && now >= fix.AddDays(rule.MinDaysSinceFix!.Value)
        ),
    ];

    /// <summary>
    /// Whether the finding meets every criterion. A value that the scanner does not give meets the criteria of a
    /// blocking rule only.
    /// </summary>
    private static bool Selects(Rule rule, Finding finding, DateTimeOffset now)
    {
        foreach (var criterion in Criteria)
        {
            if (!criterion.IsAsked(rule))
                continue;
            var met = criterion.IsGiven(finding) ? criterion.Holds(rule, finding, now) : rule.Then == RuleEffect.Block;
            if (!met)
                return false;
        }
        return true;
    }

    /// <summary>
    /// The values that the rule asks for and the scanner does not give. A blocking rule assumes the worst.
    /// </summary>
    public static IReadOnlyList<string> NotGiven(Rule rule, Finding finding)
    {
        List<string>? missing = null;
        foreach (var criterion in Criteria)
        {
            if (criterion.IsAsked(rule) && !criterion.IsGiven(finding))
                (missing ??= []).Add(criterion.What);
        }
        return missing ?? [];
    }

    /// <summary>When the next criterion of age begins to hold; null: none does.</summary>
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

    /// <summary>Null where no fix is known, or the scanner says that there is none.</summary>
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
