using Amazon.Runtime;

namespace Amazon.ECR.Model;

public class GetLifecyclePolicyRequest : AmazonECRRequest
{
    public string RegistryId { get; set; }
    public string RepositoryName { get; set; }
}

public class GetLifecyclePolicyResponse : AmazonWebServiceResponse
{
    public string RegistryId { get; set; }
    public string RepositoryName { get; set; }
    public string LifecyclePolicyText { get; set; }
    public DateTime? LastEvaluatedAt { get; set; }
}

public class PutLifecyclePolicyRequest : AmazonECRRequest
{
    public string RegistryId { get; set; }
    public string RepositoryName { get; set; }
    public string LifecyclePolicyText { get; set; }
}

public class PutLifecyclePolicyResponse : AmazonWebServiceResponse
{
    public string RegistryId { get; set; }
    public string RepositoryName { get; set; }
    public string LifecyclePolicyText { get; set; }
}
