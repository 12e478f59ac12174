using Amazon.Runtime;

namespace Amazon.CloudFormation.Model;

public class DescribeStacksRequest : AmazonCloudFormationRequest
{
    public string StackName { get; set; }
}

public class DescribeStacksResponse : AmazonWebServiceResponse
{
    public List<Stack> Stacks { get; set; }
}

public class Stack
{
    public string StackId { get; set; }
    public string StackName { get; set; }
    public StackStatus StackStatus { get; set; }
}
