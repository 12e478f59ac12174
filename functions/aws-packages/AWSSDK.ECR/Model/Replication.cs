using Amazon.Runtime;

namespace Amazon.ECR.Model;

public class DescribeRegistryRequest : AmazonECRRequest { }

public class DescribeRegistryResponse : AmazonWebServiceResponse
{
    public string RegistryId { get; set; }
    public ReplicationConfiguration ReplicationConfiguration { get; set; }
}

public class ReplicationConfiguration
{
    public List<ReplicationRule> Rules { get; set; }
}

public class ReplicationRule
{
    public List<ReplicationDestination> Destinations { get; set; }
    public List<RepositoryFilter> RepositoryFilters { get; set; }
}

public class ReplicationDestination
{
    public string Region { get; set; }
    public string RegistryId { get; set; }
}

public class RepositoryFilter
{
    public string Filter { get; set; }
    public RepositoryFilterType FilterType { get; set; }
}
