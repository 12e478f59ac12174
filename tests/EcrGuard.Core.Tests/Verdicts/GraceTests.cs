using System.Text.Json;
using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Reports;
using EcrGuard.Core.Reports.Alerts;
using EcrGuard.Core.Use;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Core.Tests.Verdicts;

/// <summary>The grace period of a blocked image in use.</summary>
public sealed class GraceTests
{
    private static readonly PolicyDocument Policy = Facts.Policy with
    {
        Rules =
        [
            new Rule
            {
                Id = "all",
                Severities = [Severity.Critical, Severity.High, Severity.Low],
                Then = RuleEffect.Block,
            },
        ],
        Grace = new Dictionary<Severity, int> { [Severity.Critical] = 7, [Severity.High] = 30 },
    };

    private static readonly ImageUsage Used = new(
        UseState.InUse,
        ["The ECS service web refers to it by its digest."],
        [new Consumer(ConsumerKind.EcsService, "web")]
    );

    private static Verdict Blocked(params Severity[] severities) =>
        Facts.Decide(
            Facts.Image(1, "1.0"),
            Facts.Scan([.. severities.Select(severity => Facts.Finding($"CVE-{severity}", severity))]),
            Policy
        );

    private static Grace Clock(Verdict verdict, Grace? before = null, int day = 0) =>
        Grace.Of(verdict, before, Policy, Facts.Now.AddDays(day))!;

    private static Grace Counting(params Severity[] severities) =>
        Clock(Blocked(severities)).Seen(UseState.InUse, Policy, Facts.Now)!;

    [Fact]
    public void Only_what_blocks_has_a_clock_and_only_where_the_policy_gives_time()
    {
        Assert.Null(Grace.Of(Facts.Verdict(Status.Approved), Counting(Severity.Critical), Policy, Facts.Now));
        Assert.Null(Grace.Of(Blocked(Severity.Low), null, Policy, Facts.Now));
        Assert.Null(Grace.Of(Blocked(Severity.Critical), null, Facts.Policy, Facts.Now));
        Assert.Equal(
            (Severity.High, Facts.Now.AddDays(30), 30, false),
            (
                Clock(Blocked(Severity.Low, Severity.High)) is var clock ? clock.Severity : default,
                clock.EndsAt,
                clock.Days,
                clock.Counting
            )
        );
    }

    [Fact]
    public void The_shortest_deadline_counts_and_each_severity_keeps_its_own_start()
    {
        var high = Clock(Blocked(Severity.High));
        var both = Clock(Blocked(Severity.Critical, Severity.High), high, day: 10);
        Assert.Equal((Severity.Critical, Facts.Now.AddDays(17)), (both.Severity, both.EndsAt));

        var late = Clock(Blocked(Severity.Critical, Severity.High), high, day: 28);
        Assert.Equal((Severity.High, Facts.Now.AddDays(30)), (late.Severity, late.EndsAt));

        var again = Clock(Blocked(Severity.High), both, day: 12);
        Assert.Equal(
            (Severity.High, Facts.Now, Facts.Now.AddDays(30)),
            (again.Severity, again.StartedAt, again.EndsAt)
        );
        Assert.Equal(Facts.Now.AddDays(13), Clock(Blocked(Severity.Critical), again, day: 13).StartedAt);
    }

    [Fact]
    public void It_starts_when_it_is_first_seen_that_the_image_is_in_use()
    {
        var clock = Clock(Blocked(Severity.Critical));

        Assert.Equal(
            (Facts.Now, true),
            (
                clock.Seen(UseState.InUse, Policy, Facts.Now.AddDays(1))!.StartedAt,
                clock.Seen(UseState.InUse, Policy, Facts.Now.AddDays(1))!.Counting
            )
        );
        Assert.Equal(Facts.Now.AddDays(40), clock.Seen(UseState.InUse, Policy, Facts.Now.AddDays(40))!.StartedAt);
        Assert.Equal(clock, clock.Seen(UseState.NotInUse, Policy, Facts.Now.AddDays(40)));
        Assert.Equal(clock, clock.Seen(UseState.Unknown, Policy, Facts.Now.AddDays(40)));
    }

    [Fact]
    public void It_goes_on_while_the_image_is_in_use_or_nobody_knows_and_stops_when_it_is_not()
    {
        var counting = Counting(Severity.Critical);

        Assert.Equal(counting, counting.Seen(UseState.InUse, Policy, Facts.Now.AddDays(6)));
        Assert.Equal(counting, counting.Seen(UseState.Unknown, Policy, Facts.Now.AddDays(6)));
        var stopped = counting.Seen(UseState.NotInUse, Policy, Facts.Now.AddDays(6))!;
        Assert.False(stopped.Counting);
        Assert.Null(stopped.Due(Facts.Now.AddDays(60)));
        Assert.Null(stopped.Reason(Facts.Now));
    }

    [Fact]
    public void Another_policy_moves_the_deadline_and_not_the_start()
    {
        var counting = Counting(Severity.Critical);

        Assert.Equal(
            Facts.Now.AddDays(2),
            counting
                .Seen(
                    UseState.InUse,
                    Policy with
                    {
                        Grace = new Dictionary<Severity, int> { [Severity.Critical] = 2 },
                    },
                    Facts.Now.AddDays(1)
                )!
                .EndsAt
        );
        Assert.Null(counting.Seen(UseState.InUse, Facts.Policy, Facts.Now.AddDays(1)));
    }

    [Theory]
    [InlineData(0, null)]
    [InlineData(83.9, null)]
    [InlineData(84, GraceStage.Reminder)]
    [InlineData(167.9, GraceStage.Reminder)]
    [InlineData(168, GraceStage.Escalation)]
    [InlineData(999, GraceStage.Escalation)]
    public void Half_of_the_time_brings_a_reminder_and_its_end_an_escalation(double hours, GraceStage? due)
    {
        Assert.Equal(due, Counting(Severity.Critical).Due(Facts.Now.AddHours(hours)));
        Assert.Null(Clock(Blocked(Severity.Critical)).Due(Facts.Now.AddHours(hours)));
    }

    [Fact]
    public void A_gate_says_until_when_and_says_no()
    {
        var answer = ApprovalAnswer.Of(
            "pay/api:1.0",
            Blocked(Severity.Critical),
            1,
            Facts.Now,
            Counting(Severity.Critical).Reason(Facts.Now)
        );

        Assert.False(answer.Approved);
        Assert.Equal(2, answer.ReasonCount);
        Assert.Equal(
            "The image is in use: what runs it has until 2026-11-25 12:00 UTC to be replaced (CRITICAL: 7 "
                + "days from 2026-11-18 12:00 UTC). Nothing that runs is taken away; new deployments are refused "
                + "all the same.",
            answer.Reasons[1].Sentence
        );
        Assert.Contains(
            "had until 2026-11-25",
            Counting(Severity.Critical).Reason(Facts.Now.AddDays(7))!.Sentence,
            StringComparison.Ordinal
        );
        Assert.Null(Clock(Blocked(Severity.Critical)).Reason(Facts.Now));
    }

    [Fact]
    public void The_alert_of_a_block_names_the_end_of_the_grace()
    {
        var record = Facts.Record(Status.Blocked, was: Status.Approved) with
        {
            Grace = Clock(Blocked(Severity.Critical)),
        };
        var message = ImageMessage.For(ImageAlert.Of(Alert.For(record)!));

        Assert.Contains(
            "Grace     What runs it would have until 2026-11-25 12:00 UTC to be replaced (CRITICAL: 7 days from "
                + "2026-11-18 12:00 UTC). "
                + "Nothing that runs is taken away; new deployments are refused at once.",
            message.Text,
            StringComparison.Ordinal
        );
        Assert.Contains("\"graceEndsAt\":\"2026-11-25T12:00:00+00:00\"", message.Json, StringComparison.Ordinal);
    }

    [Fact]
    public void An_escalation_names_what_runs_it_the_owner_and_the_fix_and_has_an_id_of_its_own()
    {
        var grace = Counting(Severity.Critical);
        var record = Facts.Record(Status.Blocked) with { Grace = grace };
        AlertMessage Message(GraceStage stage, Grace clock) =>
            ImageMessage.For(
                GraceAlert.Of(new GraceNotice(stage, record, clock, Used), Facts.Now) with
                {
                    Team = "team-pay",
                }
            );
        var message = Message(GraceStage.Escalation, grace);

        foreach (
            var part in new[]
            {
                "In use    The ECS service web refers to it by its digest.",
                "Team      team-pay",
                "Severity  critical",
                "https://www.cve.org/CVERecord?id=CVE-2026-0001",
                "\"vulnerability\": \"CVE-2026-0001\",",
                "- Update openssl 3.0.1 → 3.0.2.",
                "until 2026-11-25 12:00 UTC to be replaced (CRITICAL: 7 days from 2026-11-18 12:00 UTC)",
                "EcrGuard takes nothing away that runs",
                message.Id,
            }
        )
            Assert.Contains(part, message.Text, StringComparison.Ordinal);
        Assert.Equal("EcrGuard: grace ended, pay/api:1.0 runs and is blocked", message.Subject);
        Assert.Equal($"pay/api@{Facts.Digest(1)}:GRACE-ESCALATION:20261125T120000Z", message.Id);
        using var json = JsonDocument.Parse(message.Json);
        Assert.Equal(
            ("grace-ended", "ECS service web", "team-pay", message.Id),
            (
                json.RootElement.GetProperty("kind").GetString(),
                json.RootElement.GetProperty("runsIn")[0].GetString(),
                json.RootElement.GetProperty("team").GetString(),
                json.RootElement.GetProperty("alertId").GetString()
            )
        );

        Assert.Equal(
            3,
            new[]
            {
                message.Id,
                Message(GraceStage.Reminder, grace).Id,
                Message(GraceStage.Escalation, grace with { EndsAt = grace.EndsAt.AddDays(1) }).Id,
            }
                .Distinct()
                .Count()
        );
        Assert.Contains(new FilterValue("status", "blocked"), message.Attributes);
        Assert.Contains(
            "Team      not known",
            ImageMessage.For(GraceAlert.Of(new GraceNotice(GraceStage.Reminder, record, grace, Used), Facts.Now)).Text,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void An_index_has_the_clock_of_the_platforms_that_block_it()
    {
        var index = Facts.Image(9, "1.0") with { Kind = ImageKind.Index };
        var verdict = IndexJudge.Decide(
            index,
            [
                (new IndexChild(Facts.Digest(1), "linux/amd64", ImageKind.Image), Blocked(Severity.High)),
                (new IndexChild(Facts.Digest(2), "linux/arm64", ImageKind.Image), Blocked(Severity.Critical)),
                (new IndexChild(Facts.Digest(3), "linux/s390x", ImageKind.Image), Facts.Verdict(Status.Approved)),
            ],
            Policy
        );

        Assert.Equal([Severity.Critical, Severity.High], verdict.Blocking);
    }

    [Fact]
    public void Findings_that_are_lost_keep_their_severities()
    {
        var before = Blocked(Severity.Critical);
        Assert.Equal(
            [Severity.Critical],
            Judge
                .Decide(
                    Facts.Image(1, "1.0"),
                    Facts.Scan(ScanState.Pending),
                    Policy,
                    new Judge.Before(before, null),
                    Facts.Now
                )
                .Blocking
        );
        Assert.Equal(
            [Severity.Critical],
            Judge
                .Decide(
                    Facts.Image(1, "1.0"),
                    Facts.Scan(ScanState.Pending),
                    Policy,
                    new Judge.Before(before, [Facts.Finding()]),
                    Facts.Now
                )
                .Blocking
        );
        Assert.Empty(Facts.Verdict(Status.Approved).Blocking);
    }

    [Fact]
    public void It_goes_on_counting_when_the_image_is_decided_again() =>
        Assert.True(Clock(Blocked(Severity.Critical), Counting(Severity.Critical), day: 1).Counting);

    [Fact]
    public void Use_that_is_learnt_within_a_day_and_two_hours_of_the_findings_does_not_move_its_start()
    {
        var clock = Clock(Blocked(Severity.Critical));
        Assert.Equal(Facts.Now, clock.Seen(UseState.InUse, Policy, Facts.Now + InUse.MaxAge)!.StartedAt);
        Assert.Equal(
            Facts.Now + InUse.MaxAge + TimeSpan.FromTicks(1),
            clock.Seen(UseState.InUse, Policy, Facts.Now + InUse.MaxAge + TimeSpan.FromTicks(1))!.StartedAt
        );
    }

    [Fact]
    public void Of_two_severities_whose_time_ends_together_the_worse_is_named() =>
        Assert.Equal(
            Severity.Critical,
            Clock(Blocked(Severity.Critical, Severity.High), Clock(Blocked(Severity.High)), day: 23).Severity
        );

    [Fact]
    public void Two_clocks_are_the_same_if_all_that_they_say_is()
    {
        var clock = Counting(Severity.Critical);
        Assert.Equal(clock, clock with { Starts = [.. clock.Starts] });
        Assert.All(
            [
                clock with
                {
                    Severity = Severity.High,
                },
                clock with
                {
                    EndsAt = clock.EndsAt.AddTicks(1),
                },
                clock with
                {
                    Counting = false,
                },
                clock with
                {
                    Starts = [],
                },
                null,
            ],
            other => Assert.False(clock.Equals(other))
        );
    }

    [Fact]
    public void What_it_says_to_a_gate_has_a_code_of_its_own() =>
        Assert.Equal("grace", Counting(Severity.Critical).Reason(Facts.Now)!.Code);
}
