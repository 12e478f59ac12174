using System.Text.Json.Nodes;
using Amazon.ECS.Model;
using Amazon.Runtime;
using EcrGuard.Aws;
using Deployment = EcrGuard.EndToEnd.Tests.Harness.Deployment;

namespace EcrGuard.EndToEnd.Tests.Gates;

/// <summary>What a deployment that asks by an adapter is told.</summary>
public enum Told
{
    Go,
    Wait,
    Stop,
}

/// <summary>
/// One way in which AWS asks: a deployment of images is put into the local AWS, the adapter's function is invoked as AWS
/// does, and what AWS was told is read back.
/// </summary>
/// <param name="Function">Its logical id in the template.</param>
/// <param name="AskAsync">Asks for a deployment of these images.</param>
/// <param name="Reads">The calls by which it finds out what is deployed.</param>
public sealed record GateAdapter(
    string Function,
    Func<Deployment, IReadOnlyList<string>, Task<Told>> AskAsync,
    IReadOnlyList<(string Service, string Operation)> Reads
)
{
    public static IReadOnlyList<GateAdapter> All { get; } =
    [
        new(
            "EcsGate",
            async (guard, images) => Word(await EcsAsync(guard, images)),
            [("ecs", "DescribeServiceDeployments"), ("ecs", "DescribeServiceRevisions")]
        ),
        new(
            "CodeDeployGate",
            (guard, images) => CodeDeployAsync(guard, guard.Aws.CodeDeploy.CreateDeployment(AppSpec(guard, images))),
            [("codedeploy", "GetDeployment"), ("ecs", "DescribeTaskDefinition")]
        ),
    ];

    public override string ToString() => Function;

    /// <summary>A service of a task definition with these images, whose deployment asks.</summary>
    internal static async Task<JsonNode> EcsAsync(
        Deployment guard,
        IReadOnlyList<string> images,
        bool rollBack = false,
        IReadOnlyList<string>? digests = null
    )
    {
        var family = $"web-{Guid.NewGuid():N}";
        var definition = guard.Aws.Ecs.RegisterTaskDefinition(family, images);
        var service = guard.Aws.Ecs.CreateService("main", family, definition, digests: digests);
        if (rollBack)
            guard.Aws.Ecs.StartDeployment(service, definition);
        using var aws = AwsClients.At(guard.Aws.Endpoint, guard.Aws.Region, new BasicAWSCredentials("test", "test"));
        var described = (
            await aws.Workloads.Ecs.DescribeServicesAsync(
                new DescribeServicesRequest { Cluster = "main", Services = [service] }
            )
        ).Services.Single();
        if (rollBack)
            guard.Aws.Ecs.RollBack(service);
        return await InvokeAsync(
            guard,
            "EcsGate",
            new JsonObject
            {
                ["executionId"] = "e8d5a28f-eb01-4f3c-9454-a30ba6dc54bc",
                ["lifecycleStage"] = "PRE_SCALE_UP",
                ["resourceArn"] = described.CurrentServiceDeployment,
                ["executionDetails"] = new JsonObject
                {
                    ["serviceArn"] = service,
                    ["targetServiceRevisionArn"] = described.CurrentServiceRevisions[0].Arn,
                    ["testTrafficWeights"] = new JsonObject(),
                    ["productionTrafficWeights"] = new JsonObject(),
                },
                ["hookDetails"] = new JsonObject(),
            }
        );
    }

    internal static Told Word(JsonNode answer)
    {
        Assert.Equal(
            (string)answer["hookStatus"]! == "IN_PROGRESS" ? 30 : null,
            answer["callBackDelay"]?.GetValue<int>()
        );
        return (string)answer["hookStatus"]! switch
        {
            "SUCCEEDED" => Told.Go,
            "IN_PROGRESS" => Told.Wait,
            "FAILED" => Told.Stop,
            var other => throw new InvalidOperationException(other),
        };
    }

    internal static string AppSpec(Deployment guard, IReadOnlyList<string> images) =>
        $"""
            version: 0.0
            Resources:
              - TargetService:
                  Type: AWS::ECS::Service
                  Properties:
                    TaskDefinition: "{guard.Aws.Ecs.RegisterTaskDefinition($"web-{Guid.NewGuid():N}", images)}"
                    LoadBalancerInfo: {"{ ContainerName: web, ContainerPort: 80 }"}
            Hooks:
              - BeforeInstall: CodeDeployHook_ecrguard
            """;

    /// <summary>Invokes the hook as CodeDeploy does, and says what CodeDeploy knows then.</summary>
    internal static async Task<Told> CodeDeployAsync(Deployment guard, string hookEvent)
    {
        await InvokeAsync(guard, "CodeDeployGate", JsonNode.Parse(hookEvent)!);
        var id = (string)JsonNode.Parse(hookEvent)!["DeploymentId"]!;
        var waits = guard
            .Aws.Sqs.Waiting(guard.GateQueue)
            .Any(message => message.Body.Contains($"\"{id}\"", StringComparison.Ordinal));
        return (guard.Aws.CodeDeploy.StatusOf(hookEvent), waits) switch
        {
            ("Succeeded", false) => Told.Go,
            ("Failed", false) => Told.Stop,
            (null, true) => Told.Wait,
            var other => throw new InvalidOperationException($"{other}"),
        };
    }

    internal static async Task<JsonNode> InvokeAsync(Deployment guard, string function, JsonNode payload) =>
        (await (await guard.FunctionAsync(function)).InvokeAsync(payload, TimeSpan.FromMinutes(1))).Payload;
}
