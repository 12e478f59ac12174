using System.Globalization;
using System.Text;

namespace EcrGuard.LocalAws.DynamoDb;

/// <summary>An attribute of a key and its type: S, N or B.</summary>
internal sealed record KeyAttribute(string Name, string Type);

/// <summary>The key of a table or an index.</summary>
internal sealed record KeySchema(KeyAttribute Partition, KeyAttribute? Sort)
{
    public IReadOnlyList<KeyAttribute> Attributes => Sort is null ? [Partition] : [Partition, Sort];
}

/// <summary>
/// A table's definition; <see cref="TimeToLive"/> is the attribute that holds an item's expiry in Unix seconds.
/// </summary>
internal sealed record TableSchema(
    string Name,
    KeySchema Key,
    IReadOnlyDictionary<string, KeySchema> Indexes,
    string? TimeToLive
);

/// <summary>
/// A place in the order of a table or index. Partitions are ordered by a hash, as DynamoDB scatters them, then by the
/// parts of the key. A place with fewer parts lies before (<see cref="Bias"/> -1) or after (1) all places that begin
/// with these parts.
/// </summary>
internal sealed record Position(uint Hash, IReadOnlyList<Value> Parts, int Bias) : IComparable<Position>
{
    public static Position Of(MapValue item, IEnumerable<KeyAttribute> key, int bias = 0)
    {
        var parts = key.Select(a => item.Get(a.Name)!).ToArray();
        return new Position(HashOf(parts[0]), parts, bias);
    }

    public static uint HashOf(Value partition) =>
        Crc.Crc32.Compute32(Encoding.UTF8.GetBytes(partition.ToPlain()!.ToString()));

    public int CompareTo(Position? other)
    {
        if (other is null || Hash != other.Hash)
        {
            return other is null ? 1 : Hash.CompareTo(other.Hash);
        }

        for (var i = 0; i < Parts.Count && i < other.Parts.Count; i++)
        {
            var order = Value.Compare(Parts[i], other.Parts[i]);
            if (order != 0)
            {
                return order;
            }
        }

        return Parts.Count == other.Parts.Count ? Bias.CompareTo(other.Bias)
            : Parts.Count < other.Parts.Count ? Bias
            : -other.Bias;
    }
}

/// <summary>The range of a table or index that a read goes through, both ends included.</summary>
internal sealed record KeyRange(Position? Low, Position? High);

/// <summary>The items of one table and of its indexes, in order. Not thread-safe: its owner holds the lock.</summary>
internal sealed class Table(TableSchema schema)
{
    private readonly SortedSet<Row> rows = [];
    private readonly Dictionary<string, SortedSet<Row>> indexRows = schema.Indexes.Keys.ToDictionary(
        name => name,
        _ => new SortedSet<Row>()
    );
    private long earliestExpiry = long.MaxValue;

    public TableSchema Schema => schema;

    public int Count => rows.Count;

    public IEnumerable<MapValue> Items => rows.Select(r => r.Item);

    /// <summary>
    /// Every attribute that orders the rows of an index: its key, then the table's key, which makes rows unique. If
    /// <paramref name="index"/> is null, the attributes that order the table.
    /// </summary>
    public IReadOnlyList<KeyAttribute> Order(string? index) =>
        index is null
            ? schema.Key.Attributes
            : [.. schema.Indexes[index].Attributes.Concat(schema.Key.Attributes).Distinct()];

    public MapValue? Get(MapValue key) =>
        rows.TryGetValue(new Row(PositionOf(key, null), key), out var row) ? row.Item : null;

    /// <summary>Puts <paramref name="item"/>; if it is null, removes what is there.</summary>
    public void Replace(MapValue? old, MapValue? item)
    {
        Move(rows, null);
        foreach (var (index, entries) in indexRows)
        {
            Move(entries, index);
        }

        if (item is not null)
        {
            earliestExpiry = Math.Min(earliestExpiry, ExpiryOf(item));
        }

        void Move(SortedSet<Row> entries, string? index)
        {
            if (old is not null && IsIn(index, old))
            {
                entries.Remove(new Row(PositionOf(old, index), old));
            }

            if (item is not null && IsIn(index, item))
            {
                entries.Add(new Row(PositionOf(item, index), item));
            }
        }
    }

    /// <summary>The items in the range, ascending or descending. Does not read items outside it.</summary>
    public IEnumerable<MapValue> Read(string? index, KeyRange range, bool ascending)
    {
        var entries = index is null ? rows : indexRows[index];
        if (entries.Count == 0)
        {
            return [];
        }

        var low = range.Low is null ? entries.Min! : new Row(range.Low, MapValue.Empty);
        var high = range.High is null ? entries.Max! : new Row(range.High, MapValue.Empty);
        if (low.CompareTo(high) > 0)
        {
            return [];
        }

        var view = entries.GetViewBetween(low, high);
        return (ascending ? view : view.Reverse()).Select(r => r.Item);
    }

    /// <summary>
    /// Deletes the items that have expired at <paramref name="now"/> (Unix seconds). Returns how many there were.
    /// </summary>
    public int DeleteExpired(long now)
    {
        if (now <= earliestExpiry)
        {
            return 0;
        }

        var expired = Items.Where(item => ExpiryOf(item) < now).ToArray();
        foreach (var item in expired)
        {
            Replace(item, null);
        }

        earliestExpiry = Items.Select(ExpiryOf).DefaultIfEmpty(long.MaxValue).Min();
        return expired.Length;
    }

    public Position PositionOf(MapValue item, string? index, int bias = 0) => Position.Of(item, Order(index), bias);

    private long ExpiryOf(MapValue item) =>
        schema.TimeToLive is { } attribute
        && item.Get(attribute) is NumberValue { Number: var time }
        && long.TryParse(time.ToString(), CultureInfo.InvariantCulture, out var seconds)
            ? seconds
            : long.MaxValue;

    private bool IsIn(string? index, MapValue item) =>
        index is null || schema.Indexes[index].Attributes.All(a => item.Members.ContainsKey(a.Name));

    private sealed record Row(Position Position, MapValue Item) : IComparable<Row>
    {
        public int CompareTo(Row? other) => Position.CompareTo(other?.Position);
    }
}
