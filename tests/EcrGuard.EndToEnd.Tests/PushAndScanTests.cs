using System.Text.Json.Nodes;
using EcrGuard.EndToEnd.Tests.Harness;
using EcrGuard.LocalAws.Ecr;

namespace EcrGuard.EndToEnd.Tests;

/// <summary>
/// From an event on the wire to the tag in the registry, the entry in the ledger and the message to security.
/// </summary>
public sealed class PushAndScanTests(Deployment guard) : IClassFixture<Deployment>
{
    private static readonly LocalFinding Critical = new(
        "CVE-2024-6119",
        "CRITICAL",
        new LocalPackage("openssl", "3.0.13")
    );
    private static readonly LocalFinding High = new("CVE-2024-2511", "HIGH", new LocalPackage("curl", "8.5.0"));

    [Fact]
    public async Task A_pushed_image_is_pending()
    {
        var repository = guard.CreateRepository();
        var digest = guard.Aws.Ecr.Push(repository, Manifest.Image(repository), "1.0");

        Assert.Empty(
            await guard.DeliverAsync("OnImagePushed", Recorded.Event(Recorded.Push, guard.Aws, repository, digest))
        );

        Assert.Equal("Pending", guard.StatusOf(repository, digest));
        Assert.Equal(["1.0"], guard.Aws.Ecr.TagsOf(repository, digest)!);
        Assert.Empty(guard.Alerts(repository));
    }

    [Fact]
    public async Task A_basic_scan_with_a_critical_finding_blocks_the_image_in_registry_and_ledger_and_tells_security()
    {
        var repository = guard.CreateRepository();
        var digest = guard.Aws.Ecr.Push(repository, Manifest.Image(repository), "1.0");
        await guard.DeliverAllAsync();
        guard.Aws.Ecr.CompleteScan(repository, digest, Critical, High);
        guard.Aws.Events.Take();

        Assert.Empty(
            await guard.DeliverAsync("OnScanChanged", Recorded.Event(Recorded.BasicScan, guard.Aws, repository, digest))
        );

        Assert.Equal(["1.0", Blocked(digest)], guard.Aws.Ecr.TagsOf(repository, digest)!);
        var item = guard.Item(repository, digest)!;
        Assert.Equal("Blocked", guard.StatusOf(repository, digest));
        Assert.Equal([Blocked(digest)], item["intendedTags"]!.AsArray().Select(tag => tag!.ToString()));
        Assert.Null(item["openWrites"]);
        Assert.Null(item["openAlert"]);
        Assert.Null(item["open"]);
        var alert = Assert.Single(guard.Alerts(repository));
        Assert.Equal(
            ("blocked", "PENDING", "BLOCKED", digest),
            (Word(alert, "kind"), Word(alert, "previousStatus"), Word(alert, "status"), Word(alert, "digest"))
        );
        Assert.StartsWith(
            $"{digest["sha256:".Length..]}:PENDING-BLOCKED:",
            Word(alert, "alertId"),
            StringComparison.Ordinal
        );
        Assert.Contains("CVE-2024-6119", alert["reasons"]!.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task EcrGuards_own_tag_comes_back_as_a_push_and_changes_nothing()
    {
        var repository = guard.CreateRepository();
        var digest = guard.Aws.Ecr.Push(repository, Manifest.Image(repository), "1.0");
        await guard.DeliverAllAsync();
        guard.Aws.Ecr.CompleteScan(repository, digest, Critical);
        Assert.Empty(await guard.DeliverAsync("OnScanChanged", guard.Aws.Events.Take()));
        var before = guard.Item(repository, digest)!.ToJsonString();
        var own = Assert.Single(guard.Aws.Events.Take());
        Assert.Equal(Blocked(digest), JsonNode.Parse(own)!["detail"]!["image-tag"]!.ToString());
        guard.TakeRequests("ecr");

        Assert.Empty(await guard.DeliverAsync("OnImagePushed", own));

        Assert.Empty(guard.TakeRequests("ecr"));
        Assert.Equal(before, guard.Item(repository, digest)!.ToJsonString());
        Assert.Single(guard.Alerts(repository));
    }

    [Fact]
    public async Task A_tag_with_the_prefix_that_EcrGuard_did_not_write_is_a_push_and_an_alert()
    {
        var repository = guard.CreateRepository();
        var digest = guard.Aws.Ecr.Push(repository, Manifest.Image(repository), "ecrguard-approved-by-me");

        await guard.DeliverAllAsync();

        Assert.Equal("Pending", guard.StatusOf(repository, digest));
        var alert = Assert.Single(guard.Alerts(repository));
        Assert.Equal(
            ("foreign-tag", "ecrguard-approved-by-me", digest),
            (Word(alert, "kind"), Word(alert, "tag"), Word(alert, "digest"))
        );
    }

    [Fact]
    public async Task A_new_scan_without_the_finding_lifts_the_block()
    {
        var repository = guard.CreateRepository();
        var digest = guard.Aws.Ecr.Push(repository, Manifest.Image(repository), "1.0");
        guard.Aws.Ecr.CompleteScan(repository, digest, Critical);
        await guard.DeliverAllAsync();
        guard.Aws.Ecr.CompleteScan(repository, digest, High);
        await guard.DeliverAllAsync();

        Assert.Equal("Approved", guard.StatusOf(repository, digest));
        Assert.Equal(["1.0"], guard.Aws.Ecr.TagsOf(repository, digest)!);
        Assert.Equal(["blocked", "lifted"], guard.Alerts(repository).Select(alert => Word(alert, "kind")));
    }

    private static string Blocked(string digest) => $"ecrguard-blocked-{digest["sha256:".Length..]}";

    private static string Word(JsonNode node, string name) => node[name]!.ToString();
}
