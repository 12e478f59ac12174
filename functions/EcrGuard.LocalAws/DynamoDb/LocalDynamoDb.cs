using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace EcrGuard.LocalAws.DynamoDb;

/// <summary>
/// DynamoDB in memory, over its JSON 1.0 protocol: tables are billed on demand and active at once; indexes project
/// everything and are always as current as their table. Every call is atomic.
/// </summary>
public sealed class LocalDynamoDb : ILocalService
{
    private const string TargetPrefix = "DynamoDB_20120810.";
    private const string FrameworkError = "com.amazon.coral.service#";

    private readonly Lock gate = new();
    private readonly LocalAwsOptions options;
    private readonly Database database;
    private readonly Dictionary<string, Func<JsonElement, JsonObject>> operations;

    internal LocalDynamoDb(LocalAwsOptions options)
    {
        this.options = options;
        database = new Database(options);
        var reads = new Reads(database);
        var writes = new Writes(database, options);
        operations = new()
        {
            ["CreateTable"] = database.CreateTable,
            ["DescribeTable"] = database.DescribeTable,
            ["GetItem"] = reads.GetItem,
            ["BatchGetItem"] = request => reads.BatchGetItem(request, ProcessedPerBatch),
            ["Query"] = reads.Query,
            ["Scan"] = reads.Scan,
            ["PutItem"] = writes.PutItem,
            ["UpdateItem"] = writes.UpdateItem,
            ["DeleteItem"] = writes.DeleteItem,
            ["BatchWriteItem"] = request => writes.BatchWriteItem(request, ProcessedPerBatch),
            ["TransactWriteItems"] = writes.TransactWriteItems,
        };
    }

    /// <summary>
    /// How many keys or writes of one BatchGetItem or BatchWriteItem are processed. The rest comes back as
    /// <c>UnprocessedKeys</c> or <c>UnprocessedItems</c>, as from a busy DynamoDB. There is no limit unless this is
    /// set.
    /// </summary>
    public int ProcessedPerBatch { get; set; } = int.MaxValue;

    string ILocalService.SigningName => "dynamodb";

    /// <summary>
    /// Creates EcrGuard's table: string keys <c>pk</c> and <c>sk</c>, the index <c>byStatus</c> on <c>gsi1pk</c> and
    /// <c>gsi1sk</c>, and time to live by <c>expires</c>.
    /// </summary>
    /// <exception cref="InvalidOperationException">The table exists.</exception>
    public void CreateEcrGuardTable(string name)
    {
        var schema = new TableSchema(
            name,
            Strings("pk", "sk"),
            new Dictionary<string, KeySchema> { ["byStatus"] = Strings("gsi1pk", "gsi1sk") },
            TimeToLive: "expires"
        );
        lock (gate)
        {
            try
            {
                database.Add(schema);
            }
            catch (DynamoDbError error)
            {
                throw new InvalidOperationException(error.Message);
            }
        }

        static KeySchema Strings(string partition, string sort) =>
            new(new KeyAttribute(partition, "S"), new KeyAttribute(sort, "S"));
    }

    /// <summary>Copies a table, as it is now, to a new table, like a restore to a point in time.</summary>
    /// <exception cref="KeyNotFoundException">No such table.</exception>
    /// <exception cref="InvalidOperationException">The new table exists already.</exception>
    public void CopyTable(string from, string to)
    {
        lock (gate)
        {
            var found =
                database.Tables.FirstOrDefault(t => t.Schema.Name == from)
                ?? throw new KeyNotFoundException($"There is no table '{from}'.");
            try
            {
                database.Add(found.Schema with { Name = to });
            }
            catch (DynamoDbError error)
            {
                throw new InvalidOperationException(error.Message);
            }
            foreach (var item in found.Items)
            {
                database[to].Replace(null, item);
            }
        }
    }

    /// <summary>
    /// Every item of a table as ordinary JSON (numbers as numbers, sets as arrays, binary as Base64), ordered by
    /// partition key and sort key. Expired items that are not deleted yet are included.
    /// </summary>
    /// <exception cref="KeyNotFoundException">No such table.</exception>
    public IReadOnlyList<JsonObject> Items(string table)
    {
        lock (gate)
        {
            var found =
                database.Tables.FirstOrDefault(t => t.Schema.Name == table)
                ?? throw new KeyNotFoundException($"There is no table '{table}'.");
            var key = found.Schema.Key;
            return
            [
                .. found
                    .Items.OrderBy(i => i.Get(key.Partition.Name)!, Comparer<Value>.Create(Value.Compare))
                    .Select(i => i.ToPlain()),
            ];
        }
    }

    /// <summary>
    /// Deletes the items whose time to live has passed, as AWS does within days. Returns how many there were.
    /// </summary>
    public int DeleteExpired()
    {
        lock (gate)
        {
            return DeleteExpiredBefore(options.TimeProvider.GetUtcNow());
        }
    }

    bool ILocalService.LooksLikeMine(LocalCall call) =>
        call.Headers["X-Amz-Target"].ToString().StartsWith(TargetPrefix, StringComparison.Ordinal);

    LocalOperation ILocalService.Identify(LocalCall call)
    {
        var target = call.Headers["X-Amz-Target"].ToString();
        if (
            call.Method != "POST"
            || !target.StartsWith(TargetPrefix, StringComparison.Ordinal)
            || !operations.ContainsKey(target[TargetPrefix.Length..])
        )
        {
            throw LocalError.Unexpected(
                FrameworkError + "UnknownOperationException",
                $"There is no operation '{target}' here."
            );
        }

        return new LocalOperation(target[TargetPrefix.Length..], TablesOf(call.Body));
    }

    LocalAnswer ILocalService.Answer(LocalCall call, LocalOperation operation)
    {
        try
        {
            using var request = JsonDocument.Parse(call.Body);
            lock (gate)
            {
                if (!options.ExpiredItemsAreReturned)
                {
                    DeleteExpiredBefore(call.Now);
                }

                return Send(200, operations[operation.Name](request.RootElement));
            }
        }
        catch (DynamoDbError error)
        {
            return Send(400, error.ToJson());
        }
        catch (Exception malformed) when (malformed is JsonException or InvalidOperationException or FormatException)
        {
            // System.Text.Json throws this for a member of the wrong type.
            return Send(400, DynamoDbError.Serialization("Unexpected value type in payload").ToJson());
        }
    }

    LocalError ILocalService.For(Trouble trouble) =>
        trouble switch
        {
            Trouble.Throttled => new LocalError(
                400,
                "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException",
                "The level of configured provisioned throughput for the table was exceeded. Consider "
                    + "increasing your provisioning level with the UpdateTable API."
            ),
            Trouble.InternalError => new LocalError(
                500,
                "com.amazonaws.dynamodb.v20120810#InternalServerError",
                "Internal server error"
            ),
            Trouble.Unavailable => new LocalError(
                503,
                FrameworkError + "ServiceUnavailableException",
                "Service is not available. Please try again."
            ),
            Trouble.ExpiredCredentials => new LocalError(
                400,
                FrameworkError + "ExpiredTokenException",
                "The security token included in the request is expired"
            ),
            Trouble.MissingAuthentication => new LocalError(
                400,
                FrameworkError + "MissingAuthenticationTokenException",
                "Request is missing Authentication Token"
            ),
        };

    LocalAnswer ILocalService.Refuse(LocalError error) =>
        Send(error.Status, new JsonObject { ["__type"] = error.Code, ["message"] = error.Message });

    private static LocalAnswer Send(int status, JsonObject json)
    {
        var body = Encoding.UTF8.GetBytes(json.ToJsonString());
        return new LocalAnswer(status, "application/x-amz-json-1.0", body)
        {
            Headers = new Dictionary<string, string>
            {
                ["x-amz-crc32"] = Crc.Crc32.Compute32(body).ToString(CultureInfo.InvariantCulture),
            },
        };
    }

    /// <summary>The tables that a request names, separated by commas; null if it names none or is not JSON.</summary>
    private static string? TablesOf(byte[] body)
    {
        try
        {
            using var request = JsonDocument.Parse(body);
            var names = request.RootElement switch
            {
                { ValueKind: not JsonValueKind.Object } => [],
                var json when json.TryGetProperty("TableName", out var name) => [name.ToString()],
                var json
                    when json.TryGetProperty("RequestItems", out var items)
                        && items.ValueKind == JsonValueKind.Object => items.EnumerateObject().Select(t => t.Name),
                var json
                    when json.TryGetProperty("TransactItems", out var items)
                        && items.ValueKind == JsonValueKind.Array => items
                    .EnumerateArray()
                    .SelectMany(i => i.EnumerateObject())
                    .Select(a => a.Value.GetProperty("TableName").ToString()),
                _ => [],
            };
            return string.Join(',', names.Distinct()) is { Length: > 0 } all ? all : null;
        }
        catch (Exception malformed)
            when (malformed is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            return null;
        }
    }

    private int DeleteExpiredBefore(DateTimeOffset now) =>
        database.Tables.Sum(t => t.DeleteExpired(now.ToUnixTimeSeconds()));
}
