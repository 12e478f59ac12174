using EcrGuard.LocalAws;
using EcrGuard.LocalAws.Ecr;
using static EcrGuard.Aws.Tests.Flow.GuardFixture;

namespace EcrGuard.Aws.Tests.Flow;

/// <summary>
/// First deployment: everything is judged once, without a storm of alerts, however often the function has to begin
/// again.
/// </summary>
public sealed class BackfillTests
{
    private const int Repositories = 50;
    private const int Images = 20;

    [Fact]
    public async Task A_backfill_that_the_deadline_interrupts_goes_on_where_it_stopped_and_tells_its_end_once()
    {
        await using var fixture = await StartAsync();
        Fill(fixture);
        var runs = 0;
        for (var done = false; !done; runs++)
        {
            Assert.InRange(runs, 0, 20);
            // Time is up after some of the chunks have asked for it.
            var left = 5;
            var functions = fixture.Deploy();
            var state = await functions.BackfillAsync(
                new Invocation { Remaining = () => TimeSpan.FromSeconds(--left > 0 ? 300 : 20) }
            );
            Assert.Empty(state.Unread);
            done = state.DoneAt is not null;
            if (done)
            {
                Assert.Equal(Repositories + 1, state.Repositories);
                Assert.Equal(Repositories * Images, state.Statuses.Total);
                Assert.Equal(
                    (Repositories, Repositories * (Images - 1)),
                    (state.Statuses.Blocked, state.Statuses.Approved)
                );
            }
        }

        Assert.True(runs > 2, $"It was interrupted {runs - 1} times only.");
        Assert.Equal("backfill", Assert.Single(fixture.Alerts).Attributes["kind"].Value);
        Assert.Equal(Repositories * Images, fixture.Items("I#").Count);
        Assert.Equal(Repositories * Images, fixture.Items("H#").Count);
        Assert.All(fixture.Items("I#"), item => Assert.Null(item["openAlert"]));

        fixture.Aws.Requests.Take();
        Assert.NotNull((await fixture.Functions.BackfillAsync()).DoneAt);
        Assert.Equal(["GetItem"], fixture.Aws.Requests.Select(r => r.Operation));
    }

    [Fact]
    public async Task A_backfill_that_dies_is_taken_up_when_its_lease_has_ended()
    {
        await using var fixture = await StartAsync();
        await fixture.ScannedAsync("1", Low);
        fixture.Aws.Faults.Add(Fault.Kill() with { Operation = "DescribeRepositories" });
        await Assert.ThrowsAnyAsync<Exception>(() => fixture.Functions.BackfillAsync());
        fixture.Aws.Faults.Clear();

        Assert.Null((await fixture.Functions.BackfillAsync()).DoneAt);
        fixture.Time.Advance(TimeSpan.FromMinutes(16));
        Assert.NotNull((await fixture.Functions.BackfillAsync()).DoneAt);
    }

    [Fact]
    public async Task What_could_not_be_read_is_in_the_message()
    {
        await using var fixture = await StartAsync();
        await fixture.ScannedAsync("1");
        fixture.Aws.Ecr.CreateRepository("broken");
        fixture.Aws.Faults.Add(
            Fault.InternalError with
            {
                Operation = "DescribeImages",
                Resource = "broken",
                Times = int.MaxValue,
            }
        );
        var state = await fixture.Functions.BackfillAsync();

        Assert.NotNull(state.DoneAt);
        Assert.Equal("repository broken", Assert.Single(state.Unread).What);
        Assert.Contains("INCOMPLETE", Assert.Single(fixture.Alerts).Subject, StringComparison.Ordinal);
    }

    /// <summary>Fills each repository with one blocked image; the others are clean.</summary>
    private static void Fill(GuardFixture fixture)
    {
        for (var r = 0; r < Repositories; r++)
        {
            var repository = $"team-{r:00}/app";
            fixture.Aws.Ecr.CreateRepository(repository, scanOnPush: true);
            for (var i = 0; i < Images; i++)
            {
                var digest = fixture.Aws.Ecr.Push(
                    repository,
                    Manifest.Image($"{repository} {i}"),
                    $"{i}",
                    announce: false
                );
                fixture.Aws.Ecr.CompleteScan(repository, digest, i == 0 ? Critical : Low);
            }
        }
        fixture.Aws.Events.Take();
    }
}
