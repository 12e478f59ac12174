using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Core.Tests.Verdicts;

public sealed class JudgeTests
{
    private static readonly ImageFacts Image = Facts.Image(1, "1.0");

    private static Verdict Decide(
        ScanFacts scan,
        PolicyDocument? policy = null,
        Judge.Before? before = null,
        DateTimeOffset? now = null
    ) => Judge.Decide(Image, scan, policy ?? Facts.Policy, before, now ?? Facts.Now);

    private static PolicyDocument With(params Rule[] rules) => Facts.Policy with { Rules = rules };

    private static PolicyDocument Excusing(params Waiver[] waivers) => Facts.Policy with { Waivers = waivers };

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

    // Rules

    [Fact]
    public void The_first_rule_that_selects_a_finding_wins()
    {
        var warn = new Rule
        {
            Id = "excuse",
            Severities = [Severity.Critical],
            PackageManagers = [Glob.Parse("OS")],
            Then = RuleEffect.Warn,
        };
        var block = new Rule { Id = "all", Then = RuleEffect.Block };
        Assert.Equal(Status.Approved, Decide(Facts.Scan(Facts.Finding()), With(warn, block)).Status);
        Assert.Equal(Status.Blocked, Decide(Facts.Scan(Facts.Finding()), With(block, warn)).Status);
    }

    public static TheoryData<string, Rule> RulesOnWhatTheScannerDoesNotGive =>
        new()
        {
            {
                "fix",
                new Rule
                {
                    Id = "r",
                    Then = RuleEffect.Block,
                    FixAvailable = [FixAvailability.Yes],
                }
            },
            {
                "exploit",
                new Rule
                {
                    Id = "r",
                    Then = RuleEffect.Block,
                    ExploitAvailable = [ExploitAvailability.Yes],
                }
            },
            {
                "EPSS",
                new Rule
                {
                    Id = "r",
                    Then = RuleEffect.Block,
                    MinEpss = 0.9,
                }
            },
            {
                "score",
                new Rule
                {
                    Id = "r",
                    Then = RuleEffect.Block,
                    MinScore = 9,
                }
            },
            {
                "manager",
                new Rule
                {
                    Id = "r",
                    Then = RuleEffect.Block,
                    PackageManagers = [Glob.Parse("NPM")],
                }
            },
            {
                "age",
                new Rule
                {
                    Id = "r",
                    Then = RuleEffect.Block,
                    MinAgeDays = 7,
                }
            },
            {
                "days since a fix",
                new Rule
                {
                    Id = "r",
                    Then = RuleEffect.Block,
                    MinDaysSinceFix = 7,
                }
            },
        };

    [Theory]
    [MemberData(nameof(RulesOnWhatTheScannerDoesNotGive))]
    public void A_value_that_the_scanner_does_not_give_matches_a_blocking_rule_and_never_a_warning_one(
        string criterion,
        Rule rule
    )
    {
        var bare = new Finding { Vulnerability = "CVE-1", Severity = Severity.Low };
        Assert.True(Decide(Facts.Scan(bare), With(rule)).Status == Status.Blocked, criterion);
        Assert.True(
            Decide(Facts.Scan(bare), With(rule with { Then = RuleEffect.Warn })).Warnings.Count == 0,
            criterion
        );
    }

    [Theory]
    [MemberData(nameof(RulesOnWhatTheScannerDoesNotGive))]
    public void A_value_that_is_given_and_does_not_meet_the_criterion_matches_no_rule(string criterion, Rule rule)
    {
        var mild = new Finding
        {
            Vulnerability = "CVE-1",
            Severity = Severity.Low,
            Fix = FixAvailability.No,
            Exploit = ExploitAvailability.No,
            Epss = 0.1,
            Score = 3,
            PackageManager = "OS",
            FirstObservedAt = Facts.Now.AddDays(-1),
        };
        Assert.True(Decide(Facts.Scan(mild), With(rule)).Status == Status.Approved, criterion);
    }

    [Theory]
    [MemberData(nameof(RulesOnWhatTheScannerDoesNotGive))]
    public void A_value_that_just_meets_the_criterion_matches_both_kinds_of_rule(string criterion, Rule rule)
    {
        var grave = new Finding
        {
            Vulnerability = "CVE-1",
            Severity = Severity.Low,
            Fix = FixAvailability.Yes,
            Exploit = ExploitAvailability.Yes,
            Epss = 0.9,
            Score = 9,
            PackageManager = "NPM",
            FirstObservedAt = Facts.Now.AddDays(-7),
            FixFirstSeenAt = Facts.Now.AddDays(-7),
        };
        Assert.True(Decide(Facts.Scan(grave), With(rule)).Status == Status.Blocked, criterion);
        Assert.True(
            Decide(Facts.Scan(grave), With(rule with { Then = RuleEffect.Warn })).Warnings.Count == 1,
            criterion
        );
    }

    [Theory]
    [InlineData("pay/*", null, true)]
    [InlineData("web/*", null, false)]
    [InlineData(null, "1.*", true)]
    [InlineData(null, "2.*", false)]
    [InlineData("pay/*", "2.*", false)]
    public void A_rule_is_for_repositories_and_tags(string? repository, string? tag, bool blocks)
    {
        var rule = new Rule
        {
            Id = "r",
            Then = RuleEffect.Block,
            Repositories = repository is null ? null : [Glob.Parse(repository)],
            Tags = tag is null ? null : [Glob.Parse(tag)],
        };
        Assert.Equal(blocks, Decide(Facts.Scan(Facts.Finding()), With(rule)).Status == Status.Blocked);
    }

    [Fact]
    public void A_verdict_holds_until_a_finding_becomes_old_enough_for_a_rule()
    {
        var rule = new Rule
        {
            Id = "old",
            MinAgeDays = 7,
            Then = RuleEffect.Block,
        };
        var scan = Facts.Scan(Facts.Finding() with { FirstObservedAt = Facts.Now.AddDays(-5) });
        var due = Facts.Now.AddDays(2);
        var verdict = Decide(scan, With(rule));
        Assert.Equal((Status.Approved, due), (verdict.Status, verdict.ValidUntil));
        Assert.Equal(Status.Approved, Decide(scan, With(rule), now: due.AddTicks(-1)).Status);
        Assert.Equal(Status.Blocked, Decide(scan, With(rule), now: due).Status);
    }

    [Theory]
    [InlineData(FixAvailability.Yes, true)]
    [InlineData(FixAvailability.Unknown, true)]
    [InlineData(FixAvailability.No, false)]
    public void Days_since_a_fix_count_unless_the_scanner_says_that_there_is_none(FixAvailability fix, bool blocks)
    {
        var rule = new Rule
        {
            Id = "fixed",
            MinDaysSinceFix = 7,
            Then = RuleEffect.Block,
        };
        ScanFacts Since(int days) =>
            Facts.Scan(Facts.Finding() with { Fix = fix, FixFirstSeenAt = Facts.Now.AddDays(-days) });

        Assert.Equal(blocks, Decide(Since(7), With(rule)).Status == Status.Blocked);
        Assert.Equal(
            (Status.Approved, blocks ? Facts.Now.AddDays(2) : Facts.Now.AddDays(30).AddHours(-1)),
            (Decide(Since(5), With(rule)).Status, Decide(Since(5), With(rule)).ValidUntil)
        );
    }

    // Waivers

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

    // Stale

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

    // What was found once

    private static readonly Judge.Before Blocked = new(Decide(Facts.Scan(Facts.Finding())), [Facts.Finding()]);

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
    public void What_a_waiver_excuses_is_not_forgotten_by_an_account_that_goes_back_to_its_other_scanner_however_often_that_is_judged(
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

    // Indexes

    private static readonly ImageFacts Index = Facts.Image(9, "1.0") with { Kind = ImageKind.Index };

    private static (IndexChild, Verdict?) Child(
        int number,
        string platform,
        Verdict? verdict,
        ImageKind kind = ImageKind.Image
    ) => (new IndexChild(Facts.Digest(number), platform, kind), verdict);

    public static TheoryData<Status, Status> PairsOfStatuses =>
        new(from one in Enum.GetValues<Status>() from other in Enum.GetValues<Status>() select (one, other));

    [Theory]
    [MemberData(nameof(PairsOfStatuses))]
    public void An_index_has_the_worst_status_of_its_children_and_names_the_platform(Status one, Status other)
    {
        var verdict = Judge.DecideIndex(
            Index,
            [Child(1, "linux/amd64", Facts.Verdict(one)), Child(2, "linux/arm64", Facts.Verdict(other))],
            Facts.Policy
        );
        var worst = one < other ? one : other;
        Assert.Equal((worst, worst == Status.Approved), (verdict.Status, verdict.Approved));
        Assert.Equal(
            one == other ? ["linux/amd64", "linux/arm64"] : [one == worst ? "linux/amd64" : "linux/arm64"],
            verdict.Reasons.Select(reason => reason.Platform)
        );
        Assert.All(
            verdict.Reasons,
            reason => Assert.StartsWith($"{reason.Platform}: ", reason.Sentence, StringComparison.Ordinal)
        );
    }

    [Fact]
    public void A_child_without_a_verdict_is_pending_and_named()
    {
        var verdict = Judge.DecideIndex(
            Index,
            [Child(1, "linux/amd64", Facts.Verdict(Status.Approved)), Child(2, "linux/arm64", null)],
            Facts.Policy
        );
        Assert.Equal((Status.Pending, "linux/arm64"), (verdict.Status, verdict.Reasons[0].Platform));
    }

    [Fact]
    public void Attestations_in_an_index_are_passed_over() =>
        Assert.Equal(
            Status.Approved,
            Judge
                .DecideIndex(
                    Index,
                    [
                        Child(1, "linux/amd64", Facts.Verdict(Status.Approved)),
                        Child(2, "unknown/unknown", null, ImageKind.Artifact),
                    ],
                    Facts.Policy
                )
                .Status
        );

    [Fact]
    public void Indexes_may_be_nested_so_deep_and_no_deeper()
    {
        var allowing = Facts.Policy with { Defaults = new PolicyDefaults(Unsupported: Answer.Allow) };
        var verdict = Facts.Verdict(Status.Approved);
        for (var level = 1; level <= Judge.MaxIndexLevels; level++)
        {
            verdict = Judge.DecideIndex(
                Index,
                [Child(1, "linux/amd64", verdict), Child(2, "linux/arm64", Facts.Verdict(Status.Approved))],
                allowing
            );
            Assert.Equal((Status.Approved, level), (verdict.Status, verdict.IndexLevels));
        }
        for (var level = 0; level < 2; level++)
        {
            verdict = Judge.DecideIndex(Index, [Child(1, "linux/amd64", verdict)], allowing);
            Assert.Equal(
                (Status.Unsupported, false, "nested-too-deep"),
                (verdict.Status, verdict.Approved, verdict.Reasons[0].Code)
            );
            Assert.StartsWith(
                "Indexes are nested deeper than 3 here",
                verdict.Reasons[0].Sentence,
                StringComparison.Ordinal
            );
        }
        Assert.Equal(
            "nested-too-deep",
            Judge
                .DecideIndex(Index, [Child(1, "linux/amd64", Judge.TooDeep(Index, allowing))], allowing)
                .Reasons[0]
                .Code
        );
    }

    [Fact]
    public void An_index_without_images_is_never_approved()
    {
        var verdict = Judge.DecideIndex(Index, [Child(2, "unknown/unknown", null, ImageKind.Artifact)], Facts.Policy);
        Assert.Equal((Status.Unsupported, false), (verdict.Status, verdict.Approved));
    }

    [Fact]
    public void An_index_adds_up_its_children_and_holds_as_long_as_the_first_to_end()
    {
        var early = Facts.Now.AddDays(1);
        var verdict = Judge.DecideIndex(
            Index,
            [
                Child(1, "linux/amd64", Facts.Verdict(Status.Blocked) with { ValidUntil = early }),
                Child(2, "linux/arm64", Facts.Verdict(Status.Blocked)),
                Child(3, "linux/s390x", Facts.Verdict(Status.Stale)),
            ],
            Facts.Policy
        );
        Assert.Equal(2, verdict.Counts.Critical);
        Assert.Equal(early, verdict.ValidUntil);
        Assert.Equal(
            [
                "linux/amd64: Update openssl 3.0.1 → 3.0.2.",
                "linux/arm64: Update openssl 3.0.1 → 3.0.2.",
                "linux/s390x: Scan the image again (aws ecr start-image-scan), or rebuild it.",
            ],
            verdict.ToPass
        );
    }

    [Theory]
    [InlineData(ImageKind.Artifact, "artifact")]
    [InlineData(ImageKind.Unknown, "unknown-media-type")]
    public void What_is_no_image_is_never_approved_even_where_unsupported_images_are(ImageKind kind, string code)
    {
        var verdict = Judge.NotAnImage(
            Image with
            {
                Kind = kind,
            },
            Facts.Policy with
            {
                Defaults = new PolicyDefaults(Unsupported: Answer.Allow),
            }
        );
        Assert.Equal((Status.Unsupported, false, code), (verdict.Status, verdict.Approved, verdict.Reasons[0].Code));
    }

    // Ways to pass

    [Fact]
    public void The_shortest_way_names_each_package_once_and_what_has_no_fix()
    {
        var unfixed = Facts.Finding("CVE-3", package: "zlib") with { Occurrences = [], Fix = FixAvailability.No };
        var verdict = Decide(Facts.Scan(Facts.Finding("CVE-1"), Facts.Finding("CVE-2"), unfixed));
        Assert.Equal(
            [
                "Update openssl 3.0.1 → 3.0.2.",
                "No fixed version is named for CVE-3: remove the package, or ask for a waiver.",
            ],
            verdict.ToPass
        );
    }

    [Fact]
    public void Of_several_fixed_versions_the_highest_is_wanted_and_each_installed_version_has_its_own()
    {
        static Finding In(string vulnerability, params IReadOnlyList<PackageOccurrence> places) =>
            Facts.Finding(vulnerability) with
            {
                Occurrences = places,
            };

        Assert.Equal(
            ["Update openssl 3.0.1 → the highest of 3.0.8, 3.0.9."],
            Decide(
                Facts.Scan(
                    In("CVE-1", new PackageOccurrence("3.0.1", "3.0.9", null, null)),
                    In("CVE-2", new PackageOccurrence("3.0.1", "3.0.8", null, null))
                )
            ).ToPass
        );
        Assert.Equal(
            ["Update openssl 1.0, 0.9 → 1.1, 2.0 → 2.3."],
            Decide(
                Facts.Scan(
                    In(
                        "CVE-1",
                        new("1.0", "1.1", "/a", null),
                        new("0.9", "1.1", "/b", null),
                        new("2.0", "2.3", "/c", null)
                    )
                )
            ).ToPass
        );
    }

    [Fact]
    public void A_place_without_a_fixed_version_is_said_beside_those_that_have_one()
    {
        var partial = Facts.Finding(package: "log4j") with
        {
            Fix = FixAvailability.Partial,
            Occurrences =
            [
                new("1.0", "1.1", "/a.jar", null),
                new("0.9", null, "/b.jar", null),
                new("0.8", null, "/c.jar", null),
            ],
        };
        var verdict = Decide(Facts.Scan(partial));

        Assert.Equal(
            [
                "Update log4j 1.0 → 1.1.",
                "No fixed version is named for CVE-2026-0001 in log4j 0.9 at /b.jar and 1 more place: remove "
                    + "the package, or ask for a waiver.",
            ],
            verdict.ToPass
        );
        Assert.Contains(
            "and 2 more places: fixed in 1.1, but not in every place; rule",
            verdict.Reasons[0].Sentence,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void A_fix_is_named_even_where_the_package_is_not() =>
        Assert.Equal(
            ["Update the unnamed package with CVE-2026-0001 3.0.1 → 3.0.2."],
            Decide(Facts.Scan(Facts.Finding(package: null))).ToPass
        );

    [Theory]
    [InlineData(null, null, "(OS): fixed")]
    [InlineData(
        "/app/package-lock.json",
        "sha256:1567e7ea90b67fc95ccdeeec39bdc3045098dee7e0c604975b957a9f8c0e9616",
        "(OS) at /app/package-lock.json: fixed"
    )]
    [InlineData(
        null,
        "sha256:1567e7ea90b67fc95ccdeeec39bdc3045098dee7e0c604975b957a9f8c0e9616",
        "(OS) in layer sha256:1567e7ea90b6…: fixed"
    )]
    public void A_reason_says_where_in_the_image_the_package_is(string? path, string? layer, string says)
    {
        var reason = Decide(
            Facts.Scan(Facts.Finding() with { Occurrences = [new PackageOccurrence("3.0.1", "3.0.2", path, layer)] })
        ).Reasons[0];
        Assert.Contains(says, reason.Sentence, StringComparison.Ordinal);
        Assert.Equal(("3.0.1", "3.0.2", path, layer), (reason.Installed, reason.FixedIn, reason.Path, reason.Layer));
    }

    [Fact]
    public void Names_of_strangers_are_clipped_where_sentences_are_made()
    {
        var long500 = new string('x', 500) + "\n";
        var finding = Facts.Finding(package: long500) with
        {
            Occurrences = [new PackageOccurrence(long500, long500, long500, long500)],
        };
        var verdict = Decide(Facts.Scan(finding));
        Assert.InRange(verdict.Reasons[0].Sentence.Length, 1, 600);
        Assert.InRange(verdict.ToPass[0].Length, 1, 500);
        Assert.DoesNotContain('\n', verdict.Reasons[0].Sentence + verdict.ToPass[0] + verdict.Reasons[0].Package);
    }
}
