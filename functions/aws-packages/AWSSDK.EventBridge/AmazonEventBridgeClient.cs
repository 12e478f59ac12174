using Amazon.EventBridge.Marshalling;
using Amazon.EventBridge.Model;
using Amazon.Runtime;
using Amazon.Runtime.Endpoints;
using Amazon.Runtime.Internal;
using EcrGuard.Bundled.Plumbing;

namespace Amazon.EventBridge;

/// <summary>
/// Credentials, region, retries, time-outs and errors are AWSSDK.Core's, as in the published package.
/// </summary>
public class AmazonEventBridgeClient : AmazonServiceClient, IAmazonEventBridge
{
    public AmazonEventBridgeClient()
        : base(new AmazonEventBridgeConfig()) { }

    public AmazonEventBridgeClient(RegionEndpoint region)
        : base(new AmazonEventBridgeConfig { RegionEndpoint = region }) { }

    public AmazonEventBridgeClient(AmazonEventBridgeConfig config)
        : base(config) { }

    public AmazonEventBridgeClient(AWSCredentials credentials)
        : this(credentials, new AmazonEventBridgeConfig()) { }

    public AmazonEventBridgeClient(AWSCredentials credentials, RegionEndpoint region)
        : this(credentials, new AmazonEventBridgeConfig { RegionEndpoint = region }) { }

    public AmazonEventBridgeClient(AWSCredentials credentials, AmazonEventBridgeConfig clientConfig)
        : base(credentials, clientConfig) { }

    public AmazonEventBridgeClient(string awsAccessKeyId, string awsSecretAccessKey)
        : this(awsAccessKeyId, awsSecretAccessKey, new AmazonEventBridgeConfig()) { }

    public AmazonEventBridgeClient(string awsAccessKeyId, string awsSecretAccessKey, RegionEndpoint region)
        : this(awsAccessKeyId, awsSecretAccessKey, new AmazonEventBridgeConfig { RegionEndpoint = region }) { }

    public AmazonEventBridgeClient(
        string awsAccessKeyId,
        string awsSecretAccessKey,
        AmazonEventBridgeConfig clientConfig
    )
        : base(awsAccessKeyId, awsSecretAccessKey, clientConfig) { }

    public AmazonEventBridgeClient(string awsAccessKeyId, string awsSecretAccessKey, string awsSessionToken)
        : this(awsAccessKeyId, awsSecretAccessKey, awsSessionToken, new AmazonEventBridgeConfig()) { }

    public AmazonEventBridgeClient(
        string awsAccessKeyId,
        string awsSecretAccessKey,
        string awsSessionToken,
        RegionEndpoint region
    )
        : this(
            awsAccessKeyId,
            awsSecretAccessKey,
            awsSessionToken,
            new AmazonEventBridgeConfig { RegionEndpoint = region }
        ) { }

    public AmazonEventBridgeClient(
        string awsAccessKeyId,
        string awsSecretAccessKey,
        string awsSessionToken,
        AmazonEventBridgeConfig clientConfig
    )
        : base(awsAccessKeyId, awsSecretAccessKey, awsSessionToken, clientConfig) { }

    public virtual Task<ListEventBusesResponse> ListEventBusesAsync(
        ListEventBusesRequest request,
        CancellationToken cancellationToken = default
    ) => InvokeAsync<ListEventBusesResponse>(request, EventBridgeOperations.ListEventBuses, cancellationToken);

    public virtual Task<ListRulesResponse> ListRulesAsync(
        ListRulesRequest request,
        CancellationToken cancellationToken = default
    ) => InvokeAsync<ListRulesResponse>(request, EventBridgeOperations.ListRules, cancellationToken);

    public virtual Task<ListTargetsByRuleResponse> ListTargetsByRuleAsync(
        ListTargetsByRuleRequest request,
        CancellationToken cancellationToken = default
    ) => InvokeAsync<ListTargetsByRuleResponse>(request, EventBridgeOperations.ListTargetsByRule, cancellationToken);

    public Endpoint DetermineServiceOperationEndpoint(AmazonWebServiceRequest request) =>
        Config.DetermineServiceOperationEndpoint(new ServiceOperationEndpointParameters(request));

    protected override IServiceMetadata ServiceMetadata { get; } =
        new ServiceMetadata(AmazonEventBridgeConfig.ServiceId);

    protected override void CustomizeRuntimePipeline(RuntimePipeline pipeline) =>
        pipeline.UseRegionalEndpointsAndSigV4();
}
