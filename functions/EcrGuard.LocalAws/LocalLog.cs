using System.Collections;

namespace EcrGuard.LocalAws;

/// <summary>A request that was answered or cut off.</summary>
/// <param name="Service">The signing name: <c>ecr</c>, <c>ecs</c>, <c>events</c> and so on.</param>
/// <param name="Operation">The AWS name of the operation.</param>
/// <param name="Resource">The repository, topic, table, bucket and key, cluster, task definition, function, rule or the
///     like; null if the operation has none.</param>
/// <param name="StatusCode">The HTTP status sent; 0 if the connection was closed instead.</param>
/// <param name="When">Arrival, by the server's clock.</param>
public sealed record LoggedRequest(
    string Service,
    string Operation,
    string? Resource,
    int StatusCode,
    DateTimeOffset When
)
{
    /// <summary>The application that the caller's user agent names (<c>app/…</c>); null for none.</summary>
    public string? Application { get; init; }

    /// <summary>The id of the key that signed it; null for a request that nobody signed.</summary>
    public string? AccessKey { get; init; }
}

/// <summary>
/// Things that happened, in order. Many threads can add at once. An enumeration sees what was there when it began.
/// </summary>
public sealed class LocalLog<T> : IEnumerable<T>
{
    private readonly Lock gate = new();
    private readonly List<T> entries = [];

    public int Count
    {
        get
        {
            lock (gate)
            {
                return entries.Count;
            }
        }
    }

    /// <summary>Returns everything so far and clears the log.</summary>
    public IReadOnlyList<T> Take()
    {
        lock (gate)
        {
            var taken = entries.ToArray();
            entries.Clear();
            return taken;
        }
    }

    public IEnumerator<T> GetEnumerator()
    {
        lock (gate)
        {
            return entries.ToList().GetEnumerator();
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    internal void Add(T entry)
    {
        lock (gate)
        {
            entries.Add(entry);
        }
    }
}
