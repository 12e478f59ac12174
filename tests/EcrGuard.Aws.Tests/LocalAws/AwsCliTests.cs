using System.Diagnostics;
using System.Text.Json;
using EcrGuard.LocalAws;
using EcrGuard.LocalAws.Ecr;
using EcrGuard.Tests;

namespace EcrGuard.Aws.Tests.LocalAws;

/// <summary>
/// Tests the local AWS with the AWS command line interface, which nobody here wrote. The local AWS understands its
/// calls for each operation that the product uses, and the command line understands the answers.
/// </summary>
public sealed class AwsCliTests
{
    private const string Repository = "pay/api";

    private const string Policy =
        """{"rules":[{"rulePriority":1,"selection":{"tagStatus":"untagged","countType":"sinceImagePushed","countUnit":"days","countNumber":14},"action":{"type":"expire"}}]}""";

    [Fact]
    public async Task The_AWS_CLI_drives_ECR()
    {
        await Tool.RequireAsync("aws", "aws", "--version");
        await using var aws = await LocalAwsServer.StartAsync();
        aws.Ecr.CreateRepository(Repository);
        var manifest = Manifest.Image("one");
        var digest = aws.Ecr.Push(Repository, manifest, "v1");

        Assert.Equal(
            Repository,
            await CliAsync(aws, "ecr describe-repositories --query repositories[0].repositoryName")
        );
        Assert.Equal(
            digest,
            await CliAsync(
                aws,
                $"ecr describe-images --repository-name {Repository} --query imageDetails[0].imageDigest"
            )
        );
        Assert.Equal(
            "v1",
            await CliAsync(aws, $"ecr list-images --repository-name {Repository} --query imageIds[0].imageTag")
        );
        Assert.Equal(
            manifest.Text,
            await CliAsync(
                aws,
                $"ecr batch-get-image --repository-name {Repository} --image-ids imageTag=v1 "
                    + $"--accepted-media-types {MediaTypes.OciManifest} --query images[0].imageManifest"
            )
        );
        Assert.Equal(
            digest,
            await CliAsync(
                aws,
                $"ecr put-image --repository-name {Repository} --image-tag v2 --image-digest {digest} --query "
                    + "image.imageId.imageDigest --image-manifest",
                manifest.Text
            )
        );
        Assert.Equal(
            "v2",
            await CliAsync(
                aws,
                $"ecr batch-delete-image --repository-name {Repository} --image-ids imageTag=v2 --query "
                    + "imageIds[0].imageTag"
            )
        );
        Assert.Equal(
            Policy,
            await CliAsync(
                aws,
                $"ecr put-lifecycle-policy --repository-name {Repository} --query lifecyclePolicyText "
                    + "--lifecycle-policy-text",
                Policy
            )
        );
        Assert.Equal(
            Policy,
            await CliAsync(aws, $"ecr get-lifecycle-policy --repository-name {Repository} --query lifecyclePolicyText")
        );
        Assert.Equal(
            "IN_PROGRESS",
            await CliAsync(
                aws,
                $"ecr start-image-scan --repository-name {Repository} --image-id imageTag=v1 --query "
                    + "imageScanStatus.status"
            )
        );
        aws.Ecr.CompleteScan(
            Repository,
            digest,
            new LocalFinding("CVE-2024-6119", "HIGH", new LocalPackage("openssl", "3.0.13"))
        );
        Assert.Equal(
            "CVE-2024-6119",
            await CliAsync(
                aws,
                $"ecr describe-image-scan-findings --repository-name {Repository} --image-id imageTag=v1 "
                    + "--query imageScanFindings.findings[0].name"
            )
        );
        Assert.Equal(
            "BASIC",
            await CliAsync(aws, "ecr get-registry-scanning-configuration --query scanningConfiguration.scanType")
        );
        Assert.Equal(
            "MANUAL",
            await CliAsync(
                aws,
                $"ecr batch-get-repository-scanning-configuration --repository-names {Repository} --query "
                    + "scanningConfigurations[0].scanFrequency"
            )
        );
        Assert.Empty(aws.Unexpected);
    }

    [Fact]
    public async Task The_AWS_CLI_drives_Inspector()
    {
        await Tool.RequireAsync("aws", "aws", "--version");
        await using var aws = await LocalAwsServer.StartAsync();
        aws.Ecr.Scanning = ScanningConfiguration.Enhanced;
        aws.Ecr.CreateRepository(Repository);
        var digest = aws.Ecr.Push(Repository, Manifest.Image("one"), "v1");
        aws.Inspector.CompleteScan(
            Repository,
            digest,
            new LocalFinding("CVE-2024-6119", "HIGH", new LocalPackage("openssl", "3.0.13")) { Epss = 0.5 }
        );

        Assert.Equal(
            "0.5",
            await CliAsync(
                aws,
                "inspector2 list-findings --query findings[0].epss.score --filter-criteria",
                $$"""{"ecrImageHash":[{"comparison":"EQUALS","value":"{{digest}}"}]}"""
            )
        );
        Assert.Equal(
            "SUCCESSFUL",
            await CliAsync(aws, "inspector2 list-coverage --query coveredResources[0].scanStatus.reason")
        );
        Assert.Empty(aws.Unexpected);
    }

    [Fact]
    public async Task The_AWS_CLI_drives_SNS()
    {
        await Tool.RequireAsync("aws", "aws", "--version");
        await using var aws = await LocalAwsServer.StartAsync();
        var topic = await CliAsync(aws, "sns create-topic --name alerts --query TopicArn");

        await CliAsync(
            aws,
            $"sns publish --topic-arn {topic} --subject Hello --message World --message-attributes",
            """{"severity":{"DataType":"String","StringValue":"HIGH"}}"""
        );
        await CliAsync(
            aws,
            $"sns publish-batch --topic-arn {topic} --publish-batch-request-entries",
            """[{"Id":"1","Message":"one"},{"Id":"2","Message":"two"}]"""
        );

        Assert.Equal(["World", "one", "two"], aws.Sns.Messages.Select(m => m.Message));
        Assert.Equal("HIGH", aws.Sns.Messages.First().Attributes["severity"].Value);
        Assert.Empty(aws.Unexpected);
    }

    [Fact]
    public async Task The_AWS_CLI_understands_a_refusal()
    {
        await Tool.RequireAsync("aws", "aws", "--version");
        await using var aws = await LocalAwsServer.StartAsync();

        var (exitCode, output) = await RunAsync(aws, ["ecr", "list-images", "--repository-name", "none"]);

        Assert.NotEqual(0, exitCode);
        Assert.Contains("(RepositoryNotFoundException)", output, StringComparison.Ordinal);
    }

    /// <param name="aws">The server.</param>
    /// <param name="arguments">Separated by spaces.</param>
    /// <param name="last">One more argument, passed as it is.</param>
    /// <returns>What the command wrote: the value that its query selects.</returns>
    private static async Task<string> CliAsync(LocalAwsServer aws, string arguments, params string[] last)
    {
        var (exitCode, output) = await RunAsync(aws, [.. arguments.Split(' '), .. last]);
        Assert.True(exitCode == 0, output);
        using var value = JsonDocument.Parse(output);
        return value.RootElement.ToString();
    }

    private static Task<(int ExitCode, string Output)> RunAsync(LocalAwsServer aws, string[] arguments)
    {
        var start = new ProcessStartInfo(
            "aws",
            ["--endpoint-url", aws.Endpoint.ToString(), "--region", aws.Region, "--output", "json", .. arguments]
        );
        start.Environment["AWS_ACCESS_KEY_ID"] = "AKIDEXAMPLE";
        start.Environment["AWS_SECRET_ACCESS_KEY"] = "secret";
        start.Environment["AWS_PAGER"] = "";
        start.Environment["AWS_CONFIG_FILE"] = "/dev/null";
        start.Environment.Remove("AWS_ENDPOINT_URL");
        return Tool.RunAsync(start);
    }
}
