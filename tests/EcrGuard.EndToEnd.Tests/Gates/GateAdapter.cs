using System.IO.Compression;
using System.Text.Json.Nodes;
using Amazon.ECS.Model;
using Amazon.Runtime;
using Amazon.S3.Model;
using EcrGuard.Aws;
using EcrGuard.LocalAws.CodePipeline;
using Deployment = EcrGuard.EndToEnd.Tests.Harness.Deployment;

namespace EcrGuard.EndToEnd.Tests.Gates;

/// <summary>The answer to a deployment that asks through an adapter.</summary>
public enum Told
{
    Go,
    Wait,
    Stop,
}

/// <summary>
/// One way in which AWS asks. A deployment of images is put into the local AWS, the adapter's function is invoked as
/// AWS does it, and the answer to AWS is read back.
/// </summary>
/// <param name="Function">Its logical id in the template.</param>
/// <param name="AskAsync">Asks for a deployment of these images.</param>
/// <param name="Reads">The calls with which it finds out what is deployed.</param>
/// <param name="ReadsAfterNo">The calls that it makes only if the answer is no.</param>
public sealed record GateAdapter(
    string Function,
    Func<Deployment, IReadOnlyList<string>, Task<Told>> AskAsync,
    IReadOnlyList<(string Service, string Operation)> Reads,
    IReadOnlyList<(string Service, string Operation)> ReadsAfterNo
)
{
    public static IReadOnlyList<GateAdapter> All { get; } =
    [
        new(
            "EcsGate",
            async (guard, images) => Word(await EcsAsync(guard, images)),
            [("ecs", "DescribeServiceDeployments"), ("ecs", "DescribeServiceRevisions")],
            []
        ),
        new(
            "CodeDeployGate",
            (guard, images) => CodeDeployAsync(guard, guard.Aws.CodeDeploy.CreateDeployment(AppSpec(guard, images))),
            [("codedeploy", "GetDeployment"), ("ecs", "DescribeTaskDefinition")],
            []
        ),
        new(
            "CodePipelineGate",
            async (guard, images) =>
                (await PipelineAsync(guard, null, [await ArtifactAsync(guard, Definitions(images))])) switch
                {
                    { Outcome: "Succeeded", ContinuationToken: null } => Told.Go,
                    { Outcome: "Succeeded" } => Told.Wait,
                    { Outcome: "JobFailed" } => Told.Stop,
                    var other => throw new InvalidOperationException($"{other}"),
                },
            [("s3", "GetObject")],
            []
        ),
        new(
            "CloudFormationGate",
            async (guard, images) =>
                Of(
                    await CloudFormationAsync(
                        guard,
                        "AWS::ECS::TaskDefinition",
                        new JsonObject
                        {
                            ["ContainerDefinitions"] = new JsonArray([
                                .. images.Select(image => new JsonObject { ["Image"] = image }),
                            ]),
                        }
                    )
                ),
            [],
            [("cloudformation", "DescribeStacks")]
        ),
    ];

    private static (string Name, string Content) Definitions(IEnumerable<string> images) =>
        (
            "imagedefinitions.json",
            new JsonArray([.. images.Select(image => new JsonObject { ["imageUri"] = image })]).ToJsonString()
        );

    /// <summary>An input artifact of a pipeline, in its bucket.</summary>
    internal static async Task<JsonObject> ArtifactAsync(
        Deployment guard,
        params IReadOnlyList<(string Name, string Content)> files
    )
    {
        using var bytes = new MemoryStream();
        using (var zip = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, content) in files)
            {
                using var writer = new StreamWriter(zip.CreateEntry(name).Open());
                await writer.WriteAsync(content);
            }
        }
        return await ArtifactAsync(guard, bytes.ToArray());
    }

    /// <param name="content">The content of the object in the bucket.</param>
    internal static async Task<JsonObject> ArtifactAsync(Deployment guard, byte[] content)
    {
        var bucket = $"artifacts-{Guid.NewGuid():N}";
        guard.Aws.S3.CreateBucket(bucket);
        const string key = "pipeline/BuildOutp/x.zip";
        using var aws = AwsClients.At(guard.Aws.Endpoint, guard.Aws.Region, new BasicAWSCredentials("test", "test"));
        using var body = new MemoryStream(content);
        await aws.S3.PutObjectAsync(
            new PutObjectRequest
            {
                BucketName = bucket,
                Key = key,
                InputStream = body,
            }
        );
        return new JsonObject
        {
            ["name"] = "BuildOutput",
            ["revision"] = null,
            ["location"] = new JsonObject
            {
                ["type"] = "S3",
                ["s3Location"] = new JsonObject { ["bucketName"] = bucket, ["objectKey"] = key },
            },
        };
    }

    /// <summary>Runs a job of an invoke action. Returns what CodePipeline then knows of it.</summary>
    internal static async Task<JobResult?> PipelineAsync(
        Deployment guard,
        JsonNode? userParameters,
        JsonArray? artifacts = null,
        string? token = null,
        string? job = null
    )
    {
        job ??= guard.Aws.CodePipeline.StartJob();
        await InvokeAsync(
            guard,
            "CodePipelineGate",
            new JsonObject
            {
                ["CodePipeline.job"] = new JsonObject
                {
                    ["id"] = job,
                    ["accountId"] = guard.Aws.AccountId,
                    ["data"] = new JsonObject
                    {
                        ["actionConfiguration"] = new JsonObject
                        {
                            ["configuration"] = new JsonObject
                            {
                                ["FunctionName"] = "EcrGuardGate",
                                ["UserParameters"] = userParameters switch
                                {
                                    null => null,
                                    JsonValue text => text.ToString(),
                                    var json => json.ToJsonString(),
                                },
                            },
                        },
                        ["inputArtifacts"] = artifacts?.DeepClone() ?? new JsonArray(),
                        ["outputArtifacts"] = new JsonArray(),
                        ["artifactCredentials"] = new JsonObject
                        {
                            ["accessKeyId"] = PipelineSecrets[0],
                            ["secretAccessKey"] = PipelineSecrets[1],
                            ["sessionToken"] = PipelineSecrets[2],
                        },
                        ["continuationToken"] = token,
                    },
                },
            }
        );
        return guard.Aws.CodePipeline.ResultOf(job);
    }

    /// <summary>The credentials of the job, which nobody may see.</summary>
    internal static string[] PipelineSecrets { get; } =
    ["ASIAPIPELINEEXAMPLE", "pipelineSecretEXAMPLE", "pipelineTokenEXAMPLE"];

    /// <summary>A resource that CloudFormation is about to create.</summary>
    internal static Task<JsonNode> CloudFormationAsync(
        Deployment guard,
        string type,
        JsonNode? properties,
        string? stack = "arn:aws:cloudformation:eu-central-1:123456789012:stack/shop/1",
        int? invocation = 1,
        string point = "CREATE_PRE_PROVISION"
    )
    {
        if (stack is not null && !stack.Contains("/rolling/", StringComparison.Ordinal))
            guard.Aws.CloudFormation.PutStack(stack, "UPDATE_IN_PROGRESS");
        return InvokeAsync(
            guard,
            "CloudFormationGate",
            new JsonObject
            {
                ["clientRequestToken"] = "123e4567-e89b-12d3-a456-426614174000",
                ["awsAccountId"] = guard.Aws.AccountId,
                ["stackId"] = stack,
                ["changeSetId"] = null,
                ["hookTypeName"] = "EcrGuard::Images::Gate",
                ["hookTypeVersion"] = "00000001",
                ["hookModel"] = new JsonObject(),
                ["actionInvocationPoint"] = point,
                ["requestData"] = new JsonObject
                {
                    ["targetName"] = type,
                    ["targetType"] = type,
                    ["targetLogicalId"] = "Web",
                    ["targetModel"] = new JsonObject
                    {
                        ["resourceProperties"] = properties?.DeepClone(),
                        ["previousResourceProperties"] = null,
                    },
                },
                ["requestContext"] = new JsonObject { ["invocation"] = invocation, ["callbackContext"] = null },
            }
        );
    }

    private static Told Of(JsonNode answer)
    {
        Assert.Equal("123e4567-e89b-12d3-a456-426614174000", (string)answer["clientRequestToken"]!);
        Assert.InRange(((string)answer["message"]!).Length, 1, 1024);
        return ((string)answer["hookStatus"]!, (string?)answer["errorCode"]) switch
        {
            ("SUCCESS", null) => Told.Go,
            ("IN_PROGRESS", null) when answer["callbackDelaySeconds"]!.GetValue<int>() == 30 => Told.Wait,
            ("FAILED", "NonCompliant") => Told.Stop,
            var other => throw new InvalidOperationException($"{other}"),
        };
    }

    public override string ToString() => Function;

    /// <summary>Makes a service from a task definition with these images. Its deployment asks.</summary>
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

    /// <summary>Invokes the hook as CodeDeploy does. Returns what CodeDeploy then knows.</summary>
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
