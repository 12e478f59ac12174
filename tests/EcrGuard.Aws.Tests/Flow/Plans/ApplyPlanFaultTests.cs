using EcrGuard.LocalAws;
using static EcrGuard.Aws.Tests.Flow.PlanFixture;

namespace EcrGuard.Aws.Tests.Flow;

/// <summary>
/// Every call of an apply fails once, in every way. No image in use ever goes, the ledger records everything that went,
/// and the same plan, applied again, does the rest.
/// </summary>
public sealed class ApplyPlanFaultTests
{
    private static readonly Dictionary<string, Fault> Ways = new()
    {
        ["throttled"] = Fault.Throttle,
        ["internal error"] = Fault.InternalError,
        ["closed after the effect"] = Fault.CloseAfter with { Times = int.MaxValue },
        ["killed"] = Fault.Kill(),
    };

    public static TheoryData<string> AllWays => [.. Ways.Keys];

    [Theory]
    [MemberData(nameof(AllWays))]
    public async Task Whichever_call_fails_the_plan_is_carried_out_in_the_end_and_nothing_else(string way)
    {
        const int AtOnce = 6;
        for (var first = 1; ; first += AtOnce)
        {
            var struck = await Task.WhenAll(
                Enumerable.Range(first, AtOnce).Select(call => OneCallAsync(Ways[way] with { From = call }))
            );
            if (struck.Contains(false))
            {
                // With fewer calls, the faults would strike less than the test says.
                Assert.InRange(first, 12, 120);
                return;
            }
        }
    }

    /// <returns>Whether the apply has as many calls as the fault waits for.</returns>
    private static async Task<bool> OneCallAsync(Fault fault)
    {
        await using var fixture = await StartAsync();
        var digests = fixture.PushOld(7);
        var plan = await fixture.PlanAsync();
        // Only the service shows the use: the image was pulled so long ago that no pull protects it.
        fixture.Run($"{Repository}:1.0");
        fixture.Aws.Faults.Add(fault);
        // This fault is only there to be counted: a fault without end is never outstanding.
        fixture.Aws.Faults.Add(Fault.Delay(TimeSpan.Zero) with { From = fault.From });
        try
        {
            await fixture.ApplyAsync(plan, fixture.Guard.Deploy(Keeps));
        }
        catch (Exception) when (fixture.Aws.Faults.Outstanding == 0)
        {
            // The call as a whole failed, so the caller calls again.
        }
        var struck = fixture.Aws.Faults.Outstanding == 0;
        fixture.Aws.Faults.Clear();
        var gone = digests.Except(fixture.Left(digests)).ToList();
        Assert.Subset(digests.Skip(1).Take(4).ToHashSet(), gone.ToHashSet());
        Assert.All(gone, digest => Assert.Contains(digest, fixture.Story.Keys));

        fixture.Guard.Time.Advance(TimeSpan.FromMinutes(16));
        var answer = await fixture.ApplyAsync(plan, fixture.Guard.Deploy(Keeps));
        Assert.Equal(digests.Skip(1).Take(4), answer.Done.Select(done => done.Digest));
        Assert.Equal([digests[0]], answer.Superseded.Select(superseded => superseded.Digest));
        Assert.Empty(answer.Refused);
        Assert.Equal([digests[0], .. digests.Skip(5)], fixture.Left(digests));
        Assert.Equal(
            digests.Skip(1).Take(4).Order(),
            fixture.Story.Where(item => item.Value == "done").Select(item => item.Key).Order()
        );
        return struck;
    }
}
