using System.Globalization;
using System.Text.Json.Nodes;
using EcrGuard.EndToEnd.Tests.Harness;
using EcrGuard.LocalAws;
using EcrGuard.LocalAws.Ecr;

namespace EcrGuard.EndToEnd.Tests;

/// <summary>What schedules start: the backfill of what is there already, and its weekly summary.</summary>
public sealed class BackfillAndSummaryTests(Deployment guard) : IClassFixture<Deployment>
{
    private static readonly LocalFinding Critical = new(
        "CVE-2024-6119",
        "CRITICAL",
        new LocalPackage("openssl", "3.0.13")
    );

    [Fact]
    public async Task A_backfill_that_is_killed_goes_on_where_it_was_and_ends_with_one_message_then_the_week_is_summed_up()
    {
        // Twenty repositories of two images: the function takes eight repositories at a time.
        for (var at = 0; at < 20; at++)
        {
            var repository = guard.CreateRepository();
            Scanned(repository, "1.0");
            Scanned(repository, "2.0", Critical);
        }
        guard.Aws.Events.Take();

        var function = await guard.FunctionAsync("Backfill");
        guard.Aws.Faults.Add(
            Fault.Kill(function.Kill) with
            {
                Service = "ecr",
                Operation = "DescribeImageScanFindings",
                From = 21,
            }
        );
        await Assert.ThrowsAsync<FunctionDiedException>(() => function.InvokeAsync(Tick()));
        guard.Aws.Faults.Clear();
        Assert.Empty(guard.Aws.Sns.Messages);
        var cursor = State()["value"]!["cursor"]!.ToString();

        // The next tick comes five minutes later and leaves the work to the run that may still be going. The tick after
        // that run's fifteen minutes goes on with the work.
        var tooEarly = await (await guard.FunctionAsync("Backfill")).InvokeAsync(Tick());
        Assert.Equal(cursor, tooEarly.Payload["Cursor"]!.ToString());
        Assert.Empty(guard.Aws.Sns.Messages);
        await EndLeaseAsync();
        guard.TakeRequests("ecr");
        await (await guard.FunctionAsync("Backfill")).InvokeAsync(Tick());

        Assert.Equal(
            12,
            guard.TakeRequests("ecr").Count(operation => operation == "BatchGetRepositoryScanningConfiguration")
        );
        var told = Assert.Single(guard.Aws.Sns.Messages.Take());
        var message = Deployment.ToMachines(told);
        Assert.Equal(("backfill", "20"), (message["kind"]!.ToString(), message["repositories"]!.ToString()));
        Assert.Equal(
            (20, 20),
            (message["statuses"]!["approved"]!.GetValue<int>(), message["statuses"]!["blocked"]!.GetValue<int>())
        );
        Assert.Empty(message["unread"]!.AsArray());
        Assert.All(
            Enumerable.Range(1, 20),
            at =>
                Assert.Contains(
                    $"ecrguard-blocked-{guard.Aws.Ecr.DigestOf($"team/app-{at}", "2.0")!["sha256:".Length..]}",
                    guard.Aws.Ecr.TagsOf($"team/app-{at}", guard.Aws.Ecr.DigestOf($"team/app-{at}", "2.0")!)!
                )
        );

        // A backfill that is done does nothing more.
        guard.TakeRequests();
        await (await guard.FunctionAsync("Backfill")).InvokeAsync(Tick());
        Assert.Equal("GetItem", Assert.Single(guard.Aws.Requests).Operation);

        await SummaryAsync();
    }

    private async Task SummaryAsync()
    {
        var week = $"{ISOWeek.GetYear(DateTime.UtcNow)}-W{ISOWeek.GetWeekOfYear(DateTime.UtcNow):00}";

        var report = (
            await (await guard.FunctionAsync("WeeklySummary")).InvokeAsync(new JsonObject { ["Week"] = week })
        ).Payload;

        var folder = $"reports/{guard.Aws.AccountId}/{guard.Aws.Region}/{week}/";
        Assert.Equal($"s3://{Deployment.Bucket}/{folder}", report["Whole"]!.ToString());
        var whole = JsonNode.Parse(guard.Aws.S3.Find(Deployment.Bucket, folder + "report.json")!.Content.Span)!;
        Assert.Equal(
            (week, 20, 40),
            (whole["week"]!.ToString(), whole["repositories"]!.GetValue<int>(), whole["images"]!.GetValue<int>())
        );
        Assert.Equal(
            (20, 20),
            (whole["statuses"]!["approved"]!.GetValue<int>(), whole["statuses"]!["blocked"]!.GetValue<int>())
        );
        Assert.Equal(20, whole["newlyBlocked"]!.AsArray().Count);
        Assert.Equal("CVE-2024-6119", whole["fixes"]![0]!["vulnerabilities"]![0]!.ToString());

        var message = Assert.Single(guard.Aws.Sns.Messages);
        Assert.EndsWith(":ecrguard-summary", message.TopicArn, StringComparison.Ordinal);
        Assert.Equal("weekly-summary", message.Attributes["kind"].Value);
        Assert.Equal(report["Whole"]!.ToString(), Deployment.ToMachines(message)["wholeAt"]!.ToString());
        var text = JsonNode.Parse(message.Message)!["email"]!.ToString();
        // There was no sweep here. A report says so before its numbers.
        Assert.Contains(
            "20 repositories: No sweep came to its end there in the last two days",
            text[..text.IndexOf("\nNOW\n", StringComparison.Ordinal)],
            StringComparison.Ordinal
        );
        Assert.Contains("CVE-2024-6119", text, StringComparison.Ordinal);
    }

    /// <summary>What EventBridge Scheduler sends to a target without an input of its own.</summary>
    private JsonObject Tick() =>
        new()
        {
            ["version"] = "0",
            ["id"] = "d32c5kddcf5bb8c3",
            ["detail-type"] = "Scheduled Event",
            ["source"] = "aws.scheduler",
            ["account"] = guard.Aws.AccountId,
            ["time"] = "2026-03-12T19:03:58Z",
            ["region"] = guard.Aws.Region,
            ["resources"] = new JsonArray(
                $"arn:aws:scheduler:{guard.Aws.Region}:{guard.Aws.AccountId}:schedule/default/ecrguard-tick"
            ),
            ["detail"] = "{}",
        };

    private JsonNode State() =>
        JsonNode.Parse(
            guard.Aws.DynamoDb.Items(Deployment.Table).Single(item => item["sk"]!.ToString() == "BACKFILL")[
                "document"
            ]!.ToString()
        )!;

    /// <summary>Lets the fifteen minutes of a run pass.</summary>
    private async Task EndLeaseAsync()
    {
        var state = State();
        state["value"]!["runningUntil"] = DateTimeOffset
            .UtcNow.AddMinutes(-1)
            .ToString("O", CultureInfo.InvariantCulture);
        await guard.UpdateAsync(
            $"S#{guard.Aws.AccountId}#{guard.Aws.Region}",
            "BACKFILL",
            "document",
            state.ToJsonString()
        );
    }

    private void Scanned(string repository, string tag, params IReadOnlyList<LocalFinding> findings) =>
        guard.Aws.Ecr.CompleteScan(
            repository,
            guard.Aws.Ecr.Push(repository, Manifest.Image($"{repository} {tag}"), tag),
            findings
        );
}
