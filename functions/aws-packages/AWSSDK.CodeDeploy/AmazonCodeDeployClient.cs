using Amazon.CodeDeploy.Marshalling;
using Amazon.CodeDeploy.Model;
using Amazon.Runtime;
using Amazon.Runtime.Endpoints;
using Amazon.Runtime.Internal;
using EcrGuard.Bundled.Plumbing;

namespace Amazon.CodeDeploy;

/// <summary>
/// Credentials, region, retries, time-outs and errors are AWSSDK.Core's, as in the published package.
/// </summary>
public class AmazonCodeDeployClient : AmazonServiceClient, IAmazonCodeDeploy
{
    public AmazonCodeDeployClient()
        : base(new AmazonCodeDeployConfig()) { }

    public AmazonCodeDeployClient(RegionEndpoint region)
        : base(new AmazonCodeDeployConfig { RegionEndpoint = region }) { }

    public AmazonCodeDeployClient(AmazonCodeDeployConfig config)
        : base(config) { }

    public AmazonCodeDeployClient(AWSCredentials credentials)
        : this(credentials, new AmazonCodeDeployConfig()) { }

    public AmazonCodeDeployClient(AWSCredentials credentials, RegionEndpoint region)
        : this(credentials, new AmazonCodeDeployConfig { RegionEndpoint = region }) { }

    public AmazonCodeDeployClient(AWSCredentials credentials, AmazonCodeDeployConfig clientConfig)
        : base(credentials, clientConfig) { }

    public AmazonCodeDeployClient(string awsAccessKeyId, string awsSecretAccessKey)
        : this(awsAccessKeyId, awsSecretAccessKey, new AmazonCodeDeployConfig()) { }

    public AmazonCodeDeployClient(string awsAccessKeyId, string awsSecretAccessKey, RegionEndpoint region)
        : this(awsAccessKeyId, awsSecretAccessKey, new AmazonCodeDeployConfig { RegionEndpoint = region }) { }

    public AmazonCodeDeployClient(string awsAccessKeyId, string awsSecretAccessKey, AmazonCodeDeployConfig clientConfig)
        : base(awsAccessKeyId, awsSecretAccessKey, clientConfig) { }

    public AmazonCodeDeployClient(string awsAccessKeyId, string awsSecretAccessKey, string awsSessionToken)
        : this(awsAccessKeyId, awsSecretAccessKey, awsSessionToken, new AmazonCodeDeployConfig()) { }

    public AmazonCodeDeployClient(
        string awsAccessKeyId,
        string awsSecretAccessKey,
        string awsSessionToken,
        RegionEndpoint region
    )
        : this(
            awsAccessKeyId,
            awsSecretAccessKey,
            awsSessionToken,
            new AmazonCodeDeployConfig { RegionEndpoint = region }
        ) { }

    public AmazonCodeDeployClient(
        string awsAccessKeyId,
        string awsSecretAccessKey,
        string awsSessionToken,
        AmazonCodeDeployConfig clientConfig
    )
        : base(awsAccessKeyId, awsSecretAccessKey, awsSessionToken, clientConfig) { }

    public virtual Task<GetDeploymentResponse> GetDeploymentAsync(
        GetDeploymentRequest request,
        CancellationToken cancellationToken = default
    ) => InvokeAsync<GetDeploymentResponse>(request, CodeDeployOperations.GetDeployment, cancellationToken);

    public virtual Task<GetApplicationRevisionResponse> GetApplicationRevisionAsync(
        GetApplicationRevisionRequest request,
        CancellationToken cancellationToken = default
    ) =>
        InvokeAsync<GetApplicationRevisionResponse>(
            request,
            CodeDeployOperations.GetApplicationRevision,
            cancellationToken
        );

    public virtual Task<PutLifecycleEventHookExecutionStatusResponse> PutLifecycleEventHookExecutionStatusAsync(
        PutLifecycleEventHookExecutionStatusRequest request,
        CancellationToken cancellationToken = default
    ) =>
        InvokeAsync<PutLifecycleEventHookExecutionStatusResponse>(
            request,
            CodeDeployOperations.PutLifecycleEventHookExecutionStatus,
            cancellationToken
        );

    public Endpoint DetermineServiceOperationEndpoint(AmazonWebServiceRequest request) =>
        Config.DetermineServiceOperationEndpoint(new ServiceOperationEndpointParameters(request));

    protected override IServiceMetadata ServiceMetadata { get; } =
        new ServiceMetadata(AmazonCodeDeployConfig.ServiceId);

    protected override void CustomizeRuntimePipeline(RuntimePipeline pipeline) =>
        pipeline.UseRegionalEndpointsAndSigV4();
}
