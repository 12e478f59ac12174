using Amazon.CodePipeline.Marshalling;
using Amazon.CodePipeline.Model;
using Amazon.Runtime;
using Amazon.Runtime.Endpoints;
using Amazon.Runtime.Internal;
using EcrGuard.Bundled.Plumbing;

namespace Amazon.CodePipeline;

/// <summary>
/// Credentials, region, retries, time-outs and errors are AWSSDK.Core's, as in the published package.
/// </summary>
public class AmazonCodePipelineClient : AmazonServiceClient, IAmazonCodePipeline
{
    public AmazonCodePipelineClient()
        : base(new AmazonCodePipelineConfig()) { }

    public AmazonCodePipelineClient(RegionEndpoint region)
        : base(new AmazonCodePipelineConfig { RegionEndpoint = region }) { }

    public AmazonCodePipelineClient(AmazonCodePipelineConfig config)
        : base(config) { }

    public AmazonCodePipelineClient(AWSCredentials credentials)
        : this(credentials, new AmazonCodePipelineConfig()) { }

    public AmazonCodePipelineClient(AWSCredentials credentials, RegionEndpoint region)
        : this(credentials, new AmazonCodePipelineConfig { RegionEndpoint = region }) { }

    public AmazonCodePipelineClient(AWSCredentials credentials, AmazonCodePipelineConfig clientConfig)
        : base(credentials, clientConfig) { }

    public AmazonCodePipelineClient(string awsAccessKeyId, string awsSecretAccessKey)
        : this(awsAccessKeyId, awsSecretAccessKey, new AmazonCodePipelineConfig()) { }

    public AmazonCodePipelineClient(string awsAccessKeyId, string awsSecretAccessKey, RegionEndpoint region)
        : this(awsAccessKeyId, awsSecretAccessKey, new AmazonCodePipelineConfig { RegionEndpoint = region }) { }

    public AmazonCodePipelineClient(
        string awsAccessKeyId,
        string awsSecretAccessKey,
        AmazonCodePipelineConfig clientConfig
    )
        : base(awsAccessKeyId, awsSecretAccessKey, clientConfig) { }

    public AmazonCodePipelineClient(string awsAccessKeyId, string awsSecretAccessKey, string awsSessionToken)
        : this(awsAccessKeyId, awsSecretAccessKey, awsSessionToken, new AmazonCodePipelineConfig()) { }

    public AmazonCodePipelineClient(
        string awsAccessKeyId,
        string awsSecretAccessKey,
        string awsSessionToken,
        RegionEndpoint region
    )
        : this(
            awsAccessKeyId,
            awsSecretAccessKey,
            awsSessionToken,
            new AmazonCodePipelineConfig { RegionEndpoint = region }
        ) { }

    public AmazonCodePipelineClient(
        string awsAccessKeyId,
        string awsSecretAccessKey,
        string awsSessionToken,
        AmazonCodePipelineConfig clientConfig
    )
        : base(awsAccessKeyId, awsSecretAccessKey, awsSessionToken, clientConfig) { }

    public virtual Task<PutJobSuccessResultResponse> PutJobSuccessResultAsync(
        PutJobSuccessResultRequest request,
        CancellationToken cancellationToken = default
    ) =>
        InvokeAsync<PutJobSuccessResultResponse>(
            request,
            CodePipelineOperations.PutJobSuccessResult,
            cancellationToken
        );

    public virtual Task<PutJobFailureResultResponse> PutJobFailureResultAsync(
        PutJobFailureResultRequest request,
        CancellationToken cancellationToken = default
    ) =>
        InvokeAsync<PutJobFailureResultResponse>(
            request,
            CodePipelineOperations.PutJobFailureResult,
            cancellationToken
        );

    public Endpoint DetermineServiceOperationEndpoint(AmazonWebServiceRequest request) =>
        Config.DetermineServiceOperationEndpoint(new ServiceOperationEndpointParameters(request));

    protected override IServiceMetadata ServiceMetadata { get; } =
        new ServiceMetadata(AmazonCodePipelineConfig.ServiceId);

    protected override void CustomizeRuntimePipeline(RuntimePipeline pipeline) =>
        pipeline.UseRegionalEndpointsAndSigV4();
}
