using System.Diagnostics;
using System.Text.Json.Nodes;
using EcrGuard.LocalAws;
using EcrGuard.Tests;

namespace EcrGuard.Aws.Tests.LocalAws;

/// <summary>
/// The real <c>aws</c> command, if it is installed. It implements the protocols independently of the SDK for .NET.
/// </summary>
public sealed class DynamoDbAndS3CliTests : IAsyncLifetime
{
    private LocalAwsServer server = null!;

    public async ValueTask InitializeAsync()
    {
        await Tool.RequireAsync("aws", "aws", "--version");
        server = await LocalAwsServer.StartAsync();
        server.DynamoDb.CreateEcrGuardTable("EcrGuard");
    }

    public async ValueTask DisposeAsync()
    {
        if (server is not null)
        {
            Assert.Empty(server.Unexpected);
            await server.DisposeAsync();
        }
    }

    [Fact]
    public async Task Items_are_put_updated_and_queried()
    {
        await AwsAsync(
            "dynamodb",
            "put-item",
            "--table-name",
            "EcrGuard",
            "--item",
            """{"pk":{"S":"R#app"},"sk":{"S":"I#1"},"gsi1pk":{"S":"BLOCKED"},"gsi1sk":{"S":"t"}}"""
        );
        await AwsAsync(
            "dynamodb",
            "update-item",
            "--table-name",
            "EcrGuard",
            "--key",
            """{"pk":{"S":"R#app"},"sk":{"S":"I#1"}}""",
            "--update-expression",
            "ADD seen :one",
            "--expression-attribute-values",
            """{":one":{"N":"1"}}"""
        );

        var answer = await AwsAsync(
            "dynamodb",
            "query",
            "--table-name",
            "EcrGuard",
            "--index-name",
            "byStatus",
            "--key-condition-expression",
            "gsi1pk = :s",
            "--expression-attribute-values",
            """{":s":{"S":"BLOCKED"}}"""
        );

        Assert.Equal("1", JsonNode.Parse(answer)!["Items"]![0]!["seen"]!["N"]!.GetValue<string>());
        Assert.Equal(1, server.DynamoDb.Items("EcrGuard").Single()["seen"]!.GetValue<int>());
    }

    [Fact]
    public async Task Objects_are_copied_up_listed_and_copied_down()
    {
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, "findings");
            await AwsAsync(
                "s3api",
                "create-bucket",
                "--bucket",
                "findings",
                "--create-bucket-configuration",
                "LocationConstraint=eu-central-1"
            );
            await AwsAsync("s3", "cp", file, "s3://findings/a b/findings.json");

            Assert.Contains(
                "findings.json",
                await AwsAsync("s3", "ls", "s3://findings/a b/"),
                StringComparison.Ordinal
            );
            Assert.Equal("findings", await AwsAsync("s3", "cp", "s3://findings/a b/findings.json", "-"));
            await AwsAsync("s3", "rm", "--recursive", "s3://findings/");
            Assert.Empty(server.S3.Keys("findings"));
        }
        finally
        {
            File.Delete(file);
        }
    }

    private async Task<string> AwsAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("aws", arguments)
        {
            Environment =
            {
                ["AWS_ACCESS_KEY_ID"] = "AKIDEXAMPLE",
                ["AWS_SECRET_ACCESS_KEY"] = "secret",
                ["AWS_REGION"] = "eu-central-1",
                ["AWS_DEFAULT_REGION"] = "eu-central-1",
                ["AWS_ENDPOINT_URL"] = server.Endpoint.ToString(),
                ["AWS_CONFIG_FILE"] = "none",
                ["AWS_SHARED_CREDENTIALS_FILE"] = "none",
                ["AWS_PAGER"] = "",
                ["AWS_MAX_ATTEMPTS"] = "1",
            },
        };
        var (exitCode, output) = await Tool.RunAsync(start);
        Assert.True(exitCode == 0, output);
        return output;
    }
}
