using Amazon.ECS.Marshalling;
using Amazon.ECS.Model;
using Amazon.Runtime;
using Amazon.Runtime.Endpoints;
using Amazon.Runtime.Internal;
using EcrGuard.Bundled.Plumbing;

namespace Amazon.ECS;

/// <summary>
/// Credentials, region, retries, time-outs and errors are AWSSDK.Core's, as in the published package.
/// </summary>
public class AmazonECSClient : AmazonServiceClient, IAmazonECS
{
    public AmazonECSClient()
        : base(new AmazonECSConfig()) { }

    public AmazonECSClient(RegionEndpoint region)
        : base(new AmazonECSConfig { RegionEndpoint = region }) { }

    public AmazonECSClient(AmazonECSConfig config)
        : base(config) { }

    public AmazonECSClient(AWSCredentials credentials)
        : this(credentials, new AmazonECSConfig()) { }

    public AmazonECSClient(AWSCredentials credentials, RegionEndpoint region)
        : this(credentials, new AmazonECSConfig { RegionEndpoint = region }) { }

    public AmazonECSClient(AWSCredentials credentials, AmazonECSConfig clientConfig)
        : base(credentials, clientConfig) { }

    public AmazonECSClient(string awsAccessKeyId, string awsSecretAccessKey)
        : this(awsAccessKeyId, awsSecretAccessKey, new AmazonECSConfig()) { }

    public AmazonECSClient(string awsAccessKeyId, string awsSecretAccessKey, RegionEndpoint region)
        : this(awsAccessKeyId, awsSecretAccessKey, new AmazonECSConfig { RegionEndpoint = region }) { }

    public AmazonECSClient(string awsAccessKeyId, string awsSecretAccessKey, AmazonECSConfig clientConfig)
        : base(awsAccessKeyId, awsSecretAccessKey, clientConfig) { }

    public AmazonECSClient(string awsAccessKeyId, string awsSecretAccessKey, string awsSessionToken)
        : this(awsAccessKeyId, awsSecretAccessKey, awsSessionToken, new AmazonECSConfig()) { }

    public AmazonECSClient(
        string awsAccessKeyId,
        string awsSecretAccessKey,
        string awsSessionToken,
        RegionEndpoint region
    )
        : this(awsAccessKeyId, awsSecretAccessKey, awsSessionToken, new AmazonECSConfig { RegionEndpoint = region }) { }

    public AmazonECSClient(
        string awsAccessKeyId,
        string awsSecretAccessKey,
        string awsSessionToken,
        AmazonECSConfig clientConfig
    )
        : base(awsAccessKeyId, awsSecretAccessKey, awsSessionToken, clientConfig) { }

    public virtual Task<ListClustersResponse> ListClustersAsync(
        ListClustersRequest request,
        CancellationToken cancellationToken = default
    ) => InvokeAsync<ListClustersResponse>(request, EcsOperations.ListClusters, cancellationToken);

    public virtual Task<ListServicesResponse> ListServicesAsync(
        ListServicesRequest request,
        CancellationToken cancellationToken = default
    ) => InvokeAsync<ListServicesResponse>(request, EcsOperations.ListServices, cancellationToken);

    public virtual Task<DescribeServicesResponse> DescribeServicesAsync(
        DescribeServicesRequest request,
        CancellationToken cancellationToken = default
    ) => InvokeAsync<DescribeServicesResponse>(request, EcsOperations.DescribeServices, cancellationToken);

    public virtual Task<DescribeServiceDeploymentsResponse> DescribeServiceDeploymentsAsync(
        DescribeServiceDeploymentsRequest request,
        CancellationToken cancellationToken = default
    ) =>
        InvokeAsync<DescribeServiceDeploymentsResponse>(
            request,
            EcsOperations.DescribeServiceDeployments,
            cancellationToken
        );

    public virtual Task<DescribeServiceRevisionsResponse> DescribeServiceRevisionsAsync(
        DescribeServiceRevisionsRequest request,
        CancellationToken cancellationToken = default
    ) =>
        InvokeAsync<DescribeServiceRevisionsResponse>(
            request,
            EcsOperations.DescribeServiceRevisions,
            cancellationToken
        );

    public virtual Task<ListTasksResponse> ListTasksAsync(
        ListTasksRequest request,
        CancellationToken cancellationToken = default
    ) => InvokeAsync<ListTasksResponse>(request, EcsOperations.ListTasks, cancellationToken);

    public virtual Task<DescribeTasksResponse> DescribeTasksAsync(
        DescribeTasksRequest request,
        CancellationToken cancellationToken = default
    ) => InvokeAsync<DescribeTasksResponse>(request, EcsOperations.DescribeTasks, cancellationToken);

    public virtual Task<ListTaskDefinitionFamiliesResponse> ListTaskDefinitionFamiliesAsync(
        ListTaskDefinitionFamiliesRequest request,
        CancellationToken cancellationToken = default
    ) =>
        InvokeAsync<ListTaskDefinitionFamiliesResponse>(
            request,
            EcsOperations.ListTaskDefinitionFamilies,
            cancellationToken
        );

    public virtual Task<ListTaskDefinitionsResponse> ListTaskDefinitionsAsync(
        ListTaskDefinitionsRequest request,
        CancellationToken cancellationToken = default
    ) => InvokeAsync<ListTaskDefinitionsResponse>(request, EcsOperations.ListTaskDefinitions, cancellationToken);

    public virtual Task<DescribeTaskDefinitionResponse> DescribeTaskDefinitionAsync(
        DescribeTaskDefinitionRequest request,
        CancellationToken cancellationToken = default
    ) => InvokeAsync<DescribeTaskDefinitionResponse>(request, EcsOperations.DescribeTaskDefinition, cancellationToken);

    public Endpoint DetermineServiceOperationEndpoint(AmazonWebServiceRequest request) =>
        Config.DetermineServiceOperationEndpoint(new ServiceOperationEndpointParameters(request));

    protected override IServiceMetadata ServiceMetadata { get; } = new ServiceMetadata(AmazonECSConfig.ServiceId);

    protected override void CustomizeRuntimePipeline(RuntimePipeline pipeline) =>
        pipeline.UseRegionalEndpointsAndSigV4();
}
