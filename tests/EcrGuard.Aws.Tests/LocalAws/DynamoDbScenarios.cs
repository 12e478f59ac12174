using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;
using Amazon.Runtime;

namespace EcrGuard.Aws.Tests.LocalAws;

/// <summary>
/// What DynamoDB does, tested through the real SDK. The scenarios run against our own stand-in and, if it is installed,
/// against moto, so that neither is trusted alone.
/// </summary>
public abstract class DynamoDbScenarios : IAsyncLifetime
{
    private const string Index = "byStatus";

    /// <summary>The placeholders of all expressions below.</summary>
    private static readonly Dictionary<string, AttributeValue> Values = new()
    {
        [":zero"] = N("0"),
        [":one"] = N("1"),
        [":two"] = N("2"),
        [":ten"] = N("10"),
        [":third"] = N("0.3"),
        [":a"] = S("a"),
        [":b"] = S("b"),
        [":ab"] = S("ab"),
        [":abc"] = S("abc"),
        [":z"] = S("z"),
        [":none"] = S(""),
        [":typeS"] = S("S"),
        [":typeM"] = S("M"),
        [":typeSS"] = S("SS"),
        [":yes"] = new AttributeValue { BOOL = true },
        [":null"] = new AttributeValue { NULL = true },
        [":tags"] = new AttributeValue { SS = ["x", "y"] },
        [":yx"] = new AttributeValue { SS = ["y", "x"] },
        [":tag"] = new AttributeValue { SS = ["x"] },
        [":numbers"] = new AttributeValue { NS = ["1", "2"] },
        [":list"] = new AttributeValue { L = [N("7")] },
        [":map"] = new AttributeValue { M = new() { ["deep"] = S("new") } },
    };

    private static readonly Dictionary<string, string> Placeholders = new()
    {
        ["#text"] = "text",
        ["#list"] = "list",
        ["#map"] = "map",
    };

    private readonly string table = $"t{Guid.NewGuid():N}";

    protected IAmazonDynamoDB Client { get; private set; } = null!;

    private static AttributeValue SomeItem =>
        new()
        {
            M = new()
            {
                ["pk"] = S("p"),
                ["sk"] = S("s"),
                ["text"] = S("abc"),
                ["amount"] = N("10"),
                ["fraction"] = N("0.1"),
                ["flag"] = new AttributeValue { BOOL = true },
                ["nothing"] = new AttributeValue { NULL = true },
                ["bytes"] = new AttributeValue { B = new MemoryStream([1, 2, 255]) },
                ["tags"] = new AttributeValue { SS = ["x", "y"] },
                ["numbers"] = new AttributeValue { NS = ["1", "2"] },
                ["list"] = new AttributeValue { L = [N("1"), S("two"), N("3")] },
                ["map"] = new AttributeValue
                {
                    M = new()
                    {
                        ["deep"] = S("value"),
                        ["list"] = new AttributeValue { L = [new AttributeValue { M = new() { ["n"] = N("5") } }] },
                    },
                },
                ["status"] = S("open"),
            },
        };

    public async ValueTask InitializeAsync()
    {
        var endpoint = await StartAsync();
        Client = new AmazonDynamoDBClient(
            new BasicAWSCredentials("AKIDEXAMPLE", "secret"),
            new AmazonDynamoDBConfig
            {
                ServiceURL = endpoint.ToString(),
                AuthenticationRegion = "eu-central-1",
                MaxErrorRetry = 0,
            }
        );
        await Client.CreateTableAsync(
            new CreateTableRequest
            {
                TableName = table,
                BillingMode = BillingMode.PAY_PER_REQUEST,
                AttributeDefinitions = [Text("pk"), Text("sk"), Text("gsi1pk"), Text("gsi1sk")],
                KeySchema = [new("pk", KeyType.HASH), new("sk", KeyType.RANGE)],
                GlobalSecondaryIndexes =
                [
                    new()
                    {
                        IndexName = Index,
                        KeySchema = [new("gsi1pk", KeyType.HASH), new("gsi1sk", KeyType.RANGE)],
                        Projection = new() { ProjectionType = ProjectionType.ALL },
                    },
                ],
            }
        );

        static AttributeDefinition Text(string name) => new(name, ScalarAttributeType.S);
    }

    public async ValueTask DisposeAsync()
    {
        Client?.Dispose();
        await StopAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_table_describes_itself()
    {
        var description = (await Client.DescribeTableAsync(table)).Table;

        Assert.Equal(TableStatus.ACTIVE, description.TableStatus);
        Assert.Equal(["pk", "sk"], description.KeySchema.Select(k => k.AttributeName));
        Assert.Equal([Index], description.GlobalSecondaryIndexes.Select(i => i.IndexName));
    }

    [Fact]
    public async Task An_item_with_every_type_comes_back_as_it_went_in()
    {
        await PutAsync(SomeItem.M);

        var item = (await Client.GetItemAsync(table, Key("p", "s"), consistentRead: true)).Item;

        Assert.Equal(Text(SomeItem), Text(new AttributeValue { M = item }));
    }

    [Fact]
    public async Task What_is_not_there_is_no_item()
    {
        Assert.Null((await Client.GetItemAsync(table, Key("p", "s"))).Item);
    }

    [Theory]
    [InlineData("#text = :abc", true)]
    [InlineData("#text <> :abc", false)]
    [InlineData("#text < :b", true)]
    [InlineData("#text <= :abc", true)]
    [InlineData("#text > :abc", false)]
    [InlineData("#text >= :abc", true)]
    [InlineData("amount > :two", true)]
    [InlineData("amount = :abc", false)]
    [InlineData("amount <> :abc", true)]
    [InlineData("absent = :a", false)]
    [InlineData("absent <> :a", true)]
    [InlineData("absent < :a", false)]
    [InlineData("amount BETWEEN :two AND :ten", true)]
    [InlineData("amount between :one and :two", false)]
    [InlineData("#text IN (:a, :abc)", true)]
    [InlineData("#text IN (:a, :b)", false)]
    [InlineData("absent IN (:a)", false)]
    [InlineData("flag = :yes", true)]
    [InlineData("nothing = :null", true)]
    [InlineData("tags = :yx", true)]
    [InlineData("tags = :tag", false)]
    [InlineData("attribute_exists(#map.deep)", true)]
    [InlineData("attribute_exists(#map.absent)", false)]
    [InlineData("attribute_exists(nothing)", true)]
    [InlineData("attribute_not_exists(absent)", true)]
    [InlineData("attribute_not_exists(#text)", false)]
    [InlineData("attribute_type(#text, :typeS)", true)]
    [InlineData("attribute_type(#map, :typeM)", true)]
    [InlineData("attribute_type(tags, :typeSS)", true)]
    [InlineData("attribute_type(amount, :typeS)", false)]
    [InlineData("begins_with(#text, :ab)", true)]
    [InlineData("begins_with(#text, :b)", false)]
    [InlineData("begins_with(amount, :a)", false)]
    [InlineData("contains(#text, :b)", true)]
    [InlineData("contains(tags, :z)", false)]
    [InlineData("contains(numbers, :two)", true)]
    [InlineData("contains(#list, :one)", true)]
    [InlineData("contains(#list, :two)", false)]
    [InlineData("size(#text) > :two", true)]
    [InlineData("size(tags) = :two", true)]
    [InlineData("size(#list) < :two", false)]
    [InlineData("size(#map) = :two", true)]
    [InlineData("#list[0] = :one", true)]
    [InlineData("#list[7] = :one", false)]
    [InlineData("#map.#list[0].n > :two", true)]
    [InlineData("NOT #text = :abc", false)]
    [InlineData("NOT #text = :a AND amount = :ten", true)]
    [InlineData("#text = :a AND amount = :ten OR flag = :yes", true)]
    [InlineData("#text = :a AND (amount = :ten OR flag = :yes)", false)]
    [InlineData("flag = :yes OR #text = :a AND amount = :two", true)]
    public async Task A_filter_selects_as_documented(string expression, bool selects)
    {
        await PutAsync(SomeItem.M);

        var page = await Client.ScanAsync(
            new ScanRequest
            {
                TableName = table,
                FilterExpression = expression,
                ExpressionAttributeNames = NamesIn(expression),
                ExpressionAttributeValues = ValuesIn(expression),
            }
        );

        Assert.Equal(selects ? 1 : 0, page.Count);
        Assert.Equal(1, page.ScannedCount);
    }

    [Theory]
    [InlineData("SET amount = amount + :two", "amount", "12")]
    [InlineData("SET amount = amount - :ten", "amount", "0")]
    [InlineData("SET fraction = fraction + :third", "fraction", "0.4")]
    [InlineData("SET amount = :two - amount", "amount", "-8")]
    [InlineData("SET fresh = if_not_exists(fresh, :one)", "fresh", "1")]
    [InlineData("SET amount = if_not_exists(amount, :one) + :one", "amount", "11")]
    [InlineData("SET fresh = if_not_exists(fresh, :zero) + :one", "fresh", "1")]
    [InlineData("SET #list = list_append(#list, :list)", "list", "[1, 'two', 3, 7]")]
    [InlineData("SET #list = list_append(:list, #list)", "list", "[7, 1, 'two', 3]")]
    [InlineData("SET #list = list_append(if_not_exists(absent, :list), :list)", "list", "[7, 7]")]
    [InlineData("SET #list[1] = :a", "list", "[1, 'a', 3]")]
    [InlineData("SET #list[9] = :a", "list", "[1, 'two', 3, 'a']")]
    [InlineData("SET #map.deep = :a", "map", "{deep: 'a', list: [{n: 5}]}")]
    [InlineData("SET #map.#list[0].n = :one", "map", "{deep: 'value', list: [{n: 1}]}")]
    [InlineData("SET #text = amount, amount = #text", "amount", "'abc'")]
    [InlineData("REMOVE #text", "text", null)]
    [InlineData("REMOVE #list[0]", "list", "['two', 3]")]
    [InlineData("REMOVE #list[0], #list[2]", "list", "['two']")]
    [InlineData("REMOVE #map.deep", "map", "{list: [{n: 5}]}")]
    [InlineData("REMOVE absent", "text", "'abc'")]
    [InlineData("ADD amount :two", "amount", "12")]
    [InlineData("ADD fresh :two", "fresh", "2")]
    [InlineData("ADD fresh :tags", "fresh", "<x y>")]
    [InlineData("ADD tags :tag", "tags", "<x y>")]
    [InlineData("DELETE tags :tag", "tags", "<y>")]
    [InlineData("DELETE tags :yx", "tags", null)]
    [InlineData("SET #text = :a REMOVE flag ADD amount :one DELETE tags :tag", "amount", "11")]
    public async Task An_update_changes_an_attribute_as_documented(
        string expression,
        string attribute,
        string? expected
    )
    {
        await PutAsync(SomeItem.M);

        var updated = await UpdateAsync(expression, ReturnValue.ALL_NEW);

        Assert.Equal(expected, updated.TryGetValue(attribute, out var value) ? Text(value) : null);
    }

    [Theory]
    [InlineData(
        "SET amount = absent + :one",
        "The provided expression refers to an attribute that does not exist in the item"
    )]
    [InlineData("SET absent.deep = :a", "The document path provided in the update expression is invalid for update")]
    [InlineData("ADD #text :one", "An operand in the update expression has an incorrect data type")]
    [InlineData(
        "SET amount = :missing",
        "Invalid UpdateExpression: An expression attribute value used in expression is not defined; "
            + "attribute value: :missing"
    )]
    [InlineData(
        "SET status = :a",
        "Invalid UpdateExpression: Attribute name is a reserved keyword; reserved keyword: status"
    )]
    public async Task An_update_that_makes_no_sense_is_refused(string expression, string message)
    {
        await PutAsync(SomeItem.M);

        var error = await Assert.ThrowsAsync<AmazonDynamoDBException>(() => UpdateAsync(expression, ReturnValue.NONE));

        Assert.Equal(("ValidationException", message), (error.ErrorCode, error.Message));
    }

    [Fact]
    public async Task An_update_creates_what_is_not_there_and_returns_what_it_is_asked_for()
    {
        await PutAsync(Key("p", "s"));
        Assert.Equal("{amount: 1}", Text(await UpdateAsync("SET amount = :one", ReturnValue.UPDATED_NEW)));
        Assert.Equal("{amount: 1}", Text(await UpdateAsync("SET amount = :two", ReturnValue.UPDATED_OLD)));
        Assert.Equal(
            "{amount: 2, pk: 'p', sk: 's'}",
            Text(await UpdateAsync("SET amount = :ten", ReturnValue.ALL_OLD))
        );
        Assert.Equal("{amount: 10, pk: 'p', sk: 's'}", Text((await Client.GetItemAsync(table, Key("p", "s"))).Item));
    }

    [Fact]
    public async Task A_failed_condition_changes_nothing_and_returns_the_item_on_request()
    {
        await PutAsync(SomeItem.M);

        var error = await Assert.ThrowsAsync<ConditionalCheckFailedException>(() =>
            Client.PutItemAsync(
                new PutItemRequest
                {
                    TableName = table,
                    Item = Key("p", "s"),
                    ConditionExpression = "attribute_not_exists(pk)",
                    ReturnValuesOnConditionCheckFailure = ReturnValuesOnConditionCheckFailure.ALL_OLD,
                }
            )
        );

        Assert.Equal("The conditional request failed", error.Message);
        Assert.Equal(Text(SomeItem), Text(error.Item));
        Assert.Equal(Text(SomeItem), Text((await Client.GetItemAsync(table, Key("p", "s"))).Item));
    }

    [Fact]
    public async Task A_condition_on_an_item_that_is_not_there_sees_no_attributes()
    {
        await Assert.ThrowsAsync<ConditionalCheckFailedException>(() =>
            Client.UpdateItemAsync(
                new UpdateItemRequest
                {
                    TableName = table,
                    Key = Key("p", "s"),
                    UpdateExpression = "SET amount = :one",
                    ConditionExpression = "attribute_exists(pk)",
                    ExpressionAttributeValues = ValuesIn(":one"),
                }
            )
        );
        await Client.PutItemAsync(
            new PutItemRequest
            {
                TableName = table,
                Item = Key("p", "s"),
                ConditionExpression = "attribute_not_exists(pk)",
            }
        );

        Assert.Equal("{pk: 'p', sk: 's'}", Text((await Client.GetItemAsync(table, Key("p", "s"))).Item));
    }

    [Fact]
    public async Task A_delete_returns_what_was_there()
    {
        await PutAsync(Key("p", "s"));

        var request = new DeleteItemRequest
        {
            TableName = table,
            Key = Key("p", "s"),
            ReturnValues = ReturnValue.ALL_OLD,
        };

        Assert.Equal("{pk: 'p', sk: 's'}", Text((await Client.DeleteItemAsync(request)).Attributes));
        Assert.Null((await Client.DeleteItemAsync(request)).Attributes);
    }

    [Theory]
    [InlineData("pk = :p", "A1 A2 B1 B2 b1")]
    [InlineData("pk = :p AND sk = :from", "A2")]
    [InlineData("pk = :p AND sk < :from", "A1")]
    [InlineData("pk = :p AND sk <= :from", "A1 A2")]
    [InlineData("sk > :from AND pk = :p", "B1 B2 b1")]
    [InlineData("pk = :p AND sk >= :from", "A2 B1 B2 b1")]
    [InlineData("pk = :p AND sk BETWEEN :from AND :to", "A2 B1")]
    [InlineData("pk = :p AND begins_with(sk, :prefix)", "B1 B2")]
    public async Task A_key_condition_finds_the_keys_it_names_in_both_directions(string condition, string expected)
    {
        foreach (var sort in new[] { "b1", "B2", "A1", "B1", "A2" })
        {
            await PutAsync(Key("p", sort));
            await PutAsync(Key("other", sort));
        }

        var request = new QueryRequest
        {
            TableName = table,
            KeyConditionExpression = condition,
            ExpressionAttributeValues = new Dictionary<string, AttributeValue>
            {
                [":p"] = S("p"),
                [":from"] = S("A2"),
                [":to"] = S("B1"),
                [":prefix"] = S("B"),
            }
                .Where(v => condition.Contains(v.Key, StringComparison.Ordinal))
                .ToDictionary(),
            ConsistentRead = true,
        };
        var forward = await Client.QueryAsync(request);
        request.ScanIndexForward = false;
        var backward = await Client.QueryAsync(request);

        Assert.Equal(expected, string.Join(' ', forward.Items.Select(i => i["sk"].S)));
        Assert.Equal(expected, string.Join(' ', backward.Items.Select(i => i["sk"].S).Reverse()));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_index_is_read_page_by_page_without_a_gap_or_a_repetition(bool forward)
    {
        for (var i = 0; i < 10; i++)
        {
            var item = Key($"p{i}", "s");
            (item["gsi1pk"], item["gsi1sk"]) = (S(i < 7 ? "BLOCKED" : "APPROVED"), S($"time{i / 3}"));
            await PutAsync(item);
        }

        await PutAsync(Key("p10", "not in the index"));
        var request = new QueryRequest
        {
            TableName = table,
            IndexName = Index,
            KeyConditionExpression = "gsi1pk = :s",
            ExpressionAttributeValues = new() { [":s"] = S("BLOCKED") },
            Limit = 2,
            ScanIndexForward = forward,
        };
        var found = new List<Dictionary<string, AttributeValue>>();
        do
        {
            var page = await Client.QueryAsync(request);
            Assert.True(page.Count <= 2);
            found.AddRange(page.Items);
            request.ExclusiveStartKey = page.LastEvaluatedKey;
        } while (request.ExclusiveStartKey is { Count: > 0 });

        Assert.Equal(["p0", "p1", "p2", "p3", "p4", "p5", "p6"], found.Select(i => i["pk"].S).Order());
        var times = found.Select(i => i["gsi1sk"].S).ToArray();
        Assert.Equal(forward ? times.Order() : times.OrderDescending(), times);
    }

    [Fact]
    public async Task An_update_moves_an_item_within_the_index_and_out_of_it()
    {
        var item = Key("p", "s");
        (item["gsi1pk"], item["gsi1sk"]) = (S("a"), S("1"));
        await PutAsync(item);

        Assert.Equal((1, 0), (await CountAsync("a"), await CountAsync("b")));
        await UpdateAsync("SET gsi1pk = :b", ReturnValue.NONE);
        Assert.Equal((0, 1), (await CountAsync("a"), await CountAsync("b")));
        await UpdateAsync("REMOVE gsi1sk", ReturnValue.NONE);
        Assert.Equal((0, 0), (await CountAsync("a"), await CountAsync("b")));

        async Task<int?> CountAsync(string status) =>
            (
                await Client.QueryAsync(
                    new QueryRequest
                    {
                        TableName = table,
                        IndexName = Index,
                        KeyConditionExpression = "gsi1pk = :s",
                        ExpressionAttributeValues = new() { [":s"] = S(status) },
                        Select = Select.COUNT,
                    }
                )
            ).Count;
    }

    [Fact]
    public async Task A_scan_reads_every_item_once_in_pages()
    {
        for (var i = 0; i < 7; i++)
        {
            await PutAsync(Key($"p{i % 3}", $"s{i}"));
        }

        var found = new List<string>();
        var request = new ScanRequest { TableName = table, Limit = 3 };
        do
        {
            var page = await Client.ScanAsync(request);
            found.AddRange(page.Items.Select(i => i["sk"].S));
            request.ExclusiveStartKey = page.LastEvaluatedKey;
        } while (request.ExclusiveStartKey is { Count: > 0 });

        Assert.Equal(["s0", "s1", "s2", "s3", "s4", "s5", "s6"], found.Order());
    }

    [Fact]
    public async Task A_query_page_ends_at_one_megabyte()
    {
        for (var i = 0; i < 4; i++)
        {
            var item = Key("p", $"s{i}");
            item["text"] = S(new string('x', 300_000));
            await PutAsync(item);
        }

        var page = await Client.QueryAsync(
            new QueryRequest
            {
                TableName = table,
                KeyConditionExpression = "pk = :p",
                ExpressionAttributeValues = new() { [":p"] = S("p") },
            }
        );

        Assert.Equal(3, page.Count);
        Assert.Equal("{pk: 'p', sk: 's2'}", Text(page.LastEvaluatedKey));
    }

    [Fact]
    public async Task A_projection_returns_just_the_paths_it_names()
    {
        await PutAsync(SomeItem.M);

        var item = (
            await Client.GetItemAsync(
                new GetItemRequest
                {
                    TableName = table,
                    Key = Key("p", "s"),
                    ProjectionExpression = "sk, #map.deep, flag, absent",
                    ExpressionAttributeNames = NamesIn("#map"),
                }
            )
        ).Item;

        Assert.Equal("{flag: true, map: {deep: 'value'}, sk: 's'}", Text(item));
    }

    [Fact]
    public async Task A_batch_writes_deletes_and_reads_many_items()
    {
        await PutAsync(Key("p", "old"));
        await Client.BatchWriteItemAsync(
            new Dictionary<string, List<WriteRequest>>
            {
                [table] =
                [
                    new(new PutRequest(Key("p", "1"))),
                    new(new PutRequest(Key("p", "2"))),
                    new(new DeleteRequest(Key("p", "old"))),
                ],
            }
        );

        var read = await Client.BatchGetItemAsync(
            new Dictionary<string, KeysAndAttributes>
            {
                [table] = new() { Keys = [Key("p", "1"), Key("p", "2"), Key("p", "old")], ConsistentRead = true },
            }
        );

        Assert.Equal(["1", "2"], read.Responses[table].Select(i => i["sk"].S).Order());
        Assert.Empty(read.UnprocessedKeys);
    }

    [Fact]
    public async Task A_batch_with_one_key_twice_is_refused()
    {
        var error = await Assert.ThrowsAsync<AmazonDynamoDBException>(() =>
            Client.BatchGetItemAsync(
                new Dictionary<string, KeysAndAttributes> { [table] = new() { Keys = [Key("p", "1"), Key("p", "1")] } }
            )
        );

        Assert.Equal("Provided list of item keys contains duplicates", error.Message);
    }

    [Fact]
    public async Task A_transaction_does_all_or_nothing_and_says_why()
    {
        await PutAsync(Key("p", "there"));
        var request = new TransactWriteItemsRequest
        {
            TransactItems =
            [
                new()
                {
                    Put = new() { TableName = table, Item = Key("p", "new") },
                },
                new()
                {
                    Put = new()
                    {
                        TableName = table,
                        Item = Key("p", "there"),
                        ConditionExpression = "attribute_not_exists(pk)",
                        ReturnValuesOnConditionCheckFailure = ReturnValuesOnConditionCheckFailure.ALL_OLD,
                    },
                },
            ],
        };

        var error = await Assert.ThrowsAsync<TransactionCanceledException>(() =>
            Client.TransactWriteItemsAsync(request)
        );

        Assert.Equal(["None", "ConditionalCheckFailed"], error.CancellationReasons.Select(r => r.Code));
        Assert.Equal("{pk: 'p', sk: 'there'}", Text(error.CancellationReasons[1].Item));
        Assert.Contains("[None, ConditionalCheckFailed]", error.Message, StringComparison.Ordinal);
        Assert.Null((await Client.GetItemAsync(table, Key("p", "new"))).Item);
    }

    [Fact]
    public async Task A_transaction_puts_updates_deletes_and_checks_together()
    {
        await PutAsync(Key("p", "delete"));
        await PutAsync(Key("p", "check"));
        await Client.TransactWriteItemsAsync(
            new TransactWriteItemsRequest
            {
                TransactItems =
                [
                    new()
                    {
                        Put = new() { TableName = table, Item = Key("p", "put") },
                    },
                    new()
                    {
                        Update = new()
                        {
                            TableName = table,
                            Key = Key("p", "update"),
                            UpdateExpression = "ADD amount :one",
                            ExpressionAttributeValues = ValuesIn(":one"),
                        },
                    },
                    new()
                    {
                        Delete = new() { TableName = table, Key = Key("p", "delete") },
                    },
                    new()
                    {
                        ConditionCheck = new()
                        {
                            TableName = table,
                            Key = Key("p", "check"),
                            ConditionExpression = "attribute_exists(pk)",
                        },
                    },
                ],
            }
        );

        Assert.Equal(
            ["check", "put", "update"],
            (await Client.ScanAsync(new ScanRequest(table))).Items.Select(i => i["sk"].S).Order()
        );
    }

    [Fact]
    public async Task Refusals_speak_in_the_words_of_AWS()
    {
        Assert.Equal(
            "Requested resource not found: Table: nowhere not found",
            (await Assert.ThrowsAsync<ResourceNotFoundException>(() => Client.DescribeTableAsync("nowhere"))).Message
        );
        Assert.Equal(
            "Requested resource not found",
            (
                await Assert.ThrowsAsync<ResourceNotFoundException>(() => Client.GetItemAsync("nowhere", Key("p", "s")))
            ).Message
        );
        await AssertRefusedAsync(
            "One or more parameter values were invalid: Missing the key sk in the item",
            () => Client.PutItemAsync(table, new Dictionary<string, AttributeValue> { ["pk"] = S("p") })
        );
        await AssertRefusedAsync(
            "One or more parameter values were invalid: Type mismatch for key sk expected: S actual: N",
            () =>
                Client.PutItemAsync(table, new Dictionary<string, AttributeValue> { ["pk"] = S("p"), ["sk"] = N("1") })
        );
        await AssertRefusedAsync(
            "Item size has exceeded the maximum allowed size",
            () =>
                Client.PutItemAsync(
                    table,
                    new Dictionary<string, AttributeValue>(Key("p", "s")) { ["text"] = S(new string('x', 410_000)) }
                )
        );
        await AssertRefusedAsync(
            "Value provided in ExpressionAttributeNames unused in expressions: keys: {#list}",
            () =>
                Client.GetItemAsync(
                    new GetItemRequest
                    {
                        TableName = table,
                        Key = Key("p", "s"),
                        ProjectionExpression = "sk",
                        ExpressionAttributeNames = NamesIn("#list"),
                    }
                )
        );
    }

    /// <summary>Starts the server that the scenarios run against, once for a class.</summary>
    protected abstract Task<Uri> StartAsync();

    protected abstract Task StopAsync();

    private static AttributeValue S(string text) => new() { S = text };

    private static AttributeValue N(string amount) => new() { N = amount };

    private static Dictionary<string, AttributeValue> Key(string partition, string sort) =>
        new() { ["pk"] = S(partition), ["sk"] = S(sort) };

    private static Dictionary<string, AttributeValue>? ValuesIn(string expression) =>
        NullIfEmpty(Values.Where(v => Names(expression, v.Key)));

    private static Dictionary<string, string>? NamesIn(string expression) =>
        NullIfEmpty(Placeholders.Where(n => Names(expression, n.Key)));

    private static Dictionary<string, T>? NullIfEmpty<T>(IEnumerable<KeyValuePair<string, T>> pairs) =>
        pairs.ToDictionary() is { Count: > 0 } some ? some : null;

    private static bool Names(string expression, string placeholder) =>
        expression.Split([' ', ',', '(', ')', '.', '[', ']', '+', '-']).Contains(placeholder);

    private static async Task AssertRefusedAsync(string message, Func<Task> call)
    {
        var error = await Assert.ThrowsAsync<AmazonDynamoDBException>(call);
        Assert.Equal(("ValidationException", message), (error.ErrorCode, error.Message));
    }

    private static string Text(Dictionary<string, AttributeValue> item) => Text(new AttributeValue { M = item });

    /// <summary>
    /// A value in a short notation: 'text', 1, true, null, [list], {map}, &lt;set&gt;, 0xbytes; maps and sets in order.
    /// </summary>
    private static string Text(AttributeValue value) =>
        value switch
        {
            { S: { } text } => $"'{text}'",
            { N: { } amount } => amount,
            { BOOL: { } flag } => flag ? "true" : "false",
            { NULL: true } => "null",
            { B: { } bytes } => "0x" + Convert.ToHexString(bytes.ToArray()),
            { SS: { Count: > 0 } set } => $"<{string.Join(' ', set.Order(StringComparer.Ordinal))}>",
            { NS: { Count: > 0 } set } => $"<{string.Join(' ', set.Order(StringComparer.Ordinal))}>",
            { M: { } map } => "{"
                + string.Join(
                    ", ",
                    map.OrderBy(m => m.Key, StringComparer.Ordinal).Select(m => $"{m.Key}: {Text(m.Value)}")
                )
                + "}",
            { L: { } list } => $"[{string.Join(", ", list.Select(Text))}]",
            _ => "?",
        };

    private Task<PutItemResponse> PutAsync(Dictionary<string, AttributeValue> item) => Client.PutItemAsync(table, item);

    private async Task<Dictionary<string, AttributeValue>> UpdateAsync(string expression, ReturnValue returned) =>
        (
            await Client.UpdateItemAsync(
                new UpdateItemRequest
                {
                    TableName = table,
                    Key = Key("p", "s"),
                    UpdateExpression = expression,
                    ExpressionAttributeNames = NamesIn(expression),
                    ExpressionAttributeValues = ValuesIn(expression),
                    ReturnValues = returned,
                }
            )
        ).Attributes;
}
