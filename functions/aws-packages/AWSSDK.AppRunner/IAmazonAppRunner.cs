using Amazon.AppRunner.Model;
using Amazon.Runtime;
using Amazon.Runtime.Endpoints;

namespace Amazon.AppRunner;

/// <summary>
/// The operations of the published AWSSDK.AppRunner that EcrGuard calls, with the published signatures.
/// </summary>
public interface IAmazonAppRunner : IAmazonService, IDisposable
{
    Task<ListServicesResponse> ListServicesAsync(
        ListServicesRequest request,
        CancellationToken cancellationToken = default
    );
    Task<DescribeServiceResponse> DescribeServiceAsync(
        DescribeServiceRequest request,
        CancellationToken cancellationToken = default
    );
    Endpoint DetermineServiceOperationEndpoint(AmazonWebServiceRequest request);

    static ClientConfig IAmazonService.CreateDefaultClientConfig() => new AmazonAppRunnerConfig();

    static IAmazonService IAmazonService.CreateDefaultServiceClient(
        AWSCredentials awsCredentials,
        ClientConfig clientConfig
    ) => new AmazonAppRunnerClient(awsCredentials, (AmazonAppRunnerConfig)clientConfig);
}
