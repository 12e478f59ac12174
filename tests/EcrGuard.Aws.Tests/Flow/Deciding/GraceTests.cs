using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Images;
using EcrGuard.Core.Use;
using EcrGuard.LocalAws;
using EcrGuard.LocalAws.Ecr;
using static EcrGuard.Aws.Tests.Flow.GuardFixture;

namespace EcrGuard.Aws.Tests.Flow;

/// <summary>The grace period of a blocked image in use, over two weeks of daily sweeps.</summary>
public sealed class GraceTests
{
    private const string Policy =
        """{ "version": 1, "grace": { "CRITICAL": 7 }, "enforcement": [ { "repositories": ["*"], "mode": "mark" } ] }""";

    private static readonly ImageUsage Used = new(
        UseState.InUse,
        ["The ECS service web refers to it by the tag 1."],
        [new Consumer(ConsumerKind.EcsService, "web")]
    );

    private static Task SweepAsync(
        Deployed functions,
        string digest,
        ImageUsage usage,
        string repository = Repository,
        int untold = 0
    ) =>
        functions.SayDueAsync(
            new ImageId(new RepositoryId("123456789012", "eu-central-1", repository), Digest.Parse(digest)),
            usage,
            untold
        );

    private static IEnumerable<string> Kinds(GuardFixture fixture) =>
        fixture.Alerts.Select(a => a.Attributes["kind"].Value);

    [Fact]
    public async Task One_reminder_when_half_has_gone_and_one_escalation_at_the_end_and_nothing_is_taken_away()
    {
        await using var fixture = await StartAsync(Policy);
        var digest = await fixture.ScannedAsync("1", Critical);
        var tags = fixture.Tags(digest);
        for (var day = 0; day < 14; day++)
        {
            await SweepAsync(fixture.Functions, digest, Used);
            await SweepAsync(fixture.Functions, digest, Used);
            fixture.Time.Advance(TimeSpan.FromDays(1));
        }

        Assert.Equal(["blocked", "grace-reminder", "grace-ended"], Kinds(fixture));
        Assert.Equal(3, fixture.Alerts.Select(AlertId).Distinct().Count());
        Assert.Equal(tags, fixture.Tags(digest));
        Assert.Equal("BLOCKED", fixture.Status(digest));
    }

    [Fact]
    public async Task A_gate_names_the_deadline_once_the_image_is_known_to_be_in_use()
    {
        await using var fixture = await StartAsync(Policy);
        var digest = await fixture.ScannedAsync("1", Critical);
        async Task<IEnumerable<string?>> CodesAsync() =>
            (await fixture.Functions.AskAsync($"{Repository}:1"))
                .Body.GetProperty("reasons")
                .EnumerateArray()
                .Select(r => r.GetProperty("code").GetString());

        Assert.Equal(["critical"], await CodesAsync());
        await SweepAsync(fixture.Functions, digest, Used);
        Assert.Equal(["critical", "grace"], await CodesAsync());
        await SweepAsync(fixture.Functions, digest, ImageUsage.None);
        Assert.Equal(["critical"], await CodesAsync());
    }

    [Fact]
    public async Task What_is_no_longer_blocked_has_no_clock()
    {
        await using var fixture = await StartAsync(Policy);
        var digest = await fixture.ScannedAsync("1", Critical);
        await SweepAsync(fixture.Functions, digest, Used);
        Assert.NotNull(fixture.Item(digest)["grace"]);
        fixture.Aws.Ecr.CompleteScan(Repository, digest, High);
        await fixture.Functions.DeliverAllAsync();

        Assert.Null(fixture.Item(digest)["grace"]);
        fixture.Time.Advance(TimeSpan.FromDays(30));
        await SweepAsync(fixture.Functions, digest, Used);
        Assert.Equal(["blocked", "lifted"], Kinds(fixture));
    }

    [Fact]
    public async Task An_image_that_was_gone_has_a_clock_of_its_own_when_it_comes_back()
    {
        await using var fixture = await StartAsync(Policy);
        var digest = await fixture.ScannedAsync("1", Critical);
        await SweepAsync(fixture.Functions, digest, Used);
        fixture.Aws.Ecr.Delete(Repository, digest);
        await fixture.Functions.DeliverAllAsync();
        fixture.Time.Advance(TimeSpan.FromDays(120));

        Assert.Equal(digest, await fixture.ScannedAsync("1", Critical));
        await SweepAsync(fixture.Functions, digest, Used);
        Assert.Equal(["blocked", "blocked"], Kinds(fixture));
        fixture.Time.Advance(TimeSpan.FromDays(7));
        await SweepAsync(fixture.Functions, digest, Used);
        Assert.Equal(["blocked", "blocked", "grace-ended"], Kinds(fixture));
    }

    [Fact]
    public async Task An_escalation_names_the_fix_while_the_image_is_forced_too()
    {
        await using var fixture = await StartAsync(Policy);
        var digest = await fixture.ScannedAsync("1", Critical);
        await SweepAsync(fixture.Functions, digest, Used);
        fixture.Time.Advance(TimeSpan.FromDays(7));
        var id = new ImageId(new("123456789012", "eu-central-1", Repository), Digest.Parse(digest));
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
        fixture.Aws.Ecr.CompleteScan(Repository, digest, Critical);
        await fixture.Functions.DeliverAllAsync();
        Assert.Equal("APPROVED", fixture.Status(digest));

        await SweepAsync(fixture.Functions, digest, Used);
        Assert.Contains(
            "No fixed version is named for CVE-2026-1001",
            fixture.Alerts[^1].Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task The_owner_of_the_repository_is_named()
    {
        await using var fixture = await StartAsync(Policy);
        var digest = await fixture.ScannedAsync("1", Critical);
        await fixture
            .Functions.Part<Amazon.ECR.IAmazonECR>()
            .TagResourceAsync(
                new()
                {
                    ResourceArn = $"arn:aws:ecr:eu-central-1:123456789012:repository/{Repository}",
                    Tags = [new() { Key = "owner", Value = "team-shop" }],
                }
            );
        await fixture.Functions.BackfillAsync();
        await fixture.Functions.SweepAsync();
        await SweepAsync(fixture.Functions, digest, Used);
        fixture.Time.Advance(TimeSpan.FromDays(7));
        await SweepAsync(fixture.Functions, digest, Used);

        Assert.Contains("team-shop", fixture.Alerts[^1].Message, StringComparison.Ordinal);
        Assert.Contains(
            "The ECS service web refers to it by the tag 1.",
            fixture.Alerts[^1].Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task An_escalation_that_could_not_be_sent_is_sent_by_the_next_try()
    {
        await using var fixture = await StartAsync(Policy);
        var digest = await fixture.ScannedAsync("1", Critical);
        await SweepAsync(fixture.Functions, digest, Used);
        fixture.Time.Advance(TimeSpan.FromDays(7));
        fixture.Aws.Faults.Add(Fault.Unavailable with { Operation = "Publish" });

        await SweepAsync(fixture.Functions, digest, Used, untold: 1);
        Assert.Equal(["blocked"], Kinds(fixture));
        await SweepAsync(fixture.Functions, digest, Used);
        Assert.Equal(["blocked", "grace-ended"], Kinds(fixture));
    }

    [Fact]
    public async Task An_index_is_told_of_and_its_platforms_are_not()
    {
        await using var fixture = await StartAsync(Policy);
        var platform = Manifest.Image("amd64");
        var index = fixture.Aws.Ecr.Push(Repository, Manifest.Index([("linux/amd64", platform)]), "1");
        fixture.Aws.Ecr.CompleteScan(Repository, platform.Digest, Critical);
        await fixture.Functions.DeliverAllAsync();
        foreach (var _ in Enumerable.Range(0, 2))
        {
            await SweepAsync(fixture.Functions, index, Used);
            await SweepAsync(fixture.Functions, platform.Digest, Used);
            fixture.Time.Advance(TimeSpan.FromDays(7));
        }

        Assert.Equal(["blocked", "grace-ended"], Kinds(fixture));
        Assert.Contains(index, fixture.Alerts[^1].Message, StringComparison.Ordinal);
    }
}
