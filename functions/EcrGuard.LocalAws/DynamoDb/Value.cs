using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace EcrGuard.LocalAws.DynamoDb;

/// <summary>
/// An attribute value, immutable. Equality is DynamoDB's: by type and content, numbers by magnitude, sets without
/// order. The scalars that keys are made of (S, N, B) are ordered as DynamoDB orders them: strings by their UTF-8
/// bytes, numbers numerically, binary as unsigned bytes.
/// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html
/// </summary>
internal abstract record Value
{
    private const int MaxDepth = 32;

    /// <summary>The type descriptor: S, N, B, BOOL, NULL, L, M, SS, NS, BS.</summary>
    public abstract string Type { get; }

    /// <summary>Bytes that count towards the 400 KB limit of an item, without the attribute's name.</summary>
    public abstract int Size { get; }

    /// <summary>The result of <c>size(path)</c>; null if the function does not apply.</summary>
    public virtual int? Length => null;

    /// <summary>The value in the form of the wire, without its type descriptor.</summary>
    protected abstract JsonNode Wire { get; }

    public static Value Read(JsonElement json, int depth = 1)
    {
        if (depth > MaxDepth)
        {
            throw DynamoDbError.Validation("Nesting Levels have exceeded supported limits");
        }

        if (json.ValueKind != JsonValueKind.Object)
        {
            throw DynamoDbError.Serialization("Unexpected value type in payload");
        }

        var members = json.EnumerateObject().ToArray();
        if (members.Length != 1)
        {
            throw DynamoDbError.Validation(
                members.Length == 0
                    ? "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
                    : "Supplied AttributeValue has more than one datatypes set, must contain exactly one of "
                        + "the supported datatypes"
            );
        }

        var content = members[0].Value;
        return members[0].Name switch
        {
            "S" => new StringValue(TextOf(content)),
            "N" => new NumberValue(DynamoNumber.Parse(TextOf(content))),
            "B" => new BinaryValue(BytesOf(content)),
            "BOOL" when content.ValueKind is JsonValueKind.True or JsonValueKind.False => new BoolValue(
                content.GetBoolean()
            ),
            "NULL" when content.ValueKind == JsonValueKind.True => NullValue.Instance,
            "NULL" => throw DynamoDbError.Validation(
                "One or more parameter values were invalid: Null attribute value types must have the value of true"
            ),
            "L" when content.ValueKind == JsonValueKind.Array => new ListValue([
                .. content.EnumerateArray().Select(e => Read(e, depth + 1)),
            ]),
            "M" when content.ValueKind == JsonValueKind.Object => MapValue.ReadMap(content, depth),
            "SS" => SetValue.Read("SS", content, e => new StringValue(TextOf(e))),
            "NS" => SetValue.Read("NS", content, e => new NumberValue(DynamoNumber.Parse(TextOf(e)))),
            "BS" => SetValue.Read("BS", content, e => new BinaryValue(BytesOf(e))),
            _ => throw DynamoDbError.Serialization("Unexpected value type in payload"),
        };
    }

    /// <summary>Compares two values. The result has a meaning only for scalars of the same type.</summary>
    public static int Compare(Value left, Value right) =>
        (left, right) switch
        {
            (StringValue x, StringValue y) => Utf8Order.Compare(x.Text, y.Text),
            (NumberValue x, NumberValue y) => x.Number.CompareTo(y.Number),
            (BinaryValue x, BinaryValue y) => x.Bytes.Span.SequenceCompareTo(y.Bytes.Span),
            _ => string.CompareOrdinal(left.Type, right.Type),
        };

    public JsonObject ToWire() => new() { [Type] = Wire };

    /// <summary>The value as ordinary JSON: numbers as numbers, sets as arrays, binary as Base64.</summary>
    public virtual JsonNode? ToPlain() => Wire;

    private static string TextOf(JsonElement json) =>
        json.ValueKind == JsonValueKind.String
            ? json.GetString()!
            : throw DynamoDbError.Serialization("Unexpected value type in payload");

    private static byte[] BytesOf(JsonElement json) =>
        json.ValueKind == JsonValueKind.String && json.TryGetBytesFromBase64(out var bytes)
            ? bytes
            : throw DynamoDbError.Serialization("Unexpected value type in payload");
}

internal sealed record StringValue(string Text) : Value
{
    public override string Type => "S";

    public override int Size => Encoding.UTF8.GetByteCount(Text);

    public override int? Length => Size;

    protected override JsonNode Wire => Text;
}

internal sealed record NumberValue(DynamoNumber Number) : Value
{
    public override string Type => "N";

    public override int Size => Number.Size;

    protected override JsonNode Wire => Number.ToString();

    public override JsonNode ToPlain() => JsonNode.Parse(Number.ToString())!;
}

internal sealed record BinaryValue(ReadOnlyMemory<byte> Bytes) : Value
{
    public override string Type => "B";

    public override int Size => Bytes.Length;

    public override int? Length => Size;

    protected override JsonNode Wire => Convert.ToBase64String(Bytes.Span);

    public bool Equals(BinaryValue? other) => other is not null && Bytes.Span.SequenceEqual(other.Bytes.Span);

    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.AddBytes(Bytes.Span);
        return hash.ToHashCode();
    }
}

internal sealed record BoolValue(bool Bool) : Value
{
    public override string Type => "BOOL";

    public override int Size => 1;

    protected override JsonNode Wire => Bool;
}

internal sealed record NullValue : Value
{
    public static NullValue Instance { get; } = new();

    public override string Type => "NULL";

    public override int Size => 1;

    protected override JsonNode Wire => true;

    public override JsonNode? ToPlain() => null;
}

internal sealed record ListValue(ImmutableList<Value> Elements) : Value
{
    public override string Type => "L";

    public override int Size => 3 + Elements.Sum(e => 1 + e.Size);

    public override int? Length => Elements.Count;

    protected override JsonNode Wire => new JsonArray([.. Elements.Select(e => e.ToWire())]);

    public override JsonNode ToPlain() => new JsonArray([.. Elements.Select(e => e.ToPlain())]);

    public bool Equals(ListValue? other) => other is not null && Elements.SequenceEqual(other.Elements);

    public override int GetHashCode() => Elements.Aggregate(0, HashCode.Combine);
}

/// <summary>A map; at the top, an item.</summary>
internal sealed record MapValue(ImmutableDictionary<string, Value> Members) : Value
{
    public static MapValue Empty { get; } = new(ImmutableDictionary<string, Value>.Empty);

    public override string Type => "M";

    public override int Size => 3 + Members.Sum(m => 1 + Encoding.UTF8.GetByteCount(m.Key) + m.Value.Size);

    /// <summary>Bytes of the map as an item, which has no overhead of its own.</summary>
    public int ItemSize => Members.Sum(m => Encoding.UTF8.GetByteCount(m.Key) + m.Value.Size);

    public override int? Length => Members.Count;

    protected override JsonNode Wire => ToWireItem();

    public static MapValue ReadMap(JsonElement json, int depth = 0)
    {
        if (json.ValueKind != JsonValueKind.Object)
        {
            throw DynamoDbError.Serialization("Unexpected value type in payload");
        }

        return new MapValue(
            json.EnumerateObject().ToImmutableDictionary(m => m.Name, m => Value.Read(m.Value, depth + 1))
        );
    }

    public Value? Get(string name) => Members.GetValueOrDefault(name);

    public JsonObject ToWireItem() => new(Members.Select(m => KeyValuePair.Create(m.Key, (JsonNode?)m.Value.ToWire())));

    public override JsonObject ToPlain() =>
        new(
            Members
                .OrderBy(m => m.Key, StringComparer.Ordinal)
                .Select(m => KeyValuePair.Create(m.Key, m.Value.ToPlain()))
        );

    public bool Equals(MapValue? other) =>
        other is not null && Members.Count == other.Members.Count && Members.All(m => m.Value.Equals(other.Get(m.Key)));

    public override int GetHashCode() => Members.Aggregate(0, (hash, m) => hash ^ HashCode.Combine(m.Key, m.Value));
}

/// <summary>A set of strings, numbers or binary values (SS, NS, BS); never empty.</summary>
internal sealed record SetValue(string SetType, ImmutableSortedSet<Value> Elements) : Value
{
    private static readonly Comparer<Value> Order = Comparer<Value>.Create(Compare);

    public override string Type => SetType;

    public override int Size => Elements.Sum(e => e.Size);

    public override int? Length => Elements.Count;

    protected override JsonNode Wire => new JsonArray([.. Elements.Select(e => e.ToWire()[e.Type]!.DeepClone())]);

    public static SetValue Read(string type, JsonElement json, Func<JsonElement, Value> element)
    {
        if (json.ValueKind != JsonValueKind.Array)
        {
            throw DynamoDbError.Serialization("Unexpected value type in payload");
        }

        var elements = json.EnumerateArray().Select(element).ToArray();
        if (elements.Length == 0)
        {
            var kind = type switch
            {
                "SS" => "string",
                "NS" => "number",
                _ => "binary",
            };
            throw DynamoDbError.Validation(
                $"One or more parameter values were invalid: An {kind} set  may not be empty"
            );
        }

        var set = elements.ToImmutableSortedSet(Order);
        return set.Count == elements.Length
            ? new SetValue(type, set)
            : throw DynamoDbError.Validation(
                "One or more parameter values were invalid: Input collection "
                    + $"[{string.Join(", ", elements.Select(e => e.ToPlain()!.ToString()))}] contains duplicates."
            );
    }

    public override JsonNode ToPlain() => new JsonArray([.. Elements.Select(e => e.ToPlain())]);

    public bool Equals(SetValue? other) =>
        other is not null && SetType == other.SetType && Elements.SetEquals(other.Elements);

    public override int GetHashCode() => Elements.Aggregate(0, HashCode.Combine);
}
