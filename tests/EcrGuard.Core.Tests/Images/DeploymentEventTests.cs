using EcrGuard.Core.Images;

namespace EcrGuard.Core.Tests.Images;

public sealed class DeploymentEventTests
{
    private const string Uri = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/shop/web:1.0";
    private const string Ecs = "arn:aws:ecs:eu-central-1:123456789012";
    private static readonly string Hex = Facts.Digest(1).ToString();

    private static DeploymentEvent? Read(string source, string type, string detail, string resources = "[]") =>
        DeploymentEvent.Read($$"""{"id":"1","source":"{{source}}","detail-type":"{{type}}","account":"123456789012","region":"eu-central-1","time":"2026-11-18T12:00:00Z","resources":{{resources}},"detail":{{detail}}}""", out _);

    private static DeploymentEvent? Task(string last, string desired, string group, string containers) => Read("aws.ecs", "ECS Task State Change",
        $$"""{"clusterArn":"{{Ecs}}:cluster/main","taskArn":"{{Ecs}}:task/main/1","taskDefinitionArn":"{{Ecs}}:task-definition/web:7","group":"{{group}}","lastStatus":"{{last}}","desiredStatus":"{{desired}}","containers":{{containers}}}""");

    [Theory]
    [InlineData("PENDING", "RUNNING", true)]
    [InlineData("RUNNING", "RUNNING", true)]
    [InlineData("PROVISIONING", "RUNNING", false)]
    [InlineData("RUNNING", "STOPPED", false)]
    [InlineData("STOPPED", "STOPPED", false)]
    public void A_task_that_starts_or_runs_is_a_deployment_and_one_that_ends_is_none(string last, string desired, bool deployed) =>
        Assert.Equal(deployed, Task(last, desired, "service:web", $$"""[{"image":"{{Uri}}"}]""") is not null);

    [Fact]
    public void A_task_names_its_service_and_the_images_of_its_containers_once_each()
    {
        var task = Task("RUNNING", "RUNNING", "service:web", $$"""[{"image":"{{Uri}}","imageDigest":"{{Hex}}"},{"image":"{{Uri}}","imageDigest":"{{Hex}}"},{"name":"agent"},{"image":"nginx"}]""")!;
        Assert.Equal(new Consumer(ConsumerKind.EcsService, $"{Ecs}:service/main/web"), task.By);
        Assert.Equal([new NamedImage(Uri, Facts.Digest(1)), new NamedImage("nginx", null)], task.Images);
        Assert.Equal(("123456789012", "eu-central-1"), (task.Account, task.Region));
    }

    [Fact]
    public void A_task_without_a_service_is_its_task_definitions() =>
        Assert.Equal(new Consumer(ConsumerKind.TaskDefinition, $"{Ecs}:task-definition/web:7"), Task("RUNNING", "RUNNING", "family:web", "[]")!.By);

    [Theory]
    [InlineData("CreateFunction20150331", true)]
    [InlineData("UpdateFunctionCode20150331v2", true)]
    [InlineData("UpdateFunctionCode", true)]
    [InlineData("PublishVersion20150331", true)]
    [InlineData("UpdateFunctionConfiguration20150331v2", false)]
    [InlineData("CreateFunctionUrlConfig", false)]
    [InlineData("DeleteFunction20150331", false)]
    public void Calls_of_Lambda_are_known_by_the_beginning_of_their_name(string name, bool deploys) =>
        Assert.Equal(deploys, Read("aws.lambda", "AWS API Call via CloudTrail", $$"""{"eventName":"{{name}}","responseElements":{"functionArn":"arn:aws:lambda:eu-central-1:123456789012:function:pay"}}""") is not null);

    [Theory]
    [InlineData("""{"functionArn":"arn:aws:lambda:eu-central-1:123456789012:function:pay","version":"$LATEST"}""", "arn:aws:lambda:eu-central-1:123456789012:function:pay")]
    [InlineData("""{"functionArn":"arn:aws:lambda:eu-central-1:123456789012:function:pay:7","version":"7"}""", "arn:aws:lambda:eu-central-1:123456789012:function:pay:7")]
    [InlineData("null", "arn:aws:lambda:eu-central-1:123456789012:function:pay")]
    public void A_function_is_known_by_its_ARN_and_version_or_by_its_name(string response, string name)
    {
        var call = Read("aws.lambda", "AWS API Call via CloudTrail", $$"""{"eventName":"UpdateFunctionCode20150331v2","requestParameters":{"functionName":"pay"},"responseElements":{{response}}}""")!;
        Assert.Equal(new Consumer(ConsumerKind.LambdaFunction, name), call.By);
        Assert.Null(call.Images);
    }

    [Fact]
    public void A_call_that_failed_and_a_function_without_an_image_deploy_nothing()
    {
        Assert.Null(Read("aws.lambda", "AWS API Call via CloudTrail", """{"eventName":"PublishVersion20150331","errorCode":"AccessDenied"}"""));
        Assert.Null(Read("aws.lambda", "AWS API Call via CloudTrail", """{"eventName":"PublishVersion20150331","responseElements":{"functionArn":"arn:aws:lambda:eu-central-1:123456789012:function:pay","packageType":"Zip"}}"""));
        Assert.Null(Read("aws.ecs", "AWS API Call via CloudTrail", """{"eventName":"CreateService","errorCode":"ClientException"}"""));
    }

    [Fact]
    public void What_a_service_may_run_next_is_asked_of_its_task_definition()
    {
        var registered = Read("aws.ecs", "AWS API Call via CloudTrail", $$$"""{"eventName":"RegisterTaskDefinition","responseElements":{"taskDefinition":{"taskDefinitionArn":"{{{Ecs}}}:task-definition/web:8"}}}""")!;
        Assert.Equal((new Consumer(ConsumerKind.TaskDefinition, $"{Ecs}:task-definition/web:8"), $"{Ecs}:task-definition/web:8"), (registered.By, registered.TaskDefinition));
        var updated = Read("aws.ecs", "AWS API Call via CloudTrail", $$$"""{"eventName":"UpdateService","responseElements":{"service":{"serviceArn":"{{{Ecs}}}:service/main/web","taskDefinition":"{{{Ecs}}}:task-definition/web:7"}}}""")!;
        Assert.Equal((new Consumer(ConsumerKind.EcsService, $"{Ecs}:service/main/web"), $"{Ecs}:task-definition/web:7"), (updated.By, updated.TaskDefinition));
        Assert.Null(Read("aws.ecs", "AWS API Call via CloudTrail", """{"eventName":"RunTask"}"""));
    }

    [Fact]
    public void An_operation_of_App_Runner_names_its_service()
    {
        const string Service = "arn:aws:apprunner:eu-central-1:123456789012:service/web/1";
        Assert.Equal(new Consumer(ConsumerKind.AppRunnerService, Service), Read("aws.apprunner", "AppRunner Service Operation Status Change", "{}", $"""["{Service}"]""")!.By);
        Assert.Null(Read("aws.apprunner", "AppRunner Service Operation Status Change", "{}"));
    }

    [Theory]
    [InlineData("not JSON")]
    [InlineData("[]")]
    [InlineData("""{"source":"aws.ecs","detail-type":"ECS Task State Change","detail":{}}""")]
    [InlineData("""{"source":"aws.ecs","detail-type":"ECS Task State Change","detail":{"lastStatus":"RUNNING","desiredStatus":"RUNNING"}}""")]
    [InlineData("""{"source":"aws.ecs","detail-type":"ECS Task State Change","detail":{"lastStatus":"RUNNING","desiredStatus":"RUNNING","clusterArn":"c","taskDefinitionArn":"t","containers":[{"image":"i","imageDigest":"sha256:1"}]}}""")]
    [InlineData("""{"source":"aws.ecs","detail-type":"AWS API Call via CloudTrail","detail":{}}""")]
    [InlineData("""{"source":"aws.ecs","detail-type":"AWS API Call via CloudTrail","detail":{"eventName":"UpdateService"}}""")]
    public void What_cannot_be_read_is_malformed(string json) => Assert.Throws<EventFormatException>(() => DeploymentEvent.Read(json, out _));

    [Fact]
    public void What_is_none_of_these_is_ignored_with_a_word()
    {
        Assert.Null(DeploymentEvent.Read("""{"source":"aws.ecs","detail-type":"ECS Service Action"}""", out var ignored));
        Assert.Equal("an event type that EcrGuard does not use", ignored);
    }
}
