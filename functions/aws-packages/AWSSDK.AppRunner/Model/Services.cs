using Amazon.Runtime;

namespace Amazon.AppRunner.Model;

public class ListServicesRequest : AmazonAppRunnerRequest
{
    public string NextToken { get; set; }
    public int? MaxResults { get; set; }
}

public class ListServicesResponse : AmazonWebServiceResponse
{
    public List<ServiceSummary> ServiceSummaryList { get; set; }
    public string NextToken { get; set; }
}

public class ServiceSummary
{
    public string ServiceName { get; set; }
    public string ServiceArn { get; set; }
    public ServiceStatus Status { get; set; }
}

public class DescribeServiceRequest : AmazonAppRunnerRequest
{
    public string ServiceArn { get; set; }
}

public class DescribeServiceResponse : AmazonWebServiceResponse
{
    public Service Service { get; set; }
}

public class Service
{
    public string ServiceName { get; set; }
    public string ServiceArn { get; set; }
    public ServiceStatus Status { get; set; }
    public SourceConfiguration SourceConfiguration { get; set; }
}

public class SourceConfiguration
{
    public ImageRepository ImageRepository { get; set; }
}

public class ImageRepository
{
    public string ImageIdentifier { get; set; }
    public ImageRepositoryType ImageRepositoryType { get; set; }
}
