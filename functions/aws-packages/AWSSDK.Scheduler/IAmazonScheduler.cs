using Amazon.Runtime;
using Amazon.Runtime.Endpoints;
using Amazon.Scheduler.Model;

namespace Amazon.Scheduler;

/// <summary>
/// The operations of the published AWSSDK.Scheduler that EcrGuard calls, with the published signatures.
/// </summary>
public interface IAmazonScheduler : IAmazonService, IDisposable
{
    Task<ListSchedulesResponse> ListSchedulesAsync(
        ListSchedulesRequest request,
        CancellationToken cancellationToken = default
    );
    Task<GetScheduleResponse> GetScheduleAsync(
        GetScheduleRequest request,
        CancellationToken cancellationToken = default
    );
    Endpoint DetermineServiceOperationEndpoint(AmazonWebServiceRequest request);

    static ClientConfig IAmazonService.CreateDefaultClientConfig() => new AmazonSchedulerConfig();

    static IAmazonService IAmazonService.CreateDefaultServiceClient(
        AWSCredentials awsCredentials,
        ClientConfig clientConfig
    ) => new AmazonSchedulerClient(awsCredentials, (AmazonSchedulerConfig)clientConfig);
}
