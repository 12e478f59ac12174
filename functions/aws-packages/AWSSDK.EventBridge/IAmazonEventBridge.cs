using Amazon.EventBridge.Model;
using Amazon.Runtime;
using Amazon.Runtime.Endpoints;

namespace Amazon.EventBridge;

/// <summary>
/// The operations of the published AWSSDK.EventBridge that EcrGuard calls, with the published signatures.
/// </summary>
public interface IAmazonEventBridge : IAmazonService, IDisposable
{
    Task<ListEventBusesResponse> ListEventBusesAsync(
        ListEventBusesRequest request,
        CancellationToken cancellationToken = default
    );
    Task<ListRulesResponse> ListRulesAsync(ListRulesRequest request, CancellationToken cancellationToken = default);
    Task<ListTargetsByRuleResponse> ListTargetsByRuleAsync(
        ListTargetsByRuleRequest request,
        CancellationToken cancellationToken = default
    );
    Endpoint DetermineServiceOperationEndpoint(AmazonWebServiceRequest request);

    static ClientConfig IAmazonService.CreateDefaultClientConfig() => new AmazonEventBridgeConfig();

    static IAmazonService IAmazonService.CreateDefaultServiceClient(
        AWSCredentials awsCredentials,
        ClientConfig clientConfig
    ) => new AmazonEventBridgeClient(awsCredentials, (AmazonEventBridgeConfig)clientConfig);
}
