using System.Text.Json.Nodes;
using EcrGuard.LocalAws;
using static EcrGuard.Aws.Tests.Flow.GuardFixture;

namespace EcrGuard.Aws.Tests.Flow;

/// <summary>Issue 10: a run that begins but never makes progress is late too.</summary>
public sealed class LateTests
{
    /// <summary>A metric of the last tick, in hours.</summary>
    private static double Hours(Deployed functions, string name) =>
        Math.Round(
            JsonNode.Parse(
                functions.Lines.ToString().Split('\n').Last(l => l.Contains(name, StringComparison.Ordinal))
            )![name]!.GetValue<double>(),
            1
        );

    [Fact]
    public async Task A_backfill_whose_every_run_begins_and_gets_nowhere_is_late()
    {
        await using var fixture = await StartAsync();
        fixture.Push("1");
        await fixture.Functions.TickAsync();
        fixture.Aws.Faults.Add(Fault.Unavailable with { Operation = "DescribeRepositories", Times = int.MaxValue });
        for (var run = 0; run < 4; run++)
        {
            fixture.Time.Advance(TimeSpan.FromHours(1));
            await Assert.ThrowsAnyAsync<Exception>(() => fixture.Functions.BackfillAsync());
        }
        await fixture.Functions.TickAsync();
        Assert.Equal(4, Hours(fixture.Functions, "HoursSinceBackfill"));
    }

    [Fact]
    public async Task A_backfill_that_gets_further_in_a_repository_that_it_cannot_end_is_not_late()
    {
        await using var fixture = await StartAsync();
        for (var at = 0; at < 3; at++)
            fixture.Push($"{at}");
        await fixture.Functions.TickAsync();
        fixture.Time.Advance(TimeSpan.FromHours(4));
        // The time is over once an image is judged.
        var left = TimeSpan.FromSeconds(31);
        fixture.Aws.Faults.Add(
            Fault.Unavailable with
            {
                Operation = "DescribeImageScanFindings",
                From = 2,
                Times = int.MaxValue,
            }
        );
        var state = await fixture.Functions.BackfillAsync(new Invocation { Remaining = () => left });
        fixture.Aws.Faults.Clear();
        await fixture.Functions.TickAsync();
        Assert.NotNull(state.TickedAt);
        Assert.InRange(Hours(fixture.Functions, "HoursSinceBackfill"), 0, 0.1);
    }

    /// <summary>Its list is then empty, and an empty sweep says nothing about any repository.</summary>
    [Fact]
    public async Task A_sweep_before_the_backfill_is_done_is_no_whole_one()
    {
        await using var fixture = await StartAsync();
        await fixture.Functions.TickAsync();
        fixture.Time.Advance(TimeSpan.FromHours(30));
        await fixture.Functions.SweepAsync();
        await fixture.Functions.TickAsync();
        Assert.Equal(30, Hours(fixture.Functions, "HoursSinceSweep"));

        await fixture.Functions.BackfillAsync();
        fixture.Time.Advance(TimeSpan.FromHours(1));
        await fixture.Functions.SweepAsync();
        await fixture.Functions.TickAsync();
        Assert.Equal(0, Hours(fixture.Functions, "HoursSinceSweep"));
    }

    /// <summary>
    /// Earlier runs do not count: neither a new stack nor a restored table is late at its first tick.
    /// </summary>
    [Theory]
    [InlineData("stack-2", Table)]
    [InlineData("stack-1", "restored")]
    public async Task A_ledger_that_was_taken_over_is_late_by_its_own_time(string stack, string table)
    {
        await using var fixture = await StartAsync();
        var before = fixture.Deploy(options: new DeploymentOptions(Stack: "stack-1"));
        await before.TickAsync();
        await before.BackfillAsync();
        await before.SweepAsync();
        await before.SummaryAsync();
        fixture.Aws.DynamoDb.CopyTable(Table, "restored");
        fixture.Time.Advance(TimeSpan.FromDays(20));

        var after = fixture.Deploy(options: new DeploymentOptions(Stack: stack, Table: table));
        await after.TickAsync();
        Assert.Equal((0, 0), (Hours(after, "HoursSinceSweep"), Hours(after, "HoursSinceSummary")));
        fixture.Time.Advance(TimeSpan.FromHours(51));
        await after.TickAsync();
        Assert.Equal(51, Hours(after, "HoursSinceSweep"));

        await after.SweepAsync();
        fixture.Time.Advance(TimeSpan.FromHours(2));
        await after.TickAsync();
        Assert.Equal((2, 53), (Hours(after, "HoursSinceSweep"), Hours(after, "HoursSinceSummary")));
    }
}
