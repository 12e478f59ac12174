using Amazon.Runtime;

namespace Amazon.ECS.Model;

public class ListTasksRequest : AmazonECSRequest
{
    public string Cluster { get; set; }
    public string NextToken { get; set; }
    public int? MaxResults { get; set; }
}

public class ListTasksResponse : AmazonWebServiceResponse
{
    public List<string> TaskArns { get; set; }
    public string NextToken { get; set; }
}

public class DescribeTasksRequest : AmazonECSRequest
{
    public string Cluster { get; set; }
    public List<string> Tasks { get; set; }
}

public class DescribeTasksResponse : AmazonWebServiceResponse
{
    public List<Task> Tasks { get; set; }
    public List<Failure> Failures { get; set; }
}

public class Task
{
    public List<Container> Containers { get; set; }
    public string Group { get; set; }
    public string LastStatus { get; set; }
    public string TaskArn { get; set; }
    public string TaskDefinitionArn { get; set; }
}

public class Container
{
    public string Name { get; set; }
    public string Image { get; set; }
    public string ImageDigest { get; set; }
}
