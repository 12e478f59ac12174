using Amazon.Runtime;

namespace Amazon.CodeDeploy;

public class BundleType(string value) : ConstantClass(value)
{
    public static readonly BundleType JSON = new("JSON");
    public static readonly BundleType Tar = new("tar");
    public static readonly BundleType Tgz = new("tgz");
    public static readonly BundleType YAML = new("YAML");
    public static readonly BundleType Zip = new("zip");

    public static BundleType FindValue(string value) => FindValue<BundleType>(value);

    public static implicit operator BundleType(string value) => FindValue(value);
}

public class DeploymentCreator(string value) : ConstantClass(value)
{
    public static readonly DeploymentCreator Autoscaling = new("autoscaling");
    public static readonly DeploymentCreator AutoscalingTermination = new("autoscalingTermination");
    public static readonly DeploymentCreator CloudFormation = new("CloudFormation");
    public static readonly DeploymentCreator CloudFormationRollback = new("CloudFormationRollback");
    public static readonly DeploymentCreator CodeDeploy = new("CodeDeploy");
    public static readonly DeploymentCreator CodeDeployAutoUpdate = new("CodeDeployAutoUpdate");
    public static readonly DeploymentCreator CodeDeployRollback = new("codeDeployRollback");
    public static readonly DeploymentCreator User = new("user");

    public static DeploymentCreator FindValue(string value) => FindValue<DeploymentCreator>(value);

    public static implicit operator DeploymentCreator(string value) => FindValue(value);
}

public class LifecycleEventStatus(string value) : ConstantClass(value)
{
    public static readonly LifecycleEventStatus Failed = new("Failed");
    public static readonly LifecycleEventStatus InProgress = new("InProgress");
    public static readonly LifecycleEventStatus Pending = new("Pending");
    public static readonly LifecycleEventStatus Skipped = new("Skipped");
    public static readonly LifecycleEventStatus Succeeded = new("Succeeded");
    public static readonly LifecycleEventStatus Unknown = new("Unknown");

    public static LifecycleEventStatus FindValue(string value) => FindValue<LifecycleEventStatus>(value);

    public static implicit operator LifecycleEventStatus(string value) => FindValue(value);
}

public class RevisionLocationType(string value) : ConstantClass(value)
{
    public static readonly RevisionLocationType AppSpecContent = new("AppSpecContent");
    public static readonly RevisionLocationType GitHub = new("GitHub");
    public static readonly RevisionLocationType S3 = new("S3");

    public static RevisionLocationType FindValue(string value) => FindValue<RevisionLocationType>(value);

    public static implicit operator RevisionLocationType(string value) => FindValue(value);
}
