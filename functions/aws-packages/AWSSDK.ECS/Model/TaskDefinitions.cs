using Amazon.Runtime;

namespace Amazon.ECS.Model;

public class ListTaskDefinitionFamiliesRequest : AmazonECSRequest
{
    public TaskDefinitionFamilyStatus Status { get; set; }
    public string NextToken { get; set; }
    public int? MaxResults { get; set; }
}

public class ListTaskDefinitionFamiliesResponse : AmazonWebServiceResponse
{
    public List<string> Families { get; set; }
    public string NextToken { get; set; }
}

public class ListTaskDefinitionsRequest : AmazonECSRequest
{
    public string FamilyPrefix { get; set; }
    public TaskDefinitionStatus Status { get; set; }
    public SortOrder Sort { get; set; }
    public string NextToken { get; set; }
    public int? MaxResults { get; set; }
}

public class ListTaskDefinitionsResponse : AmazonWebServiceResponse
{
    public List<string> TaskDefinitionArns { get; set; }
    public string NextToken { get; set; }
}

public class DescribeTaskDefinitionRequest : AmazonECSRequest
{
    public string TaskDefinition { get; set; }
}

public class DescribeTaskDefinitionResponse : AmazonWebServiceResponse
{
    public TaskDefinition TaskDefinition { get; set; }
}

public class TaskDefinition
{
    public string TaskDefinitionArn { get; set; }
    public List<ContainerDefinition> ContainerDefinitions { get; set; }
    public string Family { get; set; }
    public int? Revision { get; set; }
}

public class ContainerDefinition
{
    public string Name { get; set; }
    public string Image { get; set; }
}
