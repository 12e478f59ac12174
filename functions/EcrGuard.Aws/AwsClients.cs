using Amazon;
using Amazon.AppRunner;
using Amazon.CloudFormation;
using Amazon.CodeDeploy;
using Amazon.CodePipeline;
using Amazon.DynamoDBv2;
using Amazon.ECR;
using Amazon.ECS;
using Amazon.EventBridge;
using Amazon.Inspector2;
using Amazon.Lambda;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.Scheduler;
using Amazon.SecurityToken;
using Amazon.SimpleNotificationService;
using Amazon.SQS;

namespace EcrGuard.Aws;

/// <summary>
/// The AWS services that EcrGuard talks to. The five that a push needs are built once, in the init phase, because
/// connecting is the slow part of a cold start. The others are built when they are first asked for, so that a push does
/// not pay for them.
/// </summary>
public sealed class AwsClients : IDisposable
{
    private readonly Connection connection;
    private readonly Lazy<WorkloadClients> workloads;
    private readonly Lazy<IAmazonSecurityTokenService> sts;
    private readonly Lazy<IAmazonECR> ecrOnce;
    private readonly Lazy<IAmazonSQS> sqs;
    private readonly Lazy<DeployerClients> deployers;

    private AwsClients(Connection connection)
    {
        this.connection = connection;
        Ecr = connection.Open(new AmazonECRConfig(), c => new AmazonECRClient(c), (k, c) => new AmazonECRClient(k, c));
        Inspector = connection.Open(
            new AmazonInspector2Config(),
            c => new AmazonInspector2Client(c),
            (k, c) => new AmazonInspector2Client(k, c)
        );
        Sns = connection.Open(
            new AmazonSimpleNotificationServiceConfig(),
            c => new AmazonSimpleNotificationServiceClient(c),
            (k, c) => new AmazonSimpleNotificationServiceClient(k, c)
        );
        Dynamo = connection.Open(
            new AmazonDynamoDBConfig(),
            c => new AmazonDynamoDBClient(c),
            (k, c) => new AmazonDynamoDBClient(k, c)
        );
        S3 = connection.Open(
            new AmazonS3Config { ForcePathStyle = connection.IsLocal },
            c => new AmazonS3Client(c),
            (k, c) => new AmazonS3Client(k, c)
        );
        ecrOnce = new(() =>
            (connection with { Retries = 0 }).Open(
                new AmazonECRConfig(),
                c => new AmazonECRClient(c),
                (k, c) => new AmazonECRClient(k, c)
            )
        );
        sqs = new(() =>
            connection.Open(new AmazonSQSConfig(), c => new AmazonSQSClient(c), (k, c) => new AmazonSQSClient(k, c))
        );
        workloads = new(() => new WorkloadClients(connection));
        deployers = new(() => new DeployerClients(connection));
        sts = new(() =>
            connection.Open(
                new AmazonSecurityTokenServiceConfig(),
                c => new AmazonSecurityTokenServiceClient(c),
                (k, c) => new AmazonSecurityTokenServiceClient(k, c)
            )
        );
    }

    public IAmazonECR Ecr { get; }

    /// <summary>
    /// ECR without retries, for calls that the SDK must not repeat by itself. For example, a tag may be removed by name
    /// only right after the image was read.
    /// </summary>
    public IAmazonECR EcrOnce => ecrOnce.Value;

    public IAmazonInspector2 Inspector { get; }
    public IAmazonSimpleNotificationService Sns { get; }
    public IAmazonDynamoDB Dynamo { get; }
    public IAmazonS3 S3 { get; }

    /// <summary>The services that run images in this account.</summary>
    public WorkloadClients Workloads => workloads.Value;

    /// <summary>The services that deploy images in this account, and the gate that they ask.</summary>
    public DeployerClients Deployers => deployers.Value;

    public IAmazonSecurityTokenService Sts => sts.Value;

    /// <summary>The queue service for EcrGuard's own looks.</summary>
    public IAmazonSQS Sqs => sqs.Value;

    /// <summary>The services that run images in another region of this account.</summary>
    public WorkloadClients WorkloadsIn(string region) => new(connection with { Region = region });

    /// <summary>The services that run images in a region of the account to which these credentials belong.</summary>
    public WorkloadClients WorkloadsOf(AWSCredentials credentials, string region) =>
        new(connection with { Credentials = credentials, Region = region });

    /// <summary>
    /// Clients as the environment sets them up: region, credentials and endpoints are found as in every AWS SDK.
    /// </summary>
    public static AwsClients FromEnvironment() =>
        new(new Connection { IsLocal = Environment.GetEnvironmentVariable("AWS_ENDPOINT_URL") is not null });

    /// <summary>Clients for one endpoint that serves all services: the local AWS.</summary>
    /// <param name="retries">How often a failed call is tried again.</param>
    /// <param name="timeout">How long to wait for the answer to a call; null for the usual time on AWS.</param>
    public static AwsClients At(
        Uri endpoint,
        string region,
        AWSCredentials credentials,
        int retries = Connection.UsualRetries,
        TimeSpan? timeout = null
    ) =>
        new(
            new Connection
            {
                IsLocal = true,
                Endpoint = endpoint,
                Region = region,
                Credentials = credentials,
                Retries = retries,
                Timeout = timeout ?? Connection.UsualTimeout,
            }
        );

    /// <summary>
    /// The same without retries. Every call goes through a transport of the caller's, which decides in which order
    /// calls arrive.
    /// </summary>
    internal static AwsClients Through(
        HttpClientFactory transport,
        Uri endpoint,
        string region,
        AWSCredentials credentials
    ) =>
        new(
            new Connection
            {
                IsLocal = true,
                Endpoint = endpoint,
                Region = region,
                Credentials = credentials,
                Retries = 0,
                Timeout = TimeSpan.FromMinutes(10),
                Transport = transport,
            }
        );

    public void Dispose()
    {
        Ecr.Dispose();
        Inspector.Dispose();
        Sns.Dispose();
        Dynamo.Dispose();
        S3.Dispose();
        if (ecrOnce.IsValueCreated)
            ecrOnce.Value.Dispose();
        if (sqs.IsValueCreated)
            sqs.Value.Dispose();
        if (workloads.IsValueCreated)
            workloads.Value.Dispose();
        if (sts.IsValueCreated)
            sts.Value.Dispose();
        if (deployers.IsValueCreated)
            deployers.Value.Dispose();
    }
}

/// <summary>The services that deploy images and wait for a gate, and the gate itself.</summary>
public sealed class DeployerClients : IDisposable
{
    /// <summary>The function Approval answers within 29 seconds. Asking again is up to the caller.</summary>
    private static readonly TimeSpan Answer = TimeSpan.FromSeconds(29);

    private readonly Connection connection;

    internal DeployerClients(Connection connection)
    {
        this.connection = connection;
        CodeDeploy = connection.Open(
            new AmazonCodeDeployConfig(),
            c => new AmazonCodeDeployClient(c),
            (k, c) => new AmazonCodeDeployClient(k, c)
        );
        CodePipeline = connection.Open(
            new AmazonCodePipelineConfig(),
            c => new AmazonCodePipelineClient(c),
            (k, c) => new AmazonCodePipelineClient(k, c)
        );
        CloudFormation = connection.Open(
            new AmazonCloudFormationConfig(),
            c => new AmazonCloudFormationClient(c),
            (k, c) => new AmazonCloudFormationClient(k, c)
        );
        Gate = (connection with { Retries = 0, Timeout = Answer }).Open(
            new AmazonLambdaConfig(),
            c => new AmazonLambdaClient(c),
            (k, c) => new AmazonLambdaClient(k, c)
        );
    }

    public IAmazonCodeDeploy CodeDeploy { get; }
    public IAmazonCodePipeline CodePipeline { get; }
    public IAmazonCloudFormation CloudFormation { get; }

    /// <summary>Lambda, to invoke the function Approval.</summary>
    public IAmazonLambda Gate { get; }

    /// <summary>S3 with the credentials that a pipeline hands out for its artifacts.</summary>
    public IAmazonS3 ArtifactsOf(AWSCredentials credentials) =>
        (connection with { Credentials = credentials }).Open(
            new AmazonS3Config { ForcePathStyle = connection.IsLocal },
            c => new AmazonS3Client(c),
            (k, c) => new AmazonS3Client(k, c)
        );

    public void Dispose()
    {
        CodeDeploy.Dispose();
        CodePipeline.Dispose();
        CloudFormation.Dispose();
        Gate.Dispose();
    }
}

/// <summary>The services that run images, as seen with one account's credentials.</summary>
public sealed class WorkloadClients : IDisposable
{
    internal WorkloadClients(Connection connection)
    {
        Ecs = connection.Open(new AmazonECSConfig(), c => new AmazonECSClient(c), (k, c) => new AmazonECSClient(k, c));
        Lambda = connection.Open(
            new AmazonLambdaConfig(),
            c => new AmazonLambdaClient(c),
            (k, c) => new AmazonLambdaClient(k, c)
        );
        AppRunner = connection.Open(
            new AmazonAppRunnerConfig(),
            c => new AmazonAppRunnerClient(c),
            (k, c) => new AmazonAppRunnerClient(k, c)
        );
        EventBridge = connection.Open(
            new AmazonEventBridgeConfig(),
            c => new AmazonEventBridgeClient(c),
            (k, c) => new AmazonEventBridgeClient(k, c)
        );
        Scheduler = connection.Open(
            new AmazonSchedulerConfig(),
            c => new AmazonSchedulerClient(c),
            (k, c) => new AmazonSchedulerClient(k, c)
        );
    }

    public IAmazonECS Ecs { get; }
    public IAmazonLambda Lambda { get; }
    public IAmazonAppRunner AppRunner { get; }
    public IAmazonEventBridge EventBridge { get; }
    public IAmazonScheduler Scheduler { get; }

    public void Dispose()
    {
        Ecs.Dispose();
        Lambda.Dispose();
        AppRunner.Dispose();
        EventBridge.Dispose();
        Scheduler.Dispose();
    }
}

/// <summary>
/// How clients are made: which endpoint they call and as whom, how long they wait, and how often they retry.
/// </summary>
internal sealed record Connection
{
    public const int UsualRetries = 4;

    // A call that is not answered in this time is given up and retried. Lambda's own deadline comes much later.
    public static readonly TimeSpan UsualTimeout = TimeSpan.FromSeconds(20);

    /// <summary>Null for the credentials of the environment.</summary>
    public AWSCredentials? Credentials { get; init; }

    /// <summary>Null for the endpoints of AWS.</summary>
    public Uri? Endpoint { get; init; }

    /// <summary>
    /// The region to call, or to sign for if there is an endpoint; null for the region of the environment.
    /// </summary>
    public string? Region { get; init; }

    /// <summary>Whether one host name serves all buckets.</summary>
    public bool IsLocal { get; init; }
    public int Retries { get; init; } = UsualRetries;
    public TimeSpan Timeout { get; init; } = UsualTimeout;

    /// <summary>Null for the transport of the SDK.</summary>
    public HttpClientFactory? Transport { get; init; }

    public TClient Open<TConfig, TClient>(
        TConfig config,
        Func<TConfig, TClient> asTheEnvironmentSays,
        Func<AWSCredentials, TConfig, TClient> with
    )
        where TConfig : ClientConfig
    {
        config.Timeout = Timeout;
        config.RetryMode = RequestRetryMode.Standard;
        config.MaxErrorRetry = Retries;
        if (Transport is not null)
            config.HttpClientFactory = Transport;
        if (Endpoint is not null)
            config.ServiceURL = Endpoint.ToString();
        if (IsLocal && Region is not null)
            config.AuthenticationRegion = Region;
        else if (Region is not null)
            config.RegionEndpoint = RegionEndpoint.GetBySystemName(Region);
        return Credentials is null ? asTheEnvironmentSays(config) : with(Credentials, config);
    }
}
