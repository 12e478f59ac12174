using EcrGuard.LocalAws;
using EcrGuard.LocalAws.Ecr;
using static EcrGuard.Aws.Tests.Flow.GuardFixture;

namespace EcrGuard.Aws.Tests.Flow;

/// <summary>If AWS does not document a behaviour, EcrGuard does the same in every case.</summary>
public sealed class UndocumentedBehaviourTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_block_and_its_end_do_not_depend_on_whether_reading_a_manifest_is_a_pull(bool recordsPull) =>
        await AssertBlockAndEndAsync(new LocalAwsOptions { BatchGetImageRecordsPull = recordsPull });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_block_and_its_end_do_not_depend_on_empty_pages(bool emptyPages) =>
        await AssertBlockAndEndAsync(new LocalAwsOptions { EmptyPages = emptyPages });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Enhanced_findings_do_not_depend_on_empty_pages(bool emptyPages)
    {
        await using var fixture = await StartAsync(options: new LocalAwsOptions { EmptyPages = emptyPages });
        fixture.Aws.Ecr.Scanning = ScanningConfiguration.Enhanced;
        var digest = fixture.Push("1");
        fixture.Aws.Inspector.CompleteScan(Repository, digest, Critical, High);
        await fixture.Functions.DeliverAllAsync();
        Assert.Equal("BLOCKED", fixture.Status(digest));

        var state = await fixture.Deploy().BackfillAsync();
        Assert.Equal((1, 1), (state.Repositories, state.Statuses.Blocked));
    }

    [Theory]
    [InlineData(true, ArchivedImagePull.ImageNotFound)]
    [InlineData(true, ArchivedImagePull.ImageInaccessible)]
    [InlineData(false, ArchivedImagePull.ImageNotFound)]
    [InlineData(false, ArchivedImagePull.ImageInaccessible)]
    public async Task An_archived_image_is_not_gone_and_stays_blocked(bool foundById, ArchivedImagePull pull)
    {
        await using var fixture = await StartAsync(
            options: new LocalAwsOptions { ArchivedImagesAreFoundById = foundById, ArchivedImagePull = pull }
        );
        var digest = await fixture.ScannedAsync("1", Critical);
        fixture.Aws.Ecr.Archive(Repository, digest);
        await fixture.Functions.DeliverAllAsync();

        Assert.Equal("BLOCKED", fixture.Status(digest));
        Assert.Null(fixture.Item(digest)["goneAt"]);
        var (status, body) = await fixture.Functions.AskAsync($"{Repository}@{digest}");
        Assert.Equal((200, "BLOCKED"), (status, body.GetProperty("status").GetString()));
    }

    [Theory]
    [InlineData(ReferrerPushEvent.ImageAction)]
    [InlineData(ReferrerPushEvent.ReferrerAction)]
    [InlineData(ReferrerPushEvent.Both)]
    [InlineData(ReferrerPushEvent.None)]
    public async Task A_signature_is_no_image_to_judge_whatever_its_push_sends(ReferrerPushEvent sends)
    {
        await using var fixture = await StartAsync(options: new LocalAwsOptions { ReferrerPush = sends });
        var digest = await fixture.ScannedAsync("1");
        var signature = fixture.Aws.Ecr.Push(Repository, Manifest.Referrer(digest));
        await fixture.Functions.DeliverAllAsync();

        Assert.Empty(fixture.Items($"I#{signature["sha256:".Length..]}"));
        Assert.Equal("APPROVED", fixture.Status(digest));
        Assert.Empty(fixture.Alerts);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_image_that_comes_back_after_its_entry_expired_is_judged_anew(bool expiredAreReturned)
    {
        await using var fixture = await StartAsync(
            options: new LocalAwsOptions { ExpiredItemsAreReturned = expiredAreReturned }
        );
        var digest = await fixture.ScannedAsync("1");
        fixture.Aws.Ecr.Delete(Repository, digest);
        await fixture.Functions.DeliverAllAsync();
        Assert.NotNull(fixture.Item(digest)["goneAt"]);

        fixture.Time.Advance(TimeSpan.FromDays(500));
        var again = fixture.Push("1");
        Assert.Equal(digest, again);
        await fixture.Functions.DeliverAllAsync();
        Assert.Equal("PENDING", fixture.Status(digest));
        fixture.Aws.Ecr.CompleteScan(Repository, digest, Critical);
        await fixture.Functions.DeliverAllAsync();
        Assert.Equal("BLOCKED", fixture.Status(digest));
        Assert.Null(fixture.Item(digest)["goneAt"]);
        Assert.Null(fixture.Item(digest)["expires"]);
        Assert.Single(fixture.Alerts);
    }

    private static async Task AssertBlockAndEndAsync(LocalAwsOptions options)
    {
        await using var fixture = await StartAsync(options: options);
        var digest = await fixture.ScannedAsync("1", Critical, High);
        Assert.Equal(["1", BlockedTag(digest)], fixture.Tags(digest));
        fixture.Aws.Ecr.CompleteScan(Repository, digest, High);
        await fixture.Functions.DeliverAllAsync();
        Assert.Equal(["1"], fixture.Tags(digest));
        Assert.Equal(["blocked", "lifted"], fixture.Alerts.Select(a => a.Attributes["kind"].Value));
    }
}
