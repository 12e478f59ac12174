using System.Text.Json;
using Amazon.ECR.Model;
using Amazon.Runtime;
using Amazon.Runtime.Internal;
using EcrGuard.Bundled.Plumbing;
using static Amazon.ECR.Marshalling.EcrRequests;
using static Amazon.ECR.Marshalling.EcrResponses;

namespace Amazon.ECR.Marshalling;

internal static class EcrOperations
{
    private static readonly ServiceModel Ecr = new(
        "Amazon.ECR",
        "2015-09-21",
        Typed,
        e => new AmazonECRException(e.Message, e.Inner, e.Type, e.Code, e.RequestId, e.Status)
    );

    internal static readonly InvokeOptions DescribeRepositories = Operation<
        DescribeRepositoriesRequest,
        DescribeRepositoriesResponse
    >("DescribeRepositories", Write, ReadDescribeRepositoriesResponse, "RepositoryNotFoundException");

    internal static readonly InvokeOptions CreateRepository = Operation<
        CreateRepositoryRequest,
        CreateRepositoryResponse
    >(
        "CreateRepository",
        Write,
        ReadCreateRepositoryResponse,
        "InvalidTagParameterException",
        "TooManyTagsException",
        "RepositoryAlreadyExistsException",
        "LimitExceededException",
        "KmsException"
    );

    internal static readonly InvokeOptions PutImageTagMutability = Operation<
        PutImageTagMutabilityRequest,
        PutImageTagMutabilityResponse
    >("PutImageTagMutability", Write, ReadPutImageTagMutabilityResponse, "RepositoryNotFoundException");

    internal static readonly InvokeOptions PutImageScanningConfiguration = Operation<
        PutImageScanningConfigurationRequest,
        PutImageScanningConfigurationResponse
    >(
        "PutImageScanningConfiguration",
        Write,
        ReadPutImageScanningConfigurationResponse,
        "RepositoryNotFoundException",
        "ValidationException"
    );

    internal static readonly InvokeOptions ListTagsForResource = Operation<
        ListTagsForResourceRequest,
        ListTagsForResourceResponse
    >("ListTagsForResource", Write, ReadListTagsForResourceResponse, "RepositoryNotFoundException");

    internal static readonly InvokeOptions TagResource = Operation<TagResourceRequest, TagResourceResponse>(
        "TagResource",
        Write,
        ReadTagResourceResponse,
        "InvalidTagParameterException",
        "TooManyTagsException",
        "RepositoryNotFoundException"
    );

    internal static readonly InvokeOptions UntagResource = Operation<UntagResourceRequest, UntagResourceResponse>(
        "UntagResource",
        Write,
        ReadUntagResourceResponse,
        "InvalidTagParameterException",
        "TooManyTagsException",
        "RepositoryNotFoundException"
    );

    internal static readonly InvokeOptions DescribeImages = Operation<DescribeImagesRequest, DescribeImagesResponse>(
        "DescribeImages",
        Write,
        ReadDescribeImagesResponse,
        "RepositoryNotFoundException",
        "ImageNotFoundException"
    );

    internal static readonly InvokeOptions ListImages = Operation<ListImagesRequest, ListImagesResponse>(
        "ListImages",
        Write,
        ReadListImagesResponse,
        "RepositoryNotFoundException"
    );

    internal static readonly InvokeOptions BatchGetImage = Operation<BatchGetImageRequest, BatchGetImageResponse>(
        "BatchGetImage",
        Write,
        ReadBatchGetImageResponse,
        "RepositoryNotFoundException",
        "LimitExceededException",
        "UnableToGetUpstreamImageException"
    );

    internal static readonly InvokeOptions BatchCheckLayerAvailability = Operation<
        BatchCheckLayerAvailabilityRequest,
        BatchCheckLayerAvailabilityResponse
    >("BatchCheckLayerAvailability", Write, ReadBatchCheckLayerAvailabilityResponse, "RepositoryNotFoundException");

    internal static readonly InvokeOptions InitiateLayerUpload = Operation<
        InitiateLayerUploadRequest,
        InitiateLayerUploadResponse
    >("InitiateLayerUpload", Write, ReadInitiateLayerUploadResponse, "RepositoryNotFoundException", "KmsException");

    internal static readonly InvokeOptions UploadLayerPart = Operation<UploadLayerPartRequest, UploadLayerPartResponse>(
        "UploadLayerPart",
        Write,
        ReadUploadLayerPartResponse,
        "InvalidLayerPartException",
        "RepositoryNotFoundException",
        "UploadNotFoundException",
        "LimitExceededException",
        "KmsException"
    );

    internal static readonly InvokeOptions CompleteLayerUpload = Operation<
        CompleteLayerUploadRequest,
        CompleteLayerUploadResponse
    >(
        "CompleteLayerUpload",
        Write,
        ReadCompleteLayerUploadResponse,
        "RepositoryNotFoundException",
        "UploadNotFoundException",
        "InvalidLayerException",
        "LayerPartTooSmallException",
        "LayerAlreadyExistsException",
        "EmptyUploadException",
        "KmsException"
    );

    internal static readonly InvokeOptions PutImage = Operation<PutImageRequest, PutImageResponse>(
        "PutImage",
        Write,
        ReadPutImageResponse,
        "RepositoryNotFoundException",
        "ImageAlreadyExistsException",
        "LayersNotFoundException",
        "ReferencedImagesNotFoundException",
        "LimitExceededException",
        "ImageTagAlreadyExistsException",
        "ImageDigestDoesNotMatchException",
        "KmsException"
    );

    internal static readonly InvokeOptions BatchDeleteImage = Operation<
        BatchDeleteImageRequest,
        BatchDeleteImageResponse
    >("BatchDeleteImage", Write, ReadBatchDeleteImageResponse, "RepositoryNotFoundException");

    internal static readonly InvokeOptions UpdateImageStorageClass = Operation<
        UpdateImageStorageClassRequest,
        UpdateImageStorageClassResponse
    >(
        "UpdateImageStorageClass",
        Write,
        ReadUpdateImageStorageClassResponse,
        "ImageNotFoundException",
        "ImageStorageClassUpdateNotSupportedException",
        "RepositoryNotFoundException",
        "ValidationException"
    );

    internal static readonly InvokeOptions ListImageReferrers = Operation<
        ListImageReferrersRequest,
        ListImageReferrersResponse
    >(
        "ListImageReferrers",
        Write,
        ReadListImageReferrersResponse,
        "RepositoryNotFoundException",
        "ValidationException",
        "UnableToListUpstreamImageReferrersException"
    );

    internal static readonly InvokeOptions GetLifecyclePolicy = Operation<
        GetLifecyclePolicyRequest,
        GetLifecyclePolicyResponse
    >(
        "GetLifecyclePolicy",
        Write,
        ReadGetLifecyclePolicyResponse,
        "RepositoryNotFoundException",
        "LifecyclePolicyNotFoundException",
        "ValidationException"
    );

    internal static readonly InvokeOptions PutLifecyclePolicy = Operation<
        PutLifecyclePolicyRequest,
        PutLifecyclePolicyResponse
    >(
        "PutLifecyclePolicy",
        Write,
        ReadPutLifecyclePolicyResponse,
        "RepositoryNotFoundException",
        "ValidationException"
    );

    internal static readonly InvokeOptions DeleteLifecyclePolicy = Operation<
        DeleteLifecyclePolicyRequest,
        DeleteLifecyclePolicyResponse
    >(
        "DeleteLifecyclePolicy",
        Write,
        ReadDeleteLifecyclePolicyResponse,
        "RepositoryNotFoundException",
        "LifecyclePolicyNotFoundException",
        "ValidationException"
    );

    internal static readonly InvokeOptions StartLifecyclePolicyPreview = Operation<
        StartLifecyclePolicyPreviewRequest,
        StartLifecyclePolicyPreviewResponse
    >(
        "StartLifecyclePolicyPreview",
        Write,
        ReadStartLifecyclePolicyPreviewResponse,
        "RepositoryNotFoundException",
        "LifecyclePolicyNotFoundException",
        "LifecyclePolicyPreviewInProgressException",
        "ValidationException"
    );

    internal static readonly InvokeOptions GetLifecyclePolicyPreview = Operation<
        GetLifecyclePolicyPreviewRequest,
        GetLifecyclePolicyPreviewResponse
    >(
        "GetLifecyclePolicyPreview",
        Write,
        ReadGetLifecyclePolicyPreviewResponse,
        "RepositoryNotFoundException",
        "LifecyclePolicyPreviewNotFoundException",
        "ValidationException"
    );

    internal static readonly InvokeOptions StartImageScan = Operation<StartImageScanRequest, StartImageScanResponse>(
        "StartImageScan",
        Write,
        ReadStartImageScanResponse,
        "UnsupportedImageTypeException",
        "LimitExceededException",
        "RepositoryNotFoundException",
        "ImageNotFoundException",
        "ValidationException",
        "ImageArchivedException"
    );

    internal static readonly InvokeOptions DescribeImageScanFindings = Operation<
        DescribeImageScanFindingsRequest,
        DescribeImageScanFindingsResponse
    >(
        "DescribeImageScanFindings",
        Write,
        ReadDescribeImageScanFindingsResponse,
        "RepositoryNotFoundException",
        "ImageNotFoundException",
        "ScanNotFoundException",
        "ValidationException"
    );

    internal static readonly InvokeOptions GetRegistryScanningConfiguration = Operation<
        GetRegistryScanningConfigurationRequest,
        GetRegistryScanningConfigurationResponse
    >("GetRegistryScanningConfiguration", Write, ReadGetRegistryScanningConfigurationResponse, "ValidationException");

    internal static readonly InvokeOptions DescribeRegistry = Operation<
        DescribeRegistryRequest,
        DescribeRegistryResponse
    >("DescribeRegistry", Write, ReadDescribeRegistryResponse, "ValidationException");

    internal static readonly InvokeOptions BatchGetRepositoryScanningConfiguration = Operation<
        BatchGetRepositoryScanningConfigurationRequest,
        BatchGetRepositoryScanningConfigurationResponse
    >(
        "BatchGetRepositoryScanningConfiguration",
        Write,
        ReadBatchGetRepositoryScanningConfigurationResponse,
        "RepositoryNotFoundException",
        "ValidationException"
    );

    private static InvokeOptions Operation<TRequest, TResponse>(
        string name,
        Action<Utf8JsonWriter, TRequest> write,
        ReadJson<TResponse> read,
        params string[] errors
    )
        where TRequest : AmazonWebServiceRequest
        where TResponse : AmazonWebServiceResponse, new() =>
        new JsonOperation<TRequest, TResponse>
        {
            Service = Ecr,
            Target = "AmazonEC2ContainerRegistry_V20150921." + name,
            Write = write,
            Read = read,
            Errors = ["ServerException", "InvalidParameterException", .. errors],
        }.ToOptions();

    private static AmazonServiceException Typed(ServiceError e) =>
        e.Code switch
        {
            "EmptyUploadException" => new EmptyUploadException(
                e.Message,
                e.Inner,
                e.Type,
                e.Code,
                e.RequestId,
                e.Status
            ),
            "InvalidLayerException" => new InvalidLayerException(
                e.Message,
                e.Inner,
                e.Type,
                e.Code,
                e.RequestId,
                e.Status
            ),
            "LayerAlreadyExistsException" => new LayerAlreadyExistsException(
                e.Message,
                e.Inner,
                e.Type,
                e.Code,
                e.RequestId,
                e.Status
            ),
            "LayerPartTooSmallException" => new LayerPartTooSmallException(
                e.Message,
                e.Inner,
                e.Type,
                e.Code,
                e.RequestId,
                e.Status
            ),
            "UploadNotFoundException" => new UploadNotFoundException(
                e.Message,
                e.Inner,
                e.Type,
                e.Code,
                e.RequestId,
                e.Status
            ),
            "InvalidLayerPartException" => ReadInvalidLayerPart(e),
            "ImageAlreadyExistsException" => new ImageAlreadyExistsException(
                e.Message,
                e.Inner,
                e.Type,
                e.Code,
                e.RequestId,
                e.Status
            ),
            "ImageArchivedException" => new ImageArchivedException(
                e.Message,
                e.Inner,
                e.Type,
                e.Code,
                e.RequestId,
                e.Status
            ),
            "ImageDigestDoesNotMatchException" => new ImageDigestDoesNotMatchException(
                e.Message,
                e.Inner,
                e.Type,
                e.Code,
                e.RequestId,
                e.Status
            ),
            "ImageNotFoundException" => new ImageNotFoundException(
                e.Message,
                e.Inner,
                e.Type,
                e.Code,
                e.RequestId,
                e.Status
            ),
            "ImageStorageClassUpdateNotSupportedException" => new ImageStorageClassUpdateNotSupportedException(
                e.Message,
                e.Inner,
                e.Type,
                e.Code,
                e.RequestId,
                e.Status
            ),
            "ImageTagAlreadyExistsException" => new ImageTagAlreadyExistsException(
                e.Message,
                e.Inner,
                e.Type,
                e.Code,
                e.RequestId,
                e.Status
            ),
            "InvalidParameterException" => new InvalidParameterException(
                e.Message,
                e.Inner,
                e.Type,
                e.Code,
                e.RequestId,
                e.Status
            ),
            "InvalidTagParameterException" => new InvalidTagParameterException(
                e.Message,
                e.Inner,
                e.Type,
                e.Code,
                e.RequestId,
                e.Status
            ),
            "KmsException" => new KmsException(e.Message, e.Inner, e.Type, e.Code, e.RequestId, e.Status)
            {
                KmsError = KmsError(e),
            },
            "LayersNotFoundException" => new LayersNotFoundException(
                e.Message,
                e.Inner,
                e.Type,
                e.Code,
                e.RequestId,
                e.Status
            ),
            "LifecyclePolicyNotFoundException" => new LifecyclePolicyNotFoundException(
                e.Message,
                e.Inner,
                e.Type,
                e.Code,
                e.RequestId,
                e.Status
            ),
            "LifecyclePolicyPreviewInProgressException" => new LifecyclePolicyPreviewInProgressException(
                e.Message,
                e.Inner,
                e.Type,
                e.Code,
                e.RequestId,
                e.Status
            ),
            "LifecyclePolicyPreviewNotFoundException" => new LifecyclePolicyPreviewNotFoundException(
                e.Message,
                e.Inner,
                e.Type,
                e.Code,
                e.RequestId,
                e.Status
            ),
            "LimitExceededException" => new LimitExceededException(
                e.Message,
                e.Inner,
                e.Type,
                e.Code,
                e.RequestId,
                e.Status
            ),
            "ReferencedImagesNotFoundException" => new ReferencedImagesNotFoundException(
                e.Message,
                e.Inner,
                e.Type,
                e.Code,
                e.RequestId,
                e.Status
            ),
            "RepositoryAlreadyExistsException" => new RepositoryAlreadyExistsException(
                e.Message,
                e.Inner,
                e.Type,
                e.Code,
                e.RequestId,
                e.Status
            ),
            "RepositoryNotFoundException" => new RepositoryNotFoundException(
                e.Message,
                e.Inner,
                e.Type,
                e.Code,
                e.RequestId,
                e.Status
            ),
            "ScanNotFoundException" => new ScanNotFoundException(
                e.Message,
                e.Inner,
                e.Type,
                e.Code,
                e.RequestId,
                e.Status
            ),
            "ServerException" => new ServerException(e.Message, e.Inner, e.Type, e.Code, e.RequestId, e.Status),
            "TooManyTagsException" => new TooManyTagsException(
                e.Message,
                e.Inner,
                e.Type,
                e.Code,
                e.RequestId,
                e.Status
            ),
            "UnableToGetUpstreamImageException" => new UnableToGetUpstreamImageException(
                e.Message,
                e.Inner,
                e.Type,
                e.Code,
                e.RequestId,
                e.Status
            ),
            "UnableToListUpstreamImageReferrersException" => new UnableToListUpstreamImageReferrersException(
                e.Message,
                e.Inner,
                e.Type,
                e.Code,
                e.RequestId,
                e.Status
            ),
            "UnsupportedImageTypeException" => new UnsupportedImageTypeException(
                e.Message,
                e.Inner,
                e.Type,
                e.Code,
                e.RequestId,
                e.Status
            ),
            "ValidationException" => new ValidationException(e.Message, e.Inner, e.Type, e.Code, e.RequestId, e.Status),
            _ => null,
        };

    private static InvalidLayerPartException ReadInvalidLayerPart(ServiceError e)
    {
        var value = new InvalidLayerPartException(e.Message, e.Inner, e.Type, e.Code, e.RequestId, e.Status);
        var json = e.Json();
        while (json.NextMember())
        {
            if (json.At("registryId"))
                value.RegistryId = json.String();
            else if (json.At("repositoryName"))
                value.RepositoryName = json.String();
            else if (json.At("uploadId"))
                value.UploadId = json.String();
            else if (json.At("lastValidByteReceived"))
                value.LastValidByteReceived = json.Long();
            else
                json.Skip();
        }
        return value;
    }

    private static string KmsError(ServiceError error)
    {
        var json = error.Json();
        while (json.NextMember())
        {
            if (json.At("kmsError"))
                return json.String();
            json.Skip();
        }
        return null;
    }
}
