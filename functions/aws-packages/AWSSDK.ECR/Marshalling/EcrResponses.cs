using Amazon.ECR.Model;
using EcrGuard.Bundled.Plumbing;
using Attribute = Amazon.ECR.Model.Attribute;
using Json = Amazon.Runtime.Internal.Util.StreamingUtf8JsonReader;

namespace Amazon.ECR.Marshalling;

internal static class EcrResponses
{
    internal static DescribeRepositoriesResponse ReadDescribeRepositoriesResponse(ref Json json)
    {
        var value = new DescribeRepositoriesResponse();
        while (json.NextMember())
        {
            if (json.At("repositories"))
                value.Repositories = json.List(ReadRepository);
            else if (json.At("nextToken"))
                value.NextToken = json.String();
            else
                json.Skip();
        }
        return value;
    }

    private static Repository ReadRepository(ref Json json)
    {
        var value = new Repository();
        while (json.NextMember())
        {
            if (json.At("repositoryArn"))
                value.RepositoryArn = json.String();
            else if (json.At("registryId"))
                value.RegistryId = json.String();
            else if (json.At("repositoryName"))
                value.RepositoryName = json.String();
            else if (json.At("repositoryUri"))
                value.RepositoryUri = json.String();
            else if (json.At("createdAt"))
                value.CreatedAt = json.Time();
            else if (json.At("imageTagMutability"))
                value.ImageTagMutability = json.String();
            else if (json.At("imageTagMutabilityExclusionFilters"))
                value.ImageTagMutabilityExclusionFilters = json.List(ReadImageTagMutabilityExclusionFilter);
            else if (json.At("imageScanningConfiguration"))
                value.ImageScanningConfiguration = json.Structure(ReadImageScanningConfiguration);
            else if (json.At("encryptionConfiguration"))
                value.EncryptionConfiguration = json.Structure(ReadEncryptionConfiguration);
            else
                json.Skip();
        }
        return value;
    }

    private static ImageTagMutabilityExclusionFilter ReadImageTagMutabilityExclusionFilter(ref Json json)
    {
        var value = new ImageTagMutabilityExclusionFilter();
        while (json.NextMember())
        {
            if (json.At("filterType"))
                value.FilterType = json.String();
            else if (json.At("filter"))
                value.Filter = json.String();
            else
                json.Skip();
        }
        return value;
    }

    private static ImageScanningConfiguration ReadImageScanningConfiguration(ref Json json)
    {
        var value = new ImageScanningConfiguration();
        while (json.NextMember())
        {
            if (json.At("scanOnPush"))
                value.ScanOnPush = json.Bool();
            else
                json.Skip();
        }
        return value;
    }

    private static EncryptionConfiguration ReadEncryptionConfiguration(ref Json json)
    {
        var value = new EncryptionConfiguration();
        while (json.NextMember())
        {
            if (json.At("encryptionType"))
                value.EncryptionType = json.String();
            else if (json.At("kmsKey"))
                value.KmsKey = json.String();
            else
                json.Skip();
        }
        return value;
    }

    internal static CreateRepositoryResponse ReadCreateRepositoryResponse(ref Json json)
    {
        var value = new CreateRepositoryResponse();
        while (json.NextMember())
        {
            if (json.At("repository"))
                value.Repository = json.Structure(ReadRepository);
            else
                json.Skip();
        }
        return value;
    }

    internal static PutImageTagMutabilityResponse ReadPutImageTagMutabilityResponse(ref Json json)
    {
        var value = new PutImageTagMutabilityResponse();
        while (json.NextMember())
        {
            if (json.At("registryId"))
                value.RegistryId = json.String();
            else if (json.At("repositoryName"))
                value.RepositoryName = json.String();
            else if (json.At("imageTagMutability"))
                value.ImageTagMutability = json.String();
            else if (json.At("imageTagMutabilityExclusionFilters"))
                value.ImageTagMutabilityExclusionFilters = json.List(ReadImageTagMutabilityExclusionFilter);
            else
                json.Skip();
        }
        return value;
    }

    internal static PutImageScanningConfigurationResponse ReadPutImageScanningConfigurationResponse(ref Json json)
    {
        var value = new PutImageScanningConfigurationResponse();
        while (json.NextMember())
        {
            if (json.At("registryId"))
                value.RegistryId = json.String();
            else if (json.At("repositoryName"))
                value.RepositoryName = json.String();
            else if (json.At("imageScanningConfiguration"))
                value.ImageScanningConfiguration = json.Structure(ReadImageScanningConfiguration);
            else
                json.Skip();
        }
        return value;
    }

    internal static ListTagsForResourceResponse ReadListTagsForResourceResponse(ref Json json)
    {
        var value = new ListTagsForResourceResponse();
        while (json.NextMember())
        {
            if (json.At("tags"))
                value.Tags = json.List(ReadTag);
            else
                json.Skip();
        }
        return value;
    }

    private static Tag ReadTag(ref Json json)
    {
        var value = new Tag();
        while (json.NextMember())
        {
            if (json.At("Key"))
                value.Key = json.String();
            else if (json.At("Value"))
                value.Value = json.String();
            else
                json.Skip();
        }
        return value;
    }

    internal static TagResourceResponse ReadTagResourceResponse(ref Json json)
    {
        var value = new TagResourceResponse();
        while (json.NextMember())
        {
            json.Skip();
        }
        return value;
    }

    internal static UntagResourceResponse ReadUntagResourceResponse(ref Json json)
    {
        var value = new UntagResourceResponse();
        while (json.NextMember())
        {
            json.Skip();
        }
        return value;
    }

    private static ImageIdentifier ReadImageIdentifier(ref Json json)
    {
        var value = new ImageIdentifier();
        while (json.NextMember())
        {
            if (json.At("imageDigest"))
                value.ImageDigest = json.String();
            else if (json.At("imageTag"))
                value.ImageTag = json.String();
            else
                json.Skip();
        }
        return value;
    }

    internal static DescribeImagesResponse ReadDescribeImagesResponse(ref Json json)
    {
        var value = new DescribeImagesResponse();
        while (json.NextMember())
        {
            if (json.At("imageDetails"))
                value.ImageDetails = json.List(ReadImageDetail);
            else if (json.At("nextToken"))
                value.NextToken = json.String();
            else
                json.Skip();
        }
        return value;
    }

    private static ImageDetail ReadImageDetail(ref Json json)
    {
        var value = new ImageDetail();
        while (json.NextMember())
        {
            if (json.At("registryId"))
                value.RegistryId = json.String();
            else if (json.At("repositoryName"))
                value.RepositoryName = json.String();
            else if (json.At("imageDigest"))
                value.ImageDigest = json.String();
            else if (json.At("imageTags"))
                value.ImageTags = json.Strings();
            else if (json.At("imageSizeInBytes"))
                value.ImageSizeInBytes = json.Long();
            else if (json.At("imagePushedAt"))
                value.ImagePushedAt = json.Time();
            else if (json.At("imageScanStatus"))
                value.ImageScanStatus = json.Structure(ReadImageScanStatus);
            else if (json.At("imageScanFindingsSummary"))
                value.ImageScanFindingsSummary = json.Structure(ReadImageScanFindingsSummary);
            else if (json.At("imageManifestMediaType"))
                value.ImageManifestMediaType = json.String();
            else if (json.At("artifactMediaType"))
                value.ArtifactMediaType = json.String();
            else if (json.At("lastRecordedPullTime"))
                value.LastRecordedPullTime = json.Time();
            else if (json.At("subjectManifestDigest"))
                value.SubjectManifestDigest = json.String();
            else if (json.At("imageStatus"))
                value.ImageStatus = json.String();
            else if (json.At("lastArchivedAt"))
                value.LastArchivedAt = json.Time();
            else if (json.At("lastActivatedAt"))
                value.LastActivatedAt = json.Time();
            else
                json.Skip();
        }
        return value;
    }

    private static ImageScanStatus ReadImageScanStatus(ref Json json)
    {
        var value = new ImageScanStatus();
        while (json.NextMember())
        {
            if (json.At("status"))
                value.Status = json.String();
            else if (json.At("description"))
                value.Description = json.String();
            else
                json.Skip();
        }
        return value;
    }

    private static ImageScanFindingsSummary ReadImageScanFindingsSummary(ref Json json)
    {
        var value = new ImageScanFindingsSummary();
        while (json.NextMember())
        {
            if (json.At("imageScanCompletedAt"))
                value.ImageScanCompletedAt = json.Time();
            else if (json.At("vulnerabilitySourceUpdatedAt"))
                value.VulnerabilitySourceUpdatedAt = json.Time();
            else if (json.At("findingSeverityCounts"))
                value.FindingSeverityCounts = json.IntMap();
            else
                json.Skip();
        }
        return value;
    }

    internal static ListImagesResponse ReadListImagesResponse(ref Json json)
    {
        var value = new ListImagesResponse();
        while (json.NextMember())
        {
            if (json.At("imageIds"))
                value.ImageIds = json.List(ReadImageIdentifier);
            else if (json.At("nextToken"))
                value.NextToken = json.String();
            else
                json.Skip();
        }
        return value;
    }

    internal static BatchGetImageResponse ReadBatchGetImageResponse(ref Json json)
    {
        var value = new BatchGetImageResponse();
        while (json.NextMember())
        {
            if (json.At("images"))
                value.Images = json.List(ReadImage);
            else if (json.At("failures"))
                value.Failures = json.List(ReadImageFailure);
            else
                json.Skip();
        }
        return value;
    }

    private static Image ReadImage(ref Json json)
    {
        var value = new Image();
        while (json.NextMember())
        {
            if (json.At("registryId"))
                value.RegistryId = json.String();
            else if (json.At("repositoryName"))
                value.RepositoryName = json.String();
            else if (json.At("imageId"))
                value.ImageId = json.Structure(ReadImageIdentifier);
            else if (json.At("imageManifest"))
                value.ImageManifest = json.String();
            else if (json.At("imageManifestMediaType"))
                value.ImageManifestMediaType = json.String();
            else
                json.Skip();
        }
        return value;
    }

    private static ImageFailure ReadImageFailure(ref Json json)
    {
        var value = new ImageFailure();
        while (json.NextMember())
        {
            if (json.At("imageId"))
                value.ImageId = json.Structure(ReadImageIdentifier);
            else if (json.At("failureCode"))
                value.FailureCode = json.String();
            else if (json.At("failureReason"))
                value.FailureReason = json.String();
            else
                json.Skip();
        }
        return value;
    }

    internal static PutImageResponse ReadPutImageResponse(ref Json json)
    {
        var value = new PutImageResponse();
        while (json.NextMember())
        {
            if (json.At("image"))
                value.Image = json.Structure(ReadImage);
            else
                json.Skip();
        }
        return value;
    }

    internal static BatchCheckLayerAvailabilityResponse ReadBatchCheckLayerAvailabilityResponse(ref Json json)
    {
        var value = new BatchCheckLayerAvailabilityResponse();
        while (json.NextMember())
        {
            if (json.At("layers"))
                value.Layers = json.List(ReadLayer);
            else if (json.At("failures"))
                value.Failures = json.List(ReadLayerFailure);
            else
                json.Skip();
        }
        return value;
    }

    private static Layer ReadLayer(ref Json json)
    {
        var value = new Layer();
        while (json.NextMember())
        {
            if (json.At("layerDigest"))
                value.LayerDigest = json.String();
            else if (json.At("layerAvailability"))
                value.LayerAvailability = json.String();
            else if (json.At("layerSize"))
                value.LayerSize = json.Long();
            else if (json.At("mediaType"))
                value.MediaType = json.String();
            else
                json.Skip();
        }
        return value;
    }

    private static LayerFailure ReadLayerFailure(ref Json json)
    {
        var value = new LayerFailure();
        while (json.NextMember())
        {
            if (json.At("layerDigest"))
                value.LayerDigest = json.String();
            else if (json.At("failureCode"))
                value.FailureCode = json.String();
            else if (json.At("failureReason"))
                value.FailureReason = json.String();
            else
                json.Skip();
        }
        return value;
    }

    internal static InitiateLayerUploadResponse ReadInitiateLayerUploadResponse(ref Json json)
    {
        var value = new InitiateLayerUploadResponse();
        while (json.NextMember())
        {
            if (json.At("uploadId"))
                value.UploadId = json.String();
            else if (json.At("partSize"))
                value.PartSize = json.Long();
            else
                json.Skip();
        }
        return value;
    }

    internal static UploadLayerPartResponse ReadUploadLayerPartResponse(ref Json json)
    {
        var value = new UploadLayerPartResponse();
        while (json.NextMember())
        {
            if (json.At("registryId"))
                value.RegistryId = json.String();
            else if (json.At("repositoryName"))
                value.RepositoryName = json.String();
            else if (json.At("uploadId"))
                value.UploadId = json.String();
            else if (json.At("lastByteReceived"))
                value.LastByteReceived = json.Long();
            else
                json.Skip();
        }
        return value;
    }

    internal static CompleteLayerUploadResponse ReadCompleteLayerUploadResponse(ref Json json)
    {
        var value = new CompleteLayerUploadResponse();
        while (json.NextMember())
        {
            if (json.At("registryId"))
                value.RegistryId = json.String();
            else if (json.At("repositoryName"))
                value.RepositoryName = json.String();
            else if (json.At("uploadId"))
                value.UploadId = json.String();
            else if (json.At("layerDigest"))
                value.LayerDigest = json.String();
            else
                json.Skip();
        }
        return value;
    }

    internal static BatchDeleteImageResponse ReadBatchDeleteImageResponse(ref Json json)
    {
        var value = new BatchDeleteImageResponse();
        while (json.NextMember())
        {
            if (json.At("imageIds"))
                value.ImageIds = json.List(ReadImageIdentifier);
            else if (json.At("failures"))
                value.Failures = json.List(ReadImageFailure);
            else
                json.Skip();
        }
        return value;
    }

    internal static UpdateImageStorageClassResponse ReadUpdateImageStorageClassResponse(ref Json json)
    {
        var value = new UpdateImageStorageClassResponse();
        while (json.NextMember())
        {
            if (json.At("registryId"))
                value.RegistryId = json.String();
            else if (json.At("repositoryName"))
                value.RepositoryName = json.String();
            else if (json.At("imageId"))
                value.ImageId = json.Structure(ReadImageIdentifier);
            else if (json.At("imageStatus"))
                value.ImageStatus = json.String();
            else
                json.Skip();
        }
        return value;
    }

    internal static ListImageReferrersResponse ReadListImageReferrersResponse(ref Json json)
    {
        var value = new ListImageReferrersResponse();
        while (json.NextMember())
        {
            if (json.At("referrers"))
                value.Referrers = json.List(ReadImageReferrer);
            else if (json.At("nextToken"))
                value.NextToken = json.String();
            else
                json.Skip();
        }
        return value;
    }

    private static ImageReferrer ReadImageReferrer(ref Json json)
    {
        var value = new ImageReferrer();
        while (json.NextMember())
        {
            if (json.At("digest"))
                value.Digest = json.String();
            else if (json.At("mediaType"))
                value.MediaType = json.String();
            else if (json.At("artifactType"))
                value.ArtifactType = json.String();
            else if (json.At("size"))
                value.Size = json.Long();
            else if (json.At("annotations"))
                value.Annotations = json.StringMap();
            else if (json.At("artifactStatus"))
                value.ArtifactStatus = json.String();
            else
                json.Skip();
        }
        return value;
    }

    internal static GetLifecyclePolicyResponse ReadGetLifecyclePolicyResponse(ref Json json)
    {
        var value = new GetLifecyclePolicyResponse();
        while (json.NextMember())
        {
            if (json.At("registryId"))
                value.RegistryId = json.String();
            else if (json.At("repositoryName"))
                value.RepositoryName = json.String();
            else if (json.At("lifecyclePolicyText"))
                value.LifecyclePolicyText = json.String();
            else if (json.At("lastEvaluatedAt"))
                value.LastEvaluatedAt = json.Time();
            else
                json.Skip();
        }
        return value;
    }

    internal static PutLifecyclePolicyResponse ReadPutLifecyclePolicyResponse(ref Json json)
    {
        var value = new PutLifecyclePolicyResponse();
        while (json.NextMember())
        {
            if (json.At("registryId"))
                value.RegistryId = json.String();
            else if (json.At("repositoryName"))
                value.RepositoryName = json.String();
            else if (json.At("lifecyclePolicyText"))
                value.LifecyclePolicyText = json.String();
            else
                json.Skip();
        }
        return value;
    }

    internal static DeleteLifecyclePolicyResponse ReadDeleteLifecyclePolicyResponse(ref Json json)
    {
        var value = new DeleteLifecyclePolicyResponse();
        while (json.NextMember())
        {
            if (json.At("registryId"))
                value.RegistryId = json.String();
            else if (json.At("repositoryName"))
                value.RepositoryName = json.String();
            else if (json.At("lifecyclePolicyText"))
                value.LifecyclePolicyText = json.String();
            else if (json.At("lastEvaluatedAt"))
                value.LastEvaluatedAt = json.Time();
            else
                json.Skip();
        }
        return value;
    }

    internal static StartLifecyclePolicyPreviewResponse ReadStartLifecyclePolicyPreviewResponse(ref Json json)
    {
        var value = new StartLifecyclePolicyPreviewResponse();
        while (json.NextMember())
        {
            if (json.At("registryId"))
                value.RegistryId = json.String();
            else if (json.At("repositoryName"))
                value.RepositoryName = json.String();
            else if (json.At("lifecyclePolicyText"))
                value.LifecyclePolicyText = json.String();
            else if (json.At("status"))
                value.Status = json.String();
            else
                json.Skip();
        }
        return value;
    }

    internal static GetLifecyclePolicyPreviewResponse ReadGetLifecyclePolicyPreviewResponse(ref Json json)
    {
        var value = new GetLifecyclePolicyPreviewResponse();
        while (json.NextMember())
        {
            if (json.At("registryId"))
                value.RegistryId = json.String();
            else if (json.At("repositoryName"))
                value.RepositoryName = json.String();
            else if (json.At("lifecyclePolicyText"))
                value.LifecyclePolicyText = json.String();
            else if (json.At("status"))
                value.Status = json.String();
            else if (json.At("nextToken"))
                value.NextToken = json.String();
            else if (json.At("previewResults"))
                value.PreviewResults = json.List(ReadLifecyclePolicyPreviewResult);
            else if (json.At("summary"))
                value.Summary = json.Structure(ReadLifecyclePolicyPreviewSummary);
            else
                json.Skip();
        }
        return value;
    }

    private static LifecyclePolicyPreviewResult ReadLifecyclePolicyPreviewResult(ref Json json)
    {
        var value = new LifecyclePolicyPreviewResult();
        while (json.NextMember())
        {
            if (json.At("imageTags"))
                value.ImageTags = json.Strings();
            else if (json.At("imageDigest"))
                value.ImageDigest = json.String();
            else if (json.At("imagePushedAt"))
                value.ImagePushedAt = json.Time();
            else if (json.At("action"))
                value.Action = json.Structure(ReadLifecyclePolicyRuleAction);
            else if (json.At("appliedRulePriority"))
                value.AppliedRulePriority = json.Int();
            else if (json.At("storageClass"))
                value.StorageClass = json.String();
            else
                json.Skip();
        }
        return value;
    }

    private static LifecyclePolicyRuleAction ReadLifecyclePolicyRuleAction(ref Json json)
    {
        var value = new LifecyclePolicyRuleAction();
        while (json.NextMember())
        {
            if (json.At("type"))
                value.Type = json.String();
            else if (json.At("targetStorageClass"))
                value.TargetStorageClass = json.String();
            else
                json.Skip();
        }
        return value;
    }

    private static LifecyclePolicyPreviewSummary ReadLifecyclePolicyPreviewSummary(ref Json json)
    {
        var value = new LifecyclePolicyPreviewSummary();
        while (json.NextMember())
        {
            if (json.At("expiringImageTotalCount"))
                value.ExpiringImageTotalCount = json.Int();
            else if (json.At("transitioningImageTotalCounts"))
                value.TransitioningImageTotalCounts = json.List(ReadTransitioningImageTotalCount);
            else
                json.Skip();
        }
        return value;
    }

    private static TransitioningImageTotalCount ReadTransitioningImageTotalCount(ref Json json)
    {
        var value = new TransitioningImageTotalCount();
        while (json.NextMember())
        {
            if (json.At("targetStorageClass"))
                value.TargetStorageClass = json.String();
            else if (json.At("imageTotalCount"))
                value.ImageTotalCount = json.Int();
            else
                json.Skip();
        }
        return value;
    }

    internal static StartImageScanResponse ReadStartImageScanResponse(ref Json json)
    {
        var value = new StartImageScanResponse();
        while (json.NextMember())
        {
            if (json.At("registryId"))
                value.RegistryId = json.String();
            else if (json.At("repositoryName"))
                value.RepositoryName = json.String();
            else if (json.At("imageId"))
                value.ImageId = json.Structure(ReadImageIdentifier);
            else if (json.At("imageScanStatus"))
                value.ImageScanStatus = json.Structure(ReadImageScanStatus);
            else
                json.Skip();
        }
        return value;
    }

    internal static DescribeImageScanFindingsResponse ReadDescribeImageScanFindingsResponse(ref Json json)
    {
        var value = new DescribeImageScanFindingsResponse();
        while (json.NextMember())
        {
            if (json.At("registryId"))
                value.RegistryId = json.String();
            else if (json.At("repositoryName"))
                value.RepositoryName = json.String();
            else if (json.At("imageId"))
                value.ImageId = json.Structure(ReadImageIdentifier);
            else if (json.At("imageScanStatus"))
                value.ImageScanStatus = json.Structure(ReadImageScanStatus);
            else if (json.At("imageScanFindings"))
                value.ImageScanFindings = json.Structure(ReadImageScanFindings);
            else if (json.At("nextToken"))
                value.NextToken = json.String();
            else
                json.Skip();
        }
        return value;
    }

    private static ImageScanFindings ReadImageScanFindings(ref Json json)
    {
        var value = new ImageScanFindings();
        while (json.NextMember())
        {
            if (json.At("imageScanCompletedAt"))
                value.ImageScanCompletedAt = json.Time();
            else if (json.At("vulnerabilitySourceUpdatedAt"))
                value.VulnerabilitySourceUpdatedAt = json.Time();
            else if (json.At("findingSeverityCounts"))
                value.FindingSeverityCounts = json.IntMap();
            else if (json.At("findings"))
                value.Findings = json.List(ReadImageScanFinding);
            else if (json.At("enhancedFindings"))
                value.EnhancedFindings = json.List(ReadEnhancedImageScanFinding);
            else
                json.Skip();
        }
        return value;
    }

    private static ImageScanFinding ReadImageScanFinding(ref Json json)
    {
        var value = new ImageScanFinding();
        while (json.NextMember())
        {
            if (json.At("name"))
                value.Name = json.String();
            else if (json.At("description"))
                value.Description = json.String();
            else if (json.At("uri"))
                value.Uri = json.String();
            else if (json.At("severity"))
                value.Severity = json.String();
            else if (json.At("attributes"))
                value.Attributes = json.List(ReadAttribute);
            else
                json.Skip();
        }
        return value;
    }

    private static Attribute ReadAttribute(ref Json json)
    {
        var value = new Attribute();
        while (json.NextMember())
        {
            if (json.At("key"))
                value.Key = json.String();
            else if (json.At("value"))
                value.Value = json.String();
            else
                json.Skip();
        }
        return value;
    }

    private static EnhancedImageScanFinding ReadEnhancedImageScanFinding(ref Json json)
    {
        var value = new EnhancedImageScanFinding();
        while (json.NextMember())
        {
            if (json.At("awsAccountId"))
                value.AwsAccountId = json.String();
            else if (json.At("description"))
                value.Description = json.String();
            else if (json.At("findingArn"))
                value.FindingArn = json.String();
            else if (json.At("firstObservedAt"))
                value.FirstObservedAt = json.Time();
            else if (json.At("lastObservedAt"))
                value.LastObservedAt = json.Time();
            else if (json.At("packageVulnerabilityDetails"))
                value.PackageVulnerabilityDetails = json.Structure(ReadPackageVulnerabilityDetails);
            else if (json.At("remediation"))
                value.Remediation = json.Structure(ReadRemediation);
            else if (json.At("resources"))
                value.Resources = json.List(ReadResource);
            else if (json.At("score"))
                value.Score = json.Double();
            else if (json.At("scoreDetails"))
                value.ScoreDetails = json.Structure(ReadScoreDetails);
            else if (json.At("severity"))
                value.Severity = json.String();
            else if (json.At("status"))
                value.Status = json.String();
            else if (json.At("title"))
                value.Title = json.String();
            else if (json.At("type"))
                value.Type = json.String();
            else if (json.At("updatedAt"))
                value.UpdatedAt = json.Time();
            else if (json.At("fixAvailable"))
                value.FixAvailable = json.String();
            else if (json.At("exploitAvailable"))
                value.ExploitAvailable = json.String();
            else
                json.Skip();
        }
        return value;
    }

    private static PackageVulnerabilityDetails ReadPackageVulnerabilityDetails(ref Json json)
    {
        var value = new PackageVulnerabilityDetails();
        while (json.NextMember())
        {
            if (json.At("cvss"))
                value.Cvss = json.List(ReadCvssScore);
            else if (json.At("referenceUrls"))
                value.ReferenceUrls = json.Strings();
            else if (json.At("relatedVulnerabilities"))
                value.RelatedVulnerabilities = json.Strings();
            else if (json.At("source"))
                value.Source = json.String();
            else if (json.At("sourceUrl"))
                value.SourceUrl = json.String();
            else if (json.At("vendorCreatedAt"))
                value.VendorCreatedAt = json.Time();
            else if (json.At("vendorSeverity"))
                value.VendorSeverity = json.String();
            else if (json.At("vendorUpdatedAt"))
                value.VendorUpdatedAt = json.Time();
            else if (json.At("vulnerabilityId"))
                value.VulnerabilityId = json.String();
            else if (json.At("vulnerablePackages"))
                value.VulnerablePackages = json.List(ReadVulnerablePackage);
            else
                json.Skip();
        }
        return value;
    }

    private static CvssScore ReadCvssScore(ref Json json)
    {
        var value = new CvssScore();
        while (json.NextMember())
        {
            if (json.At("baseScore"))
                value.BaseScore = json.Double();
            else if (json.At("scoringVector"))
                value.ScoringVector = json.String();
            else if (json.At("source"))
                value.Source = json.String();
            else if (json.At("version"))
                value.Version = json.String();
            else
                json.Skip();
        }
        return value;
    }

    private static VulnerablePackage ReadVulnerablePackage(ref Json json)
    {
        var value = new VulnerablePackage();
        while (json.NextMember())
        {
            if (json.At("arch"))
                value.Arch = json.String();
            else if (json.At("epoch"))
                value.Epoch = json.Int();
            else if (json.At("filePath"))
                value.FilePath = json.String();
            else if (json.At("name"))
                value.Name = json.String();
            else if (json.At("packageManager"))
                value.PackageManager = json.String();
            else if (json.At("release"))
                value.Release = json.String();
            else if (json.At("sourceLayerHash"))
                value.SourceLayerHash = json.String();
            else if (json.At("version"))
                value.Version = json.String();
            else if (json.At("fixedInVersion"))
                value.FixedInVersion = json.String();
            else
                json.Skip();
        }
        return value;
    }

    private static Remediation ReadRemediation(ref Json json)
    {
        var value = new Remediation();
        while (json.NextMember())
        {
            if (json.At("recommendation"))
                value.Recommendation = json.Structure(ReadRecommendation);
            else
                json.Skip();
        }
        return value;
    }

    private static Recommendation ReadRecommendation(ref Json json)
    {
        var value = new Recommendation();
        while (json.NextMember())
        {
            if (json.At("url"))
                value.Url = json.String();
            else if (json.At("text"))
                value.Text = json.String();
            else
                json.Skip();
        }
        return value;
    }

    private static Resource ReadResource(ref Json json)
    {
        var value = new Resource();
        while (json.NextMember())
        {
            if (json.At("details"))
                value.Details = json.Structure(ReadResourceDetails);
            else if (json.At("id"))
                value.Id = json.String();
            else if (json.At("tags"))
                value.Tags = json.StringMap();
            else if (json.At("type"))
                value.Type = json.String();
            else
                json.Skip();
        }
        return value;
    }

    private static ResourceDetails ReadResourceDetails(ref Json json)
    {
        var value = new ResourceDetails();
        while (json.NextMember())
        {
            if (json.At("awsEcrContainerImage"))
                value.AwsEcrContainerImage = json.Structure(ReadAwsEcrContainerImageDetails);
            else
                json.Skip();
        }
        return value;
    }

    private static AwsEcrContainerImageDetails ReadAwsEcrContainerImageDetails(ref Json json)
    {
        var value = new AwsEcrContainerImageDetails();
        while (json.NextMember())
        {
            if (json.At("architecture"))
                value.Architecture = json.String();
            else if (json.At("author"))
                value.Author = json.String();
            else if (json.At("imageHash"))
                value.ImageHash = json.String();
            else if (json.At("imageTags"))
                value.ImageTags = json.Strings();
            else if (json.At("platform"))
                value.Platform = json.String();
            else if (json.At("pushedAt"))
                value.PushedAt = json.Time();
            else if (json.At("lastInUseAt"))
                value.LastInUseAt = json.Time();
            else if (json.At("inUseCount"))
                value.InUseCount = json.Long();
            else if (json.At("registry"))
                value.Registry = json.String();
            else if (json.At("repositoryName"))
                value.RepositoryName = json.String();
            else
                json.Skip();
        }
        return value;
    }

    private static ScoreDetails ReadScoreDetails(ref Json json)
    {
        var value = new ScoreDetails();
        while (json.NextMember())
        {
            if (json.At("cvss"))
                value.Cvss = json.Structure(ReadCvssScoreDetails);
            else
                json.Skip();
        }
        return value;
    }

    private static CvssScoreDetails ReadCvssScoreDetails(ref Json json)
    {
        var value = new CvssScoreDetails();
        while (json.NextMember())
        {
            if (json.At("adjustments"))
                value.Adjustments = json.List(ReadCvssScoreAdjustment);
            else if (json.At("score"))
                value.Score = json.Double();
            else if (json.At("scoreSource"))
                value.ScoreSource = json.String();
            else if (json.At("scoringVector"))
                value.ScoringVector = json.String();
            else if (json.At("version"))
                value.Version = json.String();
            else
                json.Skip();
        }
        return value;
    }

    private static CvssScoreAdjustment ReadCvssScoreAdjustment(ref Json json)
    {
        var value = new CvssScoreAdjustment();
        while (json.NextMember())
        {
            if (json.At("metric"))
                value.Metric = json.String();
            else if (json.At("reason"))
                value.Reason = json.String();
            else
                json.Skip();
        }
        return value;
    }

    internal static GetRegistryScanningConfigurationResponse ReadGetRegistryScanningConfigurationResponse(ref Json json)
    {
        var value = new GetRegistryScanningConfigurationResponse();
        while (json.NextMember())
        {
            if (json.At("registryId"))
                value.RegistryId = json.String();
            else if (json.At("scanningConfiguration"))
                value.ScanningConfiguration = json.Structure(ReadRegistryScanningConfiguration);
            else
                json.Skip();
        }
        return value;
    }

    private static RegistryScanningConfiguration ReadRegistryScanningConfiguration(ref Json json)
    {
        var value = new RegistryScanningConfiguration();
        while (json.NextMember())
        {
            if (json.At("scanType"))
                value.ScanType = json.String();
            else if (json.At("rules"))
                value.Rules = json.List(ReadRegistryScanningRule);
            else
                json.Skip();
        }
        return value;
    }

    private static RegistryScanningRule ReadRegistryScanningRule(ref Json json)
    {
        var value = new RegistryScanningRule();
        while (json.NextMember())
        {
            if (json.At("scanFrequency"))
                value.ScanFrequency = json.String();
            else if (json.At("repositoryFilters"))
                value.RepositoryFilters = json.List(ReadScanningRepositoryFilter);
            else
                json.Skip();
        }
        return value;
    }

    private static ScanningRepositoryFilter ReadScanningRepositoryFilter(ref Json json)
    {
        var value = new ScanningRepositoryFilter();
        while (json.NextMember())
        {
            if (json.At("filter"))
                value.Filter = json.String();
            else if (json.At("filterType"))
                value.FilterType = json.String();
            else
                json.Skip();
        }
        return value;
    }

    internal static DescribeRegistryResponse ReadDescribeRegistryResponse(ref Json json)
    {
        var value = new DescribeRegistryResponse();
        while (json.NextMember())
        {
            if (json.At("registryId"))
                value.RegistryId = json.String();
            else if (json.At("replicationConfiguration"))
                value.ReplicationConfiguration = json.Structure(ReadReplicationConfiguration);
            else
                json.Skip();
        }
        return value;
    }

    private static ReplicationConfiguration ReadReplicationConfiguration(ref Json json)
    {
        var value = new ReplicationConfiguration();
        while (json.NextMember())
        {
            if (json.At("rules"))
                value.Rules = json.List(ReadReplicationRule);
            else
                json.Skip();
        }
        return value;
    }

    private static ReplicationRule ReadReplicationRule(ref Json json)
    {
        var value = new ReplicationRule();
        while (json.NextMember())
        {
            if (json.At("destinations"))
                value.Destinations = json.List(ReadReplicationDestination);
            else if (json.At("repositoryFilters"))
                value.RepositoryFilters = json.List(ReadRepositoryFilter);
            else
                json.Skip();
        }
        return value;
    }

    private static ReplicationDestination ReadReplicationDestination(ref Json json)
    {
        var value = new ReplicationDestination();
        while (json.NextMember())
        {
            if (json.At("region"))
                value.Region = json.String();
            else if (json.At("registryId"))
                value.RegistryId = json.String();
            else
                json.Skip();
        }
        return value;
    }

    private static RepositoryFilter ReadRepositoryFilter(ref Json json)
    {
        var value = new RepositoryFilter();
        while (json.NextMember())
        {
            if (json.At("filter"))
                value.Filter = json.String();
            else if (json.At("filterType"))
                value.FilterType = json.String();
            else
                json.Skip();
        }
        return value;
    }

    internal static BatchGetRepositoryScanningConfigurationResponse ReadBatchGetRepositoryScanningConfigurationResponse(
        ref Json json
    )
    {
        var value = new BatchGetRepositoryScanningConfigurationResponse();
        while (json.NextMember())
        {
            if (json.At("scanningConfigurations"))
                value.ScanningConfigurations = json.List(ReadRepositoryScanningConfiguration);
            else if (json.At("failures"))
                value.Failures = json.List(ReadRepositoryScanningConfigurationFailure);
            else
                json.Skip();
        }
        return value;
    }

    private static RepositoryScanningConfiguration ReadRepositoryScanningConfiguration(ref Json json)
    {
        var value = new RepositoryScanningConfiguration();
        while (json.NextMember())
        {
            if (json.At("repositoryArn"))
                value.RepositoryArn = json.String();
            else if (json.At("repositoryName"))
                value.RepositoryName = json.String();
            else if (json.At("scanOnPush"))
                value.ScanOnPush = json.Bool();
            else if (json.At("scanFrequency"))
                value.ScanFrequency = json.String();
            else if (json.At("appliedScanFilters"))
                value.AppliedScanFilters = json.List(ReadScanningRepositoryFilter);
            else
                json.Skip();
        }
        return value;
    }

    private static RepositoryScanningConfigurationFailure ReadRepositoryScanningConfigurationFailure(ref Json json)
    {
        var value = new RepositoryScanningConfigurationFailure();
        while (json.NextMember())
        {
            if (json.At("repositoryName"))
                value.RepositoryName = json.String();
            else if (json.At("failureCode"))
                value.FailureCode = json.String();
            else if (json.At("failureReason"))
                value.FailureReason = json.String();
            else
                json.Skip();
        }
        return value;
    }
}
