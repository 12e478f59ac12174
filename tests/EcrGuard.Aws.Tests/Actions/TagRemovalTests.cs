using EcrGuard.Aws.Actions;
using EcrGuard.Aws.Facts;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Images;
using EcrGuard.Core.Use;
using EcrGuard.Lambda.Flow;
using EcrGuard.LocalAws;
using static EcrGuard.Aws.Tests.Flow.GuardFixture;
using Manifest = EcrGuard.LocalAws.Ecr.Manifest;
using PutImageRequest = Amazon.ECR.Model.PutImageRequest;
using ReplicationRule = EcrGuard.LocalAws.Ecr.ReplicationRule;
using TagMutability = EcrGuard.LocalAws.Ecr.TagMutability;

namespace EcrGuard.Aws.Tests.Flow;

/// <summary>
/// EcrGuard removes its tags while teams push, move and delete. Each repository has a twin that EcrGuard never touches.
/// </summary>
public sealed class TagRemovalTests
{
    private const string Twin = "twin/web";

    private static readonly Manifest Image = Manifest.Image("of the team"),
        Other = Manifest.Image("another"),
        Newer = Manifest.Image("newer");

    private static readonly IReadOnlyDictionary<string, TagMutability> Modes = new Dictionary<string, TagMutability>
    {
        ["mutable"] = TagMutability.Mutable,
        ["mutable but EcrGuard's"] = TagMutability.MutableExcept("ecrguard-*"),
        ["mutable but the team's"] = TagMutability.MutableExcept("1*", "2*", "3*"),
        ["mutable but both"] = TagMutability.MutableExcept("ecrguard-*", "1*", "2*", "3*"),
        ["immutable"] = TagMutability.Immutable,
        ["immutable but EcrGuard's"] = TagMutability.ImmutableExcept("ecrguard-*"),
        ["immutable but the team's"] = TagMutability.ImmutableExcept("1*"),
        ["immutable but others"] = TagMutability.ImmutableExcept("dev-*"),
    };

    private static readonly IReadOnlyList<(string Name, Action<LocalAwsServer, string> Write)> TeamWrites =
    [
        ("pushes a new image under its tag", (aws, repository) => aws.Ecr.Push(repository, Newer, "1")),
        (
            "moves both tags to another image",
            (aws, repository) =>
            {
                Try(() => aws.Ecr.Push(repository, Other, "1"));
                Try(() => aws.Ecr.Push(repository, Other, "1.1"));
            }
        ),
        ("moves another image's tag to it", (aws, repository) => aws.Ecr.Push(repository, Image, "2")),
        ("deletes a tag", (aws, repository) => aws.Ecr.DeleteTag(repository, "1")),
        (
            "deletes both tags",
            (aws, repository) =>
            {
                aws.Ecr.DeleteTag(repository, "1");
                aws.Ecr.DeleteTag(repository, "1.1");
            }
        ),
        ("deletes the image", (aws, repository) => aws.Ecr.Delete(repository, Image.Digest)),
        (
            "deletes the image and pushes it again",
            (aws, repository) =>
            {
                aws.Ecr.Delete(repository, Image.Digest);
                aws.Ecr.Push(repository, Image, "3");
            }
        ),
        (
            "gives it a tag that moves, deletes the others and moves it away",
            (aws, repository) =>
            {
                aws.Ecr.Push(repository, Image, "dev-1");
                aws.Ecr.DeleteTag(repository, "1");
                aws.Ecr.DeleteTag(repository, "1.1");
                aws.Ecr.Push(repository, Other, "dev-1");
            }
        ),
    ];

    /// <summary>A write that ECR may refuse. It refuses a team the same writes with and without EcrGuard.</summary>
    private static void Try(Action write)
    {
        try
        {
            write();
        }
        catch (Exception refused) when (refused.GetType().Name == "LocalError") { }
    }

    /// <summary>
    /// One mutability mode for each way in which a tag is removed. Each case makes some thousand calls, which cost
    /// processor time but no waiting. The other modes run if ECRGUARD_EVERY_CASE is set, as in <c>.ci/full</c>.
    /// </summary>
    public static TheoryData<string, bool> Cases =>
        string.IsNullOrEmpty(Environment.GetEnvironmentVariable("ECRGUARD_EVERY_CASE"))
            ? [("mutable", false), ("immutable", false), ("immutable but EcrGuard's", false)]
            :
            [
                .. Modes.Keys.Select(mode => (mode, false)),
                ("mutable", true),
                ("mutable but the team's", true),
                ("immutable but EcrGuard's", true),
            ];

    private static string Shield(string digest) => $"ecrguard-inuse-{digest["sha256:".Length..]}";

    private static ImageId Id(string digest) =>
        new(new RepositoryId("123456789012", "eu-central-1", Repository), Digest.Parse(digest));

    /// <summary>Pushes the image under two tags of the team, and another image.</summary>
    private static void Fill(GuardFixture fixture, string repository, TagMutability mutability)
    {
        fixture.Aws.Ecr.DeleteRepository(repository);
        fixture.Aws.Ecr.CreateRepository(repository, mutability);
        fixture.Aws.Ecr.Push(repository, Image, "1");
        fixture.Aws.Ecr.Push(repository, Image, "1.1");
        fixture.Aws.Ecr.Push(repository, Other, "2");
    }

    /// <summary>
    /// Makes a repository with an approved image that has a blocking tag and a shield. Both are to be removed.
    /// </summary>
    private static void Marked(GuardFixture fixture, TagMutability mutability)
    {
        Fill(fixture, Repository, mutability);
        fixture.Aws.Ecr.Push(Repository, Image, BlockedTag(Image.Digest));
        fixture.Aws.Ecr.Push(Repository, Image, Shield(Image.Digest));
        fixture.Aws.Events.Take();
    }

    private static async Task<GuardFixture> ApprovedAsync(LocalAwsOptions? options = null)
    {
        var fixture = await StartAsync(Marks, options);
        fixture.Aws.Ecr.Push(Repository, Image, "1");
        fixture.Aws.Ecr.CompleteScan(Repository, Image.Digest);
        await fixture.Functions.DeliverAllAsync();
        Assert.Equal("APPROVED", fixture.Status(Image.Digest));
        return fixture;
    }

    /// <summary>Removes both tags, as a sweep does if it knows of no use.</summary>
    /// <returns>Why it could not, or what is left behind; null if neither.</returns>
    private static async Task<string?> UnmarkAsync(Deployed functions, CancellationToken cancellation = default)
    {
        if (await functions.Part<EcrReader>().ImageAsync(Id(Image.Digest), CancellationToken.None) is not { } image)
            return "gone";
        var entry = (await functions.Part<ImageRecords>().FindAsync(image.Id, CancellationToken.None))!;
        var marked = await functions
            .Part<ImageMarker>()
            .MarkAsync(image, entry, UseState.NotInUse, UseState.NotInUse, DateTimeOffset.MaxValue, cancellation);
        var left = await functions.Part<TagRemover>().EndAsync(image.Id.Repository, CancellationToken.None);
        return marked.Record.CouldNotMark ?? (left is [var why, ..] ? why : null);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Whatever_a_team_does_between_two_calls_no_image_goes_that_would_be_there_and_no_tag_of_theirs_ends_elsewhere(
        string mode,
        bool refuses
    )
    {
        await using var fixture = await ApprovedAsync(new LocalAwsOptions { RefusesUnknownConfigs = refuses });
        fixture.Aws.Ecr.CreateRepository(Twin);
        foreach (var (name, write) in TeamWrites)
        {
            var struck = true;
            for (var call = 1; struck; call++)
            {
                Marked(fixture, Modes[mode]);
                Fill(fixture, Twin, Modes[mode]);
                fixture.Aws.Faults.Add(
                    Fault.Meanwhile(() => Try(() => write(fixture.Aws, Repository))) with
                    {
                        Service = "ecr",
                        Resource = Repository,
                        From = call,
                    }
                );
                var why = await UnmarkAsync(fixture.Functions);
                struck = fixture.Aws.Faults.Outstanding == 0;
                fixture.Aws.Faults.Clear();
                if (struck)
                    Try(() => write(fixture.Aws, Twin));
                AssertNothingLost(
                    fixture,
                    $"{mode}, ECR {(refuses ? "refuses" : "takes")} the manifest, the team {name} before call "
                        + $"{call}: {why}"
                );
                Assert.InRange(call, 1, 60);
            }
        }
    }

    private static void AssertNothingLost(GuardFixture fixture, string when)
    {
        foreach (var digest in new[] { Image.Digest, Other.Digest, Newer.Digest })
            Assert.True(
                fixture.Aws.Ecr.TagsOf(Twin, digest) is null || fixture.Aws.Ecr.TagsOf(Repository, digest) is not null,
                $"{when}: {digest} is gone."
            );
        foreach (var tag in new[] { "1", "1.1", "2", "3", "dev-1" })
            Assert.True(
                fixture.Aws.Ecr.DigestOf(Twin, tag) == fixture.Aws.Ecr.DigestOf(Repository, tag),
                $"{when}: the tag {tag} is elsewhere."
            );
    }

    [Theory]
    [InlineData("mutable", false, null)]
    [InlineData("mutable but the team's", false, null)]
    [InlineData("immutable but EcrGuard's", false, null)]
    [InlineData("immutable", false, null)]
    [InlineData("immutable but others", false, "other tags can")]
    [InlineData("mutable but both", false, "other tags can")]
    [InlineData("mutable but EcrGuard's", false, "other tags can")]
    [InlineData("immutable but the team's", false, "other tags can")]
    [InlineData("mutable", true, "ECR refused the manifest")]
    public async Task Tags_come_off_or_it_is_said_why_not_and_nothing_stays_behind(
        string mode,
        bool refuses,
        string? why
    )
    {
        await using var fixture = await ApprovedAsync(new LocalAwsOptions { RefusesUnknownConfigs = refuses });
        Marked(fixture, Modes[mode]);
        var could = await UnmarkAsync(fixture.Functions);
        if (why is null)
        {
            Assert.Null(could);
            Assert.Equal(["1", "1.1"], fixture.Tags(Image.Digest));
        }
        else
        {
            Assert.StartsWith("Could not unmark: ", could, StringComparison.Ordinal);
            Assert.Contains(why, could, StringComparison.Ordinal);
            Assert.Equal(["1", "1.1", BlockedTag(Image.Digest), Shield(Image.Digest)], fixture.Tags(Image.Digest));
            Assert.Equal(could, fixture.Item(Image.Digest)["couldNotMark"]!.GetValue<string>());
        }
        var contents = (
            await fixture
                .Functions.Part<EcrReader>()
                .ContentsAsync(Id(Image.Digest).Repository, null, CancellationToken.None)
        )!;
        Assert.Equal([Image.Digest, Other.Digest], contents.Images.Select(image => image.Id.Digest.ToString()));
        Assert.Empty(contents.RemovalManifests);
        await fixture.Functions.DeliverAllAsync();
        Assert.DoesNotContain(
            fixture.Alerts,
            alert => alert.Attributes["kind"].Value is "foreign-tag" or "tag-removal"
        );
    }

    private static string Keeps(int count, string selection) =>
        $$"""
            { "rules": [ { "rulePriority": 1, "selection": { {{selection}}, "countType": "imageCountMoreThan",
              "countNumber": {{count}} }, "action": { "type": "expire" } } ] }
            """;

    public static TheoryData<string, bool> Counts =>
        [
            .. from selection in (string[])
                ["\"tagStatus\":\"any\"", "\"tagStatus\":\"tagged\",\"tagPatternList\":[\"*\"]"]
            from sweeps in (bool[])[false, true]
            select (selection, sweeps),
        ];

    /// <summary>ECR may evaluate its policies between any two calls.</summary>
    [Theory]
    [MemberData(nameof(Counts))]
    public async Task No_image_goes_by_the_place_that_the_manifest_takes_in_a_count(string selection, bool sweeps)
    {
        await using var fixture = await ApprovedAsync();
        await fixture.Functions.BackfillAsync();
        var struck = true;
        for (var call = 1; struck; call++)
        {
            Marked(fixture, TagMutability.Mutable);
            fixture.Aws.Ecr.PutLifecyclePolicy(Repository, Keeps(2, selection));
            fixture.Aws.Faults.Add(
                Fault.Meanwhile(() => fixture.Aws.Ecr.RunLifecycle(fixture.Time.GetUtcNow())) with
                {
                    Service = "ecr",
                    Resource = Repository,
                    From = call,
                }
            );
            if (sweeps)
                await fixture.Functions.SweepAsync();
            else
                Assert.Contains("The next sweep takes the tag off", await UnmarkAsync(fixture.Functions));
            struck = fixture.Aws.Faults.Outstanding == 0;
            fixture.Aws.Faults.Clear();
            fixture.Aws.Ecr.RunLifecycle(fixture.Time.GetUtcNow());
            Assert.NotNull(fixture.Aws.Ecr.TagsOf(Repository, Image.Digest));
            Assert.NotNull(fixture.Aws.Ecr.TagsOf(Repository, Other.Digest));
            Assert.InRange(call, 1, 60);
        }
        Assert.Contains(BlockedTag(Image.Digest), fixture.Tags(Image.Digest));
        Assert.StartsWith(
            "Could not unmark: ",
            fixture.Item(Image.Digest)["couldNotMark"]!.GetValue<string>(),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task A_sweep_takes_tags_off_one_by_one_where_the_count_has_room_for_one()
    {
        await using var fixture = await ApprovedAsync();
        await fixture.Functions.BackfillAsync();
        Marked(fixture, TagMutability.Mutable);
        fixture.Aws.Ecr.PutLifecyclePolicy(Repository, Keeps(3, "\"tagStatus\":\"any\""));
        Assert.Contains("The next sweep takes the tag off", await UnmarkAsync(fixture.Functions));
        Assert.Contains(BlockedTag(Image.Digest), fixture.Tags(Image.Digest));

        fixture.Aws.Requests.Take();
        await fixture.Functions.SweepAsync();
        Assert.DoesNotContain(BlockedTag(Image.Digest), fixture.Tags(Image.Digest));
        Assert.Null(fixture.Item(Image.Digest)["couldNotMark"]);
        var writes = fixture.Aws.Requests.Take().Select(request => request.Operation);
        Assert.Equal(
            ["PutImage", "BatchDeleteImage"],
            writes.Where(operation => operation is "PutImage" or "BatchDeleteImage").Take(2)
        );
        Assert.Empty((await ContentsAsync(fixture)).RemovalManifests);
    }

    /// <summary>A move of a tag is a push, and a push is replicated.</summary>
    [Theory]
    [InlineData("", true)]
    [InlineData("shop/", true)]
    [InlineData("pay/", false)]
    public async Task A_tag_that_could_move_stays_where_the_repository_is_replicated(string prefix, bool stays)
    {
        await using var fixture = await ApprovedAsync();
        Marked(fixture, TagMutability.Mutable);
        fixture.Aws.Ecr.Replication = [new ReplicationRule("us-east-1", prefix.Length == 0 ? [] : ["ops/", prefix])];
        fixture.Aws.Requests.Take();
        var why = await UnmarkAsync(fixture.Functions);
        Assert.Equal(
            stays ? "Could not unmark: the repository is replicated, and a tag that moves here moves there too." : null,
            why
        );
        Assert.Equal(stays, fixture.Tags(Image.Digest).Contains(BlockedTag(Image.Digest)));
        Assert.Equal(stays, fixture.Aws.Requests.Take().All(request => request.Operation != "PutImage"));
    }

    [Fact]
    public async Task What_cannot_move_comes_off_by_name_where_the_repository_is_replicated_too()
    {
        await using var fixture = await ApprovedAsync();
        Marked(fixture, TagMutability.Immutable);
        fixture.Aws.Ecr.Replication = [new ReplicationRule("us-east-1")];
        Assert.Null(await UnmarkAsync(fixture.Functions));
        Assert.Equal(["1", "1.1"], fixture.Tags(Image.Digest));
    }

    /// <summary>The EcrGuard of another registry knows nothing of this one's intents.</summary>
    [Theory]
    [InlineData("ECR Image Action", "PUSH")]
    [InlineData("ECR Replication Action", "REPLICATE")]
    public async Task A_manifest_that_came_from_another_registry_is_no_image_and_no_alert(string type, string action)
    {
        await using var fixture = await LeftBehindAsync();
        var manifest = Assert.Single((await ContentsAsync(fixture)).RemovalManifests);
        fixture.Aws.DynamoDb.CreateEcrGuardTable("elsewhere");
        var elsewhere = fixture.Deploy(options: new DeploymentOptions(Table: "elsewhere"));
        var alerts = fixture.Alerts.Count;
        var came = $$"""
            {"version":"0","id":"3","account":"{{fixture.Aws.AccountId}}","region":"{{fixture.Aws.Region}}",
            "time":"{{fixture.Time.GetUtcNow():yyyy-MM-ddTHH:mm:ssZ}}","source":"aws.ecr","resources":[],
            "detail-type":"{{type}}","detail":{"result":"SUCCESS","repository-name":"{{Repository}}",
            "image-digest":"{{manifest.Id.Digest}}","action-type":"{{action}}",
            "image-tag":"{{BlockedTag(Image.Digest)}}"} }
            """;
        Assert.Empty(await elsewhere.PushedAsync(came));
        Assert.Equal(alerts, fixture.Alerts.Count);
        Assert.DoesNotContain(fixture.Aws.DynamoDb.Items("elsewhere"), item => item["record"] is not null);
    }

    /// <summary>Anybody can push a manifest of that form. The tag then leaves the image that it marks.</summary>
    [Fact]
    public async Task Somebody_elses_manifest_that_takes_a_tag_of_EcrGuards_from_its_image_is_told()
    {
        await using var fixture = await LeftBehindAsync();
        var manifest = Assert.Single((await ContentsAsync(fixture)).RemovalManifests);
        var text = (await fixture.Functions.Part<EcrReader>().ManifestAsync(manifest.Id, CancellationToken.None))!.Text;
        var blocked = await fixture.ScannedAsync("2", Critical);
        Assert.Contains(BlockedTag(blocked), fixture.Tags(blocked));
        await fixture.Functions.DeliverAllAsync();
        var alerts = fixture.Alerts.Count;
        using var clients = AwsClients.At(
            fixture.Aws.Endpoint,
            fixture.Aws.Region,
            new Amazon.Runtime.BasicAWSCredentials("test", "test")
        );
        await clients.Ecr.PutImageAsync(
            new PutImageRequest
            {
                RepositoryName = Repository,
                ImageManifest = text,
                ImageTag = BlockedTag(blocked),
            }
        );
        await fixture.Functions.DeliverAllAsync();
        Assert.Equal("foreign-tag", Assert.Single(fixture.Alerts.Skip(alerts)).Attributes["kind"].Value);
    }

    [Fact]
    public async Task What_was_left_behind_goes_where_EcrGuard_only_observes_too()
    {
        await using var fixture = await LeftBehindAsync();
        await fixture.Deploy("""{ "version": 1 }""").SweepAsync();
        Assert.Empty((await ContentsAsync(fixture)).RemovalManifests);
    }

    [Fact]
    public async Task The_image_that_goes_with_its_last_tag_all_the_same_is_told_at_once()
    {
        await using var fixture = await ApprovedAsync();
        Marked(fixture, TagMutability.Immutable);
        fixture.Aws.Ecr.DeleteTag(Repository, Shield(Image.Digest));
        fixture.Aws.Faults.Add(
            Fault.Meanwhile(() =>
            {
                fixture.Aws.Ecr.DeleteTag(Repository, "1");
                fixture.Aws.Ecr.DeleteTag(Repository, "1.1");
            }) with
            {
                Operation = "BatchDeleteImage",
            }
        );
        Assert.NotNull(await UnmarkAsync(fixture.Functions));
        Assert.Null(fixture.Aws.Ecr.TagsOf(Repository, Image.Digest));
        var alert = Assert.Single(fixture.Alerts);
        Assert.Equal("tag-removal", alert.Attributes["kind"].Value);
        Assert.Contains("The image is gone", alert.Message, StringComparison.Ordinal);
    }

    /// <summary>The team deletes its tags at the moment of the removal, and ECR's answer does not arrive.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_image_that_goes_by_a_removal_whose_answer_is_lost_is_told_at_once(bool deadline)
    {
        await using var fixture = await ApprovedAsync();
        Marked(fixture, TagMutability.Immutable);
        fixture.Aws.Ecr.DeleteTag(Repository, Shield(Image.Digest));
        using var time = new CancellationTokenSource();
        LosesTheLastTag(fixture);
        var lost = deadline ? Fault.Meanwhile(time.Cancel) : Fault.CloseAfter;
        fixture.Aws.Faults.Add(lost with { Operation = "BatchDeleteImage", Times = int.MaxValue });
        if (deadline)
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => UnmarkAsync(fixture.Functions, time.Token));
        else
            Assert.NotNull(await UnmarkAsync(fixture.Functions));
        var alert = Assert.Single(fixture.Alerts);
        Assert.Equal("tag-removal", alert.Attributes["kind"].Value);
        Assert.Contains("the image is gone", alert.Message, StringComparison.Ordinal);
    }

    /// <summary>The function cannot look, or cannot report.</summary>
    [Theory]
    [InlineData("DescribeImages")]
    [InlineData("Publish")]
    public async Task The_image_that_goes_by_a_removal_that_nobody_could_look_after_is_told_by_the_sweep(string fails)
    {
        await using var fixture = await ApprovedAsync();
        await fixture.Functions.BackfillAsync();
        Marked(fixture, TagMutability.Immutable);
        fixture.Aws.Ecr.DeleteTag(Repository, Shield(Image.Digest));
        LosesTheLastTag(
            fixture,
            () => fixture.Aws.Faults.Add(Fault.Unavailable with { Operation = fails, Times = int.MaxValue })
        );
        var before = fixture.Alerts.Count;
        await Assert.ThrowsAnyAsync<Exception>(() => UnmarkAsync(fixture.Functions));
        fixture.Aws.Faults.Clear();
        Assert.Null(fixture.Aws.Ecr.TagsOf(Repository, Image.Digest));
        Assert.Equal(before, fixture.Alerts.Count);

        fixture.Time.Advance(TimeSpan.FromMinutes(20));
        for (var sweep = 0; sweep < 2; sweep++)
            await fixture.Functions.SweepAsync();
        Assert.Single(fixture.Alerts.Skip(before), alert => alert.Attributes["kind"].Value == "tag-removal");
    }

    /// <summary>Just before the tag is removed by its name, the team deletes all of its own.</summary>
    private static void LosesTheLastTag(GuardFixture fixture, Action? then = null) =>
        fixture.Aws.Faults.Add(
            Fault.Meanwhile(() =>
            {
                fixture.Aws.Ecr.DeleteTag(Repository, "1");
                fixture.Aws.Ecr.DeleteTag(Repository, "1.1");
                then?.Invoke();
            }) with
            {
                Operation = "BatchDeleteImage",
            }
        );

    [Fact]
    public async Task A_tag_that_was_anothers_by_then_is_told_at_once()
    {
        await using var fixture = await ApprovedAsync();
        Marked(fixture, TagMutability.Immutable);
        fixture.Aws.Faults.Add(
            Fault.Meanwhile(() =>
            {
                fixture.Aws.Ecr.DeleteTag(Repository, BlockedTag(Image.Digest));
                fixture.Aws.Ecr.Push(Repository, Other, BlockedTag(Image.Digest));
            }) with
            {
                Operation = "BatchDeleteImage",
            }
        );
        await UnmarkAsync(fixture.Functions);
        Assert.Contains(Other.Digest, Assert.Single(fixture.Alerts).Message, StringComparison.Ordinal);
        Assert.Equal(["2"], fixture.Tags(Other.Digest));
    }

    [Fact]
    public async Task What_a_function_that_ended_has_left_behind_is_no_image_and_the_next_sweep_deletes_it()
    {
        await using var fixture = await LeftBehindAsync();
        var contents = await ContentsAsync(fixture);
        Assert.DoesNotContain(contents.Images, image => image.Kind == ImageKind.Artifact);
        var manifest = Assert.Single(contents.RemovalManifests);

        await fixture.Functions.SweepAsync();
        Assert.Empty((await ContentsAsync(fixture)).RemovalManifests);
        Assert.Null(fixture.Aws.Ecr.TagsOf(Repository, manifest.Id.Digest.ToString()));
        Assert.DoesNotContain(
            fixture.Items("I#"),
            item => item["sk"]!.GetValue<string>() == $"I#{manifest.Id.Digest.Hex}" && item["record"] is not null
        );
        Assert.DoesNotContain(
            fixture.Alerts,
            alert => alert.Attributes["kind"].Value is "foreign-tag" or "tag-removal"
        );
    }

    [Fact]
    public async Task What_carries_a_tag_of_somebody_elses_stays_and_the_sweep_says_so()
    {
        await using var fixture = await LeftBehindAsync();
        var manifest = Assert.Single((await ContentsAsync(fixture)).RemovalManifests);
        using var clients = AwsClients.At(
            fixture.Aws.Endpoint,
            fixture.Aws.Region,
            new Amazon.Runtime.BasicAWSCredentials("test", "test")
        );
        var text = (await fixture.Functions.Part<EcrReader>().ManifestAsync(manifest.Id, CancellationToken.None))!.Text;
        await clients.Ecr.PutImageAsync(
            new PutImageRequest
            {
                RepositoryName = Repository,
                ImageManifest = text,
                ImageTag = "v9",
            }
        );

        await fixture.Functions.SweepAsync();
        Assert.Equal(manifest.Id.Digest.ToString(), fixture.Aws.Ecr.DigestOf(Repository, "v9"));
        Assert.Contains(
            "carries v9, which EcrGuard did not put there: it stays",
            fixture.Items("D").Single(item => item["sweep"] is not null)["sweep"]!.GetValue<string>(),
            StringComparison.Ordinal
        );
    }

    /// <summary>No read can close the window between the look and the deletion.</summary>
    [Fact]
    public async Task A_tag_that_came_to_the_manifest_after_the_last_look_goes_with_it_and_is_told_at_once()
    {
        await using var fixture = await LeftBehindAsync();
        var manifest = Assert.Single((await ContentsAsync(fixture)).RemovalManifests);
        var text = (await fixture.Functions.Part<EcrReader>().ManifestAsync(manifest.Id, CancellationToken.None))!.Text;
        using var clients = AwsClients.At(
            fixture.Aws.Endpoint,
            fixture.Aws.Region,
            new Amazon.Runtime.BasicAWSCredentials("test", "test")
        );
        var request = new PutImageRequest
        {
            RepositoryName = Repository,
            ImageManifest = text,
            ImageTag = "v9",
        };
        fixture.Aws.Faults.Add(
            Fault.Meanwhile(() => Task.Run(() => clients.Ecr.PutImageAsync(request)).GetAwaiter().GetResult()) with
            {
                Operation = "BatchDeleteImage",
            }
        );
        await fixture.Functions.SweepAsync();
        Assert.Equal(0, fixture.Aws.Faults.Outstanding);
        var alert = Assert.Single(fixture.Alerts, each => each.Attributes["kind"].Value == "tag-removal");
        Assert.Contains("v9", alert.Message, StringComparison.Ordinal);
    }

    /// <summary>
    /// A repository's own policy may deny it. The event is not handed back again and again because of that.
    /// </summary>
    [Fact]
    public async Task A_tag_that_ECR_refuses_to_remove_by_its_name_stays_and_the_ledger_says_why()
    {
        await using var fixture = await ApprovedAsync();
        Marked(fixture, TagMutability.Immutable);
        fixture.Aws.Faults.Add(
            Fault.Refuse(400, "AccessDeniedException", "an explicit deny") with
            {
                Operation = "BatchDeleteImage",
            }
        );
        Assert.StartsWith(
            "Could not unmark: ECR refused to remove the tag 'ecrguard-",
            await UnmarkAsync(fixture.Functions),
            StringComparison.Ordinal
        );
        Assert.Equal(4, fixture.Tags(Image.Digest).Count);
        Assert.DoesNotContain(fixture.Items("A#"), write => write["outcome"]!.ToString() == "intended");
    }

    [Fact]
    public async Task What_ECR_threw_away_is_uploaded_again()
    {
        await using var fixture = await ApprovedAsync();
        Marked(fixture, TagMutability.Mutable);
        Assert.Null(await UnmarkAsync(fixture.Functions));
        // The new repository has none of the old images.
        Marked(fixture, TagMutability.Mutable);
        Assert.Null(await UnmarkAsync(fixture.Functions));
        Assert.Equal(["1", "1.1"], fixture.Tags(Image.Digest));
    }

    [Fact]
    public async Task A_refusal_is_asked_for_once_in_a_batch()
    {
        await using var fixture = await ApprovedAsync(new LocalAwsOptions { RefusesUnknownConfigs = true });
        Marked(fixture, TagMutability.Mutable);
        fixture.Aws.Requests.Take();
        await UnmarkAsync(fixture.Functions);
        Assert.Single(fixture.Aws.Requests, request => request.Operation == "PutImage");
    }

    [Fact]
    public async Task At_900_tags_the_manifest_goes_and_the_next_takes_its_place()
    {
        await using var fixture = await ApprovedAsync();
        var image = (await fixture.Functions.Part<EcrReader>().ImageAsync(Id(Image.Digest), CancellationToken.None))!;
        var remover = fixture.Functions.Part<TagRemover>();
        var manifests = new HashSet<Digest>();
        for (var i = 0; i < RemovalManifest.MaxTags + 5; i++)
        {
            var removals = await remover.OfAsync(image.Id.Repository, CancellationToken.None);
            manifests.Add(removals.Manifest.Digest);
            Assert.Null(await remover.MoveAsync(removals, image, $"ecrguard-{i}", CancellationToken.None));
        }
        Assert.Equal(2, manifests.Count);
        Assert.Equal(
            [null, 5],
            manifests.Select(digest => fixture.Aws.Ecr.TagsOf(Repository, digest.ToString())?.Count)
        );
        Assert.Empty(await remover.EndAsync(null, CancellationToken.None));
        Assert.All(manifests, digest => Assert.Null(fixture.Aws.Ecr.TagsOf(Repository, digest.ToString())));
        Assert.Equal(["1"], fixture.Tags(Image.Digest));
    }

    private static async Task<RepositoryContents> ContentsAsync(GuardFixture fixture) =>
        (
            await fixture
                .Functions.Part<EcrReader>()
                .ContentsAsync(Id(Image.Digest).Repository, null, CancellationToken.None)
        )!;

    /// <summary>A function removed tags and died before it could delete the manifest that they were moved to.</summary>
    private static async Task<GuardFixture> LeftBehindAsync()
    {
        var fixture = await ApprovedAsync();
        await fixture.Functions.BackfillAsync();
        Marked(fixture, TagMutability.Mutable);
        fixture.Aws.Faults.Add(Fault.Kill() with { Operation = "BatchDeleteImage" });
        await UnmarkAsync(fixture.Deploy());
        fixture.Aws.Faults.Clear();
        await fixture.Functions.DeliverAllAsync();
        return fixture;
    }
}
