using System.Globalization;
using System.Text.Json.Nodes;
using EcrGuard.EndToEnd.Tests.Harness;
using EcrGuard.LocalAws;
using EcrGuard.LocalAws.Ecr;

namespace EcrGuard.EndToEnd.Tests;

/// <summary>
/// Events as they really come: malformed, twice, late, out of order, and of kinds and places that do not concern
/// EcrGuard.
/// </summary>
public sealed class EventTests(Deployment guard) : IClassFixture<Deployment>
{
    private static readonly LocalFinding Critical = new(
        "CVE-2024-6119",
        "CRITICAL",
        new LocalPackage("openssl", "3.0.13")
    );

    [Fact]
    public async Task Events_that_cannot_be_read_fail_alone()
    {
        var (repository, digest) = Push();
        guard.Aws.Ecr.CompleteScan(repository, digest, Critical);
        var withoutTime = JsonNode.Parse(Recorded.Event(Recorded.BasicScan, guard.Aws, repository, digest))!.AsObject();
        withoutTime.Remove("time");

        var failed = await guard.DeliverAsync(
            "OnScanChanged",
            Recorded.Event(Recorded.BasicScan),
            "",
            Recorded.Event(Recorded.BasicScan, guard.Aws, repository, digest),
            "{",
            "[]",
            Recorded.Event(Recorded.EnhancedScan),
            withoutTime.ToJsonString(),
            Recorded.Event(Recorded.Delete)
        );

        Assert.Equal([0, 1, 3, 4, 5, 6, 7], failed);
        Assert.Equal("Blocked", guard.StatusOf(repository, digest));
    }

    [Fact]
    public async Task An_event_that_comes_twice_costs_one_decision_and_one_alert()
    {
        var (repository, digest) = Push();
        guard.Aws.Ecr.CompleteScan(repository, digest, Critical);
        var scan = Recorded.Event(Recorded.BasicScan, guard.Aws, repository, digest);
        guard.TakeRequests("ecr");

        Assert.Empty(await guard.DeliverAsync("OnScanChanged", scan, scan));
        Assert.Single(guard.TakeRequests("ecr"), "DescribeImageScanFindings");

        Assert.Empty(await guard.DeliverAsync("OnScanChanged", scan));
        Assert.All(guard.TakeRequests("ecr"), operation => Assert.True(Deployment.Reads(operation), operation));
        Assert.Single(guard.Alerts(repository));
    }

    [Fact]
    public async Task A_push_that_comes_after_its_scan_does_not_take_the_verdict_back()
    {
        var (repository, digest) = Push();
        guard.Aws.Ecr.CompleteScan(repository, digest, Critical);
        Assert.Empty(
            await guard.DeliverAsync("OnScanChanged", Recorded.Event(Recorded.BasicScan, guard.Aws, repository, digest))
        );

        Assert.Empty(
            await guard.DeliverAsync("OnImagePushed", Recorded.Event(Recorded.Push, guard.Aws, repository, digest))
        );

        Assert.Equal("Blocked", guard.StatusOf(repository, digest));
        Assert.Equal(
            ["1.0", $"ecrguard-blocked-{digest["sha256:".Length..]}"],
            guard.Aws.Ecr.TagsOf(repository, digest)!
        );
        Assert.Single(guard.Alerts(repository));
    }

    [Fact]
    public async Task An_event_that_came_before_the_facts_of_the_verdict_were_read_costs_no_call_to_ECR()
    {
        var (repository, digest) = Push();
        guard.Aws.Ecr.CompleteScan(repository, digest, Critical);
        Assert.Empty(
            await guard.DeliverAsync("OnScanChanged", Recorded.Event(Recorded.BasicScan, guard.Aws, repository, digest))
        );
        guard.TakeRequests("ecr");
        var old = DateTimeOffset.UtcNow.AddHours(-1);

        Assert.Empty(
            await Deployment.DeliverAsync(
                await guard.FunctionAsync("OnScanChanged"),
                null,
                old,
                [Recorded.Event(Recorded.BasicScan, guard.Aws, repository, digest, old)]
            )
        );
        Assert.Empty(
            await Deployment.DeliverAsync(
                await guard.FunctionAsync("OnImagePushed"),
                null,
                old,
                [Recorded.Event(Recorded.Push, guard.Aws, repository, digest, old)]
            )
        );

        Assert.Empty(guard.TakeRequests("ecr"));
    }

    [Fact]
    public async Task An_image_that_was_deleted_is_gone_and_a_late_scan_event_does_not_bring_it_back()
    {
        var (repository, digest) = Push();
        guard.Aws.Ecr.CompleteScan(repository, digest, Critical);
        Assert.Empty(
            await guard.DeliverAsync("OnScanChanged", Recorded.Event(Recorded.BasicScan, guard.Aws, repository, digest))
        );
        guard.Aws.Ecr.Delete(repository, digest);

        Assert.Empty(
            await guard.DeliverAsync("OnScanChanged", Recorded.Event(Recorded.Delete, guard.Aws, repository, digest))
        );
        Assert.Empty(
            await guard.DeliverAsync("OnScanChanged", Recorded.Event(Recorded.BasicScan, guard.Aws, repository, digest))
        );

        var item = guard.Item(repository, digest)!;
        Assert.NotNull(item["goneAt"]);
        Assert.Null(item["gsi1pk"]);
        Assert.Single(guard.Alerts(repository));
    }

    [Fact]
    public async Task Events_that_are_none_of_EcrGuards_succeed_with_one_line_in_the_log_each()
    {
        var (repository, digest) = Push();
        var push = Recorded.Event(Recorded.Push, guard.Aws, repository, digest);
        string[] others =
        [
            Recorded.Event(Recorded.ScanOfAnInstance),
            push.Replace("ECR Image Action", "ECR Referrer Action", StringComparison.Ordinal),
            push.Replace("\"PUSH\"", "\"REPLICATE\"", StringComparison.Ordinal),
            push.Replace("SUCCESS", "FAILURE", StringComparison.Ordinal),
            Recorded
                .Event(Recorded.ScanFrequency, guard.Aws, repository, digest)
                .Replace("SCAN_FREQUENCY_CHANGE", "REPOSITORY_CREATE", StringComparison.Ordinal),
            Recorded.Event(Recorded.ScanFrequency),
            push.Replace("aws.ecr", "aws.s3", StringComparison.Ordinal),
            push.Replace(guard.Aws.AccountId, "210987654321", StringComparison.Ordinal),
            push.Replace(guard.Aws.Region, "us-east-1", StringComparison.Ordinal),
            "{}",
        ];
        var function = await guard.StartAsync("OnScanChanged");
        guard.TakeRequests();

        Assert.Empty(await Deployment.DeliverAsync(function, null, others));

        Assert.Empty(guard.Aws.Requests);
        await function.LogAsync(line => line["messageId"]!.ToString() == $"message-{others.Length - 1}");
        var lines = function.Output.Select(line => JsonNode.Parse(line)!).ToList();
        Assert.Equal(
            Enumerable.Range(0, others.Length).Select(at => $"message-{at}"),
            lines.Select(line => line["messageId"]!.ToString())
        );
        Assert.Equal(
            [guard.Aws.AccountId, "210987654321", guard.Aws.AccountId],
            lines.Where(line => line["level"]!.ToString() == "WARN").Select(line => line["account"]!.ToString())
        );
    }

    [Fact]
    public async Task A_changed_scan_frequency_is_noted_for_the_repositories_and_their_images_are_answered_from_fresh_facts()
    {
        var (repository, digest) = Push();
        guard.Aws.Ecr.CompleteScan(repository, digest);
        Assert.Empty(
            await guard.DeliverAsync("OnScanChanged", Recorded.Event(Recorded.BasicScan, guard.Aws, repository, digest))
        );
        // Another scan ends, and its event is lost.
        guard.Aws.Ecr.CompleteScan(repository, digest, Critical);
        Assert.Equal("APPROVED", await AskAsync(repository, digest));
        var change = Recorded.Event(Recorded.ScanFrequency, guard.Aws, repository, digest);
        guard.TakeRequests();

        Assert.Equal(
            [1, 2, 3],
            await guard.DeliverAsync(
                "OnScanChanged",
                change,
                change.Replace("\"repositories\"", "\"images\"", StringComparison.Ordinal),
                change.Replace("\"repository-2\"", "2", StringComparison.Ordinal),
                change.Replace("\"repository-2\"", "\"Repository 2\"", StringComparison.Ordinal)
            )
        );

        Assert.Equal("BatchWriteItem", Assert.Single(guard.Aws.Requests).Operation);
        Assert.Equal("BLOCKED", await AskAsync(repository, digest));
        Assert.Equal("Approved", guard.StatusOf(repository, digest));
    }

    [Fact]
    public async Task A_changed_scan_frequency_that_cannot_be_noted_is_handed_back_and_the_other_events_are_not()
    {
        var (repository, digest) = Push();
        guard.Aws.Ecr.CompleteScan(repository, digest, Critical);
        guard.Aws.Faults.Add(Fault.ExpiredCredentials with { Operation = "BatchWriteItem" });
        try
        {
            Assert.Equal(
                [0],
                await guard.DeliverAsync(
                    "OnScanChanged",
                    Recorded.Event(Recorded.ScanFrequency, guard.Aws, repository, digest),
                    Recorded.Event(Recorded.BasicScan, guard.Aws, repository, digest)
                )
            );
            Assert.Equal(0, guard.Aws.Faults.Outstanding);
        }
        finally
        {
            guard.Aws.Faults.Clear();
        }
        Assert.Equal("Blocked", guard.StatusOf(repository, digest));
    }

    [Fact]
    public async Task More_than_ten_alerts_of_one_batch_are_one_message()
    {
        var repository = guard.CreateRepository();
        var digests = Enumerable
            .Range(0, 11)
            .Select(at =>
                guard.Aws.Ecr.Push(
                    repository,
                    Manifest.Image($"{repository} {at}"),
                    at.ToString(CultureInfo.InvariantCulture)
                )
            )
            .ToList();
        foreach (var digest in digests)
            guard.Aws.Ecr.CompleteScan(repository, digest, Critical);
        guard.Aws.Events.Take();
        guard.Aws.Sns.Messages.Take();

        Assert.Empty(
            await guard.DeliverAsync(
                "OnScanChanged",
                [.. digests.Select(digest => Recorded.Event(Recorded.BasicScan, guard.Aws, repository, digest))]
            )
        );

        var message = Deployment.ToMachines(Assert.Single(guard.Aws.Sns.Messages));
        Assert.Equal("batch", message["kind"]!.ToString());
        Assert.Equal(
            digests.Order(),
            message["alerts"]!.AsArray().Select(alert => alert!["digest"]!.ToString()).Order()
        );
        Assert.All(digests, digest => Assert.Null(guard.Item(repository, digest)!["openAlert"]));
    }

    [Fact]
    public async Task An_invocation_without_time_left_hands_every_event_back_and_begins_nothing()
    {
        var (repository, digest) = Push();
        var function = await guard.FunctionAsync("OnScanChanged");
        guard.TakeRequests();

        Assert.Equal(
            [0, 1],
            (
                await Deployment.DeliverAsync(
                    function,
                    TimeSpan.FromSeconds(5),
                    Recorded.Event(Recorded.BasicScan, guard.Aws, repository, digest),
                    Recorded.Event(Recorded.ScanFrequency, guard.Aws, repository, digest)
                )
            ).Order()
        );

        Assert.Empty(guard.Aws.Requests);
    }

    [Fact]
    public async Task A_write_that_fails_hands_its_event_back_and_the_next_try_ends_what_was_begun()
    {
        var (repository, digest) = Push();
        guard.Aws.Ecr.CompleteScan(repository, digest, Critical);
        var scan = Recorded.Event(Recorded.BasicScan, guard.Aws, repository, digest);
        guard.Aws.Faults.Add(Fault.ExpiredCredentials with { Service = "ecr", Operation = "PutImage" });

        try
        {
            Assert.Equal([0], await guard.DeliverAsync("OnScanChanged", scan));
            Assert.Equal(0, guard.Aws.Faults.Outstanding);
        }
        finally
        {
            guard.Aws.Faults.Clear();
        }
        var half = guard.Item(repository, digest)!;
        Assert.True(half["open"]!.GetValue<bool>());
        Assert.Single(half["openWrites"]!.AsArray());
        Assert.Equal(["1.0"], guard.Aws.Ecr.TagsOf(repository, digest)!);

        Assert.Empty(await guard.DeliverAsync("OnScanChanged", scan));
        var whole = guard.Item(repository, digest)!;
        Assert.Null(whole["open"]);
        Assert.Null(whole["openWrites"]);
        Assert.Equal(
            ["1.0", $"ecrguard-blocked-{digest["sha256:".Length..]}"],
            guard.Aws.Ecr.TagsOf(repository, digest)!
        );
        Assert.Single(guard.Alerts(repository));
    }

    [Fact]
    public async Task A_payload_that_is_no_batch_is_that_invocations_error_and_the_next_one_is_served()
    {
        var (repository, digest) = Push();
        var function = await guard.FunctionAsync("OnImagePushed");

        var error = await Assert.ThrowsAsync<FunctionErrorException>(() =>
            function.InvokeAsync(new JsonObject { ["Records"] = "none" })
        );
        Assert.Empty(
            await guard.DeliverAsync("OnImagePushed", Recorded.Event(Recorded.Push, guard.Aws, repository, digest))
        );

        Assert.Equal("Pending", guard.StatusOf(repository, digest));
        // Each runtime client has its own words for it. All of them have the type of the error.
        var failed = await function.LogAsync(line =>
            line.ToJsonString().Contains(error.Error.Type, StringComparison.Ordinal)
        );
        Assert.Equal(LambdaRuntime.TraceId, failed["traceId"]!.ToString());
    }

    private async Task<string> AskAsync(string repository, string digest) =>
        (
            await (await guard.FunctionAsync("Approval")).InvokeAsync(
                new JsonObject { ["image"] = $"{repository}@{digest}" }
            )
        ).Payload["status"]!.ToString();

    private (string Repository, string Digest) Push()
    {
        var repository = guard.CreateRepository();
        return (repository, guard.Aws.Ecr.Push(repository, Manifest.Image(repository), "1.0"));
    }
}
