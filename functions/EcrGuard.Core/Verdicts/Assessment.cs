using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;

namespace EcrGuard.Core.Verdicts;

/// <summary>A finding that blocks.</summary>
/// <param name="Report">The report of it that <paramref name="Rule"/> selects.</param>
internal readonly record struct Blocker(Finding Finding, Finding Report, Rule Rule);

/// <summary>What rules, waivers and VEX documents make of the findings of one image.</summary>
/// <param name="ValidUntil">When time alone may change it; null: never.</param>
internal sealed record Assessment(
    IReadOnlyList<Blocker> Blocking,
    IReadOnlyList<Reason> Warnings,
    IReadOnlyList<WaivedFinding> Waived,
    DateTimeOffset? ValidUntil
)
{
    public bool Blocks => Blocking.Count > 0;

    public IReadOnlyList<Reason> Reasons =>
        [.. Blocking.Select(blocker => ReasonText.OfFinding(blocker.Finding, blocker.Report, blocker.Rule))];

    /// <summary>Of what blocks, worst first.</summary>
    public IReadOnlyList<Severity> Severities =>
        [.. Blocking.Select(blocker => blocker.Report.Severity).Distinct().OrderDescending()];

    /// <summary>What to update so that nothing blocks.</summary>
    public IReadOnlyList<string> ShortestWay => ReasonText.ShortestWay(Blocking.Select(blocker => blocker.Finding));

    public static Assessment Of(
        ImageFacts image,
        IReadOnlyList<Finding> findings,
        PolicyDocument policy,
        DateTimeOffset now
    )
    {
        var applying = new ImagePolicy(image, policy, now);
        var blocking = new List<Blocker>();
        var warnings = new List<Reason>();
        var waived = new List<WaivedFinding>();
        DateTimeOffset? validUntil = null;
        foreach (var finding in findings)
        {
            var (report, rule, excuses, until) = applying.AnswerTo(finding);
            waived.AddRange(excuses);
            validUntil = Judge.Earlier(validUntil, until);
            if (rule?.Then == RuleEffect.Block)
                blocking.Add(new Blocker(finding, report, rule));
            else if (rule is not null)
                warnings.Add(ReasonText.OfFinding(finding, report, rule));
        }
        return new Assessment(blocking, warnings, waived, validUntil);
    }
}
