using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Amazon.ECR;
using Amazon.ECR.Model;
using Amazon.Inspector2;
using Amazon.Inspector2.Model;
using Amazon.SimpleNotificationService;
using Amazon.SimpleNotificationService.Model;
using EcrGuard.Tests;

namespace EcrGuard.Aws.Tests.Bundled;

/// <summary>
/// The bundled clients against moto's server, which has its own code to parse and write the wire format. The tests do
/// not look at moto's logic.
/// </summary>
public sealed class MotoTests : IAsyncLifetime
{
    private readonly string _url = $"http://127.0.0.1:{FreePort()}";
    private Process? _server;

    public async ValueTask InitializeAsync()
    {
        await Tool.RequireAsync("moto_server", "moto_server", "--help");
        _server = Process.Start(
            new ProcessStartInfo(
                "moto_server",
                ["-p", new Uri(_url).Port.ToString(System.Globalization.CultureInfo.InvariantCulture)]
            )
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            }
        )!;
        _server.OutputDataReceived += (_, _) => { };
        _server.ErrorDataReceived += (_, _) => { };
        _server.BeginOutputReadLine();
        _server.BeginErrorReadLine();
        using var http = new HttpClient();
        for (var tries = 0; ; tries++)
        {
            try
            {
                await http.GetAsync(new Uri($"{_url}/moto-api/"), TestContext.Current.CancellationToken);
                return;
            }
            catch (HttpRequestException) when (tries < 200)
            {
                await Task.Delay(100, TestContext.Current.CancellationToken);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is null)
            return;
        _server.Kill(entireProcessTree: true);
        await _server.WaitForExitAsync();
        _server.Dispose();
    }

    [Fact]
    public async Task An_image_goes_in_and_comes_out()
    {
        using var ecr = new AmazonECRClient(
            "id",
            "secret",
            new AmazonECRConfig { ServiceURL = _url, AuthenticationRegion = "us-east-1" }
        );
        const string Manifest =
            """{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json","size":2,"digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"},"layers":[]}""";
        var digest =
            $"sha256:{Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(Manifest)))}";

        var repository = (
            await ecr.CreateRepositoryAsync(
                new CreateRepositoryRequest
                {
                    RepositoryName = "pay/api",
                    ImageTagMutability = ImageTagMutability.MUTABLE,
                    ImageScanningConfiguration = new ImageScanningConfiguration { ScanOnPush = true },
                    Tags = [new Tag { Key = "owner", Value = "pay" }],
                }
            )
        ).Repository;
        Assert.Equal("arn:aws:ecr:us-east-1:123456789012:repository/pay/api", repository.RepositoryArn);
        Assert.True(repository.ImageScanningConfiguration.ScanOnPush);
        Assert.InRange(repository.CreatedAt!.Value, DateTime.UtcNow.AddHours(-1), DateTime.UtcNow.AddHours(1));

        var put = await ecr.PutImageAsync(
            new PutImageRequest
            {
                RepositoryName = "pay/api",
                ImageManifest = Manifest,
                ImageManifestMediaType = "application/vnd.oci.image.manifest.v1+json",
                ImageTag = "v1",
                ImageDigest = digest,
            }
        );
        Assert.Equal(digest, put.Image.ImageId.ImageDigest);

        Assert.Equal(
            "v1",
            Assert
                .Single((await ecr.ListImagesAsync(new ListImagesRequest { RepositoryName = "pay/api" })).ImageIds)
                .ImageTag
        );
        Assert.Equal(
            ["v1"],
            Assert
                .Single(
                    (
                        await ecr.DescribeImagesAsync(new DescribeImagesRequest { RepositoryName = "pay/api" })
                    ).ImageDetails
                )
                .ImageTags
        );
        var got = await ecr.BatchGetImageAsync(
            new BatchGetImageRequest
            {
                RepositoryName = "pay/api",
                ImageIds = [new ImageIdentifier { ImageTag = "v1" }, new ImageIdentifier { ImageTag = "v2" }],
            }
        );
        Assert.Equal(Manifest, Assert.Single(got.Images).ImageManifest);
        Assert.Equal(ImageFailureCode.ImageNotFound, Assert.Single(got.Failures).FailureCode);

        await Assert.ThrowsAsync<LifecyclePolicyNotFoundException>(() =>
            ecr.GetLifecyclePolicyAsync(new GetLifecyclePolicyRequest { RepositoryName = "pay/api" })
        );
        const string Policy =
            """{"rules":[{"rulePriority":1,"selection":{"tagStatus":"untagged","countType":"imageCountMoreThan","countNumber":5},"action":{"type":"expire"}}]}""";
        await ecr.PutLifecyclePolicyAsync(
            new PutLifecyclePolicyRequest { RepositoryName = "pay/api", LifecyclePolicyText = Policy }
        );
        Assert.Equal(
            Policy,
            (
                await ecr.GetLifecyclePolicyAsync(new GetLifecyclePolicyRequest { RepositoryName = "pay/api" })
            ).LifecyclePolicyText
        );

        await Assert.ThrowsAsync<ScanNotFoundException>(() =>
            ecr.DescribeImageScanFindingsAsync(
                new DescribeImageScanFindingsRequest
                {
                    RepositoryName = "pay/api",
                    ImageId = new ImageIdentifier { ImageTag = "v1" },
                }
            )
        );
        await ecr.StartImageScanAsync(
            new StartImageScanRequest
            {
                RepositoryName = "pay/api",
                ImageId = new ImageIdentifier { ImageTag = "v1" },
            }
        );
        var scan = await ecr.DescribeImageScanFindingsAsync(
            new DescribeImageScanFindingsRequest
            {
                RepositoryName = "pay/api",
                ImageId = new ImageIdentifier { ImageTag = "v1" },
            }
        );
        Assert.Equal(Amazon.ECR.ScanStatus.COMPLETE, scan.ImageScanStatus.Status);
        Assert.NotEmpty(scan.ImageScanFindings.Findings[0].Attributes);

        Assert.Equal(
            Amazon.ECR.ScanType.BASIC,
            (await ecr.GetRegistryScanningConfigurationAsync(new GetRegistryScanningConfigurationRequest()))
                .ScanningConfiguration
                .ScanType
        );
        var deleted = await ecr.BatchDeleteImageAsync(
            new BatchDeleteImageRequest
            {
                RepositoryName = "pay/api",
                ImageIds = [new ImageIdentifier { ImageTag = "v1" }],
            }
        );
        Assert.Equal("v1", Assert.Single(deleted.ImageIds).ImageTag);
        await Assert.ThrowsAsync<Amazon.ECR.Model.RepositoryNotFoundException>(() =>
            ecr.ListImagesAsync(new ListImagesRequest { RepositoryName = "nope" })
        );
    }

    [Fact]
    public async Task Messages_are_published_one_by_one_and_in_batches()
    {
        using var sns = new AmazonSimpleNotificationServiceClient(
            "id",
            "secret",
            new AmazonSimpleNotificationServiceConfig { ServiceURL = _url, AuthenticationRegion = "us-east-1" }
        );
        using var http = new HttpClient
        {
            DefaultRequestHeaders =
            {
                {
                    "Authorization",
                    "AWS4-HMAC-SHA256 Credential=id/20260101/us-east-1/sns/aws4_request, SignedHeaders=host, "
                        + "Signature=0"
                },
            },
        };
        using var create = new FormUrlEncodedContent([
            new("Action", "CreateTopic"),
            new("Name", "alerts"),
            new("Version", "2010-03-31"),
        ]);
        (await http.PostAsync(new Uri(_url), create, TestContext.Current.CancellationToken)).EnsureSuccessStatusCode();
        const string Topic = "arn:aws:sns:us-east-1:123456789012:alerts";

        var published = await sns.PublishAsync(
            new PublishRequest(Topic, "body é &", "subject")
            {
                MessageAttributes = new()
                {
                    ["severity"] = new MessageAttributeValue { DataType = "String", StringValue = "CRITICAL" },
                },
            }
        );
        Assert.NotEmpty(published.MessageId);

        var batch = await sns.PublishBatchAsync(
            new PublishBatchRequest
            {
                TopicArn = Topic,
                PublishBatchRequestEntries =
                [
                    new PublishBatchRequestEntry { Id = "a", Message = "1" },
                    new PublishBatchRequestEntry { Id = "b", Message = "2" },
                ],
            }
        );
        Assert.Equal(["a", "b"], batch.Successful.Select(m => m.Id));

        await Assert.ThrowsAsync<NotFoundException>(() => sns.PublishAsync($"{Topic}-of-nobody", "m"));
        var twice = new PublishBatchRequest
        {
            TopicArn = Topic,
            PublishBatchRequestEntries =
            [
                new PublishBatchRequestEntry { Id = "a", Message = "1" },
                new PublishBatchRequestEntry { Id = "a", Message = "2" },
            ],
        };
        await Assert.ThrowsAsync<BatchEntryIdsNotDistinctException>(() => sns.PublishBatchAsync(twice));
    }

    [Fact]
    public async Task Findings_are_listed()
    {
        using var inspector = new AmazonInspector2Client(
            "id",
            "secret",
            new AmazonInspector2Config { ServiceURL = _url, AuthenticationRegion = "us-east-1" }
        );
        using var http = new HttpClient();
        using var seed = new StringContent(
            """{"results":[[{"findingArn":"arn:f","severity":"CRITICAL","epss":{"score":0.25}}]],"account_id":"123456789012","region":"us-east-1"}"""
        );
        (
            await http.PostAsync(
                new Uri($"{_url}/moto-api/static/inspector2/findings-results"),
                seed,
                TestContext.Current.CancellationToken
            )
        ).EnsureSuccessStatusCode();

        var response = await inspector.ListFindingsAsync(
            new ListFindingsRequest
            {
                FilterCriteria = new FilterCriteria
                {
                    EcrImageHash =
                    [
                        new StringFilter { Comparison = Amazon.Inspector2.StringComparison.EQUALS, Value = "sha256:1" },
                    ],
                },
            }
        );

        var finding = Assert.Single(response.Findings);
        Assert.Equal(("arn:f", Severity.CRITICAL, 0.25), (finding.FindingArn, finding.Severity, finding.Epss.Score));
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
