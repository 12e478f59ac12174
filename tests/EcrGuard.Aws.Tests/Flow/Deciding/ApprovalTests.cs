using EcrGuard.Core.Verdicts;
using EcrGuard.LocalAws;
using EcrGuard.LocalAws.Ecr;
using static EcrGuard.Aws.Tests.Flow.GuardFixture;

namespace EcrGuard.Aws.Tests.Flow;

/// <summary>
/// A pipeline asks. The answer comes from the ledger if the verdict holds, otherwise from fresh facts. A question never
/// writes.
/// </summary>
public sealed class ApprovalTests
{
    private const string Asked = $"{Repository}:1";

    [Fact]
    public async Task A_verdict_that_holds_is_answered_from_the_ledger()
    {
        await using var fixture = await StartAsync();
        var digest = await fixture.ScannedAsync("1", High);
        fixture.Aws.Requests.Take();
        var (status, body) = await fixture.Functions.AskAsync(Asked);
        Assert.Equal(
            (200, "APPROVED", true, digest),
            (
                status,
                body.GetProperty("status").GetString(),
                body.GetProperty("approved").GetBoolean(),
                body.GetProperty("digest").GetString()
            )
        );
        Assert.Equal(["DescribeImages", "BatchGetItem"], fixture.Aws.Requests.Select(r => r.Operation));
    }

    [Fact]
    public async Task Of_a_digest_registry_and_ledger_are_asked_at_the_same_time()
    {
        await using var fixture = await StartAsync();
        var digest = await fixture.ScannedAsync("1", High);
        fixture.Aws.Requests.Take();
        var together = false;
        fixture.Aws.Faults.Add(
            Fault.Meanwhile(() =>
                together = SpinWait.SpinUntil(
                    () => fixture.Aws.Requests.Any(request => request.Operation == "BatchGetItem"),
                    TimeSpan.FromSeconds(10)
                )
            ) with
            {
                Operation = "DescribeImages",
            }
        );

        var (status, body) = await fixture.Functions.AskAsync($"{Repository}@{digest}");

        Assert.True(together);
        Assert.Equal((200, "APPROVED"), (status, body.GetProperty("status").GetString()));
        Assert.Equal(2, fixture.Aws.Requests.Count);
    }

    [Fact]
    public async Task Two_hundred_questions_while_an_image_is_decided_get_one_answer_and_write_nothing()
    {
        await using var fixture = await StartAsync();
        var digest = fixture.Push("1");
        fixture.Aws.Ecr.CompleteScan(Repository, digest, Critical);
        List<(int Status, string? Word)> answers = [];
        List<string> calls = [];
        fixture.Aws.Faults.Add(
            Fault.Meanwhile(() =>
            {
                var before = fixture.Aws.Requests.Count;
                var asked = Enumerable.Range(0, 200).Select(_ => fixture.Functions.AskAsync(Asked));
                answers.AddRange(
                    Task.WhenAll(asked)
                        .GetAwaiter()
                        .GetResult()
                        .Select(answer => (answer.HttpStatus, answer.Body.GetProperty("status").GetString()))
                );
                calls.AddRange(fixture.Aws.Requests.Skip(before).Select(request => request.Operation));
            }) with
            {
                Operation = "DescribeImageScanFindings",
            }
        );

        await fixture.Functions.DeliverAllAsync();

        Assert.Equal(200, answers.Count);
        // Nothing is recorded yet but the push, which is believed for five minutes.
        Assert.Equal([(200, "PENDING")], answers.Distinct());
        Assert.All(calls, call => Assert.Matches("^(Describe|BatchGet|Get|List|Query)", call));
    }

    [Fact]
    public async Task A_tag_that_is_on_another_image_than_the_digest_beside_it_is_elsewhere_and_not_missing()
    {
        await using var fixture = await StartAsync();
        var first = await fixture.ScannedAsync("1");
        var second = fixture.Aws.Ecr.Push(Repository, Manifest.Image("newer"), "1");

        var (status, body) = await fixture.Functions.AskAsync($"{Repository}:1@{first}");

        Assert.Equal(
            (409, "TAG_MOVED", false),
            (status, body.GetProperty("status").GetString(), body.GetProperty("approved").GetBoolean())
        );
        Assert.Equal(
            $"The tag '1' of {Repository} is not on {first}: {second} carries it. Name the digest alone, or the tag "
                + "alone.",
            body.GetProperty("problem").GetString()
        );
        Assert.Equal(
            404,
            (await fixture.Functions.AskAsync($"{Repository}:2@sha256:{new string('0', 64)}")).HttpStatus
        );
        Assert.Equal(
            409,
            (await fixture.Functions.AskAsync($"{Repository}:1@sha256:{new string('0', 64)}")).HttpStatus
        );
        Assert.Equal(200, (await fixture.Functions.AskAsync($"{Repository}:1@{second}")).HttpStatus);
    }

    [Fact]
    public async Task Without_a_record_it_is_decided_from_fresh_facts()
    {
        await using var fixture = await StartAsync();
        fixture.Aws.Ecr.CompleteScan(Repository, fixture.Push("1"), Critical);
        await AssertAnswerAsync(fixture, fixture.Functions, "BLOCKED");
    }

    [Fact]
    public async Task An_image_that_came_back_after_it_was_gone_is_decided_from_fresh_facts()
    {
        await using var fixture = await StartAsync();
        var digest = await fixture.ScannedAsync("1");
        fixture.Aws.Ecr.Delete(Repository, digest);
        await fixture.Functions.DeliverAllAsync();
        fixture.Aws.Ecr.CompleteScan(Repository, fixture.Push("1"), Critical);
        await AssertAnswerAsync(fixture, fixture.Functions, "BLOCKED");
    }

    [Theory]
    [InlineData(4, "PENDING")]
    [InlineData(6, "APPROVED")]
    public async Task Pending_is_believed_for_five_minutes(int minutes, string expected)
    {
        await using var fixture = await StartAsync();
        var digest = fixture.Push("1");
        await fixture.Functions.DeliverAllAsync();
        // The scan ends, and its event is lost.
        fixture.Aws.Ecr.CompleteScan(Repository, digest);
        fixture.Time.Advance(TimeSpan.FromMinutes(minutes));
        await AssertAnswerAsync(fixture, fixture.Functions, expected);
    }

    [Fact]
    public async Task Another_policy_decides_again()
    {
        await using var fixture = await StartAsync();
        await fixture.ScannedAsync("1", High);
        await AssertAnswerAsync(fixture, fixture.Functions, "APPROVED");
        var stricter = fixture.Deploy(
            """{ "version": 1, "rules": [ { "id": "high", "severity": ["HIGH"], "then": "block" } ] }"""
        );
        await AssertAnswerAsync(fixture, stricter, "BLOCKED");
    }

    [Fact]
    public async Task A_verdict_ends_with_the_waiver_that_it_rests_on()
    {
        await using var fixture = await StartAsync();
        var waiving = fixture.Deploy(
            """
            { "version": 1, "waivers": [ { "id": "W1", "vulnerability": "CVE-2026-1001", "reason": "not reachable", "owner": "shop", "approvedBy": "security", "expires": "2026-11-20" } ] }
            """
        );
        var digest = fixture.Push("1");
        fixture.Aws.Ecr.CompleteScan(Repository, digest, Critical);
        await waiving.DeliverAllAsync();
        await AssertAnswerAsync(fixture, waiving, "APPROVED");
        fixture.Time.Advance(TimeSpan.FromDays(3));
        await AssertAnswerAsync(fixture, waiving, "BLOCKED");
    }

    [Fact]
    public async Task A_scan_grows_too_old_without_any_event()
    {
        await using var fixture = await StartAsync();
        await fixture.ScannedAsync("1");
        fixture.Time.Advance(TimeSpan.FromDays(31));
        await AssertAnswerAsync(fixture, fixture.Functions, "STALE");
    }

    public static TheoryData<string> Failures =>
        ["throttled", "internal error", "expired credentials", "no answer in time", "closed", "half an answer"];

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task What_was_blocked_stays_blocked_and_what_was_approved_is_an_error_when_the_facts_cannot_be_read(
        string failure
    )
    {
        await using var fixture = await StartAsync();
        await fixture.ScannedAsync("1", Critical);
        await fixture.ScannedAsync("2");
        // The facts in the ledger are too old for a decision by another policy.
        fixture.Time.Advance(ImageRecord.SweepAge);
        var other = fixture.Deploy(
            """{ "version": 1, "rules": [ { "id": "low", "severity": ["LOW"], "then": "warn" } ] }""",
            new DeploymentOptions(Timeout: TimeSpan.FromSeconds(2))
        );
        fixture.Aws.Faults.Add(
            (
                failure switch
                {
                    "throttled" => Fault.Throttle,
                    "internal error" => Fault.InternalError,
                    "expired credentials" => Fault.ExpiredCredentials,
                    "no answer in time" => Fault.Delay(TimeSpan.FromMinutes(1)),
                    "closed" => Fault.CloseBefore,
                    "half an answer" => Fault.HalfSent,
                    _ => throw new ArgumentOutOfRangeException(nameof(failure)),
                }
            ) with
            {
                Operation = "DescribeImageScanFindings",
                Times = int.MaxValue,
            }
        );

        var (status, body) = await other.AskAsync(Asked);
        Assert.Equal(
            (200, "BLOCKED", false),
            (status, body.GetProperty("status").GetString(), body.GetProperty("approved").GetBoolean())
        );
        (status, body) = await other.AskAsync($"{Repository}:2");
        Assert.Equal(
            (503, "ERROR", false),
            (status, body.GetProperty("status").GetString(), body.GetProperty("approved").GetBoolean())
        );
    }

    [Theory]
    [InlineData("DescribeImages")]
    [InlineData("BatchGetItem")]
    public async Task Nothing_is_approved_because_something_failed(string operation)
    {
        await using var fixture = await StartAsync();
        await fixture.ScannedAsync("1");
        fixture.Aws.Faults.Add(Fault.InternalError with { Operation = operation });
        var (status, body) = await fixture.Functions.AskAsync(Asked);
        Assert.Equal(
            (503, "ERROR", false),
            (status, body.GetProperty("status").GetString(), body.GetProperty("approved").GetBoolean())
        );
    }

    [Fact]
    public async Task An_index_that_nobody_has_recorded_is_judged_by_its_platforms()
    {
        await using var fixture = await StartAsync();
        var (amd64, arm64) = (Manifest.Image("amd64"), Manifest.Image("arm64"));
        fixture.Aws.Ecr.Push(
            Repository,
            Manifest.Index([("linux/amd64", amd64), ("linux/arm64", arm64)], attestations: true),
            "1"
        );
        fixture.Aws.Ecr.CompleteScan(Repository, amd64.Digest);
        await AssertAnswerAsync(fixture, fixture.Functions, "PENDING");
        fixture.Aws.Ecr.CompleteScan(Repository, arm64.Digest, Critical);
        var body = await AssertAnswerAsync(fixture, fixture.Functions, "BLOCKED");
        Assert.StartsWith(
            "linux/arm64: CVE-2026-1001",
            body.GetProperty("reasons")[0].GetProperty("sentence").GetString(),
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData(0, "0 seconds")]
    [InlineData(100, "100 seconds")]
    [InlineData(1000, "16 minutes")]
    [InlineData(3 * 3600, "3 hours")]
    public async Task Pending_is_answered_at_once_with_how_long_the_scan_has_been_waited_for(int seconds, string told)
    {
        await using var fixture = await StartAsync();
        fixture.Push("1");
        var since = fixture.Time.GetUtcNow();
        await fixture.Functions.DeliverAllAsync();
        fixture.Time.Advance(TimeSpan.FromSeconds(seconds));

        // Only the test moves this clock, so a function that waited would never answer.
        var body = await AssertAnswerAsync(fixture, fixture.Functions, "PENDING");

        var reason = body.GetProperty("reasons").EnumerateArray().Last();
        Assert.Equal(
            (
                "waiting",
                $"This image has waited for its scan for {told}, since {since:yyyy-MM-dd HH:mm:ss} UTC; ask "
                    + "again in 15 seconds."
            ),
            (reason.GetProperty("code").GetString(), reason.GetProperty("sentence").GetString())
        );
        Assert.Equal(since, body.GetProperty("waitingSince").GetDateTimeOffset(), TimeSpan.FromMilliseconds(500));
        Assert.Equal(15, body.GetProperty("retryAfterSeconds").GetInt32());
        Assert.Equal(body.GetProperty("reasons").GetArrayLength(), body.GetProperty("reasonCount").GetInt32());
    }

    [Fact]
    public async Task Where_the_ledger_knows_nothing_a_scan_is_waited_for_since_the_push()
    {
        await using var fixture = await StartAsync();
        fixture.Push("1");
        var since = fixture.Time.GetUtcNow();
        fixture.Time.Advance(TimeSpan.FromMinutes(7));

        var body = await AssertAnswerAsync(fixture, fixture.Functions, "PENDING");

        Assert.Contains(
            "for 7 minutes,",
            body.GetProperty("reasons").EnumerateArray().Last().GetProperty("sentence").GetString(),
            StringComparison.Ordinal
        );
        Assert.Equal(since, body.GetProperty("waitingSince").GetDateTimeOffset(), TimeSpan.FromMilliseconds(500));
    }

    [Fact]
    public async Task A_gate_that_cannot_answer_is_counted_and_a_no_is_not()
    {
        await using var fixture = await StartAsync();
        await fixture.ScannedAsync("1", Critical);
        static int Counted(GuardFixture fixture) =>
            fixture
                .Functions.Lines.ToString()
                .Split($"\"{EcrGuard.Lambda.Functions.Approval.CouldNotAnswer}\":1")
                .Length - 1;

        await fixture.Functions.AskAsync(Asked, require: true);
        await fixture.Functions.AskAsync($"{Repository}:9");
        await fixture.Functions.AskAsync("");
        Assert.Equal(0, Counted(fixture));
        foreach (var operation in new[] { "DescribeImages", "BatchGetItem" })
        {
            fixture.Aws.Faults.Add(Fault.InternalError with { Operation = operation });
            Assert.Equal(503, (await fixture.Functions.AskAsync(Asked)).HttpStatus);
        }
        Assert.Equal(2, Counted(fixture));
    }

    [Theory]
    [InlineData($"{Repository}:9", 404)]
    [InlineData("no/such:1", 404)]
    [InlineData("", 400)]
    [InlineData("123456789012.dkr.ecr.us-east-1.amazonaws.com/shop/web:1", 400)]
    public async Task A_question_about_nothing_says_what_is_wrong_with_it(string image, int expected)
    {
        await using var fixture = await StartAsync();
        var (status, body) = await fixture.Functions.AskAsync(image);
        Assert.Equal((expected, false), (status, body.GetProperty("approved").GetBoolean()));
        Assert.NotEmpty(body.GetProperty("problem").GetString()!);
    }

    [Fact]
    public async Task A_gate_gets_412_unless_approved()
    {
        await using var fixture = await StartAsync();
        await fixture.ScannedAsync("1", Critical);
        await fixture.ScannedAsync("2");
        Assert.Equal(412, (await fixture.Functions.AskAsync(Asked, require: true)).HttpStatus);
        Assert.Equal(200, (await fixture.Functions.AskAsync($"{Repository}:2", require: true)).HttpStatus);
    }

    /// <summary>Asks, and checks that the question wrote nothing.</summary>
    private static async Task<System.Text.Json.JsonElement> AssertAnswerAsync(
        GuardFixture fixture,
        Deployed functions,
        string expected
    )
    {
        var items = fixture.Aws.DynamoDb.Items(Table).Select(item => item.ToJsonString()).ToList();
        fixture.Aws.Requests.Take();
        var (status, body) = await functions.AskAsync(Asked);
        Assert.Equal((200, expected), (status, body.GetProperty("status").GetString()));
        Assert.All(fixture.Aws.Requests, r => Assert.Matches("^(Get|BatchGet|Describe|List|Query)", r.Operation));
        Assert.Equal(items, fixture.Aws.DynamoDb.Items(Table).Select(item => item.ToJsonString()));
        return body;
    }
}
