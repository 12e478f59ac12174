using System.Text;

namespace EcrGuard.LocalAws.DynamoDb;

/// <summary>
/// Turns a key condition into the range of keys that it means: equality on the partition key and, by AND, at most one
/// condition on the sort key.
/// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.KeyConditionExpressions.html
/// </summary>
internal static class KeyCondition
{
    public static KeyRange Range(Condition condition, KeySchema key)
    {
        var parts = Parts(condition).ToArray();
        foreach (var attribute in parts.Select(AttributeOf).GroupBy(name => name).Where(g => g.Count() > 1))
        {
            throw DynamoDbError.Validation("KeyConditionExpressions must only contain one condition per key");
        }

        if (parts.FirstOrDefault(p => AttributeOf(p) == key.Partition.Name) is not { } onPartition)
        {
            throw DynamoDbError.Validation($"Query condition missed key schema element: {key.Partition.Name}");
        }

        if (onPartition is not Comparison { Operator: "=", Right: Literal { Value: var partition } })
        {
            throw DynamoDbError.Validation("Query key condition not supported");
        }

        EnsureType(key.Partition, partition);
        var rest = parts.Where(p => p != onPartition).ToArray();
        var whole = new KeyRange(At([partition], -1), At([partition], 1));
        return rest switch
        {
            [] => whole,
            [var onSort] when key.Sort is { } sort && AttributeOf(onSort) == sort.Name => Narrow(
                whole,
                sort,
                partition,
                onSort
            ),
            _ when key.Sort is { } sort => throw DynamoDbError.Validation(
                $"Query condition missed key schema element: {sort.Name}"
            ),
            _ => throw DynamoDbError.Validation("Query key condition not supported"),
        };
    }

    private static KeyRange Narrow(KeyRange whole, KeyAttribute sort, Value partition, Condition condition)
    {
        switch (condition)
        {
            case Comparison { Operator: not "<>", Right: Literal { Value: var value } } comparison:
                EnsureType(sort, value);
                return comparison.Operator switch
                {
                    "=" => new KeyRange(Before(value), After(value)),
                    "<" => whole with { High = Before(value) },
                    "<=" => whole with { High = After(value) },
                    ">" => whole with { Low = After(value) },
                    _ => whole with { Low = Before(value) },
                };
            case Between { Low: Literal { Value: var low }, High: Literal { Value: var high } }:
                EnsureType(sort, low);
                return new KeyRange(Before(low), After(high));
            case BeginsWith { Prefix: Literal { Value: var prefix } }:
                EnsureType(sort, prefix);
                return new KeyRange(Before(prefix), Successor(prefix) is { } next ? Before(next) : whole.High);
            default:
                throw DynamoDbError.Validation("Query key condition not supported");
        }

        Position Before(Value value) => At([partition, value], -1);

        Position After(Value value) => At([partition, value], 1);
    }

    private static IEnumerable<Condition> Parts(Condition condition) =>
        condition switch
        {
            And and => Parts(and.Left).Concat(Parts(and.Right)),
            Or => throw DynamoDbError.Validation("Invalid operator used in KeyConditionExpression: OR"),
            Not => throw DynamoDbError.Validation("Invalid operator used in KeyConditionExpression: NOT"),
            In => throw DynamoDbError.Validation("Invalid operator used in KeyConditionExpression: IN"),
            AttributeExists or AttributeType or Contains => throw DynamoDbError.Validation(
                "Invalid operator used in KeyConditionExpression"
            ),
            _ => [condition],
        };

    private static string AttributeOf(Condition condition) =>
        condition switch
        {
            Comparison { Left: PathOperand { Path: { IsAttribute: true } path } } => path.Attribute,
            Between { Operand: PathOperand { Path: { IsAttribute: true } path } } => path.Attribute,
            BeginsWith { Path: { IsAttribute: true } path } => path.Attribute,
            _ => throw DynamoDbError.Validation("Query key condition not supported"),
        };

    private static void EnsureType(KeyAttribute attribute, Value value)
    {
        if (value.Type != attribute.Type)
        {
            throw DynamoDbError.Validation(
                "One or more parameter values were invalid: Condition parameter type does not match schema type"
            );
        }

        ItemRules.EnsureKeyNotEmpty(attribute, value);
    }

    private static Position At(IReadOnlyList<Value> parts, int bias) => new(Position.HashOf(parts[0]), parts, bias);

    /// <summary>
    /// The first value after all values that begin with <paramref name="prefix"/>; null if there is none.
    /// </summary>
    private static Value? Successor(Value prefix)
    {
        if (prefix is BinaryValue { Bytes: var bytes })
        {
            var kept = bytes.Span.TrimEnd((byte)0xFF).ToArray();
            if (kept.Length == 0)
            {
                return null;
            }

            kept[^1]++;
            return new BinaryValue(kept);
        }

        var runes = ((StringValue)prefix).Text.EnumerateRunes().ToList();
        while (runes is [.., { Value: 0x10FFFF }])
        {
            runes.RemoveAt(runes.Count - 1);
        }

        if (runes.Count == 0)
        {
            return null;
        }

        // Surrogates are not runes: U+E000 comes after U+D7FF.
        var last = runes[^1].Value;
        runes[^1] = new Rune(last == 0xD7FF ? 0xE000 : last + 1);
        return new StringValue(string.Concat(runes));
    }
}
