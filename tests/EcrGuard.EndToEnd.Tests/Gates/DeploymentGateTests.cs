using System.Text.Json.Nodes;
using EcrGuard.Core.Gates;
using EcrGuard.EndToEnd.Tests.Harness;
using EcrGuard.LocalAws.Ecr;

namespace EcrGuard.EndToEnd.Tests.Gates;

/// <summary>
/// Deployments of ECS and CodeDeploy ask the real function Approval. <see cref="OneAnswerTests"/> tests what all
/// adapters share.
/// </summary>
public sealed class DeploymentGateTests(Deployment guard) : IClassFixture<Deployment>, IAsyncLifetime
{
    public ValueTask InitializeAsync()
    {
        guard.Aws.Lambda.Register(
            "Approval",
            async question =>
                (
                    await (await guard.FunctionAsync("Approval")).InvokeAsync(JsonNode.Parse(question)!)
                ).Payload.ToJsonString()
        );
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task ECS_deploys_what_is_approved_by_the_digest_that_it_has_resolved_and_not_what_is_blocked()
    {
        var (good, digest) = Scanned();
        var (bad, _) = Scanned(new LocalFinding("CVE-2024-6119", "CRITICAL", new LocalPackage("openssl", "3.0.13")));

        Assert.Equal(
            "SUCCEEDED",
            (string)(await GateAdapter.EcsAsync(guard, [$"{Uri(good)}:gone"], digests: [digest]))["hookStatus"]!
        );
        Assert.Equal(
            "FAILED",
            (string)(await GateAdapter.EcsAsync(guard, [$"{Uri(good)}:1.0", $"{Uri(bad)}:1.0"]))["hookStatus"]!
        );
        var told = await (await guard.FunctionAsync("EcsGate")).LogAsync(line =>
            line["step"]?.ToString() == "Stop" && line["why"]!.ToString().Contains(bad, StringComparison.Ordinal)
        );
        Assert.Contains("CVE-2024-6119", told["why"]!.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_rollback_is_never_held_up_and_asks_nothing()
    {
        var (bad, _) = Scanned(new LocalFinding("CVE-2024-6119", "CRITICAL", new LocalPackage("openssl", "3.0.13")));
        guard.TakeRequests();

        Assert.Equal(
            "SUCCEEDED",
            (string)(await GateAdapter.EcsAsync(guard, [$"{Uri(bad)}:1.0"], rollBack: true))["hookStatus"]!
        );
        var rollback = guard.Aws.CodeDeploy.CreateDeployment(
            GateAdapter.AppSpec(guard, [$"{Uri(bad)}:1.0"]),
            isRollback: true
        );
        Assert.Equal(Told.Go, await GateAdapter.CodeDeployAsync(guard, rollback));
        Assert.DoesNotContain(guard.TakeRequests(), request => request.Operation == "Invoke");
    }

    [Fact]
    public async Task What_no_service_revision_tells_is_asked_of_the_task_definition_and_what_nobody_tells_is_a_no()
    {
        foreach (
            var (details, because) in new[]
            {
                (new JsonObject(), "names no resourceArn"),
                (
                    new JsonObject
                    {
                        ["targetServiceRevisionArn"] = "arn:aws:ecs:eu-central-1:1:service-revision/a/b/1",
                    },
                    "ECS knows no service revision"
                ),
            }
        )
        {
            var answer = await GateAdapter.InvokeAsync(
                guard,
                "EcsGate",
                new JsonObject
                {
                    ["lifecycleStage"] = "PRE_SCALE_UP",
                    ["resourceArn"] = "arn:aws:ecs:eu-central-1:123456789012:service-deployment/a/b/1",
                    ["executionDetails"] = details,
                }
            );
            Assert.Equal("""{"hookStatus":"FAILED"}""", answer.ToJsonString());
            await (await guard.FunctionAsync("EcsGate")).LogAsync(line =>
                line["why"]?.ToString().Contains(because, StringComparison.Ordinal) == true
            );
        }
    }

    [Fact]
    public async Task CodeDeploy_is_told_again_by_a_delayed_message_when_the_scan_has_ended()
    {
        var repository = guard.CreateRepository();
        var digest = guard.Aws.Ecr.Push(repository, Manifest.Image(repository), "1.0");
        guard.Aws.Ecr.StartScan(repository, digest);
        var hook = guard.Aws.CodeDeploy.CreateDeployment(GateAdapter.AppSpec(guard, [$"{Uri(repository)}:1.0"]));

        Assert.Equal(Told.Wait, await GateAdapter.CodeDeployAsync(guard, hook));
        var message = guard.Aws.Sqs.Waiting(guard.GateQueue)[^1];
        Assert.Equal(CodeDeployHook.AsksAgainAfter, message.DueAt - message.SentAt);

        guard.Aws.Ecr.CompleteScan(repository, digest);
        Assert.Empty(await guard.DeliverAsync("CodeDeployGate", message.Body));
        Assert.Equal("Succeeded", guard.Aws.CodeDeploy.StatusOf(hook));
        // The message may come twice.
        Assert.Empty(await guard.DeliverAsync("CodeDeployGate", message.Body));
    }

    [Fact]
    public async Task What_is_still_pending_when_CodeDeploys_hour_ends_is_a_no()
    {
        var repository = guard.CreateRepository();
        guard.Aws.Ecr.StartScan(repository, guard.Aws.Ecr.Push(repository, Manifest.Image(repository), "1.0"));
        var hook = guard.Aws.CodeDeploy.CreateDeployment(GateAdapter.AppSpec(guard, [$"{Uri(repository)}:1.0"]));
        Assert.Equal(Told.Wait, await GateAdapter.CodeDeployAsync(guard, hook));
        var asked = CodeDeployHook.Read(guard.Aws.Sqs.Waiting(guard.GateQueue)[^1].Body);

        var late = asked with { AskedSince = DateTimeOffset.UtcNow - CodeDeployHook.AsksFor };
        Assert.Empty(await guard.DeliverAsync("CodeDeployGate", late.Write()));

        Assert.Equal("Failed", guard.Aws.CodeDeploy.StatusOf(hook));
    }

    [Fact]
    public async Task An_AppSpec_is_read_from_the_deployment_the_application_or_S3_in_YAML_or_JSON()
    {
        var (repository, digest) = Scanned();
        var definition = guard.Aws.Ecs.RegisterTaskDefinition($"web-{Guid.NewGuid():N}", $"{Uri(repository)}:1.0");
        var json = $$"""
            {
              "version": 0.0,
              "Resources": [
                {
                  "TargetService": {
                    "Type": "AWS::ECS::Service",
                    "Properties": { "TaskDefinition": "{{definition}}" }
                  }
                }
              ]
            }
            """;
        guard.Aws.S3.CreateBucket("deployments");
        await PutAsync("deployments", "appspec.yaml", GateAdapter.AppSpec(guard, [$"{Uri(repository)}:1.0"]));
        guard.Aws.Lambda.CreateFunction(repository, $"{Uri(repository)}:1.0", $"{Uri(repository)}@{digest}");
        var version = guard.Aws.Lambda.PublishVersion(repository);
        guard.Aws.Lambda.CreateZipFunction($"zip-{repository}");
        string Function(string name, string target) =>
            $$"""
                {
                  "version": 0.0,
                  "Resources": [
                    {
                      "function": {
                        "Type": "AWS::Lambda::Function",
                        "Properties": { "Name": "{{name}}", "CurrentVersion": "0", "TargetVersion": "{{target}}" }
                      }
                    }
                  ]
                }
                """;

        foreach (
            var hook in new[]
            {
                guard.Aws.CodeDeploy.CreateDeployment(json),
                guard.Aws.CodeDeploy.CreateDeployment(json, tellsContent: false),
                guard.Aws.CodeDeploy.CreateDeployment(null, s3: ("deployments", "appspec.yaml")),
                guard.Aws.CodeDeploy.CreateDeployment(Function(repository, version)),
                // A .zip file is not an image.
                guard.Aws.CodeDeploy.CreateDeployment(Function($"zip-{repository}", "$LATEST")),
            }
        )
            Assert.Equal(Told.Go, await GateAdapter.CodeDeployAsync(guard, hook));
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("{", "The AppSpec is no JSON.")]
    [InlineData("a: [", "it is no YAML")]
    [InlineData("{}", "The AppSpec has no list 'Resources'.")]
    [InlineData("""{"Resources":[]}""", "names nothing under 'Resources'")]
    [InlineData("""{"Resources":[{"a":{"Type":"AWS::ECS::Service"}}]}""", "names no TaskDefinition")]
    [InlineData("""{"Resources":[{"a":{"Type":"AWS::Lambda::Function"}}]}""", "names no Name and TargetVersion")]
    [InlineData("""{"Resources":[{"a":{"Type":"AWS::EC2::Instance"}}]}""", "is of the type 'AWS::EC2::Instance'")]
    public async Task An_AppSpec_that_does_not_say_what_it_deploys_is_a_no(string appSpec, string because)
    {
        Assert.Equal(
            Told.Stop,
            await GateAdapter.CodeDeployAsync(guard, guard.Aws.CodeDeploy.CreateDeployment(appSpec))
        );
        await (await guard.FunctionAsync("CodeDeployGate")).LogAsync(line =>
            line["why"]?.ToString().Contains(because, StringComparison.Ordinal) == true
        );
    }

    /// <summary>The part that is read would name some of the images, and gates must ask about all.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_AppSpec_that_is_too_long_to_be_read_whole_is_a_no(bool inS3)
    {
        var (repository, _) = Scanned();
        var text = $"{GateAdapter.AppSpec(guard, [$"{Uri(repository)}:1.0"])}\n# {new string('x', 100_000)}";
        var bucket = $"long-{Guid.NewGuid():N}";
        guard.Aws.S3.CreateBucket(bucket);
        await PutAsync(bucket, "appspec.yaml", text);
        var hook = inS3
            ? guard.Aws.CodeDeploy.CreateDeployment(null, s3: (bucket, "appspec.yaml"))
            : guard.Aws.CodeDeploy.CreateDeployment(text);

        Assert.Equal(Told.Stop, await GateAdapter.CodeDeployAsync(guard, hook));
        await (await guard.FunctionAsync("CodeDeployGate")).LogAsync(line =>
            line["why"]?.ToString().Contains("has more than 100000 bytes", StringComparison.Ordinal) == true
        );
    }

    [Fact]
    public async Task A_message_that_is_none_of_EcrGuards_goes_to_the_dead_letters_alone() =>
        Assert.Equal([0], await guard.DeliverAsync("CodeDeployGate", """{"DeploymentId":"d-1"}"""));

    private string Uri(string repository) =>
        $"{guard.Aws.AccountId}.dkr.ecr.{guard.Aws.Region}.amazonaws.com/{repository}";

    private (string Repository, string Digest) Scanned(params IReadOnlyList<LocalFinding> findings)
    {
        var repository = guard.CreateRepository();
        var digest = guard.Aws.Ecr.Push(
            repository,
            Manifest.Image(repository),
            "1.0",
            DateTimeOffset.UtcNow.AddDays(-1),
            announce: false
        );
        guard.Aws.Ecr.CompleteScan(repository, digest, findings);
        return (repository, digest);
    }

    private async Task PutAsync(string bucket, string key, string text)
    {
        using var aws = EcrGuard.Aws.AwsClients.At(
            guard.Aws.Endpoint,
            guard.Aws.Region,
            new Amazon.Runtime.BasicAWSCredentials("test", "test")
        );
        await aws.S3.PutObjectAsync(
            new Amazon.S3.Model.PutObjectRequest
            {
                BucketName = bucket,
                Key = key,
                ContentBody = text,
            }
        );
    }
}
