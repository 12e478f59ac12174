using System.Diagnostics;
using System.Text.Json.Nodes;
using EcrGuard.Tests;

namespace EcrGuard.EndToEnd.Tests.Cli;

/// <summary><c>ecrguard local</c>: what asks a deployed EcrGuard asks it unchanged.</summary>
public sealed class LocalCommandTests : IAsyncLifetime
{
    private readonly DirectoryInfo _work = Directory.CreateTempSubdirectory("ecrguard-");
    private readonly Process _local = new()
    {
        StartInfo = new ProcessStartInfo("dotnet", [CommandLine.Executable(), "local"])
        {
            RedirectStandardOutput = true,
        },
    };
    private string _environment = "";

    public async ValueTask InitializeAsync()
    {
        _local.Start();
        while (await _local.StandardOutput.ReadLineAsync() is { } line && !line.EndsWith("Ctrl-C ends it."))
        {
            if (line.TrimStart().StartsWith("export ", StringComparison.Ordinal))
                _environment = line.Trim();
        }
    }

    public ValueTask DisposeAsync()
    {
        _local.Kill();
        _local.Dispose();
        _work.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Ask_the_AWS_CLI_and_curl_get_one_answer()
    {
        foreach (var tool in new[] { "aws", "curl" })
            await Tool.RequireAsync(tool, tool, "--version");
        var (code, text) = await BashAsync("ask payments/ledger:2.0 --format json");
        Assert.True(code == 1, text);
        var asked = JsonNode.Parse(text)!["images"]![0]!;
        Assert.Equal("BLOCKED", (string)asked["status"]!);

        (code, text) = await BashAsync("ask payments/ledger:2.0 --url $AWS_ENDPOINT_URL/approval --format json");
        Assert.True(code == 1, text);
        Assert.Equal((string)asked["digest"]!, (string)JsonNode.Parse(text)!["images"]![0]!["digest"]!);

        (code, text) = await BashAsync(
            null,
            """
            curl -s --aws-sigv4 "aws:amz:$AWS_REGION:execute-api" --user local:local \
              "$AWS_ENDPOINT_URL/approval?image=payments%2Fledger%3A2.0"
            """
        );
        Assert.True(code == 0, text);
        Assert.Equal((string)asked["digest"]!, (string)JsonNode.Parse(text)!["digest"]!);

        (code, text) = await BashAsync(
            null,
            """
            aws lambda invoke --function-name Approval --payload '{"image":"payments/ledger:2.0"}' \
              $(aws --version 2>&1 | grep -q '^aws-cli/1' || echo --cli-binary-format raw-in-base64-out) answer.json > log
            cat answer.json
            """
        );
        Assert.True(code == 0, text);
        Assert.Equal((string)asked["digest"]!, (string)JsonNode.Parse(text)!["digest"]!);

        (code, text) = await BashAsync(null, "curl -s \"$AWS_ENDPOINT_URL/approval?image=payments%2Fledger%3A2.0\"");
        Assert.Equal((0, """{"message":"Forbidden"}"""), (code, text.Trim()));
    }

    [Fact]
    public async Task The_ledger_is_listed_and_an_approval_is_forced_for_hours()
    {
        var (code, text) = await BashAsync("list --table ecrguard-ledger --status blocked --repository payments/*");
        Assert.True(code == 0, text);
        var lines = text.TrimEnd('\n').Split('\n');
        Assert.Equal(2, lines.Length);
        Assert.StartsWith("BLOCKED", lines[0], StringComparison.Ordinal);
        Assert.Contains("payments/ledger:2.0", lines[0], StringComparison.Ordinal);
        Assert.Equal("1 image.", lines[1]);
        (code, text) = await BashAsync("list --table ecrguard-ledger --format json");
        Assert.True(code == 0, text);
        Assert.Equal(3, JsonNode.Parse(text)!.AsArray().Count);

        (code, text) = await BashAsync(
            "breakglass payments/ledger:2.0 --reason 'the release of today' --until 2h "
                + "--url $AWS_ENDPOINT_URL/breakglass"
        );
        Assert.True(code == 0, text);
        (code, text) = await BashAsync("ask payments/ledger:2.0");
        Assert.True(code == 0, text);
    }

    private Task<(int ExitCode, string Output)> BashAsync(string? command, string script = "") =>
        Tool.RunAsync(
            new ProcessStartInfo(
                "bash",
                ["-c", $"{_environment}\n{(command is null ? script : $"dotnet {CommandLine.Executable()} {command}")}"]
            )
            {
                WorkingDirectory = _work.FullName,
            }
        );
}
