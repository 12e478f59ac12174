using System.Text.Json.Nodes;
using EcrGuard.Tests;

namespace EcrGuard.EndToEnd.Tests.Cli;

/// <summary><c>ecrguard local</c>: a client that asks a deployed EcrGuard can ask it without a change.</summary>
public sealed class LocalCommandTests(LocalProcess local) : IClassFixture<LocalProcess>
{
    [Fact]
    public async Task Ask_the_AWS_CLI_and_curl_get_one_answer()
    {
        foreach (var tool in new[] { "aws", "curl" })
            await Tool.RequireAsync(tool, tool, "--version");
        var (code, text) = await local.BashAsync("ecrguard ask payments/ledger:2.0 --format json");
        Assert.True(code == 1, text);
        var asked = JsonNode.Parse(text)!["images"]![0]!;
        Assert.Equal("BLOCKED", (string)asked["status"]!);

        (code, text) = await local.BashAsync(
            "ecrguard ask payments/ledger:2.0 --url $AWS_ENDPOINT_URL/approval --format json"
        );
        Assert.True(code == 1, text);
        Assert.Equal((string)asked["digest"]!, (string)JsonNode.Parse(text)!["images"]![0]!["digest"]!);

        (code, text) = await local.BashAsync(
            """
            curl -s --aws-sigv4 "aws:amz:$AWS_REGION:execute-api" --user local:local \
              "$AWS_ENDPOINT_URL/approval?image=payments%2Fledger%3A2.0"
            """
        );
        Assert.True(code == 0, text);
        Assert.Equal((string)asked["digest"]!, (string)JsonNode.Parse(text)!["digest"]!);

        (code, text) = await local.BashAsync(
            """
            aws lambda invoke --function-name Approval --payload '{"image":"payments/ledger:2.0"}' \
              $(aws --version 2>&1 | grep -q '^aws-cli/1' || echo --cli-binary-format raw-in-base64-out) \
              answer.json > log
            cat answer.json
            """
        );
        Assert.True(code == 0, text);
        Assert.Equal((string)asked["digest"]!, (string)JsonNode.Parse(text)!["digest"]!);

        (code, text) = await local.BashAsync("curl -s \"$AWS_ENDPOINT_URL/approval?image=payments%2Fledger%3A2.0\"");
        Assert.Equal((0, """{"message":"Forbidden"}"""), (code, text.Trim()));
    }

    [Fact]
    public async Task The_ledger_is_listed_and_an_approval_is_forced_for_hours()
    {
        var (code, text) = await local.BashAsync("ecrguard list --status blocked --repository payments/*");
        Assert.True(code == 0, text);
        var lines = text.TrimEnd('\n').Split('\n');
        Assert.Equal(2, lines.Length);
        Assert.StartsWith("BLOCKED", lines[0], StringComparison.Ordinal);
        Assert.Contains("payments/ledger:2.0", lines[0], StringComparison.Ordinal);
        Assert.Equal("1 image.", lines[1]);
        (code, text) = await local.BashAsync("ecrguard list --format json");
        Assert.True(code == 0, text);
        Assert.Equal(12, JsonNode.Parse(text)!.AsArray().Count);

        (code, text) = await local.BashAsync(
            "ecrguard breakglass legacy/report:7 --reason 'the release of today' --until 2h "
                + "--url $AWS_ENDPOINT_URL/breakglass"
        );
        Assert.True(code == 0, text);
        (code, text) = await local.BashAsync("ecrguard ask legacy/report:7");
        Assert.True(code == 0, text);
    }
}
