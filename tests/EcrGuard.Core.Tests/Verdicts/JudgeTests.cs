using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Verdicts;
using static EcrGuard.Core.Tests.Verdicts.JudgeFacts;

namespace EcrGuard.Core.Tests.Verdicts;

public sealed class JudgeTests
{
    [Theory]
    [InlineData(ScanState.Complete, Status.Approved)]
    [InlineData(ScanState.Pending, Status.Pending)]
    [InlineData(ScanState.NotScanned, Status.Unscanned)]
    [InlineData(ScanState.Unsupported, Status.Unsupported)]
    [InlineData(ScanState.Ended, Status.Stale)]
    [InlineData(ScanState.Archived, Status.Stale)]
    [InlineData(ScanState.Failed, Status.Error)]
    [InlineData(ScanState.Overdue, Status.Error)]
    [InlineData(ScanState.Unknown, Status.Error)]
    public void Without_findings_the_state_of_the_scan_decides_and_only_a_complete_one_approves(
        ScanState state,
        Status status
    )
    {
        var verdict = Decide(Facts.Scan() with { State = state, Word = "THE_WORD" });
        Assert.Equal(status, verdict.Status);
        Assert.Equal(status == Status.Approved, verdict.Approved);
        Assert.Equal(verdict.Approved, verdict.ToPass.Count == 0);
        Assert.Equal(status == Status.Approved ? "clean" : "THE_WORD", Assert.Single(verdict.Reasons).Code);
    }

    [Theory]
    [InlineData(ScanState.Complete)]
    [InlineData(ScanState.Pending)]
    [InlineData(ScanState.NotScanned)]
    [InlineData(ScanState.Unsupported)]
    [InlineData(ScanState.Ended)]
    [InlineData(ScanState.Archived)]
    [InlineData(ScanState.Failed)]
    [InlineData(ScanState.Contradictory)]
    [InlineData(ScanState.Unknown)]
    public void A_blocking_finding_blocks_whatever_the_state_of_the_scan(ScanState state)
    {
        var verdict = Decide(Facts.Scan(Facts.Finding()) with { State = state });
        Assert.Equal(Status.Blocked, verdict.Status);
        Assert.False(verdict.Approved);
        Assert.Equal(
            "CVE-2026-0001 (CRITICAL) in openssl 3.0.1 (OS): fixed in 3.0.2; rule 'critical' blocks.",
            Assert.Single(verdict.Reasons).Sentence
        );
        Assert.Equal(["Update openssl 3.0.1 → 3.0.2."], verdict.ToPass);
    }

    [Fact]
    public void A_scan_that_counts_what_it_does_not_list_is_an_error()
    {
        var verdict = Decide(
            Facts.Scan() with
            {
                State = ScanState.Contradictory,
                Word = "5 CRITICAL counted, 0 listed",
            }
        );
        Assert.Equal(
            (Status.Error, false, "contradictory"),
            (verdict.Status, verdict.Approved, verdict.Reasons[0].Code)
        );
        Assert.Equal(
            "The basic scan counts findings that it does not list (5 CRITICAL counted, 0 listed): what is "
                + "missing may block.",
            verdict.Reasons[0].Sentence
        );
        Assert.Equal(
            Status.Blocked,
            Decide(Facts.Scan() with { State = ScanState.Contradictory }, before: Blocked).Status
        );
    }

    [Fact]
    public void A_severity_that_no_scanner_documents_blocks_under_every_rule_that_may_and_warns_under_none()
    {
        var scan = Facts.Scan(Facts.Finding(severity: Severity.Undefined) with { SeverityUnknown = true });
        var verdict = Decide(scan);
        Assert.Equal(
            "CVE-2026-0001 (UNDEFINED) in openssl 3.0.1 (OS): fixed in 3.0.2; rule 'critical' blocks, since "
                + "the scanner does not give one severity that is documented.",
            Assert.Single(verdict.Reasons).Sentence
        );
        Assert.Equal(Status.Approved, Decide(scan, Excusing(Facts.Waiver())).Status);
        Assert.Equal(
            Status.Approved,
            Decide(
                scan,
                With(
                    new Rule
                    {
                        Id = "w",
                        Severities = [Severity.Undefined],
                        Then = RuleEffect.Warn,
                    }
                )
            ).Status
        );
        Assert.Equal(
            Status.Approved,
            Decide(
                Facts.Scan(Facts.Finding(severity: Severity.Undefined), Facts.Finding("CVE-2", Severity.Untriaged))
            ).Status
        );
    }

    [Fact]
    public void What_warns_is_listed_and_does_not_block()
    {
        var verdict = Decide(Facts.Scan(Facts.Finding(severity: Severity.High), Facts.Finding("CVE-2", Severity.Low)));
        Assert.Equal(Status.Approved, verdict.Status);
        Assert.Equal("high", Assert.Single(verdict.Warnings).Code);
        Assert.Equal(new FindingCounts(High: 1, Low: 1), verdict.Counts);
    }

    [Fact]
    public void The_policy_says_what_a_gate_answers_without_a_current_scan_but_not_the_status()
    {
        var allowing = Facts.Policy with { Defaults = new PolicyDefaults(Answer.Allow, Answer.Allow, Answer.Allow) };
        foreach (
            var (state, status) in new[]
            {
                (ScanState.NotScanned, Status.Unscanned),
                (ScanState.Unsupported, Status.Unsupported),
                (ScanState.Ended, Status.Stale),
            }
        )
        {
            var verdict = Decide(Facts.Scan(state), allowing);
            Assert.Equal((status, true), (verdict.Status, verdict.Approved));
        }
        Assert.All(
            [ScanState.Pending, ScanState.Failed, ScanState.Unknown],
            state => Assert.False(Decide(Facts.Scan(state), allowing).Approved)
        );
    }

    [Fact]
    public void A_scan_is_stale_when_it_is_as_old_as_the_policy_allows()
    {
        var scan = Facts.Scan() with { CompletedAt = Facts.Now.AddDays(-30) };
        Assert.Equal((Status.Stale, "scan-too-old"), (Decide(scan).Status, Decide(scan).Reasons[0].Code));
        var fresh = Decide(scan with { CompletedAt = scan.CompletedAt.Value.AddTicks(1) });
        Assert.Equal((Status.Approved, Facts.Now.AddTicks(1)), (fresh.Status, fresh.ValidUntil));
    }

    [Fact]
    public void A_continuous_scan_does_not_age()
    {
        var verdict = Decide(
            Facts.Scan() with
            {
                Scanner = Scanner.Enhanced,
                Continuous = true,
                CompletedAt = Facts.Now.AddYears(-1),
            }
        );
        Assert.Equal((Status.Approved, null), (verdict.Status, verdict.ValidUntil));
    }

    [Fact]
    public void A_scan_that_does_not_say_when_it_was_made_is_stale() =>
        Assert.Equal(Status.Stale, Decide(Facts.Scan() with { CompletedAt = null }).Status);

    [Fact]
    public void A_scan_from_the_future_does_not_say_when_it_was_made_and_clocks_may_differ_by_a_day()
    {
        var verdict = Decide(Facts.Scan() with { CompletedAt = Facts.Now.AddYears(1) });
        Assert.Equal(
            (Status.Stale, null, "The basic scan does not say when it was made, or names a moment to come."),
            (verdict.Status, verdict.ScanCompletedAt, verdict.Reasons[0].Sentence)
        );
        Assert.Equal(
            Status.Blocked,
            Decide(Facts.Scan() with { CompletedAt = Facts.Now.AddYears(1) }, before: Blocked).Status
        );
        Assert.Equal(Status.Approved, Decide(Facts.Scan() with { CompletedAt = Facts.Now.AddDays(1) }).Status);
        Assert.Equal(Status.Stale, Decide(Facts.Scan() with { CompletedAt = Facts.Now.AddDays(1).AddTicks(1) }).Status);
    }

    [Fact]
    public void Another_policy_or_the_end_of_its_time_asks_for_a_new_decision()
    {
        var verdict = Decide(Facts.Scan());
        Assert.False(verdict.IsOutdated(Facts.Policy.Version, verdict.ValidUntil!.Value.AddTicks(-1)));
        Assert.True(verdict.IsOutdated(Facts.Policy.Version, verdict.ValidUntil.Value));
        Assert.True(verdict.IsOutdated(new string('b', 64), Facts.Now));
        Assert.False((verdict with { ValidUntil = null }).IsOutdated(Facts.Policy.Version, DateTimeOffset.MaxValue));
    }

    [Fact]
    public void A_verdict_is_as_old_as_the_oldest_of_its_facts()
    {
        var early = Facts.Now.AddMinutes(-3);
        Assert.Equal(early, Decide(Facts.Scan() with { ReadAt = early }).FactsAt);
        Assert.Equal(
            early,
            Judge.Decide(Image with { ReadAt = early }, Facts.Scan(), Facts.Policy, null, Facts.Now).FactsAt
        );
    }
}
