using System.Text.Json.Nodes;
using EcrGuard.EndToEnd.Tests.Harness;
using EcrGuard.LocalAws;
using EcrGuard.LocalAws.Ecr;

namespace EcrGuard.EndToEnd.Tests.Cli;

/// <summary>
/// A policy is tried on the existing images. It is known what the policy would change before it is deployed, and
/// nothing is written.
/// </summary>
public sealed class PolicyTryTests(Deployment guard) : IClassFixture<Deployment>
{
    private const string BlocksHigh =
        """{ "version": 1, "rules": [ { "id": "severe", "severity": ["CRITICAL", "HIGH"], "then": "block" } ] }""";

    private static readonly string Waives = """
        { "version": 1, "rules": [ { "id": "critical", "severity": ["CRITICAL"], "then": "block" } ],
          "waivers": [ { "id": "W1", "vulnerability": "CVE-2024-6119", "reason": "r", "owner": "o", "approvedBy": "s", "expires": "EXPIRES" } ] }
        """.Replace("EXPIRES", DateTimeOffset.UtcNow.AddDays(30).ToString("yyyy-MM-dd"), StringComparison.Ordinal);

    private static readonly LocalFinding Critical =
            new("CVE-2024-6119", "CRITICAL", new LocalPackage("openssl", "3.0.13")),
        High = new("CVE-2024-0727", "HIGH", new LocalPackage("curl", "8.5.0"));

    private readonly CommandLine _ecrguard = new CommandLine()
        .File("blocks-high.jsonc", BlocksHigh)
        .File("waives.jsonc", Waives)
        .File("deployed.jsonc", Deployment.Marking);

    private string Scanned(string repository, string tag, params IReadOnlyList<LocalFinding> findings)
    {
        var digest = guard.Aws.Ecr.Push(
            repository,
            Manifest.Image($"{repository} {tag}"),
            tag,
            DateTimeOffset.UtcNow.AddDays(-300),
            announce: false
        );
        guard.Aws.Ecr.CompleteScan(repository, digest, findings);
        return digest;
    }

    /// <summary>Tries a policy as machines do, and checks that nothing was written anywhere.</summary>
    private async Task<(int ExitCode, JsonNode Trial)> TryAsync(params string[] arguments)
    {
        guard.Aws.Requests.Take();
        var (exit, output) = await _ecrguard.RunAsync(guard.Aws, ["policy", "try", .. arguments, "--format", "json"]);
        Assert.All(guard.Aws.Requests, request => Assert.True(Deployment.Reads(request.Operation), request.ToString()));
        return (exit, JsonNode.Parse(output)!);
    }

    [Fact]
    public async Task What_would_be_newly_blocked_is_named_with_its_rule_and_whether_it_runs_from_one_listing_and_one_reading_of_each_scan()
    {
        var repository = guard.CreateRepository();
        var (clean, running) = (Scanned(repository, "1"), Scanned(repository, "2", High));
        guard.Aws.Ecs.CreateService(
            "main",
            "web",
            guard.Aws.Ecs.RegisterTaskDefinition(
                "web",
                $"{guard.Aws.AccountId}.dkr.ecr.{guard.Aws.Region}.amazonaws.com/{repository}:2"
            )
        );

        var (exit, trial) = await TryAsync(
            "blocks-high.jsonc",
            "--against",
            "deployed.jsonc",
            "--account",
            "--repository",
            repository
        );

        Assert.Equal(1, exit);
        Assert.Equal(
            (2, 1, 1, 1),
            (
                trial["summary"]!["images"]!.GetValue<int>(),
                trial["summary"]!["newlyBlocked"]!.GetValue<int>(),
                trial["summary"]!["failingInUse"]!.GetValue<int>(),
                trial["summary"]!["unchanged"]!.GetValue<int>()
            )
        );
        var change = Assert.Single(trial["changes"]!.AsArray())!;
        Assert.Equal(
            ("newly-blocked", running, "in-use", "APPROVED", "BLOCKED"),
            (
                change["change"]!.ToString(),
                change["digest"]!.ToString(),
                change["use"]!.ToString(),
                change["before"]!["status"]!.ToString(),
                change["after"]!["status"]!.ToString()
            )
        );
        Assert.Equal("severe", change["after"]!["reasons"]![0]!["code"]!.ToString());
        Assert.NotEqual(clean, running);
        Assert.Single(guard.Aws.Requests, request => request.Operation == "DescribeImages");
        Assert.Equal(2, guard.Aws.Requests.Count(request => request.Operation == "DescribeImageScanFindings"));
    }

    private static string Enforcing(string mode) =>
        $$"""{ "version": 1, "enforcement": [ { "repositories": ["*"], "mode": "{{mode}}" } ] }""";

    [Theory]
    [InlineData("mark", 1, 0)]
    [InlineData("quarantine", 1, 1)]
    [InlineData("observe", 0, 0)]
    public async Task What_another_mode_would_write_is_counted_and_named(string mode, int marked, int archived)
    {
        var repository = guard.CreateRepository();
        var blocked = Scanned(repository, "1", Critical);
        Scanned(repository, "2");
        _ecrguard.File("observes.jsonc", Enforcing("observe")).File("enforces.jsonc", Enforcing(mode));
        string[] trial = ["enforces.jsonc", "--against", "observes.jsonc", "--account", "--repository", repository];

        var (exit, read) = await TryAsync(trial);
        var (_, text) = await _ecrguard.RunAsync(guard.Aws, ["policy", "try", .. trial]);

        Assert.Equal(0, exit);
        Assert.Equal(
            (marked, archived),
            (read["summary"]!["marked"]!.GetValue<int>(), read["summary"]!["archived"]!.GetValue<int>())
        );
        if (mode == "observe")
        {
            Assert.Empty(read["enforcement"]!.AsArray());
            Assert.DoesNotContain("Enforcement:", text, StringComparison.Ordinal);
            return;
        }
        var changed = Assert.Single(read["enforcement"]!.AsArray())!;
        Assert.Equal(
            (repository, "observe", mode),
            (changed["repository"]!.ToString(), changed["before"]!.ToString(), changed["after"]!.ToString())
        );
        var image = Assert.Single(changed["images"]!.AsArray())!;
        Assert.Equal((blocked, "1"), (image["digest"]!.ToString(), image["tags"]![0]!.ToString()));
        Assert.Contains(
            $"Enforcement: {marked} would be marked as blocked, {archived} archived, in 1 repository; "
                + "the mode changes in 1:\n"
                + $"  {repository}  observe → {mode}  {marked} would be marked as blocked, {archived} archived\n",
            text,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task The_ledger_tells_that_another_policy_is_deployed_than_the_one_that_is_compared_with()
    {
        var repository = guard.CreateRepository();
        Scanned(repository, "1", Critical);
        await guard.DeliverAllAsync();
        string[] trial = ["blocks-high.jsonc", "--image", $"{repository}:1"];
        string[] ledger = ["--table", Deployment.Table, "--bucket", Deployment.Bucket];

        var (_, other) = await TryAsync([.. trial, .. ledger]);
        var (_, same) = await TryAsync([.. trial, .. ledger, "--against", "deployed.jsonc"]);
        var (_, unknown) = await TryAsync(trial);

        Assert.Contains("than the built-in policy", other["notes"]!.ToJsonString(), StringComparison.Ordinal);
        Assert.DoesNotContain("--against", same["notes"]!.ToJsonString(), StringComparison.Ordinal);
        Assert.Contains(
            "compares with the built-in policy",
            unknown["notes"]!.ToJsonString(),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task An_index_is_named_for_its_platforms_and_a_waiver_is_named_for_what_it_lets_pass()
    {
        var repository = guard.CreateRepository();
        var platform = Manifest.Image($"{repository} amd64");
        var index = guard.Aws.Ecr.Push(
            repository,
            Manifest.Index([("linux/amd64", platform)]),
            "1",
            DateTimeOffset.UtcNow.AddDays(-300),
            announce: false
        );
        guard.Aws.Ecr.CompleteScan(repository, platform.Digest, Critical);

        var (exit, trial) = await TryAsync("waives.jsonc", "--against", "deployed.jsonc", "--image", $"{repository}:1");
        var (_, account) = await TryAsync(
            "waives.jsonc",
            "--against",
            "deployed.jsonc",
            "--account",
            "--repository",
            repository
        );

        Assert.Equal(0, exit);
        var change = Assert.Single(trial["changes"]!.AsArray())!;
        Assert.Equal(
            ("newly-approved", index, "W1"),
            (
                change["change"]!.ToString(),
                change["digest"]!.ToString(),
                change["after"]!["waived"]![0]!["waiver"]!.ToString()
            )
        );
        Assert.Equal([index], account["changes"]!.AsArray().Select(one => one!["digest"]!.ToString()));
    }

    [Fact]
    public async Task A_block_that_rests_on_an_earlier_scan_is_known_from_the_ledger_and_its_findings_are_not_asked_for_again()
    {
        var repository = guard.CreateRepository();
        var digest = Scanned(repository, "1", Critical);
        await guard.DeliverAllAsync();
        Assert.Equal("Blocked", guard.StatusOf(repository, digest));
        string[] ledger = ["--table", Deployment.Table, "--bucket", Deployment.Bucket];
        string[] trial = ["waives.jsonc", "--against", "deployed.jsonc", "--image", $"{repository}@{digest}"];

        var (_, remembered) = await TryAsync([.. trial, .. ledger]);
        Assert.Equal("newly-approved", Assert.Single(remembered["changes"]!.AsArray())!["change"]!.ToString());
        Assert.DoesNotContain(guard.Aws.Requests, request => request.Operation == "DescribeImageScanFindings");

        guard.Aws.Ecr.Archive(repository, digest);
        var (_, archived) = await TryAsync([.. trial, .. ledger]);
        var (_, forgotten) = await TryAsync(trial);
        Assert.Equal(
            ("BLOCKED", "STALE"),
            (
                archived["changes"]![0]!["before"]!["status"]!.ToString(),
                archived["changes"]![0]!["after"]!["status"]!.ToString()
            )
        );
        Assert.Empty(forgotten["changes"]!.AsArray());
        Assert.Contains(
            "nothing is known of earlier scans",
            forgotten["notes"]!.ToJsonString(),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task What_could_not_be_read_is_named_and_is_no_success()
    {
        var repository = guard.CreateRepository();
        Scanned(repository, "1", High);
        try
        {
            guard.Aws.Faults.Add(
                Fault.ExpiredCredentials with
                {
                    Service = "ecr",
                    Operation = "DescribeImageScanFindings",
                    Times = int.MaxValue,
                }
            );
            var (exit, trial) = await TryAsync(
                "blocks-high.jsonc",
                "--image",
                $"{repository}:1",
                "--image",
                $"{repository}:9"
            );
            Assert.Equal(5, exit);
            Assert.Equal(
                [$"There is no image {repository}:9 in the registry."],
                trial["unread"]!
                    .AsArray()
                    .Select(sentence => sentence!.ToString())
                    .Where(sentence => !sentence.Contains('@'))
            );
            Assert.Equal(2, trial["unread"]!.AsArray().Count);
        }
        finally
        {
            guard.Aws.Faults.Clear();
        }
    }

    [Fact]
    public async Task A_policy_with_errors_is_shown_as_check_shows_it_before_anything_is_read()
    {
        _ecrguard.File("wrong.jsonc", """{"version":1,"rules":[{"id":"a"}]}""");
        guard.Aws.Requests.Take();

        var (checkedAs, shown) = await _ecrguard.RunAsync("policy", "check", "wrong.jsonc");
        var (exit, output) = await _ecrguard.RunAsync(guard.Aws, "policy", "try", "wrong.jsonc", "--account");

        Assert.Equal((1, 64, shown.TrimEnd()), (checkedAs, exit, CommandLine.Message(output)));
        Assert.Empty(guard.Aws.Requests);
    }

    [Fact]
    public async Task A_waiver_that_has_ended_is_told_and_waives_nothing_as_once_it_is_deployed()
    {
        var repository = guard.CreateRepository();
        Scanned(repository, "1", Critical);
        _ecrguard.File(
            "lapsed.jsonc",
            Waives.Replace(
                DateTimeOffset.UtcNow.AddDays(30).ToString("yyyy-MM-dd"),
                "2026-01-31",
                StringComparison.Ordinal
            )
        );

        var (exit, output) = await _ecrguard.RunAsync(
            guard.Aws,
            "policy",
            "try",
            "lapsed.jsonc",
            "--against",
            "deployed.jsonc",
            "--image",
            $"{repository}:1"
        );

        Assert.True(exit == 0, output);
        Assert.Contains(
            "error: The waiver ended with 2026-01-31 (UTC) and excuses nothing any more",
            output,
            StringComparison.Ordinal
        );
        Assert.Contains("1 error", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Say what to try the policy on")]
    [InlineData("Say what to try the policy on", "--account", "--image", "a/b:1")]
    [InlineData("Give '--table' and '--bucket' together", "--account", "--table", "t")]
    [InlineData("'--repository' goes with '--account'", "--image", "a/b:1", "--repository", "a/*")]
    [InlineData("--image is wrong", "--image", "a/b")]
    [InlineData(
        "The ledger is 'no-such-table'; it must be a table of 123456789012 in eu-central-1: the stack's output Table.",
        "--account",
        "--table",
        "no-such-table",
        "--bucket",
        "b"
    )]
    [InlineData("missing.jsonc", "--account", "--against", "missing.jsonc")]
    public async Task Wrong_usage_is_64_and_says_what_would_be_right(string why, params string[] arguments)
    {
        guard.CreateRepository();
        var (exit, output) = await _ecrguard.RunAsync(guard.Aws, ["policy", "try", "waives.jsonc", .. arguments]);
        Assert.True(exit == 64, output);
        Assert.Contains(why, output, StringComparison.Ordinal);
    }
}
