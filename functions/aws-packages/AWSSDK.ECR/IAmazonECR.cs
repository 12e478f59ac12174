using Amazon.ECR.Model;
using Amazon.Runtime;
using Amazon.Runtime.Endpoints;

namespace Amazon.ECR;

/// <summary>The operations of the published AWSSDK.ECR that EcrGuard calls, with the published signatures.</summary>
public interface IAmazonECR : IAmazonService, IDisposable
{
    IECRPaginatorFactory Paginators { get; }

    Task<DescribeRepositoriesResponse> DescribeRepositoriesAsync(
        DescribeRepositoriesRequest request,
        CancellationToken cancellationToken = default
    );
    Task<CreateRepositoryResponse> CreateRepositoryAsync(
        CreateRepositoryRequest request,
        CancellationToken cancellationToken = default
    );
    Task<PutImageTagMutabilityResponse> PutImageTagMutabilityAsync(
        PutImageTagMutabilityRequest request,
        CancellationToken cancellationToken = default
    );
    Task<PutImageScanningConfigurationResponse> PutImageScanningConfigurationAsync(
        PutImageScanningConfigurationRequest request,
        CancellationToken cancellationToken = default
    );
    Task<ListTagsForResourceResponse> ListTagsForResourceAsync(
        ListTagsForResourceRequest request,
        CancellationToken cancellationToken = default
    );
    Task<TagResourceResponse> TagResourceAsync(
        TagResourceRequest request,
        CancellationToken cancellationToken = default
    );
    Task<UntagResourceResponse> UntagResourceAsync(
        UntagResourceRequest request,
        CancellationToken cancellationToken = default
    );
    Task<DescribeImagesResponse> DescribeImagesAsync(
        DescribeImagesRequest request,
        CancellationToken cancellationToken = default
    );
    Task<ListImagesResponse> ListImagesAsync(ListImagesRequest request, CancellationToken cancellationToken = default);
    Task<BatchGetImageResponse> BatchGetImageAsync(
        BatchGetImageRequest request,
        CancellationToken cancellationToken = default
    );
    Task<BatchCheckLayerAvailabilityResponse> BatchCheckLayerAvailabilityAsync(
        BatchCheckLayerAvailabilityRequest request,
        CancellationToken cancellationToken = default
    );
    Task<InitiateLayerUploadResponse> InitiateLayerUploadAsync(
        InitiateLayerUploadRequest request,
        CancellationToken cancellationToken = default
    );
    Task<UploadLayerPartResponse> UploadLayerPartAsync(
        UploadLayerPartRequest request,
        CancellationToken cancellationToken = default
    );
    Task<CompleteLayerUploadResponse> CompleteLayerUploadAsync(
        CompleteLayerUploadRequest request,
        CancellationToken cancellationToken = default
    );
    Task<PutImageResponse> PutImageAsync(PutImageRequest request, CancellationToken cancellationToken = default);
    Task<BatchDeleteImageResponse> BatchDeleteImageAsync(
        BatchDeleteImageRequest request,
        CancellationToken cancellationToken = default
    );
    Task<UpdateImageStorageClassResponse> UpdateImageStorageClassAsync(
        UpdateImageStorageClassRequest request,
        CancellationToken cancellationToken = default
    );
    Task<ListImageReferrersResponse> ListImageReferrersAsync(
        ListImageReferrersRequest request,
        CancellationToken cancellationToken = default
    );
    Task<GetLifecyclePolicyResponse> GetLifecyclePolicyAsync(
        GetLifecyclePolicyRequest request,
        CancellationToken cancellationToken = default
    );
    Task<PutLifecyclePolicyResponse> PutLifecyclePolicyAsync(
        PutLifecyclePolicyRequest request,
        CancellationToken cancellationToken = default
    );
    Task<DeleteLifecyclePolicyResponse> DeleteLifecyclePolicyAsync(
        DeleteLifecyclePolicyRequest request,
        CancellationToken cancellationToken = default
    );
    Task<StartLifecyclePolicyPreviewResponse> StartLifecyclePolicyPreviewAsync(
        StartLifecyclePolicyPreviewRequest request,
        CancellationToken cancellationToken = default
    );
    Task<GetLifecyclePolicyPreviewResponse> GetLifecyclePolicyPreviewAsync(
        GetLifecyclePolicyPreviewRequest request,
        CancellationToken cancellationToken = default
    );
    Task<StartImageScanResponse> StartImageScanAsync(
        StartImageScanRequest request,
        CancellationToken cancellationToken = default
    );
    Task<DescribeImageScanFindingsResponse> DescribeImageScanFindingsAsync(
        DescribeImageScanFindingsRequest request,
        CancellationToken cancellationToken = default
    );
    Task<GetRegistryScanningConfigurationResponse> GetRegistryScanningConfigurationAsync(
        GetRegistryScanningConfigurationRequest request,
        CancellationToken cancellationToken = default
    );
    Task<DescribeRegistryResponse> DescribeRegistryAsync(
        DescribeRegistryRequest request,
        CancellationToken cancellationToken = default
    );
    Task<BatchGetRepositoryScanningConfigurationResponse> BatchGetRepositoryScanningConfigurationAsync(
        BatchGetRepositoryScanningConfigurationRequest request,
        CancellationToken cancellationToken = default
    );
    Endpoint DetermineServiceOperationEndpoint(AmazonWebServiceRequest request);

    static ClientConfig IAmazonService.CreateDefaultClientConfig() => new AmazonECRConfig();

    static IAmazonService IAmazonService.CreateDefaultServiceClient(
        AWSCredentials awsCredentials,
        ClientConfig clientConfig
    ) => new AmazonECRClient(awsCredentials, (AmazonECRConfig)clientConfig);
}
