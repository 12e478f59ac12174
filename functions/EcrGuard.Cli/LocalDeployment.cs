using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Amazon.Lambda.APIGatewayEvents;
using Amazon.Lambda.Core;
using Amazon.Lambda.SQSEvents;
using Amazon.Runtime;
using EcrGuard.Aws;
using EcrGuard.Core.Policy;
using EcrGuard.Lambda;
using EcrGuard.Lambda.Flow;
using EcrGuard.Lambda.Flow.Reporting;
using EcrGuard.Lambda.Functions;
using EcrGuard.Lambda.Hosting;
using EcrGuard.LocalAws;
using Microsoft.Extensions.DependencyInjection;

namespace EcrGuard.Cli;

/// <summary>
/// EcrGuard deployed into a local AWS: the resources of the template are there, and the real handlers run in this
/// process and use real network calls.
/// </summary>
internal sealed class LocalDeployment : IDisposable
{
    public const string Table = "ecrguard-ledger";
    public const string Bucket = "ecrguard-reports";
    public const string Alerts = "ecrguard-alerts";
    public const string ScanChanged = "ecrguard-scan-changed";

    /// <summary>The id of the role that may force approvals. Here, whoever gives the order has it.</summary>
    public const string BreakGlassRoleId = "AROALOCALBREAKGLASS";

    private static readonly HostedFunction[] Functions = [.. FunctionTable.All.Values.Select(function => function())];

    private readonly LocalAwsServer aws;
    private readonly string scanQueue;
    private readonly AwsClients clients;
    private readonly ServiceProvider services;

    public LocalDeployment(LocalAwsServer aws, PolicyDocument policy, EnforcementMode enforcement, TimeProvider time)
    {
        this.aws = aws;
        aws.DynamoDb.CreateEcrGuardTable(Table);
        aws.S3.CreateBucket(Bucket);
        AlertTopic = aws.Sns.CreateTopic(Alerts);
        SummaryTopic = aws.Sns.CreateTopic("ecrguard-summary");
        scanQueue = aws.Sqs.CreateQueue(ScanChanged);
        clients = AwsClients.At(aws.Endpoint, aws.Region, new BasicAWSCredentials("local", "local"));
        var settings = new Settings
        {
            Account = aws.AccountId,
            Region = aws.Region,
            Table = Table,
            Bucket = Bucket,
            AlertTopic = AlertTopic,
            SummaryTopic = SummaryTopic,
            ScanQueue = scanQueue,
            ApprovalFunction = nameof(Approval),
            GateQueue = aws.Sqs.CreateQueue("ecrguard-gate"),
            Enforcement = enforcement,
            BreakGlassRoleId = BreakGlassRoleId,
        };
        var collection = new ServiceCollection();
        Startup.Compose(collection, settings, clients, policy, time, Log.Silent);
        foreach (var function in Functions)
            function.AddTo(collection);
        services = collection.BuildServiceProvider();
    }

    /// <summary>
    /// Lets everybody call the functions as in AWS: through Lambda's Invoke or the HTTP API, and start the sweep. The
    /// parameter that the template writes is there to find them. The role that the template makes for callers is there
    /// too.
    /// </summary>
    /// <returns>The ARN of the sweep's state machine.</returns>
    public string Serve()
    {
        foreach (var function in Functions)
        {
            aws.Lambda.CreateZipFunction(function.Name);
            aws.Lambda.Register(function.Name, Handler(function));
        }
        aws.HttpApi.Route("GET /approval", BreakGlassRoleId, Handler(Of(nameof(Approval))));
        aws.HttpApi.Route("POST /breakglass", BreakGlassRoleId, Handler(Of(nameof(BreakGlass))));
        aws.Ssm.PutParameter(
            DeployedStack.Parameter,
            JsonSerializer.Serialize(
                new DeployedStack(
                    nameof(Approval),
                    nameof(ApplyPlan),
                    nameof(RestoreRepository),
                    nameof(ReleaseImage),
                    new Uri(aws.Endpoint, "breakglass"),
                    Table,
                    Bucket
                ),
                DeployedStackJson.Default.DeployedStack
            )
        );
        var asks = $"arn:aws:iam::{aws.AccountId}:role/EcrGuardAsk";
        aws.Sts.CreateRole(asks);
        aws.Sts.Trust(asks, "https://token.actions.githubusercontent.com", "sts.amazonaws.com");
        aws.Sts.Trust(asks, "https://gitlab.com", "https://gitlab.com");
        return aws.StepFunctions.CreateStateMachine("Sweep", SweepAsync);
    }

    private static HostedFunction Of(string name) => Array.Find(Functions, function => function.Name == name)!;

    private Func<string, Task<string>> Handler(HostedFunction function) =>
        payload => function.AnswerAsync(services, payload, new LocalContext(function.Name));

    public string AlertTopic { get; }
    public string SummaryTopic { get; }

    /// <summary>
    /// Hands the events of the local AWS to the functions, as the template's rules would, until no more events come.
    /// </summary>
    /// <returns>What failed; empty if all is well.</returns>
    public async Task<IReadOnlyList<string>> DeliverAsync()
    {
        var failures = new List<string>();
        while (Taken() is { Count: > 0 } events)
        {
            var queues = events
                .SelectMany(json => QueuesOf(json).Select(queue => (queue, json)))
                .ToLookup(each => each.queue, each => each.json);
            var pushed = services.GetRequiredService<OnImagePushed>();
            failures.AddRange(await DeliverAsync(queues[nameof(OnImagePushed)], pushed.OnImagePushedAsync));
            var scanned = services.GetRequiredService<OnScanChanged>();
            failures.AddRange(await DeliverAsync(queues[nameof(OnScanChanged)], scanned.OnScanChangedAsync));
            var deployed = services.GetRequiredService<OnImageDeployed>();
            failures.AddRange(await DeliverAsync(queues[nameof(OnImageDeployed)], deployed.OnImageDeployedAsync));
        }
        return failures;

        List<string> Taken() => [.. aws.Events.Take(), .. aws.Sqs.TakeDue(scanQueue).Select(look => look.Body)];
    }

    /// <summary>Asks as a pipeline would, with the payload of the HTTP API.</summary>
    public async Task<(int Status, JsonElement Body)> AskAsync(string image, bool require = false)
    {
        var query = new Dictionary<string, string> { ["image"] = image };
        if (require)
            query["require"] = "approved";
        var response = await services
            .GetRequiredService<Approval>()
            .ApprovalAsync(
                new ApprovalRequest(null, query, new APIGatewayHttpApiV2ProxyRequest.ProxyRequestContext()),
                new LocalContext("Approval")
            );
        using var body = JsonDocument.Parse(response.GetProperty("body").GetString()!);
        return (response.GetProperty("statusCode").GetInt32(), body.RootElement.Clone());
    }

    /// <summary>Forces an approval as somebody who has the role for it, with the payload of the HTTP API.</summary>
    /// <param name="session">The name of the role's session: who it is.</param>
    /// <returns>The status of the HTTP answer.</returns>
    public async Task<int> ForceAsync(string image, string reason, DateTimeOffset until, string session)
    {
        var order = new JsonObject
        {
            ["image"] = image,
            ["reason"] = reason,
            ["until"] = until.UtcDateTime.ToString("O", CultureInfo.InvariantCulture),
        };
        var context = new APIGatewayHttpApiV2ProxyRequest.ProxyRequestContext
        {
            ApiId = "local",
            RequestId = "local",
            RouteKey = "POST /breakglass",
            Stage = "$default",
            Authorizer = new()
            {
                IAM = new()
                {
                    UserARN = $"arn:aws:sts::{aws.AccountId}:assumed-role/EcrGuardBreakGlass/{session}",
                    UserId = $"{BreakGlassRoleId}:{session}",
                },
            },
        };
        var response = await services
            .GetRequiredService<BreakGlass>()
            .BreakGlassAsync(
                new BreakGlassRequest(order.ToJsonString(), false, context),
                new LocalContext(nameof(BreakGlass))
            );
        return response.GetProperty("statusCode").GetInt32();
    }

    public Task<BackfillState> BackfillAsync() =>
        services.GetRequiredService<Backfill>().BackfillAsync(new ScheduledRequest(null), new LocalContext("Backfill"));

    public Task<SummaryReport> SummaryAsync(string week) =>
        services
            .GetRequiredService<WeeklySummary>()
            .WeeklySummaryAsync(new ScheduledRequest(week), new LocalContext("WeeklySummary"));

    /// <summary>Makes the report of a week without sending it.</summary>
    public Task<Core.Reports.WeeklySummary> ReportAsync(Core.Reports.IsoWeek week) =>
        services
            .GetRequiredService<SummaryReader>()
            .ReadAsync(
                week,
                services.GetRequiredService<TimeProvider>().GetUtcNow(),
                isOut: false,
                CancellationToken.None
            );

    /// <summary>
    /// Sweeps as the state machine does: makes the list, sweeps some repositories after the others until all are done,
    /// and ends the sweep.
    /// </summary>
    public async Task<SweepEnd> SweepAsync()
    {
        var start = await services
            .GetRequiredService<SweepList>()
            .SweepListAsync(new SweepRequest(null), new LocalContext("SweepList"));
        using var list = JsonDocument.Parse(aws.S3.Find(start.Bucket, start.Key)!.Content);
        foreach (var some in list.RootElement.EnumerateArray())
        {
            var names = some.GetProperty("repositories").EnumerateArray().Select(name => name.GetString()!);
            var item = new SweepItem([.. names], start.StartedAt, 0, start.Run);
            while (
                await services
                    .GetRequiredService<SweepRepository>()
                    .SweepRepositoryAsync(item, new LocalContext("SweepRepository"))
                    is { Done: false } swept
            )
                item = item with { Repositories = swept.Repositories, Runs = swept.Runs };
        }
        return await services.GetRequiredService<SweepClose>().SweepCloseAsync(start, new LocalContext("SweepClose"));
    }

    public void Dispose()
    {
        services.Dispose();
        clients.Dispose();
    }

    private static async Task<IEnumerable<string>> DeliverAsync(
        IEnumerable<string> events,
        Func<SQSEvent, ILambdaContext, Task<SQSBatchResponse>> handler
    )
    {
        var failures = new List<string>();
        // The same as the event source mapping: batches of up to a hundred.
        foreach (var batch in events.Chunk(100))
        {
            var response = await handler(
                new SQSEvent
                {
                    Records =
                    [
                        .. batch.Select((body, at) => new SQSEvent.SQSMessage { MessageId = $"{at}", Body = body }),
                    ],
                },
                new LocalContext(handler.Method.Name)
            );
            failures.AddRange(
                response.BatchItemFailures.Select(failure =>
                    batch[int.Parse(failure.ItemIdentifier, CultureInfo.InvariantCulture)]
                )
            );
        }
        return failures;
    }

    /// <summary>The functions to which the template's rules give an event.</summary>
    private static string[] QueuesOf(string json)
    {
        using var document = JsonDocument.Parse(json);
        var root = document.RootElement;
        if (root.GetProperty("source").GetString() is "aws.ecs" or "aws.lambda" or "aws.apprunner")
            return [nameof(OnImageDeployed)];
        return root.GetProperty("detail-type").GetString() != "ECR Image Action"
            ? [nameof(OnScanChanged)]
            : root.GetProperty("detail").GetProperty("action-type").GetString() switch
            {
                "PUSH" => [nameof(OnImagePushed)],
                "DELETE" => [nameof(OnScanChanged), nameof(OnImageDeployed)],
                _ => [nameof(OnScanChanged)],
            };
    }
}
