using Amazon.CodePipeline.Model;
using Amazon.Runtime;
using Amazon.Runtime.Endpoints;

namespace Amazon.CodePipeline;

/// <summary>
/// The operations of the published AWSSDK.CodePipeline that EcrGuard calls, with the published signatures.
/// </summary>
public interface IAmazonCodePipeline : IAmazonService, IDisposable
{
    Task<PutJobSuccessResultResponse> PutJobSuccessResultAsync(
        PutJobSuccessResultRequest request,
        CancellationToken cancellationToken = default
    );
    Task<PutJobFailureResultResponse> PutJobFailureResultAsync(
        PutJobFailureResultRequest request,
        CancellationToken cancellationToken = default
    );
    Endpoint DetermineServiceOperationEndpoint(AmazonWebServiceRequest request);

    static ClientConfig IAmazonService.CreateDefaultClientConfig() => new AmazonCodePipelineConfig();

    static IAmazonService IAmazonService.CreateDefaultServiceClient(
        AWSCredentials awsCredentials,
        ClientConfig clientConfig
    ) => new AmazonCodePipelineClient(awsCredentials, (AmazonCodePipelineConfig)clientConfig);
}
