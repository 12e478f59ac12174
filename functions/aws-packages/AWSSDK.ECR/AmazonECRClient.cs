using Amazon.ECR.Marshalling;
using Amazon.ECR.Model;
using Amazon.Runtime;
using Amazon.Runtime.Endpoints;
using Amazon.Runtime.Internal;
using EcrGuard.Bundled.Plumbing;

namespace Amazon.ECR;

/// <summary>
/// Credentials, region, retries, time-outs and errors are AWSSDK.Core's, as in the published package.
/// </summary>
public class AmazonECRClient : AmazonServiceClient, IAmazonECR
{
    public AmazonECRClient()
        : base(new AmazonECRConfig()) { }

    public AmazonECRClient(RegionEndpoint region)
        : base(new AmazonECRConfig { RegionEndpoint = region }) { }

    public AmazonECRClient(AmazonECRConfig config)
        : base(config) { }

    public AmazonECRClient(AWSCredentials credentials)
        : this(credentials, new AmazonECRConfig()) { }

    public AmazonECRClient(AWSCredentials credentials, RegionEndpoint region)
        : this(credentials, new AmazonECRConfig { RegionEndpoint = region }) { }

    public AmazonECRClient(AWSCredentials credentials, AmazonECRConfig clientConfig)
        : base(credentials, clientConfig) { }

    public AmazonECRClient(string awsAccessKeyId, string awsSecretAccessKey)
        : this(awsAccessKeyId, awsSecretAccessKey, new AmazonECRConfig()) { }

    public AmazonECRClient(string awsAccessKeyId, string awsSecretAccessKey, RegionEndpoint region)
        : this(awsAccessKeyId, awsSecretAccessKey, new AmazonECRConfig { RegionEndpoint = region }) { }

    public AmazonECRClient(string awsAccessKeyId, string awsSecretAccessKey, AmazonECRConfig clientConfig)
        : base(awsAccessKeyId, awsSecretAccessKey, clientConfig) { }

    public AmazonECRClient(string awsAccessKeyId, string awsSecretAccessKey, string awsSessionToken)
        : this(awsAccessKeyId, awsSecretAccessKey, awsSessionToken, new AmazonECRConfig()) { }

    public AmazonECRClient(
        string awsAccessKeyId,
        string awsSecretAccessKey,
        string awsSessionToken,
        RegionEndpoint region
    )
        : this(awsAccessKeyId, awsSecretAccessKey, awsSessionToken, new AmazonECRConfig { RegionEndpoint = region }) { }

    public AmazonECRClient(
        string awsAccessKeyId,
        string awsSecretAccessKey,
        string awsSessionToken,
        AmazonECRConfig clientConfig
    )
        : base(awsAccessKeyId, awsSecretAccessKey, awsSessionToken, clientConfig) { }

    public IECRPaginatorFactory Paginators => field ??= new ECRPaginatorFactory(this);

    public virtual Task<DescribeRepositoriesResponse> DescribeRepositoriesAsync(
        DescribeRepositoriesRequest request,
        CancellationToken cancellationToken = default
    ) => InvokeAsync<DescribeRepositoriesResponse>(request, EcrOperations.DescribeRepositories, cancellationToken);

    public virtual Task<CreateRepositoryResponse> CreateRepositoryAsync(
        CreateRepositoryRequest request,
        CancellationToken cancellationToken = default
    ) => InvokeAsync<CreateRepositoryResponse>(request, EcrOperations.CreateRepository, cancellationToken);

    public virtual Task<PutImageTagMutabilityResponse> PutImageTagMutabilityAsync(
        PutImageTagMutabilityRequest request,
        CancellationToken cancellationToken = default
    ) => InvokeAsync<PutImageTagMutabilityResponse>(request, EcrOperations.PutImageTagMutability, cancellationToken);

    public virtual Task<PutImageScanningConfigurationResponse> PutImageScanningConfigurationAsync(
        PutImageScanningConfigurationRequest request,
        CancellationToken cancellationToken = default
    ) =>
        InvokeAsync<PutImageScanningConfigurationResponse>(
            request,
            EcrOperations.PutImageScanningConfiguration,
            cancellationToken
        );

    public virtual Task<ListTagsForResourceResponse> ListTagsForResourceAsync(
        ListTagsForResourceRequest request,
        CancellationToken cancellationToken = default
    ) => InvokeAsync<ListTagsForResourceResponse>(request, EcrOperations.ListTagsForResource, cancellationToken);

    public virtual Task<TagResourceResponse> TagResourceAsync(
        TagResourceRequest request,
        CancellationToken cancellationToken = default
    ) => InvokeAsync<TagResourceResponse>(request, EcrOperations.TagResource, cancellationToken);

    public virtual Task<UntagResourceResponse> UntagResourceAsync(
        UntagResourceRequest request,
        CancellationToken cancellationToken = default
    ) => InvokeAsync<UntagResourceResponse>(request, EcrOperations.UntagResource, cancellationToken);

    public virtual Task<DescribeImagesResponse> DescribeImagesAsync(
        DescribeImagesRequest request,
        CancellationToken cancellationToken = default
    ) => InvokeAsync<DescribeImagesResponse>(request, EcrOperations.DescribeImages, cancellationToken);

    public virtual Task<ListImagesResponse> ListImagesAsync(
        ListImagesRequest request,
        CancellationToken cancellationToken = default
    ) => InvokeAsync<ListImagesResponse>(request, EcrOperations.ListImages, cancellationToken);

    public virtual Task<BatchGetImageResponse> BatchGetImageAsync(
        BatchGetImageRequest request,
        CancellationToken cancellationToken = default
    ) => InvokeAsync<BatchGetImageResponse>(request, EcrOperations.BatchGetImage, cancellationToken);

    public virtual Task<BatchCheckLayerAvailabilityResponse> BatchCheckLayerAvailabilityAsync(
        BatchCheckLayerAvailabilityRequest request,
        CancellationToken cancellationToken = default
    ) =>
        InvokeAsync<BatchCheckLayerAvailabilityResponse>(
            request,
            EcrOperations.BatchCheckLayerAvailability,
            cancellationToken
        );

    public virtual Task<InitiateLayerUploadResponse> InitiateLayerUploadAsync(
        InitiateLayerUploadRequest request,
        CancellationToken cancellationToken = default
    ) => InvokeAsync<InitiateLayerUploadResponse>(request, EcrOperations.InitiateLayerUpload, cancellationToken);

    public virtual Task<UploadLayerPartResponse> UploadLayerPartAsync(
        UploadLayerPartRequest request,
        CancellationToken cancellationToken = default
    ) => InvokeAsync<UploadLayerPartResponse>(request, EcrOperations.UploadLayerPart, cancellationToken);

    public virtual Task<CompleteLayerUploadResponse> CompleteLayerUploadAsync(
        CompleteLayerUploadRequest request,
        CancellationToken cancellationToken = default
    ) => InvokeAsync<CompleteLayerUploadResponse>(request, EcrOperations.CompleteLayerUpload, cancellationToken);

    public virtual Task<PutImageResponse> PutImageAsync(
        PutImageRequest request,
        CancellationToken cancellationToken = default
    ) => InvokeAsync<PutImageResponse>(request, EcrOperations.PutImage, cancellationToken);

    public virtual Task<BatchDeleteImageResponse> BatchDeleteImageAsync(
        BatchDeleteImageRequest request,
        CancellationToken cancellationToken = default
    ) => InvokeAsync<BatchDeleteImageResponse>(request, EcrOperations.BatchDeleteImage, cancellationToken);

    public virtual Task<UpdateImageStorageClassResponse> UpdateImageStorageClassAsync(
        UpdateImageStorageClassRequest request,
        CancellationToken cancellationToken = default
    ) =>
        InvokeAsync<UpdateImageStorageClassResponse>(request, EcrOperations.UpdateImageStorageClass, cancellationToken);

    public virtual Task<ListImageReferrersResponse> ListImageReferrersAsync(
        ListImageReferrersRequest request,
        CancellationToken cancellationToken = default
    ) => InvokeAsync<ListImageReferrersResponse>(request, EcrOperations.ListImageReferrers, cancellationToken);

    public virtual Task<GetLifecyclePolicyResponse> GetLifecyclePolicyAsync(
        GetLifecyclePolicyRequest request,
        CancellationToken cancellationToken = default
    ) => InvokeAsync<GetLifecyclePolicyResponse>(request, EcrOperations.GetLifecyclePolicy, cancellationToken);

    public virtual Task<PutLifecyclePolicyResponse> PutLifecyclePolicyAsync(
        PutLifecyclePolicyRequest request,
        CancellationToken cancellationToken = default
    ) => InvokeAsync<PutLifecyclePolicyResponse>(request, EcrOperations.PutLifecyclePolicy, cancellationToken);

    public virtual Task<DeleteLifecyclePolicyResponse> DeleteLifecyclePolicyAsync(
        DeleteLifecyclePolicyRequest request,
        CancellationToken cancellationToken = default
    ) => InvokeAsync<DeleteLifecyclePolicyResponse>(request, EcrOperations.DeleteLifecyclePolicy, cancellationToken);

    public virtual Task<StartLifecyclePolicyPreviewResponse> StartLifecyclePolicyPreviewAsync(
        StartLifecyclePolicyPreviewRequest request,
        CancellationToken cancellationToken = default
    ) =>
        InvokeAsync<StartLifecyclePolicyPreviewResponse>(
            request,
            EcrOperations.StartLifecyclePolicyPreview,
            cancellationToken
        );

    public virtual Task<GetLifecyclePolicyPreviewResponse> GetLifecyclePolicyPreviewAsync(
        GetLifecyclePolicyPreviewRequest request,
        CancellationToken cancellationToken = default
    ) =>
        InvokeAsync<GetLifecyclePolicyPreviewResponse>(
            request,
            EcrOperations.GetLifecyclePolicyPreview,
            cancellationToken
        );

    public virtual Task<StartImageScanResponse> StartImageScanAsync(
        StartImageScanRequest request,
        CancellationToken cancellationToken = default
    ) => InvokeAsync<StartImageScanResponse>(request, EcrOperations.StartImageScan, cancellationToken);

    public virtual Task<DescribeImageScanFindingsResponse> DescribeImageScanFindingsAsync(
        DescribeImageScanFindingsRequest request,
        CancellationToken cancellationToken = default
    ) =>
        InvokeAsync<DescribeImageScanFindingsResponse>(
            request,
            EcrOperations.DescribeImageScanFindings,
            cancellationToken
        );

    public virtual Task<GetRegistryScanningConfigurationResponse> GetRegistryScanningConfigurationAsync(
        GetRegistryScanningConfigurationRequest request,
        CancellationToken cancellationToken = default
    ) =>
        InvokeAsync<GetRegistryScanningConfigurationResponse>(
            request,
            EcrOperations.GetRegistryScanningConfiguration,
            cancellationToken
        );

    public virtual Task<DescribeRegistryResponse> DescribeRegistryAsync(
        DescribeRegistryRequest request,
        CancellationToken cancellationToken = default
    ) => InvokeAsync<DescribeRegistryResponse>(request, EcrOperations.DescribeRegistry, cancellationToken);

    public virtual Task<BatchGetRepositoryScanningConfigurationResponse> BatchGetRepositoryScanningConfigurationAsync(
        BatchGetRepositoryScanningConfigurationRequest request,
        CancellationToken cancellationToken = default
    ) =>
        InvokeAsync<BatchGetRepositoryScanningConfigurationResponse>(
            request,
            EcrOperations.BatchGetRepositoryScanningConfiguration,
            cancellationToken
        );

    public Endpoint DetermineServiceOperationEndpoint(AmazonWebServiceRequest request) =>
        Config.DetermineServiceOperationEndpoint(new ServiceOperationEndpointParameters(request));

    protected override IServiceMetadata ServiceMetadata { get; } = new ServiceMetadata(AmazonECRConfig.ServiceId);

    protected override void CustomizeRuntimePipeline(RuntimePipeline pipeline) =>
        pipeline.UseRegionalEndpointsAndSigV4();
}
