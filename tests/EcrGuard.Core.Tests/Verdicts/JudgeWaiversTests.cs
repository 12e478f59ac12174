using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Verdicts;
using static EcrGuard.Core.Tests.Verdicts.JudgeFacts;

namespace EcrGuard.Core.Tests.Verdicts;

public sealed class JudgeWaiversTests
{
    [Fact]
    public void A_waived_finding_is_excused_counted_and_named()
    {
        var verdict = Decide(Facts.Scan(Facts.Finding()), Excusing(Facts.Waiver()));
        Assert.Equal(Status.Approved, verdict.Status);
        Assert.Equal([new WaivedFinding("W1", "CVE-2026-0001", "openssl", RuleEffect.Block)], verdict.Waived);
        Assert.Equal(1, verdict.Counts.Critical);
        Assert.Contains("with waiver W1", verdict.Reasons[0].Sentence, StringComparison.Ordinal);
    }

    private static readonly PolicyDocument ExcusingSuppressed = Facts.Policy with
    {
        Defaults = new PolicyDefaults(Suppressed: SuppressedAnswer.Excuse),
    };

    [Fact]
    public void What_Inspector_suppresses_is_excused_by_that_alone_where_the_policy_says_so_counted_and_named()
    {
        var suppressed = Facts.Scan(Facts.Finding() with { Suppressed = true }, Facts.Finding("CVE-2026-0002"));
        Assert.Equal(
            (Status.Blocked, 2),
            (Decide(suppressed, ExcusingSuppressed).Status, Decide(suppressed, ExcusingSuppressed).Counts.Critical)
        );
        Assert.Equal(
            ["CVE-2026-0002"],
            Decide(suppressed, ExcusingSuppressed).Reasons.Select(reason => reason.Vulnerability)
        );

        var verdict = Decide(Facts.Scan(Facts.Finding() with { Suppressed = true }), ExcusingSuppressed);
        Assert.Equal(
            [new WaivedFinding(WaivedFinding.Inspector, "CVE-2026-0001", "openssl", RuleEffect.Block)],
            verdict.Waived
        );
        Assert.EndsWith(
            "found 1 finding, and none blocks, with 1 finding that Amazon Inspector suppresses.",
            verdict.Reasons[0].Sentence,
            StringComparison.Ordinal
        );
        Assert.Equal("a suppression rule of Amazon Inspector", verdict.Waived[0].By());
    }

    [Fact]
    public void A_waiver_answers_for_a_finding_before_Inspectors_suppression_does()
    {
        var verdict = Decide(
            Facts.Scan(Facts.Finding() with { Suppressed = true }),
            ExcusingSuppressed with
            {
                Waivers = [Facts.Waiver()],
            }
        );
        Assert.Equal("W1", Assert.Single(verdict.Waived).Waiver);
    }

    [Fact]
    public void What_Inspector_suppresses_blocks_where_the_policy_says_nothing_of_it()
    {
        var suppressed = Facts.Scan(Facts.Finding() with { Suppressed = true });
        Assert.Equal(Status.Blocked, Decide(suppressed).Status);
        Assert.Equal(Status.Blocked, Decide(suppressed, PolicyDocument.BuiltIn).Status);
    }

    [Fact]
    public void A_waiver_is_in_force_to_the_end_of_its_utc_day_and_the_verdict_says_so()
    {
        var waiver = Facts.Waiver() with { Expires = new DateOnly(2026, 11, 20) };
        var midnight = new DateTimeOffset(2026, 11, 21, 0, 0, 0, TimeSpan.Zero);
        var verdict = Decide(Facts.Scan(Facts.Finding()), Excusing(waiver));
        Assert.Equal(midnight, verdict.ValidUntil);
        Assert.Equal(
            Status.Approved,
            Decide(Facts.Scan(Facts.Finding()), Excusing(waiver), now: midnight.AddTicks(-1)).Status
        );
        Assert.Equal(Status.Blocked, Decide(Facts.Scan(Facts.Finding()), Excusing(waiver), now: midnight).Status);
        Assert.Equal(
            Status.Blocked,
            Decide(Facts.Scan(Facts.Finding()), Excusing(waiver), now: midnight.ToOffset(TimeSpan.FromHours(-8))).Status
        );
    }

    [Fact]
    public void A_waiver_for_a_package_does_not_excuse_a_finding_without_one()
    {
        var policy = Excusing(Facts.Waiver() with { Package = Glob.Parse("*") });
        Assert.Equal(Status.Approved, Decide(Facts.Scan(Facts.Finding()), policy).Status);
        Assert.Equal(Status.Blocked, Decide(Facts.Scan(Facts.Finding(package: null)), policy).Status);
    }

    public static TheoryData<Waiver> WaiversForOthers =>
        [
            Facts.Waiver("of another vulnerability", "CVE-2026-0002"),
            Facts.Waiver("of another package") with
            {
                Package = Glob.Parse("libssl*"),
            },
            Facts.Waiver("of another repository") with
            {
                Repositories = [Glob.Parse("web/*")],
            },
            Facts.Waiver("of another image") with
            {
                Digest = Facts.Digest(2),
            },
            Facts.Waiver("of yesterday") with
            {
                Expires = new DateOnly(2026, 11, 17),
            },
        ];

    [Theory]
    [MemberData(nameof(WaiversForOthers))]
    public void A_waiver_excuses_only_what_it_names(Waiver waiver) =>
        Assert.Equal(Status.Blocked, Decide(Facts.Scan(Facts.Finding()), Excusing(waiver)).Status);
}
