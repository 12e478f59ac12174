using Amazon.AppRunner.Marshalling;
using Amazon.AppRunner.Model;
using Amazon.Runtime;
using Amazon.Runtime.Endpoints;
using Amazon.Runtime.Internal;
using EcrGuard.Bundled.Plumbing;

namespace Amazon.AppRunner;

/// <summary>
/// Credentials, region, retries, time-outs and errors are AWSSDK.Core's, as in the published package.
/// </summary>
public class AmazonAppRunnerClient : AmazonServiceClient, IAmazonAppRunner
{
    public AmazonAppRunnerClient()
        : base(new AmazonAppRunnerConfig()) { }

    public AmazonAppRunnerClient(RegionEndpoint region)
        : base(new AmazonAppRunnerConfig { RegionEndpoint = region }) { }

    public AmazonAppRunnerClient(AmazonAppRunnerConfig config)
        : base(config) { }

    public AmazonAppRunnerClient(AWSCredentials credentials)
        : this(credentials, new AmazonAppRunnerConfig()) { }

    public AmazonAppRunnerClient(AWSCredentials credentials, RegionEndpoint region)
        : this(credentials, new AmazonAppRunnerConfig { RegionEndpoint = region }) { }

    public AmazonAppRunnerClient(AWSCredentials credentials, AmazonAppRunnerConfig clientConfig)
        : base(credentials, clientConfig) { }

    public AmazonAppRunnerClient(string awsAccessKeyId, string awsSecretAccessKey)
        : this(awsAccessKeyId, awsSecretAccessKey, new AmazonAppRunnerConfig()) { }

    public AmazonAppRunnerClient(string awsAccessKeyId, string awsSecretAccessKey, RegionEndpoint region)
        : this(awsAccessKeyId, awsSecretAccessKey, new AmazonAppRunnerConfig { RegionEndpoint = region }) { }

    public AmazonAppRunnerClient(string awsAccessKeyId, string awsSecretAccessKey, AmazonAppRunnerConfig clientConfig)
        : base(awsAccessKeyId, awsSecretAccessKey, clientConfig) { }

    public AmazonAppRunnerClient(string awsAccessKeyId, string awsSecretAccessKey, string awsSessionToken)
        : this(awsAccessKeyId, awsSecretAccessKey, awsSessionToken, new AmazonAppRunnerConfig()) { }

    public AmazonAppRunnerClient(
        string awsAccessKeyId,
        string awsSecretAccessKey,
        string awsSessionToken,
        RegionEndpoint region
    )
        : this(
            awsAccessKeyId,
            awsSecretAccessKey,
            awsSessionToken,
            new AmazonAppRunnerConfig { RegionEndpoint = region }
        ) { }

    public AmazonAppRunnerClient(
        string awsAccessKeyId,
        string awsSecretAccessKey,
        string awsSessionToken,
        AmazonAppRunnerConfig clientConfig
    )
        : base(awsAccessKeyId, awsSecretAccessKey, awsSessionToken, clientConfig) { }

    public virtual Task<ListServicesResponse> ListServicesAsync(
        ListServicesRequest request,
        CancellationToken cancellationToken = default
    ) => InvokeAsync<ListServicesResponse>(request, AppRunnerOperations.ListServices, cancellationToken);

    public virtual Task<DescribeServiceResponse> DescribeServiceAsync(
        DescribeServiceRequest request,
        CancellationToken cancellationToken = default
    ) => InvokeAsync<DescribeServiceResponse>(request, AppRunnerOperations.DescribeService, cancellationToken);

    public Endpoint DetermineServiceOperationEndpoint(AmazonWebServiceRequest request) =>
        Config.DetermineServiceOperationEndpoint(new ServiceOperationEndpointParameters(request));

    protected override IServiceMetadata ServiceMetadata { get; } = new ServiceMetadata(AmazonAppRunnerConfig.ServiceId);

    protected override void CustomizeRuntimePipeline(RuntimePipeline pipeline) =>
        pipeline.UseRegionalEndpointsAndSigV4();
}
