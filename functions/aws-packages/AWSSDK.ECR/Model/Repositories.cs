using Amazon.Runtime;

namespace Amazon.ECR.Model;

public class DescribeRepositoriesRequest : AmazonECRRequest
{
    public string RegistryId { get; set; }
    public List<string> RepositoryNames { get; set; }
    public string NextToken { get; set; }
    public int? MaxResults { get; set; }
}

public class DescribeRepositoriesResponse : AmazonWebServiceResponse
{
    public List<Repository> Repositories { get; set; }
    public string NextToken { get; set; }
}

public class Repository
{
    public string RepositoryArn { get; set; }
    public string RegistryId { get; set; }
    public string RepositoryName { get; set; }
    public string RepositoryUri { get; set; }
    public DateTime? CreatedAt { get; set; }
    public ImageTagMutability ImageTagMutability { get; set; }
    public List<ImageTagMutabilityExclusionFilter> ImageTagMutabilityExclusionFilters { get; set; }
    public ImageScanningConfiguration ImageScanningConfiguration { get; set; }
    public EncryptionConfiguration EncryptionConfiguration { get; set; }
}

public class ImageTagMutabilityExclusionFilter
{
    public ImageTagMutabilityExclusionFilterType FilterType { get; set; }
    public string Filter { get; set; }
}

public class ImageScanningConfiguration
{
    public bool? ScanOnPush { get; set; }
}

public class EncryptionConfiguration
{
    public EncryptionType EncryptionType { get; set; }
    public string KmsKey { get; set; }
}

public class CreateRepositoryRequest : AmazonECRRequest
{
    public string RegistryId { get; set; }
    public string RepositoryName { get; set; }
    public List<Tag> Tags { get; set; }
    public ImageTagMutability ImageTagMutability { get; set; }
    public List<ImageTagMutabilityExclusionFilter> ImageTagMutabilityExclusionFilters { get; set; }
    public ImageScanningConfiguration ImageScanningConfiguration { get; set; }
    public EncryptionConfiguration EncryptionConfiguration { get; set; }
}

public class Tag
{
    public string Key { get; set; }
    public string Value { get; set; }
}

public class CreateRepositoryResponse : AmazonWebServiceResponse
{
    public Repository Repository { get; set; }
}

public class PutImageTagMutabilityRequest : AmazonECRRequest
{
    public string RegistryId { get; set; }
    public string RepositoryName { get; set; }
    public ImageTagMutability ImageTagMutability { get; set; }
    public List<ImageTagMutabilityExclusionFilter> ImageTagMutabilityExclusionFilters { get; set; }
}

public class PutImageTagMutabilityResponse : AmazonWebServiceResponse
{
    public string RegistryId { get; set; }
    public string RepositoryName { get; set; }
    public ImageTagMutability ImageTagMutability { get; set; }
    public List<ImageTagMutabilityExclusionFilter> ImageTagMutabilityExclusionFilters { get; set; }
}

public class PutImageScanningConfigurationRequest : AmazonECRRequest
{
    public string RegistryId { get; set; }
    public string RepositoryName { get; set; }
    public ImageScanningConfiguration ImageScanningConfiguration { get; set; }
}

public class PutImageScanningConfigurationResponse : AmazonWebServiceResponse
{
    public string RegistryId { get; set; }
    public string RepositoryName { get; set; }
    public ImageScanningConfiguration ImageScanningConfiguration { get; set; }
}

public class ListTagsForResourceRequest : AmazonECRRequest
{
    public string ResourceArn { get; set; }
}

public class ListTagsForResourceResponse : AmazonWebServiceResponse
{
    public List<Tag> Tags { get; set; }
}

public class TagResourceRequest : AmazonECRRequest
{
    public string ResourceArn { get; set; }
    public List<Tag> Tags { get; set; }
}

public class TagResourceResponse : AmazonWebServiceResponse { }

public class UntagResourceRequest : AmazonECRRequest
{
    public string ResourceArn { get; set; }
    public List<string> TagKeys { get; set; }
}

public class UntagResourceResponse : AmazonWebServiceResponse { }
