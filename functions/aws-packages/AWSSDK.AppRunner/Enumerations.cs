using Amazon.Runtime;

namespace Amazon.AppRunner;

public class ImageRepositoryType(string value) : ConstantClass(value)
{
    public static readonly ImageRepositoryType ECR = new("ECR");
    public static readonly ImageRepositoryType ECR_PUBLIC = new("ECR_PUBLIC");

    public static ImageRepositoryType FindValue(string value) => FindValue<ImageRepositoryType>(value);

    public static implicit operator ImageRepositoryType(string value) => FindValue(value);
}

public class ServiceStatus(string value) : ConstantClass(value)
{
    public static readonly ServiceStatus CREATE_FAILED = new("CREATE_FAILED");
    public static readonly ServiceStatus RUNNING = new("RUNNING");
    public static readonly ServiceStatus DELETED = new("DELETED");
    public static readonly ServiceStatus DELETE_FAILED = new("DELETE_FAILED");
    public static readonly ServiceStatus PAUSED = new("PAUSED");
    public static readonly ServiceStatus OPERATION_IN_PROGRESS = new("OPERATION_IN_PROGRESS");

    public static ServiceStatus FindValue(string value) => FindValue<ServiceStatus>(value);

    public static implicit operator ServiceStatus(string value) => FindValue(value);
}
