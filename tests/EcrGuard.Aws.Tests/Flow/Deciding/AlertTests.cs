using System.Text.Json;
using System.Text.Json.Nodes;
using EcrGuard.Aws.Ledger;
using EcrGuard.LocalAws;
using EcrGuard.LocalAws.Ecr;
using static EcrGuard.Aws.Tests.Flow.GuardFixture;

namespace EcrGuard.Aws.Tests.Flow;

/// <summary>
/// Alerts are sent only on a change of status, and at least once. An alert is sent again only if the function died
/// between publishing and recording.
/// </summary>
public sealed class AlertTests
{
    /// <summary>
    /// How long a message stays invisible after it was handed back. That is longer than a claim is believed.
    /// </summary>
    private static readonly TimeSpan Redelivery = TimeSpan.FromMinutes(7);

    [Fact]
    public async Task Only_a_change_of_status_is_told()
    {
        await using var fixture = await StartAsync();
        var digest = await fixture.ScannedAsync("1", Critical);
        for (var i = 0; i < 3; i++)
        {
            fixture.Aws.Ecr.CompleteScan(Repository, digest, Critical, High);
            await fixture.Functions.DeliverAllAsync();
        }
        fixture.Aws.Ecr.CompleteScan(Repository, digest, High);
        await fixture.Functions.DeliverAllAsync();
        fixture.Aws.Ecr.CompleteScan(Repository, digest, High);
        await fixture.Functions.DeliverAllAsync();

        Assert.Equal(["blocked", "lifted"], fixture.Alerts.Select(a => a.Attributes["kind"].Value));
        Assert.Equal(2, fixture.Alerts.Select(AlertId).Distinct().Count());
    }

    [Fact]
    public async Task An_alert_says_who_runs_the_image_and_whose_it_is_and_goes_out_where_that_cannot_be_read()
    {
        await using var fixture = await StartAsync();
        await fixture.Functions.BackfillAsync();
        var digest = await fixture.ScannedAsync("1", Low);
        using var clients = AwsClients.At(
            fixture.Aws.Endpoint,
            fixture.Aws.Region,
            new Amazon.Runtime.BasicAWSCredentials("test", "test")
        );
        await clients.Ecr.TagResourceAsync(
            new Amazon.ECR.Model.TagResourceRequest
            {
                ResourceArn = $"arn:aws:ecr:{fixture.Aws.Region}:{fixture.Aws.AccountId}:repository/{Repository}",
                Tags = [new Amazon.ECR.Model.Tag { Key = "owner", Value = "payments" }],
            }
        );
        await fixture.Functions.SweepAsync();
        var uri = $"123456789012.dkr.ecr.eu-central-1.amazonaws.com/{Repository}:1";
        var definition = fixture.Aws.Ecs.RegisterTaskDefinition("web", uri);
        fixture.Aws.Ecs.RunServiceTask("main", "web", definition, digest);
        await fixture.Functions.DeliverAllAsync();
        var alerts = fixture.Alerts.Count;

        fixture.Aws.Ecr.CompleteScan(Repository, digest, Critical);
        await fixture.Functions.DeliverAllAsync();
        var told = Assert.Single(fixture.Alerts.Skip(alerts));
        Assert.StartsWith("EcrGuard: URGENT, runs and is BLOCKED", told.Subject, StringComparison.Ordinal);
        Assert.Equal("true", told.Attributes["running"].Value);
        Assert.Equal("payments", told.Attributes["team"].Value);
        Assert.Contains("ECS service main/web", told.Message, StringComparison.Ordinal);

        fixture.Aws.Ecr.CompleteScan(Repository, digest, Low);
        await fixture.Functions.DeliverAllAsync();
        fixture.Aws.Faults.Add(
            Fault.Refuse(403, "AccessDenied", "Access denied.") with
            {
                Operation = "GetObject",
                Resource = $"{Bucket}/use/latest.json.gz",
                Times = int.MaxValue,
            }
        );
        fixture.Aws.Ecr.CompleteScan(Repository, digest, Critical);
        await fixture.Functions.DeliverAllAsync();
        Assert.Equal("false", fixture.Alerts[^1].Attributes["running"].Value);
        Assert.Equal("blocked", fixture.Alerts[^1].Attributes["kind"].Value);
    }

    [Fact]
    public async Task A_blocked_image_that_was_gone_and_is_pushed_again_is_blocked_and_told_at_once()
    {
        await using var fixture = await StartAsync();
        var digest = await fixture.ScannedAsync("1", Critical);
        fixture.Aws.Ecr.Delete(Repository, digest);
        await fixture.Functions.DeliverAllAsync();
        fixture.Time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(digest, fixture.Push("1"));
        await fixture.Functions.DeliverAllAsync();

        Assert.Equal("BLOCKED", fixture.Status(digest));
        Assert.Null(fixture.Item(digest)["goneAt"]);
        Assert.Equal(["blocked", "blocked"], fixture.Alerts.Select(a => a.Attributes["kind"].Value));
        Assert.Equal(2, fixture.Alerts.Select(AlertId).Distinct().Count());
    }

    [Fact]
    public async Task A_first_verdict_that_does_not_block_is_not_told()
    {
        await using var fixture = await StartAsync();
        await fixture.ScannedAsync("1", High);
        Assert.Empty(fixture.Alerts);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_platform_is_told_of_by_its_index_and_by_itself_once_that_is_gone(bool gone)
    {
        await using var fixture = await StartAsync();
        var platform = Manifest.Image("amd64");
        var index = fixture.Aws.Ecr.Push(Repository, Manifest.Index([("linux/amd64", platform)]), "1");
        await fixture.Functions.DeliverAllAsync();
        Assert.Single(fixture.Items("X#"));
        if (gone)
            fixture.Aws.Ecr.Delete(Repository, index);
        await fixture.Functions.DeliverAllAsync();
        Assert.Equal(gone ? 0 : 1, fixture.Items("X#").Count);
        fixture.Aws.Ecr.CompleteScan(Repository, platform.Digest, Critical);
        await fixture.Functions.DeliverAllAsync();

        Assert.StartsWith(
            (gone ? platform.Digest : index)["sha256:".Length..],
            AlertId(Assert.Single(fixture.Alerts)),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task A_platform_whose_index_is_forced_is_told_of_by_itself()
    {
        await using var fixture = await StartAsync();
        var platform = Manifest.Image("amd64");
        var index = fixture.Aws.Ecr.Push(Repository, Manifest.Index([("linux/amd64", platform)]), "1");
        await fixture.Functions.DeliverAllAsync();
        var id = new Core.Images.ImageId(
            new("123456789012", "eu-central-1", Repository),
            Core.Images.Digest.Parse(index)
        );
        Assert.True(
            await fixture
                .Functions.Part<ForcedApprovalRecords>()
                .StoreAsync(
                    (await fixture.Functions.Part<ImageRecords>().FindAsync(id, CancellationToken.None))!,
                    new("1", "ada", "a reason", fixture.Time.GetUtcNow(), fixture.Time.GetUtcNow().AddHours(1)),
                    null,
                    CancellationToken.None
                )
        );
        fixture.Aws.Ecr.CompleteScan(Repository, platform.Digest, Critical);
        await fixture.Functions.DeliverAllAsync();

        Assert.StartsWith(
            platform.Digest["sha256:".Length..],
            AlertId(Assert.Single(fixture.Alerts)),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task A_new_index_whose_platforms_are_judged_with_it_is_told_of_alone()
    {
        await using var fixture = await StartAsync();
        var platform = Manifest.Image("amd64");
        var index = fixture.Aws.Ecr.Push(Repository, Manifest.Index([("linux/amd64", platform)]), "1");
        fixture.Aws.Ecr.CompleteScan(Repository, platform.Digest, Critical);
        var events = fixture.Aws.Events.Take();
        Assert.Empty(
            await fixture.Functions.PushedAsync([
                .. events.Where(e => Deployed.IsPush(e) && e.Contains(index, StringComparison.Ordinal)),
            ])
        );

        Assert.StartsWith(index["sha256:".Length..], AlertId(Assert.Single(fixture.Alerts)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_same_event_twice_is_told_once()
    {
        await using var fixture = await StartAsync();
        var scan = await ScanAsync(fixture);
        Assert.Empty(await fixture.Functions.ChangedAsync(scan, scan));
        Assert.Empty(await fixture.Deploy().ChangedAsync(scan));
        Assert.Single(fixture.Alerts);
    }

    [Fact]
    public async Task Two_instances_at_once_tell_it_once()
    {
        await using var fixture = await StartAsync();
        var scan = await ScanAsync(fixture);
        var instances = Enumerable.Range(0, 4).Select(_ => fixture.Deploy()).ToList();
        var failed = await fixture.WhileTimePassesAsync(
            Task.WhenAll(instances.Select(instance => instance.ChangedAsync(scan)))
        );
        Assert.All(failed, Assert.Empty);
        Assert.Single(fixture.Alerts);
    }

    [Fact]
    public async Task A_failed_publish_hands_the_event_back_and_the_next_delivery_tells_the_same_alert()
    {
        await using var fixture = await StartAsync();
        var scan = await ScanAsync(fixture);
        fixture.Aws.Faults.Add(Fault.InternalError with { Operation = "Publish" });
        Assert.Equal(scan, Assert.Single(await fixture.Functions.ChangedAsync(scan)));
        Assert.Empty(fixture.Alerts);
        var promised = fixture.Items("I#").Single()["openAlert"]!.GetValue<string>();

        // The claim was released, so nobody has to wait until it has aged.
        Assert.Empty(await fixture.Functions.ChangedAsync(scan));
        Assert.Equal(promised, AlertId(Assert.Single(fixture.Alerts)));
        Assert.Null(fixture.Items("I#").Single()["openAlert"]);
    }

    [Fact]
    public async Task A_publish_whose_answer_is_lost_is_told_again_under_the_same_id()
    {
        await using var fixture = await StartAsync();
        var scan = await ScanAsync(fixture);
        fixture.Aws.Faults.Add(Fault.CloseAfter with { Operation = "Publish", Times = int.MaxValue });
        Assert.Single(await fixture.Functions.ChangedAsync(scan));
        fixture.Aws.Faults.Clear();
        var before = fixture.Alerts.Count;
        Assert.Empty(await fixture.Functions.ChangedAsync(scan));
        Assert.Equal(before + 1, fixture.Alerts.Count);
        Assert.Single(fixture.Alerts.Select(AlertId).Distinct());
    }

    [Fact]
    public async Task An_alert_that_somebody_died_with_is_told_after_the_claim_has_aged()
    {
        await using var fixture = await StartAsync();
        var scan = await ScanAsync(fixture);
        await DieBeforePublishingAsync(fixture, scan);

        await fixture.Functions.ChangedAsync(scan);
        Assert.Empty(fixture.Alerts);
        fixture.Time.Advance(Redelivery);
        Assert.Empty(await fixture.Deploy().ChangedAsync(scan));
        Assert.Single(fixture.Alerts);
    }

    [Fact]
    public async Task An_alert_that_somebody_died_with_is_not_forgotten_because_of_a_later_event()
    {
        await using var fixture = await StartAsync();
        var scan = await ScanAsync(fixture);
        await DieBeforePublishingAsync(fixture, scan);

        // Another event of the image comes two minutes later. It is judged again, and the claim is still believed.
        fixture.Time.Advance(TimeSpan.FromMinutes(2));
        var digest = fixture.Aws.Ecr.DigestOf(Repository, "1")!;
        fixture.Aws.Ecr.CompleteScan(Repository, digest, Critical, High);
        Assert.Empty(
            await fixture.Functions.ChangedAsync([.. fixture.Aws.Events.Take().Where(e => !Deployed.IsPush(e))])
        );

        // The first event comes back. Now it is older than the facts of the verdict.
        fixture.Time.Advance(Redelivery);
        Assert.Empty(await fixture.Deploy().ChangedAsync(scan));
        Assert.Single(fixture.Alerts);
    }

    [Fact]
    public async Task A_claim_that_the_SDK_repeats_because_its_answer_was_lost_is_ones_own()
    {
        await using var fixture = await StartAsync();
        var scan = await ScanAsync(fixture);
        // The claim is the first update outside a transaction.
        fixture.Aws.Faults.Add(Fault.CloseAfter with { Operation = "UpdateItem" });
        Assert.Empty(await fixture.Functions.ChangedAsync(scan));
        Assert.Equal(0, fixture.Aws.Faults.Outstanding);
        Assert.Single(fixture.Alerts);
    }

    [Theory]
    [InlineData(10, 10)]
    [InlineData(11, 1)]
    public async Task More_than_ten_alerts_of_one_batch_become_one_message(int images, int messages)
    {
        await using var fixture = await StartAsync();
        var digests = Enumerable.Range(0, images).Select(i => fixture.Push($"{i}")).ToList();
        await fixture.Functions.DeliverAllAsync();
        foreach (var digest in digests)
            fixture.Aws.Ecr.CompleteScan(Repository, digest, Critical);
        Assert.Empty(await fixture.Functions.ChangedAsync(fixture.Aws.Events.Take()));

        Assert.Equal(messages, fixture.Alerts.Count);
        Assert.All(
            digests,
            digest =>
                Assert.Contains(
                    fixture.Alerts,
                    alert => alert.Message.Contains(digest["sha256:".Length..], StringComparison.Ordinal)
                )
        );
        Assert.All(digests, digest => Assert.Null(fixture.Item(digest)["openAlert"]));
    }

    [Fact]
    public async Task An_alert_that_is_no_longer_true_is_not_told()
    {
        await using var fixture = await StartAsync();
        var scan = await ScanAsync(fixture);
        fixture.Aws.Faults.Add(Fault.Unavailable with { Operation = "Publish" });
        await fixture.Functions.ChangedAsync(scan);
        var digest = fixture.Aws.Ecr.DigestOf(Repository, "1")!;
        fixture.Aws.Ecr.CompleteScan(Repository, digest);
        await fixture.Functions.DeliverAllAsync();
        Assert.Empty(await fixture.Functions.ChangedAsync(scan));

        Assert.Equal("lifted", Assert.Single(fixture.Alerts).Attributes["kind"].Value);
    }

    [Fact]
    public async Task An_alert_says_the_same_in_body_and_attributes()
    {
        await using var fixture = await StartAsync();
        var digest = await fixture.ScannedAsync("1", Critical);
        var alert = Assert.Single(fixture.Alerts);
        using var envelope = JsonDocument.Parse(alert.Message);
        using var body = JsonDocument.Parse(envelope.RootElement.GetProperty("default").GetString()!);
        Assert.True(alert.IsPerProtocol);
        Assert.Equal(AlertId(alert), body.RootElement.GetProperty("alertId").GetString());
        Assert.StartsWith($"{digest["sha256:".Length..]}:PENDING-BLOCKED:", AlertId(alert), StringComparison.Ordinal);
        Assert.Contains(
            AlertId(alert),
            envelope.RootElement.GetProperty("email").GetString(),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task A_chat_gets_each_alert_in_its_own_form_and_one_that_takes_nothing_keeps_none_back()
    {
        await using var fixture = await StartAsync();
        var topic = fixture.Aws.Sns.CreateTopic("chat");
        var chatting = fixture.Deploy(options: new DeploymentOptions(ChatTopic: topic));
        var digest = fixture.Push("1");
        await chatting.DeliverAllAsync();
        fixture.Aws.Ecr.CompleteScan(Repository, digest, Critical);
        await chatting.DeliverAllAsync();

        var shown = Assert.Single(fixture.Aws.Sns.Messages, message => message.TopicArn == topic);
        Assert.False(shown.IsPerProtocol);
        var form = JsonNode.Parse(shown.Message)!;
        Assert.Equal(("1.0", "custom"), ((string)form["version"]!, (string)form["source"]!));
        Assert.Equal(Assert.Single(fixture.Alerts).Subject, (string)form["content"]!["title"]!);
        Assert.Equal(AlertId(fixture.Alerts[0]), (string)form["id"]!);

        fixture.Aws.Faults.Add(Fault.Refuse(403, "AuthorizationError", "No.") with { Operation = "Publish", From = 2 });
        fixture.Aws.Ecr.CompleteScan(Repository, digest, Low);
        await chatting.DeliverAllAsync();
        Assert.Equal(["blocked", "lifted"], fixture.Alerts.Select(alert => alert.Attributes["kind"].Value));
        Assert.Single(fixture.Aws.Sns.Messages, message => message.TopicArn == topic);
        Assert.Null(fixture.Item(digest)["openAlert"]);
        Assert.Contains("The chat was not told.", chatting.Lines.ToString(), StringComparison.Ordinal);
    }

    /// <summary>
    /// The function claims the alert and ends before it can publish it. There is neither a release nor an answer.
    /// </summary>
    private static async Task DieBeforePublishingAsync(GuardFixture fixture, string scan)
    {
        fixture.Aws.Faults.Add(Fault.Kill() with { Operation = "Publish" });
        await fixture.Functions.ChangedAsync(scan);
        fixture.Aws.Faults.Clear();
        Assert.NotNull(fixture.Items("I#").Single()["alertClaimedAt"]);
    }

    /// <summary>An image is known, and its scan has a finding that blocks. The event is not delivered yet.</summary>
    private static async Task<string> ScanAsync(GuardFixture fixture)
    {
        var digest = fixture.Push("1");
        await fixture.Functions.DeliverAllAsync();
        fixture.Aws.Ecr.CompleteScan(Repository, digest, Critical);
        return Assert.Single(fixture.Aws.Events.Take());
    }
}
