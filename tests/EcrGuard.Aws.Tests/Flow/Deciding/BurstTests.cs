using EcrGuard.LocalAws;
using EcrGuard.LocalAws.Ecr;
using EcrGuard.LocalAws.Sns;

namespace EcrGuard.Aws.Tests.Flow;

/// <summary>
/// Many events at once: five hundred about one image, and the day on which one new CVE is found in all of them.
/// </summary>
public sealed class BurstTests
{
    private const int Batch = 100;

    /// <summary>One tag in twenty seconds.</summary>
    private static readonly DeploymentOptions Slow = new(WritesPerSecond: 0.05);

    /// <summary>The first decision has already listed what all the events report.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public async Task Five_hundred_finding_events_for_one_image_cost_one_decision_when_their_findings_are_listed(
        int minutes
    )
    {
        await using var fixture = await EnhancedAsync();
        var digest = (await ManyAsync(fixture, 1))[0];
        for (var i = 0; i < 500; i++)
            fixture.Aws.Inspector.Report(GuardFixture.Repository, digest, Critical(i));
        var batches = fixture.Aws.Events.Take().Chunk(Batch).ToList();
        fixture.Time.Advance(TimeSpan.FromMinutes(minutes));
        fixture.Aws.Requests.Take();

        Assert.Empty(await fixture.Functions.ChangedAsync(batches[0]));
        Assert.Equal(1, Decisions(fixture));
        Assert.Equal(
            ["DescribeImages", "GetLifecyclePolicy", "DescribeImages", "BatchGetImage", "PutImage"],
            Calls(fixture, "ecr")
        );
        foreach (var batch in batches.Skip(1))
            Assert.Empty(await fixture.Functions.ChangedAsync(batch));

        Assert.Equal(5, batches.Count);
        Assert.Equal(1, Decisions(fixture));
        Assert.Equal(5, Calls(fixture, "ecr").Count());
        Assert.Equal(
            ("BLOCKED", 500),
            (fixture.Status(digest), fixture.Verdict(digest).GetProperty("counts").GetProperty("critical").GetInt32())
        );
        Assert.Single(Told(fixture));
    }

    [Fact]
    public async Task Events_of_different_kinds_in_any_order_and_twice_cost_one_decision_a_batch_and_come_to_what_the_scanner_says()
    {
        await using var fixture = await EnhancedAsync();
        var (aws, repository) = (fixture.Aws, GuardFixture.Repository);
        var digest = (await ManyAsync(fixture, 1))[0];
        aws.Inspector.Report(repository, digest, Critical(1));
        aws.Inspector.SetStatus(repository, digest, Critical(1).Vulnerability, "CLOSED");
        aws.Inspector.SetCoverage(repository, digest, "ACTIVE", "SUCCESSFUL");
        aws.Ecr.Archive(repository, digest);
        aws.Ecr.Restore(repository, digest);
        aws.Inspector.CompleteScan(repository, digest, GuardFixture.Low, Critical(2));
        aws.Inspector.Report(repository, digest, Critical(3));
        aws.Inspector.SetStatus(repository, digest, Critical(3).Vulnerability, "CLOSED");
        var events = aws.Events.Take().Reverse().ToList();
        var other = fixture.Deploy();
        aws.Requests.Take();

        var batches = events.Chunk(3).ToList();
        for (var i = 0; i < batches.Count; i++)
            Assert.Empty(await (i % 2 == 0 ? fixture.Functions : other).ChangedAsync(batches[i]));
        Assert.InRange(Decisions(fixture), 1, batches.Count);
        Assert.Equal(
            ("BLOCKED", 1),
            (fixture.Status(digest), fixture.Verdict(digest).GetProperty("counts").GetProperty("critical").GetInt32())
        );

        // A later decision, for another reason, has seen all that they report.
        fixture.Time.Advance(TimeSpan.FromMinutes(2));
        aws.Inspector.Report(repository, digest, GuardFixture.High);
        Assert.Empty(await other.ChangedAsync(aws.Events.Take()));
        aws.Requests.Take();
        Assert.Empty(await fixture.Functions.ChangedAsync([.. events, .. events]));
        Assert.DoesNotContain(aws.Requests, call => call.Service is "ecr" or "inspector2");
        Assert.Single(Told(fixture));
    }

    [Fact]
    public async Task Verdicts_and_alerts_do_not_wait_for_tags_and_tags_do_not_wait_for_ever()
    {
        await using var fixture = await EnhancedAsync(leaps: true);
        var digests = await ManyAsync(fixture, 50);
        for (var i = 0; i < 10; i++)
        {
            foreach (var digest in digests)
                fixture.Aws.Inspector.Report(GuardFixture.Repository, digest, Critical(i));
        }
        var events = fixture.Aws.Events.Take();
        Assert.Equal(500, events.Count);
        var slow = fixture.Deploy(options: Slow);
        fixture.Aws.Requests.Take();

        foreach (var batch in events.Chunk(Batch))
            Assert.Empty(await slow.ChangedAsync(batch));

        Assert.All(digests, digest => Assert.Equal("BLOCKED", fixture.Status(digest)));
        // More than ten in a batch are one message, and it is sent before the first tag.
        Assert.Single(Told(fixture));
        var calls = fixture.Aws.Requests.Select(call => call.Operation).ToList();
        Assert.True(calls.IndexOf("Publish") < calls.IndexOf("PutImage"));
        // Five minutes allow one write in twenty seconds. Writes that had no turn by then wait for the sweep, which
        // here needs no turns itself.
        Assert.InRange(calls.Count(call => call == "PutImage"), 14, 17);
        Assert.All(
            digests,
            digest => Assert.NotEqual(IsMarked(fixture, digest), fixture.Item(digest).ContainsKey("couldNotMark"))
        );
        await AssertSweptAsync(fixture, digests);
    }

    [Fact]
    public async Task Behind_a_backlog_a_tag_that_has_no_turn_at_once_is_left_to_the_sweep()
    {
        await using var fixture = await EnhancedAsync();
        var digests = await ManyAsync(fixture, 12);
        foreach (var digest in digests)
            fixture.Aws.Inspector.Report(GuardFixture.Repository, digest, Critical(1));
        fixture.Time.Advance(TimeSpan.FromMinutes(6));

        // Nothing moves the clock, so a wait for a turn would never end.
        Assert.Empty(await fixture.Deploy(options: Slow).ChangedAsync(fixture.Aws.Events.Take()));
        Assert.All(digests, digest => Assert.Equal("BLOCKED", fixture.Status(digest)));
        Assert.Single(Told(fixture));
        Assert.Single(digests, digest => IsMarked(fixture, digest));
        Assert.All(
            digests,
            digest => Assert.NotEqual(IsMarked(fixture, digest), fixture.Item(digest).ContainsKey("couldNotMark"))
        );
        await AssertSweptAsync(fixture, digests);
    }

    [Fact]
    public async Task An_image_is_marked_even_where_nobody_can_be_told()
    {
        await using var fixture = await GuardFixture.StartAsync();
        var digest = fixture.Push("1");
        await fixture.Functions.DeliverAllAsync();
        fixture.Aws.Ecr.CompleteScan(GuardFixture.Repository, digest, GuardFixture.Critical);
        var events = fixture.Aws.Events.Take();
        fixture.Aws.Faults.Add(Fault.Unavailable with { Service = "sns" });

        Assert.Equal(events, await fixture.Functions.ChangedAsync(events));
        Assert.True(IsMarked(fixture, digest));
        Assert.Empty(await fixture.Functions.ChangedAsync(events));
        Assert.Single(fixture.Alerts);
        Assert.False(fixture.Item(digest).ContainsKey("open"));
    }

    private static async Task AssertSweptAsync(GuardFixture fixture, IReadOnlyList<string> digests)
    {
        await fixture.Functions.SweepAsync();
        Assert.All(
            digests,
            digest => Assert.True(IsMarked(fixture, digest) && !fixture.Item(digest).ContainsKey("couldNotMark"))
        );
    }

    private static bool IsMarked(GuardFixture fixture, string digest) =>
        fixture.Tags(digest).Contains(GuardFixture.BlockedTag(digest));

    private static async Task<GuardFixture> EnhancedAsync(bool leaps = false)
    {
        var fixture = await GuardFixture.StartAsync(leaps: leaps);
        fixture.Aws.Ecr.Scanning = ScanningConfiguration.Enhanced;
        // There is no sweep before the first backfill.
        await fixture.Functions.BackfillAsync();
        return fixture;
    }

    /// <summary>Images that are known and approved.</summary>
    private static async Task<IReadOnlyList<string>> ManyAsync(GuardFixture fixture, int count)
    {
        var digests = Enumerable.Range(0, count).Select(i => fixture.Push($"{i}")).ToList();
        await fixture.Functions.DeliverAllAsync();
        foreach (var digest in digests)
            fixture.Aws.Inspector.CompleteScan(GuardFixture.Repository, digest, GuardFixture.Low);
        await fixture.Functions.DeliverAllAsync();
        Assert.All(digests, digest => Assert.Equal("APPROVED", fixture.Status(digest)));
        return digests;
    }

    private static LocalFinding Critical(int number) =>
        GuardFixture.Critical with
        {
            Vulnerability = $"CVE-2026-{5000 + number}",
        };

    /// <summary>Inspector is asked for an image's coverage before and after its findings.</summary>
    private static int Decisions(GuardFixture fixture) =>
        Calls(fixture, "inspector2").Count(call => call == "ListCoverage") / 2;

    /// <summary>The alerts about images. The first alert is about the end of the backfill.</summary>
    private static IEnumerable<LocalMessage> Told(GuardFixture fixture) => fixture.Alerts.Skip(1);

    private static IEnumerable<string> Calls(GuardFixture fixture, string service) =>
        fixture.Aws.Requests.Where(call => call.Service == service).Select(call => call.Operation);
}
