using System.Collections.Immutable;

namespace EcrGuard.LocalAws.DynamoDb;

/// <summary>The parts of an item that a read returns. List elements keep their order, without gaps.</summary>
internal sealed record Projection(IReadOnlyList<DocumentPath> Paths)
{
    public MapValue Apply(MapValue item) =>
        (MapValue?)Pick(item, [.. Paths.Select(p => p.Steps.AsMemory())]) ?? MapValue.Empty;

    private static Value? Pick(Value value, IReadOnlyList<ReadOnlyMemory<PathStep>> paths)
    {
        if (paths.Any(p => p.IsEmpty))
        {
            return value;
        }

        var picked = paths
            .GroupBy(p => p.Span[0], p => p[1..])
            .OrderBy(g => g.Key.Index)
            .Select(g => (Step: g.Key, Value: Child(value, g.Key) is { } child ? Pick(child, [.. g]) : null))
            .Where(p => p.Value is not null)
            .ToArray();
        return (picked, value) switch
        {
            ([], _) => null,
            (_, MapValue) => new MapValue(picked.ToImmutableDictionary(p => p.Step.Name!, p => p.Value!)),
            _ => new ListValue([.. picked.Select(p => p.Value!)]),
        };
    }

    private static Value? Child(Value value, PathStep step) =>
        (value, step.Name) switch
        {
            (MapValue map, { } name) => map.Get(name),
            (ListValue list, null) when step.Index < list.Elements.Count => list.Elements[step.Index],
            _ => null,
        };
}
