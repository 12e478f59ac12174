namespace EcrGuard.LocalAws.DynamoDb;

internal sealed record IfNotExists(DocumentPath Path, Operand Otherwise) : Operand
{
    public override Value? Evaluate(MapValue item) => Path.Find(item) ?? Otherwise.Evaluate(item);
}

internal sealed record ListAppend(Operand First, Operand Second) : Operand
{
    public override Value Evaluate(MapValue item) =>
        (UpdateExpression.Required(First, item), UpdateExpression.Required(Second, item))
            is (ListValue first, ListValue second)
            ? new ListValue(first.Elements.AddRange(second.Elements))
            : throw UpdateExpression.WrongType();
}

/// <summary>A sum; with <paramref name="IsMinus"/>, a difference.</summary>
internal sealed record Arithmetic(Operand Left, Operand Right, bool IsMinus) : Operand
{
    public override Value Evaluate(MapValue item) =>
        (UpdateExpression.Required(Left, item), UpdateExpression.Required(Right, item))
            is (NumberValue left, NumberValue right)
            ? new NumberValue(IsMinus ? left.Number - right.Number : left.Number + right.Number)
            : throw UpdateExpression.WrongType();
}

/// <summary>
/// What an UpdateItem changes. Every value is computed from the old item first; then all changes are made.
/// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.UpdateExpressions.html
/// </summary>
internal sealed record UpdateExpression(
    IReadOnlyList<(DocumentPath Path, Operand Value)> Sets,
    IReadOnlyList<DocumentPath> Removes,
    IReadOnlyList<(DocumentPath Path, Value Value)> Adds,
    IReadOnlyList<(DocumentPath Path, SetValue Value)> Deletes
)
{
    private static readonly Comparer<DocumentPath> ByIndexes = Comparer<DocumentPath>.Create(
        (x, y) => x.Steps.Zip(y.Steps, (a, b) => a.Index.CompareTo(b.Index)).FirstOrDefault(order => order != 0)
    );

    public static UpdateExpression Nothing { get; } = new([], [], [], []);

    public IEnumerable<DocumentPath> Paths =>
        [.. Sets.Select(s => s.Path), .. Removes, .. Adds.Select(a => a.Path), .. Deletes.Select(d => d.Path)];

    public static DynamoDbError WrongType() =>
        DynamoDbError.Validation("An operand in the update expression has an incorrect data type");

    public static Value Required(Operand operand, MapValue item) =>
        operand.Evaluate(item)
        ?? throw DynamoDbError.Validation(
            "The provided expression refers to an attribute that does not exist in the item"
        );

    public MapValue Apply(MapValue item)
    {
        var puts = Sets.Select(s => (s.Path, Value: (Value?)Required(s.Value, item)))
            .Concat(Adds.Select(a => (a.Path, Value: (Value?)Add(a.Path.Find(item), a.Value))))
            .Concat(Deletes.Select(d => (d.Path, Value: (Value?)Delete(d.Path.Find(item), d.Value))))
            .ToArray();

        // An index means an element of the old list. So elements are appended in ascending order and removed in
        // descending order.
        var updated = puts.OrderBy(p => p.Path.Steps[^1].Index)
            .Aggregate(item, (current, put) => put.Path.Put(current, put.Value));
        return Removes
            .OrderByDescending(p => p, ByIndexes)
            .Aggregate(updated, (current, path) => path.Put(current, null));
    }

    private static Value Add(Value? current, Value value) =>
        (current, value) switch
        {
            (null, _) => value,
            (NumberValue x, NumberValue y) => new NumberValue(x.Number + y.Number),
            (SetValue x, SetValue y) when x.SetType == y.SetType => x with { Elements = x.Elements.Union(y.Elements) },
            _ => throw WrongType(),
        };

    private static SetValue? Delete(Value? current, SetValue value) =>
        current switch
        {
            null => null,
            SetValue set when set.SetType == value.SetType => set.Elements.Except(value.Elements)
                is { IsEmpty: false } left
                ? set with
                {
                    Elements = left,
                }
                : null,
            _ => throw WrongType(),
        };
}
