using EcrGuard.Core.Verdicts;
using EcrGuard.LocalAws.Ecr;
using static EcrGuard.Aws.Tests.Flow.GuardFixture;

namespace EcrGuard.Aws.Tests.Flow;

/// <summary>
/// Another policy decides from the facts in the ledger as long as they are fresh, otherwise from the scanner.
/// </summary>
public sealed class RedecisionTests
{
    private const string Stricter =
        """{ "version": 1, "rules": [ { "id": "high", "severity": ["HIGH", "CRITICAL"], "then": "block" } ], "enforcement": [ { "repositories": ["*"], "mode": "mark" } ] }""";
    private const string Laxer =
        """{ "version": 1, "rules": [ { "id": "all", "then": "warn" } ], "enforcement": [ { "repositories": ["*"], "mode": "mark" } ] }""";
    private const string Waiving =
        """{ "version": 1, "waivers": [ { "id": "W1", "vulnerability": "CVE-2026-1001", "repositories": ["*"], "reason": "The function is not called.", "owner": "shop", "approvedBy": "security", "expires": "2026-11-18" } ], "enforcement": [ { "repositories": ["*"], "mode": "mark" } ] }""";

    /// <summary>
    /// How often a scanner was asked for findings. A sweep also asks Inspector once what runs; that does not count.
    /// </summary>
    private static int Reads(GuardFixture fixture) =>
        fixture
            .Aws.Requests.Take()
            .Count(request => request.Operation is "DescribeImageScanFindings" or "ListFindings");

    private static async Task<string> AskAsync(Deployed functions, string tag) =>
        (await functions.AskAsync($"{Repository}:{tag}")).Body.GetProperty("status").GetString()!;

    /// <summary>
    /// One image with a critical finding, one with a high one and one without any, and 1500 findings that do not
    /// matter.
    /// </summary>
    private static async Task<(GuardFixture Fixture, string Critical, string High, string Clean)> FilledAsync(
        bool enhanced
    )
    {
        var fixture = await StartAsync();
        if (enhanced)
            fixture.Aws.Ecr.Scanning = ScanningConfiguration.Enhanced;
        await fixture.Functions.BackfillAsync();
        async Task<string> ScannedAsync(string tag, params LocalFinding[] findings)
        {
            var digest = fixture.Push(tag);
            await fixture.Functions.DeliverAllAsync();
            if (enhanced)
                fixture.Aws.Inspector.CompleteScan(Repository, digest, findings);
            else
                fixture.Aws.Ecr.CompleteScan(Repository, digest, findings);
            await fixture.Functions.DeliverAllAsync();
            return digest;
        }
        var found = (
            fixture,
            await ScannedAsync("critical", Critical),
            await ScannedAsync(
                "high",
                [
                    High,
                    .. Enumerable
                        .Range(0, 1_500)
                        .Select(i => new LocalFinding(
                            $"CVE-2024-{i:00000}",
                            "LOW",
                            new LocalPackage($"package-{i}", "1")
                        )),
                ]
            ),
            await ScannedAsync("clean")
        );
        fixture.Aws.Requests.Take();
        return found;
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_stricter_and_a_laxer_policy_decide_without_asking_a_scanner(bool enhanced)
    {
        var (fixture, critical, high, clean) = await FilledAsync(enhanced);
        await using var owned = fixture;

        var stricter = fixture.Deploy(Stricter);
        Assert.Equal(
            ("BLOCKED", "BLOCKED", "APPROVED"),
            (await AskAsync(stricter, "critical"), await AskAsync(stricter, "high"), await AskAsync(stricter, "clean"))
        );
        var (_, runs) = await stricter.SweepAsync();
        Assert.Equal(3, Assert.Single(runs).Decided);
        Assert.Equal(
            ("BLOCKED", "BLOCKED", "APPROVED"),
            (fixture.Status(critical), fixture.Status(high), fixture.Status(clean))
        );
        Assert.Contains(BlockedTag(high), fixture.Tags(high));
        Assert.Contains("\"low\":1500", fixture.Item(high)["record"]!.GetValue<string>(), StringComparison.Ordinal);

        var laxer = fixture.Deploy(Laxer);
        Assert.Equal(
            ("APPROVED", "APPROVED", "APPROVED"),
            (await AskAsync(laxer, "critical"), await AskAsync(laxer, "high"), await AskAsync(laxer, "clean"))
        );
        (_, runs) = await laxer.SweepAsync();
        Assert.Equal(3, Assert.Single(runs).Decided);
        Assert.Equal(
            ("APPROVED", "APPROVED", "APPROVED"),
            (fixture.Status(critical), fixture.Status(high), fixture.Status(clean))
        );
        Assert.DoesNotContain(BlockedTag(critical), fixture.Tags(critical));

        Assert.Equal(0, Reads(fixture));
        Assert.Equal(0, Assert.Single((await laxer.SweepAsync()).Runs).Decided);
    }

    [Fact]
    public async Task Facts_do_not_become_younger_by_being_judged_again_and_are_read_when_they_are_too_old()
    {
        var (fixture, critical, high, _) = await FilledAsync(enhanced: false);
        await using var owned = fixture;
        await fixture.Deploy(Stricter).SweepAsync();
        fixture.Time.Advance(ImageRecord.SweepAge - TimeSpan.FromMinutes(1));
        await fixture.Deploy(Laxer).SweepAsync();
        Assert.Equal(0, Reads(fixture));

        // No event reports it.
        fixture.Aws.Ecr.CompleteScan(Repository, critical, Low);
        fixture.Aws.Events.Take();
        fixture.Time.Advance(TimeSpan.FromMinutes(1));
        var stricter = fixture.Deploy(Stricter);
        Assert.Equal(("APPROVED", "BLOCKED"), (await AskAsync(stricter, "critical"), await AskAsync(stricter, "high")));
        Assert.Equal(3, Reads(fixture));
        await stricter.SweepAsync();
        Assert.Equal(4, Reads(fixture));
        Assert.Equal(("APPROVED", "BLOCKED"), (fixture.Status(critical), fixture.Status(high)));
    }

    [Fact]
    public async Task A_waiver_that_ends_blocks_again_without_asking_a_scanner()
    {
        var (fixture, critical, _, _) = await FilledAsync(enhanced: false);
        await using var owned = fixture;
        var waiving = fixture.Deploy(Waiving);
        await waiving.SweepAsync();
        Assert.Equal("APPROVED", fixture.Status(critical));
        fixture.Time.Advance(TimeSpan.FromHours(12));

        Assert.Equal("BLOCKED", await AskAsync(waiving, "critical"));
        await waiving.SweepAsync();
        Assert.Equal("BLOCKED", fixture.Status(critical));
        Assert.Equal(0, Reads(fixture));
    }

    [Fact]
    public async Task Stored_findings_are_read_once_for_a_decision()
    {
        var (fixture, _, _, _) = await FilledAsync(enhanced: false);
        await using var owned = fixture;
        fixture.Aws.Requests.Take();
        await AskAsync(fixture.Deploy(Laxer), "critical");
        Assert.Single(fixture.Aws.Requests, request => request.Operation == "GetObject");
    }

    [Fact]
    public async Task Findings_that_are_lost_are_read_again()
    {
        var (fixture, critical, _, _) = await FilledAsync(enhanced: false);
        await using var owned = fixture;
        foreach (var key in fixture.Aws.S3.Keys(Bucket, "findings/"))
            await fixture.Functions.Part<Amazon.S3.IAmazonS3>().DeleteObjectAsync(Bucket, key);

        Assert.Equal("APPROVED", await AskAsync(fixture.Deploy(Laxer), "critical"));
        Assert.Equal(1, Reads(fixture));
    }

    [Fact]
    public async Task Findings_that_are_lost_take_no_days_since_a_fix_with_them()
    {
        await using var fixture = await StartAsync(
            """{ "version": 1, "rules": [ { "id": "fixed", "minDaysSinceFix": 7, "then": "block" } ] }"""
        );
        fixture.Aws.Ecr.Scanning = ScanningConfiguration.Enhanced;
        fixture.Aws.Inspector.CompleteScan(Repository, fixture.Push("1"), Critical);
        await fixture.Functions.DeliverAllAsync();
        Assert.Equal("APPROVED", await AskAsync(fixture.Functions, "1"));

        fixture.Time.Advance(TimeSpan.FromDays(7));
        foreach (var key in fixture.Aws.S3.Keys(Bucket, "findings/"))
            await fixture.Functions.Part<Amazon.S3.IAmazonS3>().DeleteObjectAsync(Bucket, key);
        Assert.Equal("BLOCKED", await AskAsync(fixture.Functions, "1"));
    }

    [Fact]
    public async Task An_image_that_was_pushed_again_is_asked_for()
    {
        var (fixture, critical, _, _) = await FilledAsync(enhanced: false);
        await using var owned = fixture;
        fixture.Aws.Ecr.Delete(Repository, critical, announce: false);
        fixture.Push("critical");
        fixture.Aws.Events.Take();
        fixture.Aws.Requests.Take();

        await AskAsync(fixture.Deploy(Laxer), "critical");
        Assert.Equal(1, Reads(fixture));
    }

    [Fact]
    public async Task A_scan_event_is_news_whatever_the_ledger_knows()
    {
        var (fixture, critical, _, _) = await FilledAsync(enhanced: false);
        await using var owned = fixture;
        var stricter = fixture.Deploy(Stricter);
        fixture.Aws.Ecr.CompleteScan(Repository, critical, Low);
        Assert.Empty(await stricter.ChangedAsync(fixture.Aws.Events.Take()));
        Assert.Equal("APPROVED", fixture.Status(critical));
        Assert.Equal(1, Reads(fixture));
    }

    [Fact]
    public async Task An_index_of_thirty_platforms_is_decided_by_another_policy_with_one_call_for_each_platform_and_none_to_a_scanner()
    {
        await using var fixture = await StartAsync();
        await fixture.Functions.BackfillAsync();
        var platforms = Enumerable.Range(0, 30).Select(i => Manifest.Image($"platform {i}")).ToList();
        foreach (var platform in platforms)
            fixture.Aws.Ecr.CompleteScan(Repository, fixture.Aws.Ecr.Push(Repository, platform), High);
        var index = fixture.Aws.Ecr.Push(
            Repository,
            Manifest.Index([.. platforms.Select((platform, i) => ($"linux/v{i}", platform))]),
            "1"
        );
        await fixture.Functions.DeliverAllAsync();
        Assert.Equal("APPROVED", fixture.Status(index));
        fixture.Aws.Requests.Take();

        Assert.Equal("BLOCKED", await AskAsync(fixture.Deploy(Stricter), "1"));
        Assert.Equal(31, fixture.Aws.Requests.Take().Count(request => request.Service is "ecr" or "inspector2"));
        // Once it is decided, a question costs one call, however many platforms there are.
        var cold = fixture.Deploy(Stricter);
        await cold.SweepAsync();
        fixture.Aws.Requests.Take();
        Assert.Equal("BLOCKED", await AskAsync(cold, "1"));
        Assert.Equal(1, fixture.Aws.Requests.Take().Count(request => request.Service is "ecr" or "inspector2"));
    }
}
