using System.Text.Json.Nodes;
using EcrGuard.Core.Policy;
using EcrGuard.LocalAws;
using EcrGuard.LocalAws.Sns;
using static EcrGuard.Aws.Tests.Flow.GuardFixture;

namespace EcrGuard.Aws.Tests.Flow;

/// <summary>The tick that watches everything that runs on its own, and the ceiling.</summary>
public sealed class WatchTests
{
    /// <summary>The hours that the last tick has published.</summary>
    private static (double Sweep, double Summary, double Backfill) Hours(Deployed functions)
    {
        var line = functions
            .Lines.ToString()
            .Split('\n')
            .Last(l => l.Contains("HoursSinceSweep", StringComparison.Ordinal));
        var published = JsonNode.Parse(line)!;
        Assert.Equal("EcrGuard", published["_aws"]!["CloudWatchMetrics"]![0]!["Namespace"]!.ToString());
        double Of(string name) => Math.Round(published[name]!.GetValue<double>(), 1);
        return (Of("HoursSinceSweep"), Of("HoursSinceSummary"), Of("HoursSinceBackfill"));
    }

    private static IEnumerable<LocalMessage> Ceilings(GuardFixture fixture) =>
        fixture.Alerts.Where(alert => alert.Attributes["kind"].Value == "ceiling");

    [Fact]
    public async Task Until_anything_has_run_the_hours_count_from_the_installation()
    {
        await using var fixture = await StartAsync();
        await fixture.Functions.TickAsync();
        Assert.Equal((0, 0, 0), Hours(fixture.Functions));

        fixture.Time.Advance(TimeSpan.FromHours(30));
        await fixture.Functions.TickAsync();

        Assert.Equal((30, 30, 30), Hours(fixture.Functions));
        Assert.Empty(fixture.Alerts);
    }

    [Fact]
    public async Task A_sweep_a_summary_and_a_tick_of_the_backfill_each_start_their_own_hours_again()
    {
        await using var fixture = await StartAsync();
        await fixture.Functions.TickAsync();
        fixture.Time.Advance(TimeSpan.FromHours(10));
        await fixture.Functions.SummaryAsync();
        fixture.Time.Advance(TimeSpan.FromHours(1));
        await fixture.Functions.TickAsync();
        Assert.Equal((11, 1, 11), Hours(fixture.Functions));

        await fixture.Functions.BackfillAsync();
        fixture.Time.Advance(TimeSpan.FromHours(3));
        await fixture.Functions.SweepAsync();
        fixture.Time.Advance(TimeSpan.FromHours(2));
        await fixture.Functions.TickAsync();
        // The backfill is done, and never late again.
        Assert.Equal((2, 6, 0), Hours(fixture.Functions));
    }

    [Fact]
    public async Task A_backfill_that_has_begun_and_does_not_go_on_is_late()
    {
        await using var fixture = await StartAsync();
        await fixture.Functions.TickAsync();
        fixture.Aws.Faults.Add(Fault.Unavailable with { Operation = "DescribeRepositories" });
        await Assert.ThrowsAnyAsync<Exception>(() => fixture.Functions.BackfillAsync());
        fixture.Time.Advance(TimeSpan.FromHours(4));
        await fixture.Functions.TickAsync();
        Assert.Equal(4, Hours(fixture.Functions).Backfill);
    }

    [Fact]
    public async Task A_sweep_that_does_not_come_to_its_end_everywhere_is_none()
    {
        await using var fixture = await StartAsync();
        await fixture.Functions.BackfillAsync();
        await fixture.Functions.TickAsync();
        await fixture.Functions.SweepAsync();
        fixture.Time.Advance(TimeSpan.FromHours(24));
        fixture.Aws.Faults.Add(Fault.Unavailable with { Operation = "DescribeImages", Times = int.MaxValue });
        await fixture.Functions.SweepAsync();
        fixture.Aws.Faults.Clear();

        await fixture.Functions.TickAsync();
        Assert.Equal(24, Hours(fixture.Functions).Sweep);
    }

    [Fact]
    public async Task A_summary_of_an_older_week_that_somebody_asks_for_is_not_the_weeks_own()
    {
        await using var fixture = await StartAsync();
        await fixture.Functions.SummaryAsync();
        fixture.Time.Advance(TimeSpan.FromHours(5));
        await fixture.Functions.SummaryAsync("2026-W20");
        await fixture.Functions.TickAsync();
        Assert.Equal(5, Hours(fixture.Functions).Summary);
    }

    [Theory]
    [InlineData(EnforcementMode.Observe, EnforcementMode.Mark)]
    [InlineData(EnforcementMode.Quarantine, EnforcementMode.Observe)]
    [InlineData(EnforcementMode.Mark, EnforcementMode.Observe)]
    [InlineData(EnforcementMode.Mark, EnforcementMode.Quarantine)]
    public async Task A_changed_ceiling_is_told_once_whichever_way_it_went(EnforcementMode before, EnforcementMode now)
    {
        await using var fixture = await StartAsync();
        var (was, becomes) = (Ceiling(fixture, before), Ceiling(fixture, now));
        await was.TickAsync();
        await was.TickAsync();
        Assert.Empty(Ceilings(fixture));

        await becomes.TickAsync();
        await becomes.TickAsync();

        var alert = Assert.Single(Ceilings(fixture));
        var (from, to) = (before.ToString().ToLowerInvariant(), now.ToString().ToLowerInvariant());
        Assert.Equal(
            (to, $"EcrGuard: ceiling changed from {from} to {to} in 123456789012 eu-central-1"),
            (alert.Attributes["ceiling"].Value, alert.Subject)
        );

        // The way back is a change too, with its own id.
        await was.TickAsync();
        Assert.Equal(2, Ceilings(fixture).Select(told => told.Attributes["alertId"].Value).Distinct().Count());
    }

    [Fact]
    public async Task A_changed_ceiling_that_cannot_be_told_is_told_by_the_next_tick()
    {
        await using var fixture = await StartAsync();
        await Ceiling(fixture, EnforcementMode.Mark).TickAsync();
        var observing = Ceiling(fixture, EnforcementMode.Observe);
        fixture.Aws.Faults.Add(Fault.Unavailable with { Operation = "Publish" });

        await Assert.ThrowsAnyAsync<Exception>(() => observing.TickAsync());
        await observing.TickAsync();

        Assert.Single(Ceilings(fixture));
    }

    [Fact]
    public async Task A_tick_with_nothing_new_only_reads()
    {
        await using var fixture = await StartAsync();
        await fixture.Functions.TickAsync();
        fixture.Aws.Requests.Take();
        await fixture.Functions.TickAsync();
        Assert.Equal(
            ["GetItem", "GetItem", "GetItem", "GetItem"],
            fixture.Aws.Requests.Take().Select(request => request.Operation)
        );
    }

    private static Deployed Ceiling(GuardFixture fixture, EnforcementMode mode) =>
        fixture.Deploy("""{ "version": 1 }""", new DeploymentOptions(mode));
}
