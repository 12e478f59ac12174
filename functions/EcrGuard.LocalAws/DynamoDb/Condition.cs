namespace EcrGuard.LocalAws.DynamoDb;

/// <summary>A part of an expression that may have a value for an item.</summary>
internal abstract record Operand
{
    public abstract Value? Evaluate(MapValue item);
}

internal sealed record PathOperand(DocumentPath Path) : Operand
{
    public override Value? Evaluate(MapValue item) => Path.Find(item);
}

internal sealed record Literal(Value Value) : Operand
{
    public override Value Evaluate(MapValue item) => Value;
}

internal sealed record SizeOf(DocumentPath Path) : Operand
{
    public override Value? Evaluate(MapValue item) =>
        Path.Find(item)?.Length is { } length ? new NumberValue(length) : null;
}

/// <summary>
/// A condition, filter or key condition, as a tree.
/// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html
/// </summary>
internal abstract record Condition
{
    /// <summary>Whether the condition holds for the item. An item that does not exist counts as empty.</summary>
    public abstract bool Holds(MapValue item);
}

internal sealed record And(Condition Left, Condition Right) : Condition
{
    public override bool Holds(MapValue item) => Left.Holds(item) && Right.Holds(item);
}

internal sealed record Or(Condition Left, Condition Right) : Condition
{
    public override bool Holds(MapValue item) => Left.Holds(item) || Right.Holds(item);
}

internal sealed record Not(Condition Inner) : Condition
{
    public override bool Holds(MapValue item) => !Inner.Holds(item);
}

/// <summary><paramref name="Operator"/> is one of = &lt;&gt; &lt; &lt;= &gt; &gt;=.</summary>
internal sealed record Comparison(Operand Left, string Operator, Operand Right) : Condition
{
    public override bool Holds(MapValue item)
    {
        var (left, right) = (Left.Evaluate(item), Right.Evaluate(item));
        return Operator switch
        {
            "=" => left is not null && left.Equals(right),
            "<>" => left is null || !left.Equals(right),
            _ => AreOrdered(left, right) && Accepts(Value.Compare(left!, right!)),
        };
    }

    /// <summary>Whether both values exist and have the same type, and that type has an order.</summary>
    internal static bool AreOrdered(Value? left, Value? right) =>
        left is StringValue or NumberValue or BinaryValue && right is not null && left.Type == right.Type;

    private bool Accepts(int order) =>
        Operator switch
        {
            "<" => order < 0,
            "<=" => order <= 0,
            ">" => order > 0,
            _ => order >= 0,
        };
}

internal sealed record Between(Operand Operand, Operand Low, Operand High) : Condition
{
    public override bool Holds(MapValue item)
    {
        var (value, low, high) = (Operand.Evaluate(item), Low.Evaluate(item), High.Evaluate(item));
        return Comparison.AreOrdered(value, low)
            && Comparison.AreOrdered(value, high)
            && Value.Compare(value!, low!) >= 0
            && Value.Compare(value!, high!) <= 0;
    }
}

internal sealed record In(Operand Operand, IReadOnlyList<Operand> Choices) : Condition
{
    public override bool Holds(MapValue item) =>
        Operand.Evaluate(item) is { } value && Choices.Any(c => value.Equals(c.Evaluate(item)));
}

internal sealed record AttributeExists(DocumentPath Path) : Condition
{
    public override bool Holds(MapValue item) => Path.Find(item) is not null;
}

internal sealed record AttributeType(DocumentPath Path, string Type) : Condition
{
    public override bool Holds(MapValue item) => Path.Find(item)?.Type == Type;
}

internal sealed record BeginsWith(DocumentPath Path, Operand Prefix) : Condition
{
    public override bool Holds(MapValue item) =>
        (Path.Find(item), Prefix.Evaluate(item)) switch
        {
            (StringValue value, StringValue prefix) => value.Text.StartsWith(prefix.Text, StringComparison.Ordinal),
            (BinaryValue value, BinaryValue prefix) => value.Bytes.Span.StartsWith(prefix.Bytes.Span),
            _ => false,
        };
}

internal sealed record Contains(DocumentPath Path, Operand Part) : Condition
{
    public override bool Holds(MapValue item) =>
        (Path.Find(item), Part.Evaluate(item)) switch
        {
            (StringValue value, StringValue part) => value.Text.Contains(part.Text, StringComparison.Ordinal),
            (BinaryValue value, BinaryValue part) => value.Bytes.Span.IndexOf(part.Bytes.Span) >= 0,
            (ListValue value, { } part) => value.Elements.Contains(part),
            (SetValue value, { } part) => value.Elements.Any(part.Equals),
            _ => false,
        };
}
