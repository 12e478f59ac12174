using Amazon.Lambda.Marshalling;
using Amazon.Lambda.Model;
using Amazon.Runtime;
using Amazon.Runtime.Endpoints;
using Amazon.Runtime.Internal;
using EcrGuard.Bundled.Plumbing;

namespace Amazon.Lambda;

/// <summary>
/// Credentials, region, retries, time-outs and errors are AWSSDK.Core's, as in the published package.
/// </summary>
public class AmazonLambdaClient : AmazonServiceClient, IAmazonLambda
{
    public AmazonLambdaClient()
        : base(new AmazonLambdaConfig()) { }

    public AmazonLambdaClient(RegionEndpoint region)
        : base(new AmazonLambdaConfig { RegionEndpoint = region }) { }

    public AmazonLambdaClient(AmazonLambdaConfig config)
        : base(config) { }

    public AmazonLambdaClient(AWSCredentials credentials)
        : this(credentials, new AmazonLambdaConfig()) { }

    public AmazonLambdaClient(AWSCredentials credentials, RegionEndpoint region)
        : this(credentials, new AmazonLambdaConfig { RegionEndpoint = region }) { }

    public AmazonLambdaClient(AWSCredentials credentials, AmazonLambdaConfig clientConfig)
        : base(credentials, clientConfig) { }

    public AmazonLambdaClient(string awsAccessKeyId, string awsSecretAccessKey)
        : this(awsAccessKeyId, awsSecretAccessKey, new AmazonLambdaConfig()) { }

    public AmazonLambdaClient(string awsAccessKeyId, string awsSecretAccessKey, RegionEndpoint region)
        : this(awsAccessKeyId, awsSecretAccessKey, new AmazonLambdaConfig { RegionEndpoint = region }) { }

    public AmazonLambdaClient(string awsAccessKeyId, string awsSecretAccessKey, AmazonLambdaConfig clientConfig)
        : base(awsAccessKeyId, awsSecretAccessKey, clientConfig) { }

    public AmazonLambdaClient(string awsAccessKeyId, string awsSecretAccessKey, string awsSessionToken)
        : this(awsAccessKeyId, awsSecretAccessKey, awsSessionToken, new AmazonLambdaConfig()) { }

    public AmazonLambdaClient(
        string awsAccessKeyId,
        string awsSecretAccessKey,
        string awsSessionToken,
        RegionEndpoint region
    )
        : this(awsAccessKeyId, awsSecretAccessKey, awsSessionToken, new AmazonLambdaConfig { RegionEndpoint = region })
    { }

    public AmazonLambdaClient(
        string awsAccessKeyId,
        string awsSecretAccessKey,
        string awsSessionToken,
        AmazonLambdaConfig clientConfig
    )
        : base(awsAccessKeyId, awsSecretAccessKey, awsSessionToken, clientConfig) { }

    public virtual Task<ListFunctionsResponse> ListFunctionsAsync(
        ListFunctionsRequest request,
        CancellationToken cancellationToken = default
    ) => InvokeAsync<ListFunctionsResponse>(request, LambdaOperations.ListFunctions, cancellationToken);

    public virtual Task<GetFunctionResponse> GetFunctionAsync(
        GetFunctionRequest request,
        CancellationToken cancellationToken = default
    ) => InvokeAsync<GetFunctionResponse>(request, LambdaOperations.GetFunction, cancellationToken);

    public virtual Task<InvokeResponse> InvokeAsync(
        InvokeRequest request,
        CancellationToken cancellationToken = default
    ) => InvokeAsync<InvokeResponse>(request, LambdaOperations.Invoke, cancellationToken);

    public Endpoint DetermineServiceOperationEndpoint(AmazonWebServiceRequest request) =>
        Config.DetermineServiceOperationEndpoint(new ServiceOperationEndpointParameters(request));

    protected override IServiceMetadata ServiceMetadata { get; } = new ServiceMetadata(AmazonLambdaConfig.ServiceId);

    protected override void CustomizeRuntimePipeline(RuntimePipeline pipeline) =>
        pipeline.UseRegionalEndpointsAndSigV4();
}
