using Amazon.Runtime;
using EcrGuard.Bundled.Plumbing;

namespace Amazon.Inspector2.Model;

public interface IListCoveragePaginator
{
    IPaginatedEnumerable<ListCoverageResponse> Responses { get; }
    IPaginatedEnumerable<CoveredResource> CoveredResources { get; }
}

public interface IListFindingsPaginator
{
    IPaginatedEnumerable<ListFindingsResponse> Responses { get; }
    IPaginatedEnumerable<Finding> Findings { get; }
}

public interface IInspector2PaginatorFactory
{
    IListCoveragePaginator ListCoverage(ListCoverageRequest request);
    IListFindingsPaginator ListFindings(ListFindingsRequest request);
}

/// <summary>Each paginator can be walked once.</summary>
public class Inspector2PaginatorFactory : IInspector2PaginatorFactory
{
    private readonly IAmazonInspector2 _client;

    internal Inspector2PaginatorFactory(IAmazonInspector2 client) => _client = client;

    public IListCoveragePaginator ListCoverage(ListCoverageRequest request) =>
        new ListCoveragePaginator(_client, request);

    public IListFindingsPaginator ListFindings(ListFindingsRequest request) =>
        new ListFindingsPaginator(_client, request);
}

internal sealed class ListCoveragePaginator(IAmazonInspector2 client, ListCoverageRequest request)
    : IListCoveragePaginator
{
    private readonly Pages<ListCoverageRequest, ListCoverageResponse> _pages = new(
        request,
        client.ListCoverageAsync,
        static (request, token) => request.NextToken = token,
        static response => response.NextToken,
        request.NextToken
    );

    public IPaginatedEnumerable<ListCoverageResponse> Responses => _pages.Responses;
    public IPaginatedEnumerable<CoveredResource> CoveredResources =>
        _pages.Items(static response => response.CoveredResources);
}

internal sealed class ListFindingsPaginator(IAmazonInspector2 client, ListFindingsRequest request)
    : IListFindingsPaginator
{
    private readonly Pages<ListFindingsRequest, ListFindingsResponse> _pages = new(
        request,
        client.ListFindingsAsync,
        static (request, token) => request.NextToken = token,
        static response => response.NextToken,
        request.NextToken
    );

    public IPaginatedEnumerable<ListFindingsResponse> Responses => _pages.Responses;
    public IPaginatedEnumerable<Finding> Findings => _pages.Items(static response => response.Findings);
}
