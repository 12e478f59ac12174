using EcrGuard.Aws.Facts;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Baselines;
using EcrGuard.Core.Images;
using EcrGuard.Core.Use;
using EcrGuard.Lambda.Functions;
using EcrGuard.LocalAws;
using static EcrGuard.Aws.Tests.Flow.GuardFixture;
using Digest = EcrGuard.Core.Images.Digest;
using Manifest = EcrGuard.LocalAws.Ecr.Manifest;

namespace EcrGuard.Aws.Tests.Flow;

/// <summary>The daily sweep repairs what events have missed, in every repository, and says what it could not.</summary>
public sealed class SweepTests
{
    private static readonly Consumer Service = new(
        ConsumerKind.EcsService,
        "arn:aws:ecs:eu-central-1:123456789012:service/main/web"
    );

    /// <summary>EcrGuard's rule alone, so nothing else is ever taken.</summary>
    private const string ShieldRule =
        """{"rules":[{"rulePriority":1,"description":"Images in use stay","selection":{"tagStatus":"tagged","tagPatternList":["ecrguard-inuse-*"],"countType":"imageCountMoreThan","countNumber":100000},"action":{"type":"expire"}}]}""";

    private const string NoReserve =
        """{ "version": 1, "enforcement": [ { "repositories": ["*"], "mode": "mark" } ], "consumers": { "rollbackDays": 0 } }""";

    private static string Shield(string digest) => $"ecrguard-inuse-{digest["sha256:".Length..]}";

    /// <summary>A reading that says that these images run, by digest.</summary>
    private static UsageReading Runs(GuardFixture fixture, params string[] digests) =>
        new()
        {
            ReadAt = fixture.Time.GetUtcNow(),
            Uses =
            [
                .. digests.Select(digest => new ConsumerReference(
                    new RepositoryId(fixture.Aws.AccountId, fixture.Aws.Region, Repository),
                    null,
                    Digest.Parse(digest),
                    Service
                )),
            ],
        };

    private static async Task<GuardFixture> FilledAsync(string policy = Marks, LocalAwsOptions? options = null)
    {
        var fixture = await StartAsync(policy, options);
        await fixture.Functions.BackfillAsync();
        return fixture;
    }

    [Fact]
    public async Task Lost_events_are_made_good_and_told()
    {
        await using var fixture = await FilledAsync();
        var digest = fixture.Push("1");
        fixture.Aws.Ecr.CompleteScan(Repository, digest, Critical);
        fixture.Aws.Events.Take();
        var before = fixture.Alerts.Count;

        var (end, _) = await fixture.Functions.SweepAsync(Runs(fixture));

        Assert.Equal((1, 0, 0), (end.Images, end.Unfinished, end.Undone));
        Assert.Equal("BLOCKED", fixture.Status(digest));
        Assert.Contains(BlockedTag(digest), fixture.Tags(digest));
        Assert.Equal("blocked", Assert.Single(fixture.Alerts.Skip(before)).Attributes["kind"].Value);
    }

    /// <summary>
    /// ECR does not say whether a team deleted an image's last tag or moved it, so EcrGuard keeps the image.
    /// </summary>
    [Fact]
    public async Task What_goes_for_the_place_of_an_image_that_only_EcrGuards_tag_keeps_is_told_a_day_before()
    {
        await using var fixture = await FilledAsync();
        fixture.Aws.Ecr.PutLifecyclePolicy(
            Repository,
            """{"rules":[{"rulePriority":1,"selection":{"tagStatus":"any","countType":"imageCountMoreThan","countNumber":2},"action":{"type":"expire"}}]}"""
        );
        var oldest = await fixture.ScannedAsync("1", Low);
        var blocked = await fixture.ScannedAsync("2", Critical);
        await fixture.ScannedAsync("3", Low);
        var before = await fixture.Functions.SweepAsync(Runs(fixture));
        Assert.Equal(0, before.End.Undone);

        fixture.Aws.Ecr.DeleteTag(Repository, "2");
        await fixture.Functions.DeliverAllAsync();
        var (end, _) = await fixture.Functions.SweepAsync(Runs(fixture, oldest));

        Assert.Equal([BlockedTag(blocked)], fixture.Tags(blocked));
        Assert.Equal(1, end.Undone);
        Assert.Contains(
            $"1 image stays by EcrGuard's tag alone, since the team has taken its own tags off: {Short(blocked)}. The "
                + $"lifecycle policy counts it, and so may take {Short(oldest)} by 2026-11-19 ",
            fixture.Items("D").Single()["sweep"]!.ToString().Replace(@"\u0027", "'", StringComparison.Ordinal),
            StringComparison.Ordinal
        );

        static string Short(string digest) => digest["sha256:".Length..][..12];
    }

    [Fact]
    public async Task A_second_sweep_has_nothing_to_decide_and_costs_a_page_of_images_and_the_baseline()
    {
        await using var fixture = await FilledAsync();
        for (var i = 0; i < 20; i++)
            await fixture.ScannedAsync($"{i}", Low);
        await fixture.Functions.SweepAsync();
        fixture.Aws.Requests.Take();

        var (_, runs) = await fixture.Deploy().SweepAsync();

        Assert.Equal((20, 0), (Assert.Single(runs).Images, runs[0].Decided));
        Assert.Equal(
            [
                "BatchGetRepositoryScanningConfiguration",
                "DescribeImages",
                "DescribeRepositories",
                "DescribeRepositories",
                "GetLifecyclePolicy",
                "GetRegistryScanningConfiguration",
                // The report needs the owner of the repository.
                "ListTagsForResource",
            ],
            fixture.Aws.Requests.Where(r => r.Service == "ecr").Select(r => r.Operation).Order(StringComparer.Ordinal)
        );
    }

    [Fact]
    public async Task After_a_day_every_image_is_decided_again_because_no_event_is_promised()
    {
        await using var fixture = await FilledAsync();
        await fixture.ScannedAsync("1", Low);
        var digest = await fixture.ScannedAsync("2", Low);
        fixture.Time.Advance(TimeSpan.FromHours(24));
        fixture.Aws.Ecr.CompleteScan(Repository, digest, Critical);
        fixture.Aws.Events.Take();

        var (_, runs) = await fixture.Functions.SweepAsync();

        Assert.Equal(2, Assert.Single(runs).Decided);
        Assert.Equal("BLOCKED", fixture.Status(digest));
    }

    [Fact]
    public async Task An_image_in_use_is_shielded_tagged_or_not_and_loses_the_shield_only_beside_a_teams_tag()
    {
        await using var fixture = await FilledAsync(options: new LocalAwsOptions { BatchGetImageRecordsPull = false });
        fixture.Aws.Ecr.PutLifecyclePolicy(Repository, ShieldRule);
        var tagged = await fixture.ScannedAsync("1", Low);
        var untagged = fixture.Aws.Ecr.Push(Repository, Manifest.Image("untagged"));
        fixture.Aws.Ecr.CompleteScan(Repository, untagged, Low);
        var idle = await fixture.ScannedAsync("2", Low);

        await fixture.Functions.SweepAsync(Runs(fixture, tagged, untagged));
        Assert.Equal(["1", Shield(tagged)], fixture.Tags(tagged));
        Assert.Equal([Shield(untagged)], fixture.Tags(untagged));
        Assert.Equal(["2"], fixture.Tags(idle));

        // EcrGuard's own writes come back as push events. They are no news, and nobody is alerted.
        var alerts = fixture.Alerts.Count;
        await fixture.Functions.DeliverAllAsync();
        Assert.Equal(alerts, fixture.Alerts.Count);

        // Nobody refers to them any more. While they are new, that means nothing; later it does.
        await fixture.Functions.SweepAsync(Runs(fixture));
        Assert.Equal(["1", Shield(tagged)], fixture.Tags(tagged));
        fixture.Time.Advance(InUse.RecordingDelay);
        await fixture.Functions.SweepAsync(Runs(fixture));
        Assert.Equal(["1"], fixture.Tags(tagged));
        Assert.Empty(fixture.Aws.Ecr.TagsOf(Repository, untagged)!);
        Assert.Null(fixture.Item(untagged)["couldNotMark"]);
    }

    [Fact]
    public async Task A_chart_that_is_pulled_and_a_signature_of_an_image_in_use_are_shielded_as_images_are()
    {
        await using var fixture = await FilledAsync(options: new LocalAwsOptions { BatchGetImageRecordsPull = false });
        fixture.Aws.Ecr.PutLifecyclePolicy(Repository, ShieldRule);
        var used = await fixture.ScannedAsync("1", Low);
        var signature = fixture.Push($"sha256-{used["sha256:".Length..]}.sig");
        var (pulled, idle) = (
            fixture.Aws.Ecr.Push(Repository, Manifest.Chart("pulled"), "chart-1"),
            fixture.Aws.Ecr.Push(Repository, Manifest.Chart("idle"), "chart-2")
        );
        var referrer = fixture.Aws.Ecr.Push(Repository, Manifest.Referrer(used));
        fixture.Aws.Ecr.Pull(Repository, "chart-1");
        await fixture.Functions.DeliverAllAsync();

        await fixture.Functions.SweepAsync(Runs(fixture, used));
        Assert.Contains(Shield(signature), fixture.Tags(signature));
        Assert.Equal(["chart-1", Shield(pulled)], fixture.Tags(pulled));
        Assert.Equal(["chart-2"], fixture.Tags(idle).Concat(fixture.Tags(referrer)));

        // They come back as push events, which are no news. A push of somebody else is news.
        var alerts = fixture.Alerts.Count;
        await fixture.Functions.DeliverAllAsync();
        Assert.Equal(alerts, fixture.Alerts.Count);
        fixture.Aws.Ecr.Push(Repository, Manifest.Chart("idle"), Shield(idle));
        await fixture.Functions.DeliverAllAsync();
        Assert.Equal("foreign-tag", Assert.Single(fixture.Alerts.Skip(alerts)).Attributes["kind"].Value);

        fixture.Time.Advance(TimeSpan.FromDays(400));
        await fixture.Functions.SweepAsync(Runs(fixture));
        Assert.Equal(["chart-1"], fixture.Tags(pulled));
    }

    [Theory]
    [InlineData(true, "not known: the function ended before it was; what it wanted was found in place later")]
    [InlineData(false, "not known: the function ended before it was; what it wanted was not found in place later")]
    public async Task A_write_that_was_killed_after_its_intent_gets_its_end(bool arrived, string end)
    {
        const string policy = """
            { "version": 1, "enforcement": [ { "repositories": ["*"], "mode": "mark" } ],
              "baseline": [ { "repositories": ["*"], "mode": "enforce", "lifecycle": { "existing": "keep", "policy": { "rules": [
                {"rulePriority":1,"selection":{"tagStatus":"untagged","countType":"sinceImagePushed","countUnit":"days","countNumber":14},"action":{"type":"expire"}} ] } } } ] }
            """;
        await using var fixture = await FilledAsync(policy);
        fixture.Aws.Faults.Add(
            (arrived ? Fault.CloseAfter : Fault.CloseBefore) with
            {
                Operation = "PutLifecyclePolicy",
                Times = int.MaxValue,
            }
        );
        await fixture.Functions.SweepAsync();
        fixture.Aws.Faults.Clear();
        var write = Assert.Single(fixture.Items("A#"))["sk"]!.GetValue<string>();
        string Outcome() => Assert.Single(fixture.Items(write))["outcome"]!.GetValue<string>();
        Assert.Equal("intended", Outcome());

        fixture.Time.Advance(TimeSpan.FromHours(1));
        await fixture.Functions.SweepAsync();
        Assert.Equal(end, Outcome());
    }

    [Fact]
    public async Task A_write_that_may_still_be_under_way_is_left_alone()
    {
        await using var fixture = await FilledAsync();
        await fixture
            .Functions.Part<WriteRecords>()
            .IntendAsync(
                new RepositoryId(fixture.Aws.AccountId, fixture.Aws.Region, Repository),
                "PutLifecyclePolicy",
                RepositorySetting.LifecyclePolicy,
                "{}",
                CancellationToken.None
            );
        fixture.Time.Advance(TimeSpan.FromMinutes(14));
        await fixture.Functions.SweepAsync();
        Assert.Equal("intended", Assert.Single(fixture.Items("A#"))["outcome"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_second_sweep_ends_where_one_runs_and_a_silent_one_is_over_after_an_hour()
    {
        await using var fixture = await FilledAsync();
        Task<SweepStart> BeginAsync(string run) =>
            fixture.Deploy().Part<SweepList>().SweepListAsync(new SweepRequest(run), new Invocation());
        var first = await BeginAsync("first");
        Assert.True(first.Alone);
        Assert.True((await BeginAsync("first")).Alone);
        Assert.False((await BeginAsync("second")).Alone);
        Assert.Null(fixture.Aws.S3.Find(Bucket, "sweeps/second/repositories.json"));

        // The sweep takes longer than that, and each repository says so.
        for (var half = 0; half < 4; half++)
        {
            fixture.Time.Advance(TimeSpan.FromMinutes(40));
            await fixture
                .Functions.Part<SweepRepository>()
                .SweepRepositoryAsync(new SweepItem([Repository], first.StartedAt, 0, "first"), new Invocation());
            Assert.False((await BeginAsync("second")).Alone);
        }
        fixture.Time.Advance(TimeSpan.FromMinutes(61));
        Assert.True((await BeginAsync("second")).Alone);

        await fixture.Functions.Part<SweepClose>().SweepCloseAsync(await BeginAsync("second"), new Invocation());
        Assert.True((await BeginAsync("third")).Alone);
    }

    /// <summary>The instances of one sweep share what one may write.</summary>
    [Fact]
    public async Task A_sweep_that_is_redriven_while_another_one_runs_fails_and_names_it()
    {
        await using var fixture = await FilledAsync();
        Task<SweepStart> BeginAsync(string run) =>
            fixture.Deploy().Part<SweepList>().SweepListAsync(new SweepRequest(run), new Invocation());
        Task<SweptItem> ItemAsync(SweepStart start) =>
            fixture
                .Deploy()
                .Part<SweepRepository>()
                .SweepRepositoryAsync(new SweepItem([Repository], start.StartedAt, 0, start.Run), new Invocation());
        var first = await BeginAsync("first");
        fixture.Time.Advance(TimeSpan.FromHours(2));
        var second = await BeginAsync("second");
        Assert.True(second.Alone);

        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => ItemAsync(first));
        Assert.Contains("second", refused.Message, StringComparison.Ordinal);
        Assert.True((await ItemAsync(second)).Done);

        // Once that one has ended, the redriven one goes on, and the next one waits for it.
        await fixture.Functions.Part<SweepClose>().SweepCloseAsync(second, new Invocation());
        Assert.True((await ItemAsync(first)).Done);
        Assert.False((await BeginAsync("third")).Alone);
    }

    /// <summary>
    /// AWS does not say whether a read of a manifest counts as a pull, and EcrGuard needs the manifest to write a tag.
    /// </summary>
    [Fact]
    public async Task Where_EcrGuards_own_reading_counts_as_a_pull_the_shield_goes_when_that_is_long_ago()
    {
        await using var fixture = await FilledAsync(options: new LocalAwsOptions { BatchGetImageRecordsPull = true });
        fixture.Aws.Ecr.PutLifecyclePolicy(Repository, ShieldRule);
        var digest = await fixture.ScannedAsync("1", Low);
        await fixture.Functions.SweepAsync(Runs(fixture, digest));
        fixture.Time.Advance(TimeSpan.FromDays(29));
        await fixture.Functions.SweepAsync(Runs(fixture));
        Assert.Equal(["1", Shield(digest)], fixture.Tags(digest));
        fixture.Time.Advance(TimeSpan.FromDays(2));
        await fixture.Functions.SweepAsync(
            Runs(fixture) with
            {
                Scanned = new Dictionary<string, IReadOnlyList<Digest>> { [Repository] = [Digest.Parse(digest)] },
            }
        );
        Assert.Equal(["1"], fixture.Tags(digest));
    }

    [Fact]
    public async Task A_shield_stays_while_nobody_can_say_what_runs()
    {
        await using var fixture = await FilledAsync();
        fixture.Aws.Ecr.PutLifecyclePolicy(Repository, ShieldRule);
        var digest = await fixture.ScannedAsync("1", Low);
        await fixture.Functions.SweepAsync(Runs(fixture, digest));
        await fixture.Functions.SweepAsync(Runs(fixture) with { ReadAt = fixture.Time.GetUtcNow().AddDays(-2) });
        Assert.Equal(["1", Shield(digest)], fixture.Tags(digest));
    }

    [Fact]
    public async Task Where_EcrGuard_observes_a_sweep_writes_nothing_to_ECR_and_tells_which_images_in_use_the_policy_there_would_take()
    {
        await using var fixture = await FilledAsync("""{ "version": 1 }""");
        var old = await fixture.ScannedAsync("1", Critical);
        fixture.Time.Advance(TimeSpan.FromDays(2));
        await fixture.ScannedAsync("2", Low);
        fixture.Aws.Ecr.PutLifecyclePolicy(
            Repository,
            """{"rules":[{"rulePriority":1,"description":"Keep one image","selection":{"tagStatus":"any","countType":"imageCountMoreThan","countNumber":1},"action":{"type":"expire"}}]}"""
        );
        fixture.Aws.Requests.Take();

        await fixture.Functions.SweepAsync(Runs(fixture, old));

        Assert.DoesNotContain(
            fixture.Aws.Requests,
            r =>
                r.Service == "ecr"
                && (
                    r.Operation.StartsWith("Put", StringComparison.Ordinal)
                    || r.Operation.StartsWith("BatchDelete", StringComparison.Ordinal)
                    || r.Operation.StartsWith("Start", StringComparison.Ordinal)
                )
        );
        var note = fixture.Items("D").Single()["sweep"]!.GetValue<string>();
        Assert.Contains("\"atRiskCount\":1", note, StringComparison.Ordinal);
        Assert.Contains(
            "service/main/web refers to it by its digest. Rule 1 expires it",
            note,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_a_lifecycle_policy_took_is_noted_as_gone_by_it_and_what_somebody_deleted_is_not(bool events)
    {
        await using var fixture = await FilledAsync(options: new LocalAwsOptions { LifecycleSendsEvents = events });
        var expired = await fixture.ScannedAsync("1", Low);
        fixture.Time.Advance(TimeSpan.FromDays(2));
        var deleted = await fixture.ScannedAsync("2", Low);
        var kept = await fixture.ScannedAsync("3", Low);
        fixture.Aws.Ecr.PutLifecyclePolicy(
            Repository,
            """{"rules":[{"rulePriority":1,"description":"Two stay","selection":{"tagStatus":"any","countType":"imageCountMoreThan","countNumber":2},"action":{"type":"expire"}}]}"""
        );
        fixture.Aws.Ecr.RunLifecycle(fixture.Time.GetUtcNow());
        fixture.Aws.Ecr.Delete(Repository, deleted, announce: false);
        fixture.Aws.Events.Take();

        await fixture.Functions.SweepAsync();

        Assert.StartsWith(
            "the lifecycle policy accounts for it: Rule 1 expires it",
            fixture.Item(expired)["goneBecause"]!.GetValue<string>(),
            StringComparison.Ordinal
        );
        Assert.Equal("not known", fixture.Item(deleted)["goneBecause"]!.GetValue<string>());
        Assert.Null(fixture.Item(kept)["goneAt"]);
        Assert.Contains(
            "\"gone\":2,\"expired\":1",
            fixture.Items("D").Single()["sweep"]!.GetValue<string>(),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task A_lifecycle_policy_that_does_not_do_what_is_meant_is_noted_for_the_report()
    {
        await using var fixture = await FilledAsync(Patient);
        fixture.Aws.Ecr.PutLifecyclePolicy(
            Repository,
            """
            {"rules":[{"rulePriority":1,"selection":{"tagStatus":"tagged","tagPatternList":["prod*","dev*"],
            "countType":"imageCountMoreThan","countNumber":5},"action":{"type":"expire"}}]}
            """
        );
        await fixture.ScannedAsync("1", Critical);
        await fixture.Functions.SweepAsync();
        Assert.Contains(
            "\"lint\":[\"Rule 1: ",
            fixture.Items("D").Single()["sweep"]!.GetValue<string>(),
            StringComparison.Ordinal
        );
    }

    private const string Patient =
        """{ "version": 1, "grace": { "CRITICAL": 2 }, "enforcement": [ { "repositories": ["*"], "mode": "mark" } ] }""";

    private static IEnumerable<string> Kinds(GuardFixture fixture) =>
        fixture.Alerts.Select(alert => alert.Attributes["kind"].Value).Where(kind => kind != "backfill");

    [Fact]
    public async Task A_blocked_image_in_use_is_reminded_of_when_half_of_its_grace_has_gone_and_escalated_at_the_end_each_once()
    {
        await using var fixture = await FilledAsync(Patient);
        fixture.Aws.Ecr.PutLifecyclePolicy(Repository, ShieldRule);
        var digest = await fixture.ScannedAsync("1", Critical);
        var idle = await fixture.ScannedAsync("2", High);
        var told = new List<int>();
        for (var day = 0; day < 5; day++)
        {
            await fixture.Functions.SweepAsync(Runs(fixture, digest, idle));
            told.Add(Kinds(fixture).Count());
            fixture.Time.Advance(TimeSpan.FromDays(1));
        }

        Assert.Equal(["blocked", "grace-reminder", "grace-ended"], Kinds(fixture));
        Assert.Equal([1, 2, 3, 3, 3], told);
        Assert.Contains(
            "ECS service arn:aws:ecs:eu-central-1:123456789012:service/main/web",
            fixture.Alerts[^1].Message,
            StringComparison.Ordinal
        );
        Assert.Equal(["1", BlockedTag(digest), Shield(digest)], fixture.Tags(digest));
    }

    [Fact]
    public async Task A_reminder_that_could_not_be_sent_is_told_as_undone_and_sent_by_the_next_sweep()
    {
        await using var fixture = await FilledAsync(Patient);
        var digest = await fixture.ScannedAsync("1", Critical);
        await fixture.Functions.SweepAsync(Runs(fixture, digest));
        fixture.Time.Advance(TimeSpan.FromDays(1));
        fixture.Aws.Faults.Add(Fault.Unavailable with { Operation = "Publish" });

        var (end, _) = await fixture.Functions.SweepAsync(Runs(fixture, digest));
        Assert.Equal((0, 1), (end.Unfinished, end.Undone));
        Assert.Equal(["blocked", "sweep"], Kinds(fixture));
        Assert.Contains(
            "What is due of 1 image (a reminder, an escalation or the end of a break-glass) could not be said",
            fixture.Alerts[^1].Message,
            StringComparison.Ordinal
        );

        await fixture.Functions.SweepAsync(Runs(fixture, digest));
        Assert.Equal(["blocked", "sweep", "grace-reminder"], Kinds(fixture));
    }

    [Fact]
    public async Task A_crowd_of_reminders_is_one_message_and_each_of_them_is_sent_once()
    {
        await using var fixture = await FilledAsync(Patient);
        var digests = new List<string>();
        for (var tag = 1; tag <= 11; tag++)
            digests.Add(await fixture.ScannedAsync($"{tag}", Critical));
        await fixture.Functions.SweepAsync(Runs(fixture, [.. digests]));
        fixture.Time.Advance(TimeSpan.FromDays(1));
        fixture.Aws.Faults.Add(Fault.Unavailable with { Operation = "Publish" });
        await fixture.Functions.SweepAsync(Runs(fixture, [.. digests]));
        Assert.DoesNotContain("batch", Kinds(fixture));
        Assert.Contains("What is due of 11 images", fixture.Alerts[^1].Message, StringComparison.Ordinal);

        for (var again = 0; again < 2; again++)
            await fixture.Functions.SweepAsync(Runs(fixture, [.. digests]));
        var message = Assert.Single(fixture.Alerts, alert => alert.Attributes["kind"].Value == "batch").Message;
        Assert.All(digests, digest => Assert.Contains(digest, message, StringComparison.Ordinal));
        Assert.Contains("11 grace-reminder", message, StringComparison.Ordinal);
        Assert.DoesNotContain("grace-reminder", Kinds(fixture));
    }

    [Fact]
    public async Task A_repository_that_was_deleted_is_swept_once_more_and_then_forgotten()
    {
        await using var fixture = await FilledAsync();
        var digest = await fixture.ScannedAsync("1", Low);
        await fixture.Functions.SweepAsync();
        fixture.Aws.Ecr.DeleteRepository(Repository);

        var (end, runs) = await fixture.Functions.SweepAsync();
        Assert.Equal((1, 0), (runs.Count, end.Unfinished));
        Assert.Equal("its repository was deleted", fixture.Item(digest)["goneBecause"]!.GetValue<string>());
        Assert.Empty((await fixture.Functions.SweepAsync()).Runs);
    }

    [Fact]
    public async Task A_sweep_that_time_interrupts_goes_on_and_does_nothing_twice()
    {
        await using var fixture = await FilledAsync();
        for (var i = 0; i < 30; i++)
            fixture.Aws.Ecr.CompleteScan(Repository, fixture.Push($"{i}"), Low);
        fixture.Aws.Events.Take();
        fixture.Aws.Requests.Take();

        // The time is over after some of the calls have asked for it.
        var asked = 0;
        var (end, runs) = await fixture.Functions.SweepAsync(invocation: () =>
            new Invocation { Remaining = () => TimeSpan.FromSeconds(++asked % 4 == 0 ? 9 : 300) }
        );

        Assert.Equal((30, 0), (end.Images, end.Unfinished));
        Assert.Equal(30, fixture.Aws.Requests.Count(r => r.Operation == "DescribeImageScanFindings"));
        Assert.All(fixture.Items("I#"), item => Assert.Null(item["open"]));
        Assert.True(runs.Count >= 1);
    }

    [Fact]
    public async Task One_repository_that_fails_fails_alone_and_is_told()
    {
        await using var fixture = await FilledAsync();
        fixture.Aws.Ecr.CreateRepository("shop/broken", scanOnPush: true);
        await fixture.ScannedAsync("1", Low);
        fixture.Aws.Faults.Add(
            Fault.Throttle with
            {
                Operation = "DescribeImages",
                Resource = "shop/broken",
                Times = 100,
            }
        );

        var (end, _) = await fixture.Functions.SweepAsync();

        Assert.Equal((2, 1, 1), (end.Repositories, end.Unfinished, end.Images));
        var alert = fixture.Alerts[^1];
        Assert.Equal("sweep", alert.Attributes["kind"].Value);
        Assert.Contains(
            "shop/broken: The sweep did not come to its end there",
            alert.Message,
            StringComparison.Ordinal
        );
        fixture.Aws.Faults.Clear();
    }

    [Fact]
    public async Task A_repository_that_fails_is_left_alone_by_the_next_run_and_the_others_are_not_swept_again()
    {
        await using var fixture = await FilledAsync();
        CreateRepositories(fixture, "shop/a", "shop/b", "shop/c");
        fixture.Aws.Faults.Add(Broken("shop/b"));

        var (sweep, start) = await BeginAsync(fixture);
        var swept = await sweep(new SweepItem(["shop/a", "shop/b", "shop/c"], start.StartedAt, 0, start.Run));

        Assert.Equal((false, 0), (swept.Done, swept.Runs));
        Assert.Equal(["shop/b"], swept.Repositories);
        fixture.Aws.Requests.Take();
        await Assert.ThrowsAnyAsync<Amazon.Runtime.AmazonServiceException>(() =>
            sweep(new SweepItem(swept.Repositories, start.StartedAt, 0, start.Run))
        );
        Assert.All(Listed(fixture), name => Assert.Equal("shop/b", name));
    }

    /// <summary>Of a run that is tried again, the repositories are swept one by one.</summary>
    [Theory]
    [InlineData(0, 0, "shop/a")]
    [InlineData(2, 1, "shop/b shop/a")]
    public async Task A_repository_that_takes_all_the_time_is_the_last_of_the_next_run(int retry, int runs, string left)
    {
        await using var fixture = await FilledAsync();
        CreateRepositories(fixture, "shop/a", "shop/b");
        fixture.Aws.Faults.Add(
            Fault.Delay(TimeSpan.FromMinutes(5)) with
            {
                Operation = "DescribeImages",
                Resource = "shop/a",
            }
        );

        var (sweep, start) = await BeginAsync(fixture, () => TimeSpan.FromSeconds(33));
        var swept = await sweep(new SweepItem(["shop/a", "shop/b"], start.StartedAt, 0, start.Run, retry));

        Assert.Equal((false, runs), (swept.Done, swept.Runs));
        Assert.Equal(left.Split(' '), swept.Repositories);
    }

    /// <summary>Each of the two answers once the other is asked for, so that one after the other would hang.</summary>
    [Fact]
    public async Task Repositories_are_swept_at_the_same_time()
    {
        await using var fixture = await FilledAsync();
        CreateRepositories(fixture, "shop/a", "shop/b");
        var (sweep, start) = await BeginAsync(fixture);
        using var both = new Barrier(2);
        foreach (var name in new[] { "shop/a", "shop/b" })
            fixture.Aws.Faults.Add(
                Fault.Meanwhile(() => both.SignalAndWait(TimeSpan.FromSeconds(10))) with
                {
                    Operation = "DescribeImages",
                    Resource = name,
                }
            );
        Assert.True((await sweep(new SweepItem(["shop/a", "shop/b"], start.StartedAt, 0, start.Run))).Done);
        Assert.Equal(1, both.CurrentPhaseNumber);
    }

    [Fact]
    public async Task A_large_repository_is_swept_alone_after_the_others()
    {
        await using var fixture = await FilledAsync();
        string[] names = ["shop/large", "shop/a", "shop/b"];
        CreateRepositories(fixture, names);
        await fixture.Functions.SweepAsync(Runs(fixture));
        var (records, registry) = (fixture.Functions.Part<RepositoryRecords>(), fixture.Functions.Part<EcrReader>());
        var large = registry.Repository("shop/large");
        var noted = (await records.NotesAsync([large], CancellationToken.None))["shop/large"];
        await records.StoreSweepsAsync(
            [new SweptRepositoryNote(large, noted.Sweep! with { Images = 10_001 }, noted.Past!, [])],
            CancellationToken.None
        );
        fixture.Time.Advance(TimeSpan.FromDays(1));
        var (sweep, start) = await BeginAsync(fixture);
        var others = 0;
        fixture.Aws.Faults.Add(
            Fault.Meanwhile(() => others = Listed(fixture).Count(name => name != "shop/large")) with
            {
                Operation = "DescribeImages",
                Resource = "shop/large",
            }
        );
        fixture.Aws.Requests.Take();
        Assert.True((await sweep(new SweepItem(names, start.StartedAt, 0, start.Run))).Done);
        Assert.Equal(2, others);
    }

    /// <summary>A run that dies leaves no word of which repository it died in.</summary>
    [Theory]
    [InlineData(0, "shop/a shop/b shop/c", 1)]
    [InlineData(1, "shop/c shop/b shop/a", 3)]
    [InlineData(2, "shop/a shop/b shop/c", 3)]
    public async Task A_run_that_is_tried_again_notes_each_repository_at_once_and_every_second_one_begins_at_the_end(
        int retry,
        string order,
        int notes
    )
    {
        await using var fixture = await FilledAsync();
        string[] names = ["shop/a", "shop/b", "shop/c"];
        CreateRepositories(fixture, names);
        var (sweep, start) = await BeginAsync(fixture);
        fixture.Aws.Requests.Take();

        await sweep(new SweepItem(names, start.StartedAt, 0, start.Run, retry));

        var requests = fixture.Aws.Requests.ToList();
        var listed = requests.Where(r => r.Operation == "DescribeImages").Select(r => r.Resource);
        // The first time they are swept at the same time.
        Assert.Equal(order.Split(' '), retry == 0 ? listed.Order() : listed);
        Assert.Equal(notes, requests.Count(r => r.Operation == "BatchWriteItem"));
    }

    private static void CreateRepositories(GuardFixture fixture, params string[] names)
    {
        foreach (var name in names)
            fixture.Aws.Ecr.CreateRepository(name, scanOnPush: true);
    }

    private static Fault Broken(string repository) =>
        Fault.Throttle with
        {
            Operation = "DescribeImages",
            Resource = repository,
            Times = int.MaxValue,
        };

    private static IEnumerable<string> Listed(GuardFixture fixture) =>
        from request in fixture.Aws.Requests
        where request.Operation == "DescribeImages"
        select request.Resource;

    /// <summary>Begins a sweep; the state machine then hands it some repositories.</summary>
    private static async Task<(Func<SweepItem, Task<SweptItem>> Sweep, SweepStart Start)> BeginAsync(
        GuardFixture fixture,
        Func<TimeSpan>? remaining = null
    )
    {
        var start = await fixture.Functions.Part<SweepList>().SweepListAsync(new SweepRequest(null), new Invocation());
        return (
            item =>
                fixture
                    .Functions.Part<SweepRepository>()
                    .SweepRepositoryAsync(
                        item,
                        remaining is null ? new Invocation() : new Invocation { Remaining = remaining }
                    ),
            start
        );
    }

    [Fact]
    public async Task Consumers_that_cannot_be_read_are_told_when_they_change_and_not_every_day()
    {
        await using var fixture = await FilledAsync();
        UsageReading Unread(string what) =>
            Runs(fixture) with
            {
                Unread = [new UnreadConsumer(what, "123456789012", "not authorized")],
            };
        await fixture.Functions.SweepAsync(Unread("ECS services"));
        var told = fixture.Alerts[^1];
        Assert.Contains("ECS services of account 123456789012: not authorized", told.Message, StringComparison.Ordinal);

        await fixture.Functions.SweepAsync(Unread("ECS services"));
        Assert.Same(told, fixture.Alerts[^1]);
        await fixture.Functions.SweepAsync(Runs(fixture));
        Assert.NotSame(told, fixture.Alerts[^1]);
    }

    /// <summary>A service with 0 tasks. Its image was pushed and pulled more than half a year ago.</summary>
    private static (string Digest, string Service) Idles(GuardFixture fixture)
    {
        var digest = fixture.Aws.Ecr.Push(
            Repository,
            Manifest.Image("old"),
            "1",
            fixture.Time.GetUtcNow().AddDays(-300),
            announce: false
        );
        fixture.Aws.Ecr.Pull(Repository, "1", fixture.Time.GetUtcNow().AddDays(-200));
        return (
            digest,
            fixture.Aws.Ecs.CreateService(
                "main",
                "web",
                fixture.Aws.Ecs.RegisterTaskDefinition(
                    "web",
                    $"{fixture.Aws.AccountId}.dkr.ecr.{fixture.Aws.Region}.amazonaws.com/{Repository}:1"
                ),
                desiredCount: 0
            )
        );
    }

    [Fact]
    public async Task A_night_in_which_a_consumer_cannot_be_read_takes_no_shield_off()
    {
        await using var fixture = await FilledAsync(options: new LocalAwsOptions { BatchGetImageRecordsPull = false });
        fixture.Aws.Ecr.PutLifecyclePolicy(Repository, ShieldRule);
        var (digest, _) = Idles(fixture);
        await fixture.Functions.SweepAsync();
        Assert.Contains(Shield(digest), fixture.Tags(digest));

        fixture.Aws.Ecs.DeregisterTaskDefinition("arn:aws:ecs:eu-central-1:123456789012:task-definition/web:1");
        foreach (var throttled in (string[])["ListServices", "ListTaskDefinitionFamilies"])
            fixture.Aws.Faults.Add(
                Fault.Throttle with
                {
                    Service = "ecs",
                    Operation = throttled,
                    Times = int.MaxValue,
                }
            );
        for (var night = 0; night < 4; night++)
        {
            fixture.Time.Advance(TimeSpan.FromHours(24));
            await fixture.Functions.SweepAsync();
            Assert.Contains(Shield(digest), fixture.Tags(digest));
        }
        fixture.Aws.Faults.Clear();
    }

    [Fact]
    public async Task A_shield_goes_when_two_sweeps_in_a_row_have_seen_no_use_and_not_at_the_first()
    {
        await using var fixture = await FilledAsync(
            NoReserve,
            new LocalAwsOptions { BatchGetImageRecordsPull = false }
        );
        fixture.Aws.Ecr.PutLifecyclePolicy(Repository, ShieldRule);
        var (digest, service) = Idles(fixture);
        await fixture.Functions.SweepAsync();
        fixture.Aws.Ecs.DeleteService(service);
        fixture.Aws.Ecs.DeregisterTaskDefinition("arn:aws:ecs:eu-central-1:123456789012:task-definition/web:1");

        fixture.Time.Advance(TimeSpan.FromHours(24));
        await fixture.Functions.SweepAsync();
        Assert.Contains(Shield(digest), fixture.Tags(digest));

        fixture.Time.Advance(TimeSpan.FromHours(24));
        await fixture.Functions.SweepAsync();
        Assert.DoesNotContain(Shield(digest), fixture.Tags(digest));
    }

    [Fact]
    public async Task Until_the_backfill_is_done_nothing_is_swept()
    {
        await using var fixture = await StartAsync();
        fixture.Push("1");
        Assert.Empty((await fixture.Functions.SweepAsync()).Runs);
    }

    [Fact]
    public async Task The_sweep_publishes_its_numbers_as_metrics_in_one_log_line()
    {
        await using var fixture = await FilledAsync();
        var digest = await fixture.ScannedAsync("1", Low);
        await fixture.Functions.SweepAsync(Runs(fixture, digest));
        var line = Assert.Single(
            fixture.Functions.Lines.ToString().Split('\n'),
            line => line.Contains("\"_aws\"", StringComparison.Ordinal)
        );
        Assert.Contains("\"Namespace\":\"EcrGuard\"", line, StringComparison.Ordinal);
        Assert.Contains("\"SweptImages\":1,\"ImagesInUse\":1", line, StringComparison.Ordinal);
    }

    /// <summary>
    /// The policy has left two of a day's ten images. After two more such days, an image that is deployed at noon is
    /// gone at four.
    /// </summary>
    [Fact]
    public async Task A_policy_of_EcrGuards_that_a_day_outruns_is_told_though_the_images_of_that_day_are_gone()
    {
        await using var fixture = await FilledAsync();
        for (var number = 0; number < 10; number++)
            await fixture.ScannedAsync($"{number}", Low);
        fixture.Aws.Ecr.PutLifecyclePolicy(Repository, PlanFixture.KeepsTwo);
        fixture.Aws.Ecr.RunLifecycle(fixture.Time.GetUtcNow());
        await fixture.Functions.DeliverAllAsync();
        fixture.Time.Advance(TimeSpan.FromHours(1));
        await fixture.Functions.SweepAsync();
        Assert.Contains(
            "10 images were pushed, and on such a day rule 2 would take one of that day",
            fixture.Items("D").Single()["sweep"]!.GetValue<string>(),
            StringComparison.Ordinal
        );
    }

    /// <summary>Replaces a team's policy by "one image stays", the hardest policy for images that run.</summary>
    private const string Harsh = """
        { "version": 1, "enforcement": [ { "repositories": ["*"], "mode": "mark" } ], "ceilings": { "percent": 100, "keepPerRepository": 0 },
          "baseline": [ { "repositories": ["*"], "mode": "enforce", "lifecycle": { "existing": "replace", "policy": { "rules": [
            { "rulePriority": 1, "selection": { "tagStatus": "any", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 4 }, "action": { "type": "expire" } } ] } } } ] }
        """;

    [Fact]
    public async Task Whatever_is_in_use_outlives_the_harshest_baseline_and_what_is_not_goes()
    {
        for (var seed = 0; seed < 12; seed++)
        {
            var random = new Random(seed);
            await using var fixture = await FilledAsync(
                Harsh,
                new LocalAwsOptions { BatchGetImageRecordsPull = false }
            );
            var (images, used) = await EstateAsync(fixture, random);

            await fixture.Deploy(Harsh).SweepAsync(Runs(fixture, [.. used]));
            fixture.Aws.Ecr.RunLifecycle(fixture.Time.GetUtcNow().AddDays(4));

            Assert.All(used, digest => Assert.NotNull(fixture.Aws.Ecr.TagsOf(Repository, digest)));
            Assert.Contains(
                "ecrguard-inuse-*",
                fixture.Aws.Ecr.LifecyclePolicyOf(Repository),
                StringComparison.Ordinal
            );
            Assert.True(
                images.Count(digest => fixture.Aws.Ecr.TagsOf(Repository, digest) is not null) < images.Count,
                $"seed {seed}: nothing went"
            );
        }
    }

    private static readonly bool EveryCase = !string.IsNullOrEmpty(
        Environment.GetEnvironmentVariable("ECRGUARD_EVERY_CASE")
    );

    /// <summary>
    /// At each call of the sweep, AWS fails once or the function dies. Then ECR carries out whatever policy is in
    /// place. The ways of failing take turns, so each call fails in one way; that makes some ten thousand requests. If
    /// ECRGUARD_EVERY_CASE is set, as in <c>.ci/full</c>, each call fails in every way.
    /// </summary>
    [Theory]
    [InlineData("throttle", 1)]
    [InlineData("close after", 2)]
    [InlineData("kill", 3)]
    public async Task Wherever_a_sweep_fails_no_image_in_use_is_lost(string way, int first)
    {
        // The first three calls take the lease and read what was last known to run. Without them, nothing more is
        // called.
        var calls = 4;
        for (var k = EveryCase ? 1 : first; k <= calls; k += EveryCase ? 1 : 3)
        {
            await using var fixture = await FilledAsync(
                Harsh,
                new LocalAwsOptions { BatchGetImageRecordsPull = false }
            );
            var (_, used) = await EstateAsync(fixture, new Random(1));
            var uses = Runs(fixture, [.. used]);
            fixture.Aws.Requests.Take();
            fixture.Aws.Faults.Add(
                (
                    way switch
                    {
                        "throttle" => Fault.Throttle,
                        "close after" => Fault.CloseAfter,
                        _ => Fault.Kill(),
                    }
                ) with
                {
                    From = k,
                }
            );
            var functions = fixture.Deploy(Harsh);
            try
            {
                await functions.SweepAsync(uses);
            }
            catch (Exception)
            {
                // The state machine would try again, tomorrow at the latest. ECR does not wait for that.
            }
            calls = Math.Max(calls, Math.Min(fixture.Aws.Requests.Count, 120));
            fixture.Aws.Faults.Clear();

            fixture.Aws.Ecr.RunLifecycle(fixture.Time.GetUtcNow());
            Assert.All(used, digest => Assert.NotNull(fixture.Aws.Ecr.TagsOf(Repository, digest)));

            // A sweep that ended silently counts as over after an hour.
            fixture.Time.Advance(TimeSpan.FromHours(2));
            await fixture.Deploy(Harsh).SweepAsync(Runs(fixture, [.. used]));
            Assert.All(used, digest => Assert.Contains(Shield(digest), fixture.Tags(digest)));
            fixture.Aws.Ecr.RunLifecycle(fixture.Time.GetUtcNow());
            Assert.All(used, digest => Assert.NotNull(fixture.Aws.Ecr.TagsOf(Repository, digest)));
        }
        Assert.True(calls > 20, $"Only {calls} calls were made.");
    }

    /// <summary>Tagged and untagged images and indexes of different ages, some of which run.</summary>
    private static async Task<(IReadOnlyList<string> Images, IReadOnlyList<string> Used)> EstateAsync(
        GuardFixture fixture,
        Random random
    )
    {
        var images = new List<string>();
        for (var i = 0; i < 6; i++)
        {
            var manifest = Manifest.Image($"image {i} of {random.Next()}");
            var digest = fixture.Aws.Ecr.Push(Repository, manifest, random.Next(3) == 0 ? null : $"{i}.0");
            fixture.Aws.Ecr.CompleteScan(Repository, digest, random.Next(3) == 0 ? [Critical] : [Low]);
            images.Add(digest);
            if (random.Next(3) == 0)
                images.Add(fixture.Aws.Ecr.Push(Repository, Manifest.Index([("linux/amd64", manifest)]), $"{i}.0-all"));
            fixture.Time.Advance(TimeSpan.FromHours(random.Next(1, 48)));
        }
        await fixture.Functions.DeliverAllAsync();
        return (images, [.. images.Where(_ => random.Next(3) == 0).DefaultIfEmpty(images[0])]);
    }
}
