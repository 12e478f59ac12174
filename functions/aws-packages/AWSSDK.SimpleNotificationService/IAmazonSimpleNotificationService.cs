using Amazon.Runtime;
using Amazon.Runtime.Endpoints;
using Amazon.SimpleNotificationService.Model;

namespace Amazon.SimpleNotificationService;

/// <summary>
/// The operations of the published AWSSDK.SimpleNotificationService that EcrGuard calls, with the published signatures.
/// </summary>
public interface IAmazonSimpleNotificationService : IAmazonService, IDisposable
{
    Task<PublishResponse> PublishAsync(PublishRequest request, CancellationToken cancellationToken = default);
    Task<PublishBatchResponse> PublishBatchAsync(
        PublishBatchRequest request,
        CancellationToken cancellationToken = default
    );
    Task<PublishResponse> PublishAsync(string topicArn, string message, CancellationToken cancellationToken = default);
    Task<PublishResponse> PublishAsync(
        string topicArn,
        string message,
        string subject,
        CancellationToken cancellationToken = default
    );
    Endpoint DetermineServiceOperationEndpoint(AmazonWebServiceRequest request);

    static ClientConfig IAmazonService.CreateDefaultClientConfig() => new AmazonSimpleNotificationServiceConfig();

    static IAmazonService IAmazonService.CreateDefaultServiceClient(
        AWSCredentials awsCredentials,
        ClientConfig clientConfig
    ) => new AmazonSimpleNotificationServiceClient(awsCredentials, (AmazonSimpleNotificationServiceConfig)clientConfig);
}
