using Amazon.ECR;
using EcrGuard.Core.Images;
using EcrGuard.Core.Plans;
using EcrGuard.Lambda.Flow.Baselines;
using EcrGuard.Lambda.Functions;
using EcrGuard.LocalAws;
using static EcrGuard.Aws.Tests.Flow.PlanFixture;
using Manifest = EcrGuard.LocalAws.Ecr.Manifest;

namespace EcrGuard.Aws.Tests.Flow;

public sealed class PutPolicyTests
{
    private static string Shield(string digest) => $"ecrguard-inuse-{digest["sha256:".Length..]}";

    [Fact]
    public async Task A_policy_is_put_after_ECRs_preview_and_after_images_in_use_are_shielded()
    {
        await using var fixture = await StartAsync();
        var digests = fixture.PushOld(6);
        fixture.Run($"{Repository}:1.0");
        var plan = await fixture.PlanAsync(exact: false);
        var answer = await fixture.ApplyAsync(plan);
        Assert.Equal(
            "The policy was put. 1 image in use was shielded first. "
                + "By ECR's preview it deletes 3 images and archives 0.",
            Assert.Single(answer.Done).Why
        );
        Assert.Equal(KeepsTwo, fixture.Aws.Ecr.LifecyclePolicyOf(Repository));
        Assert.Contains(Shield(digests[0]), fixture.Guard.Tags(digests[0]));
        var calls = fixture.Aws.Requests.Select(request => request.Operation).ToList();
        Assert.True(
            calls.IndexOf("PutImage") < calls.IndexOf("StartLifecyclePolicyPreview")
                && calls.LastIndexOf("GetLifecyclePolicyPreview") < calls.IndexOf("PutLifecyclePolicy")
        );
        Assert.Equal(
            "done",
            Assert.Single(
                fixture.Guard.Items("A#"),
                write => write["change"]!.GetValue<string>() == "PutLifecyclePolicy"
            )["outcome"]!.GetValue<string>()
        );

        Assert.Equal("The policy is in place.", Assert.Single((await fixture.ApplyAsync(plan)).Done).Why);
        Assert.Single(fixture.Aws.Requests, request => request.Operation == "PutLifecyclePolicy");
    }

    [Fact]
    public async Task A_blocked_image_in_use_that_nobody_had_judged_is_told_before_it_is_shielded()
    {
        await using var fixture = await StartAsync();
        var digests = fixture.PushOld(6);
        fixture.Aws.Ecr.CompleteScan(Repository, digests[0], GuardFixture.Critical);
        fixture.Aws.Events.Take();
        fixture.Run($"{Repository}:1.0");
        var plan = await fixture.PlanAsync(exact: false);
        Assert.Single((await fixture.ApplyAsync(plan)).Done);
        Assert.Equal(
            ["1.0", GuardFixture.BlockedTag(digests[0]), Shield(digests[0])],
            fixture.Guard.Tags(digests[0]).Order()
        );
        Assert.Equal("blocked", Assert.Single(fixture.Guard.Alerts).Attributes["kind"].Value);
        await fixture.ApplyAsync(plan);
        Assert.Single(fixture.Guard.Alerts);
    }

    [Fact]
    public async Task A_policy_that_somebody_else_has_put_since_is_not_replaced()
    {
        await using var fixture = await StartAsync();
        fixture.Aws.Ecr.CreateRepository("shop/team", lifecyclePolicy: ArchivesUnused);
        fixture.PushOld(6, "shop/team");
        var plan = await fixture.PlanAsync(exact: false, repositories: "shop/team");
        var put = Assert.IsType<PutPolicy>(Assert.Single(plan.Repositories[0].Items));
        var answer = await fixture.ApplyAsync(
            plan with
            {
                Repositories = [plan.Repositories[0] with { Items = [put with { Replaces = null }] }],
            }
        );
        Assert.StartsWith(
            "Somebody has put a lifecycle policy",
            Assert.Single(answer.Superseded).Why,
            StringComparison.Ordinal
        );
        Assert.Equal(ArchivesUnused, fixture.Aws.Ecr.LifecyclePolicyOf("shop/team"));
    }

    [Fact]
    public async Task An_image_that_is_deployed_while_ECR_previews_stops_the_policy()
    {
        await using var fixture = await StartAsync();
        fixture.PushOld(6);
        var plan = await fixture.PlanAsync(exact: false);
        fixture.Aws.Faults.Add(
            Fault.Meanwhile(() =>
            {
                fixture.Run($"{Repository}:1.0");
                fixture.Guard.Time.Advance(TimeSpan.FromMinutes(6));
            }) with
            {
                Operation = "GetLifecyclePolicyPreview",
            }
        );
        var answer = await fixture.ApplyAsync(plan);
        Assert.Contains("in use", Assert.Single(answer.Refused).Why, StringComparison.Ordinal);
        Assert.Null(fixture.Aws.Ecr.LifecyclePolicyOf(Repository));
    }

    [Fact]
    public async Task A_preview_beyond_a_ceiling_stops_the_policy()
    {
        await using var fixture = await StartAsync();
        fixture.PushOld(6);
        var plan = await fixture.PlanAsync(exact: false);
        foreach (var number in Enumerable.Range(10, 12))
            fixture.Aws.Ecr.Push(
                Repository,
                Manifest.Image($"late {number}"),
                $"late-{number}",
                fixture.Old(number),
                announce: false
            );
        Assert.StartsWith(
            "By ECR's preview: The plan takes 16 of the 18 images of shop/web (88.9 %); the policy allows 80 %",
            Assert.Single((await fixture.ApplyAsync(plan)).Refused).Why,
            StringComparison.Ordinal
        );
        Assert.Null(fixture.Aws.Ecr.LifecyclePolicyOf(Repository));
    }

    /// <summary>
    /// What ECR says about one repository counts for the next one, in this call and in the call that continues it. The
    /// plan expected four images in each.
    /// </summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Previews_that_each_pass_do_not_pass_a_ceiling_together(bool inTwoCalls)
    {
        await using var fixture = await StartAsync();
        string[] repositories = ["shop/a", "shop/b", "shop/c"];
        foreach (var repository in repositories)
        {
            fixture.Aws.Ecr.CreateRepository(repository);
            fixture.PushOld(6, repository);
        }
        var plan = await fixture.PlanAsync(exact: false, repositories: repositories);
        foreach (var repository in repositories)
        foreach (var number in Enumerable.Range(10, 4))
            fixture.Aws.Ecr.Push(
                repository,
                Manifest.Image($"late {number}"),
                $"late-{number}",
                fixture.Old(number),
                announce: false
            );

        if (inTwoCalls)
        {
            // The third has its turn once the second is put.
            fixture.Aws.Faults.Add(
                Fault.Meanwhile(() =>
                    SpinWait.SpinUntil(
                        () => fixture.Aws.Ecr.LifecyclePolicyOf("shop/b") is not null,
                        TimeSpan.FromSeconds(10)
                    )
                ) with
                {
                    Operation = "GetLifecyclePolicyPreview",
                    Resource = "shop/c",
                }
            );
            Assert.True(
                (
                    await fixture.ApplyAsync(
                        plan,
                        invocation: new Invocation
                        {
                            Remaining = () =>
                                fixture.Aws.Ecr.LifecyclePolicyOf("shop/b") is null
                                    ? TimeSpan.FromMinutes(14)
                                    : TimeSpan.FromMinutes(2),
                        }
                    )
                ).More
            );
        }
        var answer = await fixture.ApplyAsync(plan);

        Assert.Equal(
            "By ECR's preview: The plan takes 24 images; the policy allows 20 (ceilings.images).",
            Assert.Single(answer.Refused).Why
        );
        Assert.Equal(
            ["shop/a", "shop/b"],
            repositories.Where(repository => fixture.Aws.Ecr.LifecyclePolicyOf(repository) is not null)
        );
    }

    [Theory]
    [InlineData("FAILED")]
    [InlineData("EXPIRED")]
    public async Task Without_a_preview_that_is_complete_no_policy_is_put(string end)
    {
        await using var fixture = await StartAsync(options: new LocalAwsOptions { LifecyclePreviewEnd = end });
        fixture.PushOld(6);
        Assert.Equal(
            $"The policy is not put without ECR's preview. ECR's preview ended as {end}.",
            Assert.Single((await fixture.ApplyAsync(await fixture.PlanAsync(exact: false))).Refused).Why
        );
        Assert.Null(fixture.Aws.Ecr.LifecyclePolicyOf(Repository));
    }

    [Fact]
    public async Task A_preview_that_does_not_end_is_given_up()
    {
        await using var fixture = await StartAsync(options: new LocalAwsOptions { LifecyclePreviewPolls = 1000 });
        fixture.PushOld(6);
        Assert.Contains(
            "was not ready after 20 looks",
            Assert.Single((await fixture.ApplyAsync(await fixture.PlanAsync(exact: false))).Refused).Why,
            StringComparison.Ordinal
        );
        Assert.Null(fixture.Aws.Ecr.LifecyclePolicyOf(Repository));
    }

    [Fact]
    public async Task Where_ECR_and_the_evaluator_differ_ECR_decides_and_the_difference_is_told()
    {
        await using var fixture = await StartAsync(
            Keeps.Replace("\"keepPerRepository\": 2", "\"keepPerRepository\": 1", StringComparison.Ordinal)
        );
        var digests = fixture.PushOld(6);
        var plan = await fixture.PlanAsync(exact: false);
        // The preview shows the images at its start. When it is read, the newest image is gone and one more would stay.
        fixture.Aws.Faults.Add(
            Fault.Meanwhile(() => fixture.Aws.Ecr.Delete(Repository, digests[5])) with
            {
                Operation = "GetLifecyclePolicyPreview",
            }
        );
        var answer = await fixture.ApplyAsync(plan);
        Assert.Contains(
            $"EcrGuard's evaluator differs about 1 image: {digests[3]["sha256:".Length..][..12]} (ECR: "
                + "delete, EcrGuard: keep).",
            Assert.Single(answer.Done).Why,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task A_policy_that_a_plan_put_can_be_taken_back_and_then_no_plan_puts_it()
    {
        await using var fixture = await StartAsync();
        fixture.PushOld(6);
        var plan = await fixture.PlanAsync(exact: false);
        Assert.Single((await fixture.ApplyAsync(plan)).Done);

        var restored = await fixture
            .Functions.Part<RestoreRepository>()
            .RestoreRepositoryAsync(new RestoreRequest(Repository, "the release"), new Invocation());
        Assert.Equal(["Took away the lifecycle policy."], restored.Done);
        Assert.Null(fixture.Aws.Ecr.LifecyclePolicyOf(Repository));

        Assert.Contains(
            "It was put back as it was before EcrGuard",
            Assert.Single((await fixture.ApplyAsync(plan)).Superseded).Why,
            StringComparison.Ordinal
        );
        Assert.Null(fixture.Aws.Ecr.LifecyclePolicyOf(Repository));
    }

    [Fact]
    public async Task A_policy_that_the_baseline_does_not_want_is_not_put_whoever_wrote_the_plan()
    {
        await using var fixture = await StartAsync();
        fixture.PushOld(6);
        var plan = await fixture.PlanAsync(
            exact: false,
            KeepsTwo.Replace("\"countNumber\":2}", "\"countNumber\":3}", StringComparison.Ordinal)
        );
        Assert.Equal(
            "The baseline wants another lifecycle policy than the plan puts.",
            Assert.Single((await fixture.ApplyAsync(plan)).Superseded).Why
        );
        Assert.Null(fixture.Aws.Ecr.LifecyclePolicyOf(Repository));
    }

    /// <summary>Untagged images go after two weeks. The tests here push no such images.</summary>
    private static readonly string Untagged = Keeps.Replace(
        """{"tagStatus":"any","countType":"imageCountMoreThan","countNumber":2}""",
        """{"tagStatus":"untagged","countType":"sinceImagePushed","countUnit":"days","countNumber":14}""",
        StringComparison.Ordinal
    );

    private static readonly string KeepsTagged = KeepsTwo.Replace(
        """{"tagStatus":"any","countType":"imageCountMoreThan","countNumber":2}""",
        """{"tagStatus":"untagged","countType":"sinceImagePushed","countUnit":"days","countNumber":14}""",
        StringComparison.Ordinal
    );

    /// <summary>A plan that puts a policy on this many repositories, with three images each.</summary>
    private static async Task<(PlanFixture Fixture, Plan Plan, string[] Repositories)> PlannedAsync(int count)
    {
        var fixture = await StartAsync(Untagged);
        string[] repositories = [.. Enumerable.Range(1, count).Select(number => $"team/{number:00}")];
        foreach (var repository in repositories)
        {
            fixture.Aws.Ecr.CreateRepository(repository);
            fixture.PushOld(3, repository);
        }
        fixture.Aws.Events.Take();
        var plan = await fixture.PlanAsync(exact: false, KeepsTagged, repositories);
        fixture.Aws.Requests.Take();
        return (fixture, plan, repositories);
    }

    /// <summary>
    /// Each fact is read once. The ledger calls are: what it knows of the repository, and what is deployed at the end;
    /// the intent and the outcome, each together with what EcrGuard has written to the repository; and the latter once
    /// more just before the write. When the lease is checked depends on the clock.
    /// </summary>
    [Fact]
    public async Task A_policy_costs_twelve_calls_beside_what_a_plan_costs_once()
    {
        var (few, many) = (await CallsAsync(2), await CallsAsync(10));
        Assert.Equal(
            new Dictionary<string, int>
            {
                ["DescribeImages"] = 8,
                ["GetItem"] = 8,
                ["GetLifecyclePolicy"] = 8,
                ["GetLifecyclePolicyPreview"] = 16,
                ["ListTagsForResource"] = 8,
                ["PutLifecyclePolicy"] = 8,
                ["Query"] = 16,
                ["StartLifecyclePolicyPreview"] = 8,
                ["TransactWriteItems"] = 16,
            },
            many.Keys.Select(operation => (operation, More: many[operation] - few.GetValueOrDefault(operation)))
                .Where(operation => operation.More != 0)
                .ToDictionary(operation => operation.operation, operation => operation.More)
        );

        static async Task<Dictionary<string, int>> CallsAsync(int repositories)
        {
            var (fixture, plan, _) = await PlannedAsync(repositories);
            await using var disposing = fixture;
            Assert.Equal(repositories, (await fixture.ApplyAsync(plan)).Done.Count);
            return fixture
                .Aws.Requests.Where(request => request.Operation != "PutItem")
                .CountBy(request => request.Operation)
                .ToDictionary();
        }
    }

    [Fact]
    public async Task The_previews_of_the_next_repositories_are_asked_for_before_one_is_waited_for()
    {
        var (fixture, plan, repositories) = await PlannedAsync(5);
        await using var disposing = fixture;
        var answer = await fixture.ApplyAsync(plan);
        Assert.Equal(repositories, answer.Done.Select(done => done.Repository));
        var calls = fixture.Aws.Requests.Select(request => request.Operation).ToList();
        Assert.Equal(
            5,
            calls
                .Take(calls.IndexOf("PutLifecyclePolicy"))
                .Count(operation => operation == "StartLifecyclePolicyPreview")
        );
    }

    [Fact]
    public async Task The_policies_of_several_repositories_are_written_at_the_same_time()
    {
        var (fixture, plan, repositories) = await PlannedAsync(3);
        await using var disposing = fixture;
        var together = false;
        fixture.Aws.Faults.Add(
            Fault.Meanwhile(() =>
                together = SpinWait.SpinUntil(
                    () => fixture.Aws.Ecr.LifecyclePolicyOf(repositories[1]) is not null,
                    TimeSpan.FromSeconds(10)
                )
            ) with
            {
                Operation = "PutLifecyclePolicy",
                Resource = repositories[0],
            }
        );
        var answer = await fixture.ApplyAsync(plan);
        Assert.True(together);
        Assert.Equal(repositories, answer.Done.Select(done => done.Repository));
    }

    [Fact]
    public async Task Nothing_is_put_where_the_team_opts_out_while_ECR_makes_the_preview()
    {
        var (fixture, plan, repositories) = await PlannedAsync(1);
        await using var disposing = fixture;
        fixture.Aws.Faults.Add(
            Fault.Meanwhile(() => OptOutAsync().GetAwaiter().GetResult()) with
            {
                Operation = "GetLifecyclePolicyPreview",
            }
        );
        var answer = await fixture.ApplyAsync(plan);
        Assert.Contains(
            "The team has opted out (Terraform owns it)",
            Assert.Single(answer.Refused).Why,
            StringComparison.Ordinal
        );
        Assert.Null(fixture.Aws.Ecr.LifecyclePolicyOf(repositories[0]));

        Task OptOutAsync() =>
            fixture
                .Guard.Functions.Part<IAmazonECR>()
                .TagResourceAsync(
                    new Amazon.ECR.Model.TagResourceRequest
                    {
                        ResourceArn = new RepositoryId(fixture.Aws.AccountId, fixture.Aws.Region, repositories[0]).Arn,
                        Tags = [new Amazon.ECR.Model.Tag { Key = "ecrguard:opt-out", Value = "Terraform owns it" }],
                    }
                );
    }

    [Fact]
    public async Task Nothing_is_put_where_the_repository_is_put_back_between_the_intent_and_the_write()
    {
        var (fixture, plan, repositories) = await PlannedAsync(1);
        await using var disposing = fixture;
        RestoreAnswer? restored = null;
        fixture.Aws.Faults.Add(
            Fault.Meanwhile(() =>
                restored = fixture
                    .Guard.Deploy(Untagged)
                    .Part<RestoreRepository>()
                    .RestoreRepositoryAsync(new RestoreRequest(repositories[0], "the release"), new Invocation())
                    .GetAwaiter()
                    .GetResult()
            ) with
            {
                // The answer to the intent's transaction is there. The two reads before the write are in progress.
                Service = "dynamodb",
                Operation = "GetItem",
                From = 2,
            }
        );
        var answer = await fixture.ApplyAsync(plan);
        Assert.NotNull(restored);
        Assert.StartsWith(
            "Nothing was written to the lifecycle policy",
            Assert.Single(answer.Refused).Why,
            StringComparison.Ordinal
        );
        Assert.Null(fixture.Aws.Ecr.LifecyclePolicyOf(repositories[0]));
    }

    /// <summary>
    /// A team puts its own policy while ECR makes the preview. That policy stays, and nothing is reported as failed.
    /// </summary>
    [Fact]
    public async Task A_policy_that_a_team_puts_while_ECR_previews_stays()
    {
        var (fixture, plan, repositories) = await PlannedAsync(2);
        await using var disposing = fixture;
        fixture.Aws.Faults.Add(
            Fault.Meanwhile(() => fixture.Aws.Ecr.PutLifecyclePolicy(repositories[1], ArchivesUnused)) with
            {
                Operation = "GetLifecyclePolicyPreview",
                Resource = repositories[1],
            }
        );
        var answer = await fixture.ApplyAsync(plan);
        Assert.Equal(repositories[0], Assert.Single(answer.Done).Repository);
        Assert.StartsWith(
            "Somebody has put a lifecycle policy",
            Assert.Single(answer.Superseded).Why,
            StringComparison.Ordinal
        );
        Assert.Equal(ArchivesUnused, fixture.Aws.Ecr.LifecyclePolicyOf(repositories[1]));
    }

    public static TheoryData<string> Ways => ["throttled", "internal error", "closed after the effect", "killed"];

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Whichever_call_fails_the_policies_are_put_in_the_end_and_can_be_taken_back(string way)
    {
        const int AtOnce = 6;
        for (var first = 1; ; first += AtOnce)
        {
            var struck = await Task.WhenAll(
                Enumerable.Range(first, AtOnce).Select(call => OneCallAsync(Ways()[way] with { From = call }))
            );
            if (struck.Contains(false))
            {
                // With fewer calls, the faults would strike less than the test says.
                Assert.InRange(first, 30, 80);
                return;
            }
        }

        static Dictionary<string, Fault> Ways() =>
            new()
            {
                ["throttled"] = Fault.Throttle,
                ["internal error"] = Fault.InternalError,
                ["closed after the effect"] = Fault.CloseAfter with { Times = int.MaxValue },
                ["killed"] = Fault.Kill(),
            };
    }

    /// <returns>Whether the apply has as many calls as the fault waits for.</returns>
    private static async Task<bool> OneCallAsync(Fault fault)
    {
        var (fixture, plan, repositories) = await PlannedAsync(2);
        await using var disposing = fixture;
        fixture.Aws.Faults.Add(fault);
        // This fault is only there to be counted: a fault without end is never outstanding.
        fixture.Aws.Faults.Add(Fault.Delay(TimeSpan.Zero) with { From = fault.From });
        try
        {
            await fixture.ApplyAsync(plan, fixture.Guard.Deploy(Untagged));
        }
        catch (Exception) when (fixture.Aws.Faults.Outstanding == 0)
        {
            // The call as a whole failed, so the caller calls again.
        }
        var struck = fixture.Aws.Faults.Outstanding == 0;
        fixture.Aws.Faults.Clear();
        // The ledger has what was put, however the call ended.
        foreach (var repository in repositories.Where(each => fixture.Aws.Ecr.LifecyclePolicyOf(each) is not null))
            Assert.Contains(
                fixture.Guard.Items("L"),
                item => item["pk"]!.GetValue<string>().EndsWith(repository, StringComparison.Ordinal)
            );

        fixture.Guard.Time.Advance(TimeSpan.FromMinutes(16));
        var answer = await fixture.ApplyAsync(plan, fixture.Guard.Deploy(Untagged));
        Assert.Equal(repositories, answer.Done.Select(done => done.Repository));
        Assert.Empty(answer.Superseded.Concat(answer.Refused));
        foreach (var repository in repositories)
        {
            Assert.Equal(KeepsTagged, fixture.Aws.Ecr.LifecyclePolicyOf(repository));
            var restored = await fixture
                .Functions.Part<RestoreRepository>()
                .RestoreRepositoryAsync(new RestoreRequest(repository, "the release"), new Invocation());
            Assert.Equal(["Took away the lifecycle policy."], restored.Done);
            Assert.Null(fixture.Aws.Ecr.LifecyclePolicyOf(repository));
        }
        return struck;
    }
}
