using Amazon.Runtime;

namespace Amazon.ECR.Model;

public class GetRegistryScanningConfigurationRequest : AmazonECRRequest { }

public class GetRegistryScanningConfigurationResponse : AmazonWebServiceResponse
{
    public string RegistryId { get; set; }
    public RegistryScanningConfiguration ScanningConfiguration { get; set; }
}

public class RegistryScanningConfiguration
{
    public ScanType ScanType { get; set; }
    public List<RegistryScanningRule> Rules { get; set; }
}

public class RegistryScanningRule
{
    public ScanFrequency ScanFrequency { get; set; }
    public List<ScanningRepositoryFilter> RepositoryFilters { get; set; }
}

public class ScanningRepositoryFilter
{
    public string Filter { get; set; }
    public ScanningRepositoryFilterType FilterType { get; set; }
}

public class BatchGetRepositoryScanningConfigurationRequest : AmazonECRRequest
{
    public List<string> RepositoryNames { get; set; }
}

public class BatchGetRepositoryScanningConfigurationResponse : AmazonWebServiceResponse
{
    public List<RepositoryScanningConfiguration> ScanningConfigurations { get; set; }
    public List<RepositoryScanningConfigurationFailure> Failures { get; set; }
}

public class RepositoryScanningConfiguration
{
    public string RepositoryArn { get; set; }
    public string RepositoryName { get; set; }
    public bool? ScanOnPush { get; set; }
    public ScanFrequency ScanFrequency { get; set; }
    public List<ScanningRepositoryFilter> AppliedScanFilters { get; set; }
}

public class RepositoryScanningConfigurationFailure
{
    public string RepositoryName { get; set; }
    public ScanningConfigurationFailureCode FailureCode { get; set; }
    public string FailureReason { get; set; }
}
