using System.Text.Json.Nodes;
using EcrGuard.Core.Gates;
using EcrGuard.EndToEnd.Tests.Harness;
using EcrGuard.LocalAws;

namespace EcrGuard.EndToEnd.Tests.Gates;

/// <summary>The Lambda Hook of CloudFormation. <see cref="OneAnswerTests"/> tests what all adapters share.</summary>
public sealed class CloudFormationGateTests(Deployment guard) : IClassFixture<Deployment>
{
    private const string RollingBack = "arn:aws:cloudformation:eu-central-1:123456789012:stack/rolling/1";
    private const string Image = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/shop/web:1";

    private readonly List<string> _asked = [];

    [Theory]
    [InlineData("AWS::ECS::TaskDefinition", """{"ContainerDefinitions":[{"Image":"IMAGE"},{"Image":"IMAGE"}]}""")]
    [InlineData("AWS::Lambda::Function", """{"PackageType":"Image","Code":{"ImageUri":"IMAGE"}}""")]
    [InlineData(
        "AWS::AppRunner::Service",
        """{"SourceConfiguration":{"ImageRepository":{"ImageIdentifier":"IMAGE","ImageRepositoryType":"ECR"}}}"""
    )]
    [InlineData("AWS::Batch::JobDefinition", """{"ContainerProperties":{"Image":"IMAGE"}}""")]
    [InlineData("AWS::SageMaker::Model", """{"PrimaryContainer":{"Image":"IMAGE"},"Containers":[{"Image":"IMAGE"}]}""")]
    [InlineData("AWS::ECS::ExpressGatewayService", """{"PrimaryContainer":{"Image":"IMAGE"}}""")]
    public async Task Every_kind_of_resource_is_asked_about_by_its_image(string type, string properties)
    {
        Approve("BLOCKED");
        var answer = await GateAdapter.CloudFormationAsync(
            guard,
            type,
            JsonNode.Parse(properties.Replace("IMAGE", Image, StringComparison.Ordinal))
        );
        Assert.Equal("FAILED", (string)answer["hookStatus"]!);
        Assert.Contains("BLOCKED", (string)answer["message"]!, StringComparison.Ordinal);
        Assert.Equal([Image], _asked.Distinct());
    }

    [Theory]
    [InlineData("AWS::Lambda::Function", """{"Code":{"S3Bucket":"b","S3Key":"k"}}""", "CREATE_PRE_PROVISION")]
    [InlineData("AWS::S3::Bucket", "{}", "UPDATE_PRE_PROVISION")]
    [InlineData("AWS::ECS::TaskDefinition", """{"ContainerDefinitions":[{"Image":"a:1"}]}""", "DELETE_PRE_PROVISION")]
    public async Task What_runs_no_image_or_is_deleted_passes_and_nothing_is_asked(
        string type,
        string properties,
        string point
    )
    {
        Approve("BLOCKED");
        var answer = await GateAdapter.CloudFormationAsync(guard, type, JsonNode.Parse(properties), point: point);
        Assert.Equal("SUCCESS", (string)answer["hookStatus"]!);
        Assert.Empty(_asked);
    }

    [Theory]
    [InlineData("UPDATE_ROLLBACK_IN_PROGRESS", "SUCCESS")]
    [InlineData("ROLLBACK_IN_PROGRESS", "SUCCESS")]
    [InlineData("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", "SUCCESS")]
    [InlineData("UPDATE_IN_PROGRESS", "FAILED")]
    [InlineData("CREATE_IN_PROGRESS", "FAILED")]
    [InlineData("UPDATE_ROLLBACK_COMPLETE", "FAILED")]
    public async Task A_stack_that_rolls_back_is_never_held_up(string status, string hookStatus)
    {
        Approve("BLOCKED");
        guard.Aws.CloudFormation.PutStack(RollingBack, status);
        Assert.Equal(hookStatus, (string)(await OfTaskAsync(RollingBack))["hookStatus"]!);
    }

    [Fact]
    public async Task Whether_a_stack_rolls_back_is_asked_of_no_stack_that_passes_and_not_knowing_it_is_no_yes()
    {
        Approve("APPROVED");
        guard.TakeRequests();
        Assert.Equal("SUCCESS", (string)(await OfTaskAsync(RollingBack))["hookStatus"]!);
        Assert.DoesNotContain(guard.TakeRequests(), request => request.Operation == "DescribeStacks");

        Approve("BLOCKED");
        guard.Aws.Faults.Add(
            Fault.Refuse(403, "AccessDenied", "It may not.") with
            {
                Service = "cloudformation",
                Operation = "DescribeStacks",
            }
        );
        Assert.Equal("FAILED", (string)(await OfTaskAsync(RollingBack))["hookStatus"]!);
    }

    [Fact]
    public async Task What_is_pending_is_asked_about_three_times_more_and_then_is_a_no()
    {
        Approve("PENDING");
        for (var invocation = 1; invocation <= CloudFormationHook.MostWaits; invocation++)
            Assert.Equal("IN_PROGRESS", (string)(await OfTaskAsync(null, invocation))["hookStatus"]!);
        Assert.Equal("FAILED", (string)(await OfTaskAsync(null, CloudFormationHook.MostWaits + 1))["hookStatus"]!);
        Assert.Equal("FAILED", (string)(await OfTaskAsync(null, null))["hookStatus"]!);
    }

    [Fact]
    public async Task An_image_that_CloudFormation_has_not_resolved_is_a_no()
    {
        Approve("APPROVED");
        var answer = await GateAdapter.CloudFormationAsync(
            guard,
            "AWS::ECS::TaskDefinition",
            JsonNode.Parse("""{"ContainerDefinitions":[{"Image":{"Fn::Sub":"${AWS::AccountId}/web"}}]}""")
        );
        Assert.Equal("FAILED", (string)answer["hookStatus"]!);
        Assert.Contains("Only the deployment knows it", (string)answer["message"]!, StringComparison.Ordinal);
    }

    private Task<JsonNode> OfTaskAsync(string? stack, int? invocation = 1) =>
        GateAdapter.CloudFormationAsync(
            guard,
            "AWS::ECS::TaskDefinition",
            JsonNode.Parse($$"""{"ContainerDefinitions":[{"Image":"{{Image}}"}]}"""),
            stack,
            invocation
        );

    private void Approve(string status) =>
        guard.Aws.Lambda.Register(
            "Approval",
            question =>
            {
                lock (_asked)
                    _asked.Add((string)JsonNode.Parse(question)!["image"]!);
                return Task.FromResult(OneAnswerTests.Verdict(guard, "shop/web", status, status == "APPROVED"));
            }
        );
}
