using System.Collections.Immutable;

namespace EcrGuard.LocalAws.DynamoDb;

/// <summary>One step of a path: into a map by name, or, if <see cref="Name"/> is null, into a list by index.</summary>
internal readonly record struct PathStep(string? Name, int Index)
{
    public override string ToString() => Name ?? $"[{Index}]";
}

/// <summary>A place in an item: <c>a.b[2].c</c>. The first step is the name of an attribute.</summary>
internal sealed record DocumentPath(ImmutableArray<PathStep> Steps)
{
    /// <summary>The top-level attribute.</summary>
    public string Attribute => Steps[0].Name!;

    public bool IsAttribute => Steps.Length == 1;

    public Value? Find(MapValue item)
    {
        Value? value = item;
        foreach (var step in Steps)
        {
            value = (value, step) switch
            {
                (MapValue map, { Name: { } name }) => map.Get(name),
                (ListValue list, { Name: null, Index: var index }) when index < list.Elements.Count => list.Elements[
                    index
                ],
                _ => null,
            };
        }

        return value;
    }

    /// <summary>
    /// The item with <paramref name="value"/> at this place; null removes what is there. A list index past the end
    /// appends, as in AWS.
    /// </summary>
    public MapValue Put(MapValue item, Value? value) => (MapValue)Put(item, Steps.AsSpan(), value);

    /// <summary>Whether the paths are equal, or one of them leads to the other.</summary>
    public bool Overlaps(DocumentPath other) => Steps.Zip(other.Steps).All(pair => pair.First == pair.Second);

    /// <summary>Whether both go through the same place, and one treats it as a map, the other as a list.</summary>
    public bool Conflicts(DocumentPath other)
    {
        var differing = Steps.Zip(other.Steps).FirstOrDefault(pair => pair.First != pair.Second);
        return differing != default && differing.First.Name is null != differing.Second.Name is null;
    }

    public override string ToString() => $"[{string.Join(", ", Steps)}]";

    private static Value Put(Value? container, ReadOnlySpan<PathStep> steps, Value? value)
    {
        var step = steps[0];
        var isLast = steps.Length == 1;
        switch (container, step)
        {
            case (MapValue map, { Name: { } name }):
                var member = isLast ? value : Put(map.Get(name), steps[1..], value);
                return new MapValue(member is null ? map.Members.Remove(name) : map.Members.SetItem(name, member));
            case (ListValue list, { Name: null }) when step.Index < list.Elements.Count:
                var element = isLast ? value : Put(list.Elements[step.Index], steps[1..], value);
                return new ListValue(
                    element is null ? list.Elements.RemoveAt(step.Index) : list.Elements.SetItem(step.Index, element)
                );
            case (ListValue list, { Name: null }) when isLast:
                return value is null ? list : new ListValue(list.Elements.Add(value));
            default:
                throw DynamoDbError.Validation(
                    "The document path provided in the update expression is invalid for update"
                );
        }
    }
}
