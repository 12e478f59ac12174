using Amazon;
using Amazon.AppRunner;
using Amazon.CloudFormation;
using Amazon.CodeDeploy;
using Amazon.CodePipeline;
using Amazon.ECR;
using Amazon.ECR.Model;
using Amazon.ECS;
using Amazon.EventBridge;
using Amazon.Inspector2;
using Amazon.KeyManagementService;
using Amazon.Lambda;
using Amazon.Runtime;
using Amazon.Runtime.Endpoints;
using Amazon.Runtime.Internal;
using Amazon.Scheduler;
using Amazon.SimpleNotificationService;
using EcrGuard.Bundled.Plumbing;

namespace EcrGuard.Aws.Tests.Bundled;

/// <summary>Tests that read or change the environment of the process run alone.</summary>
[CollectionDefinition(nameof(ProcessEnvironment), DisableParallelization = true)]
public sealed class ProcessEnvironment;

/// <summary>Where requests go. The expected hosts are those of the services' endpoint rule sets.</summary>
[Collection(nameof(ProcessEnvironment))]
public sealed class EndpointTests : IDisposable
{
    private static readonly string[] Variables =
    [
        "AWS_ENDPOINT_URL",
        "AWS_ENDPOINT_URL_ECR",
        "AWS_ENDPOINT_URL_SNS",
        "AWS_USE_FIPS_ENDPOINT",
        "AWS_USE_DUALSTACK_ENDPOINT",
    ];

    private readonly Dictionary<string, string?> _before = Variables.ToDictionary(
        name => name,
        Environment.GetEnvironmentVariable
    );

    public EndpointTests() => Array.ForEach(Variables, name => Environment.SetEnvironmentVariable(name, null));

    public void Dispose()
    {
        foreach (var (name, value) in _before)
            Environment.SetEnvironmentVariable(name, value);
    }

    [Theory]
    [InlineData(
        "eu-central-1",
        false,
        false,
        "https://api.ecr.eu-central-1.amazonaws.com",
        "https://inspector2.eu-central-1.amazonaws.com",
        "https://sns.eu-central-1.amazonaws.com"
    )]
    [InlineData(
        "us-east-1",
        true,
        false,
        "https://api.ecr-fips.us-east-1.amazonaws.com",
        "https://inspector2-fips.us-east-1.amazonaws.com",
        "https://sns-fips.us-east-1.amazonaws.com"
    )]
    [InlineData(
        "us-east-1",
        false,
        true,
        "https://ecr.us-east-1.api.aws",
        "https://inspector2.us-east-1.api.aws",
        "https://sns.us-east-1.api.aws"
    )]
    [InlineData(
        "us-east-1",
        true,
        true,
        "https://ecr-fips.us-east-1.api.aws",
        "https://inspector2-fips.us-east-1.api.aws",
        "https://sns-fips.us-east-1.api.aws"
    )]
    [InlineData(
        "cn-north-1",
        false,
        false,
        "https://api.ecr.cn-north-1.amazonaws.com.cn",
        "https://inspector2.cn-north-1.amazonaws.com.cn",
        "https://sns.cn-north-1.amazonaws.com.cn"
    )]
    [InlineData(
        "us-gov-west-1",
        false,
        false,
        "https://api.ecr.us-gov-west-1.amazonaws.com",
        "https://inspector2.us-gov-west-1.amazonaws.com",
        "https://sns.us-gov-west-1.amazonaws.com"
    )]
    [InlineData(
        "us-gov-west-1",
        true,
        false,
        "https://api.ecr-fips.us-gov-west-1.amazonaws.com",
        "https://inspector2-fips.us-gov-west-1.amazonaws.com",
        "https://sns.us-gov-west-1.amazonaws.com"
    )]
    public void The_host_follows_from_region_partition_FIPS_and_dual_stack(
        string region,
        bool fips,
        bool dualStack,
        string ecr,
        string inspector,
        string sns
    )
    {
        static string Of(ClientConfig config, string region, bool fips, bool dualStack)
        {
            config.RegionEndpoint = RegionEndpoint.GetBySystemName(region);
            config.UseFIPSEndpoint = fips;
            config.UseDualstackEndpoint = dualStack;
            return config
                .DetermineServiceOperationEndpoint(new ServiceOperationEndpointParameters(new ListImagesRequest()))
                .URL.TrimEnd('/');
        }

        Assert.Equal(ecr, Of(new AmazonECRConfig(), region, fips, dualStack));
        Assert.Equal(inspector, Of(new AmazonInspector2Config(), region, fips, dualStack));
        Assert.Equal(sns, Of(new AmazonSimpleNotificationServiceConfig(), region, fips, dualStack));
    }

    [Theory]
    [InlineData("eu-central-1", false, "events.eu-central-1.amazonaws.com")]
    [InlineData("us-east-1", true, "events-fips.us-east-1.amazonaws.com")]
    [InlineData("us-gov-west-1", true, "events.us-gov-west-1.amazonaws.com")]
    public void The_FIPS_host_of_EventBridge_in_GovCloud_is_the_plain_one(string region, bool fips, string host)
    {
        var config = new AmazonEventBridgeConfig
        {
            RegionEndpoint = RegionEndpoint.GetBySystemName(region),
            UseFIPSEndpoint = fips,
        };

        Assert.Equal(
            host,
            new Uri(
                config
                    .DetermineServiceOperationEndpoint(new ServiceOperationEndpointParameters(new ListImagesRequest()))
                    .URL
            ).Host
        );
    }

    [Fact]
    public void Each_service_that_runs_or_deploys_images_has_its_own_host()
    {
        ClientConfig[] configs =
        [
            new AmazonECSConfig(),
            new AmazonLambdaConfig(),
            new AmazonAppRunnerConfig(),
            new AmazonSchedulerConfig(),
            new AmazonCodeDeployConfig(),
            new AmazonCodePipelineConfig(),
            new AmazonCloudFormationConfig(),
        ];

        Assert.Equal(
            [
                "ecs.eu-west-1.amazonaws.com",
                "lambda.eu-west-1.amazonaws.com",
                "apprunner.eu-west-1.amazonaws.com",
                "scheduler.eu-west-1.amazonaws.com",
                "codedeploy.eu-west-1.amazonaws.com",
                "codepipeline.eu-west-1.amazonaws.com",
                "cloudformation.eu-west-1.amazonaws.com",
            ],
            configs.Select(config =>
            {
                config.RegionEndpoint = RegionEndpoint.EUWest1;
                return new Uri(
                    config
                        .DetermineServiceOperationEndpoint(
                            new ServiceOperationEndpointParameters(new ListImagesRequest())
                        )
                        .URL
                ).Host;
            })
        );
    }

    [Fact]
    public async Task AWS_ENDPOINT_URL_sends_every_service_there_and_its_own_variable_comes_first()
    {
        await using var everything = await Loopback.StartAsync(
            Answer.Xml("<PublishResponse><PublishResult><MessageId>m</MessageId></PublishResult></PublishResponse>")
        );
        await using var ecrOnly = await Loopback.StartAsync(Answer.Json("{}"));
        Environment.SetEnvironmentVariable("AWS_ENDPOINT_URL", everything.Url);
        Environment.SetEnvironmentVariable("AWS_ENDPOINT_URL_ECR", ecrOnly.Url);
        using var ecr = new AmazonECRClient("id", "secret", RegionEndpoint.EUCentral1);
        using var sns = new AmazonSimpleNotificationServiceClient("id", "secret", RegionEndpoint.EUCentral1);

        await ecr.ListImagesAsync(new ListImagesRequest());
        var published = await sns.PublishAsync("arn:aws:sns:eu-central-1:111122223333:t", "m");

        Assert.Equal("m", published.MessageId);
        Assert.Single(everything.Requests);
        Assert.Single(ecrOnly.Requests);
    }

    [Fact]
    public async Task A_custom_URL_and_FIPS_are_refused_together()
    {
        using var ecr = new AmazonECRClient(
            "id",
            "secret",
            new AmazonECRConfig
            {
                ServiceURL = "http://127.0.0.1:9",
                AuthenticationRegion = "us-east-1",
                UseFIPSEndpoint = true,
            }
        );

        await Assert.ThrowsAsync<AmazonClientException>(() => ecr.ListImagesAsync(new ListImagesRequest()));
    }

    [Fact]
    public void The_configuration_modes_are_those_of_a_published_package()
    {
        static IEnumerable<object> Of(DefaultConfigurationProvider provider) =>
            Enum.GetValues<DefaultConfigurationMode>()
                .Select(mode =>
                {
                    var values = provider.GetDefaultConfiguration(RegionEndpoint.EUCentral1, mode);
                    return (object)
                        (
                            mode,
                            values.Name,
                            values.RetryMode,
                            values.ConnectTimeout,
                            values.TlsNegotiationTimeout,
                            values.TimeToFirstByteTimeout,
                            values.HttpRequestTimeout,
                            values.S3UsEast1RegionalEndpoint
                        );
                });

        Assert.Equal(
            Of(new DefaultConfigurationProvider(AmazonKeyManagementServiceDefaultConfiguration.GetAllConfigurations())),
            Of(ServiceDefaults.Modes)
        );
    }
}
