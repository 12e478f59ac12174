using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Images;
using EcrGuard.Core.Plans;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Use;
using EcrGuard.Lambda.Flow.Quarantines;
using EcrGuard.Lambda.Functions;
using EcrGuard.LocalAws;
using EcrGuard.LocalAws.Ecr;
using static EcrGuard.Aws.Tests.Flow.GuardFixture;
using Manifest = EcrGuard.LocalAws.Ecr.Manifest;

namespace EcrGuard.Aws.Tests.Flow;

/// <summary>
/// Blocked images are put out of reach and come back, whatever happens in between. Enhanced scanning sees what runs in
/// clusters, so EcrGuard knows what is not in use.
/// </summary>
public sealed class QuarantineTests
{
    private const string Archives =
        """{ "version": 1, "enforcement": [ { "repositories": ["*"], "mode": "quarantine" } ] }""";
    private const string Waiver =
        """ "waivers": [ { "id": "W1", "vulnerability": "CVE-2026-1001", "reason": "Not reachable.", "owner": "shop", "approvedBy": "security", "expires": "2026-12-31" } ], """;
    private const string Registry = "123456789012.dkr.ecr.eu-central-1.amazonaws.com";

    private static readonly DeploymentOptions Ceiling = new(EnforcementMode.Quarantine);
    private static readonly LocalAwsOptions Aws = new() { BatchGetImageRecordsPull = false };

    private static string Waived(string policy) =>
        policy.Replace("\"enforcement\"", Waiver + "\"enforcement\"", StringComparison.Ordinal);

    private static async Task<(GuardFixture Fixture, Deployed Functions)> StartedAsync(
        string policy,
        LocalAwsOptions? options = null
    )
    {
        var fixture = await StartAsync(policy, options ?? Aws);
        fixture.Aws.Ecr.Scanning = ScanningConfiguration.Enhanced;
        var functions = fixture.Deploy(policy, Ceiling);
        await functions.BackfillAsync();
        return (fixture, functions);
    }

    /// <summary>
    /// Pushes an image that was first pushed days ago. For a newer image, nobody knows yet what runs it.
    /// </summary>
    private static string Push(GuardFixture fixture, string tag, string repository = Repository) =>
        fixture.Aws.Ecr.Push(
            repository,
            Manifest.Image($"{repository} {tag}"),
            tag,
            fixture.Time.GetUtcNow() - InUse.RecordingDelay - TimeSpan.FromHours(1)
        );

    /// <summary>
    /// Pushes an image, ends its scan with these findings and delivers all events, also EcrGuard's own.
    /// </summary>
    private static async Task<string> MarkedAsync(
        GuardFixture fixture,
        Deployed functions,
        string tag,
        params LocalFinding[] findings
    )
    {
        var digest = Push(fixture, tag);
        fixture.Aws.Inspector.CompleteScan(Repository, digest, findings);
        await functions.DeliverAllAsync();
        return digest;
    }

    /// <summary>The same, and a sweep after it.</summary>
    private static async Task<string> ScannedAsync(
        GuardFixture fixture,
        Deployed functions,
        string tag,
        params LocalFinding[] findings
    )
    {
        var digest = await MarkedAsync(fixture, functions, tag, findings);
        await SweptAsync(functions);
        return digest;
    }

    private static async Task SweptAsync(Deployed functions)
    {
        await functions.SweepAsync();
        await functions.DeliverAllAsync();
    }

    private static ImageId Id(string digest) =>
        new(new RepositoryId("123456789012", "eu-central-1", Repository), Digest.Parse(digest));

    private static string Storage(GuardFixture fixture, string digest) => fixture.Aws.Ecr.StatusOf(Repository, digest)!;

    private static IEnumerable<string> Kinds(GuardFixture fixture) =>
        fixture.Alerts.Select(alert => alert.Attributes["kind"].Value).Where(kind => kind != "backfill");

    private static IEnumerable<string> Writes(GuardFixture fixture) =>
        fixture
            .Items("A#")
            .Select(write => $"{write["change"]!.GetValue<string>()} {write["outcome"]!.GetValue<string>()}");

    /// <summary>In a large account it takes minutes to read what runs. An event does not have that time.</summary>
    [Fact]
    public async Task An_event_marks_and_takes_nothing_out_of_reach_and_reads_no_consumer()
    {
        var (fixture, functions) = await StartedAsync(Archives);
        await using var _ = fixture;
        await functions.SweepAsync();
        fixture.Aws.Requests.Take();
        var digest = await MarkedAsync(fixture, functions, "1", Critical);
        Assert.Equal(("ACTIVE", "BLOCKED"), (Storage(fixture, digest), fixture.Status(digest)));
        Assert.Equal(["1", BlockedTag(digest)], fixture.Tags(digest).Order());
        Assert.DoesNotContain(
            fixture.Aws.Requests.Take(),
            request =>
                request.Service is "ecs" or "lambda" or "apprunner" or "events" or "scheduler"
                || request.Operation == "UpdateImageStorageClass"
        );
        Assert.DoesNotContain(fixture.Item(digest), left => left.Key is "open" or "openWrites");

        await SweptAsync(functions);
        Assert.Equal("ARCHIVED", Storage(fixture, digest));
    }

    /// <summary>
    /// The image was deployed while it was approved. AWS tells nobody about EKS, other accounts and other regions.
    /// </summary>
    [Fact]
    public async Task The_end_of_a_forced_approval_takes_nothing_and_the_sweep_two_days_later_does()
    {
        var (fixture, functions) = await StartedAsync(Archives);
        await using var _ = fixture;
        var digest = await MarkedAsync(fixture, functions, "1", Critical);
        var cancellation = TestContext.Current.CancellationToken;
        var entry = (await functions.Part<ImageRecords>().FindAsync(Id(digest), cancellation))!;
        var now = fixture.Time.GetUtcNow();
        const string Ann = "arn:aws:iam::123456789012:user/ann";
        var forced = new Core.Verdicts.ForcedApproval("1", Ann, "The fix is late.", now, now.AddHours(1));
        await functions.Part<ForcedApprovalRecords>().StoreAsync(entry, forced, null, cancellation);
        await functions.Part<UseStore>().KeepAsync(new UsageReading { ReadAt = now }, cancellation);

        fixture.Time.Advance(TimeSpan.FromHours(1.5));
        fixture.Aws.Requests.Take();
        await functions.Part<EndBreakGlass>().EndBreakGlassAsync(new ScheduledRequest(null), new Invocation());
        Assert.Equal(("BLOCKED", "ACTIVE"), (fixture.Status(digest), Storage(fixture, digest)));
        Assert.DoesNotContain(
            fixture.Aws.Requests.Take(),
            request => request.Service is "ecs" or "lambda" or "apprunner" or "events" or "scheduler"
        );
        fixture.Time.Advance(TimeSpan.FromHours(47));
        await SweptAsync(functions);
        Assert.Equal("ACTIVE", Storage(fixture, digest));
        fixture.Time.Advance(TimeSpan.FromHours(1));
        await SweptAsync(functions);
        Assert.Equal("ARCHIVED", Storage(fixture, digest));
    }

    [Fact]
    public async Task A_blocked_image_is_marked_and_then_archived_and_stays_blocked()
    {
        var (fixture, functions) = await StartedAsync(Archives);
        await using var _ = fixture;
        var digest = await ScannedAsync(fixture, functions, "1", Critical);

        Assert.Equal("ARCHIVED", Storage(fixture, digest));
        Assert.Equal(["1", BlockedTag(digest)], fixture.Tags(digest));
        Assert.Equal("BLOCKED", fixture.Status(digest));
        Assert.Equal(["Add done", "Archive done"], Writes(fixture));
        Assert.Equal(["blocked"], Kinds(fixture));
        Assert.DoesNotContain(fixture.Item(digest), left => left.Key is "open" or "openWrites");
        var (_, body) = await functions.AskAsync($"{Repository}@{digest}");
        Assert.Equal("BLOCKED", body.GetProperty("status").GetString());
    }

    /// <summary>
    /// The image may run on EKS from the first minute on, and for up to a day and a half nothing shows it.
    /// </summary>
    [Fact]
    public async Task A_blocked_image_that_is_new_is_marked_and_archived_only_when_its_use_would_be_known()
    {
        var (fixture, functions) = await StartedAsync(Archives);
        await using var _ = fixture;
        var digest = fixture.Push("1");
        fixture.Aws.Inspector.CompleteScan(Repository, digest, Critical);
        await functions.DeliverAllAsync();
        Assert.Equal(("ACTIVE", "BLOCKED"), (Storage(fixture, digest), fixture.Status(digest)));
        Assert.Equal(["1", BlockedTag(digest)], fixture.Tags(digest));

        fixture.Time.Advance(InUse.RecordingDelay - TimeSpan.FromMinutes(1));
        await functions.SweepAsync();
        Assert.Equal("ACTIVE", Storage(fixture, digest));
        fixture.Time.Advance(TimeSpan.FromHours(24));
        await functions.SweepAsync();
        Assert.Equal("ARCHIVED", Storage(fixture, digest));
    }

    [Fact]
    public async Task Under_the_ceiling_mark_nothing_is_taken_out_of_reach()
    {
        var (fixture, _) = await StartedAsync(Archives);
        await using var __ = fixture;
        var digest = await ScannedAsync(fixture, fixture.Functions, "1", Critical);
        Assert.Equal(("ACTIVE", "BLOCKED"), (Storage(fixture, digest), fixture.Status(digest)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_waiver_brings_an_archived_image_back_and_the_next_scan_takes_its_blocking_tag_away(bool slowly)
    {
        var (fixture, functions) = await StartedAsync(
            Archives,
            Aws with
            {
                RestoreTakes = slowly ? TimeSpan.FromMinutes(20) : TimeSpan.Zero,
            }
        );
        await using var _ = fixture;
        var digest = await ScannedAsync(fixture, functions, "1", Critical);
        fixture.Time.Advance(TimeSpan.FromDays(1));

        var waiving = fixture.Deploy(Waived(Archives), Ceiling);
        await SweptAsync(waiving);
        if (slowly)
        {
            Assert.Equal("ACTIVATING", Storage(fixture, digest));
            await SweptAsync(waiving);
            Assert.Equal(["1", BlockedTag(digest)], fixture.Tags(digest));
            fixture.Time.Advance(TimeSpan.FromMinutes(21));
        }
        Assert.Equal("ACTIVE", Storage(fixture, digest));
        Assert.NotEqual("BLOCKED", fixture.Status(digest));

        fixture.Aws.Inspector.CompleteScan(Repository, digest, Critical);
        await waiving.DeliverAllAsync();
        Assert.Equal("APPROVED", fixture.Status(digest));
        Assert.Equal(["1"], fixture.Tags(digest));
        Assert.Single(Writes(fixture), "Restore done");
    }

    /// <summary>
    /// If the ledger did not know what EcrGuard took out of reach, nobody would ever bring it back.
    /// </summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Whatever_status_ECR_answers_an_image_that_was_archived_is_brought_back(bool tellsNewStatus)
    {
        var (fixture, functions) = await StartedAsync(
            Archives,
            Aws with
            {
                StorageClassAnswersNewStatus = tellsNewStatus,
            }
        );
        await using var _ = fixture;
        var digest = await ScannedAsync(fixture, functions, "1", Critical);
        Assert.Equal("ARCHIVED", Storage(fixture, digest));
        fixture.Time.Advance(TimeSpan.FromDays(1));

        await SweptAsync(fixture.Deploy(Waived(Archives), Ceiling));

        Assert.Equal("ACTIVE", Storage(fixture, digest));
        Assert.Equal(["Add done", "Archive done", "Restore done"], Writes(fixture));
    }

    [Fact]
    public async Task What_comes_back_and_still_has_what_blocks_goes_again_when_its_waiver_has_ended()
    {
        var (fixture, functions) = await StartedAsync(Archives);
        await using var _ = fixture;
        var digest = await ScannedAsync(fixture, functions, "1", Critical);
        await SweptAsync(fixture.Deploy(Waived(Archives), Ceiling));
        Assert.Equal("ACTIVE", Storage(fixture, digest));

        fixture.Time.Advance(InUse.RecordingDelay + TimeSpan.FromMinutes(1));
        fixture.Aws.Inspector.CompleteScan(Repository, digest, Critical);
        await functions.DeliverAllAsync();
        await SweptAsync(functions);
        Assert.Equal(("ARCHIVED", "BLOCKED"), (Storage(fixture, digest), fixture.Status(digest)));
        Assert.DoesNotContain("quarantine-restored", Kinds(fixture));
    }

    [Fact]
    public async Task A_restore_that_EcrGuard_did_not_make_is_told_once_each_time_and_archived_again_when_nothing_is_known_to_run_it()
    {
        var (fixture, functions) = await StartedAsync(Archives);
        await using var _ = fixture;
        var digest = await ScannedAsync(fixture, functions, "1", Critical);
        for (var times = 1; times <= 2; times++)
        {
            fixture.Time.Advance(TimeSpan.FromHours(1));
            fixture.Aws.Ecr.Restore(Repository, digest);
            var events = fixture.Aws.Events.Take();
            await functions.ChangedAsync([.. events.Where(e => !Deployed.IsPush(e))]);
            await functions.ChangedAsync([.. events.Where(e => !Deployed.IsPush(e))]);
            await functions.DeliverAllAsync();
            Assert.Equal("ACTIVE", Storage(fixture, digest));
            Assert.Contains(
                "pushed or restored recently. What runs it may not be visible yet",
                fixture.Alerts[^1].Message,
                StringComparison.Ordinal
            );
            fixture.Time.Advance(InUse.RecordingDelay + TimeSpan.FromMinutes(1));
            await SweptAsync(functions);
            Assert.Equal("ARCHIVED", Storage(fixture, digest));
            Assert.Equal(["blocked", .. Enumerable.Repeat("quarantine-restored", times)], Kinds(fixture));
        }
        // One of them says that the backfill is done.
        Assert.Equal(4, fixture.Alerts.Select(AlertId).Distinct().Count());
    }

    [Fact]
    public async Task A_push_that_restores_a_blocked_image_is_such_a_restore()
    {
        var (fixture, functions) = await StartedAsync(Archives);
        await using var _ = fixture;
        var digest = await ScannedAsync(fixture, functions, "1", Critical);
        fixture.Time.Advance(TimeSpan.FromHours(1));
        fixture.Aws.Ecr.Push(Repository, Manifest.Image($"{Repository} 1"), "1");
        await functions.DeliverAllAsync();
        Assert.Equal("ACTIVE", Storage(fixture, digest));
        Assert.Equal(["blocked", "quarantine-restored"], Kinds(fixture));
        fixture.Time.Advance(InUse.RecordingDelay + TimeSpan.FromMinutes(1));
        await SweptAsync(functions);
        Assert.Equal("ARCHIVED", Storage(fixture, digest));
    }

    [Fact]
    public async Task An_image_in_use_stays_and_so_does_one_that_is_deployed_between_decision_and_archive()
    {
        var (fixture, functions) = await StartedAsync(Archives);
        await using var _ = fixture;
        fixture.Aws.Ecs.CreateService(
            "shop",
            "web",
            fixture.Aws.Ecs.RegisterTaskDefinition("web", $"{Registry}/{Repository}:1")
        );
        var used = await ScannedAsync(fixture, functions, "1", Critical);
        Assert.Equal(("ACTIVE", "BLOCKED"), (Storage(fixture, used), fixture.Status(used)));

        var deployed = await MarkedAsync(fixture, functions, "2", Critical);
        // The transaction that writes the intent.
        fixture.Aws.Faults.Add(
            Fault.Meanwhile(() =>
            {
                fixture.Aws.Ecs.RunTask(
                    "shop",
                    fixture.Aws.Ecs.RegisterTaskDefinition("job", $"{Registry}/{Repository}:2"),
                    deployed
                );
                Task.Run(() => fixture.Deploy(Archives, Ceiling).DeliverAllAsync()).GetAwaiter().GetResult();
            }) with
            {
                Service = "dynamodb",
                Operation = "TransactWriteItems",
            }
        );
        await SweptAsync(functions);
        Assert.Equal(
            (0, "ACTIVE", "BLOCKED"),
            (fixture.Aws.Faults.Outstanding, Storage(fixture, deployed), fixture.Status(deployed))
        );
        Assert.Contains(Writes(fixture), write => write.StartsWith("Archive superseded", StringComparison.Ordinal));
        Assert.DoesNotContain("Archive done", Writes(fixture));
    }

    [Fact]
    public async Task What_ran_when_the_consumers_were_last_read_stays_though_nothing_refers_to_it_now()
    {
        var (fixture, functions) = await StartedAsync(Archives);
        await using var _ = fixture;
        var digest = Push(fixture, "1");
        await functions
            .Part<UseStore>()
            .KeepAsync(
                new UsageReading
                {
                    ReadAt = fixture.Time.GetUtcNow(),
                    Uses =
                    [
                        new ConsumerReference(
                            new RepositoryId(fixture.Aws.AccountId, fixture.Aws.Region, Repository),
                            "1",
                            null,
                            new Consumer(
                                ConsumerKind.EcsService,
                                "arn:aws:ecs:eu-central-1:123456789012:service/shop/web"
                            )
                        ),
                    ],
                },
                TestContext.Current.CancellationToken
            );
        fixture.Aws.Inspector.CompleteScan(Repository, digest, Critical);
        await functions.DeliverAllAsync();
        await SweptAsync(functions);
        Assert.Equal(("ACTIVE", "BLOCKED"), (Storage(fixture, digest), fixture.Status(digest)));
    }

    [Fact]
    public async Task What_is_pulled_between_intent_and_archive_stays_and_the_ledger_says_so()
    {
        var (fixture, functions) = await StartedAsync(Archives);
        await using var _ = fixture;
        var digest = await MarkedAsync(fixture, functions, "1", Critical);
        // The transaction that writes the intent.
        fixture.Aws.Faults.Add(
            Fault.Meanwhile(() => fixture.Aws.Ecr.Pull(Repository, "1")) with
            {
                Service = "dynamodb",
                Operation = "TransactWriteItems",
            }
        );
        await SweptAsync(functions);
        Assert.Equal((0, "ACTIVE"), (fixture.Aws.Faults.Outstanding, Storage(fixture, digest)));
        Assert.Contains(Writes(fixture), write => write.StartsWith("Archive superseded", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Where_reading_a_manifest_counts_as_a_pull_the_image_counts_as_used(bool recordsPull)
    {
        var (fixture, functions) = await StartedAsync(Archives, Aws with { BatchGetImageRecordsPull = recordsPull });
        await using var _ = fixture;
        var digest = await ScannedAsync(fixture, functions, "1", Critical);
        Assert.Equal(recordsPull ? "ACTIVE" : "ARCHIVED", Storage(fixture, digest));
    }

    [Theory]
    [InlineData(true, ArchivedImagePull.ImageNotFound)]
    [InlineData(true, ArchivedImagePull.ImageInaccessible)]
    [InlineData(false, ArchivedImagePull.ImageNotFound)]
    [InlineData(false, ArchivedImagePull.ImageInaccessible)]
    public async Task What_is_not_documented_of_archived_images_changes_nothing(bool foundById, ArchivedImagePull pull)
    {
        var (fixture, functions) = await StartedAsync(
            Archives,
            Aws with
            {
                ArchivedImagesAreFoundById = foundById,
                ArchivedImagePull = pull,
                EmptyPages = !foundById,
            }
        );
        await using var _ = fixture;
        var digest = await ScannedAsync(fixture, functions, "1", Critical);
        Assert.Equal("ARCHIVED", Storage(fixture, digest));
        await SweptAsync(fixture.Deploy(Waived(Archives), Ceiling));
        Assert.Equal("ACTIVE", Storage(fixture, digest));
    }

    [Fact]
    public async Task Where_nothing_sees_what_runs_in_clusters_a_new_image_stays()
    {
        await using var fixture = await StartAsync(Archives, Aws);
        var functions = fixture.Deploy(Archives, Ceiling);
        await functions.BackfillAsync();
        var digest = fixture.Push("1");
        fixture.Aws.Ecr.CompleteScan(Repository, digest, Critical);
        await functions.DeliverAllAsync();
        await SweptAsync(functions);
        Assert.Equal(("ACTIVE", "BLOCKED"), (Storage(fixture, digest), fixture.Status(digest)));
    }

    [Fact]
    public async Task A_refusal_of_ECRs_is_recorded_and_the_event_is_done()
    {
        var (fixture, functions) = await StartedAsync(Archives);
        await using var _ = fixture;
        fixture.Aws.Faults.Add(
            Fault.Refuse(400, "ImageStorageClassUpdateNotSupportedException", "Not this one.") with
            {
                Operation = "UpdateImageStorageClass",
                Times = int.MaxValue,
            }
        );
        var digest = await ScannedAsync(fixture, functions, "1", Critical);
        fixture.Aws.Faults.Clear();
        Assert.Equal("ACTIVE", Storage(fixture, digest));
        Assert.Contains(
            "Archive ECR did not archive it: " + "ImageStorageClassUpdateNotSupportedException: Not this one.",
            Writes(fixture)
        );
        await SweptAsync(functions);
        Assert.Equal("ARCHIVED", Storage(fixture, digest));
    }

    [Fact]
    public async Task An_index_is_archived_as_one_and_its_child_with_a_tag_stays_as_long_as_another_index_needs_it()
    {
        var (fixture, functions) = await StartedAsync(Archives);
        await using var _ = fixture;
        var child = Manifest.Image("arm");
        var index = fixture.Aws.Ecr.Push(
            Repository,
            Manifest.Index([("linux/arm64", child)]),
            "1",
            fixture.Time.GetUtcNow().AddDays(-3)
        );
        fixture.Aws.Inspector.CompleteScan(Repository, child.Digest, Critical);
        await functions.DeliverAllAsync();
        await SweptAsync(functions);
        Assert.Equal(("BLOCKED", "BLOCKED"), (fixture.Status(index), fixture.Status(child.Digest)));
        Assert.Equal(("ARCHIVED", "ACTIVE"), (Storage(fixture, index), Storage(fixture, child.Digest)));
    }

    [Theory]
    [InlineData(RemovalKind.Delete)]
    [InlineData(RemovalKind.Archive)]
    public async Task No_plan_takes_an_image_that_is_out_of_reach_and_no_sweep_calls_it_given_up(RemovalKind kind)
    {
        var (fixture, functions) = await StartedAsync(Archives);
        await using var _ = fixture;
        foreach (var other in Enumerable.Range(2, 6))
            fixture.Aws.Ecr.Push(Repository, Manifest.Image($"{other}"), $"{other}", announce: false);
        var digest = await ScannedAsync(fixture, functions, "1", Critical);
        Assert.Equal("ARCHIVED", Storage(fixture, digest));

        var image = (await functions.Part<Facts.EcrReader>().ImageAsync(Id(digest), CancellationToken.None))!;
        var planned = new PlannedRepository
        {
            Name = Repository,
            Images = 7,
            InUse = 0,
            Keeps = 6,
            Items =
            [
                new Removal(
                    kind,
                    [new PlannedImage(image.Id.Digest, image.Tags, null, image.PushedAt, "Nobody names it.")]
                ),
            ],
        };
        var plan = new Plan
        {
            CreatedAt = fixture.Time.GetUtcNow(),
            Account = fixture.Aws.AccountId,
            Region = fixture.Aws.Region,
            PolicyVersion = functions.Part<PolicyDocument>().Version,
            Repositories = [planned],
        };
        using var json = System.Text.Json.JsonDocument.Parse(PlanWriter.Write(plan, indented: false));
        var answer = await functions
            .Part<ApplyPlan>()
            .ApplyPlanAsync(json.RootElement.Clone(), new Invocation { Remaining = () => TimeSpan.FromMinutes(14) });
        Assert.Empty(answer.Done.Concat(answer.Refused));
        Assert.StartsWith(
            "EcrGuard has taken it out of reach",
            Assert.Single(answer.Superseded).Why,
            StringComparison.Ordinal
        );
        Assert.Equal("ARCHIVED", Storage(fixture, digest));

        await functions.BackfillAsync();
        await functions.SweepAsync();
        Assert.Contains(
            "\"abandonedCount\":0",
            fixture.Items("D").Single(item => item["repository"]!.GetValue<string>() == Repository)[
                "sweep"
            ]!.GetValue<string>(),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Who_releases_an_image_brings_it_back_as_long_as_its_block_stands()
    {
        var (fixture, functions) = await StartedAsync(Archives);
        await using var _ = fixture;
        var digest = await ScannedAsync(fixture, functions, "1", Critical);
        var answer = await functions
            .Part<ReleaseImage>()
            .ReleaseImageAsync(new ReleaseRequest($"{Repository}@{digest}", "The proxy filters it."), new Invocation());
        Assert.Equal((true, null), (answer.Released, answer.Left));
        await functions.DeliverAllAsync();
        await SweptAsync(functions);

        Assert.Equal(("ACTIVE", "BLOCKED"), (Storage(fixture, digest), fixture.Status(digest)));
        Assert.Equal(["1", BlockedTag(digest)], fixture.Tags(digest).Order());
        var released = Assert.Single(fixture.Alerts, alert => alert.Attributes["kind"].Value == "quarantine-released");
        Assert.Contains("The proxy filters it.", released.Message, StringComparison.Ordinal);
        Assert.Contains("the invocation ", released.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("shop/web:2", "a reason", "It is not blocked but APPROVED")]
    [InlineData("shop/web:3", "a reason", "There is no image shop/web:3")]
    [InlineData("shop/web:1", " ", "The order gives no reason")]
    [InlineData("shop/web:", "a reason", "")]
    [InlineData("111122223333.dkr.ecr.eu-central-1.amazonaws.com/shop/web:1", "a reason", "not on 111122223333")]
    public async Task An_order_that_cannot_be_carried_out_says_why(string image, string reason, string why)
    {
        var (fixture, functions) = await StartedAsync(Archives);
        await using var _ = fixture;
        await ScannedAsync(fixture, functions, "1", Critical);
        await ScannedAsync(fixture, functions, "2");
        var answer = await functions
            .Part<ReleaseImage>()
            .ReleaseImageAsync(new ReleaseRequest(image, reason), new Invocation());
        Assert.False(answer.Released);
        Assert.Contains(why, answer.Left, StringComparison.Ordinal);
        Assert.DoesNotContain("quarantine-released", Kinds(fixture));
        var under = await fixture
            .Deploy(Archives, new(EnforcementMode.Observe))
            .Part<ReleaseImage>()
            .ReleaseImageAsync(new ReleaseRequest("shop/web:1", "a reason"), new Invocation());
        Assert.Contains("Enforcement is 'observe'", under.Left, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_lowered_ceiling_puts_back_what_is_held_and_the_kill_switch_says_that_it_stays()
    {
        var (fixture, functions) = await StartedAsync(Archives);
        await using var _ = fixture;
        await functions.BackfillAsync();
        var digest = await ScannedAsync(fixture, functions, "1", Critical);
        var held = (Storage(fixture, digest), string.Join(' ', fixture.Tags(digest)));

        var observing = fixture.Deploy(Archives, new(EnforcementMode.Observe));
        await observing.SweepAsync();
        Assert.Equal(held, (Storage(fixture, digest), string.Join(' ', fixture.Tags(digest))));
        Assert.Contains("Enforcement is 'observe' here", fixture.Alerts[^1].Message, StringComparison.Ordinal);

        var marking = fixture.Deploy(Archives, new(EnforcementMode.Mark));
        await marking.SweepAsync();
        Assert.Equal(("ACTIVE", "BLOCKED"), (Storage(fixture, digest), fixture.Status(digest)));
        Assert.Equal(["1", BlockedTag(digest)], fixture.Tags(digest).Order());
        Assert.DoesNotContain("quarantine-restored", Kinds(fixture));
        Assert.True(
            (
                await marking
                    .Part<ReleaseImage>()
                    .ReleaseImageAsync(new ReleaseRequest($"{Repository}@{digest}", "a reason"), new Invocation())
            ).Released
        );
    }

    [Fact]
    public async Task The_sweep_takes_what_events_have_missed_and_leaves_what_it_knows_to_be_used()
    {
        var (fixture, functions) = await StartedAsync(Archives);
        await using var _ = fixture;
        var digest = await MarkedAsync(fixture, fixture.Functions, "1", Critical);
        var other = await MarkedAsync(fixture, fixture.Functions, "2", Critical);
        var contents = await functions
            .Part<Facts.EcrReader>()
            .ContentsAsync(Id(digest).Repository, null, CancellationToken.None);
        var use = new UsageReading
        {
            ReadAt = fixture.Time.GetUtcNow(),
            Uses =
            [
                new ConsumerReference(
                    Id(other).Repository,
                    null,
                    Digest.Parse(other),
                    new Consumer(ConsumerKind.EcsTask, "t")
                ),
            ],
        };
        Assert.Empty(
            await functions
                .Part<QuarantineSweep>()
                .RunAsync(contents!, use, [Digest.Parse(digest), Digest.Parse(other)], CancellationToken.None)
        );
        Assert.Equal(("ARCHIVED", "ACTIVE"), (Storage(fixture, digest), Storage(fixture, other)));
    }

    private static readonly Fault Dies = Fault.Kill(),
        Unheard = Fault.CloseAfter;

    /// <summary>
    /// The function dies before each of its calls once, or does not get its answer. Then the sweep, or the event that
    /// brings an image back, comes again.
    /// </summary>
    [Theory]
    [InlineData(false, true)]
    [InlineData(true, true)]
    [InlineData(false, false)]
    public async Task Whichever_call_fails_the_next_try_brings_everything_to_where_it_would_have_been(
        bool comingBack,
        bool dies
    )
    {
        for (var call = 1; ; call += 6)
        {
            var struck = await Task.WhenAll(
                Enumerable
                    .Range(call, 6)
                    .Select(at => FailsAsync(comingBack, (dies ? Dies : Unheard) with { From = at }))
            );
            if (struck.Contains(false))
            {
                Assert.InRange(call + struck.Count(s => s) - 1, 12, 90);
                return;
            }
        }
    }

    /// <returns>Whether the run has as many calls.</returns>
    private static async Task<bool> FailsAsync(bool comingBack, Fault fault)
    {
        var (fixture, functions) = await StartedAsync(Archives);
        await using var _ = fixture;
        var digest = comingBack
            ? await ScannedAsync(fixture, functions, "1", Critical)
            : await MarkedAsync(fixture, functions, "1", Critical);
        if (comingBack)
            fixture.Aws.Inspector.Report(Repository, digest, Low);
        var sent = fixture.Aws.Events.Take();
        var start = await functions.Part<SweepList>().SweepListAsync(new SweepRequest(null), new Invocation());
        var item = new SweepItem([Repository], start.StartedAt, 0, start.Run);
        fixture.Time.Advance(TimeSpan.FromMinutes(3));
        fixture.Aws.Faults.Add(fault);
        try
        {
            await RunAsync();
        }
        catch (Exception died)
            when (died is Amazon.Runtime.AmazonServiceException or HttpRequestException or IOException)
        {
            // The state machine tries again.
        }
        var struck = fixture.Aws.Faults.Outstanding == 0;
        fixture.Aws.Faults.Clear();

        fixture.Time.Advance(TimeSpan.FromMinutes(31));
        var again = await RunAsync();
        if (await again.DeliverAsync() is { Count: > 0 })
            Assert.Fail($"Call {fault.From}: {again.Lines}");

        Assert.Equal((fault.From, comingBack ? "ACTIVE" : "ARCHIVED"), (fault.From, Storage(fixture, digest)));
        Assert.Equal(["1", BlockedTag(digest)], fixture.Tags(digest).Order());
        Assert.DoesNotContain("quarantine-restored", Kinds(fixture));
        Assert.All(fixture.Items("A#"), write => Assert.NotEqual("intended", write["outcome"]!.GetValue<string>()));
        return struck;

        async Task<Deployed> RunAsync()
        {
            var instance = fixture.Deploy(comingBack ? Waived(Archives) : Archives, Ceiling);
            if (comingBack)
                await instance.ChangedAsync(sent);
            else
                await instance.Part<SweepRepository>().SweepRepositoryAsync(item, new Invocation());
            return instance;
        }
    }
}
