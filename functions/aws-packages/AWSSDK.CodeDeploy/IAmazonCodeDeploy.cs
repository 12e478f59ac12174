using Amazon.CodeDeploy.Model;
using Amazon.Runtime;
using Amazon.Runtime.Endpoints;

namespace Amazon.CodeDeploy;

/// <summary>
/// The operations of the published AWSSDK.CodeDeploy that EcrGuard calls, with the published signatures.
/// </summary>
public interface IAmazonCodeDeploy : IAmazonService, IDisposable
{
    Task<GetDeploymentResponse> GetDeploymentAsync(
        GetDeploymentRequest request,
        CancellationToken cancellationToken = default
    );
    Task<GetApplicationRevisionResponse> GetApplicationRevisionAsync(
        GetApplicationRevisionRequest request,
        CancellationToken cancellationToken = default
    );
    Task<PutLifecycleEventHookExecutionStatusResponse> PutLifecycleEventHookExecutionStatusAsync(
        PutLifecycleEventHookExecutionStatusRequest request,
        CancellationToken cancellationToken = default
    );
    Endpoint DetermineServiceOperationEndpoint(AmazonWebServiceRequest request);

    static ClientConfig IAmazonService.CreateDefaultClientConfig() => new AmazonCodeDeployConfig();

    static IAmazonService IAmazonService.CreateDefaultServiceClient(
        AWSCredentials awsCredentials,
        ClientConfig clientConfig
    ) => new AmazonCodeDeployClient(awsCredentials, (AmazonCodeDeployConfig)clientConfig);
}
