using Amazon.Runtime;
using Amazon.Runtime.Endpoints;
using Amazon.Runtime.Internal;
using Amazon.SimpleNotificationService.Marshalling;
using Amazon.SimpleNotificationService.Model;
using EcrGuard.Bundled.Plumbing;

namespace Amazon.SimpleNotificationService;

/// <summary>
/// Credentials, region, retries, time-outs and errors are AWSSDK.Core's, as in the published package.
/// </summary>
public class AmazonSimpleNotificationServiceClient : AmazonServiceClient, IAmazonSimpleNotificationService
{
    public AmazonSimpleNotificationServiceClient()
        : base(new AmazonSimpleNotificationServiceConfig()) { }

    public AmazonSimpleNotificationServiceClient(RegionEndpoint region)
        : base(new AmazonSimpleNotificationServiceConfig { RegionEndpoint = region }) { }

    public AmazonSimpleNotificationServiceClient(AmazonSimpleNotificationServiceConfig config)
        : base(config) { }

    public AmazonSimpleNotificationServiceClient(AWSCredentials credentials)
        : this(credentials, new AmazonSimpleNotificationServiceConfig()) { }

    public AmazonSimpleNotificationServiceClient(AWSCredentials credentials, RegionEndpoint region)
        : this(credentials, new AmazonSimpleNotificationServiceConfig { RegionEndpoint = region }) { }

    public AmazonSimpleNotificationServiceClient(
        AWSCredentials credentials,
        AmazonSimpleNotificationServiceConfig clientConfig
    )
        : base(credentials, clientConfig) { }

    public AmazonSimpleNotificationServiceClient(string awsAccessKeyId, string awsSecretAccessKey)
        : this(awsAccessKeyId, awsSecretAccessKey, new AmazonSimpleNotificationServiceConfig()) { }

    public AmazonSimpleNotificationServiceClient(
        string awsAccessKeyId,
        string awsSecretAccessKey,
        RegionEndpoint region
    )
        : this(
            awsAccessKeyId,
            awsSecretAccessKey,
            new AmazonSimpleNotificationServiceConfig { RegionEndpoint = region }
        ) { }

    public AmazonSimpleNotificationServiceClient(
        string awsAccessKeyId,
        string awsSecretAccessKey,
        AmazonSimpleNotificationServiceConfig clientConfig
    )
        : base(awsAccessKeyId, awsSecretAccessKey, clientConfig) { }

    public AmazonSimpleNotificationServiceClient(
        string awsAccessKeyId,
        string awsSecretAccessKey,
        string awsSessionToken
    )
        : this(awsAccessKeyId, awsSecretAccessKey, awsSessionToken, new AmazonSimpleNotificationServiceConfig()) { }

    public AmazonSimpleNotificationServiceClient(
        string awsAccessKeyId,
        string awsSecretAccessKey,
        string awsSessionToken,
        RegionEndpoint region
    )
        : this(
            awsAccessKeyId,
            awsSecretAccessKey,
            awsSessionToken,
            new AmazonSimpleNotificationServiceConfig { RegionEndpoint = region }
        ) { }

    public AmazonSimpleNotificationServiceClient(
        string awsAccessKeyId,
        string awsSecretAccessKey,
        string awsSessionToken,
        AmazonSimpleNotificationServiceConfig clientConfig
    )
        : base(awsAccessKeyId, awsSecretAccessKey, awsSessionToken, clientConfig) { }

    public virtual Task<PublishResponse> PublishAsync(
        PublishRequest request,
        CancellationToken cancellationToken = default
    ) => InvokeAsync<PublishResponse>(request, SnsOperations.Publish, cancellationToken);

    public virtual Task<PublishBatchResponse> PublishBatchAsync(
        PublishBatchRequest request,
        CancellationToken cancellationToken = default
    ) => InvokeAsync<PublishBatchResponse>(request, SnsOperations.PublishBatch, cancellationToken);

    public virtual Task<PublishResponse> PublishAsync(
        string topicArn,
        string message,
        CancellationToken cancellationToken = default
    ) => PublishAsync(new PublishRequest(topicArn, message), cancellationToken);

    public virtual Task<PublishResponse> PublishAsync(
        string topicArn,
        string message,
        string subject,
        CancellationToken cancellationToken = default
    ) => PublishAsync(new PublishRequest(topicArn, message, subject), cancellationToken);

    public Endpoint DetermineServiceOperationEndpoint(AmazonWebServiceRequest request) =>
        Config.DetermineServiceOperationEndpoint(new ServiceOperationEndpointParameters(request));

    protected override IServiceMetadata ServiceMetadata { get; } =
        new ServiceMetadata(AmazonSimpleNotificationServiceConfig.ServiceId);

    protected override void CustomizeRuntimePipeline(RuntimePipeline pipeline) =>
        pipeline.UseRegionalEndpointsAndSigV4();
}
