using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Verdicts;
using static EcrGuard.Core.Tests.Verdicts.JudgeFacts;

namespace EcrGuard.Core.Tests.Verdicts;

public sealed class EarlierFindingsTests
{
    [Theory]
    [InlineData(ScanState.Pending)]
    [InlineData(ScanState.NotScanned)]
    [InlineData(ScanState.Unsupported)]
    [InlineData(ScanState.Ended)]
    [InlineData(ScanState.Archived)]
    [InlineData(ScanState.Failed)]
    [InlineData(ScanState.Unknown)]
    public void Blocked_stays_through_everything_but_a_completed_scan(ScanState state)
    {
        foreach (var findings in new[] { Blocked.Findings, null })
        {
            var verdict = Decide(Facts.Scan(state), before: Blocked with { Findings = findings });
            Assert.Equal((Status.Blocked, false), (verdict.Status, verdict.Approved));
            Assert.Equal(["critical", "sticky"], verdict.Reasons.Select(reason => reason.Code));
            Assert.Equal(Blocked.Verdict.Counts, verdict.Counts);
            Assert.Equal(Blocked.Verdict.ToPass, verdict.ToPass);
            Assert.Equal(Blocked.Verdict.ScanCompletedAt, verdict.ScanCompletedAt);
        }
    }

    [Fact]
    public void A_completed_scan_without_blocking_findings_lifts() =>
        Assert.Equal(Status.Approved, Decide(Facts.Scan(), before: Blocked).Status);

    [Fact]
    public void A_completed_scan_that_is_older_than_the_one_that_blocked_does_not_lift() =>
        Assert.Equal(
            Status.Blocked,
            Decide(
                Facts.Scan() with
                {
                    CompletedAt = Blocked.Verdict.ScanCompletedAt!.Value.AddTicks(-1),
                },
                before: Blocked
            ).Status
        );

    [Fact]
    public void A_completed_scan_without_a_date_does_not_lift_what_a_dated_one_found() =>
        Assert.Equal(Status.Blocked, Decide(Facts.Scan() with { CompletedAt = null }, before: Blocked).Status);

    private static readonly Rule NamesUntriaged = new()
    {
        Id = "untriaged",
        Severities = [Severity.Untriaged, Severity.Undefined],
        Then = RuleEffect.Block,
    };

    [Theory]
    [InlineData(
        Severity.Untriaged,
        "CVE-2026-0001 (HIGH in one report and UNTRIAGED in another) in openssl 3.0.1 (OS): fixed in 3.0.2; "
            + "rule 'untriaged' blocks."
    )]
    [InlineData(
        Severity.Undefined,
        "CVE-2026-0001 (HIGH in one report and UNDEFINED in another) in openssl 3.0.1 (OS): fixed in 3.0.2; "
            + "rule 'untriaged' blocks."
    )]
    public void Of_two_reports_of_a_finding_both_are_asked_and_the_worse_answer_stands(Severity other, string sentence)
    {
        var policy = Facts.Policy with { Rules = [NamesUntriaged, .. Facts.Policy.Rules] };

        foreach (
            var scan in new[]
            {
                Facts.Scan(Facts.Finding(severity: Severity.High), Facts.Finding(severity: other)),
                Facts.Scan(Facts.Finding(severity: other), Facts.Finding(severity: Severity.High)),
            }
        )
        {
            var verdict = Facts.Decide(Facts.Image(1), scan, policy);
            Assert.Equal((Status.Blocked, sentence), (verdict.Status, Assert.Single(verdict.Reasons).Sentence));
            Assert.Equal((other, new FindingCounts(High: 1)), (Assert.Single(verdict.Blocking), verdict.Counts));
        }
    }

    [Fact]
    public void The_values_in_which_reports_differ_stand_in_the_reason_as_far_as_the_rule_asks_for_them()
    {
        var rule = new Rule
        {
            Id = "likely",
            MinEpss = 0.5,
            FixAvailable = [FixAvailability.Yes],
            Then = RuleEffect.Block,
        };
        var (one, other) = (
            Facts.Finding() with
            {
                Epss = 0.9,
                Fix = FixAvailability.Yes,
                Score = 1,
            },
            Facts.Finding() with
            {
                Epss = 0.1,
                Fix = FixAvailability.No,
                Score = 9,
            }
        );

        Assert.Equal(
            "CVE-2026-0001 (CRITICAL) in openssl 3.0.1 (OS): fixed in 3.0.2; rule 'likely' blocks; its "
                + "reports differ: fix YES and NO, EPSS 0.9 and 0.1.",
            Assert
                .Single(
                    Facts.Decide(Facts.Image(1), Facts.Scan(one, other), Facts.Policy with { Rules = [rule] }).Reasons
                )
                .Sentence
        );
    }

    [Fact]
    public void A_finding_is_excused_only_where_every_report_that_blocks_is()
    {
        var excusing = Facts.Policy with { Defaults = new PolicyDefaults(Suppressed: SuppressedAnswer.Excuse) };
        var hidden = Facts.Finding() with { Suppressed = true };

        Assert.Equal(
            Status.Blocked,
            Facts.Decide(Facts.Image(1), Facts.Scan(hidden, Facts.Finding()), excusing).Status
        );
        var warned = Facts.Decide(Facts.Image(1), Facts.Scan(hidden, Facts.Finding(severity: Severity.High)), excusing);
        Assert.Equal(
            (Status.Approved, 1, WaivedFinding.Inspector),
            (warned.Status, warned.Warnings.Count, Assert.Single(warned.Waived).Waiver)
        );
        var waived = Facts.Decide(
            Facts.Image(1),
            Facts.Scan(hidden, Facts.Finding(severity: Severity.High)),
            excusing with
            {
                Waivers = [Facts.Waiver()],
            }
        );
        Assert.Equal((Status.Approved, RuleEffect.Block), (waived.Status, Assert.Single(waived.Waived).Instead));
    }

    private static readonly Finding InJar = Facts.Finding("CVE-2021-44228", package: "log4j-core") with
    {
        PackageManager = "JAR",
    };

    private static ScanFacts Enhanced(params Finding[] findings) =>
        Facts.Scan(findings) with
        {
            Scanner = Scanner.Enhanced,
        };

    private static Judge.Before After(ScanFacts scan, Judge.Before? before = null, PolicyDocument? policy = null) =>
        new(Decide(scan, policy, before), Judge.Keep(scan, before));

    [Fact]
    public void A_basic_scan_does_not_lift_what_it_cannot_see_and_an_enhanced_one_does()
    {
        var enhanced = After(Enhanced(InJar, Facts.Finding()));
        var basic = After(Facts.Scan(Facts.Finding("CVE-3", Severity.Low)) with { CompletedAt = Facts.Now }, enhanced);

        Assert.Equal((Status.Blocked, Facts.Now), (basic.Verdict.Status, basic.Verdict.ScanCompletedAt));
        Assert.Equal(["CVE-2021-44228", null], basic.Verdict.Reasons.Select(reason => reason.Vulnerability));
        Assert.Equal(
            "Basic scanning reads the operating system's packages only: 1 finding of the enhanced scan "
                + "before in other packages stays, until a completed enhanced scan, a waiver or the policy says "
                + "otherwise.",
            basic.Verdict.Reasons[1].Sentence
        );
        Assert.Equal(["Update log4j-core 3.0.1 → 3.0.2."], basic.Verdict.ToPass);
        Assert.Equal(new FindingCounts(Critical: 1, Low: 1), basic.Verdict.Counts);

        Assert.Equal(Status.Blocked, Decide(Facts.Scan() with { CompletedAt = Facts.Now }, before: basic).Status);
        Assert.Equal(Status.Blocked, Decide(Facts.Scan(ScanState.NotScanned), before: basic).Status);
        Assert.Equal(Status.Blocked, Decide(Enhanced(), before: basic).Status);
        Assert.Equal(Status.Approved, Decide(Enhanced() with { CompletedAt = Facts.Now }, before: basic).Status);
    }

    [Fact]
    public void What_a_basic_scan_cannot_see_and_what_does_not_block_is_a_warning()
    {
        var verdict = Decide(
            Facts.Scan(),
            Excusing(Facts.Waiver(vulnerability: "CVE-2021-44228")),
            After(Enhanced(InJar))
        );

        Assert.Equal((Status.Approved, "W1"), (verdict.Status, Assert.Single(verdict.Waived).Waiver));
        Assert.StartsWith(
            "The basic scan of 2026-11-18 11:00 UTC found 0 findings, and none blocks, with waiver W1.",
            verdict.Reasons[0].Sentence,
            StringComparison.Ordinal
        );
        Assert.Equal("basic-reads-os-only", Assert.Single(verdict.Warnings).Code);
    }

    [Fact]
    public void A_basic_scan_does_not_lift_what_an_enhanced_one_found_and_the_ledger_lost()
    {
        var lost = After(Enhanced(InJar)) with { Findings = null };
        var basic = Facts.Scan() with { CompletedAt = Facts.Now };

        Assert.Equal((Status.Blocked, null), (Decide(basic, before: lost).Status, Judge.Keep(basic, lost)));
        Assert.Equal(
            Status.Blocked,
            Decide(
                basic,
                before: After(Facts.Scan(ScanState.NotScanned), After(Enhanced(InJar))) with
                {
                    Findings = null,
                }
            ).Status
        );
        Assert.Equal(Status.Approved, Decide(Enhanced() with { CompletedAt = Facts.Now }, before: lost).Status);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_account_that_goes_back_to_its_other_scanner_does_not_forget_what_a_waiver_excuses(
        bool nothingBetween
    )
    {
        var policy = Excusing(Facts.Waiver() with { Expires = new DateOnly(2026, 11, 20) });
        var basic = Facts.Scan() with { CompletedAt = Facts.Now.AddHours(-2) };
        var known = After(Enhanced(Facts.Finding()), After(basic, policy: policy), policy);
        var found = known.Verdict.ScanCompletedAt;
        if (nothingBetween)
            known = After(Facts.Scan(ScanState.NotScanned), known, policy);
        for (var sweep = 0; sweep < 3; sweep++)
        {
            known = After(basic, known, policy);
            Assert.Equal((Status.Approved, found), (known.Verdict.Status, known.Verdict.ScanCompletedAt));
        }

        Assert.Equal(Status.Blocked, Decide(basic, policy, known, known.Verdict.ValidUntil).Status);
        Assert.Equal(
            Status.Approved,
            Decide(basic with { CompletedAt = found }, policy, known, known.Verdict.ValidUntil).Status
        );
    }

    [Fact]
    public void A_waiver_lifts_although_nothing_is_scanned_and_its_end_brings_the_block_back()
    {
        var policy = Excusing(Facts.Waiver() with { Expires = new DateOnly(2026, 11, 20) });
        var archived = Facts.Scan(ScanState.Archived);
        var lifted = Decide(archived, policy, Blocked);
        Assert.Equal(Status.Stale, lifted.Status);
        Assert.Equal("W1", Assert.Single(lifted.Waived).Waiver);

        var kept = Judge.Keep(archived, Blocked);
        var ended = Decide(archived, policy, new Judge.Before(lifted, kept), lifted.ValidUntil);
        Assert.Equal(Status.Blocked, ended.Status);
        Assert.Empty(ended.Waived);
    }

    [Fact]
    public void Another_policy_lifts_and_another_policy_blocks_although_nothing_is_scanned()
    {
        var lenient = With(
            new Rule
            {
                Id = "none",
                Severities = [Severity.Undefined],
                Then = RuleEffect.Block,
            }
        );
        var ended = Facts.Scan(ScanState.Ended);
        var lifted = Decide(ended, lenient, Blocked);
        Assert.Equal(Status.Stale, lifted.Status);
        Assert.Equal(
            Status.Blocked,
            Decide(ended, before: new Judge.Before(lifted, Judge.Keep(ended, Blocked))).Status
        );
    }

    [Fact]
    public void Without_the_findings_that_blocked_only_a_completed_scan_lifts()
    {
        var lost = Blocked with { Findings = null };
        Assert.Equal(Status.Blocked, Decide(Facts.Scan(ScanState.Ended), Excusing(Facts.Waiver()), lost).Status);
        Assert.Null(Judge.Keep(Facts.Scan(ScanState.Ended), lost));
        Assert.Equal(Status.Approved, Decide(Facts.Scan(), before: lost).Status);
        Assert.Empty(Judge.Keep(Facts.Scan(), lost)!);
    }

    [Fact]
    public void What_was_known_is_kept_beside_what_an_unfinished_scan_lists()
    {
        var kept = Judge.Keep(Facts.Scan(ScanState.Pending) with { Findings = [Facts.Finding("CVE-2")] }, Blocked);
        Assert.Equal(
            ["CVE-2", "CVE-2026-0001"],
            kept!.Select(finding => finding.Vulnerability).Order(StringComparer.Ordinal)
        );
    }

    [Theory]
    [InlineData(ScanState.Complete, true)]
    [InlineData(ScanState.NotScanned, true)]
    [InlineData(ScanState.Unsupported, true)]
    [InlineData(ScanState.Ended, true)]
    [InlineData(ScanState.Pending, false)]
    [InlineData(ScanState.Overdue, false)]
    [InlineData(ScanState.Archived, false)]
    [InlineData(ScanState.Failed, false)]
    [InlineData(ScanState.Contradictory, false)]
    [InlineData(ScanState.Unknown, false)]
    public void A_scan_that_is_over_is_remembered_without_its_findings(ScanState state, bool remembered)
    {
        var scan = Facts.Scan(Facts.Finding()) with { State = state };
        var memory = Judge.Remember(scan, Judge.Keep(scan, null));
        Assert.Equal(
            remembered ? (scan.State, scan.CompletedAt, 0) : ((ScanState, DateTimeOffset?, int)?)null,
            memory is null ? null : (memory.State, memory.CompletedAt, memory.Findings.Count)
        );
    }

    [Fact]
    public void A_scan_is_not_remembered_beside_findings_of_another_or_lost_ones()
    {
        var ended = Facts.Scan(ScanState.Ended);
        Assert.Null(Judge.Remember(ended, Judge.Keep(ended, Blocked)));
        Assert.Null(Judge.Remember(ended, Judge.Keep(ended, Blocked with { Findings = null })));
        Assert.NotNull(Judge.Remember(ended, Judge.Keep(ended, new Judge.Before(Facts.Verdict(Status.Approved), []))));
    }

    [Fact]
    public void A_scan_that_does_not_finish_in_a_day_is_an_error_until_one_does()
    {
        var running = Facts.Scan(ScanState.Pending, "IN_PROGRESS");
        var first = Decide(running);
        Verdict After(TimeSpan time, ScanFacts scan, Verdict before) =>
            Decide(scan, before: new Judge.Before(before, []), now: Facts.Now + time);

        Assert.Equal((Status.Pending, Facts.Now), (first.Status, first.WaitingSince));
        var second = After(TimeSpan.FromHours(24) - TimeSpan.FromTicks(1), running, first);
        Assert.Equal(Status.Pending, second.Status);
        var overdue = After(TimeSpan.FromHours(24), running, second);
        Assert.Equal((Status.Error, false, Facts.Now), (overdue.Status, overdue.Approved, overdue.WaitingSince));
        Assert.Equal(["Start another scan of the image (aws ecr start-image-scan), or rebuild it."], overdue.ToPass);
        Assert.Equal(Status.Error, After(TimeSpan.FromHours(48), running, overdue).Status);
        var done = After(TimeSpan.FromHours(48), Facts.Scan(), overdue);
        Assert.Equal((Status.Approved, (DateTimeOffset?)null), (done.Status, done.WaitingSince));
        Assert.Equal(Status.Pending, After(TimeSpan.FromHours(49), running, done).Status);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_is_pushed_or_restored_again_waits_from_then_on(bool pushed)
    {
        var running = Facts.Scan(ScanState.Pending, "IN_PROGRESS");
        var came = Facts.Now.AddDays(3);
        var back = pushed ? Image with { PushedAt = came } : Image with { LastActivatedAt = came };
        var before = new Judge.Before(Decide(running), []);
        var again = Judge.Decide(back, running, Facts.Policy, before, came.AddMinutes(1));

        Assert.Equal((Status.Pending, came.AddMinutes(1)), (again.Status, again.WaitingSince));
    }

    [Fact]
    public void Waiting_for_a_scan_goes_on_through_a_read_that_failed()
    {
        var running = Facts.Scan(ScanState.Pending);
        var unreadable = Judge.Unreadable(Image.Id, "x", Facts.Policy, Facts.Now.AddHours(12), Decide(running));

        Assert.Equal(Facts.Now, unreadable.WaitingSince);
        Assert.Equal(
            Status.Error,
            Decide(running, before: new Judge.Before(unreadable, []), now: Facts.Now.AddHours(24)).Status
        );
    }

    [Fact]
    public void Blocked_stays_while_a_scan_does_not_finish()
    {
        var waiting = Decide(Facts.Scan(ScanState.Pending), before: Blocked);
        Assert.Equal((Status.Blocked, Facts.Now), (waiting.Status, waiting.WaitingSince));
        Assert.Equal(
            Status.Blocked,
            Decide(
                Facts.Scan(ScanState.Pending),
                before: new Judge.Before(waiting, Blocked.Findings),
                now: Facts.Now.AddDays(2)
            ).Status
        );
    }

    [Fact]
    public void The_sticky_reason_is_said_once_however_often_it_is_decided()
    {
        var archived = Facts.Scan(ScanState.Archived);
        var verdict = Enumerable
            .Range(0, 3)
            .Aggregate(Blocked.Verdict, (before, _) => Decide(archived, before: new Judge.Before(before, null)));
        Assert.Equal(["critical", "sticky"], verdict.Reasons.Select(reason => reason.Code));
    }

    [Fact]
    public void An_image_that_cannot_be_read_is_an_error_and_stays_blocked_if_it_was()
    {
        Assert.Equal(Status.Error, Judge.Unreadable(Image.Id, "x", Facts.Policy, Facts.Now).Status);
        Assert.Equal(
            Status.Error,
            Judge.Unreadable(Image.Id, "x", Facts.Policy, Facts.Now, Facts.Verdict(Status.Approved)).Status
        );
        var blocked = Judge.Unreadable(Image.Id, "x", Facts.Policy, Facts.Now, Blocked.Verdict);
        Assert.Equal((Status.Blocked, false), (blocked.Status, blocked.Approved));
        Assert.Equal(["critical", "unreadable"], blocked.Reasons.Select(reason => reason.Code));
    }
}
