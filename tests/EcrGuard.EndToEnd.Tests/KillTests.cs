using System.Globalization;
using System.Text.Json.Nodes;
using EcrGuard.EndToEnd.Tests.Harness;
using EcrGuard.LocalAws;
using EcrGuard.LocalAws.Ecr;

namespace EcrGuard.EndToEnd.Tests;

/// <summary>
/// The process is killed between any two calls of one event. The queue delivers the event again to another process, and
/// the result is the same as without the kill.
/// </summary>
public sealed class KillTests(Deployment guard) : IClassFixture<Deployment>
{
    private static readonly LocalFinding Critical = new(
        "CVE-2024-6119",
        "CRITICAL",
        new LocalPackage("openssl", "3.0.13")
    );

    /// <summary>The visibility time-out of the template's queues. No message comes again before it is over.</summary>
    private static readonly TimeSpan Invisible = TimeSpan.FromSeconds(2000);

    [Fact]
    public async Task Killed_before_its_first_call_or_its_second_or_any_other()
    {
        // The loop ends when a run survives.
        for (var call = 1; ; call++)
        {
            var (repository, digest, scan) = await PushAsync();
            var function = await guard.FunctionAsync("OnScanChanged");
            guard.TakeRequests();

            guard.Aws.Faults.Add(Fault.Kill(function.Kill) with { From = call });
            var survived = true;
            try
            {
                Assert.Empty(await guard.DeliverAsync("OnScanChanged", scan));
            }
            catch (FunctionDiedException)
            {
                survived = false;
            }
            guard.Aws.Faults.Clear();
            var where = survived ? "no kill" : $"killed before call {call}, {guard.Aws.Requests.Last()}";

            if (!survived)
            {
                await AgeClaimAsync(repository, digest);
                Assert.Empty(await guard.DeliverAsync("OnScanChanged", scan));
            }

            Assert.True(guard.StatusOf(repository, digest) == "Blocked", where);
            Assert.True(
                guard
                    .Aws.Ecr.TagsOf(repository, digest)!
                    .SequenceEqual(["1.0", $"ecrguard-blocked-{digest["sha256:".Length..]}"]),
                where
            );
            var item = guard.Item(repository, digest)!;
            Assert.True(
                item["open"] is null && item["openAlert"] is null && item["openWrites"] is null,
                $"{where}: {item.ToJsonString()}"
            );
            var ids = guard.Alerts(repository).Select(alert => alert["alertId"]!.ToString()).ToList();
            Assert.True(ids.Count is 1 or 2 && ids.Distinct().Count() == 1, $"{where}: {string.Join(", ", ids)}");
            if (survived)
            {
                // With fewer calls, the loop would have tested less than it says.
                Assert.InRange(call, 12, 100);
                return;
            }
        }
    }

    [Fact]
    public async Task Killed_after_claiming_an_alert_and_the_next_event_comes_too_early_to_know_that()
    {
        var (repository, digest, scan) = await PushAsync();
        var function = await guard.FunctionAsync("OnScanChanged");
        guard.Aws.Faults.Add(Fault.Kill(function.Kill) with { Service = "sns" });
        await Assert.ThrowsAsync<FunctionDiedException>(() => guard.DeliverAsync("OnScanChanged", scan));
        guard.Aws.Faults.Clear();

        Assert.Empty(
            await guard.DeliverAsync("OnScanChanged", Recorded.Event(Recorded.BasicScan, guard.Aws, repository, digest))
        );
        Assert.Empty(guard.Alerts(repository));

        await AgeClaimAsync(repository, digest);
        Assert.Empty(await guard.DeliverAsync("OnScanChanged", scan));
        Assert.Single(guard.Alerts(repository));
        Assert.Null(guard.Item(repository, digest)!["open"]);
    }

    /// <summary>
    /// A pending image whose scan has ended. The event is an hour old, so when it comes again it is older than the
    /// facts of the verdict.
    /// </summary>
    private async Task<(string Repository, string Digest, string Scan)> PushAsync()
    {
        var repository = guard.CreateRepository();
        var pushedAt = DateTimeOffset.UtcNow.AddHours(-2);
        var digest = guard.Aws.Ecr.Push(repository, Manifest.Image(repository), "1.0", pushedAt);
        Assert.Empty(
            await guard.DeliverAsync(
                "OnImagePushed",
                Recorded.Event(Recorded.Push, guard.Aws, repository, digest, pushedAt)
            )
        );
        guard.Aws.Ecr.CompleteScan(repository, digest, Critical);
        return (
            repository,
            digest,
            Recorded.Event(Recorded.BasicScan, guard.Aws, repository, digest, pushedAt.AddHours(1))
        );
    }

    /// <summary>
    /// Lets the time pass in which a message is invisible: moves the claim of the alert back by that much.
    /// </summary>
    private async Task AgeClaimAsync(string repository, string digest)
    {
        if (guard.Item(repository, digest)?["alertClaimedAt"] is not JsonValue claimed)
            return;
        var earlier = DateTimeOffset.Parse(claimed.ToString(), CultureInfo.InvariantCulture) - Invisible;
        await guard.UpdateAsync(
            $"R#{guard.Aws.AccountId}#{guard.Aws.Region}#{repository}",
            $"I#{digest["sha256:".Length..]}",
            "alertClaimedAt",
            earlier.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'", CultureInfo.InvariantCulture)
        );
    }
}
