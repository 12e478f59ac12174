using System.Text.Json;
using System.Text.Json.Nodes;

namespace EcrGuard.LocalAws.DynamoDb;

/// <summary>All tables. Not thread-safe: its owner holds the lock.</summary>
internal sealed class Database(LocalAwsOptions options)
{
    private readonly SortedDictionary<string, Table> tables = new(StringComparer.Ordinal);

    public IEnumerable<Table> Tables => tables.Values;

    public Table this[string name] => tables.GetValueOrDefault(name) ?? throw DynamoDbError.TableNotFound();

    public void Add(TableSchema schema)
    {
        if (!tables.TryAdd(schema.Name, new Table(schema)))
        {
            throw DynamoDbError.TableExists(schema.Name);
        }
    }

    public JsonObject CreateTable(JsonElement json)
    {
        var request = new Parameters(
            json,
            "TableName",
            "AttributeDefinitions",
            "KeySchema",
            "GlobalSecondaryIndexes",
            "BillingMode"
        );
        if (request.Choice("BillingMode", "PROVISIONED", "PAY_PER_REQUEST") == "PROVISIONED")
        {
            throw DynamoDbError.Validation(
                "One or more parameter values were invalid: ReadCapacityUnits and WriteCapacityUnits must "
                    + "both be specified when BillingMode is PROVISIONED"
            );
        }

        var types = request
            .List("AttributeDefinitions")
            .Select(a => new Parameters(a, "AttributeName", "AttributeType"))
            .ToDictionary(a => a.Text("AttributeName"), a => a.Text("AttributeType"));
        var key = ReadKey(request, types);
        var indexes = request
            .List("GlobalSecondaryIndexes")
            .Select(i => new Parameters(i, "IndexName", "KeySchema", "Projection"))
            .ToDictionary(i => i.Text("IndexName"), i => ReadIndexKey(i, types));
        var used = indexes.Values.Append(key).SelectMany(k => k.Attributes).Select(a => a.Name).Distinct().Count();
        if (used != types.Count)
        {
            throw DynamoDbError.Validation(
                "One or more parameter values were invalid: Number of attributes in KeySchema does not "
                    + "exactly match number of attributes defined in AttributeDefinitions"
            );
        }

        var schema = new TableSchema(request.Text("TableName"), key, indexes, TimeToLive: null);
        Add(schema);
        return new JsonObject { ["TableDescription"] = Describe(tables[schema.Name], "CREATING") };
    }

    public JsonObject DescribeTable(JsonElement json)
    {
        var name = new Parameters(json, "TableName").Text("TableName");
        return tables.TryGetValue(name, out var table)
            ? new JsonObject { ["Table"] = Describe(table, "ACTIVE") }
            : throw DynamoDbError.DescribedTableNotFound(name);
    }

    private static KeySchema ReadIndexKey(Parameters index, Dictionary<string, string> types)
    {
        if (new Parameters(index.Required("Projection"), "ProjectionType").Text("ProjectionType") != "ALL")
        {
            throw LocalError.Unexpected(
                "com.amazon.coral.validate#ValidationException",
                "Only indexes that project ALL are supported here."
            );
        }

        return ReadKey(index, types);
    }

    private static KeySchema ReadKey(Parameters owner, Dictionary<string, string> types)
    {
        var elements = owner
            .List("KeySchema")
            .Select(k => new Parameters(k, "AttributeName", "KeyType"))
            .Select(k => (Kind: k.Text("KeyType"), Attribute: Typed(k.Text("AttributeName"))))
            .ToArray();
        return elements switch
        {
            [("HASH", var partition)] => new KeySchema(partition, null),
            [("HASH", var partition), ("RANGE", var sort)] => new KeySchema(partition, sort),
            _ => throw DynamoDbError.Validation("Invalid KeySchema: The first KeySchemaElement is not a HASH key type"),
        };

        KeyAttribute Typed(string name) =>
            types.TryGetValue(name, out var type)
                ? new KeyAttribute(name, type)
                : throw DynamoDbError.Validation(
                    "One or more parameter values were invalid: Some index key attributes are not defined in "
                        + "AttributeDefinitions. "
                        + $"Keys: [{name}], AttributeDefinitions: [{string.Join(", ", types.Keys)}]"
                );
    }

    private static JsonArray Describe(KeySchema key) =>
        new([
            .. key.Attributes.Select(
                (a, i) => new JsonObject { ["AttributeName"] = a.Name, ["KeyType"] = i == 0 ? "HASH" : "RANGE" }
            ),
        ]);

    private JsonObject Describe(Table table, string status)
    {
        var schema = table.Schema;
        var arn = $"arn:aws:dynamodb:{options.Region}:{options.AccountId}:table/{schema.Name}";
        var description = new JsonObject
        {
            ["TableName"] = schema.Name,
            ["TableArn"] = arn,
            ["TableStatus"] = status,
            ["KeySchema"] = Describe(schema.Key),
            ["AttributeDefinitions"] = new JsonArray([
                .. schema
                    .Indexes.Values.Append(schema.Key)
                    .SelectMany(k => k.Attributes)
                    .Distinct()
                    .Select(a => new JsonObject { ["AttributeName"] = a.Name, ["AttributeType"] = a.Type }),
            ]),
            ["BillingModeSummary"] = new JsonObject { ["BillingMode"] = "PAY_PER_REQUEST" },
            ["ItemCount"] = table.Count,
            ["TableSizeBytes"] = table.Items.Sum(i => (long)i.ItemSize),
        };
        if (schema.Indexes.Count > 0)
        {
            description["GlobalSecondaryIndexes"] = new JsonArray([
                .. schema.Indexes.Select(i => new JsonObject
                {
                    ["IndexName"] = i.Key,
                    ["IndexArn"] = $"{arn}/index/{i.Key}",
                    ["IndexStatus"] = status,
                    ["KeySchema"] = Describe(i.Value),
                    ["Projection"] = new JsonObject { ["ProjectionType"] = "ALL" },
                }),
            ]);
        }

        return description;
    }
}
