using Amazon.Runtime;

namespace Amazon.ECS;

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
