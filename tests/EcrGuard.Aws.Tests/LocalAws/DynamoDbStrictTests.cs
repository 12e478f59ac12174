using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;
using Amazon.Runtime;
using EcrGuard.LocalAws;
using Microsoft.Extensions.Time.Testing;

namespace EcrGuard.Aws.Tests.LocalAws;

/// <summary>
/// What our DynamoDB does beyond the scenarios that it shares with moto: limits, refusals, expiry, faults, and what a
/// test can see.
/// </summary>
public sealed class DynamoDbStrictTests : IAsyncLifetime
{
    private const string Table = "EcrGuard";

    private readonly FakeTimeProvider clock = new(new DateTimeOffset(2026, 3, 1, 0, 0, 0, TimeSpan.Zero));
    private LocalAwsServer server = null!;
    private AmazonDynamoDBClient client = null!;

    public ValueTask InitializeAsync() => StartAsync(new LocalAwsOptions());

    public async ValueTask DisposeAsync()
    {
        client.Dispose();
        Assert.Empty(server.Unexpected);
        await server.DisposeAsync();
    }

    [Theory]
    [InlineData("pk =", "Invalid KeyConditionExpression: Syntax error; token: \"<EOF>\", near: \"=\"")]
    [InlineData("pk = = :p", "Invalid KeyConditionExpression: Syntax error; token: \"=\", near: \"= = :p\"")]
    [InlineData("pk = :p ! sk", "Invalid KeyConditionExpression: Syntax error; token: \"!\", near: \"! s\"")]
    [InlineData("", "Invalid KeyConditionExpression: The expression can not be empty;")]
    [InlineData("sk = :p", "Query condition missed key schema element: pk")]
    [InlineData("pk > :p", "Query key condition not supported")]
    [InlineData("pk = :p AND gsi1pk = :p", "Query condition missed key schema element: sk")]
    [InlineData("pk = :p OR sk = :p", "Invalid operator used in KeyConditionExpression: OR")]
    [InlineData(
        "pk = :q",
        "Invalid KeyConditionExpression: An expression attribute value used in expression is not defined; "
            + "attribute value: :q"
    )]
    [InlineData(
        "pk = #p",
        "Invalid KeyConditionExpression: An expression attribute name used in the document path is not "
            + "defined; attribute name: #p"
    )]
    [InlineData(
        "pk = :p AND sideways(sk, :p)",
        "Invalid KeyConditionExpression: Invalid function name; function: sideways"
    )]
    [InlineData(
        "pk = :p AND begins_with(sk)",
        "Invalid KeyConditionExpression: Incorrect number of operands for operator or function; operator or "
            + "function: begins_with, number of operands: 1"
    )]
    public Task A_key_condition_that_makes_no_sense_is_refused(string condition, string message) =>
        AssertRefusedAsync(
            message,
            () =>
                client.QueryAsync(
                    new QueryRequest
                    {
                        TableName = Table,
                        KeyConditionExpression = condition,
                        ExpressionAttributeValues = new() { [":p"] = new("p") },
                    }
                )
        );

    [Theory]
    [InlineData(
        "SET a = :v SET b = :v",
        "Invalid UpdateExpression: The \"SET\" section can only be used once in an update expression;"
    )]
    [InlineData(
        "SET a = :v, a.b = :v",
        "Invalid UpdateExpression: Two document paths overlap with each other; must remove or rewrite one of "
            + "these paths; path one: [a], path two: [a, b]"
    )]
    [InlineData(
        "SET a.b = :v, a[0] = :v",
        "Invalid UpdateExpression: Two document paths conflict with each other; must remove or rewrite one "
            + "of these paths; path one: [a, b], path two: [a, [0]]"
    )]
    [InlineData(
        "SET pk = :v",
        "One or more parameter values were invalid: Cannot update attribute pk. This attribute is part of the key"
    )]
    [InlineData(
        "SET a = :v + :v",
        "Invalid UpdateExpression: Incorrect operand type for operator or function; operator or function: +, "
            + "operand type: S"
    )]
    [InlineData("SET b = :v, a = pk + pk", "An operand in the update expression has an incorrect data type")]
    [InlineData(
        "SET a = list_append(:v, :v)",
        "Invalid UpdateExpression: Incorrect operand type for operator or function; operator or function: "
            + "list_append, operand type: S"
    )]
    [InlineData(
        "ADD a :v",
        "Invalid UpdateExpression: Incorrect operand type for operator or function; operator: ADD, operand "
            + "type: STRING, typeset: ALLOWED_FOR_ADD_OPERAND"
    )]
    [InlineData(
        "SET gsi1sk = :empty, gsi1pk = :v",
        "One or more parameter values are not valid. A value specified for a secondary index key is not "
            + "supported. The AttributeValue for a key attribute cannot contain an empty string value. IndexName: "
            + "byStatus, IndexKey: gsi1sk"
    )]
    public Task An_update_that_makes_no_sense_is_refused(string expression, string message) =>
        AssertRefusedAsync(
            message,
            () =>
                client.UpdateItemAsync(
                    new UpdateItemRequest
                    {
                        TableName = Table,
                        Key = Key("p", "s"),
                        UpdateExpression = expression,
                        ExpressionAttributeValues = new Dictionary<string, AttributeValue>
                        {
                            [":v"] = new("v"),
                            [":empty"] = new(""),
                        }
                            .Where(v => expression.Contains(v.Key, StringComparison.Ordinal))
                            .ToDictionary(),
                    }
                )
        );

    [Theory]
    [InlineData("1e2", "100")]
    [InlineData("-0.10", "-0.1")]
    [InlineData("12345678901234567890123456789012345678", "12345678901234567890123456789012345678")]
    [InlineData("1E20", "100000000000000000000")]
    [InlineData("1.5E-20", "0.000000000000000000015")]
    [InlineData(
        "123456789012345678901234567890123456789",
        "Attempting to store more than 38 significant digits in a Number"
    )]
    [InlineData("1E126", "Number overflow. Attempting to store a number with magnitude larger than supported range")]
    [InlineData("1E-131", "Number underflow. Attempting to store a number with magnitude smaller than supported range")]
    [InlineData("ten", "The parameter cannot be converted to a numeric value: ten")]
    public async Task Numbers_are_exact_to_38_digits(string number, string expected)
    {
        var item = new Dictionary<string, AttributeValue>(Key("p", "s")) { ["n"] = new() { N = number } };
        if (char.IsLetter(expected[0]))
        {
            await AssertRefusedAsync(expected, () => client.PutItemAsync(Table, item));
            return;
        }

        await client.PutItemAsync(Table, item);
        Assert.Equal(expected, (await client.GetItemAsync(Table, Key("p", "s"))).Item["n"].N);
    }

    [Fact]
    public async Task An_item_may_hold_400_KB_and_not_a_byte_more()
    {
        // pk + p + sk + s + text = 10 bytes.
        const int Text = (400 * 1024) - 10;
        await client.PutItemAsync(
            Table,
            new Dictionary<string, AttributeValue>(Key("p", "s")) { ["text"] = new(new string('x', Text)) }
        );

        await AssertRefusedAsync(
            "Item size has exceeded the maximum allowed size",
            () =>
                client.PutItemAsync(
                    Table,
                    new Dictionary<string, AttributeValue>(Key("p", "s")) { ["text"] = new(new string('x', Text + 1)) }
                )
        );
        await AssertRefusedAsync(
            "Item size to update has exceeded the maximum allowed size",
            () =>
                client.UpdateItemAsync(
                    new UpdateItemRequest
                    {
                        TableName = Table,
                        Key = Key("p", "s"),
                        UpdateExpression = "SET a = :v",
                        ExpressionAttributeValues = new() { [":v"] = new("v") },
                    }
                )
        );
    }

    [Fact]
    public async Task A_comparison_of_different_types_is_false()
    {
        await client.PutItemAsync(
            Table,
            new Dictionary<string, AttributeValue>(Key("p", "s")) { ["amount"] = new() { N = "1" } }
        );

        foreach (var (comparator, holds) in new[] { ("<", 0), ("<=", 0), (">", 0), (">=", 0), ("=", 0), ("<>", 1) })
        {
            var page = await client.ScanAsync(
                new ScanRequest(Table)
                {
                    FilterExpression = $"amount {comparator} :text",
                    ExpressionAttributeValues = new() { [":text"] = new("1") },
                }
            );
            Assert.Equal(holds, page.Count);
        }
    }

    [Fact]
    public async Task A_projection_closes_the_gaps_in_lists()
    {
        await client.PutItemAsync(
            Table,
            new Dictionary<string, AttributeValue>(Key("p", "s"))
            {
                ["elements"] = new()
                {
                    L =
                    [
                        new("zero"),
                        new()
                        {
                            M = new() { ["a"] = new("x"), ["b"] = new("y") },
                        },
                        new("two"),
                    ],
                },
            }
        );

        var item = (
            await client.GetItemAsync(
                new GetItemRequest
                {
                    TableName = Table,
                    Key = Key("p", "s"),
                    ProjectionExpression = "elements[2], elements[1].b, elements[9]",
                }
            )
        ).Item;

        Assert.Equal(["elements"], item.Keys);
        Assert.Equal(["y", "two"], item["elements"].L.Select(e => e.S ?? e.M["b"].S));
    }

    [Fact]
    public async Task An_update_returns_just_what_it_updated()
    {
        var updated = await client.UpdateItemAsync(
            new UpdateItemRequest
            {
                TableName = Table,
                Key = Key("p", "s"),
                UpdateExpression = "SET a = :v",
                ExpressionAttributeValues = new() { [":v"] = new("v") },
                ReturnValues = ReturnValue.UPDATED_NEW,
            }
        );

        Assert.Equal(["a"], updated.Attributes.Keys);
    }

    [Fact]
    public async Task Keys_must_be_whole_and_not_empty()
    {
        await AssertRefusedAsync(
            "The provided key element does not match the schema",
            () => client.GetItemAsync(Table, new Dictionary<string, AttributeValue> { ["pk"] = new("p") })
        );
        await AssertRefusedAsync(
            "One or more parameter values are not valid. The AttributeValue for a key attribute cannot "
                + "contain an empty string value. Key: sk",
            () => client.PutItemAsync(Table, Key("p", ""))
        );
    }

    [Fact]
    public async Task An_index_cannot_be_read_consistently()
    {
        await AssertRefusedAsync(
            "Consistent reads are not supported on global secondary indexes",
            () =>
                client.QueryAsync(
                    new QueryRequest
                    {
                        TableName = Table,
                        IndexName = "byStatus",
                        ConsistentRead = true,
                        KeyConditionExpression = "gsi1pk = :s",
                        ExpressionAttributeValues = new() { [":s"] = new("s") },
                    }
                )
        );
    }

    [Fact]
    public async Task A_page_cannot_start_outside_its_query()
    {
        await AssertRefusedAsync(
            "The provided starting key is outside query boundaries based on provided conditions",
            () =>
                client.QueryAsync(
                    new QueryRequest
                    {
                        TableName = Table,
                        KeyConditionExpression = "pk = :p AND begins_with(sk, :p)",
                        ExpressionAttributeValues = new() { [":p"] = new("p") },
                        ExclusiveStartKey = Key("p", "q"),
                    }
                )
        );
    }

    [Fact]
    public async Task A_batch_takes_no_more_than_its_limit()
    {
        await AssertRefusedAsync(
            "Too many items requested for the BatchGetItem call",
            () =>
                client.BatchGetItemAsync(
                    new Dictionary<string, KeysAndAttributes>
                    {
                        [Table] = new() { Keys = [.. Enumerable.Range(0, 101).Select(i => Key("p", $"{i}"))] },
                    }
                )
        );
        await Assert.ThrowsAsync<AmazonDynamoDBException>(() =>
            client.BatchWriteItemAsync(
                new Dictionary<string, List<WriteRequest>>
                {
                    [Table] =
                    [
                        .. Enumerable.Range(0, 26).Select(i => new WriteRequest(new PutRequest(Key("p", $"{i}")))),
                    ],
                }
            )
        );
        Assert.Empty(server.DynamoDb.Items(Table));
    }

    [Fact]
    public async Task A_batch_that_is_not_processed_whole_says_what_is_left()
    {
        server.DynamoDb.ProcessedPerBatch = 2;
        var written = await client.BatchWriteItemAsync(
            new Dictionary<string, List<WriteRequest>>
            {
                [Table] = [.. Enumerable.Range(0, 5).Select(i => new WriteRequest(new PutRequest(Key("p", $"{i}"))))],
            }
        );
        Assert.Equal(["2", "3", "4"], written.UnprocessedItems[Table].Select(w => w.PutRequest.Item["sk"].S));

        var read = await client.BatchGetItemAsync(
            new Dictionary<string, KeysAndAttributes>
            {
                [Table] = new() { Keys = [Key("p", "9"), Key("p", "0"), Key("p", "1")] },
            }
        );
        Assert.Equal(["0"], read.Responses[Table].Select(i => i["sk"].S));
        Assert.Equal(["1"], read.UnprocessedKeys[Table].Keys.Select(k => k["sk"].S));
    }

    [Fact]
    public async Task A_batch_answers_with_16_MB_at_most()
    {
        for (var i = 0; i < 42; i++)
        {
            await client.PutItemAsync(
                Table,
                new Dictionary<string, AttributeValue>(Key("p", $"{i:00}")) { ["text"] = new(new string('x', 400_000)) }
            );
        }

        var read = await client.BatchGetItemAsync(
            new Dictionary<string, KeysAndAttributes>
            {
                [Table] = new() { Keys = [.. Enumerable.Range(0, 42).Select(i => Key("p", $"{i:00}"))] },
            }
        );

        Assert.Equal((41, 1), (read.Responses[Table].Count, read.UnprocessedKeys[Table].Keys.Count));
    }

    [Fact]
    public async Task A_transaction_is_done_once_for_its_token()
    {
        var request = new TransactWriteItemsRequest { ClientRequestToken = "token", TransactItems = [Increment("n")] };
        await client.TransactWriteItemsAsync(request);
        await client.TransactWriteItemsAsync(request);
        Assert.Equal("""[{"n":1,"pk":"p","sk":"s"}]""", Items());

        request.TransactItems = [Increment("m")];
        await Assert.ThrowsAsync<IdempotentParameterMismatchException>(() => client.TransactWriteItemsAsync(request));

        static TransactWriteItem Increment(string attribute) =>
            new()
            {
                Update = new()
                {
                    TableName = Table,
                    Key = Key("p", "s"),
                    UpdateExpression = $"ADD {attribute} :one",
                    ExpressionAttributeValues = new() { [":one"] = new() { N = "1" } },
                },
            };
    }

    [Fact]
    public Task A_transaction_touches_an_item_once() =>
        AssertRefusedAsync(
            "Transaction request cannot include multiple operations on one item",
            () =>
                client.TransactWriteItemsAsync(
                    new TransactWriteItemsRequest
                    {
                        TransactItems =
                        [
                            new()
                            {
                                Put = new() { TableName = Table, Item = Key("p", "s") },
                            },
                            new()
                            {
                                Delete = new() { TableName = Table, Key = Key("p", "s") },
                            },
                        ],
                    }
                )
        );

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_expired_item_may_still_be_returned(bool returned)
    {
        await DisposeAsync();
        await StartAsync(new LocalAwsOptions { TimeProvider = clock, ExpiredItemsAreReturned = returned });
        var expires = clock.GetUtcNow().AddDays(1).ToUnixTimeSeconds();
        await client.PutItemAsync(
            Table,
            new Dictionary<string, AttributeValue>(Key("p", "old")) { ["expires"] = new() { N = $"{expires}" } }
        );
        await client.PutItemAsync(
            Table,
            new Dictionary<string, AttributeValue>(Key("p", "young")) { ["expires"] = new() { N = $"{expires + 1}" } }
        );

        clock.Advance(TimeSpan.FromDays(1) + TimeSpan.FromSeconds(1));

        Assert.Equal(returned, (await client.GetItemAsync(Table, Key("p", "old"))).Item is not null);
        Assert.Equal(returned ? 1 : 0, server.DynamoDb.DeleteExpired());
        Assert.Equal($$"""[{"expires":{{expires + 1}},"pk":"p","sk":"young"}]""", Items());
    }

    [Fact]
    public async Task What_is_not_known_is_refused_and_recorded()
    {
        await Assert.ThrowsAsync<AmazonDynamoDBException>(() => client.ListTablesAsync());
        await Assert.ThrowsAsync<AmazonDynamoDBException>(() =>
            client.ScanAsync(new ScanRequest(Table) { TotalSegments = 4, Segment = 1 })
        );

        Assert.Equal(2, server.Unexpected.Take().Count);
    }

    [Fact]
    public async Task Throttling_is_the_exception_that_DynamoDB_throttles_with()
    {
        server.Faults.Add(Fault.Throttle with { Service = "dynamodb", Operation = "PutItem", Resource = Table });

        await Assert.ThrowsAsync<ProvisionedThroughputExceededException>(() =>
            client.PutItemAsync(Table, Key("p", "s"))
        );
        await client.PutItemAsync(Table, Key("p", "s"));
    }

    [Fact]
    public async Task Of_many_conditional_writers_one_wins()
    {
        var outcomes = await Task.WhenAll(
            Enumerable
                .Range(0, 20)
                .Select(async i =>
                {
                    try
                    {
                        var item = new Dictionary<string, AttributeValue>(Key("p", "s"))
                        {
                            ["writer"] = new() { N = $"{i}" },
                        };
                        await client.PutItemAsync(
                            new PutItemRequest
                            {
                                TableName = Table,
                                Item = item,
                                ConditionExpression = "attribute_not_exists(pk)",
                            }
                        );
                        return true;
                    }
                    catch (ConditionalCheckFailedException)
                    {
                        return false;
                    }
                })
        );

        Assert.Single(outcomes, won => won);
    }

    private static Dictionary<string, AttributeValue> Key(string partition, string sort) =>
        new() { ["pk"] = new(partition), ["sk"] = new(sort) };

    private static async Task AssertRefusedAsync(string message, Func<Task> call)
    {
        var error = await Assert.ThrowsAsync<AmazonDynamoDBException>(call);
        Assert.Equal(("ValidationException", message), (error.ErrorCode, error.Message));
    }

    private string Items() => $"[{string.Join(',', server.DynamoDb.Items(Table).Select(i => i.ToJsonString()))}]";

    private async ValueTask StartAsync(LocalAwsOptions options)
    {
        server = await LocalAwsServer.StartAsync(options);
        server.DynamoDb.CreateEcrGuardTable(Table);
        client = new AmazonDynamoDBClient(
            new BasicAWSCredentials("AKIDEXAMPLE", "secret"),
            new AmazonDynamoDBConfig
            {
                ServiceURL = server.Endpoint.ToString(),
                AuthenticationRegion = "eu-central-1",
                MaxErrorRetry = 0,
            }
        );
    }
}
