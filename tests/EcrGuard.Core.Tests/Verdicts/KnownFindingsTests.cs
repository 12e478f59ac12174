using EcrGuard.Core.Images;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Core.Tests.Verdicts;

/// <summary>Earlier findings, as long as no completed scan replaces them.</summary>
public sealed class KnownFindingsTests
{
    private static readonly Finding InJar = Facts.Finding("CVE-2021-44228", package: "log4j-core") with
    {
        PackageManager = "JAR",
    };

    private static Verdict Decide(ScanFacts scan, Judge.Before? before = null) =>
        Judge.Decide(Facts.Image(1, "1.0"), scan, Facts.Policy, before, Facts.Now);

    private static Judge.Before After(params Finding[] findings)
    {
        var scan = Facts.Scan(findings) with { Scanner = Scanner.Enhanced };
        return new(Decide(scan), Judge.Keep(scan, null));
    }

    [Fact]
    public void A_block_that_rests_on_them_says_so_whatever_scanner_could_see_them()
    {
        foreach (var finding in new[] { Facts.Finding(), InJar })
        {
            var verdict = Decide(
                Facts.Scan(ScanState.Ended, "SCAN_ELIGIBILITY_EXPIRED") with
                {
                    Scanner = Scanner.Enhanced,
                },
                After(finding)
            );
            Assert.Equal(["critical", "sticky"], verdict.Reasons.Select(reason => reason.Code));
            Assert.Equal(
                "Still blocked by its last scan. A finished scan without blocking findings, a waiver or the policy "
                    + "unblocks it. The enhanced scanner no longer monitors this image "
                    + "(SCAN_ELIGIBILITY_EXPIRED): that it lists no findings says nothing.",
                verdict.Reasons[1].Sentence
            );
        }
    }

    [Fact]
    public void What_a_basic_scan_cannot_see_is_said_once_among_the_reasons_where_it_blocks_and_among_the_warnings_where_not()
    {
        var basic = Facts.Scan() with { CompletedAt = Facts.Now };
        var blocked = Decide(basic, After(InJar, InJar with { Vulnerability = "CVE-2" }));
        Assert.Equal(
            "Basic scanning reads the operating system's packages only: 2 findings of the enhanced scan "
                + "before in other packages stay, until a completed enhanced scan, a waiver or the policy says "
                + "otherwise.",
            blocked.Reasons[^1].Sentence
        );
        Assert.Empty(blocked.Warnings);

        var approved = Decide(basic, After(InJar with { Severity = Severity.Low }));
        Assert.Equal(
            (Status.Approved, "clean", "basic-reads-os-only"),
            (approved.Status, Assert.Single(approved.Reasons).Code, Assert.Single(approved.Warnings).Code)
        );
    }

    [Fact]
    public void A_verdict_that_rests_on_nothing_known_before_names_the_scanner_that_was_asked() =>
        Assert.Equal(Scanner.Basic, Decide(Facts.Scan(ScanState.Pending), After()).Scanner);

    [Fact]
    public void Findings_that_are_lost_are_lost_only_where_they_blocked()
    {
        var pending = Facts.Scan(ScanState.Pending) with { Findings = [Facts.Finding("CVE-2", Severity.Low)] };
        Assert.Null(Judge.Keep(pending, After(Facts.Finding()) with { Findings = null }));
        Assert.Equal(pending.Findings, Judge.Keep(pending, After() with { Findings = null }));
    }

    [Fact]
    public void An_image_that_cannot_be_read_is_never_approved_and_is_to_be_asked_about_again()
    {
        var verdict = Judge.Unreadable(
            Facts.Image(1).Id,
            "ThrottlingException",
            Facts.Policy,
            Facts.Now,
            Facts.Verdict(Status.Approved)
        );
        Assert.Equal((Status.Error, false), (verdict.Status, verdict.Approved));
        Assert.Equal(
            new Reason("unreadable", "The facts could not be read: ThrottlingException"),
            Assert.Single(verdict.Reasons)
        );
        Assert.Equal(["Ask again; if it lasts, see the function's log."], verdict.ToPass);
    }
}
