namespace EcrGuard.LocalAws.Inspector;

// The requests of Inspector (API version 2020-06-08) that are known here. Filters are those on strings; any other is an unexpected request.

internal sealed record StringFilter
{
    public required string Comparison { get; init; }

    public required string Value { get; init; }
}

internal sealed record ListRequest
{
    public int? MaxResults { get; init; }

    public string? NextToken { get; init; }

    public IReadOnlyDictionary<string, IReadOnlyList<StringFilter>>? FilterCriteria { get; init; }
}
