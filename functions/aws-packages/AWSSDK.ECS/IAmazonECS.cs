using Amazon.ECS.Model;
using Amazon.Runtime;
using Amazon.Runtime.Endpoints;

namespace Amazon.ECS;

/// <summary>The operations of the published AWSSDK.ECS that EcrGuard calls, with the published signatures.</summary>
public interface IAmazonECS : IAmazonService, IDisposable
{
    Task<ListClustersResponse> ListClustersAsync(
        ListClustersRequest request,
        CancellationToken cancellationToken = default
    );
    Task<ListServicesResponse> ListServicesAsync(
        ListServicesRequest request,
        CancellationToken cancellationToken = default
    );
    Task<DescribeServicesResponse> DescribeServicesAsync(
        DescribeServicesRequest request,
        CancellationToken cancellationToken = default
    );
    Task<DescribeServiceDeploymentsResponse> DescribeServiceDeploymentsAsync(
        DescribeServiceDeploymentsRequest request,
        CancellationToken cancellationToken = default
    );
    Task<DescribeServiceRevisionsResponse> DescribeServiceRevisionsAsync(
        DescribeServiceRevisionsRequest request,
        CancellationToken cancellationToken = default
    );
    Task<ListTasksResponse> ListTasksAsync(ListTasksRequest request, CancellationToken cancellationToken = default);
    Task<DescribeTasksResponse> DescribeTasksAsync(
        DescribeTasksRequest request,
        CancellationToken cancellationToken = default
    );
    Task<ListTaskDefinitionFamiliesResponse> ListTaskDefinitionFamiliesAsync(
        ListTaskDefinitionFamiliesRequest request,
        CancellationToken cancellationToken = default
    );
    Task<ListTaskDefinitionsResponse> ListTaskDefinitionsAsync(
        ListTaskDefinitionsRequest request,
        CancellationToken cancellationToken = default
    );
    Task<DescribeTaskDefinitionResponse> DescribeTaskDefinitionAsync(
        DescribeTaskDefinitionRequest request,
        CancellationToken cancellationToken = default
    );
    Endpoint DetermineServiceOperationEndpoint(AmazonWebServiceRequest request);

    static ClientConfig IAmazonService.CreateDefaultClientConfig() => new AmazonECSConfig();

    static IAmazonService IAmazonService.CreateDefaultServiceClient(
        AWSCredentials awsCredentials,
        ClientConfig clientConfig
    ) => new AmazonECSClient(awsCredentials, (AmazonECSConfig)clientConfig);
}
