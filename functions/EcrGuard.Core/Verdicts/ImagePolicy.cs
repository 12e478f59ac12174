using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;

namespace EcrGuard.Core.Verdicts;

/// <summary>
/// The part of a policy that applies to one image. What a rule or waiver says of repository, digest and tags is the
/// same for every finding of the image, and is asked once.
/// </summary>
internal sealed class ImagePolicy
{
    private readonly List<Rule> rules;

    /// <summary>Those of them whose answer changes as a finding gets older.</summary>
    private readonly List<Rule> ageing;
    private readonly List<Waiver> waivers;
    private readonly IReadOnlyList<(VexStatement Statement, VexProduct Product)> statements;
    private readonly bool inspectorExcuses;
    private readonly DateTimeOffset now;

    public ImagePolicy(ImageFacts image, PolicyDocument policy, DateTimeOffset now)
    {
        rules = [.. policy.Rules.Where(rule => RuleMatch.AppliesTo(rule, image))];
        ageing = rules.FindAll(rule => rule.MinAgeDays is not null || rule.MinDaysSinceFix is not null);
        waivers = [.. policy.Waivers.Where(waiver => now < waiver.EndsAt && WaiverMatch.AppliesTo(waiver, image.Id))];
        statements = VexMatch.Of(policy.Vex, image.Id);
        inspectorExcuses = policy.Defaults.Suppressed == SuppressedAnswer.Excuse;
        this.now = now;
    }

    /// <summary>What the policy says of one finding.</summary>
    /// <param name="Report">The report of it that <paramref name="Rule"/> selects.</param>
    /// <param name="Rule">Null where no rule selects the finding, or all that does is excused.</param>
    /// <param name="Until">When time alone may change the answer; null: never.</param>
    internal readonly record struct Answer(
        Finding Report,
        Rule? Rule,
        IReadOnlyList<WaivedFinding> Excuses,
        DateTimeOffset? Until
    );

    public Answer AnswerTo(Finding finding)
    {
        if (finding.Reports is not null)
            return WorstOf(finding, finding.Reports);
        var one = AnswerToReport(finding);
        return one.Excuse is { } excuse
            ? new Answer(finding, null, [excuse], one.Until)
            : new Answer(finding, one.Rule, [], one.Until);
    }

    /// <summary>The worst answer counts. A finding is excused only if each of its reports is.</summary>
    private Answer WorstOf(Finding finding, IReadOnlyList<Finding> reports)
    {
        var (worst, rule) = (finding, (Rule?)null);
        var excuses = new List<WaivedFinding>();
        DateTimeOffset? until = null;
        foreach (var report in reports)
        {
            var one = AnswerToReport(report);
            until = Judge.Earlier(until, one.Until);
            if (one.Excuse is { } excuse)
                excuses.Add(excuse);
            else if (one.Rule is { } selects && (rule is null || selects.Then > rule.Then))
                (worst, rule) = (report, selects);
        }
        return new Answer(worst, rule, Needed(excuses, rule), until);
    }

    /// <summary>The excuses without which the answer would be worse.</summary>
    private static IReadOnlyList<WaivedFinding> Needed(List<WaivedFinding> excuses, Rule? rule)
    {
        var instead = excuses.Count == 0 ? (RuleEffect?)null : excuses.Max(excuse => excuse.Instead);
        return rule is null || instead > rule.Then
            ? [.. excuses.Where(excuse => excuse.Instead == instead).Distinct()]
            : [];
    }

    private (Rule? Rule, WaivedFinding? Excuse, DateTimeOffset? Until) AnswerToReport(Finding report)
    {
        var rule = RuleMatch.First(rules, report, now);
        var until = RuleMatch.NextChange(ageing, report, now);
        if (rule is null)
            return (null, null, until);
        // VEX comes first: an image that is not affected does not use up a waiver.
        if (statements.Count > 0 && VexMatch.Excusing(statements, report) is { } statement)
            return (rule, Excuse(report, rule, statement.Document, statement.Text), until);
        if (WaiverMatch.First(waivers, report) is { } waiver)
            return (
                rule,
                Excuse(report, rule, waiver.Id),
                rule.Then == RuleEffect.Block ? Judge.Earlier(until, waiver.EndsAt) : until
            );
        // Inspector comes last: a waiver says who answers for it, and until when.
        return (
            rule,
            report.Suppressed && inspectorExcuses ? Excuse(report, rule, WaivedFinding.Inspector) : null,
            until
        );
    }

    private static WaivedFinding Excuse(Finding report, Rule rule, string by, string? vex = null) =>
        new(by, report.Vulnerability, report.Package, rule.Then, vex);
}
