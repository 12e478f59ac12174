using Amazon.CloudFormation.Model;
using Amazon.Runtime.Internal;
using Amazon.Runtime.Internal.Transform;
using EcrGuard.Bundled.Plumbing;

namespace Amazon.CloudFormation.Marshalling;

internal static class CloudFormationOperations
{
    private static readonly ServiceModel CloudFormation = new(
        "Amazon.CloudFormation",
        "2010-05-15",
        _ => null,
        e => new AmazonCloudFormationException(e.Message, e.Inner, e.Type, e.Code, e.RequestId, e.Status)
    );

    internal static readonly InvokeOptions DescribeStacks = new QueryOperation<
        DescribeStacksRequest,
        DescribeStacksResponse
    >
    {
        Service = CloudFormation,
        Name = "DescribeStacks",
        Write = (form, value) => form.Member("StackName", value.StackName),
        Read = Read,
        Errors = [],
    }.ToOptions();

    private static void Read(XmlUnmarshallerContext xml, DescribeStacksResponse value)
    {
        if (xml.TestExpression("DescribeStacksResult/Stacks/member"))
            (value.Stacks ??= []).Add(new Stack());
        else if (xml.TestExpression("DescribeStacksResult/Stacks/member/StackId"))
            value.Stacks[^1].StackId = xml.ReadText();
        else if (xml.TestExpression("DescribeStacksResult/Stacks/member/StackName"))
            value.Stacks[^1].StackName = xml.ReadText();
        else if (xml.TestExpression("DescribeStacksResult/Stacks/member/StackStatus"))
            value.Stacks[^1].StackStatus = xml.ReadText();
    }
}
