using EcrGuard.Core.Policy;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Core.Tests.Verdicts;

public sealed class ApprovalAnswerTests
{
    private static ImageRecord Record(Status status) => Facts.Record(status, since: Facts.Now);

    private static bool Answers(ImageRecord record, TimeSpan age, string? policy = null) =>
        ApprovalAnswer.Answers(record, policy ?? Facts.Policy.Version, Facts.Now + age);

    [Theory]
    [InlineData(Status.Pending, 5)]
    [InlineData(Status.Error, 5)]
    [InlineData(Status.Unscanned, 24 * 60)]
    [InlineData(Status.Unsupported, 24 * 60)]
    [InlineData(Status.Stale, 24 * 60)]
    [InlineData(Status.Approved, 24 * 60)]
    public void A_record_is_believed_for_so_long_and_then_fresh_facts_answer(Status status, int minutes)
    {
        var age = TimeSpan.FromMinutes(minutes);
        Assert.True(Answers(Record(status), age - TimeSpan.FromTicks(1)));
        Assert.False(Answers(Record(status), age));
    }

    [Fact]
    public void What_blocks_is_believed_as_long_as_it_stands() =>
        Assert.True(Answers(Record(Status.Blocked), TimeSpan.FromDays(365)));

    [Fact]
    public void A_record_of_an_image_that_is_gone_of_another_policy_or_past_its_time_does_not_answer()
    {
        foreach (var status in new[] { Status.Blocked, Status.Approved })
        {
            var record = Record(status);
            Assert.False(Answers(record with { Gone = true }, TimeSpan.Zero));
            Assert.False(Answers(record, TimeSpan.Zero, new string('b', 64)));
            Assert.False(
                Answers(record with { Verdict = record.Verdict with { ValidUntil = Facts.Now } }, TimeSpan.Zero)
            );
        }
    }

    [Fact]
    public void An_answer_names_its_digest_and_what_to_deploy_only_if_it_is_a_yes()
    {
        var verdict = Facts.Verdict(Status.Blocked);
        var answer = ApprovalAnswer.Of("pay/api:1.0", verdict, 1, Facts.Now);
        Assert.Equal(
            (false, "BLOCKED", "pay/api:1.0", "pay/api", $"{Facts.Digest(1)}"),
            (answer.Approved, answer.Status, answer.Image, answer.Repository, answer.Digest)
        );
        Assert.Null(answer.Deploy);
        var yes = ApprovalAnswer.Of("pay/api:1.0", Facts.Verdict(Status.Approved), 0, Facts.Now);
        Assert.Equal($"123456789012.dkr.ecr.eu-central-1.amazonaws.com/pay/api@{Facts.Digest(1)}", yes.Deploy);
        Assert.Equal(verdict.Reasons, answer.Reasons);
        Assert.Equal(1, answer.ReasonCount);
    }

    [Fact]
    public void Its_lists_are_cut_after_the_first_and_what_grace_and_break_glass_say_is_said_beside_them()
    {
        static Reason Reason(int number) => new($"r{number}", $"Sentence {number}.");
        int[] many = [.. Enumerable.Range(1, ImageRecord.MaxReasons + 5)];
        var verdict = Facts.Verdict(Status.Blocked) with
        {
            Reasons = [.. many.Select(Reason)],
            Warnings = [.. many.Select(Reason)],
            Waived = [.. many.Select(i => new WaivedFinding($"W{i}", "CVE-1", null, RuleEffect.Block))],
            ToPass = [.. many.Select(i => $"Way {i}.")],
        };
        var (grace, standsBy) = (new Reason("grace", "It runs."), new Reason("break-glass", "It stands by."));
        var answer = ApprovalAnswer.Of("pay/api:1.0", verdict, 25, Facts.Now, grace, standsBy);

        Assert.Equal([.. verdict.Reasons.Take(ImageRecord.MaxReasons), grace], answer.Reasons);
        Assert.Equal(26, answer.ReasonCount);
        Assert.Equal([standsBy, .. verdict.Warnings.Take(ImageRecord.MaxReasons)], answer.Warnings);
        Assert.Equal(verdict.Waived.Take(ImageRecord.MaxReasons), answer.Waivers);
        Assert.Equal(verdict.ToPass.Take(ImageRecord.MaxReasons), answer.ToPass);
    }

    public static TheoryData<string, double?, double?, double?, string> Waits =>
        new()
        {
            // The ledger's facts; ECR's time of the push; the verdict's time, all in minutes ago; then the sentence.
            { "pending since the push", 3, 3, 3, "for 3 minutes, since 2026-11-18 11:57:00 UTC" },
            {
                "pending, pushed long ago, scanned again",
                2,
                60 * 24 * 90,
                2,
                "for 2 minutes, since 2026-11-18 11:58:00 UTC"
            },
            { "pending without a beginning: an index", 5, 6, null, "for 5 minutes, since 2026-11-18 11:55:00 UTC" },
            { "nothing", null, 1.5, 0, "for 90 seconds, since 2026-11-18 11:58:30 UTC" },
            { "nothing, and a clock that is ahead", null, -1, 0, "for 0 seconds, since 2026-11-18 12:00:00 UTC" },
            { "nothing, pushed long ago", null, 60 * 24 * 90, 0, "for 0 seconds, since 2026-11-18 12:00:00 UTC" },
            {
                "nothing at all",
                null,
                null,
                null,
                "It is not known since when this image has waited for its scan; ask again in 15 seconds."
            },
        };

    [Theory]
    [MemberData(nameof(Waits))]
    public void A_pending_answer_says_how_long_it_was_waited_for_and_when_to_ask_again(
        string case_,
        double? recorded,
        double? pushed,
        double? waiting,
        string sentence
    )
    {
        Assert.NotEmpty(case_);
        DateTimeOffset? Ago(double? minutes) => minutes is { } m ? Facts.Now.AddMinutes(-m) : null;
        var verdict = Facts.Verdict(Status.Pending) with { WaitingSince = Ago(waiting) };
        var before = recorded is null
            ? null
            : Facts.Record(Status.Pending) with
            {
                Verdict = verdict,
                StatusSince = Ago(recorded)!.Value,
            };

        var answer = ApprovalAnswer
            .Of("pay/api:1.0", verdict, 1, Facts.Now)
            .Waiting(verdict, Ago(pushed), before, Facts.Now);

        Assert.Contains(sentence, answer.Reasons[^1].Sentence, StringComparison.Ordinal);
        Assert.Equal((15, answer.Reasons.Count), (answer.RetryAfterSeconds, answer.ReasonCount));
    }

    [Theory]
    [InlineData(Status.Approved)]
    [InlineData(Status.Blocked)]
    [InlineData(Status.Error)]
    [InlineData(Status.Unscanned)]
    public void Any_other_answer_says_nothing_of_waiting(Status status)
    {
        var answer = ApprovalAnswer.Of("pay/api:1.0", Facts.Verdict(status), 1, Facts.Now);
        Assert.Same(answer, answer.Waiting(Facts.Verdict(status), Facts.Now, null, Facts.Now));
    }
}
