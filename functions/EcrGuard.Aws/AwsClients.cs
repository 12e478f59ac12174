using Amazon.DynamoDBv2;
using Amazon.ECR;
using Amazon.Inspector2;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.SimpleNotificationService;

namespace EcrGuard.Aws;

/// <summary>The five AWS services that EcrGuard talks to. Built once, in the init phase: connecting is the slow part of a cold start.</summary>
public sealed record AwsClients(IAmazonECR Ecr, IAmazonInspector2 Inspector, IAmazonSimpleNotificationService Sns, IAmazonDynamoDB Dynamo, IAmazonS3 S3) : IDisposable
{
    // A call that is not answered in this time is given up and retried; Lambda's own deadline is far behind it.
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(20);
    private const int Retries = 4;

    /// <summary>Clients by the environment: region, credentials and endpoints as every AWS SDK finds them.</summary>
    public static AwsClients FromEnvironment() => new(
        new AmazonECRClient(With(new AmazonECRConfig())),
        new AmazonInspector2Client(With(new AmazonInspector2Config())),
        new AmazonSimpleNotificationServiceClient(With(new AmazonSimpleNotificationServiceConfig())),
        new AmazonDynamoDBClient(With(new AmazonDynamoDBConfig())),
        new AmazonS3Client(With(new AmazonS3Config { ForcePathStyle = Environment.GetEnvironmentVariable("AWS_ENDPOINT_URL") is not null })));

    /// <summary>Clients of one endpoint that speaks for all services: the local AWS.</summary>
    public static AwsClients At(Uri endpoint, string region, AWSCredentials credentials)
    {
        T Local<T>(T config) where T : ClientConfig
        {
            config.ServiceURL = endpoint.ToString();
            config.AuthenticationRegion = region;
            return With(config);
        }
        return new AwsClients(
            new AmazonECRClient(credentials, Local(new AmazonECRConfig())),
            new AmazonInspector2Client(credentials, Local(new AmazonInspector2Config())),
            new AmazonSimpleNotificationServiceClient(credentials, Local(new AmazonSimpleNotificationServiceConfig())),
            new AmazonDynamoDBClient(credentials, Local(new AmazonDynamoDBConfig())),
            new AmazonS3Client(credentials, Local(new AmazonS3Config { ForcePathStyle = true })));
    }

    public void Dispose()
    {
        Ecr.Dispose();
        Inspector.Dispose();
        Sns.Dispose();
        Dynamo.Dispose();
        S3.Dispose();
    }

    private static T With<T>(T config) where T : ClientConfig
    {
        config.Timeout = Timeout;
        config.RetryMode = RequestRetryMode.Standard;
        config.MaxErrorRetry = Retries;
        return config;
    }
}
