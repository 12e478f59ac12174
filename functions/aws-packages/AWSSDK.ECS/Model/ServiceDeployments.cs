using Amazon.Runtime;

namespace Amazon.ECS.Model;

public class DescribeServiceDeploymentsRequest : AmazonECSRequest
{
    public List<string> ServiceDeploymentArns { get; set; }
}

public class DescribeServiceDeploymentsResponse : AmazonWebServiceResponse
{
    public List<ServiceDeployment> ServiceDeployments { get; set; }
    public List<Failure> Failures { get; set; }
}

public class ServiceDeployment
{
    public string ServiceDeploymentArn { get; set; }
    public string ServiceArn { get; set; }
    public List<ServiceRevisionSummary> SourceServiceRevisions { get; set; }
    public ServiceRevisionSummary TargetServiceRevision { get; set; }
    public Rollback Rollback { get; set; }
    public ServiceDeploymentStatus Status { get; set; }
}

public class ServiceRevisionSummary
{
    public string Arn { get; set; }
}

public class Rollback
{
    public string ServiceRevisionArn { get; set; }
}
