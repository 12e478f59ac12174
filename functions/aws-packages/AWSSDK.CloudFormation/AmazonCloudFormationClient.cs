using Amazon.CloudFormation.Marshalling;
using Amazon.CloudFormation.Model;
using Amazon.Runtime;
using Amazon.Runtime.Endpoints;
using Amazon.Runtime.Internal;
using EcrGuard.Bundled.Plumbing;

namespace Amazon.CloudFormation;

/// <summary>
/// Credentials, region, retries, time-outs and errors are AWSSDK.Core's, as in the published package.
/// </summary>
public class AmazonCloudFormationClient : AmazonServiceClient, IAmazonCloudFormation
{
    public AmazonCloudFormationClient()
        : base(new AmazonCloudFormationConfig()) { }

    public AmazonCloudFormationClient(RegionEndpoint region)
        : base(new AmazonCloudFormationConfig { RegionEndpoint = region }) { }

    public AmazonCloudFormationClient(AmazonCloudFormationConfig config)
        : base(config) { }

    public AmazonCloudFormationClient(AWSCredentials credentials)
        : this(credentials, new AmazonCloudFormationConfig()) { }

    public AmazonCloudFormationClient(AWSCredentials credentials, RegionEndpoint region)
        : this(credentials, new AmazonCloudFormationConfig { RegionEndpoint = region }) { }

    public AmazonCloudFormationClient(AWSCredentials credentials, AmazonCloudFormationConfig clientConfig)
        : base(credentials, clientConfig) { }

    public AmazonCloudFormationClient(string awsAccessKeyId, string awsSecretAccessKey)
        : this(awsAccessKeyId, awsSecretAccessKey, new AmazonCloudFormationConfig()) { }

    public AmazonCloudFormationClient(string awsAccessKeyId, string awsSecretAccessKey, RegionEndpoint region)
        : this(awsAccessKeyId, awsSecretAccessKey, new AmazonCloudFormationConfig { RegionEndpoint = region }) { }

    public AmazonCloudFormationClient(
        string awsAccessKeyId,
        string awsSecretAccessKey,
        AmazonCloudFormationConfig clientConfig
    )
        : base(awsAccessKeyId, awsSecretAccessKey, clientConfig) { }

    public AmazonCloudFormationClient(string awsAccessKeyId, string awsSecretAccessKey, string awsSessionToken)
        : this(awsAccessKeyId, awsSecretAccessKey, awsSessionToken, new AmazonCloudFormationConfig()) { }

    public AmazonCloudFormationClient(
        string awsAccessKeyId,
        string awsSecretAccessKey,
        string awsSessionToken,
        RegionEndpoint region
    )
        : this(
            awsAccessKeyId,
            awsSecretAccessKey,
            awsSessionToken,
            new AmazonCloudFormationConfig { RegionEndpoint = region }
        ) { }

    public AmazonCloudFormationClient(
        string awsAccessKeyId,
        string awsSecretAccessKey,
        string awsSessionToken,
        AmazonCloudFormationConfig clientConfig
    )
        : base(awsAccessKeyId, awsSecretAccessKey, awsSessionToken, clientConfig) { }

    public virtual Task<DescribeStacksResponse> DescribeStacksAsync(
        DescribeStacksRequest request,
        CancellationToken cancellationToken = default
    ) => InvokeAsync<DescribeStacksResponse>(request, CloudFormationOperations.DescribeStacks, cancellationToken);

    public Endpoint DetermineServiceOperationEndpoint(AmazonWebServiceRequest request) =>
        Config.DetermineServiceOperationEndpoint(new ServiceOperationEndpointParameters(request));

    protected override IServiceMetadata ServiceMetadata { get; } =
        new ServiceMetadata(AmazonCloudFormationConfig.ServiceId);

    protected override void CustomizeRuntimePipeline(RuntimePipeline pipeline) =>
        pipeline.UseRegionalEndpointsAndSigV4();
}
