namespace EcrGuard.LocalAws.Inspector;

// The requests of Inspector (API version 2020-06-08) that are known here. Only these filters are known: those on
// strings, and the ones on numbers and times that are declared here. Any other is an unexpected request.

internal sealed record Filter
{
    public string? Comparison { get; init; }

    public string? Value { get; init; }

    public long? LowerInclusive { get; init; }

    public long? UpperInclusive { get; init; }

    /// <summary>Seconds of the Unix epoch.</summary>
    public double? StartInclusive { get; init; }

    public double? EndInclusive { get; init; }
}

internal sealed record ListRequest
{
    public int? MaxResults { get; init; }

    public string? NextToken { get; init; }

    public IReadOnlyDictionary<string, IReadOnlyList<Filter>>? FilterCriteria { get; init; }
}
