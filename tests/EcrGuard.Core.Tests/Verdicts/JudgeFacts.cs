using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Core.Tests.Verdicts;

/// <summary>What the tests of the judge share.</summary>
internal static class JudgeFacts
{
    public static readonly ImageFacts Image = Facts.Image(1, "1.0");

    public static Verdict Decide(
        ScanFacts scan,
        PolicyDocument? policy = null,
        Judge.Before? before = null,
        DateTimeOffset? now = null
    ) => Judge.Decide(Image, scan, policy ?? Facts.Policy, before, now ?? Facts.Now);

    public static PolicyDocument With(params Rule[] rules) => Facts.Policy with { Rules = rules };

    public static PolicyDocument Excusing(params Waiver[] waivers) => Facts.Policy with { Waivers = waivers };

    public static readonly Judge.Before Blocked = new(Decide(Facts.Scan(Facts.Finding())), [Facts.Finding()]);
}
