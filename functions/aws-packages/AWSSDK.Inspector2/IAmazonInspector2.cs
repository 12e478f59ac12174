using Amazon.Inspector2.Model;
using Amazon.Runtime;
using Amazon.Runtime.Endpoints;

namespace Amazon.Inspector2;

/// <summary>
/// The operations of the published AWSSDK.Inspector2 that EcrGuard calls, with the published signatures.
/// </summary>
public interface IAmazonInspector2 : IAmazonService, IDisposable
{
    IInspector2PaginatorFactory Paginators { get; }

    Task<ListFindingsResponse> ListFindingsAsync(
        ListFindingsRequest request,
        CancellationToken cancellationToken = default
    );
    Task<ListCoverageResponse> ListCoverageAsync(
        ListCoverageRequest request,
        CancellationToken cancellationToken = default
    );
    Endpoint DetermineServiceOperationEndpoint(AmazonWebServiceRequest request);

    static ClientConfig IAmazonService.CreateDefaultClientConfig() => new AmazonInspector2Config();

    static IAmazonService IAmazonService.CreateDefaultServiceClient(
        AWSCredentials awsCredentials,
        ClientConfig clientConfig
    ) => new AmazonInspector2Client(awsCredentials, (AmazonInspector2Config)clientConfig);
}
