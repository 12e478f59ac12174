using EcrGuard.Aws.Tests.LocalAws;
using EcrGuard.LocalAws.Ecr;
using static EcrGuard.Aws.Tests.Flow.GuardFixture;

namespace EcrGuard.Aws.Tests.Flow;

/// <summary>
/// The scan frequency is changed. What was read before is no longer believed, and the news of the change costs almost
/// nothing.
/// </summary>
public sealed class ScanningChangedTests
{
    private static async Task<string> AskAsync(GuardFixture fixture, string tag) =>
        (await fixture.Functions.AskAsync($"{Repository}:{tag}")).Body.GetProperty("status").GetString()!;

    /// <summary>
    /// Approved images that Inspector monitors. Then it stops monitoring them, and the events that report this are
    /// lost.
    /// </summary>
    private static async Task<(GuardFixture Fixture, IReadOnlyList<string> Digests)> LeftAsync(int images)
    {
        var fixture = await StartAsync();
        fixture.Aws.Ecr.Scanning = ScanningConfiguration.Enhanced;
        await fixture.Functions.BackfillAsync();
        List<string> digests = [.. Enumerable.Range(1, images).Select(tag => fixture.Push($"{tag}"))];
        foreach (var digest in digests)
            fixture.Aws.Inspector.CompleteScan(Repository, digest);
        await fixture.Functions.DeliverAllAsync();
        fixture.Time.Advance(TimeSpan.FromMinutes(10));
        foreach (var digest in digests)
            fixture.Aws.Inspector.SetCoverage(Repository, digest, "INACTIVE", "SCAN_ELIGIBILITY_EXPIRED");
        fixture.Aws.Events.Take();
        Assert.Equal("APPROVED", await AskAsync(fixture, "1"));
        fixture.Aws.Requests.Take();
        return (fixture, digests);
    }

    private static async Task ByHandAsync(GuardFixture fixture) =>
        await fixture.Aws.PostToEcrAsync(
            "PutRegistryScanningConfiguration",
            """{"scanType":"ENHANCED","rules":[{"scanFrequency":"CONTINUOUS_SCAN","repositoryFilters":[{"filter":"other/*","filterType":"WILDCARD"}]}]}"""
        );

    [Fact]
    public async Task A_gate_answers_from_fresh_facts_and_the_sweep_decides_again_and_then_it_is_over()
    {
        var (fixture, digests) = await LeftAsync(1);
        await using var owned = fixture;

        await ByHandAsync(fixture);
        await fixture.Functions.DeliverAllAsync();

        Assert.Equal("STALE", await AskAsync(fixture, "1"));
        Assert.Equal("APPROVED", fixture.Status(digests[0]));
        fixture.Time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(1, Assert.Single((await fixture.Functions.SweepAsync()).Runs).Decided);
        Assert.Equal("STALE", fixture.Status(digests[0]));
        Assert.Equal(0, Assert.Single((await fixture.Functions.SweepAsync()).Runs).Decided);
        fixture.Aws.Requests.Take();
        Assert.Equal("STALE", await AskAsync(fixture, "1"));
        Assert.Equal(["DescribeImages", "BatchGetItem"], fixture.Aws.Requests.Select(request => request.Operation));
    }

    [Fact]
    public async Task Hearing_of_it_is_one_write_whatever_the_number_of_images()
    {
        var (fixture, digests) = await LeftAsync(120);
        await using var owned = fixture;
        await ByHandAsync(fixture);
        fixture.Aws.Requests.Take();
        var change = Assert.Single(fixture.Aws.Events.Take());

        Assert.Empty(await fixture.Functions.ChangedAsync(change, change));

        Assert.Equal("BatchWriteItem", Assert.Single(fixture.Aws.Requests.Take()).Operation);
        // All of them are read, although it takes more than one batch.
        fixture.Time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(digests.Count, Assert.Single((await fixture.Functions.SweepAsync()).Runs).Decided);
    }

    [Fact]
    public async Task An_index_is_decided_again_from_its_platforms()
    {
        await using var fixture = await StartAsync();
        fixture.Aws.Ecr.Scanning = ScanningConfiguration.Enhanced;
        var platform = Manifest.Image("amd64");
        fixture.Aws.Ecr.Push(Repository, Manifest.Index([("linux/amd64", platform)]), "1");
        fixture.Aws.Inspector.CompleteScan(Repository, platform.Digest);
        await fixture.Functions.DeliverAllAsync();
        fixture.Time.Advance(TimeSpan.FromMinutes(10));
        fixture.Aws.Inspector.SetCoverage(Repository, platform.Digest, "INACTIVE", "SCAN_ELIGIBILITY_EXPIRED");
        fixture.Aws.Events.Take();
        Assert.Equal("APPROVED", await AskAsync(fixture, "1"));

        await ByHandAsync(fixture);
        await fixture.Functions.DeliverAllAsync();

        Assert.Equal("STALE", await AskAsync(fixture, "1"));
    }

    [Fact]
    public async Task A_blocked_image_stays_blocked_and_another_tag_for_an_image_decides_it_again()
    {
        var (fixture, digests) = await LeftAsync(1);
        await using var owned = fixture;
        var blocked = fixture.Push("blocked");
        fixture.Aws.Ecr.Scanning = ScanningConfiguration.Enhanced;
        fixture.Aws.Inspector.CompleteScan(Repository, blocked, Critical);
        await fixture.Functions.DeliverAllAsync();
        Assert.Equal("BLOCKED", fixture.Status(blocked));
        fixture.Time.Advance(TimeSpan.FromMinutes(10));
        await ByHandAsync(fixture);
        await fixture.Functions.DeliverAllAsync();
        fixture.Aws.Inspector.SetCoverage(Repository, blocked, "INACTIVE", "SCAN_ELIGIBILITY_EXPIRED");
        fixture.Aws.Events.Take();
        fixture.Time.Advance(TimeSpan.FromMinutes(1));

        Assert.Equal("BLOCKED", await AskAsync(fixture, "blocked"));
        fixture.Aws.Ecr.Push(Repository, Manifest.Image($"{Repository} 1"), "stable");
        await fixture.Functions.DeliverAllAsync();
        Assert.Equal("STALE", fixture.Status(digests[0]));
    }
}
