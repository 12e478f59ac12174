using System.Text.Json.Nodes;
using EcrGuard.EndToEnd.Tests.Gates;
using EcrGuard.EndToEnd.Tests.Template;
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
            echo '{"image":"payments/ledger:2.0"}' > question.json
            aws lambda invoke --function-name Approval --payload fileb://question.json answer.json > log
            cat answer.json
            """
        );
        Assert.True(code == 0, text);
        Assert.Equal((string)asked["digest"]!, (string)JsonNode.Parse(text)!["digest"]!);

        (code, text) = await local.BashAsync("curl -s \"$AWS_ENDPOINT_URL/approval?image=payments%2Fledger%3A2.0\"");
        Assert.Equal((0, """{"message":"Forbidden"}"""), (code, text.Trim()));
    }

    [Theory]
    [InlineData("image=payments%2Fledger%3A2.0", 200)]
    [InlineData("image=shop%2Fweb%3A1.0", 200)]
    [InlineData("image=payments%2Fledger%3A2.0&require=approved", 412)]
    [InlineData("image=no%2Fsuch%3A1.0", 404)]
    [InlineData("image=%20", 400)]
    [InlineData("", 400)]
    public async Task Every_answer_over_HTTP_is_in_the_contract(string query, int status)
    {
        await Tool.RequireAsync("curl", "curl", "--version");
        var (code, text) = await local.BashAsync(
            $$"""
            curl -s -w '\n%{http_code}' --aws-sigv4 "aws:amz:$AWS_REGION:execute-api" --user local:local \
              "$AWS_ENDPOINT_URL/approval?{{query}}"
            """
        );
        Assert.True(code == 0, text);
        var lines = text.TrimEnd().Split('\n');
        Assert.Equal($"{status}", lines[^1]);
        Contract.Check("GET /approval", status, JsonNode.Parse(string.Join('\n', lines[..^1]))!);
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

    [Fact]
    public async Task A_repository_without_a_judged_image_has_an_empty_list()
    {
        var (code, text) = await local.BashAsync("ecrguard list --repository no/such 2> note");
        Assert.Equal((0, "0 images."), (code, text.TrimEnd('\n')));
        (code, text) = await local.BashAsync("ecrguard list --repository no/such --format json 2> note; cat note");
        Assert.True(code == 0, text);
        Assert.StartsWith("[]\nNote: --repository is 'no/such', and the ledger has no image", text);
    }

    [Fact]
    public async Task The_AWS_CLI_lists_the_functions()
    {
        await Tool.RequireAsync("aws", "aws", "--version");
        var (code, text) = await local.BashAsync("aws lambda list-functions --query Functions[].FunctionName");
        Assert.True(code == 0, text);
        Assert.Equal(
            SamTemplate.With(SamTemplate.Everything).Functions.Order(StringComparer.Ordinal),
            JsonNode.Parse(text)!.AsArray().Select(name => (string)name!).Order(StringComparer.Ordinal)
        );
    }

    /// <summary>A gate of AWS can be tried with the event that AWS sends, and every function runs.</summary>
    [Fact]
    public async Task Every_function_is_invoked_by_the_AWS_CLI()
    {
        await Tool.RequireAsync("aws", "aws", "--version");
        var hook = $$$"""
            {"clientRequestToken":"1","actionInvocationPoint":"CREATE_PRE_PROVISION","requestData":{
            "targetType":"AWS::ECS::TaskDefinition","targetLogicalId":"Web","targetModel":{"resourceProperties":{
            "ContainerDefinitions":[{"Image":"123456789012.dkr.ecr.eu-central-1.amazonaws.com/{{{Image}}}"}]} } } }
            """;
        var (blocked, approved) = (hook.Replace(Image, "payments/ledger:2.0"), hook.Replace(Image, "shop/web:1.0"));
        Assert.Equal("FAILED", (string)(await InvokeAsync("CloudFormationGate", blocked))["hookStatus"]!);
        Assert.Equal("SUCCESS", (string)(await InvokeAsync("CloudFormationGate", approved))["hookStatus"]!);
        Assert.True((await InvokeAsync("CodePipelineGate", """{"images":["shop/web:1.0"]}""")).GetValue<bool>());
        Assert.Contains(
            "CVE-",
            (string)(await InvokeAsync("CodePipelineGate", """{"images":["payments/ledger:2.0"]}"""))["errorMessage"]!
        );
        Assert.Equal("FAILED", (string)(await InvokeAsync("EcsGate", "{}"))["hookStatus"]!);
        foreach (var function in SamTemplate.With(SamTemplate.Everything).Functions)
        {
            var (code, text) = await local.BashAsync($"echo '{{}}' > in.json; {Invoke(function)}");
            Assert.True(code == 0, $"{function}: {text}");
        }
        Assert.NotNull((await InvokeAsync("WeeklySummary", "{}"))["Week"]);
        var sweep = await InvokeAsync("SweepList", "{}");
        Assert.NotNull(sweep["Run"]);

        async Task<JsonNode> InvokeAsync(string function, string input)
        {
            await File.WriteAllTextAsync(Path.Combine(local.Folder, "in.json"), input);
            var (code, text) = await local.BashAsync($"{Invoke(function)} && cat answer.json");
            Assert.True(code == 0, text);
            return JsonNode.Parse(text)!;
        }

        static string Invoke(string function) =>
            $"aws lambda invoke --function-name {function} --payload fileb://in.json answer.json > log";
    }

    private const string Image = "IMAGE";
}
