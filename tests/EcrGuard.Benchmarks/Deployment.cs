using System.Text.Json;
using Amazon.DynamoDBv2.Model;
using Amazon.Runtime;
using EcrGuard.Aws;
using EcrGuard.Aws.Ledger;
using EcrGuard.LocalAws;

namespace EcrGuard.Benchmarks;

/// <summary>
/// A local AWS in this process, with what the template creates, and functions in their own processes.
/// </summary>
internal sealed class Deployment : IAsyncDisposable
{
    private const string Table = "ecrguard-ledger";
    private const string Bucket = "ecrguard-reports";

    /// <summary>
    /// The limits for the product: a function's memory, and the part of it that .NET gives its heap in a container of
    /// that size (75 %).
    /// </summary>
    public const int MemoryMiB = 512;
    private const long HeapBytes = MemoryMiB * 1024L * 1024 * 3 / 4;

    private readonly AwsClients clients;
    private readonly string topic;

    private Deployment(LocalAwsServer aws)
    {
        Aws = aws;
        aws.DynamoDb.CreateEcrGuardTable(Table);
        aws.S3.CreateBucket(Bucket);
        topic = aws.Sns.CreateTopic("ecrguard");
        clients = AwsClients.At(aws.Endpoint, aws.Region, new BasicAWSCredentials("local", "local"));
        Ledger = new LedgerTable(
            clients.Dynamo,
            new Settings
            {
                Account = aws.AccountId,
                Region = aws.Region,
                Table = Table,
                Bucket = Bucket,
            },
            TimeProvider.System
        );
    }

    public LocalAwsServer Aws { get; }

    public LedgerTable Ledger { get; }

    public static async Task<Deployment> StartAsync(LocalAwsOptions? options = null) =>
        new(await LocalAwsServer.StartAsync(options));

    /// <summary>The environment of a caller.</summary>
    public IReadOnlyDictionary<string, string> Caller =>
        new Dictionary<string, string>
        {
            ["AWS_REGION"] = Aws.Region,
            ["AWS_ACCESS_KEY_ID"] = "local",
            ["AWS_SECRET_ACCESS_KEY"] = "local",
            ["AWS_ENDPOINT_URL"] = Aws.Endpoint.ToString(),
        };

    /// <summary>Starts a function of a package.</summary>
    /// <param name="enforcement">The stack's parameter.</param>
    public Task<FunctionProcess> StartAsync(string executable, string function, string enforcement = "observe") =>
        FunctionProcess.StartAsync(
            executable,
            function,
            new Dictionary<string, string>(Caller)
            {
                ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] = $"{MemoryMiB}",
                ["DOTNET_GCHeapHardLimit"] = $"0x{HeapBytes:x}",
                ["ECRGUARD_ACCOUNT"] = Aws.AccountId,
                ["ECRGUARD_TABLE"] = Table,
                ["ECRGUARD_BUCKET"] = Bucket,
                ["ECRGUARD_ALERT_TOPIC"] = topic,
                ["ECRGUARD_SUMMARY_TOPIC"] = topic,
                ["ECRGUARD_SCAN_QUEUE"] = Aws.Sqs.CreateQueue("scan-changed"),
                ["ECRGUARD_ENFORCEMENT"] = enforcement,
            }
        );

    /// <summary>
    /// Copies what the ledger knows of one repository to others that hold the same images. The repository's name may
    /// occur nowhere else in its items.
    /// </summary>
    public async Task CopyLedgerAsync(string from, IReadOnlyList<string> to)
    {
        var query = new QueryRequest
        {
            TableName = Table,
            KeyConditionExpression = "pk = :pk",
            ExpressionAttributeValues = new() { [":pk"] = new($"R#{Aws.AccountId}#{Aws.Region}#{from}") },
        };
        var items = new List<Dictionary<string, AttributeValue>>();
        do
        {
            var page = await clients.Dynamo.QueryAsync(query);
            items.AddRange(page.Items);
            query.ExclusiveStartKey = page.LastEvaluatedKey;
        } while (query.ExclusiveStartKey is { Count: > 0 });
        if (items.Count == 0)
            throw new FunctionFailedException($"The ledger knows nothing of {from}.");
        await Parallel.ForEachAsync(
            to,
            async (name, cancellation) =>
            {
                // BatchWriteItem takes 25 items.
                foreach (var some in items.Chunk(25))
                {
                    var writes = some.Select(item => new WriteRequest(new PutRequest(Renamed(item, from, name))));
                    await clients.Dynamo.BatchWriteItemAsync(
                        new BatchWriteItemRequest { RequestItems = new() { [Table] = [.. writes] } },
                        cancellation
                    );
                }
            }
        );
    }

    private static Dictionary<string, AttributeValue> Renamed(
        Dictionary<string, AttributeValue> item,
        string from,
        string to
    ) =>
        item.ToDictionary(
            its => its.Key,
            its => its.Value.S is { } text ? new AttributeValue(text.Replace(from, to)) : its.Value
        );

    /// <summary>Hands a batch of events to a function as a queue does.</summary>
    /// <exception cref="FunctionFailedException">Not every event succeeded.</exception>
    public static async Task DeliverAsync(FunctionProcess function, IEnumerable<string> events)
    {
        var records = events.Select(
            (body, at) =>
                new
                {
                    messageId = $"{at}",
                    body,
                    eventSource = "aws:sqs",
                }
        );
        var answer = await function.InvokeAsync(
            JsonSerializer.Serialize(new { Records = records }),
            TimeSpan.FromMinutes(5)
        );
        using var document = JsonDocument.Parse(answer);
        if (document.RootElement.GetProperty("batchItemFailures").GetArrayLength() > 0)
            throw new FunctionFailedException($"Events were handed back: {answer}");
    }

    public async ValueTask DisposeAsync()
    {
        clients.Dispose();
        await Aws.DisposeAsync();
    }
}
