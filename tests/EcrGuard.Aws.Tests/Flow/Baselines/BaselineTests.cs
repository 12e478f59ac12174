using Amazon.ECR;
using Amazon.ECR.Model;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Use;
using EcrGuard.Lambda.Flow.Baselines;
using EcrGuard.Lambda.Functions;
using EcrGuard.LocalAws;
using EcrGuard.LocalAws.Ecr;
using static EcrGuard.Aws.Tests.Flow.GuardFixture;
using Tag = Amazon.ECR.Model.Tag;

namespace EcrGuard.Aws.Tests.Flow;

/// <summary>Enforced baselines: what is put, what stays, who wins, and the way back.</summary>
public sealed class BaselineTests
{
    private const string Team =
        """{ "rules": [ {"rulePriority": 10, "description": "the newest five", "selection": {"tagStatus":"tagged","tagPatternList":["v*"],"countType":"imageCountMoreThan","countNumber":5}, "action": {"type":"expire"}} ] }""";

    private const string Baselined =
        """{"rulePriority":1,"selection":{"tagStatus":"untagged","countType":"sinceImagePushed","countUnit":"days","countNumber":14},"action":{"type":"expire"}}""";

    private const string Shield =
        """{"rulePriority":1,"description":"Images in use stay","selection":{"tagStatus":"tagged","tagPatternList":["ecrguard-inuse-*"],"countType":"imageCountMoreThan","countNumber":100000},"action":{"type":"expire"}}""";

    private static string Enforces(string existing = "keep", string rules = Baselined, string more = "") =>
        $$"""
            { "version": 1, "enforcement": [ { "repositories": ["*"], "mode": "mark" } ],
              "baseline": [ { "repositories": ["*"], "mode": "enforce", "lifecycle": { "existing": "{{existing}}", "policy": { "rules": [ {{rules}} ] } } {{more}} } ] }
            """;

    [Theory]
    [InlineData("keep", null, 2)]
    [InlineData("keep", Team, null)]
    [InlineData("merge", null, 2)]
    [InlineData("merge", Team, 3)]
    [InlineData("replace", Team, 2)]
    public async Task A_lifecycle_policy_is_kept_merged_or_replaced_and_put_back_byte_for_byte(
        string existing,
        string? before,
        int? rules
    )
    {
        await using var fixture = await StartAsync(Enforces(existing));
        fixture.Aws.Ecr.CreateRepository("held", scanOnPush: true, lifecyclePolicy: before);
        fixture.Push("v1", "held");
        await fixture.Functions.DeliverAllAsync();

        var put = fixture.Aws.Ecr.LifecyclePolicyOf("held");
        if (rules is { } count)
        {
            Assert.StartsWith($$"""{"rules":[{{Shield}},{"rulePriority":2""", put, StringComparison.Ordinal);
            Assert.Equal(count, put!.Split("rulePriority").Length - 1);
        }
        else
        {
            Assert.Equal(before, put);
        }

        // A second run writes nothing.
        fixture.Aws.Requests.Take();
        await HoldAsync(fixture);
        Assert.Empty(Writes(fixture));

        var restored = await RestoreAsync(fixture);
        Assert.Equal(before, fixture.Aws.Ecr.LifecyclePolicyOf("held"));
        Assert.Equal(
            rules is null
                ? []
                : [before is null ? "Took away the lifecycle policy." : "Put back the lifecycle policy."],
            restored.Done
        );
        // It stays so until the baseline asks for something else.
        await HoldAsync(fixture);
        Assert.Equal(before, fixture.Aws.Ecr.LifecyclePolicyOf("held"));
        if (existing != "keep" || before is null)
        {
            Assert.Contains(
                Drift(fixture),
                sentence =>
                    sentence.Contains(
                        "put back as it was before EcrGuard on 2026-11-18 (the release)",
                        StringComparison.Ordinal
                    )
            );
            await HoldAsync(
                fixture,
                fixture.Deploy(Enforces(existing, Baselined.Replace("14", "7", StringComparison.Ordinal)))
            );
            Assert.NotEqual(before, fixture.Aws.Ecr.LifecyclePolicyOf("held"));
        }
    }

    [Fact]
    public async Task Every_part_of_a_baseline_is_held_and_every_part_put_back()
    {
        await using var fixture = await StartAsync(
            Enforces(
                more: """, "scanOnPush": true, "tagMutability": "IMMUTABLE", "resourceTags": { "cost-centre": "4711", "team": "*" }"""
            )
        );
        fixture.Aws.Ecr.CreateRepository("held");
        await HoldAsync(fixture);

        Assert.Equal(
            ["PutImageScanningConfiguration", "PutImageTagMutability", "PutLifecyclePolicy", "TagResource"],
            Writes(fixture)
        );
        Assert.Equal(
            ("IMMUTABLE_WITH_EXCLUSION", "ecrguard-*"),
            (fixture.Aws.Ecr.MutabilityOf("held").Mode, Assert.Single(fixture.Aws.Ecr.MutabilityOf("held").Exclusions))
        );
        Assert.Equal(new Dictionary<string, string> { ["cost-centre"] = "4711" }, await ResourceTagsAsync(fixture));
        Assert.Equal(["It lacks the resource tag 'team'; its value is the team's to say."], Drift(fixture));
        Assert.All(fixture.Items("A#"), write => Assert.Equal("done", write["outcome"]!.GetValue<string>()));

        Assert.Equal(4, (await RestoreAsync(fixture)).Done.Count);
        Assert.Equal("MUTABLE", fixture.Aws.Ecr.MutabilityOf("held").Mode);
        Assert.Null(fixture.Aws.Ecr.LifecyclePolicyOf("held"));
        Assert.Empty(await ResourceTagsAsync(fixture));
        Assert.Equal(
            ["As far as the ledger knows, EcrGuard has written nothing to this repository, or put it back already."],
            (await RestoreAsync(fixture)).Left
        );
    }

    /// <summary>
    /// In this order: what the ledger knows, the images, the owner, the policy; the preview, which is not ready at the
    /// first look; whether the team has opted out, the intent, the two reads just before the write, the write, its
    /// outcome; and what was deployed meanwhile.
    /// </summary>
    [Fact]
    public async Task The_first_sweep_of_a_repository_without_a_policy_costs_fourteen_calls_previews_included()
    {
        // One repository in each of five runs, then two.
        var (few, many) = (await CallsAsync(5), await CallsAsync(10));
        Assert.Equal(
            new Dictionary<string, int>
            {
                ["Query"] = 2,
                ["DescribeImages"] = 1,
                ["ListTagsForResource"] = 2,
                ["GetLifecyclePolicy"] = 2,
                ["StartLifecyclePolicyPreview"] = 1,
                ["GetLifecyclePolicyPreview"] = 2,
                ["TransactWriteItems"] = 2,
                ["GetItem"] = 1,
                ["PutLifecyclePolicy"] = 1,
            },
            many.Where(call => call.Value > few.GetValueOrDefault(call.Key))
                .ToDictionary(call => call.Key, call => (call.Value - few.GetValueOrDefault(call.Key)) / 5)
        );

        static async Task<Dictionary<string, int>> CallsAsync(int count)
        {
            await using var fixture = await StartAsync(Enforces());
            string[] repositories = [.. Enumerable.Range(1, count).Select(number => $"team/{number:00}")];
            foreach (var repository in repositories)
            {
                fixture.Aws.Ecr.CreateRepository(repository, scanOnPush: true);
                foreach (var tag in new[] { "1.0", "1.1" })
                    fixture.Aws.Ecr.Push(
                        repository,
                        Manifest.Image($"{repository} {tag}"),
                        tag,
                        fixture.Time.GetUtcNow().AddDays(-400),
                        announce: false
                    );
            }
            await fixture.Functions.BackfillAsync();
            fixture.Aws.Requests.Take();
            await fixture.Functions.SweepAsync(new UsageReading { ReadAt = fixture.Time.GetUtcNow(), Uses = [] });
            Assert.DoesNotContain(repositories, repository => fixture.Aws.Ecr.LifecyclePolicyOf(repository) is null);
            return fixture.Aws.Requests.CountBy(request => request.Operation).ToDictionary();
        }
    }

    [Fact]
    public async Task A_push_to_a_repository_that_is_as_it_should_be_costs_four_calls_whatever_the_baseline_names()
    {
        await using var fixture = await StartAsync(
            Enforces(
                "merge",
                more: """, "scanOnPush": true, "tagMutability": "IMMUTABLE", "resourceTags": { "cost-centre": "4711" }"""
            )
        );
        fixture.Aws.Ecr.CreateRepository("held", lifecyclePolicy: Team);
        await HoldAsync(fixture);
        fixture.Aws.Requests.Take();
        fixture.Push("v1", "held");
        await fixture.Functions.DeliverAllAsync();
        Assert.Equal(
            ["BatchGetRepositoryScanningConfiguration", "DescribeImages", "DescribeRepositories", "GetLifecyclePolicy"],
            fixture.Aws.Requests.Where(r => r.Service == "ecr").Select(r => r.Operation).Order(StringComparer.Ordinal)
        );
        Assert.Empty(Drift(fixture));
    }

    [Fact]
    public async Task What_somebody_has_changed_since_is_not_put_back()
    {
        await using var fixture = await StartAsync(Enforces(more: """, "resourceTags": { "cost-centre": "4711" }"""));
        fixture.Aws.Ecr.CreateRepository("held");
        await HoldAsync(fixture);
        await PutPolicyAsync(fixture, Team);
        await TagAsync(fixture, "cost-centre", "4712");

        Assert.Equal(
            [
                "Somebody has changed the lifecycle policy since EcrGuard wrote it: it stays as it is.",
                "Somebody has changed the resource tag 'cost-centre' since EcrGuard wrote it: it stays as it is.",
            ],
            (await RestoreAsync(fixture)).Left
        );
        Assert.Equal(Team, fixture.Aws.Ecr.LifecyclePolicyOf("held"));
        Assert.Equal("4712", (await ResourceTagsAsync(fixture))["cost-centre"]);
    }

    [Fact]
    public async Task Another_owner_who_puts_a_policy_back_twice_has_it()
    {
        await using var fixture = await StartAsync(Enforces("replace"));
        fixture.Aws.Ecr.CreateRepository("held", lifecyclePolicy: Team);
        foreach (var held in new[] { true, true, false, false })
        {
            await PutPolicyAsync(fixture, Team);
            await HoldAsync(fixture);
            Assert.Equal(held, fixture.Aws.Ecr.LifecyclePolicyOf("held") != Team);
        }
        Assert.Contains(
            Drift(fixture),
            sentence => sentence.Contains("Terraform or another owner", StringComparison.Ordinal)
        );
        // A different baseline is a new reason.
        await HoldAsync(fixture, fixture.Deploy(Enforces("merge")));
        Assert.NotEqual(Team, fixture.Aws.Ecr.LifecyclePolicyOf("held"));
    }

    [Theory]
    [InlineData("merge")]
    [InlineData("replace")]
    public async Task What_is_put_back_is_the_policy_that_the_team_put_last(string existing)
    {
        await using var fixture = await StartAsync(Enforces(existing));
        fixture.Aws.Ecr.CreateRepository("held", lifecyclePolicy: Team);
        await HoldAsync(fixture);
        var newer = Team.Replace("newest five", "newest six", StringComparison.Ordinal);
        await PutPolicyAsync(fixture, newer);
        await HoldAsync(fixture);
        Assert.NotEqual(newer, fixture.Aws.Ecr.LifecyclePolicyOf("held"));
        Assert.Equal(["Put back the lifecycle policy."], (await RestoreAsync(fixture)).Done);
        Assert.Equal(newer, fixture.Aws.Ecr.LifecyclePolicyOf("held"));
    }

    [Fact]
    public async Task A_policy_that_would_take_an_image_in_use_is_not_put_back_and_the_command_that_does_it_is_named()
    {
        await using var fixture = await StartAsync(
            Enforces("replace"),
            new LocalAwsOptions { BatchGetImageRecordsPull = false }
        );
        const string KeepsOne =
            """{"rules":[{"rulePriority":1,"selection":{"tagStatus":"any","countType":"imageCountMoreThan","countNumber":1},"action":{"type":"expire"}}]}""";
        fixture.Aws.Ecr.CreateRepository("held", lifecyclePolicy: KeepsOne);
        await HoldAsync(fixture);
        var old = fixture.Time.GetUtcNow().AddDays(-400);
        var used = fixture.Aws.Ecr.Push("held", Manifest.Image("used"), "v1", old, announce: false);
        fixture.Aws.Ecr.Push("held", Manifest.Image("newest"), "v2", old.AddDays(1), announce: false);
        fixture.Aws.Ecs.CreateService(
            "main",
            "held",
            fixture.Aws.Ecs.RegisterTaskDefinition("held", $"{Held(fixture).Uri}:v1")
        );

        var left = await RestoreAsync(fixture);
        Assert.Empty(left.Done);
        var sentence = Assert.Single(left.Left);
        Assert.StartsWith(
            "The lifecycle policy stays as it is. By the one that was there before, within 26 hours ECR may "
                + $"take 1 image that is in use or may be: {used["sha256:".Length..][..12]}. The ECS service",
            sentence,
            StringComparison.Ordinal
        );
        Assert.EndsWith(
            $"aws ecr put-lifecycle-policy --region {fixture.Aws.Region} --repository-name held "
                + $"--lifecycle-policy-text '{KeepsOne}'",
            sentence,
            StringComparison.Ordinal
        );
        Assert.NotEqual(KeepsOne, fixture.Aws.Ecr.LifecyclePolicyOf("held"));
    }

    [Fact]
    public async Task A_team_that_has_opted_out_is_left_alone_and_reported()
    {
        await using var fixture = await StartAsync(Enforces("replace"));
        fixture.Aws.Ecr.CreateRepository(
            "held",
            scanOnPush: true,
            lifecyclePolicy: Team,
            tags: new Dictionary<string, string> { ["ecrguard:opt-out"] = "Terraform owns it" }
        );
        fixture.Push("v1", "held");
        await fixture.Functions.DeliverAllAsync();
        Assert.Equal(Team, fixture.Aws.Ecr.LifecyclePolicyOf("held"));
        Assert.Equal(
            [
                "Its lifecycle policy is not the baseline's.",
                "The team has opted out (Terraform owns it): nothing is repaired.",
            ],
            Drift(fixture)
        );
        Assert.Empty(fixture.Items("A#"));
    }

    /// <summary>ECR's preview takes minutes, and the team may opt out in this time.</summary>
    [Theory]
    [InlineData("GetLifecyclePolicy")]
    [InlineData("StartLifecyclePolicyPreview")]
    [InlineData("GetLifecyclePolicyPreview")]
    public async Task A_team_that_opts_out_while_a_sweep_looks_at_its_images_is_left_alone(string operation)
    {
        await using var fixture = await StartAsync(Enforces("replace"));
        await fixture.Functions.BackfillAsync();
        fixture.Aws.Ecr.CreateRepository("held", scanOnPush: true, lifecyclePolicy: Team);
        fixture.Aws.Faults.Add(
            Fault.Meanwhile(() =>
                TagAsync(fixture, "ecrguard:opt-out", "Terraform owns it").GetAwaiter().GetResult()
            ) with
            {
                Operation = operation,
                Resource = "held",
            }
        );

        await fixture.Functions.SweepAsync();

        Assert.Equal(Team, fixture.Aws.Ecr.LifecyclePolicyOf("held"));
        Assert.Contains(
            Drift(fixture),
            left => left.Contains("The team has opted out (Terraform owns it)", StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task In_observe_nothing_is_written_whatever_the_baseline_says()
    {
        await using var fixture = await StartAsync();
        fixture.Aws.Ecr.CreateRepository("held");
        await HoldAsync(
            fixture,
            fixture.Deploy(
                Enforces(more: """, "scanOnPush": true, "tagMutability": "IMMUTABLE" """),
                new DeploymentOptions(EnforcementMode.Observe)
            )
        );
        Assert.Empty(Writes(fixture));
        Assert.Equal(3, Drift(fixture).Count);
    }

    [Theory]
    [InlineData(UseState.NotInUse, true, null)]
    [InlineData(UseState.InUse, false, "in use without a shield")]
    [InlineData(UseState.Unknown, false, "whether that is in use is not known")]
    public async Task A_policy_that_would_take_an_image_in_use_is_not_put(UseState use, bool put, string? why)
    {
        await using var fixture = await StartAsync(
            Enforces(rules: Baselined.Replace("\"untagged\"", "\"any\"", StringComparison.Ordinal))
        );
        fixture.Aws.Ecr.CreateRepository("held");
        var digest = fixture.Aws.Ecr.Push("held", Manifest.Image("old"), "v1", fixture.Time.GetUtcNow().AddDays(-13));
        fixture.Aws.Events.Take();
        await HoldAsync(
            fixture,
            usages: new Dictionary<Digest, ImageUsage> { [Digest.Parse(digest)] = new(use, [], []) }
        );
        Assert.Equal(put, fixture.Aws.Ecr.LifecyclePolicyOf("held") is not null);
        Assert.Equal(why is null ? 0 : 2, Drift(fixture).Count);
        Assert.Contains(why ?? "", string.Join(' ', Drift(fixture)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_image_in_use_with_its_shield_stops_no_policy()
    {
        await using var fixture = await StartAsync(
            Enforces(rules: Baselined.Replace("\"untagged\"", "\"any\"", StringComparison.Ordinal))
        );
        fixture.Aws.Ecr.CreateRepository("held");
        var digest = fixture.Aws.Ecr.Push("held", Manifest.Image("old"), "v1", fixture.Time.GetUtcNow().AddDays(-13));
        fixture.Aws.Ecr.Push("held", Manifest.Image("old"), $"ecrguard-inuse-{digest["sha256:".Length..]}");
        fixture.Aws.Events.Take();
        await HoldAsync(
            fixture,
            usages: new Dictionary<Digest, ImageUsage> { [Digest.Parse(digest)] = new(UseState.InUse, [], []) }
        );
        Assert.NotNull(fixture.Aws.Ecr.LifecyclePolicyOf("held"));
        Assert.Empty(fixture.Aws.Ecr.RunLifecycle(fixture.Time.GetUtcNow().AddYears(3)));
    }

    [Fact]
    public async Task Whoever_writes_between_the_decision_and_the_write_wins()
    {
        await using var fixture = await StartAsync(Enforces());
        fixture.Aws.Ecr.CreateRepository("held");
        fixture.Aws.Faults.Add(
            Fault.Meanwhile(() => PutPolicyAsync(fixture, Team).GetAwaiter().GetResult()) with
            {
                Operation = "GetLifecyclePolicy",
                From = 2,
            }
        );
        await HoldAsync(fixture);
        Assert.Equal(Team, fixture.Aws.Ecr.LifecyclePolicyOf("held"));
        Assert.Equal(
            "Nothing was written to the lifecycle policy: it had changed when it was read again.",
            Assert.Single(fixture.Items("A#"))["outcome"]!.GetValue<string>()
        );
        await HoldAsync(fixture);
        Assert.Empty(Drift(fixture));
    }

    [Fact]
    public async Task A_repository_that_is_gone_gets_nothing()
    {
        await using var fixture = await StartAsync(Enforces());
        await HoldAsync(fixture);
        Assert.Empty(fixture.Items("A#"));
    }

    public static TheoryData<string> Ways => ["throttled", "killed", "closed after the effect"];

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Holding_converges_whichever_call_fails_and_what_was_there_is_never_lost(string way)
    {
        var calls = 0;
        for (var call = 1; ; call++)
        {
            await using var fixture = await StartAsync(Enforces("merge", more: """, "tagMutability": "IMMUTABLE" """));
            fixture.Aws.Ecr.CreateRepository("held", lifecyclePolicy: Team);
            fixture.Aws.Faults.Add(
                way switch
                {
                    "throttled" => Fault.Throttle,
                    "killed" => Fault.Kill(),
                    _ => Fault.CloseAfter with { Times = int.MaxValue },
                } with
                {
                    From = call,
                }
            );
            fixture.Aws.Faults.Add(Fault.Delay(TimeSpan.Zero) with { From = call });
            try
            {
                await HoldAsync(fixture);
            }
            catch (Exception failed) when (failed is not Xunit.Sdk.XunitException)
            {
                calls++;
            }
            var struck = fixture.Aws.Faults.Outstanding == 0;
            fixture.Aws.Faults.Clear();
            if (fixture.Aws.Ecr.LifecyclePolicyOf("held") != Team)
            {
                Assert.Single(fixture.Items("L"));
                Assert.Contains(
                    fixture.Items("A#"),
                    write => write["change"]!.GetValue<string>() == "PutLifecyclePolicy"
                );
            }

            await HoldAsync(fixture, fixture.Deploy(Enforces("merge", more: """, "tagMutability": "IMMUTABLE" """)));
            Assert.Empty(Drift(fixture));
            Assert.Contains("the newest five", fixture.Aws.Ecr.LifecyclePolicyOf("held"), StringComparison.Ordinal);
            Assert.Empty((await RestoreAsync(fixture)).Left);
            Assert.Equal(Team, fixture.Aws.Ecr.LifecyclePolicyOf("held"));
            Assert.Equal("MUTABLE", fixture.Aws.Ecr.MutabilityOf("held").Mode);
            if (!struck)
                break;
        }
        Assert.InRange(calls, 14, 40);
    }

    private static RepositoryId Held(GuardFixture fixture) => new(fixture.Aws.AccountId, fixture.Aws.Region, "held");

    private static async Task HoldAsync(
        GuardFixture fixture,
        Deployed? functions = null,
        IReadOnlyDictionary<Digest, ImageUsage>? usages = null
    ) =>
        await fixture.WhileTimePassesAsync(
            (functions ?? fixture.Functions)
                .Part<BaselineEnforcer>()
                .HoldAsync(Held(fixture), repair: true, BaselineEnforcer.Everything, usages, CancellationToken.None)
        );

    private static Task<RestoreAnswer> RestoreAsync(GuardFixture fixture) =>
        fixture
            .Functions.Part<RestoreRepository>()
            .RestoreRepositoryAsync(new RestoreRequest("held", "the release"), new Invocation());

    private static async Task PutPolicyAsync(GuardFixture fixture, string policy) =>
        await fixture
            .Functions.Part<IAmazonECR>()
            .PutLifecyclePolicyAsync(
                new PutLifecyclePolicyRequest { RepositoryName = "held", LifecyclePolicyText = policy }
            );

    private static async Task TagAsync(GuardFixture fixture, string key, string value) =>
        await fixture
            .Functions.Part<IAmazonECR>()
            .TagResourceAsync(
                new TagResourceRequest
                {
                    ResourceArn = Held(fixture).Arn,
                    Tags = [new Tag { Key = key, Value = value }],
                }
            );

    private static async Task<Dictionary<string, string>> ResourceTagsAsync(GuardFixture fixture) =>
        (
            (
                await fixture
                    .Functions.Part<IAmazonECR>()
                    .ListTagsForResourceAsync(new ListTagsForResourceRequest { ResourceArn = Held(fixture).Arn })
            ).Tags
            ?? []
        ).ToDictionary(tag => tag.Key, tag => tag.Value);

    private static IReadOnlyList<string> Writes(GuardFixture fixture) =>
        [
            .. fixture
                .Aws.Requests.Where(r =>
                    r.Service == "ecr"
                    && (
                        r.Operation.StartsWith("Put", StringComparison.Ordinal)
                        || r.Operation is "TagResource" or "UntagResource" or "DeleteLifecyclePolicy"
                    )
                )
                .Select(r => r.Operation)
                .Order(StringComparer.Ordinal),
        ];

    private static IReadOnlyList<string> Drift(GuardFixture fixture) =>
        StoredForms.Drift.Read(
            fixture.Items("D").Single(item => item["repository"]!.GetValue<string>() == "held")[
                "drift"
            ]!.GetValue<string>()
        );
}
