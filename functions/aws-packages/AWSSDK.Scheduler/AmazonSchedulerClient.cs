using Amazon.Runtime;
using Amazon.Runtime.Endpoints;
using Amazon.Runtime.Internal;
using Amazon.Scheduler.Marshalling;
using Amazon.Scheduler.Model;
using EcrGuard.Bundled.Plumbing;

namespace Amazon.Scheduler;

/// <summary>
/// Credentials, region, retries, time-outs and errors are AWSSDK.Core's, as in the published package.
/// </summary>
public class AmazonSchedulerClient : AmazonServiceClient, IAmazonScheduler
{
    public AmazonSchedulerClient()
        : base(new AmazonSchedulerConfig()) { }

    public AmazonSchedulerClient(RegionEndpoint region)
        : base(new AmazonSchedulerConfig { RegionEndpoint = region }) { }

    public AmazonSchedulerClient(AmazonSchedulerConfig config)
        : base(config) { }

    public AmazonSchedulerClient(AWSCredentials credentials)
        : this(credentials, new AmazonSchedulerConfig()) { }

    public AmazonSchedulerClient(AWSCredentials credentials, RegionEndpoint region)
        : this(credentials, new AmazonSchedulerConfig { RegionEndpoint = region }) { }

    public AmazonSchedulerClient(AWSCredentials credentials, AmazonSchedulerConfig clientConfig)
        : base(credentials, clientConfig) { }

    public AmazonSchedulerClient(string awsAccessKeyId, string awsSecretAccessKey)
        : this(awsAccessKeyId, awsSecretAccessKey, new AmazonSchedulerConfig()) { }

    public AmazonSchedulerClient(string awsAccessKeyId, string awsSecretAccessKey, RegionEndpoint region)
        : this(awsAccessKeyId, awsSecretAccessKey, new AmazonSchedulerConfig { RegionEndpoint = region }) { }

    public AmazonSchedulerClient(string awsAccessKeyId, string awsSecretAccessKey, AmazonSchedulerConfig clientConfig)
        : base(awsAccessKeyId, awsSecretAccessKey, clientConfig) { }

    public AmazonSchedulerClient(string awsAccessKeyId, string awsSecretAccessKey, string awsSessionToken)
        : this(awsAccessKeyId, awsSecretAccessKey, awsSessionToken, new AmazonSchedulerConfig()) { }

    public AmazonSchedulerClient(
        string awsAccessKeyId,
        string awsSecretAccessKey,
        string awsSessionToken,
        RegionEndpoint region
    )
        : this(
            awsAccessKeyId,
            awsSecretAccessKey,
            awsSessionToken,
            new AmazonSchedulerConfig { RegionEndpoint = region }
        ) { }

    public AmazonSchedulerClient(
        string awsAccessKeyId,
        string awsSecretAccessKey,
        string awsSessionToken,
        AmazonSchedulerConfig clientConfig
    )
        : base(awsAccessKeyId, awsSecretAccessKey, awsSessionToken, clientConfig) { }

    public virtual Task<ListSchedulesResponse> ListSchedulesAsync(
        ListSchedulesRequest request,
        CancellationToken cancellationToken = default
    ) => InvokeAsync<ListSchedulesResponse>(request, SchedulerOperations.ListSchedules, cancellationToken);

    public virtual Task<GetScheduleResponse> GetScheduleAsync(
        GetScheduleRequest request,
        CancellationToken cancellationToken = default
    ) => InvokeAsync<GetScheduleResponse>(request, SchedulerOperations.GetSchedule, cancellationToken);

    public Endpoint DetermineServiceOperationEndpoint(AmazonWebServiceRequest request) =>
        Config.DetermineServiceOperationEndpoint(new ServiceOperationEndpointParameters(request));

    protected override IServiceMetadata ServiceMetadata { get; } = new ServiceMetadata(AmazonSchedulerConfig.ServiceId);

    protected override void CustomizeRuntimePipeline(RuntimePipeline pipeline) =>
        pipeline.UseRegionalEndpointsAndSigV4();
}
