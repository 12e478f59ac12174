using Amazon.Runtime;

namespace Amazon.ECR.Model;

public class DescribeImagesRequest : AmazonECRRequest
{
    public string RegistryId { get; set; }
    public string RepositoryName { get; set; }
    public List<ImageIdentifier> ImageIds { get; set; }
    public string NextToken { get; set; }
    public int? MaxResults { get; set; }
    public DescribeImagesFilter Filter { get; set; }
}

public class ImageIdentifier
{
    public string ImageDigest { get; set; }
    public string ImageTag { get; set; }
}

public class DescribeImagesFilter
{
    public TagStatus TagStatus { get; set; }
    public ImageStatusFilter ImageStatus { get; set; }
}

public class DescribeImagesResponse : AmazonWebServiceResponse
{
    public List<ImageDetail> ImageDetails { get; set; }
    public string NextToken { get; set; }
}

public class ImageDetail
{
    public string RegistryId { get; set; }
    public string RepositoryName { get; set; }
    public string ImageDigest { get; set; }
    public List<string> ImageTags { get; set; }
    public long? ImageSizeInBytes { get; set; }
    public DateTime? ImagePushedAt { get; set; }
    public ImageScanStatus ImageScanStatus { get; set; }
    public ImageScanFindingsSummary ImageScanFindingsSummary { get; set; }
    public string ImageManifestMediaType { get; set; }
    public string ArtifactMediaType { get; set; }
    public DateTime? LastRecordedPullTime { get; set; }
    public string SubjectManifestDigest { get; set; }
    public ImageStatus ImageStatus { get; set; }
    public DateTime? LastArchivedAt { get; set; }
    public DateTime? LastActivatedAt { get; set; }
}

public class ListImagesRequest : AmazonECRRequest
{
    public string RegistryId { get; set; }
    public string RepositoryName { get; set; }
    public string NextToken { get; set; }
    public int? MaxResults { get; set; }
    public ListImagesFilter Filter { get; set; }
}

public class ListImagesFilter
{
    public TagStatus TagStatus { get; set; }
    public ImageStatusFilter ImageStatus { get; set; }
}

public class ListImagesResponse : AmazonWebServiceResponse
{
    public List<ImageIdentifier> ImageIds { get; set; }
    public string NextToken { get; set; }
}

public class BatchGetImageRequest : AmazonECRRequest
{
    public string RegistryId { get; set; }
    public string RepositoryName { get; set; }
    public List<ImageIdentifier> ImageIds { get; set; }
    public List<string> AcceptedMediaTypes { get; set; }
}

public class BatchGetImageResponse : AmazonWebServiceResponse
{
    public List<Image> Images { get; set; }
    public List<ImageFailure> Failures { get; set; }
}

public class Image
{
    public string RegistryId { get; set; }
    public string RepositoryName { get; set; }
    public ImageIdentifier ImageId { get; set; }
    public string ImageManifest { get; set; }
    public string ImageManifestMediaType { get; set; }
}

public class ImageFailure
{
    public ImageIdentifier ImageId { get; set; }
    public ImageFailureCode FailureCode { get; set; }
    public string FailureReason { get; set; }
}

public class PutImageRequest : AmazonECRRequest
{
    public string RegistryId { get; set; }
    public string RepositoryName { get; set; }
    public string ImageManifest { get; set; }
    public string ImageManifestMediaType { get; set; }
    public string ImageTag { get; set; }
    public string ImageDigest { get; set; }
}

public class PutImageResponse : AmazonWebServiceResponse
{
    public Image Image { get; set; }
}

public class BatchDeleteImageRequest : AmazonECRRequest
{
    public string RegistryId { get; set; }
    public string RepositoryName { get; set; }
    public List<ImageIdentifier> ImageIds { get; set; }
}

public class BatchDeleteImageResponse : AmazonWebServiceResponse
{
    public List<ImageIdentifier> ImageIds { get; set; }
    public List<ImageFailure> Failures { get; set; }
}

public class UpdateImageStorageClassRequest : AmazonECRRequest
{
    public string RegistryId { get; set; }
    public string RepositoryName { get; set; }
    public ImageIdentifier ImageId { get; set; }
    public TargetStorageClass TargetStorageClass { get; set; }
}

public class UpdateImageStorageClassResponse : AmazonWebServiceResponse
{
    public string RegistryId { get; set; }
    public string RepositoryName { get; set; }
    public ImageIdentifier ImageId { get; set; }
    public ImageStatus ImageStatus { get; set; }
}

public class ListImageReferrersRequest : AmazonECRRequest
{
    public string RegistryId { get; set; }
    public string RepositoryName { get; set; }
    public SubjectIdentifier SubjectId { get; set; }
    public ListImageReferrersFilter Filter { get; set; }
    public string NextToken { get; set; }
    public int? MaxResults { get; set; }
}

public class SubjectIdentifier
{
    public string ImageDigest { get; set; }
}

public class ListImageReferrersFilter
{
    public List<string> ArtifactTypes { get; set; }
    public ArtifactStatusFilter ArtifactStatus { get; set; }
}

public class ListImageReferrersResponse : AmazonWebServiceResponse
{
    public List<ImageReferrer> Referrers { get; set; }
    public string NextToken { get; set; }
}

public class ImageReferrer
{
    public string Digest { get; set; }
    public string MediaType { get; set; }
    public string ArtifactType { get; set; }
    public long? Size { get; set; }
    public Dictionary<string, string> Annotations { get; set; }
    public ArtifactStatus ArtifactStatus { get; set; }
}
