using System.Text.Json;
using Amazon.Lambda.APIGatewayEvents;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Images;
using EcrGuard.Core.Use;
using EcrGuard.Lambda.Functions;
using EcrGuard.LocalAws;
using EcrGuard.LocalAws.Ecr;
using static EcrGuard.Aws.Tests.Flow.GuardFixture;

namespace EcrGuard.Aws.Tests.Flow;

/// <summary>Break-glass: an identity forces an approval; it is reported, recorded, and ended on time.</summary>
public sealed class BreakGlassTests
{
    private const string Ada = "arn:aws:sts::123456789012:assumed-role/EcrGuardBreakGlass/ada";
    private const string Why = "The shop is down; this image mends it.";

    internal static async Task<(int Status, JsonElement Body)> ForceAsync(
        GuardFixture fixture,
        string body,
        string? by = Ada,
        string? key = "ASIAEXAMPLEKEY",
        string? userId = "AROAEXAMPLEID:ada",
        Deployed? functions = null
    )
    {
        var response = await (functions ?? fixture.Functions)
            .Part<BreakGlass>()
            .BreakGlassAsync(
                new BreakGlassRequest(
                    body,
                    false,
                    new APIGatewayHttpApiV2ProxyRequest.ProxyRequestContext
                    {
                        ApiId = "a1b2c3",
                        RequestId = "JKJaXmPLvHcESHA=",
                        RouteKey = "POST /breakglass",
                        Stage = "$default",
                        Authorizer = by is null
                            ? null
                            : new()
                            {
                                IAM = new()
                                {
                                    UserARN = by,
                                    AccessKey = key,
                                    CallerId = "AROAEXAMPLEID:ada",
                                    UserId = userId,
                                },
                            },
                    }
                ),
                new Invocation()
            );
        using var answer = JsonDocument.Parse(response.GetProperty("body").GetString()!);
        return (response.GetProperty("statusCode").GetInt32(), answer.RootElement.Clone());
    }

    internal static string Order(GuardFixture fixture, string image, double hours = 4) =>
        $$"""{ "image": "{{image}}", "reason": "{{Why}}", "until": "{{fixture.Time.GetUtcNow().AddHours(hours):yyyy-MM-dd'T'HH:mm:ss'Z'}}" }""";

    internal static string Revocation(string image) =>
        $$"""{ "image": "{{image}}", "reason": "It was the wrong image.", "until": "now" }""";

    private static Task<BreakGlassEnds> TickAsync(GuardFixture fixture) =>
        fixture.Functions.Part<EndBreakGlass>().EndBreakGlassAsync(new ScheduledRequest(null), new Invocation());

    private static IEnumerable<string> Kinds(GuardFixture fixture) =>
        fixture.Alerts.Select(a => a.Attributes["kind"].Value).Where(kind => kind is not ("backfill" or "sweep"));

    private static async Task<string> AskAsync(GuardFixture fixture, string image) =>
        (await fixture.Functions.AskAsync(image)).Body.GetProperty("status").GetString()!;

    private static Task SayAsync(GuardFixture fixture, string digest) =>
        fixture.Functions.SayDueAsync(Id(digest), new ImageUsage(UseState.Unknown, [], []));

    private static ImageId Id(string digest) =>
        new(new RepositoryId("123456789012", "eu-central-1", Repository), Digest.Parse(digest));

    /// <summary>
    /// An approval that was forced before break-glass was closed is still in force, but no longer counts.
    /// </summary>
    [Fact]
    public async Task While_the_policy_lets_nobody_force_an_approval_none_that_is_in_force_counts()
    {
        await using var fixture = await StartAsync();
        await fixture.Functions.BackfillAsync();
        var digest = await fixture.ScannedAsync("1", Critical);
        await ForceAsync(fixture, Order(fixture, $"{Repository}:1"));
        Assert.Equal("APPROVED", await AskAsync(fixture, $"{Repository}:1"));
        Assert.DoesNotContain(BlockedTag(digest), fixture.Tags(digest));

        var closed = fixture.Deploy(
            """
            { "version": 1, "defaults": { "maxBreakGlassHours": 0 },
              "enforcement": [ { "repositories": ["*"], "mode": "mark" } ] }
            """
        );
        Assert.Equal("BLOCKED", (await closed.AskAsync($"{Repository}:1")).Body.GetProperty("status").GetString());
        await closed.SweepAsync();
        Assert.Equal("BLOCKED", fixture.Status(digest));
        Assert.Contains(BlockedTag(digest), fixture.Tags(digest));

        // It can still be ended.
        Assert.Equal(200, (await ForceAsync(fixture, Revocation($"{Repository}:1"), functions: closed)).Status);
    }

    [Fact]
    public async Task A_blocked_image_is_approved_told_and_recorded_and_its_blocking_tag_goes()
    {
        await using var fixture = await StartAsync();
        var digest = await fixture.ScannedAsync("1", Critical);

        var (status, answer) = await ForceAsync(fixture, Order(fixture, $"{Repository}:1"));

        Assert.Equal(
            (200, "APPROVED", true, digest),
            (
                status,
                answer.GetProperty("status").GetString(),
                answer.GetProperty("approved").GetBoolean(),
                answer.GetProperty("digest").GetString()
            )
        );
        Assert.Contains(
            $"{Ada} said on ",
            answer.GetProperty("reasons")[0].GetProperty("sentence").GetString(),
            StringComparison.Ordinal
        );
        Assert.Equal("critical", answer.GetProperty("reasons")[1].GetProperty("code").GetString());
        Assert.Equal(["1"], fixture.Tags(digest));
        Assert.Equal(["blocked", "break-glass", "lifted"], Kinds(fixture));
        var history = Assert.Single(fixture.Items("B#"))["breakGlass"]!.GetValue<string>();
        Assert.Contains(Ada, history, StringComparison.Ordinal);
        Assert.Contains(Why, history, StringComparison.Ordinal);
    }

    [Fact]
    public async Task That_nobody_can_pull_an_archived_image_is_said_with_what_brings_it_back()
    {
        await using var fixture = await StartAsync();
        var digest = await fixture.ScannedAsync("1", Critical);
        fixture.Aws.Ecr.Archive(Repository, digest);

        var (status, answer) = await ForceAsync(fixture, Order(fixture, $"{Repository}@{digest}"));

        Assert.Equal(200, status);
        var warning = answer.GetProperty("warnings").EnumerateArray().Last();
        Assert.Equal("archived", warning.GetProperty("code").GetString());
        Assert.Contains(
            $"'aws ecr update-image-storage-class --repository-name {Repository} --image-id imageDigest={digest} "
                + "--target-storage-class STANDARD'",
            warning.GetProperty("sentence").GetString(),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task It_ends_on_the_moment_for_whoever_asks_and_for_the_sweep_alike()
    {
        await using var fixture = await StartAsync();
        var digest = await fixture.ScannedAsync("1", Critical);
        await ForceAsync(fixture, Order(fixture, $"{Repository}:1"));
        await SayAsync(fixture, digest);
        Assert.Equal(3, fixture.Alerts.Count);

        fixture.Time.Advance(TimeSpan.FromHours(4) - TimeSpan.FromMinutes(1));
        Assert.Equal("APPROVED", await AskAsync(fixture, $"{Repository}:1"));
        fixture.Time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal("BLOCKED", await AskAsync(fixture, $"{Repository}:1"));

        // Any later decision ends it in the ledger; nothing needs a new scan.
        fixture.Aws.Ecr.FailScan(Repository, digest, "FAILED", "");
        await fixture.Functions.DeliverAllAsync();
        Assert.Equal("BLOCKED", fixture.Status(digest));
        Assert.Contains(BlockedTag(digest), fixture.Tags(digest));
        await SayAsync(fixture, digest);
        await SayAsync(fixture, digest);
        Assert.Equal(["blocked", "break-glass", "lifted", "blocked", "break-glass-ended"], Kinds(fixture));
    }

    [Fact]
    public async Task Where_nobody_asks_a_tick_brings_what_follows_from_its_end_and_tells_it_once()
    {
        await using var fixture = await StartAsync();
        var digest = await fixture.ScannedAsync("1", Critical);
        await ForceAsync(fixture, Order(fixture, $"{Repository}:1", hours: 1));
        Assert.Equal(new BreakGlassEnds(0, 0), await TickAsync(fixture));
        Assert.Equal("APPROVED", fixture.Status(digest));

        fixture.Time.Advance(TimeSpan.FromHours(1));
        fixture.Aws.Requests.Take();
        Assert.Equal(new BreakGlassEnds(1, 1), await TickAsync(fixture));
        Assert.Equal("BLOCKED", fixture.Status(digest));
        Assert.Contains(BlockedTag(digest), fixture.Tags(digest));
        Assert.DoesNotContain(fixture.Aws.Requests.Take(), request => request.Operation == "DescribeImageScanFindings");
        Assert.Equal(new BreakGlassEnds(0, 0), await TickAsync(fixture));
        Assert.Equal("Query", Assert.Single(fixture.Aws.Requests.Take()).Operation);
        await SayAsync(fixture, digest);
        Assert.Equal(["blocked", "break-glass", "lifted", "blocked", "break-glass-ended"], Kinds(fixture));
    }

    [Fact]
    public async Task What_a_tick_could_not_do_fails_it_and_is_done_by_the_next()
    {
        await using var fixture = await StartAsync();
        var digest = await fixture.ScannedAsync("1", Critical);
        await ForceAsync(fixture, Order(fixture, $"{Repository}:1", hours: 1));
        fixture.Time.Advance(TimeSpan.FromHours(1));
        fixture.Aws.Faults.Add(Fault.Unavailable with { Operation = "PutImage" });

        Assert.Contains(
            "1 could not",
            (await Assert.ThrowsAsync<InvalidOperationException>(() => TickAsync(fixture))).Message,
            StringComparison.Ordinal
        );
        Assert.Contains("break-glass-ended", Kinds(fixture));
        Assert.Equal(new BreakGlassEnds(1, 1), await TickAsync(fixture));
        Assert.Contains(BlockedTag(digest), fixture.Tags(digest));
        Assert.Single(Kinds(fixture), "break-glass-ended");
    }

    [Fact]
    public async Task An_image_that_is_gone_by_then_has_its_end_told_too()
    {
        await using var fixture = await StartAsync();
        var digest = await fixture.ScannedAsync("1", Critical);
        await ForceAsync(fixture, Order(fixture, $"{Repository}:1", hours: 1));
        fixture.Aws.Ecr.Delete(Repository, digest);
        fixture.Time.Advance(TimeSpan.FromHours(1));

        Assert.Equal(new BreakGlassEnds(1, 1), await TickAsync(fixture));
        Assert.Contains("break-glass-ended", Kinds(fixture));
    }

    [Fact]
    public async Task Whoever_shortens_it_is_believed_whatever_else_fails()
    {
        await using var fixture = await StartAsync();
        var digest = await fixture.ScannedAsync("1", Critical);
        await ForceAsync(fixture, Order(fixture, $"{Repository}:1", hours: 20));
        fixture.Aws.Faults.Add(Fault.Unavailable with { Operation = "DescribeImages", From = 2, Times = int.MaxValue });
        await ForceAsync(fixture, Order(fixture, $"{Repository}:1", hours: 1.0 / 60));
        fixture.Aws.Faults.Clear();
        Assert.Equal("APPROVED", fixture.Status(digest));

        fixture.Time.Advance(TimeSpan.FromHours(4));
        Assert.Equal("BLOCKED", await AskAsync(fixture, $"{Repository}:1"));
        Assert.True(
            (await fixture.Functions.Part<ImageRecords>().FindAsync(Id(digest), CancellationToken.None))!.Record.IsDue(
                fixture.Functions.Part<Core.Policy.PolicyDocument>().Version,
                fixture.Time.GetUtcNow()
            )
        );
        Assert.Equal(new BreakGlassEnds(2, 2), await TickAsync(fixture));
        Assert.Equal("BLOCKED", fixture.Status(digest));
        Assert.Equal(
            ["blocked", "break-glass", "lifted", "break-glass", "break-glass-ended", "blocked", "break-glass-ended"],
            Kinds(fixture)
        );
        Assert.Contains(
            "A forced approval was ended before its time.",
            fixture.Alerts[4].Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task An_order_until_now_ends_what_is_in_force_and_is_recorded_and_told()
    {
        await using var fixture = await StartAsync();
        var digest = await fixture.ScannedAsync("1", Critical);
        await ForceAsync(fixture, Order(fixture, $"{Repository}:1", hours: 20));

        var (status, answer) = await ForceAsync(
            fixture,
            Revocation($"{Repository}:1"),
            by: "arn:aws:iam::123456789012:user/bob"
        );
        Assert.Equal((200, "BLOCKED"), (status, answer.GetProperty("status").GetString()));
        Assert.Equal("BLOCKED", fixture.Status(digest));
        Assert.Contains(BlockedTag(digest), fixture.Tags(digest));
        var history = Assert.Single(fixture.Items("B#"))["breakGlass"]!.GetValue<string>();
        Assert.All(
            [Ada, Why, "user/bob", "It was the wrong image.", "2026-11-19T"],
            part => Assert.Contains(part, history, StringComparison.Ordinal)
        );
        var end = Assert.Single(fixture.Alerts, alert => alert.Attributes["kind"].Value == "break-glass-ended").Message;
        Assert.All(
            [Ada, "user/bob", "It was the wrong image."],
            part => Assert.Contains(part, end, StringComparison.Ordinal)
        );

        Assert.Equal(new BreakGlassEnds(1, 1), await TickAsync(fixture));
        Assert.Single(Kinds(fixture), "break-glass-ended");
        Assert.Equal(400, (await ForceAsync(fixture, Revocation($"{Repository}:1"))).Status);
    }

    [Fact]
    public async Task An_end_that_cannot_be_told_is_one_all_the_same_and_is_told_by_a_tick()
    {
        await using var fixture = await StartAsync();
        var digest = await fixture.ScannedAsync("1", Critical);
        await ForceAsync(fixture, Order(fixture, $"{Repository}:1", hours: 20));
        fixture.Aws.Faults.Add(Fault.Unavailable with { Operation = "Publish" });

        Assert.Equal(503, (await ForceAsync(fixture, Revocation($"{Repository}@{digest}"))).Status);
        Assert.Equal("BLOCKED", await AskAsync(fixture, $"{Repository}:1"));
        Assert.Equal(new BreakGlassEnds(1, 1), await TickAsync(fixture));
        Assert.Contains("break-glass-ended", Kinds(fixture));
        Assert.Contains(BlockedTag(digest), fixture.Tags(digest));
    }

    [Fact]
    public async Task One_that_replaces_another_whose_end_nobody_has_told_tells_it_first()
    {
        await using var fixture = await StartAsync();
        await fixture.ScannedAsync("1", Critical);
        await ForceAsync(fixture, Order(fixture, $"{Repository}:1", hours: 1));
        fixture.Time.Advance(TimeSpan.FromHours(2));
        await ForceAsync(fixture, Order(fixture, $"{Repository}:1", hours: 1));

        Assert.Equal(["blocked", "break-glass", "lifted", "break-glass-ended", "break-glass"], Kinds(fixture));
    }

    [Fact]
    public async Task Of_two_first_orders_at_once_the_later_ends_the_other_and_its_end_is_told_when_it_is_one()
    {
        await using var fixture = await StartAsync();
        var digest = await fixture.ScannedAsync("1", Critical);
        fixture.Aws.Faults.Add(
            Fault.Meanwhile(() =>
                Assert.Equal(
                    200,
                    ForceAsync(
                            fixture,
                            Order(fixture, $"{Repository}:1", hours: 1),
                            by: "arn:aws:iam::123456789012:user/bob"
                        )
                        .GetAwaiter()
                        .GetResult()
                        .Status
                )
            ) with
            {
                Operation = "TransactWriteItems",
            }
        );

        Assert.Equal(200, (await ForceAsync(fixture, Order(fixture, $"{Repository}:1", hours: 4))).Status);

        Assert.Equal(0, fixture.Aws.Faults.Outstanding);
        Assert.Equal(2, fixture.Items("B#").Count);
        var replaced = Assert.Single(
            fixture.Items("B#"),
            item => item["breakGlass"]!.GetValue<string>().Contains("\"revoked\"", StringComparison.Ordinal)
        )["breakGlass"]!.GetValue<string>();
        Assert.All(["user/bob", Ada], part => Assert.Contains(part, replaced, StringComparison.Ordinal));
        Assert.Equal(["blocked", "break-glass", "break-glass", "lifted", "break-glass-ended"], Kinds(fixture));

        // Nothing ends at the end of the first one. The other one holds until its own end.
        fixture.Time.Advance(TimeSpan.FromHours(1));
        await TickAsync(fixture);
        Assert.Single(Kinds(fixture), "break-glass-ended");
        Assert.Equal("APPROVED", await AskAsync(fixture, $"{Repository}@{digest}"));
        fixture.Time.Advance(TimeSpan.FromHours(3));
        Assert.Equal("BLOCKED", await AskAsync(fixture, $"{Repository}@{digest}"));
    }

    [Fact]
    public async Task An_order_to_end_what_is_in_force_ends_what_took_its_place_meanwhile()
    {
        await using var fixture = await StartAsync();
        var digest = await fixture.ScannedAsync("1", Critical);
        await ForceAsync(fixture, Order(fixture, $"{Repository}:1", hours: 1));
        fixture.Aws.Faults.Add(
            Fault.Meanwhile(() =>
                Assert.Equal(
                    200,
                    ForceAsync(fixture, Order(fixture, $"{Repository}:1", hours: 4)).GetAwaiter().GetResult().Status
                )
            ) with
            {
                Operation = "TransactWriteItems",
            }
        );

        Assert.Equal(
            200,
            (await ForceAsync(fixture, Revocation($"{Repository}:1"), by: "arn:aws:iam::123456789012:user/bob")).Status
        );

        Assert.Equal(0, fixture.Aws.Faults.Outstanding);
        Assert.Equal("BLOCKED", await AskAsync(fixture, $"{Repository}@{digest}"));
        Assert.Equal(
            2,
            fixture
                .Items("B#")
                .Count(item => item["breakGlass"]!.GetValue<string>().Contains("\"revoked\"", StringComparison.Ordinal))
        );
        Assert.Equal(2, Kinds(fixture).Count(kind => kind == "break-glass-ended"));
        Assert.Equal(new BreakGlassEnds(2, 2), await TickAsync(fixture));
    }

    [Fact]
    public async Task A_verdict_that_is_stored_meanwhile_does_not_keep_an_order_from_being_done()
    {
        await using var fixture = await StartAsync();
        var digest = await fixture.ScannedAsync("1", Critical);
        fixture.Aws.Faults.Add(
            Fault.Meanwhile(() =>
            {
                fixture.Time.Advance(TimeSpan.FromSeconds(1));
                fixture.Aws.Ecr.CompleteScan(Repository, digest, Critical, High);
                fixture.Functions.DeliverAllAsync().GetAwaiter().GetResult();
            }) with
            {
                Operation = "TransactWriteItems",
            }
        );

        Assert.Equal(200, (await ForceAsync(fixture, Order(fixture, $"{Repository}:1"))).Status);

        Assert.Equal(0, fixture.Aws.Faults.Outstanding);
        Assert.Equal("APPROVED", await AskAsync(fixture, $"{Repository}@{digest}"));
        Assert.Single(Kinds(fixture), "break-glass");
        Assert.Single(fixture.Items("B#"));
    }

    [Fact]
    public async Task What_names_the_request_is_recorded_and_told_so_that_the_access_log_can_refute_it()
    {
        await using var fixture = await StartAsync();
        await fixture.ScannedAsync("1", Critical);
        await ForceAsync(fixture, Order(fixture, $"{Repository}:1"));

        Assert.All(
            [Assert.Single(fixture.Items("B#"))["breakGlass"]!.GetValue<string>(), fixture.Alerts[1].Message],
            text =>
                Assert.All(
                    ["a1b2c3", "JKJaXmPLvHcESHA="],
                    part => Assert.Contains(part, text, StringComparison.Ordinal)
                )
        );
    }

    [Fact]
    public async Task The_access_key_that_signed_it_is_recorded_told_and_summed_up_since_a_session_has_the_name_that_its_caller_chose()
    {
        await using var fixture = await StartAsync();
        await fixture.ScannedAsync("1", Critical);
        await ForceAsync(fixture, Order(fixture, $"{Repository}:1"));
        await ForceAsync(fixture, Revocation($"{Repository}:1"), key: "AKIA" + new string('X', 500));
        await fixture.Functions.SummaryAsync("2026-W47");

        var history = Assert.Single(fixture.Items("B#"))["breakGlass"]!.GetValue<string>();
        var end = Assert.Single(fixture.Alerts, alert => alert.Attributes["kind"].Value == "break-glass-ended").Message;
        Assert.All(
            [history, end],
            text =>
                Assert.All(
                    ["ASIAEXAMPLEKEY", "AROAEXAMPLEID:ada", "AKIAXXX"],
                    part => Assert.Contains(part, text, StringComparison.Ordinal)
                )
        );
        Assert.All([history, end], text => Assert.DoesNotContain(new string('X', 201), text, StringComparison.Ordinal));
        Assert.Contains(
            $"by {Ada} with the access key ASIAEXAMPLEKEY: {Why}",
            Assert.Single(fixture.Aws.Sns.Messages, m => m.TopicArn == fixture.SummaryTopic).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task The_weekly_summary_lists_it_in_force_and_ended()
    {
        await using var fixture = await StartAsync();
        await fixture.ScannedAsync("1", Critical);
        await ForceAsync(fixture, Order(fixture, $"{Repository}:1"));
        await fixture.Functions.SummaryAsync("2026-W47");
        fixture.Time.Advance(TimeSpan.FromHours(5));
        await fixture.Functions.SummaryAsync("2026-W47");

        var sent = fixture
            .Aws.Sns.Messages.Where(m => m.TopicArn == fixture.SummaryTopic)
            .Select(m => m.Message)
            .ToList();
        Assert.All(sent, text => Assert.Contains(Ada, text, StringComparison.Ordinal));
        Assert.Contains("1 in force, 0 ended this week", sent[0], StringComparison.Ordinal);
        Assert.Contains("for 1 of them by break-glass", sent[0], StringComparison.Ordinal);
        Assert.Contains("0 in force, 1 ended this week", sent[1], StringComparison.Ordinal);
        Assert.Contains("without it BLOCKED", sent[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_sweep_after_its_end_blocks_the_image_again_and_says_so_once()
    {
        await using var fixture = await StartAsync();
        await fixture.Functions.BackfillAsync();
        var digest = await fixture.ScannedAsync("1", Critical);
        await ForceAsync(fixture, Order(fixture, $"{Repository}:1"));
        await fixture.Functions.SweepAsync();
        Assert.DoesNotContain(BlockedTag(digest), fixture.Tags(digest));

        fixture.Time.Advance(TimeSpan.FromHours(5));
        for (var day = 0; day < 3; day++)
        {
            await fixture.Functions.SweepAsync();
            Assert.Contains(BlockedTag(digest), fixture.Tags(digest));
            fixture.Time.Advance(TimeSpan.FromDays(1));
        }
        Assert.Equal(["blocked", "break-glass", "lifted", "blocked", "break-glass-ended"], Kinds(fixture));
    }

    [Fact]
    public async Task New_findings_and_scans_do_not_end_it()
    {
        await using var fixture = await StartAsync();
        var digest = await fixture.ScannedAsync("1", Critical);
        await ForceAsync(fixture, Order(fixture, $"{Repository}@{digest}"));
        fixture.Aws.Ecr.CompleteScan(
            Repository,
            digest,
            Critical,
            new LocalFinding("CVE-2026-1002", "CRITICAL", new LocalPackage("openssl", "3.0.11"))
        );
        await fixture.Functions.DeliverAllAsync();

        Assert.Equal("APPROVED", fixture.Status(digest));
        Assert.Equal("APPROVED", await AskAsync(fixture, $"{Repository}:1"));
        Assert.Contains("CVE-2026-1002", fixture.Item(digest)["record"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_index_is_approved_for_itself_and_not_for_its_platforms_nor_a_platform_for_its_index()
    {
        await using var fixture = await StartAsync();
        var platform = Manifest.Image("amd64");
        var index = fixture.Aws.Ecr.Push(Repository, Manifest.Index([("linux/amd64", platform)]), "1");
        fixture.Aws.Ecr.CompleteScan(Repository, platform.Digest, Critical);
        await fixture.Functions.DeliverAllAsync();

        await ForceAsync(fixture, Order(fixture, $"{Repository}@{platform.Digest}"));
        Assert.Equal(
            ("APPROVED", "BLOCKED"),
            (await AskAsync(fixture, $"{Repository}@{platform.Digest}"), await AskAsync(fixture, $"{Repository}:1"))
        );

        fixture.Time.Advance(TimeSpan.FromHours(5));
        await ForceAsync(fixture, Order(fixture, $"{Repository}@{index}"));
        Assert.Equal(
            ("BLOCKED", "APPROVED"),
            (await AskAsync(fixture, $"{Repository}@{platform.Digest}"), await AskAsync(fixture, $"{Repository}:1"))
        );
    }

    [Fact]
    public async Task An_image_that_nobody_has_judged_is_judged_first()
    {
        await using var fixture = await StartAsync();
        var digest = fixture.Push("1");
        fixture.Aws.Events.Take();

        Assert.Equal(
            "APPROVED",
            (await ForceAsync(fixture, Order(fixture, $"{Repository}:1"))).Body.GetProperty("status").GetString()
        );
        fixture.Time.Advance(TimeSpan.FromHours(4));
        Assert.Equal("PENDING", await AskAsync(fixture, $"{Repository}@{digest}"));
    }

    [Fact]
    public async Task Without_an_identity_nothing_is_forced()
    {
        await using var fixture = await StartAsync();
        await fixture.ScannedAsync("1", Critical);
        fixture.Aws.Requests.Take();

        foreach (
            var (status, body) in new[]
            {
                await ForceAsync(fixture, Order(fixture, $"{Repository}:1"), by: null),
                await ForceAsync(fixture, Order(fixture, $"{Repository}:1"), by: ""),
            }
        )
            Assert.Equal(
                (403, "FORBIDDEN", false),
                (status, body.GetProperty("status").GetString(), body.GetProperty("approved").GetBoolean())
            );
        foreach (
            var context in new APIGatewayHttpApiV2ProxyRequest.ProxyRequestContext?[]
            {
                null,
                new() { Authorizer = new() { IAM = new() { UserARN = Ada } } },
                new()
                {
                    Authorizer = new() { IAM = new() { UserARN = Ada } },
                    ApiId = "a1b2c3",
                    RequestId = "1",
                    Stage = "$default",
                    RouteKey = "GET /approval",
                },
                new()
                {
                    Authorizer = new() { IAM = new() { UserARN = Ada } },
                    ApiId = "a1b2c3",
                    RequestId = "1",
                    Stage = "dev",
                    RouteKey = "POST /breakglass",
                },
                new()
                {
                    Authorizer = new() { IAM = new() { UserARN = Ada } },
                    ApiId = "",
                    RequestId = "1",
                    Stage = "$default",
                    RouteKey = "POST /breakglass",
                },
            }
        )
        {
            var direct = await fixture
                .Functions.Part<BreakGlass>()
                .BreakGlassAsync(
                    new BreakGlassRequest(Order(fixture, $"{Repository}:1"), false, context),
                    new Invocation()
                );
            Assert.Equal(403, direct.GetProperty("statusCode").GetInt32());
        }
        Assert.Empty(fixture.Aws.Requests);
    }

    /// <summary>
    /// The ARN of a session omits the path of its role. A role of the same name under another path looks the same, and
    /// so does a role that was deleted and created again.
    /// </summary>
    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("AROAEXAMPLEID")]
    [InlineData("AROAEXAMPLEID2:ada")]
    [InlineData("AROAANOTHERID:AROAEXAMPLEID:ada")]
    [InlineData("aroaexampleid:ada")]
    [InlineData("AIDAEXAMPLEUSER")]
    public async Task Who_holds_another_role_forces_nothing_whatever_its_ARN_looks_like(string? userId)
    {
        await using var fixture = await StartAsync();
        var digest = await fixture.ScannedAsync("1", Critical);
        fixture.Aws.Requests.Take();

        foreach (var order in new[] { Order(fixture, $"{Repository}:1"), Revocation($"{Repository}:1") })
        {
            var (status, body) = await ForceAsync(fixture, order, userId: userId);
            Assert.Equal(
                (403, "FORBIDDEN", false),
                (status, body.GetProperty("status").GetString(), body.GetProperty("approved").GetBoolean())
            );
            Assert.Contains("BreakGlassRoleToTake", body.GetProperty("problem").GetString(), StringComparison.Ordinal);
        }
        Assert.Empty(fixture.Aws.Requests);
        Assert.Equal("BLOCKED", fixture.Status(digest));
        Assert.Contains(Ada, fixture.Functions.Lines.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Where_no_role_may_force_approvals_nobody_does() =>
        Assert.All(
            new[] { null, "" },
            role =>
                Assert.All(
                    new[] { null, "", ":ada", "AROAEXAMPLEID:ada" },
                    user =>
                        Assert.False(
                            new Settings
                            {
                                Account = "1",
                                Region = "r",
                                Table = "t",
                                Bucket = "b",
                                BreakGlassRoleId = role,
                            }.MayForce(user)
                        )
                )
        );

    [Fact]
    public async Task A_policy_with_zero_hours_switches_it_off_and_what_is_in_force_can_still_be_ended()
    {
        await using var fixture = await StartAsync();
        var digest = await fixture.ScannedAsync("1", Critical);
        await ForceAsync(fixture, Order(fixture, $"{Repository}:1"));
        var off = fixture.Deploy(
            """{ "version": 1, "defaults": { "maxBreakGlassHours": 0 }, "rules": [ { "id": "critical", "severity": ["CRITICAL"], "then": "block" } ] }"""
        );

        var (status, body) = await ForceAsync(fixture, Order(fixture, $"{Repository}:1", hours: 0.5), functions: off);
        Assert.Equal((400, false), (status, body.GetProperty("approved").GetBoolean()));
        Assert.Contains(
            "defaults.maxBreakGlassHours is 0",
            body.GetProperty("problem").GetString(),
            StringComparison.Ordinal
        );
        Assert.Single(fixture.Items("B#"));

        Assert.Equal(
            "BLOCKED",
            (await ForceAsync(fixture, Revocation($"{Repository}@{digest}"), functions: off))
                .Body.GetProperty("status")
                .GetString()
        );
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData(
        "{ \"image\": \"shop/web:1\", \"reason\": \"long enough\", \"until\": \"2026-11-18T13:00:00Z\", "
            + "\"by\": \"root\" }"
    )]
    [InlineData("{ \"image\": \"shop/web:1\", \"reason\": \"long enough\", \"until\": \"2026-11-18T13:00:00\" }")]
    [InlineData("{ \"image\": \"shop/web:1\", \"reason\": \"long enough\", \"until\": \"2026-11-19T13:00:00Z\" }")]
    [InlineData("{ \"image\": \"shop/web:1\", \"reason\": \"too short\", \"until\": \"2026-11-18T13:00:00Z\" }")]
    [InlineData("{ \"image\": \"shop/web\", \"reason\": \"long enough\", \"until\": \"2026-11-18T13:00:00Z\" }")]
    [InlineData(
        "{ \"image\": \"999999999999.dkr.ecr.eu-central-1.amazonaws.com/shop/web:1\", \"reason\": \"long "
            + "enough\", \"until\": \"2026-11-18T13:00:00Z\" }"
    )]
    public async Task What_is_not_whole_and_right_is_refused_and_changes_nothing(string body)
    {
        await using var fixture = await StartAsync();
        var digest = await fixture.ScannedAsync("1", Critical);

        var (status, answer) = await ForceAsync(fixture, body);

        Assert.Equal((400, "BAD_REQUEST"), (status, answer.GetProperty("status").GetString()));
        Assert.Equal("BLOCKED", fixture.Status(digest));
        Assert.Equal(["blocked"], Kinds(fixture));
        Assert.Equal(404, (await ForceAsync(fixture, Order(fixture, $"{Repository}:9"))).Status);
    }

    [Fact]
    public async Task What_cannot_be_told_is_not_done()
    {
        await using var fixture = await StartAsync();
        var digest = await fixture.ScannedAsync("1", Critical);
        fixture.Aws.Faults.Add(Fault.Unavailable with { Operation = "Publish" });

        Assert.Equal(503, (await ForceAsync(fixture, Order(fixture, $"{Repository}:1"))).Status);
        Assert.Empty(fixture.Items("B#"));
        Assert.Equal("BLOCKED", await AskAsync(fixture, $"{Repository}@{digest}"));
    }
}
