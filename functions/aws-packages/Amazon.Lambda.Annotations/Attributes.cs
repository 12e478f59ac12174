namespace Amazon.Lambda.Annotations;

/// <summary>
/// Marks a Lambda function's method. Read by the published package's source generator; here it documents.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public class LambdaFunctionAttribute : Attribute
{
    public string ResourceName { get; set; }
    public uint Timeout { get; set; }
    public uint MemorySize { get; set; }
    public string Role { get; set; }
    public string Policies { get; set; }
    public LambdaPackageType PackageType { get; set; }
}

public enum LambdaPackageType
{
    Zip = 0,
    Image = 1,
}

/// <summary>
/// Marks the class whose <c>ConfigureServices(IServiceCollection)</c> registers what the functions need.
/// </summary>
[AttributeUsage(AttributeTargets.Class)]
public class LambdaStartupAttribute : Attribute;

[AttributeUsage(AttributeTargets.Assembly)]
public class LambdaGlobalPropertiesAttribute : Attribute
{
    /// <summary>Whether the published source generator writes <c>Main</c>.</summary>
    public bool GenerateMain { get; set; }
    public string Runtime { get; set; }
}
