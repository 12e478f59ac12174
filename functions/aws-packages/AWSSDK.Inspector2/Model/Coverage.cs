using Amazon.Runtime;

namespace Amazon.Inspector2.Model;

public class ListCoverageRequest : AmazonInspector2Request
{
    public int? MaxResults { get; set; }
    public string NextToken { get; set; }
    public CoverageFilterCriteria FilterCriteria { get; set; }
}

public class CoverageFilterCriteria
{
    public List<CoverageStringFilter> ScanStatusCode { get; set; }
    public List<CoverageStringFilter> ScanStatusReason { get; set; }
    public List<CoverageStringFilter> AccountId { get; set; }
    public List<CoverageStringFilter> ResourceId { get; set; }
    public List<CoverageStringFilter> ResourceType { get; set; }
    public List<CoverageStringFilter> ScanType { get; set; }
    public List<CoverageStringFilter> EcrRepositoryName { get; set; }
    public List<CoverageStringFilter> EcrImageTags { get; set; }
    public List<CoverageDateFilter> LastScannedAt { get; set; }
    public List<CoverageStringFilter> ScanMode { get; set; }
    public List<CoverageDateFilter> ImagePulledAt { get; set; }
    public List<CoverageDateFilter> EcrImageLastInUseAt { get; set; }
    public List<CoverageNumberFilter> EcrImageInUseCount { get; set; }
}

public class CoverageStringFilter
{
    public CoverageStringComparison Comparison { get; set; }
    public string Value { get; set; }
}

public class CoverageDateFilter
{
    public DateTime? StartInclusive { get; set; }
    public DateTime? EndInclusive { get; set; }
}

public class CoverageNumberFilter
{
    public long? UpperInclusive { get; set; }
    public long? LowerInclusive { get; set; }
}

public class ListCoverageResponse : AmazonWebServiceResponse
{
    public string NextToken { get; set; }
    public List<CoveredResource> CoveredResources { get; set; }
}

public class CoveredResource
{
    public CoverageResourceType ResourceType { get; set; }
    public string ResourceId { get; set; }
    public string AccountId { get; set; }
    public ScanType ScanType { get; set; }
    public ScanStatus ScanStatus { get; set; }
    public ResourceScanMetadata ResourceMetadata { get; set; }
    public DateTime? LastScannedAt { get; set; }
    public ScanMode ScanMode { get; set; }
}

public class ScanStatus
{
    public ScanStatusCode StatusCode { get; set; }
    public ScanStatusReason Reason { get; set; }
}

public class ResourceScanMetadata
{
    public EcrRepositoryMetadata EcrRepository { get; set; }
    public EcrContainerImageMetadata EcrImage { get; set; }
}

public class EcrRepositoryMetadata
{
    public string Name { get; set; }
    public EcrScanFrequency ScanFrequency { get; set; }
}

public class EcrContainerImageMetadata
{
    public List<string> Tags { get; set; }
    public DateTime? ImagePulledAt { get; set; }
    public DateTime? LastInUseAt { get; set; }
    public long? InUseCount { get; set; }
}
