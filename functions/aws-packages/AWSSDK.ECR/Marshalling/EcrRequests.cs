using System.Text.Json;
using Amazon.ECR.Model;
using EcrGuard.Bundled.Plumbing;

namespace Amazon.ECR.Marshalling;

internal static class EcrRequests
{
    internal static void Write(Utf8JsonWriter json, DescribeRepositoriesRequest value)
    {
        json.Member("registryId", value.RegistryId);
        json.Member("repositoryNames", value.RepositoryNames);
        json.Member("nextToken", value.NextToken);
        json.Member("maxResults", value.MaxResults);
    }

    internal static void Write(Utf8JsonWriter json, ImageTagMutabilityExclusionFilter value)
    {
        json.Member("filterType", value.FilterType);
        json.Member("filter", value.Filter);
    }

    internal static void Write(Utf8JsonWriter json, ImageScanningConfiguration value)
    {
        json.Member("scanOnPush", value.ScanOnPush);
    }

    internal static void Write(Utf8JsonWriter json, EncryptionConfiguration value)
    {
        json.Member("encryptionType", value.EncryptionType);
        json.Member("kmsKey", value.KmsKey);
    }

    internal static void Write(Utf8JsonWriter json, CreateRepositoryRequest value)
    {
        json.Member("registryId", value.RegistryId);
        json.Member("repositoryName", value.RepositoryName);
        json.Member("tags", value.Tags, Write);
        json.Member("imageTagMutability", value.ImageTagMutability);
        json.Member("imageTagMutabilityExclusionFilters", value.ImageTagMutabilityExclusionFilters, Write);
        json.Member("imageScanningConfiguration", value.ImageScanningConfiguration, Write);
        json.Member("encryptionConfiguration", value.EncryptionConfiguration, Write);
    }

    internal static void Write(Utf8JsonWriter json, Tag value)
    {
        json.Member("Key", value.Key);
        json.Member("Value", value.Value);
    }

    internal static void Write(Utf8JsonWriter json, PutImageTagMutabilityRequest value)
    {
        json.Member("registryId", value.RegistryId);
        json.Member("repositoryName", value.RepositoryName);
        json.Member("imageTagMutability", value.ImageTagMutability);
        json.Member("imageTagMutabilityExclusionFilters", value.ImageTagMutabilityExclusionFilters, Write);
    }

    internal static void Write(Utf8JsonWriter json, PutImageScanningConfigurationRequest value)
    {
        json.Member("registryId", value.RegistryId);
        json.Member("repositoryName", value.RepositoryName);
        json.Member("imageScanningConfiguration", value.ImageScanningConfiguration, Write);
    }

    internal static void Write(Utf8JsonWriter json, ListTagsForResourceRequest value)
    {
        json.Member("resourceArn", value.ResourceArn);
    }

    internal static void Write(Utf8JsonWriter json, TagResourceRequest value)
    {
        json.Member("resourceArn", value.ResourceArn);
        json.Member("tags", value.Tags, Write);
    }

    internal static void Write(Utf8JsonWriter json, UntagResourceRequest value)
    {
        json.Member("resourceArn", value.ResourceArn);
        json.Member("tagKeys", value.TagKeys);
    }

    internal static void Write(Utf8JsonWriter json, DescribeImagesRequest value)
    {
        json.Member("registryId", value.RegistryId);
        json.Member("repositoryName", value.RepositoryName);
        json.Member("imageIds", value.ImageIds, Write);
        json.Member("nextToken", value.NextToken);
        json.Member("maxResults", value.MaxResults);
        json.Member("filter", value.Filter, Write);
    }

    internal static void Write(Utf8JsonWriter json, ImageIdentifier value)
    {
        json.Member("imageDigest", value.ImageDigest);
        json.Member("imageTag", value.ImageTag);
    }

    internal static void Write(Utf8JsonWriter json, DescribeImagesFilter value)
    {
        json.Member("tagStatus", value.TagStatus);
        json.Member("imageStatus", value.ImageStatus);
    }

    internal static void Write(Utf8JsonWriter json, ListImagesRequest value)
    {
        json.Member("registryId", value.RegistryId);
        json.Member("repositoryName", value.RepositoryName);
        json.Member("nextToken", value.NextToken);
        json.Member("maxResults", value.MaxResults);
        json.Member("filter", value.Filter, Write);
    }

    internal static void Write(Utf8JsonWriter json, ListImagesFilter value)
    {
        json.Member("tagStatus", value.TagStatus);
        json.Member("imageStatus", value.ImageStatus);
    }

    internal static void Write(Utf8JsonWriter json, BatchGetImageRequest value)
    {
        json.Member("registryId", value.RegistryId);
        json.Member("repositoryName", value.RepositoryName);
        json.Member("imageIds", value.ImageIds, Write);
        json.Member("acceptedMediaTypes", value.AcceptedMediaTypes);
    }

    internal static void Write(Utf8JsonWriter json, PutImageRequest value)
    {
        json.Member("registryId", value.RegistryId);
        json.Member("repositoryName", value.RepositoryName);
        json.Member("imageManifest", value.ImageManifest);
        json.Member("imageManifestMediaType", value.ImageManifestMediaType);
        json.Member("imageTag", value.ImageTag);
        json.Member("imageDigest", value.ImageDigest);
    }

    internal static void Write(Utf8JsonWriter json, BatchCheckLayerAvailabilityRequest value)
    {
        json.Member("registryId", value.RegistryId);
        json.Member("repositoryName", value.RepositoryName);
        json.Member("layerDigests", value.LayerDigests);
    }

    internal static void Write(Utf8JsonWriter json, InitiateLayerUploadRequest value)
    {
        json.Member("registryId", value.RegistryId);
        json.Member("repositoryName", value.RepositoryName);
    }

    internal static void Write(Utf8JsonWriter json, UploadLayerPartRequest value)
    {
        json.Member("registryId", value.RegistryId);
        json.Member("repositoryName", value.RepositoryName);
        json.Member("uploadId", value.UploadId);
        json.Member("partFirstByte", value.PartFirstByte);
        json.Member("partLastByte", value.PartLastByte);
        json.Member("layerPartBlob", value.LayerPartBlob);
    }

    internal static void Write(Utf8JsonWriter json, CompleteLayerUploadRequest value)
    {
        json.Member("registryId", value.RegistryId);
        json.Member("repositoryName", value.RepositoryName);
        json.Member("uploadId", value.UploadId);
        json.Member("layerDigests", value.LayerDigests);
    }

    internal static void Write(Utf8JsonWriter json, BatchDeleteImageRequest value)
    {
        json.Member("registryId", value.RegistryId);
        json.Member("repositoryName", value.RepositoryName);
        json.Member("imageIds", value.ImageIds, Write);
    }

    internal static void Write(Utf8JsonWriter json, UpdateImageStorageClassRequest value)
    {
        json.Member("registryId", value.RegistryId);
        json.Member("repositoryName", value.RepositoryName);
        json.Member("imageId", value.ImageId, Write);
        json.Member("targetStorageClass", value.TargetStorageClass);
    }

    internal static void Write(Utf8JsonWriter json, ListImageReferrersRequest value)
    {
        json.Member("registryId", value.RegistryId);
        json.Member("repositoryName", value.RepositoryName);
        json.Member("subjectId", value.SubjectId, Write);
        json.Member("filter", value.Filter, Write);
        json.Member("nextToken", value.NextToken);
        json.Member("maxResults", value.MaxResults);
    }

    internal static void Write(Utf8JsonWriter json, SubjectIdentifier value)
    {
        json.Member("imageDigest", value.ImageDigest);
    }

    internal static void Write(Utf8JsonWriter json, ListImageReferrersFilter value)
    {
        json.Member("artifactTypes", value.ArtifactTypes);
        json.Member("artifactStatus", value.ArtifactStatus);
    }

    internal static void Write(Utf8JsonWriter json, GetLifecyclePolicyRequest value)
    {
        json.Member("registryId", value.RegistryId);
        json.Member("repositoryName", value.RepositoryName);
    }

    internal static void Write(Utf8JsonWriter json, PutLifecyclePolicyRequest value)
    {
        json.Member("registryId", value.RegistryId);
        json.Member("repositoryName", value.RepositoryName);
        json.Member("lifecyclePolicyText", value.LifecyclePolicyText);
    }

    internal static void Write(Utf8JsonWriter json, DeleteLifecyclePolicyRequest value)
    {
        json.Member("registryId", value.RegistryId);
        json.Member("repositoryName", value.RepositoryName);
    }

    internal static void Write(Utf8JsonWriter json, StartLifecyclePolicyPreviewRequest value)
    {
        json.Member("registryId", value.RegistryId);
        json.Member("repositoryName", value.RepositoryName);
        json.Member("lifecyclePolicyText", value.LifecyclePolicyText);
    }

    internal static void Write(Utf8JsonWriter json, GetLifecyclePolicyPreviewRequest value)
    {
        json.Member("registryId", value.RegistryId);
        json.Member("repositoryName", value.RepositoryName);
        json.Member("imageIds", value.ImageIds, Write);
        json.Member("nextToken", value.NextToken);
        json.Member("maxResults", value.MaxResults);
        json.Member("filter", value.Filter, Write);
    }

    internal static void Write(Utf8JsonWriter json, LifecyclePolicyPreviewFilter value)
    {
        json.Member("tagStatus", value.TagStatus);
    }

    internal static void Write(Utf8JsonWriter json, StartImageScanRequest value)
    {
        json.Member("registryId", value.RegistryId);
        json.Member("repositoryName", value.RepositoryName);
        json.Member("imageId", value.ImageId, Write);
    }

    internal static void Write(Utf8JsonWriter json, DescribeImageScanFindingsRequest value)
    {
        json.Member("registryId", value.RegistryId);
        json.Member("repositoryName", value.RepositoryName);
        json.Member("imageId", value.ImageId, Write);
        json.Member("nextToken", value.NextToken);
        json.Member("maxResults", value.MaxResults);
    }

    internal static void Write(Utf8JsonWriter json, GetRegistryScanningConfigurationRequest value) { }

    internal static void Write(Utf8JsonWriter json, DescribeRegistryRequest value) { }

    internal static void Write(Utf8JsonWriter json, BatchGetRepositoryScanningConfigurationRequest value)
    {
        json.Member("repositoryNames", value.RepositoryNames);
    }
}
