using System.Text.Json;
using System.Text.Json.Nodes;

namespace EcrGuard.LocalAws.DynamoDb;

/// <summary>The operations that read.</summary>
internal sealed class Reads(Database database)
{
    private const int MaxPage = 1024 * 1024;
    private const int MaxBatch = 100;
    private const int MaxBatchBytes = 16 * 1024 * 1024;

    private static readonly string[] ForPages =
    [
        "TableName",
        "IndexName",
        "Select",
        "Limit",
        "ConsistentRead",
        "ExclusiveStartKey",
        "FilterExpression",
        "ProjectionExpression",
        "ExpressionAttributeNames",
        "ExpressionAttributeValues",
    ];

    public JsonObject GetItem(JsonElement json)
    {
        var request = new Parameters(
            json,
            "TableName",
            "Key",
            "ConsistentRead",
            "ProjectionExpression",
            "ExpressionAttributeNames"
        );
        var table = database[request.Text("TableName")];
        var projection = request.Projection();
        request.Substitutions.EnsureUsed();
        var item = table.Get(ItemRules.EnsureKey(table.Schema, request.Item("Key")));
        return item is null ? [] : new JsonObject { ["Item"] = Project(item, projection).ToWireItem() };
    }

    /// <summary>Reads at most <paramref name="processed"/> keys; the rest comes back unprocessed.</summary>
    public JsonObject BatchGetItem(JsonElement json, int processed)
    {
        var tables = new Parameters(json, "RequestItems")
            .Required("RequestItems")
            .EnumerateObject()
            .Select(t => Lookup.Read(database[t.Name], t.Value))
            .ToArray();
        if (tables.Sum(t => t.Wanted.Count) is 0 or > MaxBatch)
        {
            throw DynamoDbError.Validation("Too many items requested for the BatchGetItem call");
        }

        var responses = new JsonObject();
        var unprocessed = new JsonObject();
        long bytes = 0;
        foreach (var lookup in tables)
        {
            var found = new JsonArray();
            var read = 0;
            foreach (var item in lookup.Wanted.Take(processed).Select(lookup.Table.Get))
            {
                bytes += item?.ItemSize ?? 0;
                if (bytes > MaxBatchBytes)
                {
                    break;
                }

                read++;
                if (item is not null)
                {
                    found.Add((JsonNode)Project(item, lookup.Projection).ToWireItem());
                }
            }

            processed -= read;
            responses[lookup.Table.Schema.Name] = found;
            if (read < lookup.Wanted.Count)
            {
                unprocessed[lookup.Table.Schema.Name] = lookup.Without(read);
            }
        }

        return new JsonObject { ["Responses"] = responses, ["UnprocessedKeys"] = unprocessed };
    }

    public JsonObject Query(JsonElement json)
    {
        var request = new Parameters(json, [.. ForPages, "KeyConditionExpression", "ScanIndexForward"]);
        var (table, index) = Source(request);
        var key = index is null ? table.Schema.Key : table.Schema.Indexes[index];
        var condition =
            request.Condition("KeyConditionExpression")
            ?? throw DynamoDbError.Validation(
                "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request."
            );
        var range = KeyCondition.Range(condition, key);
        return Page(request, table, index, range, request.Json("ScanIndexForward")?.GetBoolean() ?? true, key);
    }

    public JsonObject Scan(JsonElement json)
    {
        var request = new Parameters(json, ForPages);
        var (table, index) = Source(request);
        return Page(request, table, index, new KeyRange(null, null), ascending: true, filterExcludes: null);
    }

    private static MapValue Project(MapValue item, Projection? projection) => projection?.Apply(item) ?? item;

    private (Table Table, string? Index) Source(Parameters request)
    {
        var table = database[request.Text("TableName")];
        var index = request.Json("IndexName")?.GetString();
        if (index is not null && !table.Schema.Indexes.ContainsKey(index))
        {
            throw DynamoDbError.Validation($"The table does not have the specified index: {index}");
        }

        return index is null || !request.Flag("ConsistentRead")
            ? (table, index)
            : throw DynamoDbError.Validation("Consistent reads are not supported on global secondary indexes");
    }

    /// <summary>
    /// One page of the items in the range. A filter must not name an attribute of the key
    /// <paramref name="filterExcludes"/>.
    /// </summary>
    private static JsonObject Page(
        Parameters request,
        Table table,
        string? index,
        KeyRange range,
        bool ascending,
        KeySchema? filterExcludes
    )
    {
        var filter = request.Condition("FilterExpression");
        if (
            filterExcludes?.Attributes.FirstOrDefault(a =>
                request.PathsIn("FilterExpression").Any(p => p.Attribute == a.Name)
            ) is
            { } onKey
        )
        {
            throw DynamoDbError.Validation(
                $"Filter Expression can only contain non-primary key attributes: Primary key attribute: {onKey.Name}"
            );
        }

        var projection = request.Projection();
        request.Substitutions.EnsureUsed();
        var isCount = IsCount(request, index, projection);
        var limit = Limit(request);
        var items = new JsonArray();
        MapValue? last = null;
        var (count, scanned, bytes, hasMore) = (0, 0, 0, false);
        foreach (var item in table.Read(index, From(request, table, index, range, ascending), ascending))
        {
            bytes += item.ItemSize;
            if (scanned > 0 && bytes > MaxPage)
            {
                hasMore = true;
                break;
            }

            scanned++;
            last = item;
            if (filter is null || filter.Holds(item))
            {
                count++;
                if (!isCount)
                {
                    items.Add((JsonNode)Project(item, projection).ToWireItem());
                }
            }

            // As in AWS, a page that ends at its limit names a last key, whether or not anything follows.
            if (scanned == limit)
            {
                hasMore = true;
                break;
            }
        }

        var page = new JsonObject { ["Count"] = count, ["ScannedCount"] = scanned };
        if (!isCount)
        {
            page["Items"] = items;
        }

        if (hasMore)
        {
            page["LastEvaluatedKey"] = new JsonObject(
                table.Order(index).Select(a => KeyValuePair.Create(a.Name, (JsonNode?)last!.Get(a.Name)!.ToWire()))
            );
        }

        return page;
    }

    private static bool IsCount(Parameters request, string? index, Projection? projection)
    {
        var select = request.Choice(
            "Select",
            projection is null ? "ALL_ATTRIBUTES" : "SPECIFIC_ATTRIBUTES",
            "ALL_ATTRIBUTES",
            "ALL_PROJECTED_ATTRIBUTES",
            "COUNT",
            "SPECIFIC_ATTRIBUTES"
        );
        if (projection is not null && select != "SPECIFIC_ATTRIBUTES")
        {
            throw DynamoDbError.Validation($"Cannot specify the ProjectionExpression when choosing to get {select}");
        }

        if (projection is null && select == "SPECIFIC_ATTRIBUTES")
        {
            throw DynamoDbError.Validation(
                "Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES"
            );
        }

        if (index is null && select == "ALL_PROJECTED_ATTRIBUTES")
        {
            throw DynamoDbError.Validation(
                "ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName"
            );
        }

        return select == "COUNT";
    }

    private static int Limit(Parameters request)
    {
        var limit = request.Json("Limit")?.GetInt32() ?? int.MaxValue;
        return limit > 0
            ? limit
            : throw DynamoDbError.Validation(
                $"1 validation error detected: Value '{limit}' at 'limit' failed to satisfy constraint: "
                    + "Member must have value greater than or equal to 1"
            );
    }

    /// <summary>The part of the range that begins at the request's starting key.</summary>
    private static KeyRange From(Parameters request, Table table, string? index, KeyRange range, bool ascending)
    {
        if (request.Json("ExclusiveStartKey") is not { } json)
        {
            return range;
        }

        var key = MapValue.ReadMap(json);
        var order = table.Order(index);
        if (key.Members.Count != order.Count || order.Any(a => key.Get(a.Name)?.Type != a.Type))
        {
            throw DynamoDbError.Validation("The provided starting key is invalid");
        }

        var start = table.PositionOf(key, index, ascending ? 1 : -1);
        if (start.CompareTo(range.Low) < 0 || (range.High is not null && start.CompareTo(range.High) > 0))
        {
            throw DynamoDbError.Validation(
                "The provided starting key is outside query boundaries based on provided conditions"
            );
        }

        return ascending ? range with { Low = start } : range with { High = start };
    }

    /// <summary>What BatchGetItem asks of one table; <paramref name="Request"/> is as it was received.</summary>
    private sealed record Lookup(
        Table Table,
        IReadOnlyList<MapValue> Wanted,
        Projection? Projection,
        JsonElement Request
    )
    {
        public static Lookup Read(Table table, JsonElement json)
        {
            var request = new Parameters(
                json,
                "Keys",
                "ConsistentRead",
                "ProjectionExpression",
                "ExpressionAttributeNames"
            );
            var projection = request.Projection();
            request.Substitutions.EnsureUsed();
            var keys = request
                .List("Keys")
                .Select(k => ItemRules.EnsureKey(table.Schema, MapValue.ReadMap(k)))
                .ToArray();
            return keys.Distinct().Count() == keys.Length
                ? new Lookup(table, keys, projection, json)
                : throw DynamoDbError.Validation("Provided list of item keys contains duplicates");
        }

        /// <summary>The same request without its first <paramref name="read"/> keys.</summary>
        public JsonObject Without(int read)
        {
            var rest = JsonObject.Create(Request)!;
            rest["Keys"] = new JsonArray([.. Wanted.Skip(read).Select(k => k.ToWireItem())]);
            return rest;
        }
    }
}
