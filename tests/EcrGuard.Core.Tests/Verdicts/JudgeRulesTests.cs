using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Verdicts;
using static EcrGuard.Core.Tests.Verdicts.JudgeFacts;

namespace EcrGuard.Core.Tests.Verdicts;

public sealed class JudgeRulesTests
{
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
}
