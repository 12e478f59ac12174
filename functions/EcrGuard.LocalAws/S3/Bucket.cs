namespace EcrGuard.LocalAws.S3;

/// <summary>An object as it was put.</summary>
/// <param name="Content">Its bytes.</param>
/// <param name="ContentType">As given; <c>binary/octet-stream</c> if none was given.</param>
/// <param name="ContentEncoding">Without <c>aws-chunked</c>, which belongs to the transfer; null if none was
///     given.</param>
/// <param name="Metadata">The <c>x-amz-meta-</c> headers, by the rest of the name in lower case.</param>
/// <param name="LastModified">UTC, whole seconds.</param>
public sealed record S3Object(
    ReadOnlyMemory<byte> Content,
    string ContentType,
    string? ContentEncoding,
    IReadOnlyDictionary<string, string> Metadata,
    DateTimeOffset LastModified
)
{
    /// <summary>
    /// Headers that S3 keeps and returns unchanged: Cache-Control, Content-Disposition, Content-Language.
    /// </summary>
    internal IReadOnlyDictionary<string, string> Kept { get; init; } = new Dictionary<string, string>();

    internal Checksum? Checksum { get; init; }

    /// <summary>In quotes, as on the wire.</summary>
    internal string ETag { get; } = $"\"{Convert.ToHexStringLower(Payload.Md5(Content.ToArray()))}\"";
}

/// <summary>
/// The objects of one bucket, by key in the order of UTF-8 bytes. Not thread-safe: its owner holds the lock.
/// </summary>
internal sealed class Bucket
{
    private readonly SortedSet<Entry> entries = [];

    public IEnumerable<string> Keys => entries.Select(e => e.Key);

    public S3Object? this[string key]
    {
        get => entries.TryGetValue(new Entry(key, null), out var entry) ? entry.Object : null;
        set
        {
            entries.Remove(new Entry(key, null));
            if (value is not null)
            {
                entries.Add(new Entry(key, value));
            }
        }
    }

    /// <summary>
    /// The keys from <paramref name="start"/> on, in order. <paramref name="start"/> itself is included.
    /// </summary>
    public IEnumerable<(string Key, S3Object Object)> From(string start)
    {
        var low = new Entry(start, null);
        return entries.Max is not { } high || low.CompareTo(high) > 0
            ? []
            : entries.GetViewBetween(low, high).Select(e => (e.Key, e.Object!));
    }

    private sealed record Entry(string Key, S3Object? Object) : IComparable<Entry>
    {
        public int CompareTo(Entry? other) => other is null ? 1 : Utf8Order.Compare(Key, other.Key);
    }
}
