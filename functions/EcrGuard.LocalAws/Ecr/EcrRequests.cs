using System.Text.Json.Serialization;

namespace EcrGuard.LocalAws.Ecr;

// The requests of ECR (API version 2015-09-21) that are known here. Their members are those of its service model.

internal record EcrRequest
{
    public string? RegistryId { get; init; }
}

internal record RepositoryRequest : EcrRequest
{
    public required string RepositoryName { get; init; }
}

internal sealed record ImageIdentifier
{
    public string? ImageDigest { get; init; }

    public string? ImageTag { get; init; }
}

internal sealed record CreateRepositoryRequest : RepositoryRequest
{
    public IReadOnlyList<ResourceTag>? Tags { get; init; }

    public string? ImageTagMutability { get; init; }

    public IReadOnlyList<ExclusionFilter>? ImageTagMutabilityExclusionFilters { get; init; }

    public ImageScanningConfiguration? ImageScanningConfiguration { get; init; }
}

/// <summary>On the wire its members begin with capitals; those of all other records do not.</summary>
internal sealed record ResourceTag
{
    [JsonPropertyName("Key")]
    public required string Key { get; init; }

    [JsonPropertyName("Value")]
    public required string Value { get; init; }
}

internal record ResourceRequest
{
    public required string ResourceArn { get; init; }
}

internal sealed record TagResourceRequest : ResourceRequest
{
    public required IReadOnlyList<ResourceTag> Tags { get; init; }
}

internal sealed record UntagResourceRequest : ResourceRequest
{
    public required IReadOnlyList<string> TagKeys { get; init; }
}

internal sealed record ExclusionFilter
{
    public required string FilterType { get; init; }

    public required string Filter { get; init; }
}

internal sealed record ImageScanningConfiguration
{
    public bool ScanOnPush { get; init; }
}

internal sealed record DescribeRepositoriesRequest : EcrRequest
{
    public IReadOnlyList<string>? RepositoryNames { get; init; }

    public string? NextToken { get; init; }

    public int? MaxResults { get; init; }
}

internal sealed record ImageFilter
{
    public string? TagStatus { get; init; }

    public string? ImageStatus { get; init; }
}

internal sealed record DescribeImagesRequest : RepositoryRequest
{
    public IReadOnlyList<ImageIdentifier>? ImageIds { get; init; }

    public string? NextToken { get; init; }

    public int? MaxResults { get; init; }

    public ImageFilter? Filter { get; init; }
}

internal sealed record ListImagesRequest : RepositoryRequest
{
    public string? NextToken { get; init; }

    public int? MaxResults { get; init; }

    public ImageFilter? Filter { get; init; }
}

internal sealed record BatchGetImageRequest : RepositoryRequest
{
    public required IReadOnlyList<ImageIdentifier> ImageIds { get; init; }

    public IReadOnlyList<string>? AcceptedMediaTypes { get; init; }
}

internal sealed record PutImageRequest : RepositoryRequest
{
    public required string ImageManifest { get; init; }

    public string? ImageManifestMediaType { get; init; }

    public string? ImageTag { get; init; }

    public string? ImageDigest { get; init; }
}

internal sealed record BatchCheckLayerAvailabilityRequest : RepositoryRequest
{
    public required IReadOnlyList<string> LayerDigests { get; init; }
}

internal sealed record UploadLayerPartRequest : RepositoryRequest
{
    public required string UploadId { get; init; }

    public required long PartFirstByte { get; init; }

    public required long PartLastByte { get; init; }

    public required byte[] LayerPartBlob { get; init; }
}

internal sealed record CompleteLayerUploadRequest : RepositoryRequest
{
    public required string UploadId { get; init; }

    public required IReadOnlyList<string> LayerDigests { get; init; }
}

internal sealed record BatchDeleteImageRequest : RepositoryRequest
{
    public required IReadOnlyList<ImageIdentifier> ImageIds { get; init; }
}

internal sealed record PutLifecyclePolicyRequest : RepositoryRequest
{
    public required string LifecyclePolicyText { get; init; }
}

internal sealed record StartLifecyclePolicyPreviewRequest : RepositoryRequest
{
    public string? LifecyclePolicyText { get; init; }
}

internal sealed record LifecyclePolicyPreviewFilter
{
    public string? TagStatus { get; init; }
}

internal sealed record GetLifecyclePolicyPreviewRequest : RepositoryRequest
{
    public IReadOnlyList<ImageIdentifier>? ImageIds { get; init; }

    public string? NextToken { get; init; }

    public int? MaxResults { get; init; }

    public LifecyclePolicyPreviewFilter? Filter { get; init; }
}

internal sealed record DescribeImageScanFindingsRequest : RepositoryRequest
{
    public required ImageIdentifier ImageId { get; init; }

    public string? NextToken { get; init; }

    public int? MaxResults { get; init; }
}

internal sealed record StartImageScanRequest : RepositoryRequest
{
    public required ImageIdentifier ImageId { get; init; }
}

internal sealed record GetRegistryScanningConfigurationRequest;

internal sealed record DescribeRegistryRequest;

internal sealed record BatchGetRepositoryScanningConfigurationRequest
{
    public required IReadOnlyList<string> RepositoryNames { get; init; }
}

internal sealed record RepositoryFilter
{
    public required string Filter { get; init; }

    public required string FilterType { get; init; }
}

internal sealed record RegistryScanningRule
{
    public required string ScanFrequency { get; init; }

    public required IReadOnlyList<RepositoryFilter> RepositoryFilters { get; init; }
}

internal sealed record PutRegistryScanningConfigurationRequest
{
    public string? ScanType { get; init; }

    public IReadOnlyList<RegistryScanningRule>? Rules { get; init; }
}

internal sealed record PutImageScanningConfigurationRequest : RepositoryRequest
{
    public required ImageScanningConfiguration ImageScanningConfiguration { get; init; }
}

internal sealed record PutImageTagMutabilityRequest : RepositoryRequest
{
    public required string ImageTagMutability { get; init; }

    public IReadOnlyList<ExclusionFilter>? ImageTagMutabilityExclusionFilters { get; init; }
}

internal sealed record UpdateImageStorageClassRequest : RepositoryRequest
{
    public required ImageIdentifier ImageId { get; init; }

    public required string TargetStorageClass { get; init; }
}

internal sealed record SubjectIdentifier
{
    public required string ImageDigest { get; init; }
}

internal sealed record ReferrersFilter
{
    public IReadOnlyList<string>? ArtifactTypes { get; init; }

    public string? ArtifactStatus { get; init; }
}

internal sealed record ListImageReferrersRequest : RepositoryRequest
{
    public required SubjectIdentifier SubjectId { get; init; }

    public ReferrersFilter? Filter { get; init; }

    public string? NextToken { get; init; }

    public int? MaxResults { get; init; }
}
