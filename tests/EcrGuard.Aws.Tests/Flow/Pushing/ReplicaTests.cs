using EcrGuard.Core.Policy;
using EcrGuard.LocalAws;
using EcrGuard.LocalAws.Ecr;
using static EcrGuard.Aws.Tests.Flow.GuardFixture;

namespace EcrGuard.Aws.Tests.Flow;

/// <summary>Issue 9, outcome 5 (b): an image that came without a push is treated like a pushed one.</summary>
public sealed class ReplicaTests
{
    /// <summary>A repository with basic scanning that nobody starts.</summary>
    private const string Copy = "copy";

    private static async Task<(GuardFixture Fixture, string Digest)> WithCopyAsync(bool filled = true)
    {
        var fixture = await StartAsync();
        // Sweeps begin after the backfill.
        if (filled)
            await fixture.Functions.BackfillAsync();
        fixture.Aws.Ecr.CreateRepository(Copy);
        return (fixture, fixture.Aws.Ecr.Push(Copy, Manifest.Image("replica"), "1", announce: false));
    }

    private static string Replicated(
        GuardFixture fixture,
        string digest,
        string result = "SUCCESS",
        string sourceRegion = "us-east-1",
        string? account = null,
        string? resource = null
    ) =>
        $$"""
            {"version":"0","id":"11111111-1111-1111-1111-111111111111","account":"{{account
                ?? fixture.Aws.AccountId}}","region":"{{fixture.Aws.Region}}","time":"{{fixture.Time.GetUtcNow():yyyy-MM-ddTHH:mm:ssZ}}",
            "source":"aws.ecr","resources":[{{(
                resource is null ? "" : $"\"{resource}\""
            )}}],"detail-type":"ECR Replication Action","detail":{"result":"{{result}}","repository-name":"{{Copy}}","image-digest":"{{digest}}",
            "source-account":"{{fixture.Aws.AccountId}}","action-type":"REPLICATE","source-region":"{{sourceRegion}}","image-tag":"1"} }
            """;

    private static string Cached(GuardFixture fixture, string naming, string status = "SUCCESS") =>
        $$"""
            {"version":"0","id":"22222222","account":"{{fixture.Aws.AccountId}}","region":"{{fixture.Aws.Region}}","time":"{{fixture.Time.GetUtcNow():yyyy-MM-ddTHH:mm:ssZ}}",
            "source":"aws.ecr","resources":["arn:aws:ecr:{{fixture.Aws.Region}}:{{fixture.Aws.AccountId}}:repository/{{Copy}}"],"detail-type":"ECR Pull Through Cache Action",
            "detail":{"rule-version":"1","sync-status":"{{status}}","ecr-repository-prefix":"docker-hub","repository-name":"{{Copy}}","upstream-registry-url":"public.ecr.aws"{{naming}} } }
            """;

    private static int Scans(GuardFixture fixture) =>
        fixture.Aws.Requests.Count(request => request.Operation == "StartImageScan");

    [Fact]
    public async Task A_replica_is_recorded_and_gets_the_scan_that_nothing_else_starts_and_the_baseline()
    {
        var (fixture, digest) = await WithCopyAsync();
        await using var _ = fixture;

        Assert.Empty(await fixture.Functions.PushedAsync(Replicated(fixture, digest)));
        Assert.Equal("PENDING", fixture.Status(digest));
        Assert.Equal(1, Scans(fixture));
        Assert.Contains(fixture.Items("D"), item => item["repository"]!.GetValue<string>() == Copy);
        fixture.Aws.Ecr.CompleteScan(Copy, digest);
        await fixture.Functions.DeliverAllAsync();
        Assert.Equal("APPROVED", fixture.Status(digest));
    }

    [Fact]
    public async Task Only_what_came_to_this_registry_and_did_come_is_a_replica()
    {
        var (fixture, digest) = await WithCopyAsync();
        await using var _ = fixture;

        Assert.Empty(
            await fixture.Functions.PushedAsync(
                Replicated(fixture, digest, result: "FAILED"),
                Replicated(fixture, digest, sourceRegion: fixture.Aws.Region),
                Replicated(fixture, digest, account: "999999999999"),
                Replicated(
                    fixture,
                    digest,
                    resource: $"arn:aws:ecr:us-west-2:{fixture.Aws.AccountId}:repository/{Copy}"
                ),
                Cached(fixture, $",\"image-digest\":\"{digest}\"", "FAILED"),
                Cached(fixture, "")
            )
        );
        Assert.Empty(fixture.Items("I#"));
        Assert.Equal(0, Scans(fixture));
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task What_was_pulled_through_a_cache_is_found_by_its_digest_or_its_tag(bool byDigest, bool byTag)
    {
        var (fixture, digest) = await WithCopyAsync();
        await using var _ = fixture;

        Assert.Empty(
            await fixture.Functions.PushedAsync(
                Cached(
                    fixture,
                    (byTag ? ",\"image-tag\":\"1\"" : ",\"image-tag\":\"\"")
                        + (byDigest ? $",\"image-digest\":\"{digest}\"" : "")
                )
            )
        );
        Assert.Equal("PENDING", fixture.Status(digest));
        Assert.Equal(1, Scans(fixture));
    }

    [Fact]
    public async Task A_tag_that_names_nothing_any_more_is_no_failure_and_one_that_cannot_be_asked_for_is_handed_back()
    {
        var (fixture, _) = await WithCopyAsync();
        await using var _2 = fixture;
        Assert.Empty(await fixture.Functions.PushedAsync(Cached(fixture, ",\"image-tag\":\"gone\"")));

        fixture.Aws.Faults.Add(Fault.Throttle with { Service = "ecr", Operation = "DescribeImages" });
        Assert.Single(await fixture.Functions.PushedAsync(Cached(fixture, ",\"image-tag\":\"1\"")));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_backfill_and_a_sweep_start_the_scan_that_nothing_else_starts_once(bool backfill)
    {
        var (fixture, digest) = await WithCopyAsync(filled: !backfill);
        await using var _ = fixture;
        if (backfill)
            await fixture.Functions.BackfillAsync();
        else
            await fixture.Functions.SweepAsync();

        Assert.Equal(1, Scans(fixture));
        Assert.Equal("PENDING", fixture.Status(digest));
        await fixture.Functions.SweepAsync();
        fixture.Time.Advance(TimeSpan.FromHours(1));
        await fixture.Functions.SweepAsync();
        Assert.Equal(1, Scans(fixture));
        fixture.Aws.Ecr.CompleteScan(Copy, digest, Critical);
        await fixture.Functions.DeliverAllAsync();
        Assert.Equal("BLOCKED", fixture.Status(digest));
    }

    [Fact]
    public async Task A_platform_of_an_index_that_came_through_a_cache_is_scanned_too()
    {
        await using var fixture = await StartAsync();
        fixture.Aws.Ecr.CreateRepository(Copy);
        var index = Manifest.Index([
            ("linux/amd64", Manifest.Image("amd64")),
            ("linux/arm64", Manifest.Image("arm64")),
        ]);
        fixture.Aws.Ecr.Push(Copy, index, "1", announce: false);

        Assert.Empty(
            await fixture.Functions.PushedAsync(
                Cached(fixture, $",\"image-tag\":\"1\",\"image-digest\":\"{index.Digest}\"")
            )
        );
        Assert.Equal(2, Scans(fixture));
        Assert.Equal("PENDING", fixture.Status(index.Digest));
    }

    [Fact]
    public async Task Where_EcrGuard_only_observes_and_where_another_scanner_scans_no_scan_is_started()
    {
        var (fixture, digest) = await WithCopyAsync();
        await using var _ = fixture;
        var observing = fixture.Deploy(options: new DeploymentOptions(EnforcementMode.Observe));
        Assert.Empty(await observing.PushedAsync(Replicated(fixture, digest)));
        await observing.BackfillAsync();
        await observing.SweepAsync();
        await fixture.Deploy("""{ "version": 1 }""").SweepAsync();
        Assert.Equal("UNSCANNED", fixture.Status(digest));

        fixture.Aws.Ecr.Scanning = ScanningConfiguration.Enhanced;
        await fixture.Deploy().SweepAsync();
        await fixture.Functions.AskAsync($"{Copy}:1");
        Assert.Equal(0, Scans(fixture));
    }

    [Fact]
    public async Task A_day_in_which_ECR_starts_no_more_scans_is_no_failure()
    {
        var (fixture, digest) = await WithCopyAsync();
        await using var _ = fixture;
        fixture.Aws.Faults.Add(
            Fault.Refuse(
                400,
                "LimitExceededException",
                "The scan quota per image has been exceeded. Wait and try again."
            ) with
            {
                Service = "ecr",
                Operation = "StartImageScan",
            }
        );

        Assert.Empty(await fixture.Functions.PushedAsync(Replicated(fixture, digest)));
        Assert.Equal("PENDING", fixture.Status(digest));
        fixture.Time.Advance(TimeSpan.FromDays(1));
        await fixture.Deploy().SweepAsync();
        Assert.Equal(2, Scans(fixture));
    }

    [Fact]
    public async Task An_image_that_is_deleted_and_pushed_again_within_a_second_is_there()
    {
        await using var fixture = await StartAsync();
        var digest = await fixture.ScannedAsync("1", Low);
        var pushed = fixture.Time.GetUtcNow();
        fixture.Time.Advance(TimeSpan.FromMilliseconds(1200 - pushed.Millisecond));
        fixture.Aws.Ecr.Delete(Repository, digest);
        await fixture.Functions.DeliverAllAsync();
        Assert.True(fixture.Item(digest).ContainsKey("goneAt"));
        fixture.Push("1");
        await fixture.Functions.DeliverAllAsync();
        Assert.False(fixture.Item(digest).ContainsKey("goneAt"));
        fixture.Aws.Ecr.CompleteScan(Repository, digest, Critical);
        await fixture.Functions.DeliverAllAsync();

        Assert.Equal("BLOCKED", fixture.Status(digest));
        Assert.Equal(["1", BlockedTag(digest)], fixture.Tags(digest));
    }

    [Fact]
    public async Task An_image_that_is_pushed_again_before_its_deletion_was_heard_of_has_lost_its_scan()
    {
        await using var fixture = await StartAsync();
        fixture.Aws.Ecr.CreateRepository(Copy);
        var digest = fixture.Push("1", Copy);
        await fixture.Functions.DeliverAllAsync();
        fixture.Aws.Ecr.CompleteScan(Copy, digest);
        await fixture.Functions.DeliverAllAsync();
        Assert.Equal("APPROVED", fixture.Status(digest));
        fixture.Time.Advance(TimeSpan.FromHours(1));

        fixture.Aws.Ecr.Delete(Copy, digest, announce: false);
        fixture.Push("1", Copy);
        await fixture.Functions.DeliverAllAsync();
        Assert.Equal("PENDING", fixture.Status(digest));
    }
}
