using Amazon.Runtime;
using EcrGuard.Core.Images;
using EcrGuard.Core.Plans;
using EcrGuard.Core.Use;
using EcrGuard.LocalAws;
using static EcrGuard.Aws.Tests.Flow.GuardFixture;
using Digest = EcrGuard.Core.Images.Digest;
using Manifest = EcrGuard.LocalAws.Ecr.Manifest;

namespace EcrGuard.Aws.Tests.Flow;

/// <summary>
/// EcrGuard's own writes never make an image in use go, whatever the team's policy is, whatever is pushed later, and
/// whenever ECR evaluates the policy.
/// </summary>
public sealed class InUseOutlivesTests
{
    private const string KeepThreeTagged =
        """{"rules":[{"rulePriority":1,"description":"Keep three","selection":{"tagStatus":"tagged","tagPatternList":["*"],"countType":"imageCountMoreThan","countNumber":3},"action":{"type":"expire"}}]}""";

    private static string Shield(string digest) => $"ecrguard-inuse-{digest["sha256:".Length..]}";

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
                    new Consumer(ConsumerKind.EcsService, "arn:aws:ecs:eu-central-1:123456789012:service/main/web")
                )),
            ],
        };

    /// <summary>A baseline that keeps this many images of any kind.</summary>
    private static string Keeping(
        int count,
        string existing = "keep",
        string ceilings = """{ "percent": 100, "keepPerRepository": 0 }"""
    ) =>
        $$"""
            { "version": 1, "enforcement": [ { "repositories": ["*"], "mode": "mark" } ], "ceilings": {{ceilings}},
              "baseline": [ { "repositories": ["*"], "mode": "enforce", "lifecycle": { "existing": "{{existing}}", "policy": { "rules": [
                { "rulePriority": 1, "selection": { "tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": {{count}} }, "action": { "type": "expire" } } ] } } } ] }
            """;

    private static async Task<GuardFixture> FilledAsync(string policy = Marks)
    {
        var fixture = await StartAsync(policy, new LocalAwsOptions { BatchGetImageRecordsPull = false });
        await fixture.Functions.BackfillAsync();
        return fixture;
    }

    /// <summary>Images of the last days, one a day, the oldest first.</summary>
    private static async Task<string[]> PushedDailyAsync(GuardFixture fixture, int count)
    {
        var digests = new string[count];
        for (var i = 0; i < count; i++)
        {
            digests[i] = fixture.Push($"v{i}");
            fixture.Time.Advance(TimeSpan.FromDays(1));
        }
        await fixture.Functions.DeliverAllAsync();
        return digests;
    }

    private static async Task OptOutAsync(GuardFixture fixture, string prefix)
    {
        using var clients = AwsClients.At(
            fixture.Aws.Endpoint,
            fixture.Aws.Region,
            new BasicAWSCredentials("test", "test")
        );
        await clients.Ecr.TagResourceAsync(
            new Amazon.ECR.Model.TagResourceRequest
            {
                ResourceArn = new RepositoryId(fixture.Aws.AccountId, fixture.Aws.Region, Repository).Arn,
                Tags = [new Amazon.ECR.Model.Tag { Key = $"{prefix}:opt-out", Value = "ours" }],
            }
        );
    }

    private static bool Stands(GuardFixture fixture, string digest)
    {
        fixture.Aws.Ecr.RunLifecycle(fixture.Time.GetUtcNow());
        return fixture.Aws.Ecr.TagsOf(Repository, digest) is not null;
    }

    [Fact]
    public async Task A_push_puts_no_policy_on_a_repository_whose_images_nobody_has_shielded_and_the_sweep_does()
    {
        await using var fixture = await FilledAsync();
        var running = (await PushedDailyAsync(fixture, 5))[0];
        var enforcing = fixture.Deploy(Keeping(6));

        fixture.Push("v5");
        await enforcing.DeliverAllAsync();
        Assert.Null(fixture.Aws.Ecr.LifecyclePolicyOf(Repository));
        Assert.Contains(
            "The next sweep puts its lifecycle policy",
            fixture.Items("D").Single()["drift"]!.ToString(),
            StringComparison.Ordinal
        );

        await enforcing.SweepAsync(Runs(fixture, running));
        Assert.NotNull(fixture.Aws.Ecr.LifecyclePolicyOf(Repository));
        for (var i = 6; i < 12; i++)
            fixture.Push($"v{i}");
        Assert.True(Stands(fixture, running));
    }

    [Fact]
    public async Task A_shield_that_no_policy_of_EcrGuards_follows_harms_nobody()
    {
        await using var fixture = await FilledAsync();
        var running = fixture.Aws.Ecr.Push(Repository, Manifest.Image("by digest"));
        fixture.Time.Advance(TimeSpan.FromDays(1));
        await PushedDailyAsync(fixture, 3);
        fixture.Aws.Ecr.PutLifecyclePolicy(Repository, KeepThreeTagged);
        await OptOutAsync(fixture, "ecrguard");

        var (end, _) = await fixture.Deploy(Keeping(10, "merge")).SweepAsync(Runs(fixture, running));
        Assert.Equal(0, end.Undone);
        Assert.Empty(fixture.Tags(running));
        Assert.True(Stands(fixture, running));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_shield_that_would_harm_only_after_some_pushes_is_not_put_either(bool multiPlatform)
    {
        await using var fixture = await FilledAsync();
        var running = fixture.Aws.Ecr.Push(Repository, Manifest.Image("by digest"));
        if (multiPlatform)
            fixture.Aws.Ecr.Push(Repository, Manifest.Index([("linux/amd64", Manifest.Image("by digest"))]), "v0");
        fixture.Time.Advance(TimeSpan.FromDays(1));
        fixture.Aws.Ecr.PutLifecyclePolicy(Repository, KeepThreeTagged);

        for (var night = 0; night < 3; night++)
        {
            await fixture.Functions.SweepAsync(Runs(fixture, running));
            for (var i = 0; i < 2; i++)
                fixture.Push($"n{night}.{i}");
            await fixture.Functions.DeliverAllAsync();
            fixture.Time.Advance(TimeSpan.FromHours(24));
        }
        Assert.True(Stands(fixture, running));
        Assert.DoesNotContain(Shield(running), fixture.Tags(running));
    }

    /// <summary>
    /// A tag without the rule protects nothing. On ten thousand new images it cost an hour and a half of writes.
    /// </summary>
    [Fact]
    public async Task Without_a_policy_of_EcrGuards_no_image_is_tagged_for_its_use_and_the_report_tells_what_is_in_use()
    {
        await using var fixture = await FilledAsync();
        var running = Enumerable
            .Range(0, 300)
            .Select(i => fixture.Aws.Ecr.Push(Repository, Manifest.Image($"fresh {i}"), $"v{i}"))
            .Take(100)
            .ToArray();
        fixture.Aws.Requests.Take();
        await fixture.Functions.SweepAsync(Runs(fixture, running));
        Assert.DoesNotContain(fixture.Aws.Requests.Take(), request => request.Operation == "PutImage");
        Assert.Contains("\"inUse\":100", fixture.Items("D").Single()["sweep"]!.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_shield_goes_with_the_next_sweep_where_the_team_has_put_another_policy_in_the_place_of_EcrGuards()
    {
        await using var fixture = await FilledAsync();
        var running = (await PushedDailyAsync(fixture, 5))[0];
        fixture.Time.Advance(TimeSpan.FromDays(3));
        var enforcing = fixture.Deploy(Keeping(3));
        await enforcing.SweepAsync(Runs(fixture, running));
        Assert.Contains(Shield(running), fixture.Tags(running));

        fixture.Aws.Ecr.PutLifecyclePolicy(Repository, KeepThreeTagged);
        fixture.Time.Advance(TimeSpan.FromDays(1));
        await enforcing.SweepAsync(Runs(fixture, running));
        // The policy counts the image that the tag would be moved to, so another image would go.
        Assert.Equal(["v0", Shield(running)], fixture.Tags(running));

        fixture.Aws.Ecr.PutLifecyclePolicy(
            Repository,
            KeepThreeTagged.Replace("\"*\"", "\"v*\"", StringComparison.Ordinal)
        );
        await enforcing.SweepAsync(Runs(fixture, running));
        Assert.Equal(["v0"], fixture.Tags(running));
        await enforcing.DeliverAllAsync();
        Assert.Equal(["v0"], fixture.Tags(running));
    }

    [Fact]
    public async Task Where_a_policy_would_break_the_ceilings_nothing_is_shielded_for_it()
    {
        await using var fixture = await FilledAsync();
        var running = (await PushedDailyAsync(fixture, 40))[39];
        fixture.Time.Advance(TimeSpan.FromDays(60));
        var careful = fixture.Deploy(Keeping(5, "replace", """{ "percent": 25, "keepPerRepository": 5 }"""));
        await careful.SweepAsync(Runs(fixture, running));
        Assert.Null(fixture.Aws.Ecr.LifecyclePolicyOf(Repository));
        Assert.Equal(["v39"], fixture.Tags(running));
    }

    /// <summary>
    /// The baseline asks for the policy, but the policy would take images that may be in use. While that is so, it is
    /// not put, and a shield would protect nothing.
    /// </summary>
    [Fact]
    public async Task Where_a_policy_cannot_be_put_yet_nothing_is_shielded_for_it()
    {
        await using var fixture = await FilledAsync();
        var digests = Enumerable.Range(0, 8).Select(i => fixture.Push($"v{i}")).ToArray();
        await fixture.Functions.DeliverAllAsync();
        await fixture.Deploy(Keeping(3)).SweepAsync(Runs(fixture, digests[0]));
        Assert.Null(fixture.Aws.Ecr.LifecyclePolicyOf(Repository));
        Assert.Equal(["v0"], fixture.Tags(digests[0]));
    }

    [Fact]
    public async Task A_policy_is_not_put_over_an_image_in_use_that_could_not_be_shielded()
    {
        await using var fixture = await FilledAsync();
        var running = fixture.Push("v0");
        for (var i = 1; i < TagPlan.MaxTags; i++)
            fixture.Aws.Ecr.Push(Repository, Manifest.Image($"{Repository} v0"), $"t{i}");
        fixture.Aws.Events.Take();
        fixture.Time.Advance(TimeSpan.FromDays(1));

        await fixture.Deploy(Keeping(3)).SweepAsync(Runs(fixture, running));
        Assert.Null(fixture.Aws.Ecr.LifecyclePolicyOf(Repository));
        Assert.Contains(
            "in use without a shield, and rule 2 selects it",
            fixture.Items("D").Single()["drift"]!.ToString(),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task A_policy_that_keeps_fewer_images_than_a_day_brings_is_not_put()
    {
        await using var fixture = await FilledAsync();
        for (var i = 0; i < 12; i++)
            fixture.Push($"v{i}");
        await fixture.Functions.DeliverAllAsync();
        fixture.Time.Advance(TimeSpan.FromDays(2));

        await fixture.Deploy(Keeping(10)).SweepAsync(Runs(fixture));
        Assert.Null(fixture.Aws.Ecr.LifecyclePolicyOf(Repository));
        Assert.Contains(
            "on the busiest of the last 7 days 12 images were pushed",
            fixture.Items("D").Single()["drift"]!.ToString(),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task A_sweep_puts_no_policy_that_takes_more_than_the_ceilings_allow_and_asks_ECR_before_any()
    {
        await using var fixture = await FilledAsync();
        await PushedDailyAsync(fixture, 40);
        fixture.Time.Advance(TimeSpan.FromDays(60));
        fixture.Aws.Requests.Take();

        await fixture
            .Deploy(Keeping(5, "replace", """{ "percent": 25, "keepPerRepository": 5 }"""))
            .SweepAsync(Runs(fixture));
        Assert.Null(fixture.Aws.Ecr.LifecyclePolicyOf(Repository));
        Assert.Contains(
            "The plan takes 35 of the 40 images of shop/web (87.5 %)",
            fixture.Items("D").Single()["drift"]!.ToString(),
            StringComparison.Ordinal
        );

        await fixture.Deploy(Keeping(5, "replace")).SweepAsync(Runs(fixture));
        Assert.NotNull(fixture.Aws.Ecr.LifecyclePolicyOf(Repository));
        Assert.Equal(
            2,
            fixture.Aws.Requests.Take().Count(request => request.Operation == "StartLifecyclePolicyPreview")
        );
    }

    /// <summary>Nobody can pull the index any more, but what was started from it still runs.</summary>
    [Fact]
    public async Task What_runs_an_index_runs_on_when_its_team_deletes_it_and_its_platforms_are_shielded_then()
    {
        await using var fixture = await FilledAsync();
        var platform = Manifest.Image("a platform");
        var index = fixture.Aws.Ecr.Push(Repository, Manifest.Index([("linux/amd64", platform)]), "all");
        await PushedDailyAsync(fixture, 5);
        fixture.Time.Advance(TimeSpan.FromDays(3));
        var enforcing = fixture.Deploy(Keeping(3));
        await enforcing.SweepAsync(Runs(fixture, index));
        Assert.Contains(Shield(index), fixture.Tags(index));
        Assert.Empty(fixture.Tags(platform.Digest));

        fixture.Aws.Ecr.Delete(Repository, index);
        await enforcing.DeliverAllAsync();
        fixture.Time.Advance(TimeSpan.FromDays(1));
        await enforcing.SweepAsync(Runs(fixture, index));
        Assert.Equal([Shield(platform.Digest)], fixture.Tags(platform.Digest));
        Assert.True(Stands(fixture, platform.Digest));
    }

    /// <summary>
    /// The policy would take them until the next sweep, because their index held them and no tag does.
    /// </summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_platforms_of_an_index_that_runs_are_shielded_when_its_team_deletes_it(bool toldByTask)
    {
        await using var fixture = await FilledAsync();
        var platform = Manifest.Image("a platform");
        var inner = Manifest.Index([("linux/amd64", platform)]);
        fixture.Aws.Ecr.Push(Repository, inner);
        var index = fixture.Aws.Ecr.Push(Repository, Manifest.Index([("linux/amd64", inner)]), "all");
        await PushedDailyAsync(fixture, 5);
        fixture.Time.Advance(TimeSpan.FromDays(3));
        var enforcing = fixture.Deploy(Keeping(3));
        await enforcing.SweepAsync(toldByTask ? Runs(fixture) : Runs(fixture, index));
        if (toldByTask)
        {
            var uri = $"123456789012.dkr.ecr.eu-central-1.amazonaws.com/{Repository}:all";
            fixture.Aws.Ecs.RunTask("main", fixture.Aws.Ecs.RegisterTaskDefinition("web", uri), platform.Digest);
            await enforcing.DeliverAllAsync();
        }
        Assert.Contains(Shield(index), fixture.Tags(index));
        Assert.Empty(fixture.Tags(platform.Digest));

        fixture.Aws.Ecr.Delete(Repository, index);
        await enforcing.DeliverAllAsync();
        Assert.Equal([Shield(inner.Digest)], fixture.Tags(inner.Digest));
        Assert.True(Stands(fixture, platform.Digest));

        fixture.Aws.Ecr.Delete(Repository, inner.Digest);
        await enforcing.DeliverAllAsync();
        Assert.Equal([Shield(platform.Digest)], fixture.Tags(platform.Digest));
        Assert.True(Stands(fixture, platform.Digest));
        await enforcing.SweepAsync(toldByTask ? null : Runs(fixture, index));
        Assert.Equal([Shield(platform.Digest)], fixture.Tags(platform.Digest));
    }

    [Fact]
    public async Task What_both_indexes_held_that_are_gone_with_no_event_is_in_use_to_the_next_sweep()
    {
        await using var fixture = await FilledAsync();
        var platform = Manifest.Image("a platform");
        var inner = Manifest.Index([("linux/amd64", platform)]);
        fixture.Aws.Ecr.Push(Repository, inner);
        var index = fixture.Aws.Ecr.Push(Repository, Manifest.Index([("linux/amd64", inner)]), "all");
        await PushedDailyAsync(fixture, 5);
        fixture.Time.Advance(TimeSpan.FromDays(3));
        var enforcing = fixture.Deploy(Keeping(3));
        await enforcing.SweepAsync(Runs(fixture, index));

        fixture.Aws.Ecr.Delete(Repository, index, announce: false);
        fixture.Aws.Ecr.Delete(Repository, inner.Digest, announce: false);
        await enforcing.SweepAsync(Runs(fixture, index));
        Assert.Equal([Shield(platform.Digest)], fixture.Tags(platform.Digest));
    }

    private static readonly string?[] Teams =
    [
        null,
        KeepThreeTagged,
        """{"rules":[{"rulePriority":1,"description":"Untagged go","selection":{"tagStatus":"untagged","countType":"imageCountMoreThan","countNumber":1},"action":{"type":"expire"}}]}""",
        """{"rules":[{"rulePriority":1,"description":"Untagged stay for a week","selection":{"tagStatus":"untagged","countType":"sinceImagePushed","countUnit":"days","countNumber":7},"action":{"type":"expire"}},{"rulePriority":2,"description":"Four stay","selection":{"tagStatus":"any","countType":"imageCountMoreThan","countNumber":4},"action":{"type":"expire"}}]}""",
        """{"rules":[{"rulePriority":1,"description":"What has a dash goes","selection":{"tagStatus":"tagged","tagPatternList":["*-*-*"],"countType":"sinceImagePushed","countUnit":"days","countNumber":1},"action":{"type":"expire"}}]}""",
    ];

    /// <summary>
    /// The same days with EcrGuard and without it. An image in use that stays without EcrGuard must also stay with it.
    /// Once EcrGuard's own policy is in place, no image in use goes at all.
    /// </summary>
    [Theory]
    [InlineData("keep")]
    [InlineData("merge")]
    [InlineData("replace")]
    public async Task Whatever_the_team_has_and_whatever_comes_EcrGuard_makes_no_image_in_use_go(string existing)
    {
        var put = 0;
        for (var seed = 0; seed < 15; seed++)
        {
            var without = await LiveAsync(seed, """{ "version": 1 }""");
            var with = await LiveAsync(seed, Keeping(6, existing));
            Assert.Empty(with.Gone.Except(without.Gone));
            Assert.Empty(with.GoneUnderShield);
            put += with.Shielded ? 1 : 0;
        }
        Assert.True(put > 0, "EcrGuard's policy never stood.");
    }

    private static async Task<(
        IReadOnlySet<string> Gone,
        IReadOnlySet<string> GoneUnderShield,
        bool Shielded
    )> LiveAsync(int seed, string policy)
    {
        var random = new Random(seed);
        await using var fixture = await FilledAsync(policy);
        if (Teams[random.Next(Teams.Length)] is { } team)
            fixture.Aws.Ecr.PutLifecyclePolicy(Repository, team);
        if (random.Next(4) == 0)
            await OptOutAsync(fixture, "ecrguard");
        var (used, gone, goneUnderShield, shielded, pushed) = (
            new List<string>(),
            new HashSet<string>(),
            new HashSet<string>(),
            false,
            0
        );
        for (var day = 0; day < 6; day++)
        {
            await PushAsync();
            await fixture.Functions.SweepAsync(Runs(fixture, [.. used]));
            shielded =
                fixture.Aws.Ecr.LifecyclePolicyOf(Repository)?.Contains("ecrguard-inuse-*", StringComparison.Ordinal)
                == true;
            await PushAsync();
            fixture.Aws.Ecr.RunLifecycle(fixture.Time.GetUtcNow());
            foreach (
                var digest in used.Where(digest =>
                    fixture.Aws.Ecr.TagsOf(Repository, digest) is null && gone.Add(digest)
                )
            )
            {
                if (shielded)
                    goneUnderShield.Add(digest);
            }
        }
        return (gone, goneUnderShield, shielded);

        async Task PushAsync()
        {
            for (var i = random.Next(1, 3); i > 0; i--)
            {
                var manifest = Manifest.Image($"image {pushed}");
                var digest = fixture.Aws.Ecr.Push(Repository, manifest, random.Next(3) == 0 ? null : $"v{pushed}");
                if (random.Next(4) == 0)
                    digest = fixture.Aws.Ecr.Push(
                        Repository,
                        Manifest.Index([("linux/amd64", manifest)]),
                        $"v{pushed}-all"
                    );
                if (random.Next(3) == 0)
                    used.Add(digest);
                pushed++;
                fixture.Time.Advance(TimeSpan.FromHours(4));
            }
            await fixture.Functions.DeliverAllAsync();
        }
    }
}
