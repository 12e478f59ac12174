using EcrGuard.LocalAws.Ecr;

namespace EcrGuard.Aws.Tests.Flow;

/// <summary>
/// What an event costs: ECR's rates are shared with every <c>docker push</c> of the account. An event costs at most
/// four reads, not counting pages; a tag costs its write in addition. Each of the four reads before a write is needed:
/// the image at the decision; the image just before the write (its team may have removed its last tag, and PutImage
/// would restore an image that was archived meanwhile); the lifecycle policy that the tag must not conflict with; and
/// the manifest, which PutImage needs whole and DescribeImages does not give.
/// </summary>
public sealed class CallCountTests
{
    private const string HoldsMutability =
        """{ "version": 1, "baseline": [ { "repositories": ["*"], "mode": "observe", "tagMutability": "MUTABLE" } ] }""";

    [Theory]
    [InlineData(true, GuardFixture.Marks, "DescribeImages GetLifecyclePolicy BatchGetRepositoryScanningConfiguration")]
    [InlineData(
        true,
        HoldsMutability,
        "DescribeImages GetLifecyclePolicy BatchGetRepositoryScanningConfiguration DescribeRepositories"
    )]
    [InlineData(
        false,
        """{ "version": 1 }""",
        "DescribeImages GetLifecyclePolicy BatchGetRepositoryScanningConfiguration"
    )]
    [InlineData(
        false,
        HoldsMutability,
        "DescribeImages GetLifecyclePolicy BatchGetRepositoryScanningConfiguration DescribeRepositories"
    )]
    public async Task A_push_to_a_cold_function_costs_at_most_four_calls(bool scanned, string policy, string calls)
    {
        await using var fixture = await GuardFixture.StartAsync(policy);
        fixture.Aws.Ecr.CreateRepository("pushed", scanOnPush: scanned);
        fixture.Push("1", "pushed");
        await fixture.Functions.DeliverAllAsync();
        Assert.Equal(Sorted(calls), Ecr(fixture));
    }

    [Fact]
    public async Task A_push_of_an_index_whose_children_are_known_costs_four_calls_whatever_the_baseline_names()
    {
        await using var fixture = await GuardFixture.StartAsync(HoldsMutability);
        var (amd64, arm64) = (Manifest.Image("amd64"), Manifest.Image("arm64"));
        foreach (var child in new[] { amd64, arm64 })
            fixture.Aws.Ecr.CompleteScan(
                GuardFixture.Repository,
                fixture.Aws.Ecr.Push(GuardFixture.Repository, child),
                GuardFixture.Low
            );
        await fixture.Functions.DeliverAllAsync();
        fixture.Aws.Requests.Take();

        var index = fixture.Aws.Ecr.Push(
            GuardFixture.Repository,
            Manifest.Index([("linux/amd64", amd64), ("linux/arm64", arm64)]),
            "1"
        );
        var cold = fixture.Deploy(HoldsMutability);
        await cold.DeliverAllAsync();
        Assert.Equal(
            Sorted("DescribeImages GetLifecyclePolicy BatchGetRepositoryScanningConfiguration BatchGetImage"),
            Ecr(fixture)
        );
        Assert.Equal("APPROVED", fixture.Status(index));
    }

    [Fact]
    public async Task An_index_of_thirty_platforms_that_nobody_knows_costs_two_calls_for_each_and_a_few_for_itself()
    {
        await using var fixture = await GuardFixture.StartAsync();
        var platforms = Enumerable.Range(0, 30).Select(i => Manifest.Image($"platform {i}")).ToList();
        foreach (var platform in platforms)
            fixture.Aws.Ecr.CompleteScan(
                GuardFixture.Repository,
                fixture.Aws.Ecr.Push(GuardFixture.Repository, platform),
                GuardFixture.Low
            );
        fixture.Aws.Ecr.Push(
            GuardFixture.Repository,
            Manifest.Index([.. platforms.Select((platform, i) => ($"linux/v{i}", platform))]),
            "1"
        );
        fixture.Aws.Events.Take();

        Assert.Equal(
            "APPROVED",
            (await fixture.Functions.AskAsync($"{GuardFixture.Repository}:1")).Body.GetProperty("status").GetString()
        );
        Assert.Equal(
            [("BatchGetImage", 1), ("DescribeImageScanFindings", 30), ("DescribeImages", 31)],
            Ecr(fixture)
                .CountBy(call => call)
                .Where(call => call.Key != "GetRegistryScanningConfiguration")
                .Select(call => (call.Key, call.Value))
        );
        // Four platforms are read at a time, and for none of the first four is the registry's scanner known yet.
        Assert.InRange(Ecr(fixture).Count(call => call == "GetRegistryScanningConfiguration"), 1, 4);
    }

    [Fact]
    public async Task Another_tag_for_a_known_image_costs_three_calls()
    {
        await using var fixture = await GuardFixture.StartAsync();
        await fixture.ScannedAsync("1");
        fixture.Aws.Requests.Take();
        fixture.Aws.Ecr.Push(GuardFixture.Repository, Manifest.Image($"{GuardFixture.Repository} 1"), "latest");
        await fixture.Functions.DeliverAllAsync();
        Assert.Equal(Sorted("DescribeImages GetLifecyclePolicy BatchGetRepositoryScanningConfiguration"), Ecr(fixture));
    }

    [Fact]
    public async Task Twenty_images_pushed_to_one_repository_compare_it_with_its_baseline_once()
    {
        await using var fixture = await GuardFixture.StartAsync();
        for (var i = 0; i < 20; i++)
            fixture.Push($"{i}");
        await fixture.Functions.DeliverAllAsync();
        Assert.Equal(22, Ecr(fixture).Count);
    }

    [Fact]
    public async Task A_basic_scan_that_blocks_costs_four_reads_one_write_and_the_pages_of_findings()
    {
        await using var fixture = await GuardFixture.StartAsync();
        var digest = fixture.Push("1");
        await fixture.Functions.DeliverAllAsync();
        fixture.Aws.Requests.Take();

        fixture.Aws.Ecr.CompleteScan(GuardFixture.Repository, digest, [GuardFixture.Critical, .. Many(2_500)]);
        await fixture.Deploy().ChangedAsync(fixture.Aws.Events.Take());
        Assert.Equal(
            Sorted(
                "DescribeImages DescribeImageScanFindings DescribeImageScanFindings "
                    + "DescribeImageScanFindings DescribeImages GetLifecyclePolicy BatchGetImage PutImage"
            ),
            Ecr(fixture)
        );
        Assert.Equal(["1", GuardFixture.BlockedTag(digest)], fixture.Tags(digest));
    }

    [Fact]
    public async Task An_enhanced_scan_that_blocks_costs_ecr_four_reads_and_one_write_and_inspector_its_pages()
    {
        await using var fixture = await GuardFixture.StartAsync();
        fixture.Aws.Ecr.Scanning = ScanningConfiguration.Enhanced;
        var digest = fixture.Push("1");
        await fixture.Functions.DeliverAllAsync();
        fixture.Aws.Requests.Take();

        fixture.Aws.Inspector.CompleteScan(GuardFixture.Repository, digest, [GuardFixture.Critical, .. Many(250)]);
        var events = fixture.Aws.Events.Take();
        Assert.Equal(252, events.Count);
        Assert.Empty(await fixture.Deploy().ChangedAsync([.. events.TakeLast(100)]));
        Assert.Equal(Sorted("DescribeImages DescribeImages GetLifecyclePolicy BatchGetImage PutImage"), Ecr(fixture));
        // Coverage is read before and after the findings. They count as complete only if it was the same.
        Assert.Equal(2, Calls(fixture, "inspector2").Count(call => call == "ListCoverage"));
        Assert.Equal("BLOCKED", fixture.Status(digest));
    }

    [Fact]
    public async Task A_scan_that_changes_nothing_costs_one_call_and_the_pages_of_findings()
    {
        await using var fixture = await GuardFixture.StartAsync();
        var digest = await fixture.ScannedAsync("1", GuardFixture.Critical);
        fixture.Aws.Requests.Take();
        fixture.Aws.Ecr.CompleteScan(GuardFixture.Repository, digest, GuardFixture.Critical);
        await fixture.Functions.DeliverAllAsync();
        Assert.Equal(Sorted("DescribeImages DescribeImageScanFindings"), Ecr(fixture));
    }

    [Fact]
    public async Task A_status_that_changes_costs_the_ledger_two_calls_more_than_one_that_stays()
    {
        await using var fixture = await GuardFixture.StartAsync();
        var digest = fixture.Push("1");
        await fixture.Functions.DeliverAllAsync();
        fixture.Aws.Requests.Take();
        fixture.Aws.Ecr.CompleteScan(GuardFixture.Repository, digest);
        await fixture.Functions.DeliverAllAsync();
        Assert.Equal(Sorted("BatchGetItem TransactWriteItems Query UpdateItem"), Calls(fixture, "dynamodb"));
        fixture.Aws.Requests.Take();

        fixture.Aws.Ecr.CompleteScan(GuardFixture.Repository, digest);
        await fixture.Functions.DeliverAllAsync();
        Assert.Equal(Sorted("BatchGetItem UpdateItem"), Calls(fixture, "dynamodb"));
    }

    [Fact]
    public async Task A_scan_that_lists_the_same_findings_costs_four_calls_in_all_and_a_push_six()
    {
        await using var fixture = await GuardFixture.StartAsync();
        await fixture.ScannedAsync("warm", GuardFixture.High);
        fixture.Aws.Requests.Take();
        var digest = fixture.Push("1");
        await fixture.Functions.DeliverAllAsync();
        Assert.Equal(
            Sorted(
                "BatchGetItem DescribeImages GetLifecyclePolicy BatchGetRepositoryScanningConfiguration UpdateItem "
                    + "TransactWriteItems"
            ),
            All(fixture)
        );
        fixture.Aws.Ecr.CompleteScan(GuardFixture.Repository, digest, GuardFixture.High);
        await fixture.Functions.DeliverAllAsync();
        fixture.Time.Advance(TimeSpan.FromHours(1));
        fixture.Aws.Requests.Take();

        fixture.Aws.Ecr.CompleteScan(GuardFixture.Repository, digest, GuardFixture.High);
        await fixture.Functions.DeliverAllAsync();
        Assert.Equal(Sorted("BatchGetItem DescribeImages DescribeImageScanFindings UpdateItem"), All(fixture));
    }

    /// <summary>
    /// Since when a fix is known is stored with the findings, so a policy that asks for it needs them.
    /// </summary>
    [Fact]
    public async Task The_stored_findings_are_read_where_the_policy_asks_since_when_a_fix_is_known()
    {
        await using var fixture = await GuardFixture.StartAsync(
            """
            { "version": 1, "rules": [ { "id": "fixed-long-ago", "minDaysSinceFix": 3, "then": "block" } ],
              "enforcement": [ { "repositories": ["*"], "mode": "mark" } ] }
            """
        );
        var digest = await fixture.ScannedAsync("1", GuardFixture.High);
        fixture.Time.Advance(TimeSpan.FromHours(1));
        fixture.Aws.Requests.Take();
        fixture.Aws.Ecr.CompleteScan(GuardFixture.Repository, digest, GuardFixture.High);
        await fixture.Functions.DeliverAllAsync();
        Assert.Equal(["GetObject"], Calls(fixture, "s3"));
    }

    [Fact]
    public async Task A_lifted_block_costs_four_calls_and_the_pages_of_findings_and_its_repository_five_for_a_batch()
    {
        const string Image = "DescribeImages DescribeImageScanFindings DescribeImages GetLifecyclePolicy PutImage";
        // The registry says which scanner did a scan that is over and lists nothing.
        const string Batch =
            "GetRegistryScanningConfiguration DescribeRepositories GetLifecyclePolicy DescribeImages BatchDeleteImage";
        const string Upload = "InitiateLayerUpload UploadLayerPart CompleteLayerUpload";
        await using var fixture = await GuardFixture.StartAsync();
        string[] digests =
        [
            await fixture.ScannedAsync("1", GuardFixture.Critical),
            await fixture.ScannedAsync("2", GuardFixture.Critical),
            await fixture.ScannedAsync("3", GuardFixture.Critical),
        ];
        fixture.Aws.Requests.Take();
        // The first time, the blobs that the manifest refers to are uploaded too.
        fixture.Aws.Ecr.CompleteScan(GuardFixture.Repository, digests[0]);
        await fixture.Functions.ChangedAsync(fixture.Aws.Events.Take());
        // The registry's replication is read once in five minutes.
        const string First = $"DescribeRegistry BatchCheckLayerAvailability {Upload} {Upload}";
        Assert.Equal(Sorted($"{Image} {Batch} {First}"), Ecr(fixture));

        fixture.Aws.Requests.Take();
        fixture.Aws.Ecr.CompleteScan(GuardFixture.Repository, digests[1]);
        fixture.Aws.Ecr.CompleteScan(GuardFixture.Repository, digests[2]);
        await fixture.Functions.ChangedAsync([.. fixture.Aws.Events.Take().Where(sent => !Deployed.IsPush(sent))]);
        Assert.Equal(Sorted($"{Image} {Image} {Batch}"), Ecr(fixture));
        Assert.All(digests, digest => Assert.Single(fixture.Tags(digest)));
    }

    [Fact]
    public async Task What_taking_a_tag_off_sends_costs_ecr_nothing_and_alerts_nobody()
    {
        await using var fixture = await GuardFixture.StartAsync();
        var digest = await fixture.ScannedAsync("1", GuardFixture.Critical);
        fixture.Aws.Ecr.CompleteScan(GuardFixture.Repository, digest);
        await fixture.Functions.ChangedAsync(fixture.Aws.Events.Take());
        var (sent, alerts) = (fixture.Aws.Events.Take(), fixture.Alerts.Count);
        Assert.Equal(
            2,
            sent.Count(json => json.Contains(Core.Images.RemovalManifest.ConfigType, StringComparison.Ordinal))
        );
        fixture.Aws.Requests.Take();
        Assert.Empty(await fixture.Functions.PushedAsync([.. sent.Where(Deployed.IsPush)]));
        Assert.Empty(
            await fixture.Functions.ChangedAsync([
                .. sent.Where(json => !Deployed.IsPush(json) && json.Contains("DELETE", StringComparison.Ordinal)),
            ])
        );
        Assert.Empty(Ecr(fixture));
        Assert.Equal(alerts, fixture.Alerts.Count);
    }

    [Fact]
    public async Task The_push_of_EcrGuards_own_tag_costs_ecr_nothing()
    {
        await using var fixture = await GuardFixture.StartAsync();
        var digest = fixture.Push("1");
        await fixture.Functions.DeliverAllAsync();
        fixture.Aws.Ecr.CompleteScan(GuardFixture.Repository, digest, GuardFixture.Critical);
        await fixture.Functions.ChangedAsync(fixture.Aws.Events.Take());
        fixture.Aws.Requests.Take();

        var own = Assert.Single(fixture.Aws.Events.Take());
        Assert.Contains(GuardFixture.BlockedTag(digest), own, StringComparison.Ordinal);
        Assert.Empty(await fixture.Functions.PushedAsync(own));
        Assert.Equal(["BatchGetItem"], fixture.Aws.Requests.Select(r => r.Operation));
    }

    [Fact]
    public async Task An_event_older_than_the_facts_costs_ecr_and_inspector_nothing()
    {
        await using var fixture = await GuardFixture.StartAsync();
        var digest = fixture.Push("1");
        var push = fixture.Aws.Events.Take();
        await fixture.Functions.PushedAsync(push);
        fixture.Aws.Ecr.CompleteScan(GuardFixture.Repository, digest, GuardFixture.Low);
        var scan = fixture.Aws.Events.Take();
        fixture.Time.Advance(TimeSpan.FromMinutes(3));
        await fixture.Functions.ChangedAsync(scan);
        fixture.Aws.Requests.Take();

        Assert.Empty(await fixture.Functions.PushedAsync(push));
        Assert.Empty(await fixture.Functions.ChangedAsync(scan));
        Assert.Equal(["BatchGetItem", "BatchGetItem"], fixture.Aws.Requests.Select(r => r.Operation));
    }

    [Fact]
    public async Task An_event_that_comes_after_the_facts_may_be_news_however_old_it_is()
    {
        await using var fixture = await GuardFixture.StartAsync();
        var digest = await fixture.ScannedAsync("1");
        fixture.Aws.Ecr.CompleteScan(GuardFixture.Repository, digest, GuardFixture.Low);
        var scan = fixture.Aws.Events.Take();
        fixture.Time.Advance(TimeSpan.FromMinutes(10));
        fixture.Aws.Ecr.CompleteScan(GuardFixture.Repository, digest, GuardFixture.High);
        await fixture.Functions.DeliverAllAsync();
        fixture.Aws.Requests.Take();

        Assert.Empty(await fixture.Functions.ChangedAsync(scan));
        Assert.NotEmpty(Ecr(fixture));
    }

    [Fact]
    public async Task A_message_that_came_before_its_event_was_made_has_met_a_wrong_clock_and_may_be_news()
    {
        await using var fixture = await GuardFixture.StartAsync();
        var digest = await fixture.ScannedAsync("1");
        fixture.Aws.Ecr.CompleteScan(GuardFixture.Repository, digest, GuardFixture.Critical);
        var scan = Assert.Single(fixture.Aws.Events.Take());
        fixture.Arrivals[scan] = fixture.Time.GetUtcNow().AddDays(-1);

        Assert.Empty(await fixture.Functions.ChangedAsync(scan));
        Assert.Equal("BLOCKED", fixture.Status(digest));
    }

    private static IEnumerable<LocalFinding> Many(int count) =>
        Enumerable
            .Range(0, count)
            .Select(i => new LocalFinding($"CVE-2025-{i:00000}", "LOW", new LocalPackage($"package-{i}", "1")));

    private static IReadOnlyList<string> Ecr(GuardFixture fixture) => Calls(fixture, "ecr");

    private static IReadOnlyList<string> Calls(GuardFixture fixture, string service) =>
        [
            .. fixture
                .Aws.Requests.Where(r => r.Service == service)
                .Select(r => r.Operation)
                .Order(StringComparer.Ordinal),
        ];

    private static IReadOnlyList<string> All(GuardFixture fixture) =>
        [.. fixture.Aws.Requests.Select(r => r.Operation).Order(StringComparer.Ordinal)];

    private static IReadOnlyList<string> Sorted(string calls) => [.. calls.Split(' ').Order(StringComparer.Ordinal)];
}
