using Amazon.Runtime;

namespace Amazon.ECS;

public class ServiceDeploymentStatus(string value) : ConstantClass(value)
{
    public static readonly ServiceDeploymentStatus IN_PROGRESS = new("IN_PROGRESS");
    public static readonly ServiceDeploymentStatus PENDING = new("PENDING");
    public static readonly ServiceDeploymentStatus ROLLBACK_FAILED = new("ROLLBACK_FAILED");
    public static readonly ServiceDeploymentStatus ROLLBACK_IN_PROGRESS = new("ROLLBACK_IN_PROGRESS");
    public static readonly ServiceDeploymentStatus ROLLBACK_REQUESTED = new("ROLLBACK_REQUESTED");
    public static readonly ServiceDeploymentStatus ROLLBACK_SUCCESSFUL = new("ROLLBACK_SUCCESSFUL");
    public static readonly ServiceDeploymentStatus STOPPED = new("STOPPED");
    public static readonly ServiceDeploymentStatus STOP_REQUESTED = new("STOP_REQUESTED");
    public static readonly ServiceDeploymentStatus SUCCESSFUL = new("SUCCESSFUL");

    public static ServiceDeploymentStatus FindValue(string value) => FindValue<ServiceDeploymentStatus>(value);

    public static implicit operator ServiceDeploymentStatus(string value) => FindValue(value);
}

public class SortOrder(string value) : ConstantClass(value)
{
    public static readonly SortOrder ASC = new("ASC");
    public static readonly SortOrder DESC = new("DESC");

    public static SortOrder FindValue(string value) => FindValue<SortOrder>(value);

    public static implicit operator SortOrder(string value) => FindValue(value);
}

public class TaskDefinitionFamilyStatus(string value) : ConstantClass(value)
{
    public static readonly TaskDefinitionFamilyStatus ACTIVE = new("ACTIVE");
    public static readonly TaskDefinitionFamilyStatus INACTIVE = new("INACTIVE");
    public static readonly TaskDefinitionFamilyStatus ALL = new("ALL");

    public static TaskDefinitionFamilyStatus FindValue(string value) => FindValue<TaskDefinitionFamilyStatus>(value);

    public static implicit operator TaskDefinitionFamilyStatus(string value) => FindValue(value);
}

public class TaskDefinitionStatus(string value) : ConstantClass(value)
{
    public static readonly TaskDefinitionStatus ACTIVE = new("ACTIVE");
    public static readonly TaskDefinitionStatus INACTIVE = new("INACTIVE");
    public static readonly TaskDefinitionStatus DELETE_IN_PROGRESS = new("DELETE_IN_PROGRESS");

    public static TaskDefinitionStatus FindValue(string value) => FindValue<TaskDefinitionStatus>(value);

    public static implicit operator TaskDefinitionStatus(string value) => FindValue(value);
}
