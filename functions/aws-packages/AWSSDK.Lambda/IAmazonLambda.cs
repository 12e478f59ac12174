using Amazon.Lambda.Model;
using Amazon.Runtime;
using Amazon.Runtime.Endpoints;

namespace Amazon.Lambda;

/// <summary>The operations of the published AWSSDK.Lambda that EcrGuard calls, with the published signatures.</summary>
public interface IAmazonLambda : IAmazonService, IDisposable
{
    Task<ListFunctionsResponse> ListFunctionsAsync(
        ListFunctionsRequest request,
        CancellationToken cancellationToken = default
    );
    Task<GetFunctionResponse> GetFunctionAsync(
        GetFunctionRequest request,
        CancellationToken cancellationToken = default
    );
    Task<InvokeResponse> InvokeAsync(InvokeRequest request, CancellationToken cancellationToken = default);
    Endpoint DetermineServiceOperationEndpoint(AmazonWebServiceRequest request);

    static ClientConfig IAmazonService.CreateDefaultClientConfig() => new AmazonLambdaConfig();

    static IAmazonService IAmazonService.CreateDefaultServiceClient(
        AWSCredentials awsCredentials,
        ClientConfig clientConfig
    ) => new AmazonLambdaClient(awsCredentials, (AmazonLambdaConfig)clientConfig);
}
