using System.Reflection;

namespace EcrGuard.Aws.Tests.Bundled;

/// <summary>The bundled packages have no public member that the published packages lack.</summary>
public sealed class PublishedApiTests
{
    [Theory]
    [InlineData("Amazon.Lambda.Annotations")]
    [InlineData("Amazon.Lambda.APIGatewayEvents")]
    [InlineData("Amazon.Lambda.Core")]
    [InlineData("Amazon.Lambda.RuntimeSupport")]
    [InlineData("Amazon.Lambda.Serialization.SystemTextJson")]
    [InlineData("Amazon.Lambda.SQSEvents")]
    [InlineData("AWSSDK.AppRunner")]
    [InlineData("AWSSDK.CloudFormation")]
    [InlineData("AWSSDK.CodeDeploy")]
    [InlineData("AWSSDK.CodePipeline")]
    [InlineData("AWSSDK.ECR")]
    [InlineData("AWSSDK.ECS")]
    [InlineData("AWSSDK.EventBridge")]
    [InlineData("AWSSDK.Inspector2")]
    [InlineData("AWSSDK.Lambda")]
    [InlineData("AWSSDK.Scheduler")]
    [InlineData("AWSSDK.SimpleNotificationService")]
    public void Every_bundled_public_member_equals_one_of_the_published_package(string package)
    {
        var published = File.ReadLines(
                Path.Combine(AppContext.BaseDirectory, "Bundled", "published-api", $"{package}.txt")
            )
            .ToHashSet();
        var bundled = ApiLines.Of(Assembly.Load($"EcrGuard.Bundled.{package}")).ToList();

        Assert.NotEmpty(bundled);
        Assert.Equal("", string.Join('\n', bundled.Except(published)));
    }
}
