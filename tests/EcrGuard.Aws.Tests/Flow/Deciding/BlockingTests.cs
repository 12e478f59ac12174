using System.Text;
using EcrGuard.Core.Policy;
using EcrGuard.LocalAws;
using EcrGuard.LocalAws.Ecr;
using static EcrGuard.Aws.Tests.Flow.GuardFixture;

namespace EcrGuard.Aws.Tests.Flow;

/// <summary>
/// Cases in which a tag is not simply written. ECR has no conditional write and no conditional delete, and an image is
/// deleted with its last tag.
/// </summary>
public sealed class BlockingTests
{
    [Theory]
    [InlineData(SameTagAnswer.ImageTagAlreadyExists)]
    [InlineData(SameTagAnswer.ImageAlreadyExists)]
    public async Task An_immutable_repository_takes_the_tag_once_and_gives_it_back(SameTagAnswer answer)
    {
        await using var fixture = await StartAsync(options: new LocalAwsOptions { SameTagOnImmutable = answer });
        fixture.Aws.Ecr.CreateRepository("pay/api", TagMutability.Immutable, scanOnPush: true);
        var digest = fixture.Push("1", "pay/api");
        await fixture.Functions.DeliverAllAsync();
        fixture.Aws.Ecr.CompleteScan("pay/api", digest, Critical);
        await fixture.Functions.DeliverAllAsync();
        Assert.Equal(["1", BlockedTag(digest)], fixture.Tags(digest, "pay/api"));

        fixture.Aws.Ecr.CompleteScan("pay/api", digest);
        await fixture.Functions.DeliverAllAsync();
        Assert.Equal(["1"], fixture.Tags(digest, "pay/api"));
    }

    [Theory]
    [InlineData(SameTagAnswer.ImageTagAlreadyExists, true)]
    [InlineData(SameTagAnswer.ImageAlreadyExists, true)]
    [InlineData(SameTagAnswer.ImageAlreadyExists, false)]
    public async Task A_tag_that_somebody_put_there_in_between_is_success(SameTagAnswer answer, bool immutable)
    {
        await using var fixture = await StartAsync(options: new LocalAwsOptions { SameTagOnImmutable = answer });
        fixture.Aws.Ecr.CreateRepository("pay/api", immutable ? TagMutability.Immutable : null, scanOnPush: true);
        var digest = fixture.Push("1", "pay/api");
        await fixture.Functions.DeliverAllAsync();
        fixture.Aws.Ecr.CompleteScan("pay/api", digest, Critical);
        // This could be another instance of the function.
        fixture.Aws.Faults.Add(
            Fault.Meanwhile(() => fixture.Aws.Ecr.Push("pay/api", Manifest.Image("pay/api 1"), BlockedTag(digest))) with
            {
                Operation = "PutImage",
            }
        );
        await fixture.Functions.DeliverAllAsync();

        Assert.Equal(0, fixture.Aws.Faults.Outstanding);
        Assert.Equal(["1", BlockedTag(digest)], fixture.Tags(digest, "pay/api"));
        Assert.Equal("done", Assert.Single(fixture.Items("A#"))["outcome"]!.GetValue<string>());
        Assert.Null(fixture.Item(digest)["couldNotMark"]);
    }

    [Fact]
    public async Task A_tag_that_belongs_to_another_image_of_an_immutable_repository_is_could_not_mark()
    {
        await using var fixture = await StartAsync();
        fixture.Aws.Ecr.CreateRepository("pay/api", TagMutability.Immutable, scanOnPush: true);
        var digest = fixture.Push("1", "pay/api");
        var squatter = fixture.Push(BlockedTag(digest), "pay/api");
        await fixture.Functions.DeliverAllAsync();
        fixture.Aws.Ecr.CompleteScan("pay/api", digest, Critical);
        await fixture.Functions.DeliverAllAsync();

        Assert.Equal(["1"], fixture.Tags(digest, "pay/api"));
        Assert.Equal([BlockedTag(digest)], fixture.Tags(squatter, "pay/api"));
        Assert.Contains(squatter, fixture.Item(digest)["couldNotMark"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal("BLOCKED", fixture.Status(digest));
    }

    [Fact]
    public async Task A_tag_that_moves_to_another_image_in_between_leaves_that_image_alone()
    {
        await using var fixture = await StartAsync();
        var digest = fixture.Push("1");
        fixture.Aws.Ecr.Push(Repository, Manifest.Image($"{Repository} 1"), "latest");
        await fixture.Functions.DeliverAllAsync();
        fixture.Aws.Ecr.CompleteScan(Repository, digest, Critical);
        var newer = "";
        fixture.Aws.Faults.Add(
            Fault.Meanwhile(() => newer = fixture.Aws.Ecr.Push(Repository, Manifest.Image("newer"), "latest")) with
            {
                Operation = "BatchGetImage",
            }
        );
        await fixture.Functions.ChangedAsync(fixture.Aws.Events.Take());

        Assert.Equal(["1", BlockedTag(digest)], fixture.Tags(digest));
        Assert.Equal(["latest"], fixture.Tags(newer));
    }

    [Fact]
    public async Task An_image_that_loses_its_last_team_tag_before_the_read_gets_no_tag()
    {
        await using var fixture = await StartAsync();
        var digest = fixture.Push("1");
        await fixture.Functions.DeliverAllAsync();
        fixture.Aws.Ecr.CompleteScan(Repository, digest, Critical);
        // This happens between the read of the facts and the read immediately before the write.
        fixture.Aws.Faults.Add(
            Fault.Meanwhile(() => fixture.Aws.Ecr.Push(Repository, Manifest.Image("another"), "1")) with
            {
                Operation = "DescribeImages",
                From = 2,
            }
        );
        await fixture.Functions.ChangedAsync(fixture.Aws.Events.Take());

        Assert.Equal(0, fixture.Aws.Faults.Outstanding);
        Assert.Empty(fixture.Tags(digest));
        Assert.NotNull(fixture.Aws.Ecr.TagsOf(Repository, digest));
        Assert.DoesNotContain(fixture.Aws.Requests, r => r.Operation is "PutImage" or "BatchDeleteImage");
    }

    [Fact]
    public async Task A_blocking_tag_that_became_the_last_one_comes_off_and_the_image_stays()
    {
        await using var fixture = await StartAsync();
        var digest = await fixture.ScannedAsync("1", Critical);
        fixture.Aws.Ecr.CompleteScan(Repository, digest);
        fixture.Aws.Faults.Add(
            Fault.Meanwhile(() => fixture.Aws.Ecr.DeleteTag(Repository, "1")) with
            {
                Operation = "DescribeImages",
                From = 2,
            }
        );
        await fixture.Functions.ChangedAsync(fixture.Aws.Events.Take());

        Assert.Equal(0, fixture.Aws.Faults.Outstanding);
        Assert.Empty(fixture.Aws.Ecr.TagsOf(Repository, digest)!);
        Assert.Equal("APPROVED", fixture.Status(digest));
    }

    [Fact]
    public async Task Where_tags_cannot_move_a_team_tag_that_comes_back_lets_the_blocking_tag_go()
    {
        await using var fixture = await StartAsync();
        fixture.Aws.Ecr.CreateRepository("pay/fixed", TagMutability.Immutable, scanOnPush: true);
        var digest = fixture.Push("1", "pay/fixed");
        fixture.Aws.Ecr.CompleteScan("pay/fixed", digest, Critical);
        await fixture.Functions.DeliverAllAsync();
        fixture.Aws.Ecr.DeleteTag("pay/fixed", "1");
        fixture.Aws.Ecr.CompleteScan("pay/fixed", digest);
        await fixture.Functions.DeliverAllAsync();
        Assert.Equal([BlockedTag(digest)], fixture.Tags(digest, "pay/fixed"));
        Assert.Contains(
            "could be the image's last",
            fixture.Item(digest)["couldNotMark"]!.GetValue<string>(),
            StringComparison.Ordinal
        );

        fixture.Push("1", "pay/fixed");
        await fixture.Functions.DeliverAllAsync();
        Assert.Equal(["1"], fixture.Tags(digest, "pay/fixed"));
        Assert.Null(fixture.Item(digest)["couldNotMark"]);
    }

    [Fact]
    public async Task An_image_that_is_archived_in_between_is_not_restored_by_a_tag()
    {
        await using var fixture = await StartAsync();
        var digest = fixture.Push("1");
        await fixture.Functions.DeliverAllAsync();
        fixture.Aws.Ecr.CompleteScan(Repository, digest, Critical);
        fixture.Aws.Faults.Add(
            Fault.Meanwhile(() => fixture.Aws.Ecr.Archive(Repository, digest)) with
            {
                Operation = "DescribeImages",
                From = 2,
            }
        );
        await fixture.Functions.DeliverAllAsync();

        Assert.Equal(["1"], fixture.Tags(digest));
        Assert.Equal("BLOCKED", fixture.Status(digest));
        Assert.Contains("archived", fixture.Item(digest)["couldNotMark"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.DoesNotContain(fixture.Aws.Requests, r => r.Operation == "PutImage");
    }

    [Theory]
    [InlineData(ArchivedImagePull.ImageNotFound)]
    [InlineData(ArchivedImagePull.ImageInaccessible)]
    public async Task An_image_that_is_archived_before_its_manifest_is_read_is_could_not_mark(ArchivedImagePull pull)
    {
        await using var fixture = await StartAsync(options: new LocalAwsOptions { ArchivedImagePull = pull });
        var digest = fixture.Push("1");
        await fixture.Functions.DeliverAllAsync();
        fixture.Aws.Ecr.CompleteScan(Repository, digest, Critical);
        fixture.Aws.Faults.Add(
            Fault.Meanwhile(() => fixture.Aws.Ecr.Archive(Repository, digest)) with
            {
                Operation = "BatchGetImage",
            }
        );
        await fixture.Functions.ChangedAsync(fixture.Aws.Events.Take());

        Assert.Equal(["1"], fixture.Tags(digest));
        Assert.NotNull(fixture.Item(digest)["couldNotMark"]);
        Assert.NotEqual("intended", Assert.Single(fixture.Items("A#"))["outcome"]!.GetValue<string>());
    }

    [Fact]
    public async Task An_image_with_a_thousand_tags_is_blocked_and_could_not_be_marked()
    {
        await using var fixture = await StartAsync();
        var digest = fixture.Push("0");
        for (var i = 1; i < 1_000; i++)
            fixture.Aws.Ecr.Push(Repository, Manifest.Image($"{Repository} 0"), $"{i}", announce: false);
        await fixture.Functions.DeliverAllAsync();
        fixture.Aws.Ecr.CompleteScan(Repository, digest, Critical);
        await fixture.Functions.DeliverAllAsync();

        Assert.Equal("BLOCKED", fixture.Status(digest));
        Assert.Contains(
            "1000 tags",
            fixture.Item(digest)["couldNotMark"]!.GetValue<string>(),
            StringComparison.Ordinal
        );
        Assert.Contains("could not be marked", Assert.Single(fixture.Alerts).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_thousandth_tag_that_comes_in_between_is_could_not_mark()
    {
        await using var fixture = await StartAsync();
        var digest = fixture.Push("0");
        for (var i = 1; i < 998; i++)
            fixture.Aws.Ecr.Push(Repository, Manifest.Image($"{Repository} 0"), $"{i}", announce: false);
        await fixture.Functions.DeliverAllAsync();
        fixture.Aws.Ecr.CompleteScan(Repository, digest, Critical);
        void Team()
        {
            foreach (var tag in new[] { "998", "999" })
                fixture.Aws.Ecr.Push(Repository, Manifest.Image($"{Repository} 0"), tag);
        }
        fixture.Aws.Faults.Add(Fault.Meanwhile(Team) with { Operation = "PutImage" });
        await fixture.Functions.ChangedAsync(fixture.Aws.Events.Take());

        Assert.StartsWith(
            "ECR refused the tag",
            fixture.Item(digest)["couldNotMark"]!.GetValue<string>(),
            StringComparison.Ordinal
        );
        Assert.Equal(1_000, fixture.Tags(digest).Count);
    }

    [Fact]
    public async Task A_manifest_without_a_media_type_keeps_its_bytes_and_its_digest()
    {
        await using var fixture = await StartAsync();
        var manifest = Manifest.ImageWithoutMediaType("bare");
        Assert.DoesNotContain(MediaTypes.OciManifest, manifest.Text, StringComparison.Ordinal);
        await AssertMarkedAsync(fixture, manifest, manifest);
    }

    [Fact]
    public async Task A_docker_image_keeps_its_bytes_and_its_digest()
    {
        await using var fixture = await StartAsync();
        var manifest = Manifest.DockerImage("classic");
        await AssertMarkedAsync(fixture, manifest, manifest);
    }

    [Fact]
    public async Task A_docker_manifest_list_is_judged_by_its_images_and_marked_itself()
    {
        await using var fixture = await StartAsync();
        var (amd64, arm64) = (Manifest.DockerImage("amd64"), Manifest.DockerImage("arm64"));
        await AssertMarkedAsync(
            fixture,
            Manifest.DockerList([("linux/amd64", amd64), ("linux/arm64", arm64)]),
            arm64,
            amd64
        );
        Assert.Empty(fixture.Tags(arm64.Digest));
    }

    [Fact]
    public async Task An_index_is_judged_by_its_platforms_whatever_else_it_lists()
    {
        await using var fixture = await StartAsync();
        var amd64 = Manifest.Image("amd64");
        await AssertMarkedAsync(fixture, Manifest.Index([("linux/amd64", amd64)], attestations: true), amd64);
        Assert.Empty(fixture.Tags(amd64.Digest));
    }

    [Theory]
    [InlineData(EnforcementMode.Observe, Marks)]
    [InlineData(EnforcementMode.Mark, """{ "version": 1 }""")]
    [InlineData(
        EnforcementMode.Mark,
        """{ "version": 1, "enforcement": [ { "repositories": ["shop/*"], "mode": "observe" }, { "repositories": ["*"], "mode": "mark" } ] }"""
    )]
    public async Task Nothing_is_written_to_ecr_where_the_policy_or_its_ceiling_only_observes(
        EnforcementMode ceiling,
        string policy
    )
    {
        await using var fixture = await StartAsync();
        var functions = fixture.Deploy(policy, new DeploymentOptions(ceiling));
        var digest = fixture.Push("1");
        await functions.DeliverAllAsync();
        fixture.Aws.Ecr.CompleteScan(Repository, digest, Critical);
        await functions.DeliverAllAsync();

        Assert.Equal("BLOCKED", fixture.Status(digest));
        Assert.Single(fixture.Alerts);
        Assert.Equal(["1"], fixture.Tags(digest));
        Assert.DoesNotContain(
            fixture.Aws.Requests,
            r =>
                r.Service == "ecr"
                && (
                    r.Operation.StartsWith("Put", StringComparison.Ordinal)
                    || r.Operation.StartsWith("Start", StringComparison.Ordinal)
                )
        );
    }

    [Fact]
    public async Task A_tag_with_the_prefix_that_EcrGuard_did_not_write_is_a_push_and_an_alert()
    {
        await using var fixture = await StartAsync();
        var digest = fixture.Push("ecrguard-approved-trust-me");
        await fixture.Functions.DeliverAllAsync();
        Assert.Equal("PENDING", fixture.Status(digest));
        Assert.Contains("FOREIGN-TAG", AlertId(Assert.Single(fixture.Alerts)), StringComparison.Ordinal);
    }

    /// <summary>
    /// Pushes images, ends one image's scan with a critical finding and the others' without any, and checks that what
    /// was pushed is marked and has the same bytes as before.
    /// </summary>
    private static async Task AssertMarkedAsync(
        GuardFixture fixture,
        Manifest pushed,
        Manifest bad,
        params Manifest[] good
    )
    {
        var digest = fixture.Aws.Ecr.Push(Repository, pushed, "1");
        await fixture.Functions.DeliverAllAsync();
        foreach (var image in good)
            fixture.Aws.Ecr.CompleteScan(Repository, image.Digest);
        fixture.Aws.Ecr.CompleteScan(Repository, bad.Digest, Critical);
        await fixture.Functions.DeliverAllAsync();

        Assert.Equal("BLOCKED", fixture.Status(digest));
        Assert.Equal(["1", BlockedTag(digest)], fixture.Tags(digest));
        Assert.Equal(digest, fixture.Aws.Ecr.DigestOf(Repository, BlockedTag(digest)));
        Assert.Equal(
            digest,
            $"sha256:{Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(pushed.Text)))}"
        );
    }

    /// <summary>
    /// A team whose policy expires branches such as <c>fix-login</c> after a day does not mean a blocked release.
    /// </summary>
    [Fact]
    public async Task A_tag_by_which_the_teams_lifecycle_policy_would_take_the_image_is_could_not_mark()
    {
        await using var fixture = await StartAsync();
        fixture.Aws.Ecr.PutLifecyclePolicy(
            Repository,
            """{"rules":[{"rulePriority":1,"description":"Branches go","selection":{"tagStatus":"tagged","tagPatternList":["*-*"],"countType":"sinceImagePushed","countUnit":"days","countNumber":1},"action":{"type":"expire"}}]}"""
        );
        var digest = await fixture.ScannedAsync("1", Critical);
        Assert.Equal(["1"], fixture.Tags(digest));
        Assert.Equal("BLOCKED", fixture.Status(digest));
        Assert.Contains(
            "rule 1 selects it by",
            fixture.Item(digest)["couldNotMark"]!.GetValue<string>(),
            StringComparison.Ordinal
        );
    }

    /// <summary>The SDK would repeat the call by itself, long after the read that allows it.</summary>
    [Fact]
    public async Task A_tag_is_removed_by_its_name_again_only_after_the_image_was_read_again()
    {
        const string Fixed = "pay/fixed";
        await using var fixture = await StartAsync();
        fixture.Aws.Ecr.CreateRepository(Fixed, TagMutability.Immutable, scanOnPush: true);
        var digest = fixture.Push("1", Fixed);
        fixture.Aws.Ecr.CompleteScan(Fixed, digest, Critical);
        await fixture.Functions.DeliverAllAsync();
        Assert.Equal(["1", BlockedTag(digest)], fixture.Tags(digest, Fixed));
        fixture.Aws.Faults.Add(Fault.Throttle with { Operation = "BatchDeleteImage" });
        fixture.Aws.Requests.Take();
        fixture.Aws.Ecr.CompleteScan(Fixed, digest);
        await fixture.WhileTimePassesAsync(Delivered());

        Assert.Equal(["1"], fixture.Tags(digest, Fixed));
        var calls = fixture
            .Aws.Requests.Where(request => request.Service == "ecr")
            .Select(request => request.Operation)
            .ToList();
        Assert.Equal(2, calls.Count(call => call == "BatchDeleteImage"));
        Assert.Contains(
            "DescribeImages",
            calls[calls.IndexOf("BatchDeleteImage")..calls.LastIndexOf("BatchDeleteImage")]
        );

        async Task<bool> Delivered()
        {
            await fixture.Functions.DeliverAllAsync();
            return true;
        }
    }
}
