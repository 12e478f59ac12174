using Amazon.Runtime;

namespace Amazon.Lambda;

public class FunctionVersion(string value) : ConstantClass(value)
{
    public static readonly FunctionVersion ALL = new("ALL");

    public static FunctionVersion FindValue(string value) => FindValue<FunctionVersion>(value);

    public static implicit operator FunctionVersion(string value) => FindValue(value);
}

public class InvocationType(string value) : ConstantClass(value)
{
    public static readonly InvocationType Event = new("Event");
    public static readonly InvocationType RequestResponse = new("RequestResponse");
    public static readonly InvocationType DryRun = new("DryRun");

    public static InvocationType FindValue(string value) => FindValue<InvocationType>(value);

    public static implicit operator InvocationType(string value) => FindValue(value);
}

public class PackageType(string value) : ConstantClass(value)
{
    public static readonly PackageType Zip = new("Zip");
    public static readonly PackageType Image = new("Image");

    public static PackageType FindValue(string value) => FindValue<PackageType>(value);

    public static implicit operator PackageType(string value) => FindValue(value);
}
