using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Amazon.DynamoDBv2.Model;
using Amazon.Runtime;
using EcrGuard.Aws;
using EcrGuard.EndToEnd.Tests.Template;
using EcrGuard.LocalAws;
using EcrGuard.LocalAws.Sns;

namespace EcrGuard.EndToEnd.Tests.Harness;

/// <summary>
/// EcrGuard as <c>template.yaml</c> deploys it, into a local AWS. Every function that a test uses is its own process,
/// with the environment from the template. The end checks that nobody asked for anything that the local AWS does not
/// know, and that the functions wrote only JSON and no credential.
/// </summary>
public class Deployment : IAsyncLifetime
{
    public const string Table = "ecrguard-ledger";
    public const string Bucket = "ecrguard-reports";

    /// <summary>Critical findings block, high ones warn, and tags are written.</summary>
    public const string Marking = """
        {
          "version": 1,
          "rules": [
            { "id": "critical", "severity": ["CRITICAL"], "then": "block" },
            { "id": "high", "severity": ["HIGH"], "then": "warn" }
          ],
          "enforcement": [{ "repositories": ["*"], "mode": "mark" }]
        }
        """;

    private const string AccessKey = "AKIAIOSFODNN7EXAMPLE";
    private const string SecretKey = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
    private const string SessionToken = "FQoGZXIvYXdzEBYaDExampleSessionToken";

    private readonly Dictionary<string, LambdaRuntime> _functions = [];
    private readonly List<LoggedRequest> _called = [];
    private readonly List<LambdaRuntime> _started = [];
    private readonly string _package = Directory.CreateTempSubdirectory("ecrguard-").FullName;
    private string _alertTopic = "";
    private string _summaryTopic = "";
    private string _scanQueue = "";

    /// <summary>The URL of the queue for the hooks of CodeDeploy that wait.</summary>
    public string GateQueue { get; private set; } = "";

    private int _repositories;

    /// <summary>The template's parameter.</summary>
    public string Enforcement { get; init; } = "mark";

    /// <summary>The text of <c>policy.jsonc</c>; null for the shipped one.</summary>
    public string? Policy { get; init; } = Marking;

    /// <summary>The text of a VEX document beside the policy; null for none.</summary>
    public string? Vex { get; init; }

    public LocalAwsServer Aws { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Aws = await LocalAwsServer.StartAsync();
        Aws.DynamoDb.CreateEcrGuardTable(Table);
        Aws.S3.CreateBucket(Bucket);
        _alertTopic = Aws.Sns.CreateTopic("ecrguard-alerts");
        _summaryTopic = Aws.Sns.CreateTopic("ecrguard-summary");
        _scanQueue = Aws.Sqs.CreateQueue("ecrguard-scan-changed");
        GateQueue = Aws.Sqs.CreateQueue("ecrguard-code-deploy-gate");
        var parameter = SamTemplate.With().Properties("DeploymentParameter");
        Aws.Ssm.PutParameter(
            parameter["Name"]!.ToString(),
            Regex
                .Replace(parameter["Value"]!["Fn::Sub"]![0]!.ToString(), @"\$\{(\w+)\.Arn\}", "$1")
                .Replace("${BreakGlassUrl}", $"\"{Aws.Endpoint}breakglass\"", StringComparison.Ordinal)
                .Replace("${LedgerTable.Value}", Table, StringComparison.Ordinal)
                .Replace("${LedgerBucket.Value}", Bucket, StringComparison.Ordinal)
        );
        foreach (var file in Directory.EnumerateFiles(Package.Folder))
            File.Copy(file, Path.Combine(_package, Path.GetFileName(file)));
        if (Policy is not null)
            await File.WriteAllTextAsync(Path.Combine(_package, "policy.jsonc"), Policy);
        if (Vex is not null)
            await File.WriteAllTextAsync(
                Path.Combine(Directory.CreateDirectory(Path.Combine(_package, "vex")).FullName, "vendor.json"),
                Vex
            );
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var function in _started)
            await function.DisposeAsync();
        await Aws.DisposeAsync();
        Directory.Delete(_package, recursive: true);
        GC.SuppressFinalize(this);

        Assert.Empty(Aws.Unexpected);
        AssertPermitted();
        foreach (var function in _started)
        {
            Assert.All(
                function.Output,
                line => Assert.Equal(JsonValueKind.Object, JsonDocument.Parse(line).RootElement.ValueKind)
            );
            Assert.All(
                [.. function.Output, .. function.Errors],
                line =>
                    Assert.All(
                        [AccessKey, SecretKey, SessionToken],
                        secret => Assert.DoesNotContain(secret, line, StringComparison.Ordinal)
                    )
            );
        }
    }

    /// <summary>
    /// Checks that the role of each function in the template allows every call that the function made here.
    /// </summary>
    private void AssertPermitted()
    {
        var template = SamTemplate.With([("Enforcement", Enforcement), .. SamTemplate.Everything]);
        foreach (var calls in Called.GroupBy(call => call.Function))
        {
            var allowed = template.Permissions(calls.Key).SelectMany(statement => statement.Actions).ToHashSet();
            Assert.All(
                calls.SelectMany(call => ActionsOf(call.Service, call.Operation)).Distinct(),
                action => Assert.True(allowed.Contains(action), $"{calls.Key} calls {action}, which it may not")
            );
        }
    }

    /// <summary>The calls of the functions so far, as far as their roles decide about them.</summary>
    public IEnumerable<(string Function, string Service, string Operation)> Called =>
        _called
            .Concat(Aws.Requests)
            // The pipeline decides what its jobs may read, so those calls are left out.
            .Where(request =>
                request.Application is not null && request.AccessKey != Gates.GateAdapter.PipelineSecrets[0]
            )
            .Select(request => (request.Application!, request.Service, request.Operation))
            .Distinct();

    /// <summary>The actions that a call needs. A transaction needs the actions of its items.</summary>
    public static IEnumerable<string> ActionsOf(string service, string operation) =>
        (service, operation) switch
        {
            // Each transaction of EcrGuard updates an item. The log does not show which of them also put one.
            ("dynamodb", "TransactWriteItems") => ["dynamodb:UpdateItem"],
            ("s3", "ListObjectsV2") => ["s3:ListBucket"],
            ("lambda", "Invoke") => ["lambda:InvokeFunction"],
            _ => [$"{service}:{operation}"],
        };

    /// <summary>A function by its logical id in the template. It is started if it is not running.</summary>
    public async Task<LambdaRuntime> FunctionAsync(string name) =>
        _functions.TryGetValue(name, out var running) && running.IsAlive
            ? running
            : _functions[name] = await StartAsync(name);

    /// <summary>Lets everybody call functions through Lambda's Invoke, by their logical ids in the template.</summary>
    public void Serve(params string[] functions)
    {
        foreach (var name in functions)
            Aws.Lambda.Register(name, payload => AnswerAsync(name, payload));
    }

    /// <summary>Lets everybody force an approval, as somebody who has the role for it.</summary>
    public void ServeBreakGlass() =>
        Aws.HttpApi.Route("POST /breakglass", HttpApi.RoleId, order => AnswerAsync("BreakGlass", order));

    private async Task<string> AnswerAsync(string function, string payload) =>
        (
            await (await FunctionAsync(function)).InvokeAsync(JsonNode.Parse(payload)!, TimeSpan.FromMinutes(5))
        ).Payload.ToJsonString();

    /// <summary>Starts one more instance of a function.</summary>
    /// <param name="changes">Variables that replace the template's in its environment; a null value removes a
    ///     variable.</param>
    public async Task<LambdaRuntime> StartAsync(
        string name,
        params IReadOnlyList<(string Variable, string? Value)> changes
    )
    {
        var environment = SamTemplate
            // A chat would get every message a second time.
            .With([("Enforcement", Enforcement), .. SamTemplate.Everything, ("Chat", "off")])
            .Environment(
                name,
                new Dictionary<string, string>
                {
                    ["AWS::AccountId"] = Aws.AccountId,
                    ["LedgerTable.Value"] = Table,
                    ["LedgerBucket.Value"] = Bucket,
                    ["AlertTopic"] = _alertTopic,
                    ["SummaryTopic"] = _summaryTopic,
                    ["EcrGuardBreakGlass.RoleId"] = HttpApi.RoleId,
                    ["ScanChangedQueue"] = _scanQueue,
                    ["Approval.Arn"] = "Approval",
                    ["CodeDeployGateQueue"] = GateQueue,
                }
            );
        // Nobody else pushes here, so no write needs to wait.
        environment["ECRGUARD_WRITES_PER_SECOND"] = "10";
        // Lambda itself sets these, except the endpoint.
        environment["AWS_REGION"] = environment["AWS_DEFAULT_REGION"] = Aws.Region;
        environment["AWS_ACCESS_KEY_ID"] = AccessKey;
        environment["AWS_SECRET_ACCESS_KEY"] = SecretKey;
        environment["AWS_SESSION_TOKEN"] = SessionToken;
        environment["AWS_LAMBDA_FUNCTION_NAME"] = name;
        // With this, the local AWS knows who calls.
        environment["AWS_SDK_UA_APP_ID"] = name;
        environment["AWS_LAMBDA_LOG_FORMAT"] = "JSON";
        environment["AWS_ENDPOINT_URL"] = Aws.Endpoint.ToString();
        foreach (var (variable, value) in changes)
        {
            if (value is null)
                environment.Remove(variable);
            else
                environment[variable] = value;
        }
        var started = await LambdaRuntime.StartAsync(_package, environment);
        _started.Add(started);
        return started;
    }

    /// <summary>A new repository, scanned on push by basic scanning.</summary>
    public string CreateRepository()
    {
        var name = $"team/app-{++_repositories}";
        Aws.Ecr.CreateRepository(name, scanOnPush: true);
        return name;
    }

    /// <summary>Hands events to a function as its queue does, in one batch.</summary>
    /// <returns>The positions of the events that the function hands back.</returns>
    public async Task<IReadOnlyList<int>> DeliverAsync(string function, params IReadOnlyList<string> events) =>
        await DeliverAsync(await FunctionAsync(function), null, events);

    /// <inheritdoc cref="DeliverAsync(string, IReadOnlyList{string})"/>
    public static Task<IReadOnlyList<int>> DeliverAsync(
        LambdaRuntime function,
        TimeSpan? time,
        params IReadOnlyList<string> events
    ) => DeliverAsync(function, time, DateTimeOffset.UtcNow, events);

    /// <inheritdoc cref="DeliverAsync(string, IReadOnlyList{string})"/>
    /// <param name="sentAt">When they came to the queue.</param>
    public static async Task<IReadOnlyList<int>> DeliverAsync(
        LambdaRuntime function,
        TimeSpan? time,
        DateTimeOffset sentAt,
        IReadOnlyList<string> events
    )
    {
        var batch = new JsonObject
        {
            ["Records"] = new JsonArray([
                .. events.Select(
                    (body, at) =>
                        new JsonObject
                        {
                            ["messageId"] = $"message-{at}",
                            ["receiptHandle"] = "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a",
                            ["body"] = body,
                            ["attributes"] = new JsonObject
                            {
                                ["ApproximateReceiveCount"] = "1",
                                ["SentTimestamp"] = $"{sentAt.ToUnixTimeMilliseconds()}",
                            },
                            ["messageAttributes"] = new JsonObject(),
                            ["eventSource"] = "aws:sqs",
                            ["eventSourceARN"] = "arn:aws:sqs:eu-central-1:123456789012:queue",
                            ["awsRegion"] = "eu-central-1",
                        }
                ),
            ]),
        };
        var answer = await function.InvokeAsync(batch, time);
        return
        [
            .. answer.Payload["batchItemFailures"]!
                .AsArray()
                .Select(failure => int.Parse(failure!["itemIdentifier"]!.ToString()["message-".Length..]))
                .Order(),
        ];
    }

    /// <summary>
    /// Hands every event that the local AWS has sent to the function that the template's rules choose, until no more
    /// come. None may fail.
    /// </summary>
    public async Task DeliverAllAsync()
    {
        while (Aws.Events.Take() is { Count: > 0 } events)
        {
            var queues = events
                .Select(e => JsonNode.Parse(e)!)
                .SelectMany(e => QueuesOf(e).Select(queue => (queue, e)));
            foreach (var queue in queues.GroupBy(each => each.queue, each => each.e))
                Assert.Empty(await DeliverAsync(queue.Key, [.. queue.Select(e => e.ToJsonString())]));
        }

        static string[] QueuesOf(JsonNode e) =>
            e["source"]!.ToString() is "aws.ecs" or "aws.lambda" or "aws.apprunner"
                ? ["OnImageDeployed"]
                : e["detail"]!["action-type"]?.ToString() switch
                {
                    "PUSH" => ["OnImagePushed"],
                    "DELETE" => ["OnScanChanged", "OnImageDeployed"],
                    _ => ["OnScanChanged"],
                };
    }

    /// <summary>The ledger's item of an image; null if there is none.</summary>
    public JsonObject? Item(string repository, string digest) =>
        Aws
            .DynamoDb.Items(Table)
            .SingleOrDefault(item =>
                item["pk"]!.ToString() == $"R#{Aws.AccountId}#{Aws.Region}#{repository}"
                && item["sk"]!.ToString() == $"I#{digest["sha256:".Length..]}"
            );

    /// <summary>The status that the ledger holds for an image; null if it holds none.</summary>
    public string? StatusOf(string repository, string digest) =>
        Item(repository, digest) is { } item
            ? JsonNode.Parse(item["record"]!.ToString())!["value"]!["verdict"]!["status"]!.ToString()
            : null;

    /// <summary>
    /// Overwrites one attribute in the ledger. A test lets time pass with it, since it cannot change the clock of a
    /// process.
    /// </summary>
    public async Task UpdateAsync(string partition, string sort, string attribute, string value)
    {
        using var aws = AwsClients.At(Aws.Endpoint, Aws.Region, new BasicAWSCredentials("test", "test"));
        await aws.Dynamo.UpdateItemAsync(
            new UpdateItemRequest
            {
                TableName = Table,
                Key = new() { ["pk"] = new(partition), ["sk"] = new(sort) },
                UpdateExpression = "SET #attribute = :value",
                ExpressionAttributeNames = new() { ["#attribute"] = attribute },
                ExpressionAttributeValues = new() { [":value"] = new(value) },
            }
        );
    }

    /// <summary>The messages about images of a repository, in their form for machines.</summary>
    public IReadOnlyList<JsonNode> Alerts(string repository) =>
        [
            .. Aws
                .Sns.Messages.Where(m =>
                    m.TopicArn == _alertTopic
                    && m.Attributes.TryGetValue("repository", out var of)
                    && of.Value == repository
                )
                .Select(ToMachines),
        ];

    /// <summary>A message as queues and functions get it.</summary>
    public static JsonNode ToMachines(LocalMessage message) =>
        JsonNode.Parse(JsonNode.Parse(message.Message)!["default"]!.ToString())!;

    /// <summary>
    /// The names of the operations that a service was asked for since the requests were last taken; forgets those of
    /// all services.
    /// </summary>
    public IReadOnlyList<string> TakeRequests(string service) =>
        [.. TakeRequests().Where(r => r.Service == service).Select(r => r.Operation)];

    /// <summary>Returns the requests since they were last taken and forgets them, except who has called what.</summary>
    public IReadOnlyList<LoggedRequest> TakeRequests()
    {
        var taken = Aws.Requests.Take();
        _called.AddRange(taken);
        return taken;
    }

    /// <summary>Whether an operation only reads.</summary>
    public static bool Reads(string operation) =>
        operation.StartsWith("Get", StringComparison.Ordinal)
        || operation.StartsWith("BatchGet", StringComparison.Ordinal)
        || operation.StartsWith("Describe", StringComparison.Ordinal)
        || operation.StartsWith("List", StringComparison.Ordinal)
        || operation is "Query";
}
