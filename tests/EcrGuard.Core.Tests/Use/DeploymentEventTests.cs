using EcrGuard.Core.Images;
using EcrGuard.Core.Use;

namespace EcrGuard.Core.Tests.Use;

public sealed class DeploymentEventTests
{
    private const string Uri = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/shop/web:1.0";
    private const string Function = "arn:aws:lambda:eu-central-1:123456789012:function:pay";
    private const string Ecs = "arn:aws:ecs:eu-central-1:123456789012";
    private static readonly string Hex = Facts.Digest(1).ToString();

    private static DeploymentEvent? Read(string source, string type, string detail, string resources = "[]") =>
        DeploymentEvent.Read(
            $$"""
            {
              "id": "1", "source": "{{source}}", "detail-type": "{{type}}", "account": "123456789012",
              "region": "eu-central-1", "time": "2026-11-18T12:00:00Z", "resources": {{resources}}, "detail": {{detail}}
            }
            """,
            out _
        );

    private static DeploymentEvent? Task(string last, string desired, string group, string containers) =>
        Read(
            "aws.ecs",
            "ECS Task State Change",
            $$"""
            {
              "clusterArn": "{{Ecs}}:cluster/main", "taskArn": "{{Ecs}}:task/main/1",
              "taskDefinitionArn": "{{Ecs}}:task-definition/web:7", "group": "{{group}}",
              "lastStatus": "{{last}}", "desiredStatus": "{{desired}}", "containers": {{containers}}
            }
            """
        );

    /// <param name="rest">Further members of the record.</param>
    private static DeploymentEvent? Call(string source, string name, string rest = "") =>
        Read(source, "AWS API Call via CloudTrail", $$"""{ "eventName": "{{name}}"{{rest}} }""");

    /// <param name="members">Members of the response.</param>
    private static string Answers(string members) => $$""", "responseElements": { {{members}} }""";

    [Theory]
    [InlineData("PENDING", "RUNNING", true)]
    [InlineData("RUNNING", "RUNNING", true)]
    [InlineData("PROVISIONING", "RUNNING", false)]
    [InlineData("RUNNING", "STOPPED", false)]
    [InlineData("STOPPED", "STOPPED", false)]
    public void A_task_that_starts_or_runs_is_a_deployment_and_one_that_ends_is_none(
        string last,
        string desired,
        bool deployed
    ) => Assert.Equal(deployed, Task(last, desired, "service:web", $$"""[{"image":"{{Uri}}"}]""") is not null);

    [Fact]
    public void A_task_names_its_service_and_the_images_of_its_containers_once_each()
    {
        var web = $$"""{ "image": "{{Uri}}", "imageDigest": "{{Hex}}" }""";
        var containers = $$"""[ {{web}}, {{web}}, { "name": "agent" }, { "image": "nginx" } ]""";
        var task = Task("RUNNING", "RUNNING", "service:web", containers)!;
        Assert.Equal(new Consumer(ConsumerKind.EcsService, $"{Ecs}:service/main/web"), task.By);
        Assert.Equal([new DeployedImage(Uri, Facts.Digest(1)), new DeployedImage("nginx", null)], task.Images);
        Assert.Equal(("123456789012", "eu-central-1"), (task.Account, task.Region));
    }

    [Fact]
    public void Tasks_without_a_service_are_one_consumer_for_each_task_definition() =>
        Assert.Equal(
            new Consumer(ConsumerKind.EcsTask, $"{Ecs}:task-definition/web:7"),
            Task("RUNNING", "RUNNING", "family:web", "[]")!.By
        );

    [Theory]
    [InlineData("CreateFunction20150331", true)]
    [InlineData("UpdateFunctionCode20150331v2", true)]
    [InlineData("UpdateFunctionCode", true)]
    [InlineData("PublishVersion20150331", true)]
    [InlineData("UpdateFunctionConfiguration20150331v2", false)]
    [InlineData("CreateFunctionUrlConfig", false)]
    [InlineData("DeleteFunction20150331", false)]
    public void Calls_of_Lambda_are_known_by_the_beginning_of_their_name(string name, bool deploys) =>
        Assert.Equal(deploys, Call("aws.lambda", name, Answers($"\"functionArn\": \"{Function}\"")) is not null);

    [Theory]
    [InlineData($$"""{ "functionArn": "{{Function}}", "version": "$LATEST" }""", Function)]
    [InlineData($$"""{ "functionArn": "{{Function}}:7", "version": "7" }""", $"{Function}:7")]
    [InlineData("null", Function)]
    public void A_function_is_known_by_its_ARN_and_version_or_by_its_name(string response, string name)
    {
        var rest = $$""", "requestParameters": { "functionName": "pay" }, "responseElements": {{response}}""";
        var call = Call("aws.lambda", "UpdateFunctionCode20150331v2", rest)!;
        Assert.Equal(new Consumer(ConsumerKind.LambdaFunction, name), call.By);
        Assert.Null(call.Images);
    }

    [Fact]
    public void A_call_that_failed_and_a_function_without_an_image_deploy_nothing()
    {
        const string failed = """, "errorCode": "AccessDenied" """;
        Assert.Null(Call("aws.lambda", "PublishVersion20150331", failed));
        Assert.Null(Call("aws.ecs", "CreateService", failed));
        var zip = Answers($$""" "functionArn": "{{Function}}", "packageType": "Zip" """);
        Assert.Null(Call("aws.lambda", "PublishVersion20150331", zip));
    }

    [Fact]
    public void What_a_service_may_run_next_is_asked_of_its_task_definition()
    {
        var members = $$""" "taskDefinition": { "taskDefinitionArn": "{{Ecs}}:task-definition/web:8" } """;
        var registered = Call("aws.ecs", "RegisterTaskDefinition", Answers(members))!;
        Assert.Equal(new Consumer(ConsumerKind.TaskDefinition, $"{Ecs}:task-definition/web:8"), registered.By);
        Assert.Equal($"{Ecs}:task-definition/web:8", registered.TaskDefinition);

        var (service, definition) = ($"{Ecs}:service/main/web", $"{Ecs}:task-definition/web:7");
        members = $$""" "service": { "serviceArn": "{{service}}", "taskDefinition": "{{definition}}" } """;
        var updated = Call("aws.ecs", "UpdateService", Answers(members))!;
        Assert.Equal(new Consumer(ConsumerKind.EcsService, service), updated.By);
        Assert.Equal(definition, updated.TaskDefinition);
        Assert.Null(Call("aws.ecs", "RunTask"));
    }

    [Fact]
    public void An_operation_of_App_Runner_names_its_service()
    {
        const string Service = "arn:aws:apprunner:eu-central-1:123456789012:service/web/1";
        const string Operation = "AppRunner Service Operation Status Change";
        var updated = Read("aws.apprunner", Operation, "{}", $"""["{Service}"]""")!;
        Assert.Equal(new Consumer(ConsumerKind.AppRunnerService, Service), updated.By);
        Assert.Null(Read("aws.apprunner", Operation, "{}"));
    }

    [Theory]
    [InlineData("not JSON")]
    [InlineData("[]")]
    public void What_is_no_JSON_object_is_malformed(string json) =>
        Assert.Throws<EventFormatException>(() => DeploymentEvent.Read(json, out _));

    [Theory]
    [InlineData("{}")]
    [InlineData("""{ "lastStatus": "RUNNING", "desiredStatus": "RUNNING" }""")]
    [InlineData("""{ "lastStatus": "RUNNING", "clusterArn": "c", "taskDefinitionArn": "t" }""")]
    public void A_task_that_lacks_what_it_must_say_is_malformed(string detail) =>
        Assert.Throws<EventFormatException>(() => Read("aws.ecs", "ECS Task State Change", detail));

    [Fact]
    public void A_digest_that_is_none_and_a_call_without_its_answer_are_malformed()
    {
        const string containers = """[ { "image": "i", "imageDigest": "sha256:1" } ]""";
        Assert.Throws<EventFormatException>(() => Task("RUNNING", "RUNNING", "family:web", containers));
        Assert.Throws<EventFormatException>(() => Call("aws.ecs", "UpdateService"));
        Assert.Throws<EventFormatException>(() => Read("aws.ecs", "AWS API Call via CloudTrail", "{}"));
    }

    [Fact]
    public void What_is_none_of_these_is_ignored_with_a_word()
    {
        const string json = """{"source":"aws.ecs","detail-type":"ECS Service Action"}""";
        Assert.Null(DeploymentEvent.Read(json, out var ignored));
        Assert.Equal("an event type that EcrGuard does not use", ignored);
    }
}
