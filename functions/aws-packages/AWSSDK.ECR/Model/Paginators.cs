using Amazon.Runtime;
using EcrGuard.Bundled.Plumbing;

namespace Amazon.ECR.Model;

public interface IDescribeImagesPaginator
{
    IPaginatedEnumerable<DescribeImagesResponse> Responses { get; }
    IPaginatedEnumerable<ImageDetail> ImageDetails { get; }
}

public interface IDescribeImageScanFindingsPaginator
{
    IPaginatedEnumerable<DescribeImageScanFindingsResponse> Responses { get; }
    IPaginatedEnumerable<ImageScanFinding> Findings { get; }
    IPaginatedEnumerable<EnhancedImageScanFinding> EnhancedFindings { get; }
}

public interface IDescribeRepositoriesPaginator
{
    IPaginatedEnumerable<DescribeRepositoriesResponse> Responses { get; }
    IPaginatedEnumerable<Repository> Repositories { get; }
}

public interface IGetLifecyclePolicyPreviewPaginator
{
    IPaginatedEnumerable<GetLifecyclePolicyPreviewResponse> Responses { get; }
    IPaginatedEnumerable<LifecyclePolicyPreviewResult> PreviewResults { get; }
}

public interface IListImagesPaginator
{
    IPaginatedEnumerable<ListImagesResponse> Responses { get; }
    IPaginatedEnumerable<ImageIdentifier> ImageIds { get; }
}

public interface IECRPaginatorFactory
{
    IDescribeImagesPaginator DescribeImages(DescribeImagesRequest request);
    IDescribeImageScanFindingsPaginator DescribeImageScanFindings(DescribeImageScanFindingsRequest request);
    IDescribeRepositoriesPaginator DescribeRepositories(DescribeRepositoriesRequest request);
    IGetLifecyclePolicyPreviewPaginator GetLifecyclePolicyPreview(GetLifecyclePolicyPreviewRequest request);
    IListImagesPaginator ListImages(ListImagesRequest request);
}

/// <summary>Each paginator can be walked once.</summary>
public class ECRPaginatorFactory : IECRPaginatorFactory
{
    private readonly IAmazonECR _client;

    internal ECRPaginatorFactory(IAmazonECR client) => _client = client;

    public IDescribeImagesPaginator DescribeImages(DescribeImagesRequest request) =>
        new DescribeImagesPaginator(_client, request);

    public IDescribeImageScanFindingsPaginator DescribeImageScanFindings(DescribeImageScanFindingsRequest request) =>
        new DescribeImageScanFindingsPaginator(_client, request);

    public IDescribeRepositoriesPaginator DescribeRepositories(DescribeRepositoriesRequest request) =>
        new DescribeRepositoriesPaginator(_client, request);

    public IGetLifecyclePolicyPreviewPaginator GetLifecyclePolicyPreview(GetLifecyclePolicyPreviewRequest request) =>
        new GetLifecyclePolicyPreviewPaginator(_client, request);

    public IListImagesPaginator ListImages(ListImagesRequest request) => new ListImagesPaginator(_client, request);
}

internal sealed class DescribeImagesPaginator(IAmazonECR client, DescribeImagesRequest request)
    : IDescribeImagesPaginator
{
    private readonly Pages<DescribeImagesRequest, DescribeImagesResponse> _pages = new(
        request,
        client.DescribeImagesAsync,
        static (request, token) => request.NextToken = token,
        static response => response.NextToken,
        request.NextToken
    );

    public IPaginatedEnumerable<DescribeImagesResponse> Responses => _pages.Responses;
    public IPaginatedEnumerable<ImageDetail> ImageDetails => _pages.Items(static response => response.ImageDetails);
}

internal sealed class DescribeImageScanFindingsPaginator(IAmazonECR client, DescribeImageScanFindingsRequest request)
    : IDescribeImageScanFindingsPaginator
{
    private readonly Pages<DescribeImageScanFindingsRequest, DescribeImageScanFindingsResponse> _pages = new(
        request,
        client.DescribeImageScanFindingsAsync,
        static (request, token) => request.NextToken = token,
        static response => response.NextToken,
        request.NextToken
    );

    public IPaginatedEnumerable<DescribeImageScanFindingsResponse> Responses => _pages.Responses;
    public IPaginatedEnumerable<ImageScanFinding> Findings =>
        _pages.Items(static response => response.ImageScanFindings?.Findings);
    public IPaginatedEnumerable<EnhancedImageScanFinding> EnhancedFindings =>
        _pages.Items(static response => response.ImageScanFindings?.EnhancedFindings);
}

internal sealed class DescribeRepositoriesPaginator(IAmazonECR client, DescribeRepositoriesRequest request)
    : IDescribeRepositoriesPaginator
{
    private readonly Pages<DescribeRepositoriesRequest, DescribeRepositoriesResponse> _pages = new(
        request,
        client.DescribeRepositoriesAsync,
        static (request, token) => request.NextToken = token,
        static response => response.NextToken,
        request.NextToken
    );

    public IPaginatedEnumerable<DescribeRepositoriesResponse> Responses => _pages.Responses;
    public IPaginatedEnumerable<Repository> Repositories => _pages.Items(static response => response.Repositories);
}

internal sealed class GetLifecyclePolicyPreviewPaginator(IAmazonECR client, GetLifecyclePolicyPreviewRequest request)
    : IGetLifecyclePolicyPreviewPaginator
{
    private readonly Pages<GetLifecyclePolicyPreviewRequest, GetLifecyclePolicyPreviewResponse> _pages = new(
        request,
        client.GetLifecyclePolicyPreviewAsync,
        static (request, token) => request.NextToken = token,
        static response => response.NextToken,
        request.NextToken
    );

    public IPaginatedEnumerable<GetLifecyclePolicyPreviewResponse> Responses => _pages.Responses;
    public IPaginatedEnumerable<LifecyclePolicyPreviewResult> PreviewResults =>
        _pages.Items(static response => response.PreviewResults);
}

internal sealed class ListImagesPaginator(IAmazonECR client, ListImagesRequest request) : IListImagesPaginator
{
    private readonly Pages<ListImagesRequest, ListImagesResponse> _pages = new(
        request,
        client.ListImagesAsync,
        static (request, token) => request.NextToken = token,
        static response => response.NextToken,
        request.NextToken
    );

    public IPaginatedEnumerable<ListImagesResponse> Responses => _pages.Responses;
    public IPaginatedEnumerable<ImageIdentifier> ImageIds => _pages.Items(static response => response.ImageIds);
}
