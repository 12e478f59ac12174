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

public class DeleteLifecyclePolicyRequest : AmazonECRRequest
{
    public string RegistryId { get; set; }
    public string RepositoryName { get; set; }
}

public class DeleteLifecyclePolicyResponse : AmazonWebServiceResponse
{
    public string RegistryId { get; set; }
    public string RepositoryName { get; set; }
    public string LifecyclePolicyText { get; set; }
    public DateTime? LastEvaluatedAt { get; set; }
}

public class StartLifecyclePolicyPreviewRequest : AmazonECRRequest
{
    public string RegistryId { get; set; }
    public string RepositoryName { get; set; }
    public string LifecyclePolicyText { get; set; }
}

public class StartLifecyclePolicyPreviewResponse : AmazonWebServiceResponse
{
    public string RegistryId { get; set; }
    public string RepositoryName { get; set; }
    public string LifecyclePolicyText { get; set; }
    public LifecyclePolicyPreviewStatus Status { get; set; }
}

public class GetLifecyclePolicyPreviewRequest : AmazonECRRequest
{
    public string RegistryId { get; set; }
    public string RepositoryName { get; set; }
    public List<ImageIdentifier> ImageIds { get; set; }
    public string NextToken { get; set; }
    public int? MaxResults { get; set; }
    public LifecyclePolicyPreviewFilter Filter { get; set; }
}

public class LifecyclePolicyPreviewFilter
{
    public TagStatus TagStatus { get; set; }
}

public class GetLifecyclePolicyPreviewResponse : AmazonWebServiceResponse
{
    public string RegistryId { get; set; }
    public string RepositoryName { get; set; }
    public string LifecyclePolicyText { get; set; }
    public LifecyclePolicyPreviewStatus Status { get; set; }
    public string NextToken { get; set; }
    public List<LifecyclePolicyPreviewResult> PreviewResults { get; set; }
    public LifecyclePolicyPreviewSummary Summary { get; set; }
}

public class LifecyclePolicyPreviewResult
{
    public List<string> ImageTags { get; set; }
    public string ImageDigest { get; set; }
    public DateTime? ImagePushedAt { get; set; }
    public LifecyclePolicyRuleAction Action { get; set; }
    public int? AppliedRulePriority { get; set; }
    public LifecyclePolicyStorageClass StorageClass { get; set; }
}

public class LifecyclePolicyRuleAction
{
    public ImageActionType Type { get; set; }
    public LifecyclePolicyTargetStorageClass TargetStorageClass { get; set; }
}

public class LifecyclePolicyPreviewSummary
{
    public int? ExpiringImageTotalCount { get; set; }
    public List<TransitioningImageTotalCount> TransitioningImageTotalCounts { get; set; }
}

public class TransitioningImageTotalCount
{
    public LifecyclePolicyTargetStorageClass TargetStorageClass { get; set; }
    public int? ImageTotalCount { get; set; }
}
