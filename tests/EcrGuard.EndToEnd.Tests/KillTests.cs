using System.Text.Json.Nodes;
using Amazon.DynamoDBv2.Model;
using Amazon.Runtime;
using EcrGuard.Aws;
using EcrGuard.EndToEnd.Tests.Harness;
using EcrGuard.LocalAws;
using EcrGuard.LocalAws.Ecr;

namespace EcrGuard.EndToEnd.Tests;

/// <summary>The process is killed between any two calls of one event; the queue delivers the event again to another, and what comes of it is what would have come of it.</summary>
public sealed class KillTests(Deployment guard) : IClassFixture<Deployment>
{
    private static readonly LocalFinding Critical = new("CVE-2024-6119", "CRITICAL", new LocalPackage("openssl", "3.0.13"));

    /// <summary>The visibility time-out of the template's queues: no message comes again before.</summary>
    private static readonly TimeSpan Invisible = TimeSpan.FromSeconds(1820);

    [Fact]
    public async Task Of_an_image()
    {
        await SurviveAsync(repository =>
        {
            var digest = guard.Aws.Ecr.Push(repository, Manifest.Image(repository), "1.0", DateTimeOffset.UtcNow.AddHours(-2));
            guard.Aws.Ecr.CompleteScan(repository, digest, Critical);
            return (digest, digest);
        });
    }

    /// <summary>Kills at the first call, at the second … until a run survives.</summary>
    /// <param name="seed">Pushes and scans; gives the digest that was scanned and the tagged one that follows from it.</param>
    private async Task SurviveAsync(Func<string, (string Scanned, string Tagged)> seed)
    {
        for (var call = 1; ; call++)
        {
            var repository = guard.CreateRepository();
            var (scanned, tagged) = seed(repository);
            guard.Aws.Events.Take();
            // An hour ago: an event that the verdict's facts are newer than, when it comes again.
            var pushed = Recorded.Event(Recorded.Push, guard.Aws, repository, tagged, DateTimeOffset.UtcNow.AddHours(-2));
            var scan = Recorded.Event(Recorded.BasicScan, guard.Aws, repository, scanned, DateTimeOffset.UtcNow.AddHours(-1));
            Assert.Empty(await guard.DeliverAsync("OnImagePushed", pushed));
            var function = await guard.FunctionAsync("OnScanChanged");
            guard.Aws.Requests.Take();

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
                await AgeClaimAsync(repository, tagged);
                Assert.Empty(await guard.DeliverAsync("OnScanChanged", scan));
            }

            Assert.True(guard.StatusOf(repository, tagged) == "Blocked", where);
            Assert.True(guard.Aws.Ecr.TagsOf(repository, tagged)!.SequenceEqual(["1.0", $"ecrguard-blocked-{tagged["sha256:".Length..]}"]), where);
            var item = guard.Item(repository, tagged)!;
            Assert.True(item["open"] is null && item["openAlert"] is null && item["openWrites"] is null, $"{where}: {item.ToJsonString()}");
            var ids = guard.Alerts(repository).Select(alert => alert["alertId"]!.ToString()).ToList();
            Assert.True(ids.Count is 1 or 2 && ids.Distinct().Count() == 1, $"{where}: {string.Join(", ", ids)}");
            if (survived)
            {
                // Fewer, and the loop would have tested less than it says.
                Assert.InRange(call, 12, 100);
                return;
            }
        }
    }

    /// <summary>Lets the time pass that a message stays invisible: whoever claimed the alert did so that much earlier.</summary>
    private async Task AgeClaimAsync(string repository, string digest)
    {
        if (guard.Item(repository, digest)?["alertClaimedAt"] is not JsonValue claimed)
            return;
        using var aws = AwsClients.At(guard.Aws.Endpoint, guard.Aws.Region, new BasicAWSCredentials("test", "test"));
        var earlier = DateTimeOffset.Parse(claimed.ToString()) - Invisible;
        await aws.Dynamo.UpdateItemAsync(new UpdateItemRequest
        {
            TableName = Deployment.Table,
            Key = new() { ["pk"] = new($"R#{guard.Aws.AccountId}#{guard.Aws.Region}#{repository}"), ["sk"] = new($"I#{digest["sha256:".Length..]}") },
            UpdateExpression = "SET alertClaimedAt = :earlier",
            ExpressionAttributeValues = new() { [":earlier"] = new(earlier.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'")) },
        });
    }
}
