using EcrGuard.Aws.Facts;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Images;
using EcrGuard.Core.Reports;
using EcrGuard.LocalAws;
using static EcrGuard.Aws.Tests.Flow.GuardFixture;
using Manifest = EcrGuard.LocalAws.Ecr.Manifest;

namespace EcrGuard.Aws.Tests.Flow;

/// <summary>
/// An image is in use, and shielded, from the moment it is deployed: a rollback does not wait for the next sweep.
/// </summary>
public sealed class DeploymentTests
{
    private const string Registry = "123456789012.dkr.ecr.eu-central-1.amazonaws.com";

    private const string KeepsThree = """
        { "version": 1, "enforcement": [ { "repositories": ["*"], "mode": "mark" } ], "ceilings": { "percent": 100, "keepPerRepository": 0 },
          "baseline": [ { "repositories": ["*"], "mode": "enforce", "lifecycle": { "existing": "keep", "policy": { "rules": [
            { "rulePriority": 1, "selection": { "tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 3 }, "action": { "type": "expire" } } ] } } } ] }
        """;

    private static string Uri(string reference) => $"{Registry}/{Repository}{reference}";

    private static string Shield(string digest) => $"ecrguard-inuse-{digest["sha256:".Length..]}";

    /// <summary>
    /// Six images of the last months, the oldest first, and EcrGuard's policy over them, which keeps three.
    /// </summary>
    private static async Task<(GuardFixture Fixture, string[] Digests)> EnforcedAsync(LocalAwsOptions? options = null)
    {
        var fixture = await StartAsync(
            KeepsThree,
            (options ?? new LocalAwsOptions()) with
            {
                BatchGetImageRecordsPull = false,
            }
        );
        fixture.Aws.Ecr.Scanning = EcrGuard.LocalAws.Ecr.ScanningConfiguration.Enhanced;
        await fixture.Functions.BackfillAsync();
        var digests = new string[6];
        for (var i = 0; i < digests.Length; i++)
        {
            digests[i] = fixture.Push($"v{i}");
            fixture.Time.Advance(TimeSpan.FromDays(2));
        }
        await fixture.Functions.DeliverAllAsync();
        fixture.Time.Advance(TimeSpan.FromDays(60));
        await fixture.Functions.SweepAsync();
        Assert.NotNull(fixture.Aws.Ecr.LifecyclePolicyOf(Repository));
        Assert.All(digests, digest => Assert.DoesNotContain(Shield(digest), fixture.Tags(digest)));
        await fixture.Functions.DeliverAllAsync();
        return (fixture, digests);
    }

    private static void AssertOnlyTheOldestThreeWereAtRiskAnd(
        GuardFixture fixture,
        string[] digests,
        params string[] stay
    )
    {
        fixture.Time.Advance(TimeSpan.FromHours(2));
        fixture.Aws.Ecr.RunLifecycle(fixture.Time.GetUtcNow());
        var left = digests.Where(digest => fixture.Aws.Ecr.TagsOf(Repository, digest) is not null);
        Assert.Equal(stay.Concat(digests[3..]).Order(), left.Order());
    }

    [Fact]
    public async Task A_rollback_at_noon_outlives_the_policy_that_would_take_its_image_at_two()
    {
        var (fixture, digests) = await EnforcedAsync();
        await using var _ = fixture;
        fixture.Time.Advance(TimeSpan.FromHours(9));
        var before = fixture.Aws.Ecs.RegisterTaskDefinition("web", Uri(":v0"));

        fixture.Aws.Ecs.RunServiceTask("main", "web", before, digests[0]);
        await fixture.Functions.DeliverAllAsync();
        Assert.Contains(Shield(digests[0]), fixture.Tags(digests[0]));
        AssertOnlyTheOldestThreeWereAtRiskAnd(fixture, digests, digests[0]);
    }

    [Fact]
    public async Task A_service_that_runs_an_image_without_an_approval_is_told_once_for_each_service_digest_and_status()
    {
        await using var fixture = await StartAsync();
        var digest = fixture.Push("1.0");
        await fixture.Functions.DeliverAllAsync();
        var definition = fixture.Aws.Ecs.RegisterTaskDefinition("web", Uri(":1.0"));
        IEnumerable<string> Told() =>
            fixture
                .Alerts.Where(alert => alert.Attributes["kind"].Value == "deployed")
                .Select(alert => alert.Attributes["status"].Value);
        async Task RunAsync(string service)
        {
            fixture.Time.Advance(TimeSpan.FromHours(2));
            fixture.Aws.Ecs.RunServiceTask("main", service, definition, digest);
            await fixture.Functions.DeliverAllAsync();
        }

        await RunAsync("web");
        await RunAsync("web");
        Assert.Equal(["pending"], Told());

        fixture.Aws.Ecr.CompleteScan(Repository, digest, Critical);
        await fixture.Functions.DeliverAllAsync();
        await RunAsync("web");
        await RunAsync("web");
        await RunAsync("api");
        Assert.Equal(["pending", "blocked", "blocked"], Told());
    }

    [Fact]
    public async Task Tasks_without_a_service_are_told_once_for_each_task_definition_digest_and_status()
    {
        await using var fixture = await StartAsync();
        var digest = fixture.Push("1.0");
        await fixture.Functions.DeliverAllAsync();
        await fixture
            .Functions.Part<Amazon.ECR.IAmazonECR>()
            .TagResourceAsync(
                new()
                {
                    ResourceArn = $"arn:aws:ecr:eu-central-1:123456789012:repository/{Repository}",
                    Tags = [new() { Key = "owner", Value = "payments" }],
                }
            );
        await fixture.Functions.BackfillAsync();
        await fixture.Functions.SweepAsync();
        // Nothing runs by a task definition alone.
        var definition = fixture.Aws.Ecs.RegisterTaskDefinition("job", Uri(":1.0"));
        await fixture.Functions.DeliverAllAsync();
        Assert.DoesNotContain(fixture.Alerts, alert => alert.Attributes["kind"].Value == "deployed");

        for (var run = 0; run < 2; run++)
        {
            fixture.Time.Advance(TimeSpan.FromHours(2));
            fixture.Aws.Ecs.RunTask("main", definition, digest);
            await fixture.Functions.DeliverAllAsync();
        }
        var told = Assert.Single(fixture.Alerts, alert => alert.Attributes["kind"].Value == "deployed");
        Assert.Equal("pending", told.Attributes["status"].Value);
        Assert.Equal("payments", told.Attributes["team"].Value);
        Assert.Contains($"- ECS task {definition}", told.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_crowd_of_deployments_is_one_message_and_one_that_could_not_be_sent_is_sent_by_the_next_try()
    {
        await using var fixture = await StartAsync();
        var digest = fixture.Push("1.0");
        await fixture.Functions.DeliverAllAsync();
        var definition = fixture.Aws.Ecs.RegisterTaskDefinition("web", Uri(":1.0"));
        fixture.Aws.Events.Take();
        for (var service = 0; service < 11; service++)
            fixture.Aws.Ecs.RunServiceTask("main", $"web{service}", definition, digest);
        var events = fixture.Aws.Events.Take();
        fixture.Aws.Faults.Add(Fault.Unavailable with { Operation = "Publish" });

        // Two events tell of each task, and one is ignored.
        Assert.Equal(2 * 11, (await fixture.Functions.ImageDeployedAsync(events)).Count);
        Assert.Empty(fixture.Alerts);
        for (var again = 0; again < 2; again++)
            Assert.Empty(await fixture.Functions.ImageDeployedAsync(events));
        var told = Assert.Single(fixture.Alerts);
        Assert.Equal("batch", told.Attributes["kind"].Value);
        for (var service = 0; service < 11; service++)
            Assert.Contains($"service/main/web{service}", told.Message, StringComparison.Ordinal);
        Assert.Contains("Let its pipeline ask before it deploys", told.Message, StringComparison.Ordinal);
    }

    /// <summary>An event tells of the task first. The next reading sees the same task.</summary>
    [Fact]
    public async Task A_task_without_a_service_is_named_once_however_it_was_seen()
    {
        await using var fixture = await StartAsync();
        var digest = fixture.Push("1.0");
        var definition = fixture.Aws.Ecs.RegisterTaskDefinition("job", Uri(":1.0"));
        fixture.Aws.Ecs.RunTask("main", definition, digest);
        await fixture.Functions.DeliverAllAsync();
        await fixture.Functions.BackfillAsync();
        fixture.Time.Advance(TimeSpan.FromHours(2));
        await fixture.Functions.SweepAsync();

        var image = new ImageId(new RepositoryId("123456789012", "eu-central-1", Repository), Digest.Parse(digest));
        var cancellation = TestContext.Current.CancellationToken;
        var usages = fixture.Functions.Part<UsageReader>();
        var read = await usages.LatestAsync(cancellation);
        var known = await usages.KnownAsync(image.Repository, read, cancellation);
        var record = await fixture.Functions.Part<ImageRecords>().FindAsync(image, cancellation);
        var running = new RunningImages(known, image.Repository.Account, image.Repository.Region);

        Assert.Equal(["ECS task job:1"], running.Of(record!.Record));
    }

    [Fact]
    public async Task An_image_that_nobody_has_judged_is_told_once_the_backfill_is_done_and_not_before()
    {
        await using var fixture = await StartAsync();
        IEnumerable<string> Told() =>
            fixture
                .Alerts.Where(alert => alert.Attributes["kind"].Value == "deployed")
                .Select(alert => alert.Attributes["status"].Value);
        async Task RunAsync(string tag, string digest)
        {
            fixture.Time.Advance(TimeSpan.FromHours(2));
            var definition = fixture.Aws.Ecs.RegisterTaskDefinition("web", Uri($":{tag}"));
            fixture.Aws.Ecs.RunServiceTask("main", "web", definition, digest);
            await fixture.Functions.DeliverAllAsync();
        }
        string PushUnheard(string tag)
        {
            var digest = fixture.Push(tag);
            fixture.Aws.Events.Take();
            return digest;
        }

        await RunAsync("1.0", PushUnheard("1.0"));
        Assert.Empty(Told());

        await fixture.Functions.BackfillAsync();
        var unheard = PushUnheard("2.0");
        await RunAsync("2.0", unheard);
        await RunAsync("2.0", unheard);
        Assert.Equal(["unknown"], Told());
    }

    [Fact]
    public async Task What_is_approved_is_not_told_when_it_runs()
    {
        await using var fixture = await StartAsync();
        var approved = fixture.Push("1.0");
        await fixture.Functions.DeliverAllAsync();
        fixture.Aws.Ecr.CompleteScan(Repository, approved);
        await fixture.Functions.DeliverAllAsync();
        fixture.Aws.Ecs.RunServiceTask(
            "main",
            "web",
            fixture.Aws.Ecs.RegisterTaskDefinition("web", Uri(":1.0")),
            approved
        );
        await fixture.Functions.DeliverAllAsync();
        Assert.DoesNotContain(fixture.Alerts, alert => alert.Attributes["kind"].Value == "deployed");
    }

    [Fact]
    public async Task What_is_shielded_already_costs_one_read_of_the_ledger_however_many_tasks_start()
    {
        var (fixture, digests) = await EnforcedAsync();
        await using var _ = fixture;
        var definition = fixture.Aws.Ecs.RegisterTaskDefinition("web", Uri(":v0"));
        fixture.Aws.Ecs.RunServiceTask("main", "web", definition, digests[0]);
        await fixture.Functions.DeliverAllAsync();

        fixture.Time.Advance(TimeSpan.FromMinutes(10));
        for (var i = 0; i < 20; i++)
            fixture.Aws.Ecs.RunServiceTask("main", "web", definition, digests[0]);
        fixture.Aws.Requests.Take();
        Assert.Empty(await fixture.Functions.ImageDeployedAsync(fixture.Aws.Events.Take()));
        Assert.Equal(["GetItem"], fixture.Aws.Requests.Take().Select(request => request.Operation));
    }

    [Fact]
    public async Task What_is_shielded_for_hours_costs_a_read_and_a_write_that_moves_the_time_on()
    {
        var (fixture, digests) = await EnforcedAsync();
        await using var _ = fixture;
        var definition = fixture.Aws.Ecs.RegisterTaskDefinition("web", Uri(":v0"));
        fixture.Aws.Ecs.RunServiceTask("main", "web", definition, digests[0]);
        await fixture.Functions.DeliverAllAsync();
        var seen = Assert.Single(fixture.Items("U#"))["seenAt"]!.GetValue<string>();

        for (var time = 0; time < 2; time++)
        {
            fixture.Time.Advance(TimeSpan.FromHours(5));
            fixture.Aws.Ecs.RunServiceTask("main", "web", definition, digests[0]);
            fixture.Aws.Requests.Take();
            Assert.Empty(await fixture.Functions.ImageDeployedAsync(fixture.Aws.Events.Take()));
            Assert.Equal(["GetItem", "UpdateItem"], fixture.Aws.Requests.Take().Select(request => request.Operation));
            var later = Assert.Single(fixture.Items("U#"))["seenAt"]!.GetValue<string>();
            Assert.True(string.CompareOrdinal(later, seen) > 0);
            seen = later;
        }
    }

    /// <summary>Whether ECR takes a filter together with ids is not documented.</summary>
    [Fact]
    public async Task A_tag_that_is_not_there_costs_one_call()
    {
        var (fixture, _) = await EnforcedAsync();
        await using var __ = fixture;
        fixture.Aws.Ecs.RunTask("main", fixture.Aws.Ecs.RegisterTaskDefinition("web", Uri(":none")));
        var refusal = Fault.Refuse(400, "InvalidParameterException", "No filter together with ids.");
        fixture.Aws.Faults.Add(refusal with { Operation = "DescribeImages", From = 2, Times = int.MaxValue });
        fixture.Aws.Requests.Take();
        Assert.Empty(await fixture.Functions.ImageDeployedAsync(fixture.Aws.Events.Take()));
        fixture.Aws.Faults.Clear();
        Assert.Single(fixture.Aws.Requests.Take(), request => request.Operation == "DescribeImages");
    }

    /// <summary>A shield waits for its turn to write, and a sweep comes in between.</summary>
    [Fact]
    public async Task Every_deployment_of_a_batch_is_recorded_before_the_first_is_shielded()
    {
        var (fixture, digests) = await EnforcedAsync();
        await using var _ = fixture;
        foreach (var tag in new[] { 0, 1, 2 })
            fixture.Aws.Ecs.RunTask(
                "main",
                fixture.Aws.Ecs.RegisterTaskDefinition($"web{tag}", Uri($":v{tag}")),
                digests[tag]
            );
        var events = fixture.Aws.Events.Take();
        fixture.Aws.Faults.Add(Fault.Kill() with { Operation = "PutImage" });
        Assert.NotEmpty(await fixture.Functions.ImageDeployedAsync(events));
        fixture.Aws.Faults.Clear();
        Assert.Equal(3, fixture.Items("U#").Count);
    }

    [Theory]
    [InlineData("KmsException", "The key is disabled.")]
    [InlineData("LimitExceededException", "Too many tags.")]
    public async Task A_deployment_that_could_not_be_shielded_is_tried_again_and_told_once_a_day(
        string code,
        string message
    )
    {
        var (fixture, digests) = await EnforcedAsync();
        await using var _ = fixture;
        var before = fixture.Alerts.Count;
        var refusal = Fault.Refuse(400, code, message);
        fixture.Aws.Faults.Add(refusal with { Operation = "PutImage", Times = int.MaxValue });
        var definition = fixture.Aws.Ecs.RegisterTaskDefinition("web", Uri(":v0"));
        for (var time = 0; time < 3; time++)
        {
            fixture.Aws.Ecs.RunServiceTask("main", "web", definition, digests[0]);
            Assert.Empty(await fixture.Functions.ImageDeployedAsync(fixture.Aws.Events.Take()));
            fixture.Time.Advance(TimeSpan.FromMinutes(1));
        }
        Assert.Null(Assert.Single(fixture.Items("U#"))["done"]);
        var alert = Assert.Single(fixture.Alerts.Skip(before), alert => alert.Attributes["kind"].Value == "unshielded");
        Assert.Contains(message, alert.Message, StringComparison.Ordinal);

        fixture.Aws.Faults.Clear();
        fixture.Aws.Ecs.RunServiceTask("main", "web", definition, digests[0]);
        await fixture.Functions.DeliverAllAsync();
        Assert.Contains(Shield(digests[0]), fixture.Tags(digests[0]));
        Assert.NotNull(Assert.Single(fixture.Items("U#"))["done"]);
    }

    /// <summary>The service goes on running the image that the tag meant, and nobody names a digest.</summary>
    [Fact]
    public async Task What_a_tag_meant_that_a_consumer_names_stays_for_fourteen_days_after_the_tag_moved()
    {
        var (fixture, digests) = await EnforcedAsync();
        await using var _ = fixture;
        fixture.Aws.Ecr.Push(Repository, Manifest.Image($"{Repository} v0"), "prod");
        fixture.Aws.AppRunner.CreateService("web", Uri(":prod"));
        // The event is lost; the sweep sees the service.
        fixture.Aws.Events.Take();
        await fixture.Functions.SweepAsync();
        fixture.Aws.Events.Take();
        Assert.Contains(Shield(digests[0]), fixture.Tags(digests[0]));

        fixture.Aws.Ecr.Push(Repository, Manifest.Image($"{Repository} v5"), "prod");
        await fixture.Functions.DeliverAllAsync();
        for (var day = 0; day < 13; day++)
        {
            fixture.Time.Advance(TimeSpan.FromDays(1));
            await fixture.Functions.SweepAsync();
            fixture.Aws.Events.Take();
            Assert.Contains(Shield(digests[0]), fixture.Tags(digests[0]));
        }
        fixture.Aws.Ecr.RunLifecycle(fixture.Time.GetUtcNow());
        Assert.NotNull(fixture.Aws.Ecr.TagsOf(Repository, digests[0]));
        Assert.Equal(2, fixture.Items("U#").Count);
    }

    /// <summary>
    /// An event notes a name while the sweep goes over the images. The sweep has read earlier what is deployed.
    /// </summary>
    [Fact]
    public async Task A_sweep_does_not_forget_a_name_that_an_event_has_noted_meanwhile()
    {
        await using var fixture = await StartAsync();
        await fixture.Functions.BackfillAsync();
        var digest = await fixture.ScannedAsync("v0", Critical);
        var definition = fixture.Aws.Ecs.RegisterTaskDefinition("web", Uri($":{BlockedTag(digest)}"));
        fixture.Aws.Ecs.DeregisterTaskDefinition(definition);
        fixture.Aws.Events.Take();
        fixture.Aws.Faults.Add(
            Fault.Meanwhile(() =>
            {
                fixture.Aws.Ecs.RunTask("main", definition, digest);
                var events = fixture.Aws.Events.Take();
                Task.Run(() => fixture.Deploy().ImageDeployedAsync(events)).GetAwaiter().GetResult();
            }) with
            {
                Service = "dynamodb",
                Operation = "BatchGetItem",
            }
        );
        await fixture.Functions.SweepAsync();
        Assert.Equal(0, fixture.Aws.Faults.Outstanding);
        Assert.Contains(
            BlockedTag(digest),
            fixture.Item(digest)["namedTags"]!.ToJsonString(),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task A_task_whose_digest_is_not_known_yet_runs_what_its_tag_means()
    {
        var (fixture, digests) = await EnforcedAsync();
        await using var _ = fixture;
        fixture.Aws.Ecs.RunTask("main", fixture.Aws.Ecs.RegisterTaskDefinition("web", Uri(":v1")));
        var listings = fixture.Aws.Ecr.Listings;
        await fixture.Functions.DeliverAllAsync();
        Assert.Contains(Shield(digests[1]), fixture.Tags(digests[1]));
        Assert.Equal(listings, fixture.Aws.Ecr.Listings);
        AssertOnlyTheOldestThreeWereAtRiskAnd(fixture, digests, digests[1]);
    }

    /// <summary>It is not documented which of the two a task names.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_task_of_an_index_shields_the_index_whether_it_names_it_or_a_platform_of_it(bool platform)
    {
        var (fixture, _) = await EnforcedAsync();
        await using var __ = fixture;
        var manifest = Manifest.Image("a platform");
        var child = fixture.Aws.Ecr.Push(Repository, manifest);
        var index = fixture.Aws.Ecr.Push(Repository, Manifest.Index([("linux/amd64", manifest)]), "all");
        await fixture.Functions.DeliverAllAsync();

        fixture.Aws.Ecs.RunTask(
            "main",
            fixture.Aws.Ecs.RegisterTaskDefinition("web", Uri(":all")),
            platform ? child : index
        );
        await fixture.Functions.DeliverAllAsync();
        Assert.Contains(Shield(index), fixture.Tags(index));
        Assert.Empty(fixture.Tags(child));
    }

    [Fact]
    public async Task A_function_is_shielded_where_a_trail_exists_and_a_service_of_App_Runner_anywhere()
    {
        var (fixture, digests) = await EnforcedAsync(new LocalAwsOptions { Trail = true });
        await using var _ = fixture;
        fixture.Aws.Lambda.CreateFunction("pay", Uri(":v0"), Uri($"@{digests[0]}"));
        fixture.Aws.AppRunner.CreateService("web", Uri(":v1"));
        await fixture.Functions.DeliverAllAsync();
        Assert.Contains(Shield(digests[0]), fixture.Tags(digests[0]));
        Assert.Contains(Shield(digests[1]), fixture.Tags(digests[1]));
        Assert.Equal(2, fixture.Items("U#").Count);
    }

    /// <summary>Nothing starts, so no task names the image. But the service runs it when it is scaled up.</summary>
    [Fact]
    public async Task A_service_without_tasks_that_goes_back_is_shielded_where_a_trail_exists()
    {
        var (fixture, digests) = await EnforcedAsync(new LocalAwsOptions { Trail = true });
        await using var _ = fixture;
        var ecs = fixture.Aws.Ecs;
        var service = ecs.CreateService("main", "web", ecs.RegisterTaskDefinition("web", Uri(":v5")), desiredCount: 0);
        ecs.StartDeployment(service, ecs.RegisterTaskDefinition("back", Uri(":v2")));
        await fixture.Functions.DeliverAllAsync();
        Assert.Contains(Shield(digests[2]), fixture.Tags(digests[2]));
        AssertOnlyTheOldestThreeWereAtRiskAnd(fixture, digests, digests[2]);
    }

    [Fact]
    public async Task Where_no_rule_stands_a_deployment_is_recorded_and_nothing_is_written_to_ECR()
    {
        await using var fixture = await StartAsync();
        var digest = fixture.Push("v0");
        await fixture.Functions.DeliverAllAsync();
        fixture.Aws.Ecs.RunTask("main", fixture.Aws.Ecs.RegisterTaskDefinition("web", Uri(":v0")), digest);
        fixture.Aws.Requests.Take();
        await fixture.Functions.DeliverAllAsync();
        var requests = fixture.Aws.Requests.Take();
        Assert.DoesNotContain(requests, request => request.Operation is "PutImage" or "BatchDeleteImage");
        Assert.Single(fixture.Items("U#"));
    }

    [Fact]
    public async Task What_cannot_be_read_is_handed_back_and_what_is_of_others_is_not()
    {
        await using var fixture = await StartAsync();
        const string Broken = """{"source":"aws.ecs","detail-type":"ECS Task State Change","detail":{}}""";
        const string Other = """{"source":"aws.ecs","detail-type":"ECS Service Action"}""";
        const string Elsewhere = "210987654321.dkr.ecr.eu-central-1.amazonaws.com/web:1";
        fixture.Aws.Ecs.RunTask("main", fixture.Aws.Ecs.RegisterTaskDefinition("web", "nginx", Elsewhere));
        Assert.Equal(
            [Broken],
            await fixture.Functions.ImageDeployedAsync([Broken, Other, .. fixture.Aws.Events.Take()])
        );
        Assert.Empty(fixture.Items("U#"));
    }

    /// <summary>
    /// The next reading does not see a task that has ended. Its image stays for rollbacks and may go later.
    /// </summary>
    [Fact]
    public async Task What_was_deployed_between_two_sweeps_stays_for_fourteen_days_after_it_was_last_seen()
    {
        var (fixture, digests) = await EnforcedAsync();
        await using var _ = fixture;
        var definition = fixture.Aws.Ecs.RegisterTaskDefinition("web", Uri($"@{digests[0]}"));
        var task = fixture.Aws.Ecs.RunTask("main", definition, digests[0]);
        fixture.Aws.Ecs.StopTask(task);
        fixture.Aws.Ecs.DeregisterTaskDefinition(definition);
        await fixture.Functions.DeliverAllAsync();

        for (var day = 1; day <= 13; day++)
        {
            fixture.Time.Advance(TimeSpan.FromDays(1));
            await fixture.Functions.SweepAsync();
            await fixture.Functions.DeliverAllAsync();
        }
        Assert.Contains(Shield(digests[0]), fixture.Tags(digests[0]));
        fixture.Aws.Ecr.RunLifecycle(fixture.Time.GetUtcNow());
        Assert.NotNull(fixture.Aws.Ecr.TagsOf(Repository, digests[0]));

        fixture.Time.Advance(TimeSpan.FromDays(2));
        await fixture.Functions.SweepAsync();
        // Four are there and three stay: the image that the tag is moved to would take the place of another one.
        Assert.Contains(Shield(digests[0]), fixture.Tags(digests[0]));
        Assert.Contains(
            "Could not unmark",
            fixture.Item(digests[0])["couldNotMark"]!.GetValue<string>(),
            StringComparison.Ordinal
        );
        fixture.Aws.Ecr.Delete(Repository, digests[3]);
        fixture.Aws.Ecr.Delete(Repository, digests[4]);
        await fixture.Functions.SweepAsync();
        Assert.DoesNotContain(Shield(digests[0]), fixture.Tags(digests[0]));
    }

    /// <summary>
    /// An updater that follows the newest tag may choose EcrGuard's tag. A service then runs by that tag, and would
    /// find no image without it.
    /// </summary>
    /// <summary>The newest tag of an image that a service runs already is another version for an updater.</summary>
    [Fact]
    public async Task A_tag_of_EcrGuards_stays_though_the_service_that_names_it_ran_the_same_image_minutes_before()
    {
        await using var fixture = await StartAsync();
        await fixture.Functions.BackfillAsync();
        var digest = await fixture.ScannedAsync("v0", Critical);
        var before = fixture.Aws.Ecs.RegisterTaskDefinition("web", Uri(":v0"));
        fixture.Aws.Ecs.RunServiceTask("main", "web", before, digest);
        await fixture.Functions.DeliverAllAsync();

        fixture.Time.Advance(TimeSpan.FromMinutes(10));
        var after = fixture.Aws.Ecs.RegisterTaskDefinition("web", Uri($":{BlockedTag(digest)}"));
        fixture.Aws.Ecs.RunServiceTask("main", "web", after, digest);
        await fixture.Functions.DeliverAllAsync();
        fixture.Time.Advance(TimeSpan.FromMinutes(20));
        fixture.Aws.Ecr.CompleteScan(Repository, digest);
        await fixture.Functions.DeliverAllAsync();
        Assert.Equal("APPROVED", fixture.Status(digest));
        Assert.Contains(BlockedTag(digest), fixture.Tags(digest));
    }

    /// <summary>The names were read minutes before, because the write waits for its turn.</summary>
    [Fact]
    public async Task A_tag_of_EcrGuards_stays_though_a_consumer_names_it_while_its_removal_waits()
    {
        await using var fixture = await StartAsync();
        await fixture.Functions.BackfillAsync();
        var digest = await fixture.ScannedAsync("v0", Critical);
        var named = fixture.Aws.Ecs.RegisterTaskDefinition("web", Uri($":{BlockedTag(digest)}"));
        fixture.Time.Advance(TimeSpan.FromMinutes(20));
        fixture.Aws.Ecr.CompleteScan(Repository, digest);
        var scanned = fixture.Aws.Events.Take();
        fixture.Aws.Faults.Add(
            Fault.Meanwhile(() =>
            {
                fixture.Aws.Ecs.RunServiceTask("main", "web", named, digest);
                fixture.Deploy().ImageDeployedAsync(fixture.Aws.Events.Take()).GetAwaiter().GetResult();
            }) with
            {
                Operation = "DescribeRepositories",
            }
        );
        Assert.Empty(await fixture.Functions.ChangedAsync(scanned));
        Assert.Equal(0, fixture.Aws.Faults.Outstanding);
        Assert.Equal("APPROVED", fixture.Status(digest));
        Assert.Contains(BlockedTag(digest), fixture.Tags(digest));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_tag_of_EcrGuards_that_a_consumer_names_stays_as_long_as_it_does(bool told)
    {
        await using var fixture = await StartAsync();
        await fixture.Functions.BackfillAsync();
        var digest = await fixture.ScannedAsync("v0", Critical);
        var definition = fixture.Aws.Ecs.RegisterTaskDefinition("web", Uri($":{BlockedTag(digest)}"));
        var service = fixture.Aws.Ecs.CreateService("main", "web", definition, digests: [digest]);
        var task = told ? fixture.Aws.Ecs.RunServiceTask("main", "web", definition, digest) : null;
        await fixture.Functions.DeliverAllAsync();
        if (!told)
            Assert.Equal(1, (await fixture.Functions.SweepAsync()).End.Undone);

        fixture.Time.Advance(TimeSpan.FromMinutes(20));
        fixture.Aws.Ecr.CompleteScan(Repository, digest);
        await fixture.Functions.DeliverAllAsync();
        Assert.Equal("APPROVED", fixture.Status(digest));
        Assert.Contains(BlockedTag(digest), fixture.Tags(digest));
        var couldNot = fixture.Item(digest)["couldNotMark"]!.GetValue<string>();
        Assert.StartsWith(
            $"The tag '{BlockedTag(digest)}' stays: the ECS service ",
            couldNot,
            StringComparison.Ordinal
        );

        fixture.Aws.Ecs.DeleteService(service);
        fixture.Aws.Ecs.DeregisterTaskDefinition(definition);
        if (task is not null)
            fixture.Aws.Ecs.StopTask(task);
        for (var day = 0; day < 4; day++)
        {
            fixture.Time.Advance(TimeSpan.FromDays(1));
            await fixture.Functions.SweepAsync();
        }
        Assert.Equal(["v0"], fixture.Tags(digest));
    }
}
