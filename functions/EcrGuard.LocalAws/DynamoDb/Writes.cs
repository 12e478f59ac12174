using System.Text.Json;
using System.Text.Json.Nodes;

namespace EcrGuard.LocalAws.DynamoDb;

/// <summary>The operations that write. Every check that needs no item is made before any item is read.</summary>
internal sealed class Writes(Database database, LocalAwsOptions options)
{
    private const int MaxBatch = 25;
    private const int MaxTransaction = 100;

    /// <summary>
    /// For ten minutes, a token means the request that it came with.
    /// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
    /// </summary>
    private static readonly TimeSpan TokenLife = TimeSpan.FromMinutes(10);

    private static readonly string[] Conditional =
    [
        "TableName",
        "ConditionExpression",
        "ExpressionAttributeNames",
        "ExpressionAttributeValues",
        "ReturnValuesOnConditionCheckFailure",
    ];

    private static readonly string[] ForPut = [.. Conditional, "Item"];
    private static readonly string[] ForUpdate = [.. Conditional, "Key", "UpdateExpression"];
    private static readonly string[] ForDelete = [.. Conditional, "Key"];

    private readonly Dictionary<string, string> requestsByToken = [];
    private readonly Queue<(string Token, DateTimeOffset Until)> tokens = [];

    public JsonObject PutItem(JsonElement json)
    {
        var request = new Parameters(json, [.. ForPut, "ReturnValues"]);
        var returned = request.Choice("ReturnValues", "NONE", "ALL_OLD", "ALL_NEW", "UPDATED_OLD", "UPDATED_NEW");
        EnsureNoneOrOld(returned);
        var change = Put(request).Plan();
        change.Apply();
        return Attributes(returned == "ALL_OLD" ? change.Old : null);
    }

    public JsonObject DeleteItem(JsonElement json)
    {
        var request = new Parameters(json, [.. ForDelete, "ReturnValues"]);
        var returned = request.Choice("ReturnValues", "NONE", "ALL_OLD", "ALL_NEW", "UPDATED_OLD", "UPDATED_NEW");
        EnsureNoneOrOld(returned);
        var change = Delete(request).Plan();
        change.Apply();
        return Attributes(returned == "ALL_OLD" ? change.Old : null);
    }

    public JsonObject UpdateItem(JsonElement json)
    {
        var request = new Parameters(json, [.. ForUpdate, "ReturnValues"]);
        var returned = request.Choice("ReturnValues", "NONE", "ALL_OLD", "ALL_NEW", "UPDATED_OLD", "UPDATED_NEW");
        var update = request.Update() ?? UpdateExpression.Nothing;
        var change = Update(request, update).Plan();
        change.Apply();
        var updated = new Projection([.. update.Paths]);
        return Attributes(
            returned switch
            {
                "ALL_OLD" => change.Old,
                "ALL_NEW" => change.New,
                "UPDATED_OLD" => change.Old is null ? null : updated.Apply(change.Old),
                "UPDATED_NEW" => updated.Apply(change.New!),
                _ => null,
            }
        );
    }

    /// <summary>Makes at most <paramref name="processed"/> writes; the rest comes back unprocessed.</summary>
    public JsonObject BatchWriteItem(JsonElement json, int processed)
    {
        var tables = new Parameters(json, "RequestItems")
            .Required("RequestItems")
            .EnumerateObject()
            .SelectMany(t => t.Value.EnumerateArray().Select(r => (Table: t.Name, Request: r)))
            .ToArray();
        if (tables.Length is 0 or > MaxBatch)
        {
            throw DynamoDbError.Validation(
                "1 validation error detected: Value at 'requestItems' failed to satisfy constraint: Map "
                    + "value must satisfy constraint: "
                    + $"[Member must have length less than or equal to {MaxBatch}, Member must have length "
                    + "greater than or equal to 1]"
            );
        }

        var writes = tables.Select(t => BatchEntry(database[t.Table], t.Request)).ToArray();
        EnsureDistinct(writes, "Provided list of item keys contains duplicates");
        foreach (var write in writes.Take(processed))
        {
            write.Plan().Apply();
        }

        var unprocessed = tables.Skip(processed).GroupBy(t => t.Table, t => (JsonNode?)JsonObject.Create(t.Request));
        return new JsonObject
        {
            ["UnprocessedItems"] = new JsonObject(
                unprocessed.Select(g => KeyValuePair.Create(g.Key, (JsonNode?)new JsonArray([.. g])))
            ),
        };
    }

    public JsonObject TransactWriteItems(JsonElement json)
    {
        var request = new Parameters(json, "TransactItems", "ClientRequestToken");
        var actions = request.Required("TransactItems");
        if (actions.GetArrayLength() is 0 or > MaxTransaction)
        {
            throw DynamoDbError.Validation(
                "1 validation error detected: Value at 'transactItems' failed to satisfy constraint: "
                    + $"Member must have length less than or equal to {MaxTransaction}, Member must have length "
                    + "greater than or equal to 1"
            );
        }

        var token = request.Json("ClientRequestToken")?.GetString();
        if (token is not null && WasDone(token, actions.GetRawText()))
        {
            return [];
        }

        var writes = actions.EnumerateArray().Select(Action).ToArray();
        EnsureDistinct(writes, "Transaction request cannot include multiple operations on one item");
        var outcomes = writes.Select(Attempt).ToArray();
        if (outcomes.Any(o => o.Error is not null))
        {
            throw DynamoDbError.TransactionCancelled([.. outcomes.Select(o => o.Error)]);
        }

        foreach (var (change, _) in outcomes)
        {
            change!.Apply();
        }

        if (token is not null)
        {
            requestsByToken.Add(token, actions.GetRawText());
            tokens.Enqueue((token, options.TimeProvider.GetUtcNow() + TokenLife));
        }

        return [];
    }

    private static (Change? Change, DynamoDbError? Error) Attempt(Write write)
    {
        try
        {
            return (write.Plan(), null);
        }
        catch (DynamoDbError error)
        {
            return (null, error);
        }
    }

    private bool WasDone(string token, string request)
    {
        while (tokens.TryPeek(out var oldest) && oldest.Until <= options.TimeProvider.GetUtcNow())
        {
            requestsByToken.Remove(tokens.Dequeue().Token);
        }

        return requestsByToken.TryGetValue(token, out var known)
            && (known == request ? true : throw DynamoDbError.TokenReused());
    }

    private Write Action(JsonElement json)
    {
        var action = new Parameters(json, "Put", "Update", "Delete", "ConditionCheck");
        if (json.EnumerateObject().Count() != 1)
        {
            throw DynamoDbError.Validation("TransactItems can only contain one of Check, Put, Update or Delete");
        }

        if (action.Json("Put") is { } put)
        {
            return Put(new Parameters(put, ForPut));
        }

        if (action.Json("Update") is { } update)
        {
            var request = new Parameters(update, ForUpdate);
            _ = request.Required("UpdateExpression");
            return Update(request, request.Update()!);
        }

        if (action.Json("Delete") is { } delete)
        {
            return Delete(new Parameters(delete, ForDelete));
        }

        var check = new Parameters(action.Required("ConditionCheck"), ForDelete);
        _ = check.Required("ConditionExpression");
        var table = database[check.Text("TableName")];
        return Create(check, table, ItemRules.EnsureKey(table.Schema, check.Item("Key")), old => old);
    }

    private static Write BatchEntry(Table table, JsonElement json)
    {
        var request = new Parameters(json, "PutRequest", "DeleteRequest");
        if (request.Json("PutRequest") is { } put)
        {
            var item = Storable(table, new Parameters(put, "Item").Item("Item"));
            return new Write(table, item, null, false, _ => item);
        }

        var key = new Parameters(request.Required("DeleteRequest"), "Key").Item("Key");
        return new Write(table, ItemRules.EnsureKey(table.Schema, key), null, false, _ => null);
    }

    private Write Put(Parameters request)
    {
        var table = database[request.Text("TableName")];
        var item = Storable(table, request.Item("Item"));
        return Create(request, table, item, _ => item);
    }

    private Write Delete(Parameters request)
    {
        var table = database[request.Text("TableName")];
        return Create(request, table, ItemRules.EnsureKey(table.Schema, request.Item("Key")), _ => null);
    }

    private Write Update(Parameters request, UpdateExpression update)
    {
        var table = database[request.Text("TableName")];
        var key = ItemRules.EnsureKey(table.Schema, request.Item("Key"));
        if (update.Paths.FirstOrDefault(p => table.Schema.Key.Attributes.Any(a => a.Name == p.Attribute)) is { } onKey)
        {
            throw DynamoDbError.Validation(
                $"One or more parameter values were invalid: Cannot update attribute {onKey.Attribute}. This "
                    + "attribute is part of the key"
            );
        }

        return Create(
            request,
            table,
            key,
            old =>
            {
                var updated = update.Apply(old ?? key);
                ItemRules.EnsureFits(table.Schema, updated);
                ItemRules.EnsureSize(updated, "Item size to update has exceeded the maximum allowed size");
                return updated;
            }
        );
    }

    /// <summary>The write of a request. All its other expressions have been parsed already.</summary>
    private static Write Create(Parameters request, Table table, MapValue key, Func<MapValue?, MapValue?> compute)
    {
        var condition = request.Condition("ConditionExpression");
        request.Substitutions.EnsureUsed();
        var returnsOld = request.Choice("ReturnValuesOnConditionCheckFailure", "NONE", "ALL_OLD") == "ALL_OLD";
        return new Write(table, key, condition, returnsOld, compute);
    }

    private static MapValue Storable(Table table, MapValue item)
    {
        ItemRules.EnsureFits(table.Schema, item);
        ItemRules.EnsureSize(item, "Item size has exceeded the maximum allowed size");
        return item;
    }

    private static void EnsureDistinct(IReadOnlyCollection<Write> writes, string message)
    {
        if (
            writes
                .DistinctBy(w =>
                    (
                        w.Table.Schema.Name,
                        new ListValue([.. w.Table.Schema.Key.Attributes.Select(a => w.Key.Get(a.Name)!)])
                    )
                )
                .Count() < writes.Count
        )
        {
            throw DynamoDbError.Validation(message);
        }
    }

    private static void EnsureNoneOrOld(string returned)
    {
        if (returned is not ("NONE" or "ALL_OLD"))
        {
            throw DynamoDbError.Validation("Return values set to invalid value");
        }
    }

    private static JsonObject Attributes(MapValue? item) =>
        item is null or { Members.IsEmpty: true } ? [] : new JsonObject { ["Attributes"] = item.ToWireItem() };

    /// <summary>
    /// A write whose request is valid. <paramref name="Key"/> holds at least the key; <paramref name="Compute"/> makes
    /// the new item from the old one.
    /// </summary>
    private sealed record Write(
        Table Table,
        MapValue Key,
        Condition? Condition,
        bool ReturnsOld,
        Func<MapValue?, MapValue?> Compute
    )
    {
        /// <summary>What the write would do now. Throws if the write is not allowed.</summary>
        public Change Plan()
        {
            var old = Table.Get(Key);
            if (Condition is not null && !Condition.Holds(old ?? MapValue.Empty))
            {
                throw DynamoDbError.ConditionFailed(ReturnsOld ? old : null);
            }

            return new Change(Table, old, Compute(old));
        }
    }

    private sealed record Change(Table Table, MapValue? Old, MapValue? New)
    {
        public void Apply() => Table.Replace(Old, New);
    }
}
