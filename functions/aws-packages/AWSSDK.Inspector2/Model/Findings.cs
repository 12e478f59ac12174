using Amazon.Runtime;

namespace Amazon.Inspector2.Model;

public class ListFindingsRequest : AmazonInspector2Request
{
    public int? MaxResults { get; set; }
    public string NextToken { get; set; }
    public FilterCriteria FilterCriteria { get; set; }
    public SortCriteria SortCriteria { get; set; }
}

public class ListFindingsResponse : AmazonWebServiceResponse
{
    public string NextToken { get; set; }
    public List<Finding> Findings { get; set; }
}

public class Finding
{
    public string FindingArn { get; set; }
    public string AwsAccountId { get; set; }
    public FindingType Type { get; set; }
    public string Description { get; set; }
    public string Title { get; set; }
    public Remediation Remediation { get; set; }
    public Severity Severity { get; set; }
    public DateTime? FirstObservedAt { get; set; }
    public DateTime? LastObservedAt { get; set; }
    public DateTime? UpdatedAt { get; set; }
    public FindingStatus Status { get; set; }
    public List<Resource> Resources { get; set; }
    public double? InspectorScore { get; set; }
    public InspectorScoreDetails InspectorScoreDetails { get; set; }
    public PackageVulnerabilityDetails PackageVulnerabilityDetails { get; set; }
    public FixAvailable FixAvailable { get; set; }
    public ExploitAvailable ExploitAvailable { get; set; }
    public ExploitabilityDetails ExploitabilityDetails { get; set; }
    public EpssDetails Epss { get; set; }
}

public class Remediation
{
    public Recommendation Recommendation { get; set; }
}

public class Recommendation
{
    public string Text { get; set; }
    public string Url { get; set; }
}

public class Resource
{
    public ResourceType Type { get; set; }
    public string Id { get; set; }
    public string Partition { get; set; }
    public string Region { get; set; }
    public Dictionary<string, string> Tags { get; set; }
    public ResourceDetails Details { get; set; }
}

public class ResourceDetails
{
    public AwsEcrContainerImageDetails AwsEcrContainerImage { get; set; }
}

public class AwsEcrContainerImageDetails
{
    public string RepositoryName { get; set; }
    public List<string> ImageTags { get; set; }
    public DateTime? PushedAt { get; set; }
    public string Author { get; set; }
    public string Architecture { get; set; }
    public string ImageHash { get; set; }
    public string Registry { get; set; }
    public string Platform { get; set; }
    public DateTime? LastInUseAt { get; set; }
    public long? InUseCount { get; set; }
}

public class InspectorScoreDetails
{
    public CvssScoreDetails AdjustedCvss { get; set; }
}

public class CvssScoreDetails
{
    public string ScoreSource { get; set; }
    public string CvssSource { get; set; }
    public string Version { get; set; }
    public double? Score { get; set; }
    public string ScoringVector { get; set; }
    public List<CvssScoreAdjustment> Adjustments { get; set; }
}

public class CvssScoreAdjustment
{
    public string Metric { get; set; }
    public string Reason { get; set; }
}

public class PackageVulnerabilityDetails
{
    public string VulnerabilityId { get; set; }
    public List<VulnerablePackage> VulnerablePackages { get; set; }
    public string Source { get; set; }
    public List<CvssScore> Cvss { get; set; }
    public List<string> RelatedVulnerabilities { get; set; }
    public string SourceUrl { get; set; }
    public string VendorSeverity { get; set; }
    public DateTime? VendorCreatedAt { get; set; }
    public DateTime? VendorUpdatedAt { get; set; }
    public List<string> ReferenceUrls { get; set; }
}

public class VulnerablePackage
{
    public string Name { get; set; }
    public string Version { get; set; }
    public string SourceLayerHash { get; set; }
    public int? Epoch { get; set; }
    public string Release { get; set; }
    public string Arch { get; set; }
    public PackageManager PackageManager { get; set; }
    public string FilePath { get; set; }
    public string FixedInVersion { get; set; }
    public string Remediation { get; set; }
    public string SourceLambdaLayerArn { get; set; }
}

public class CvssScore
{
    public double? BaseScore { get; set; }
    public string ScoringVector { get; set; }
    public string Version { get; set; }
    public string Source { get; set; }
}

public class ExploitabilityDetails
{
    public DateTime? LastKnownExploitAt { get; set; }
}

public class EpssDetails
{
    public double? Score { get; set; }
}
