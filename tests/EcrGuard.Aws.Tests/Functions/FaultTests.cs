using EcrGuard.LocalAws;
using static EcrGuard.Aws.Tests.Flow.GuardFixture;

namespace EcrGuard.Aws.Tests.Flow;

/// <summary>
/// Every call of a run fails once in every way. The event is handed back or was handled. The ledger has an intent for
/// every tag in the registry. The next delivery, without faults, brings everything to the state that it would have had.
/// </summary>
public sealed class FaultTests
{
    /// <summary>The only way that takes time, so all of its runs wait together.</summary>
    private const string Unanswered = "no answer in time";

    /// <summary>The function ends before the call. It makes no other call, and nobody hears its answer.</summary>
    private const string Killed = "killed";

    /// <summary>How long the queue holds a message that was handed back or never answered.</summary>
    private static readonly TimeSpan Redelivery = TimeSpan.FromMinutes(7);

    /// <summary>
    /// The ways in which a call can fail. The SDK repeats a call whose connection breaks. In the end it succeeds,
    /// unless the fault has no end.
    /// </summary>
    private static readonly Dictionary<string, Fault> Ways = new()
    {
        ["throttled"] = Fault.Throttle,
        ["internal error"] = Fault.InternalError,
        ["unavailable"] = Fault.Unavailable,
        ["expired credentials"] = Fault.ExpiredCredentials,
        [Unanswered] = Fault.Delay(TimeSpan.FromMinutes(1)),
        ["closed after the effect, once"] = Fault.CloseAfter,
        ["closed after the effect"] = Fault.CloseAfter with { Times = int.MaxValue },
        ["half an answer, once"] = Fault.HalfSent,
        ["half an answer"] = Fault.HalfSent with { Times = int.MaxValue },
        [Killed] = Fault.Kill(),
    };

    public static TheoryData<string> AllWays => [.. Ways.Keys];

    [Theory]
    [MemberData(nameof(AllWays))]
    public Task A_push_converges_whichever_call_fails(string way) =>
        EachCallAsync(
            way,
            7,
            new Scenario(
                fixture => Task.FromResult(fixture.Push("1")),
                (fixture, digest) =>
                {
                    Assert.Equal("PENDING", fixture.Status(digest));
                    Assert.Equal(["1"], fixture.Tags(digest));
                    Assert.Empty(fixture.Alerts);
                    Assert.Single(fixture.Items("H#"));
                    Assert.Single(fixture.Items("D"));
                }
            )
        );

    [Theory]
    [MemberData(nameof(AllWays))]
    public Task A_block_converges_whichever_call_fails(string way) =>
        EachCallAsync(
            way,
            14,
            new Scenario(
                async fixture =>
                {
                    var digest = fixture.Push("1");
                    await fixture.Functions.DeliverAllAsync();
                    fixture.Aws.Ecr.CompleteScan(Repository, digest, Critical);
                    return digest;
                },
                (fixture, digest) =>
                {
                    Assert.Equal("BLOCKED", fixture.Status(digest));
                    Assert.Equal(["1", BlockedTag(digest)], fixture.Tags(digest));
                    Assert.Equal(
                        ["blocked"],
                        fixture.Alerts.DistinctBy(AlertId).Select(a => a.Attributes["kind"].Value)
                    );
                    Assert.Equal(2, fixture.Items("H#").Count);
                    Assert.Single(fixture.Aws.S3.Keys(Bucket, "findings/"));
                }
            )
        );

    [Theory]
    [MemberData(nameof(AllWays))]
    public Task The_end_of_a_block_converges_whichever_call_fails(string way) =>
        EachCallAsync(
            way,
            13,
            new Scenario(
                async fixture =>
                {
                    var digest = await fixture.ScannedAsync("1", Critical);
                    fixture.Aws.Ecr.CompleteScan(Repository, digest);
                    return digest;
                },
                (fixture, digest) =>
                {
                    Assert.Equal("APPROVED", fixture.Status(digest));
                    Assert.Equal(["1"], fixture.Tags(digest));
                    Assert.Equal(
                        ["blocked", "lifted"],
                        fixture.Alerts.DistinctBy(AlertId).Select(a => a.Attributes["kind"].Value)
                    );
                    Assert.Equal(3, fixture.Items("H#").Count);
                }
            )
        );

    /// <summary>
    /// What happens before an event is delivered, and what must be true of the image after the delivery.
    /// </summary>
    private sealed record Scenario(
        Func<GuardFixture, Task<string>> ArrangeAsync,
        Action<GuardFixture, string> AssertConverged
    );

    /// <param name="calls">The least number of calls. With fewer, the faults would strike less than the test
    ///     says.</param>
    private static async Task EachCallAsync(string way, int calls, Scenario scenario)
    {
        var options = new DeploymentOptions(Timeout: way == Unanswered ? TimeSpan.FromSeconds(3) : null);
        var atOnce = way == Unanswered ? 20 : 5;
        for (var first = 1; ; first += atOnce)
        {
            var struck = await Task.WhenAll(
                Enumerable
                    .Range(first, atOnce)
                    .Select(call => OneCallAsync(Ways[way] with { From = call }, way == Killed, options, scenario))
            );
            if (struck.Contains(false))
            {
                Assert.InRange(first + struck.Count(s => s) - 1, calls, 40);
                return;
            }
        }
    }

    /// <returns>Whether the run has as many calls as the fault waits for.</returns>
    private static async Task<bool> OneCallAsync(Fault fault, bool killed, DeploymentOptions options, Scenario scenario)
    {
        await using var fixture = await StartAsync();
        var digest = await scenario.ArrangeAsync(fixture);
        var sent = Assert.Single(fixture.Aws.Events.Take());
        // The event is now older than the facts will be. Only the open entry in the ledger makes the second delivery
        // look again.
        fixture.Time.Advance(TimeSpan.FromMinutes(3));
        fixture.Aws.Faults.Add(fault);
        // This fault is only there to be counted: a fault without end is never outstanding.
        fixture.Aws.Faults.Add(Fault.Delay(TimeSpan.Zero) with { From = fault.From });
        var failed = await DeliverAsync(fixture.Deploy(options: options), sent);
        var struck = fixture.Aws.Faults.Outstanding == 0;
        fixture.Aws.Faults.Clear();
        AssertIntended(fixture, digest);

        if (failed.Count > 0 || killed)
        {
            fixture.Time.Advance(Redelivery);
            var again = fixture.Deploy();
            if (await DeliverAsync(again, sent) is { Count: > 0 })
                Assert.Fail($"Call {fault.From}: {again.Lines}");
        }
        // EcrGuard's own writes come back as events, and change nothing.
        await fixture.Functions.DeliverAllAsync();
        scenario.AssertConverged(fixture, digest);
        AssertIntended(fixture, digest);
        AssertClosed(fixture, digest);
        return struck;
    }

    private static Task<IReadOnlyList<string>> DeliverAsync(Deployed functions, string sent) =>
        Deployed.IsPush(sent) ? functions.PushedAsync(sent) : functions.ChangedAsync(sent);

    private static void AssertIntended(GuardFixture fixture, string digest)
    {
        if (fixture.Tags(digest).Contains(BlockedTag(digest)))
            Assert.Contains(
                fixture.Items("A#"),
                write =>
                    write["tag"]!.GetValue<string>() == BlockedTag(digest)
                    && write["change"]!.GetValue<string>() == "Add"
            );
        Assert.Contains("1", fixture.Tags(digest));
    }

    private static void AssertClosed(GuardFixture fixture, string digest)
    {
        Assert.DoesNotContain(
            fixture.Item(digest),
            left => left.Key is "open" or "openAlert" or "openWrites" or "alertClaimedAt" or "couldNotMark"
        );
        Assert.All(fixture.Items("A#"), write => Assert.NotEqual("intended", write["outcome"]!.GetValue<string>()));
    }
}
