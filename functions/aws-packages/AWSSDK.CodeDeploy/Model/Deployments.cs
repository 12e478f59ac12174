using Amazon.Runtime;

namespace Amazon.CodeDeploy.Model;

public class GetDeploymentRequest : AmazonCodeDeployRequest
{
    public string DeploymentId { get; set; }
}

public class GetDeploymentResponse : AmazonWebServiceResponse
{
    public DeploymentInfo DeploymentInfo { get; set; }
}

public class DeploymentInfo
{
    public string ApplicationName { get; set; }
    public DeploymentCreator Creator { get; set; }
    public RevisionLocation Revision { get; set; }
    public RollbackInfo RollbackInfo { get; set; }
}

public class RollbackInfo
{
    public string RollbackTriggeringDeploymentId { get; set; }
}

public class PutLifecycleEventHookExecutionStatusRequest : AmazonCodeDeployRequest
{
    public string DeploymentId { get; set; }
    public string LifecycleEventHookExecutionId { get; set; }
    public LifecycleEventStatus Status { get; set; }
}

public class PutLifecycleEventHookExecutionStatusResponse : AmazonWebServiceResponse
{
    public string LifecycleEventHookExecutionId { get; set; }
}
