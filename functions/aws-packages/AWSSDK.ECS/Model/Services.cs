using Amazon.Runtime;

namespace Amazon.ECS.Model;

public class ListServicesRequest : AmazonECSRequest
{
    public string Cluster { get; set; }
    public string NextToken { get; set; }
    public int? MaxResults { get; set; }
}

public class ListServicesResponse : AmazonWebServiceResponse
{
    public List<string> ServiceArns { get; set; }
    public string NextToken { get; set; }
}

public class DescribeServicesRequest : AmazonECSRequest
{
    public string Cluster { get; set; }
    public List<string> Services { get; set; }
}

public class DescribeServicesResponse : AmazonWebServiceResponse
{
    public List<Service> Services { get; set; }
    public List<Failure> Failures { get; set; }
}

public class Service
{
    public string ServiceArn { get; set; }
    public string ServiceName { get; set; }
    public string Status { get; set; }
    public int? DesiredCount { get; set; }
    public string TaskDefinition { get; set; }
    public List<TaskSet> TaskSets { get; set; }
    public List<Deployment> Deployments { get; set; }
    public string CurrentServiceDeployment { get; set; }
    public List<ServiceCurrentRevisionSummary> CurrentServiceRevisions { get; set; }
}

public class ServiceCurrentRevisionSummary
{
    public string Arn { get; set; }
}

public class TaskSet
{
    public string Id { get; set; }
    public string Status { get; set; }
    public string TaskDefinition { get; set; }
}

public class Deployment
{
    public string Id { get; set; }
    public string Status { get; set; }
    public string TaskDefinition { get; set; }
}
