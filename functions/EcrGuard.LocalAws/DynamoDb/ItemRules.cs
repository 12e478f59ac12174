namespace EcrGuard.LocalAws.DynamoDb;

/// <summary>
/// What DynamoDB requires of items and keys.
/// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
/// </summary>
internal static class ItemRules
{
    /// <summary>The limit of an item, in bytes.</summary>
    public const int MaxItem = 400 * 1024;

    private const int MaxPartitionKey = 2048;
    private const int MaxSortKey = 1024;

    /// <summary>Refuses an item that does not fit the key of its table or of an index.</summary>
    public static void EnsureFits(TableSchema schema, MapValue item)
    {
        foreach (var attribute in schema.Key.Attributes)
        {
            var value = item.Get(attribute.Name) ?? throw Invalid($"Missing the key {attribute.Name} in the item");
            if (value.Type != attribute.Type)
            {
                throw Invalid(
                    $"Type mismatch for key {attribute.Name} expected: {attribute.Type} actual: {value.Type}"
                );
            }
        }

        EnsureKeyValues(schema.Key, item);
        foreach (var (index, key) in schema.Indexes)
        {
            foreach (var attribute in key.Attributes)
            {
                EnsureFitsIndex(index, attribute, item.Get(attribute.Name));
            }
        }
    }

    public static void EnsureSize(MapValue item, string message)
    {
        if (item.ItemSize > MaxItem)
        {
            throw DynamoDbError.Validation(message);
        }
    }

    /// <summary>Refuses anything that is not exactly a key of this table.</summary>
    public static MapValue EnsureKey(TableSchema schema, MapValue key)
    {
        var attributes = schema.Key.Attributes;
        if (key.Members.Count != attributes.Count || attributes.Any(a => key.Get(a.Name)?.Type != a.Type))
        {
            throw DynamoDbError.Validation("The provided key element does not match the schema");
        }

        EnsureKeyValues(schema.Key, key);
        return key;
    }

    public static void EnsureKeyNotEmpty(KeyAttribute attribute, Value value)
    {
        if (value.Size == 0)
        {
            throw DynamoDbError.Validation(
                "One or more parameter values are not valid. The AttributeValue for a key attribute cannot "
                    + $"contain an empty {Kind(value)} value. Key: {attribute.Name}"
            );
        }
    }

    private static void EnsureKeyValues(KeySchema key, MapValue item)
    {
        foreach (var attribute in key.Attributes)
        {
            EnsureKeyNotEmpty(attribute, item.Get(attribute.Name)!);
        }

        if (item.Get(key.Partition.Name)!.Size > MaxPartitionKey)
        {
            throw Invalid($"Size of hashkey has exceeded the maximum size limit of{MaxPartitionKey} bytes");
        }

        if (key.Sort is { } sort && item.Get(sort.Name)!.Size > MaxSortKey)
        {
            throw Invalid($"Aggregated size of all range keys has exceeded the size limit of {MaxSortKey} bytes");
        }
    }

    private static void EnsureFitsIndex(string index, KeyAttribute attribute, Value? value)
    {
        if (value is not null && value.Type != attribute.Type)
        {
            throw Invalid(
                $"Type mismatch for Index Key {attribute.Name} Expected: {attribute.Type} Actual: "
                    + $"{value.Type} IndexName: {index}"
            );
        }

        if (value is { Size: 0 })
        {
            throw DynamoDbError.Validation(
                "One or more parameter values are not valid. A value specified for a secondary index key is "
                    + "not supported. "
                    + $"The AttributeValue for a key attribute cannot contain an empty {Kind(value)} value. "
                    + $"IndexName: {index}, IndexKey: {attribute.Name}"
            );
        }
    }

    private static string Kind(Value value) => value is StringValue ? "string" : "binary";

    private static DynamoDbError Invalid(string problem) =>
        DynamoDbError.Validation($"One or more parameter values were invalid: {problem}");
}
