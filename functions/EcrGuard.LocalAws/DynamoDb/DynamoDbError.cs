using System.Text.Json.Nodes;

namespace EcrGuard.LocalAws.DynamoDb;

/// <summary>An error of DynamoDB, with the data that some errors carry beside the message.</summary>
internal sealed class DynamoDbError : Exception
{
    private const string Service = "com.amazonaws.dynamodb.v20120810#";

    private DynamoDbError(string type, string message)
        : base(message) => Type = type;

    /// <summary>The wire's <c>__type</c>, namespace included.</summary>
    public string Type { get; }

    /// <summary>The item that failed a condition, if the caller asked for it.</summary>
    public MapValue? OldItem { get; private init; }

    /// <summary>One per action of a cancelled transaction, in order.</summary>
    public JsonArray? Reasons { get; private init; }

    public static DynamoDbError Validation(string message) =>
        new("com.amazon.coral.validate#ValidationException", message);

    public static DynamoDbError Serialization(string message) =>
        new("com.amazon.coral.service#SerializationException", message);

    public static DynamoDbError TableNotFound() =>
        new(Service + "ResourceNotFoundException", "Requested resource not found");

    public static DynamoDbError DescribedTableNotFound(string table) =>
        new(Service + "ResourceNotFoundException", $"Requested resource not found: Table: {table} not found");

    public static DynamoDbError TableExists(string table) =>
        new(Service + "ResourceInUseException", $"Table already exists: {table}");

    public static DynamoDbError ConditionFailed(MapValue? item) =>
        new(Service + "ConditionalCheckFailedException", "The conditional request failed") { OldItem = item };

    public static DynamoDbError TransactionCancelled(IReadOnlyList<DynamoDbError?> reasons) =>
        new(
            Service + "TransactionCanceledException",
            "Transaction cancelled, please refer cancellation reasons for specific reasons "
                + $"[{string.Join(", ", reasons.Select(ReasonCode))}]"
        )
        {
            Reasons = new JsonArray([.. reasons.Select(Reason)]),
        };

    public static DynamoDbError TokenReused() =>
        new(
            Service + "IdempotentParameterMismatchException",
            "The client request token is already in use for a request with different parameters."
        );

    public JsonObject ToJson()
    {
        // Errors of the framework in front of DynamoDB write the member's name in lower case. DynamoDB's own errors
        // write it in upper case if more members follow.
        var json = new JsonObject { ["__type"] = Type };
        json[Reasons is null ? "message" : "Message"] = Message;
        if (OldItem is not null)
        {
            json["Item"] = OldItem.ToWireItem();
        }

        if (Reasons is not null)
        {
            json["CancellationReasons"] = Reasons.DeepClone();
        }

        return json;
    }

    private static string ReasonCode(DynamoDbError? error) =>
        error switch
        {
            null => "None",
            { Type: Service + "ConditionalCheckFailedException" } => "ConditionalCheckFailed",
            _ => "ValidationError",
        };

    private static JsonObject Reason(DynamoDbError? error)
    {
        var reason = new JsonObject { ["Code"] = ReasonCode(error) };
        if (error is not null)
        {
            reason["Message"] = error.Message;
        }

        if (error?.OldItem is { } item)
        {
            reason["Item"] = item.ToWireItem();
        }

        return reason;
    }
}
