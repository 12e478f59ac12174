using EcrGuard.EndToEnd.Tests.Harness;
using EcrGuard.LocalAws;
using EcrGuard.LocalAws.Ecr;

namespace EcrGuard.EndToEnd.Tests.Cli;

/// <summary>A plan is made with the caller's rights, and the deployed function carries out exactly that plan.</summary>
public sealed class PlanAndApplyTests
{
    private const string Repository = "pay/api";

    /// <summary>Six images stay.</summary>
    private const string Policy = """
        { "version": 1, "enforcement": [ { "repositories": ["*"], "mode": "mark" } ],
          "baseline": [ { "repositories": ["*"], "mode": "enforce", "lifecycle": { "existing": "replace", "policy": { "rules": [
            { "rulePriority": 1, "selection": { "tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 6 }, "action": { "type": "expire" } } ] } } } ] }
        """;

    private static async Task<(Deployment Guard, IReadOnlyList<string> Images)> StartedAsync()
    {
        var guard = new Deployment { Policy = Policy };
        await guard.InitializeAsync();
        guard.Aws.Ecr.CreateRepository(Repository);
        // The oldest first.
        var images = Enumerable
            .Range(0, 9)
            .Select(i =>
                guard.Aws.Ecr.Push(
                    Repository,
                    Manifest.Image($"{i}"),
                    $"{i}.0",
                    DateTimeOffset.UtcNow.AddDays(i - 300),
                    announce: false
                )
            )
            .ToList();
        guard.Aws.Ecs.CreateService(
            "main",
            "api",
            guard.Aws.Ecs.RegisterTaskDefinition(
                "api",
                $"{guard.Aws.AccountId}.dkr.ecr.{guard.Aws.Region}.amazonaws.com/{Repository}:0.0"
            ),
            desiredCount: 0
        );
        guard.Serve("ApplyPlan", "RestoreRepository");
        return (guard, images);
    }

    private static bool IsThere(Deployment guard, string digest) =>
        guard.Aws.Ecr.TagsOf(Repository, digest) is not null;

    [Fact]
    public async Task The_deployed_function_deletes_what_the_plan_lists_and_nothing_that_runs_and_a_second_time_nothing()
    {
        var (guard, images) = await StartedAsync();
        await using var _ = guard;
        using var cli = new CommandLine().File("policy.json", Policy);

        var (planned, table) = await cli.RunAsync(
            guard.Aws,
            "plan",
            "--policy",
            "policy.json",
            "--exact",
            "--out",
            "plan.json"
        );
        Assert.True(planned == 0, table);
        Assert.All(images, digest => Assert.True(IsThere(guard, digest)));

        var (applied, told) = await cli.RunAsync(guard.Aws, "apply", "plan.json", "--yes");
        Assert.True(applied == 0, told);
        Assert.Contains("2 done, 0 superseded, 0 refused.", told, StringComparison.Ordinal);
        // 0 is the oldest, but it runs; 1 and 2 are the next oldest.
        Assert.Equal(
            [true, false, false, true, true, true, true, true, true],
            images.Select(digest => IsThere(guard, digest))
        );

        var calls = guard.Aws.Requests.Count(r => r.Operation == "BatchDeleteImage");
        await cli.RunAsync(guard.Aws, "apply", "plan.json", "--yes");
        Assert.Equal(calls, guard.Aws.Requests.Count(r => r.Operation == "BatchDeleteImage"));
    }

    [Theory]
    [InlineData(5, "AWS could not be reached: ", "plan")]
    [InlineData(5, "AWS could not be reached: ", "restore", "shop/web", "--reason", "the release")]
    [InlineData(
        64,
        "REPOSITORY is 'shop/web:1.0'; it must be the name of a repository, without registry, tag or digest.",
        "restore",
        "shop/web:1.0",
        "--reason",
        "the release"
    )]
    [InlineData(
        64,
        "it must be the name of a repository, without registry, tag or digest.",
        "restore",
        "123456789012.dkr.ecr.eu-central-1.amazonaws.com/shop/web",
        "--reason",
        "the release"
    )]
    [InlineData(64, "--port is 'abc'; it must be a number from 0 to 65535.", "local", "--port", "abc")]
    [InlineData(64, "--port is '65536'; it must be a number from 0 to 65535.", "local", "--port", "65536")]
    [InlineData(64, "--out is 'missing/plan.json'; there is no folder ", "plan", "--out", "missing/plan.json")]
    [InlineData(
        64,
        "--function is blank; it must be the name of the deployed function, the stack's output "
            + "RestoreRepositoryFunction.",
        "restore",
        "shop/web",
        "--reason",
        "the release",
        "--function",
        ""
    )]
    public async Task Where_nobody_answers_or_no_function_is_named_a_sentence_says_so(
        int expected,
        string sentence,
        params string[] arguments
    )
    {
        using var cli = new CommandLine()
            .With("AWS_ENDPOINT_URL", "http://127.0.0.1:1/")
            .With("AWS_ACCESS_KEY_ID", "test")
            .With("AWS_SECRET_ACCESS_KEY", "test")
            .With("AWS_REGION", "eu-central-1")
            .With("AWS_MAX_ATTEMPTS", "1");
        var (exitCode, output) = await cli.RunAsync(arguments);
        Assert.True(exitCode == expected, output);
        Assert.Contains(sentence, output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_that_no_repository_has_is_wrong_usage_and_no_empty_plan()
    {
        var (guard, _) = await StartedAsync();
        await using var guarding = guard;
        using var cli = new CommandLine().File("policy.json", Policy);

        var (planned, told) = await cli.RunAsync(guard.Aws, "plan", "--repository", "pay/apy*", "--out", "plan.json");
        var (tried, said) = await cli.RunAsync(
            guard.Aws,
            "policy",
            "try",
            "policy.json",
            "--account",
            "--repository",
            "pay/apy*"
        );

        const string Why = "--repository is 'pay/apy*'; it must match a repository of this registry, which has 1.";
        Assert.Equal((64, 64), (planned, tried));
        Assert.Contains(Why, told, StringComparison.Ordinal);
        Assert.Contains(Why, said, StringComparison.Ordinal);
        Assert.Equal(64, (await cli.RunAsync(guard.Aws, "apply", "plan.json", "--yes")).ExitCode);
        Assert.Equal((1, "There is no repository pay/apy in this registry."), await RestoredAsync("pay/apy"));
        Assert.Equal(
            (1, "As far as the ledger knows, EcrGuard has written nothing to this repository, or put it back already."),
            await RestoredAsync(Repository)
        );

        async Task<(int, string)> RestoredAsync(string name)
        {
            var (exit, output) = await cli.RunAsync(guard.Aws, "restore", name, "--reason", "the release");
            return (exit, output.TrimEnd());
        }
    }

    [Fact]
    public async Task What_was_deployed_or_retagged_since_is_superseded_and_stays()
    {
        var (guard, images) = await StartedAsync();
        await using var _ = guard;
        using var cli = new CommandLine().File("policy.json", Policy);
        await cli.RunAsync(guard.Aws, "plan", "--policy", "policy.json", "--exact", "--out", "plan.json");
        guard.Aws.Ecs.CreateService(
            "main",
            "late",
            guard.Aws.Ecs.RegisterTaskDefinition(
                "late",
                $"{guard.Aws.AccountId}.dkr.ecr.{guard.Aws.Region}.amazonaws.com/{Repository}@{images[1]}"
            )
        );
        guard.Aws.Ecr.Push(Repository, Manifest.Image("2"), "kept", announce: false);

        var (applied, told) = await cli.RunAsync(guard.Aws, "apply", "plan.json", "--yes");
        Assert.True(applied == 1, told);
        Assert.Contains("0 done, 2 superseded, 0 refused.", told, StringComparison.Ordinal);
        Assert.All(images, digest => Assert.True(IsThere(guard, digest)));
    }

    [Fact]
    public async Task A_plan_puts_a_policy_that_shields_and_restore_takes_it_back()
    {
        var (guard, _) = await StartedAsync();
        await using var guarding = guard;
        using var cli = new CommandLine().File("policy.json", Policy);
        await cli.RunAsync(guard.Aws, "plan", "--policy", "policy.json", "--out", "plan.json");
        var (applied, told) = await cli.RunAsync(guard.Aws, "apply", "plan.json", "--yes");
        Assert.True(applied == 0, told);
        Assert.Contains("ecrguard-inuse-*", guard.Aws.Ecr.LifecyclePolicyOf(Repository), StringComparison.Ordinal);

        var (restored, said) = await cli.RunAsync(guard.Aws, "restore", Repository, "--reason", "the migration");
        Assert.True(restored == 0, said);
        Assert.Null(guard.Aws.Ecr.LifecyclePolicyOf(Repository));
    }

    [Fact]
    public async Task Throttled_calls_are_told_and_progress_is_for_terminals_only()
    {
        var (guard, _) = await StartedAsync();
        await using var guarding = guard;
        guard.Aws.Faults.Add(Fault.Throttle with { Operation = "DescribeImages", Times = 2 });
        using var cli = new CommandLine();
        var (exit, output) = await cli.RunAsync(guard.Aws, "plan");
        Assert.True(exit == 0, output);
        Assert.Contains("AWS throttled 2 calls, which were made again.", output, StringComparison.Ordinal);
        Assert.DoesNotContain("of 1 repositories", output, StringComparison.Ordinal);
        Assert.DoesNotContain("reading what uses images", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_terminal_shows_that_a_plan_reads_what_uses_images_and_how_far_an_apply_has_come()
    {
        var (guard, _) = await StartedAsync();
        await using var guarding = guard;
        using var cli = new CommandLine().File("policy.json", Policy);

        var (planned, shown) = await cli.RunOnTerminalAsync(
            guard.Aws,
            "plan",
            "--policy",
            "policy.json",
            "--exact",
            "--out",
            "plan.json"
        );
        Assert.True(planned == 0, shown);
        Assert.Matches("reading what uses images …\\s+[0-9]+ references? to images read in [0-9.]+ s", shown);
        Assert.Contains("1 of 1 repositories, 9 images, 0 throttled", shown, StringComparison.Ordinal);

        var more = true;
        guard.Aws.Lambda.Register(
            "slow",
            _ =>
            {
                var answer =
                    $$"""{ "planId": null, "done": [{ "repository": "{{Repository}}", "item": "delete", "digest": null, "why": "It is gone." }], "superseded": [], "refused": [], "more": {{(more ? "true" : "false")}} }""";
                more = false;
                return Task.FromResult(answer);
            }
        );
        var (applied, told) = await cli.RunOnTerminalAsync(
            guard.Aws,
            "apply",
            "plan.json",
            "--function",
            "slow",
            "--yes"
        );
        Assert.True(applied == 0, told);
        Assert.Contains(
            "applying the plan to 1 repository; an answer takes up to 15 minutes …",
            told,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "1 of 1 repositories, 1 done, 0 superseded, 0 refused so far, continuing …",
            told,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("", "plan.json:1:1: error: The file is empty.")]
    [InlineData(
        "{ \"version\": 1,\n  \"planId",
        "plan.json:2:10: error: The JSON ends before it is complete, at line 2, column 10."
    )]
    public async Task A_plan_that_is_empty_or_cut_off_is_wrong_usage(string plan, string message)
    {
        using var cli = new CommandLine().File("plan.json", plan);
        var (exitCode, output) = await cli.RunAsync("apply", "plan.json", "--yes");
        Assert.Equal((64, message), (exitCode, CommandLine.Message(output)));
    }
}
