using System.Text.Json;
using EcrGuard.Core.Reports.Alerts;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Core.Tests.Verdicts;

/// <summary>Break-glass: an approval that is forced for one digest until a given time.</summary>
public sealed class ForcedApprovalTests
{
    private static readonly ForcedApproval Forced = new(
        "01F",
        "arn:aws:sts::123456789012:assumed-role/EcrGuardBreakGlass/ada",
        "The shop is down; this image mends it.",
        Facts.Now,
        Facts.Now.AddHours(4)
    );

    public static TheoryData<Status> Refused =>
        [.. Enum.GetValues<Status>().Where(status => status != Status.Approved)];

    [Theory]
    [MemberData(nameof(Refused))]
    public void Whatever_a_gate_would_refuse_is_approved_with_who_why_and_until_when(Status status)
    {
        var verdict = ForcedApproval.Over(Facts.Verdict(status), Forced, Facts.Now);

        Assert.Equal((Status.Approved, true), (verdict.Status, verdict.Approved));
        Assert.Equal(
            $"Approved by break-glass until 2026-11-18 16:00 UTC, although the verdict is {status.Word()}: "
                + "arn:aws:sts::123456789012:assumed-role/EcrGuardBreakGlass/ada said on 2026-11-18 12:00 UTC: The "
                + "shop is down; this image mends it.",
            verdict.Reasons[0].Sentence
        );
        Assert.Equal(Facts.Verdict(status).Reasons[0], verdict.Reasons[1]);
        Assert.Equal(status, verdict.WithoutBreakGlass().Status);
        Assert.True(verdict.IsOutdated(Facts.Policy.Version, Forced.Until));
        Assert.False(verdict.IsOutdated(Facts.Policy.Version, Forced.Until.AddTicks(-1)));
        Assert.Equal(Facts.Verdict(status).Counts, verdict.Counts);
    }

    [Fact]
    public void It_ends_on_the_moment_and_changes_nothing_that_is_approved_anyway()
    {
        var blocked = Facts.Verdict(Status.Blocked);

        Assert.Same(blocked, ForcedApproval.Over(blocked, Forced, Forced.Until));
        Assert.Same(blocked, ForcedApproval.Over(blocked, null, Facts.Now));
        Assert.NotSame(blocked, ForcedApproval.Over(blocked, Forced, Forced.Until.AddTicks(-1)));
        Assert.Null(ForcedApproval.Over(Facts.Verdict(Status.Approved), Forced, Facts.Now).Instead);
    }

    [Fact]
    public void Where_it_is_not_needed_it_is_said_that_it_stands_by()
    {
        var approved = Facts.Verdict(Status.Approved);

        Assert.Equal(
            "A break-glass approval stands by until 2026-11-18 16:00 UTC; the verdict is APPROVED without "
                + "it: arn:aws:sts::123456789012:assumed-role/EcrGuardBreakGlass/ada said on 2026-11-18 12:00 UTC: "
                + "The shop is down; this image mends it.",
            ForcedApproval.StandsBy(approved, Forced, Facts.Now)?.Sentence
        );
        Assert.Null(ForcedApproval.StandsBy(Facts.Verdict(Status.Blocked), Forced, Facts.Now));
        Assert.Null(ForcedApproval.StandsBy(approved, Forced, Forced.Until));
        Assert.Null(ForcedApproval.StandsBy(approved, null, Facts.Now));
    }

    [Fact]
    public void A_record_keeps_what_comes_back_and_cuts_it_too()
    {
        var image = Facts.Image(1, "1.0");
        var verdict = ForcedApproval.Over(
            Facts.Decide(image, Facts.Scan([.. Enumerable.Range(0, 50).Select(i => Facts.Finding($"CVE-{i}"))])),
            Forced,
            Facts.Now
        );
        var record = ImageRecord.Of(image, verdict, null, "01C", Facts.Now, image.Tags);

        Assert.Equal(ImageRecord.MaxReasons, record.Verdict.Instead!.Reasons.Count);
        Assert.Equal(Status.Blocked, record.Verdict.Instead.Status);
        Assert.Equal(
            Status.Approved,
            (record with { Forced = Forced }).AsOf(Facts.Now.AddHours(3), Facts.Policy).Verdict.Status
        );
    }

    [Fact]
    public void A_record_counts_as_what_it_stands_for_from_the_moment_on_which_it_is_not_forced_any_more()
    {
        var image = Facts.Image(1, "1.0");
        var record = ImageRecord.Of(
            image,
            ForcedApproval.Over(Facts.Verdict(Status.Blocked), Forced, Facts.Now),
            null,
            "01C",
            Facts.Now,
            image.Tags
        ) with
        {
            Forced = Forced,
        };
        var shortened = record with { Forced = Forced with { Until = Facts.Now.AddMinutes(1) } };

        Assert.Equal(
            (Status.Blocked, Facts.Verdict(Status.Blocked).Reasons.Count),
            (
                record.AsOf(Forced.Until, Facts.Policy).Verdict.Status,
                record.AsOf(Forced.Until, Facts.Policy).ReasonCount
            )
        );
        Assert.Equal(Status.Blocked, shortened.AsOf(Facts.Now.AddMinutes(1), Facts.Policy).Verdict.Status);
        Assert.False(shortened.IsDue(Facts.Policy.Version, Facts.Now));
        Assert.True(shortened.IsDue(Facts.Policy.Version, Facts.Now.AddMinutes(1)));
        Assert.True((Facts.Record(Status.Blocked) with { Forced = Forced }).IsDue(Facts.Policy.Version, Facts.Now));
        Assert.True(ApprovalAnswer.Answers(record, Facts.Policy.Version, Forced.Until));
    }

    [Theory]
    [InlineData("too short", 4, "The reason has 9 characters; it must say why, in 10 to 500.")]
    [InlineData("          a          ", 4, "The reason has 1 characters; it must say why, in 10 to 500.")]
    [InlineData(null, 4, "The reason has 0 characters; it must say why, in 10 to 500.")]
    [InlineData(
        "long enough\nand forged",
        4,
        "The reason has a control character (a line end or a tab, for example); it must be one line."
    )]
    [InlineData(
        "long enough",
        null,
        "The moment 'until' is missing, or no time with an offset; it must be one such as "
            + "2026-11-19T12:00:00Z, or 'now' to end what is in force."
    )]
    [InlineData("long enough", 0, "The moment 'until' is 2026-11-18T12:00:00Z, which is not in the future.")]
    [InlineData(
        "long enough",
        25,
        "The moment 'until' is 2026-11-19T13:00:00Z; an approval may be forced for at most 24 hours "
            + "(defaults.maxBreakGlassHours), to 2026-11-19T12:00:00Z."
    )]
    [InlineData("long enough", 24, null)]
    public void What_may_be_forced_has_limits(string? reason, int? hours, string? problem) =>
        Assert.Equal(
            problem,
            ForcedApproval.Problem(reason, hours is { } h ? Facts.Now.AddHours(h) : null, Facts.Policy, Facts.Now)
        );

    /// <summary>Whatever else is right or wrong about the order.</summary>
    [Theory]
    [InlineData("long enough", 1)]
    [InlineData("short", null)]
    public void Where_the_policy_allows_zero_hours_nothing_may_be_forced(string reason, int? hours) =>
        Assert.StartsWith(
            "The policy lets nobody force an approval (defaults.maxBreakGlassHours is 0).",
            ForcedApproval.Problem(
                reason,
                hours is { } h ? Facts.Now.AddHours(h) : null,
                Facts.Policy with
                {
                    Defaults = new() { MaxBreakGlassHours = 0 },
                },
                Facts.Now
            ),
            StringComparison.Ordinal
        );

    [Fact]
    public void What_proves_who_did_it_is_told_beside_the_name_that_the_caller_chose()
    {
        static string Told(ApiRequest request) =>
            ImageMessage
                .For(
                    BreakGlassAlert.Of(
                        new ForcedApprovalNotice(
                            Facts.Record(Status.Blocked),
                            Forced with
                            {
                                Request = request,
                            },
                            Ended: false
                        ),
                        Facts.Now
                    )
                )
                .Text;

        Assert.Contains(
            "Request   r1 to the API a1, signed with the access key ASIA1, by AROA1:ada\n",
            Told(new ApiRequest("a1", "r1") { AccessKeyId = "ASIA1", CallerId = "AROA1:ada" }),
            StringComparison.Ordinal
        );
        Assert.Contains(
            "Look for AssumeRole with this access key in AWS CloudTrail.",
            Told(new ApiRequest("a1", "r1") { AccessKeyId = "ASIA1" }),
            StringComparison.Ordinal
        );
        Assert.Contains("Request   r1 to the API a1\n", Told(new ApiRequest("a1", "r1")), StringComparison.Ordinal);
        Assert.DoesNotContain("CloudTrail", Told(new ApiRequest("a1", "r1")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, "break-glass", "EcrGuard: break-glass for pay/api:1.0", "START")]
    [InlineData(true, "break-glass-ended", "EcrGuard: break-glass ended for pay/api:1.0", "END")]
    public void Its_start_and_its_end_are_told_with_who_why_and_until_when(
        bool ended,
        string kind,
        string subject,
        string word
    )
    {
        var message = ImageMessage.For(
            BreakGlassAlert.Of(new ForcedApprovalNotice(Facts.Record(Status.Blocked), Forced, ended), Facts.Now) with
            {
                Team = "payments",
            }
        );

        Assert.Equal((subject, $"{Facts.Digest(1).Hex}:BREAKGLASS-{word}:01F"), (message.Subject, message.Id));
        foreach (
            var line in new[]
            {
                "Team      payments",
                "Status    BLOCKED since 2026-11-18 11:00 UTC; pipelines that ask EcrGuard get a "
                    + (ended ? "no\n" : "yes until "),
                "Severity  critical",
                "https://www.cve.org/CVERecord?id=CVE-2026-0001",
                "- Update openssl 3.0.1 → 3.0.2.",
                "\"vulnerability\": \"CVE-2026-0001\",",
                $"Who       {Forced.By}",
                $"Why       {Forced.Reason}",
                "When      from 2026-11-18 12:00 UTC to 2026-11-18 16:00 UTC",
                $"Alert     {message.Id}",
            }
        )
            Assert.Contains(line, message.Text, StringComparison.Ordinal);
        Assert.Contains(message.Attributes, attribute => attribute is { Name: "team", Value: "payments" });
        using var json = JsonDocument.Parse(message.Json);
        Assert.Equal(
            (kind, "BLOCKED", Forced.By),
            (
                json.RootElement.GetProperty("kind").GetString(),
                json.RootElement.GetProperty("status").GetString(),
                json.RootElement.GetProperty("breakGlass").GetProperty("by").GetString()
            )
        );
    }

    [Fact]
    public void A_reason_may_be_as_short_and_as_long_as_the_limits_say()
    {
        Assert.All(
            [ForcedApproval.MinReason, ForcedApproval.MaxReason],
            length => Assert.Null(ForcedApproval.Problem(new string('x', length)))
        );
        Assert.All(
            [ForcedApproval.MinReason - 1, ForcedApproval.MaxReason + 1],
            length => Assert.NotNull(ForcedApproval.Problem(new string('x', length)))
        );
    }

    [Fact]
    public void Its_end_is_news_for_a_week_from_the_moment_it_ends()
    {
        Assert.False(Forced.HasEndedLately(Forced.Until.AddTicks(-1)));
        Assert.True(Forced.HasEndedLately(Forced.Until));
        Assert.True(Forced.HasEndedLately(Forced.Until.AddDays(7).AddTicks(-1)));
        Assert.False(Forced.HasEndedLately(Forced.Until.AddDays(7)));
    }

    [Fact]
    public void Its_reason_has_a_code_of_its_own() =>
        Assert.Equal(
            ("break-glass", "break-glass"),
            (
                ForcedApproval.Over(Facts.Verdict(Status.Blocked), Forced, Facts.Now).Reasons[0].Code,
                ForcedApproval.StandsBy(Facts.Verdict(Status.Approved), Forced, Facts.Now)!.Code
            )
        );
}
