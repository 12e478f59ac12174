using Amazon.Inspector2.Marshalling;
using Amazon.Inspector2.Model;
using Amazon.Runtime;
using Amazon.Runtime.Endpoints;
using Amazon.Runtime.Internal;
using EcrGuard.Bundled.Plumbing;

namespace Amazon.Inspector2;

/// <summary>
/// Credentials, region, retries, time-outs and errors are AWSSDK.Core's, as in the published package.
/// </summary>
public class AmazonInspector2Client : AmazonServiceClient, IAmazonInspector2
{
    public AmazonInspector2Client()
        : base(new AmazonInspector2Config()) { }

    public AmazonInspector2Client(RegionEndpoint region)
        : base(new AmazonInspector2Config { RegionEndpoint = region }) { }

    public AmazonInspector2Client(AmazonInspector2Config config)
        : base(config) { }

    public AmazonInspector2Client(AWSCredentials credentials)
        : this(credentials, new AmazonInspector2Config()) { }

    public AmazonInspector2Client(AWSCredentials credentials, RegionEndpoint region)
        : this(credentials, new AmazonInspector2Config { RegionEndpoint = region }) { }

    public AmazonInspector2Client(AWSCredentials credentials, AmazonInspector2Config clientConfig)
        : base(credentials, clientConfig) { }

    public AmazonInspector2Client(string awsAccessKeyId, string awsSecretAccessKey)
        : this(awsAccessKeyId, awsSecretAccessKey, new AmazonInspector2Config()) { }

    public AmazonInspector2Client(string awsAccessKeyId, string awsSecretAccessKey, RegionEndpoint region)
        : this(awsAccessKeyId, awsSecretAccessKey, new AmazonInspector2Config { RegionEndpoint = region }) { }

    public AmazonInspector2Client(string awsAccessKeyId, string awsSecretAccessKey, AmazonInspector2Config clientConfig)
        : base(awsAccessKeyId, awsSecretAccessKey, clientConfig) { }

    public AmazonInspector2Client(string awsAccessKeyId, string awsSecretAccessKey, string awsSessionToken)
        : this(awsAccessKeyId, awsSecretAccessKey, awsSessionToken, new AmazonInspector2Config()) { }

    public AmazonInspector2Client(
        string awsAccessKeyId,
        string awsSecretAccessKey,
        string awsSessionToken,
        RegionEndpoint region
    )
        : this(
            awsAccessKeyId,
            awsSecretAccessKey,
            awsSessionToken,
            new AmazonInspector2Config { RegionEndpoint = region }
        ) { }

    public AmazonInspector2Client(
        string awsAccessKeyId,
        string awsSecretAccessKey,
        string awsSessionToken,
        AmazonInspector2Config clientConfig
    )
        : base(awsAccessKeyId, awsSecretAccessKey, awsSessionToken, clientConfig) { }

    public IInspector2PaginatorFactory Paginators => field ??= new Inspector2PaginatorFactory(this);

    public virtual Task<ListFindingsResponse> ListFindingsAsync(
        ListFindingsRequest request,
        CancellationToken cancellationToken = default
    ) => InvokeAsync<ListFindingsResponse>(request, Inspector2Operations.ListFindings, cancellationToken);

    public virtual Task<ListCoverageResponse> ListCoverageAsync(
        ListCoverageRequest request,
        CancellationToken cancellationToken = default
    ) => InvokeAsync<ListCoverageResponse>(request, Inspector2Operations.ListCoverage, cancellationToken);

    public Endpoint DetermineServiceOperationEndpoint(AmazonWebServiceRequest request) =>
        Config.DetermineServiceOperationEndpoint(new ServiceOperationEndpointParameters(request));

    protected override IServiceMetadata ServiceMetadata { get; } =
        new ServiceMetadata(AmazonInspector2Config.ServiceId);

    protected override void CustomizeRuntimePipeline(RuntimePipeline pipeline) =>
        pipeline.UseRegionalEndpointsAndSigV4();
}
