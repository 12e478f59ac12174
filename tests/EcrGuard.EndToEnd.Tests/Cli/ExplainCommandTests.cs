using System.Text.Json.Nodes;
using EcrGuard.EndToEnd.Tests.Harness;
using EcrGuard.LocalAws.Ecr;

namespace EcrGuard.EndToEnd.Tests.Cli;

/// <summary>
/// <c>ecrguard explain</c>: everything that the ledger knows of an image. The command writes nothing.
/// </summary>
public sealed class ExplainCommandTests(Deployment guard) : IClassFixture<Deployment>, IDisposable
{
    private readonly CommandLine _ecrguard = new();

    public void Dispose() => _ecrguard.Dispose();

    [Fact]
    public async Task The_story_of_a_blocked_image_that_runs_is_told_by_tag_and_by_digest()
    {
        var repository = guard.CreateRepository();
        var digest = guard.Aws.Ecr.Push(repository, Manifest.Image(repository), "1.0");
        await guard.DeliverAllAsync();
        guard.Aws.Ecs.RunTask(
            "main",
            guard.Aws.Ecs.RegisterTaskDefinition(
                "web",
                $"{guard.Aws.AccountId}.dkr.ecr.{guard.Aws.Region}.amazonaws.com/{repository}:1.0"
            ),
            digest
        );
        guard.Aws.Ecr.CompleteScan(
            repository,
            digest,
            new LocalFinding("CVE-2024-6119", "CRITICAL", new LocalPackage("openssl", "3.0.13"))
        );
        await guard.DeliverAllAsync();
        guard.TakeRequests();

        var (code, text) = await _ecrguard.RunAsync(guard.Aws, "explain", $"{repository}:1.0");
        var requests = guard.TakeRequests();
        var (byDigest, json) = await _ecrguard.RunAsync(
            guard.Aws,
            "explain",
            $"{repository}@{digest}",
            "--table",
            Deployment.Table,
            "--bucket",
            Deployment.Bucket,
            "--format",
            "json"
        );

        Assert.True(code == 0, text);
        Assert.StartsWith($"BLOCKED  {repository}:1.0\n", text, StringComparison.Ordinal);
        foreach (
            var said in new[]
            {
                $"{repository}@{digest}",
                "A gate answers no; BLOCKED since ",
                "CVE-2024-6119",
                "To pass\n",
                "ECS task arn:aws:ecs:eu-central-1:123456789012:task-definition/web:1, by tag 1.0, last seen ",
                $"EcrGuard's tag, written or about to be: ecrguard-blocked-{digest["sha256:".Length..]}",
                "  NEW → PENDING",
                "  PENDING → BLOCKED",
                $"Add ecrguard-blocked-{digest["sha256:".Length..]}: done",
            }
        )
            Assert.Contains(said, text, StringComparison.Ordinal);
        Assert.All(requests, request => Assert.True(Deployment.Reads(request.Operation), request.ToString()));
        Assert.Single(requests, request => request.Service == "ecr");
        // These are the rights that a reader needs, as the page on the command line says.
        Assert.Equal(
            ["BatchGetItem", "DescribeImages", "GetCallerIdentity", "GetItem", "GetObject", "GetParameter", "Query"],
            requests.Select(request => request.Operation).Distinct().Order(StringComparer.Ordinal)
        );

        Assert.True(byDigest == 0, json);
        Assert.DoesNotContain(guard.TakeRequests(), request => request.Service == "ecr");
        var story = JsonNode.Parse(json)!;
        Assert.Equal(("BLOCKED", digest), ((string)story["status"]!, (string)story["digest"]!));
        Assert.Equal(
            ["NEW>PENDING", "PENDING>BLOCKED"],
            story["history"]!.AsArray().Select(change => $"{change!["from"]}>{change["status"]}")
        );
        Assert.Equal("CVE-2024-6119", (string)story["reasons"]![0]!["vulnerability"]!);
        Assert.Single(story["uses"]!.AsArray());
    }

    [Fact]
    public async Task Before_the_first_sweep_it_says_that_no_sweep_has_read_what_runs_and_a_bucket_alone_is_refused()
    {
        var repository = guard.CreateRepository();
        guard.Aws.Ecr.Push(repository, Manifest.Image(repository), "1.0");
        await guard.DeliverAllAsync();
        var (code, text) = await _ecrguard.RunAsync(guard.Aws, "explain", $"{repository}:1.0");
        Assert.True(code == 0, text);
        Assert.Contains("no sweep has read yet what runs", text, StringComparison.Ordinal);
        (code, text) = await _ecrguard.RunAsync(guard.Aws, "explain", $"{repository}:1.0", "--bucket", "no-such");
        Assert.True(code == 64, text);
        Assert.Contains("Give '--table' and '--bucket' together.", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_not_known_is_said_with_what_would_be_right()
    {
        var repository = guard.CreateRepository();
        guard.Aws.Ecr.Push(repository, Manifest.Image(repository), "1.0");
        guard.Aws.Events.Take();
        foreach (
            var (image, table, expected, said) in new[]
            {
                ($"{repository}:1.0", Deployment.Table, 1, $"The ledger knows nothing of {repository}@sha256:"),
                ($"{repository}:2.0", Deployment.Table, 1, $"No image of {repository} has the tag '2.0' now"),
                ("no/such:1", Deployment.Table, 1, "No image of no/such has the tag '1' now"),
                ($"{repository}:1.0", "no-such", 64, "The ledger is 'no-such'; it must be a table of 123456789012 in"),
                (
                    $"999999999999.dkr.ecr.us-east-1.amazonaws.com/{repository}:1.0",
                    Deployment.Table,
                    64,
                    "it must be of the registry 123456789012 in eu-central-1"
                ),
            }
        )
        {
            var (code, text) = await _ecrguard.RunAsync(
                guard.Aws,
                "explain",
                image,
                "--table",
                table,
                "--bucket",
                Deployment.Bucket
            );
            Assert.True(code == expected, text);
            Assert.Contains(said, text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task On_a_terminal_images_are_a_table_and_statuses_have_a_colour()
    {
        const string colour = "\x1b[";
        var repository = guard.CreateRepository();
        var digest = guard.Aws.Ecr.Push(repository, Manifest.Image(repository), "1.0");
        guard.Aws.Ecr.CompleteScan(repository, digest);
        await guard.DeliverAllAsync();
        string[] list = ["list", "--repository", repository];
        _ecrguard.With("TERM", "xterm-256color").With("NO_COLOR", null);

        var (_, table) = await _ecrguard.RunOnTerminalAsync(guard.Aws, list);
        var (_, explained) = await _ecrguard.RunOnTerminalAsync(guard.Aws, "explain", $"{repository}:1.0");
        var (_, piped) = await _ecrguard.RunAsync(guard.Aws, list);
        _ecrguard.With("NO_COLOR", "1");
        var (_, plain) = await _ecrguard.RunOnTerminalAsync(guard.Aws, list);

        foreach (var text in new[] { table, explained })
            Assert.Matches("\x1b\\[[0-9;]+mAPPROVED\x1b\\[0m", text);
        Assert.Matches("Status.+│.+Since.+│.+Image.+│.+Reason", table);
        foreach (var text in new[] { piped, plain })
        {
            Assert.Contains($"Z  {repository}:1.0  The basic scan of ", text, StringComparison.Ordinal);
            Assert.DoesNotContain($"{colour}1", text, StringComparison.Ordinal);
            Assert.DoesNotContain("│", text, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("list")]
    [InlineData("explain", "shop/web:1")]
    [InlineData("report")]
    public async Task Without_a_table_the_ledger_of_the_stack_here_is_read(params string[] command)
    {
        await using var empty = await EcrGuard.LocalAws.LocalAwsServer.StartAsync();
        var (code, text) = await _ecrguard.RunAsync(empty, command);
        Assert.True(code == 5, text);
        Assert.Equal(
            "There is no EcrGuard here: eu-central-1 has no parameter /EcrGuard/deployment, which its stack writes. "
                + "Give its region with --region, or the ledger with --table (the stack's output Table).\n",
            text
        );
    }

    [Theory]
    [InlineData("list")]
    [InlineData("report", "--bucket", "b")]
    public async Task Every_command_that_reads_the_ledger_says_the_same_of_a_wrong_table(
        string command,
        params string[] more
    )
    {
        var (code, text) = await _ecrguard.RunAsync(guard.Aws, [command, "--table", "no-such", .. more]);
        Assert.True(code == 64, text);
        Assert.Equal(
            "The ledger is 'no-such'; it must be a table of 123456789012 in eu-central-1: the stack's output Table.\n"
                + $"See 'ecrguard {command} --help'.\n",
            text
        );
    }
}
