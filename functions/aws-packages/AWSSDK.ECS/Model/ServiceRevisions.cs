using Amazon.Runtime;

namespace Amazon.ECS.Model;

public class DescribeServiceRevisionsRequest : AmazonECSRequest
{
    public List<string> ServiceRevisionArns { get; set; }
}

public class DescribeServiceRevisionsResponse : AmazonWebServiceResponse
{
    public List<ServiceRevision> ServiceRevisions { get; set; }
    public List<Failure> Failures { get; set; }
}

public class ServiceRevision
{
    public string ServiceRevisionArn { get; set; }
    public string ServiceArn { get; set; }
    public string TaskDefinition { get; set; }
    public List<ContainerImage> ContainerImages { get; set; }
}

public class ContainerImage
{
    public string ContainerName { get; set; }
    public string ImageDigest { get; set; }
    public string Image { get; set; }
}
