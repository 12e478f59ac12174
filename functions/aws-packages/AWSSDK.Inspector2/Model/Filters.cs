namespace Amazon.Inspector2.Model;

public class FilterCriteria
{
    public List<StringFilter> FindingArn { get; set; }
    public List<StringFilter> AwsAccountId { get; set; }
    public List<StringFilter> FindingType { get; set; }
    public List<StringFilter> Severity { get; set; }
    public List<DateFilter> FirstObservedAt { get; set; }
    public List<DateFilter> LastObservedAt { get; set; }
    public List<DateFilter> UpdatedAt { get; set; }
    public List<StringFilter> FindingStatus { get; set; }
    public List<StringFilter> Title { get; set; }
    public List<NumberFilter> InspectorScore { get; set; }
    public List<StringFilter> ResourceType { get; set; }
    public List<StringFilter> ResourceId { get; set; }
    public List<MapFilter> ResourceTags { get; set; }
    public List<DateFilter> EcrImagePushedAt { get; set; }
    public List<StringFilter> EcrImageArchitecture { get; set; }
    public List<StringFilter> EcrImageRegistry { get; set; }
    public List<StringFilter> EcrImageRepositoryName { get; set; }
    public List<StringFilter> EcrImageTags { get; set; }
    public List<StringFilter> EcrImageHash { get; set; }
    public List<DateFilter> EcrImageLastInUseAt { get; set; }
    public List<NumberFilter> EcrImageInUseCount { get; set; }
    public List<StringFilter> VulnerabilityId { get; set; }
    public List<StringFilter> VulnerabilitySource { get; set; }
    public List<StringFilter> VendorSeverity { get; set; }
    public List<PackageFilter> VulnerablePackages { get; set; }
    public List<StringFilter> RelatedVulnerabilities { get; set; }
    public List<StringFilter> FixAvailable { get; set; }
    public List<StringFilter> ExploitAvailable { get; set; }
    public List<NumberFilter> EpssScore { get; set; }
}

public class StringFilter
{
    public StringComparison Comparison { get; set; }
    public string Value { get; set; }
}

public class DateFilter
{
    public DateTime? StartInclusive { get; set; }
    public DateTime? EndInclusive { get; set; }
}

public class NumberFilter
{
    public double? UpperInclusive { get; set; }
    public double? LowerInclusive { get; set; }
}

public class MapFilter
{
    public MapComparison Comparison { get; set; }
    public string Key { get; set; }
    public string Value { get; set; }
}

public class PackageFilter
{
    public StringFilter Name { get; set; }
    public StringFilter Version { get; set; }
    public NumberFilter Epoch { get; set; }
    public StringFilter Release { get; set; }
    public StringFilter Architecture { get; set; }
    public StringFilter SourceLayerHash { get; set; }
    public StringFilter SourceLambdaLayerArn { get; set; }
    public StringFilter FilePath { get; set; }
}

public class SortCriteria
{
    public SortField Field { get; set; }
    public SortOrder SortOrder { get; set; }
}
