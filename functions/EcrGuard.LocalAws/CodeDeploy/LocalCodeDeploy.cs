namespace EcrGuard.LocalAws.CodeDeploy;

/// <summary>
/// AWS CodeDeploy in memory: deployments, and the hooks that wait for an answer. Nothing is deployed.
/// </summary>
public sealed class LocalCodeDeploy : LocalJsonService
{
    private readonly Dictionary<string, Deployment> deployments = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Deployment, string Hook), string?> hooks = [];

    internal LocalCodeDeploy()
        : base(
            "codedeploy",
            "CodeDeploy_20141006",
            "application/x-amz-json-1.1",
            JsonWire.Camel,
            ["deploymentId", "applicationName"]
        ) =>
        Operations = new Dictionary<string, Func<LocalCall, object>>
        {
            ["GetApplicationRevision"] = On<GetApplicationRevisionRequest>(GetApplicationRevision),
            ["GetDeployment"] = On<GetDeploymentRequest>(GetDeployment),
            ["PutLifecycleEventHookExecutionStatus"] = On<PutStatusRequest>(PutStatus),
        };

    private protected override IReadOnlyDictionary<string, Func<LocalCall, object>> Operations { get; }

    private protected override string InternalErrorCode => "InternalFailure";

    /// <summary>Creates a deployment of an AppSpec, with a hook that waits for an answer.</summary>
    /// <param name="appSpec">In YAML or JSON; null if it is in S3.</param>
    /// <param name="isRollback">Whether CodeDeploy itself started the deployment, as a rollback.</param>
    /// <param name="tellsContent">Whether the deployment holds the AppSpec itself, and not only its hash.</param>
    /// <param name="s3">The bucket and the key of the AppSpec.</param>
    /// <returns>The event that the hook's function is invoked with.</returns>
    public string CreateDeployment(
        string? appSpec,
        bool isRollback = false,
        bool tellsContent = true,
        (string Bucket, string Key)? s3 = null
    )
    {
        lock (Gate)
        {
            var id = $"d-{deployments.Count + 1:D9}";
            var hook = $"hook-{deployments.Count + 1}";
            deployments.Add(id, new Deployment($"app-{id}", appSpec, isRollback, tellsContent, s3));
            hooks.Add((id, hook), null);
            return $$"""{"DeploymentId":"{{id}}","LifecycleEventHookExecutionId":"{{hook}}"}""";
        }
    }

    /// <summary>
    /// The status that was reported for an event's hook: <c>Succeeded</c> or <c>Failed</c>; null for none yet.
    /// </summary>
    public string? StatusOf(string hookEvent)
    {
        using var json = System.Text.Json.JsonDocument.Parse(hookEvent);
        var (id, hook) = (
            json.RootElement.GetProperty("DeploymentId").GetString()!,
            json.RootElement.GetProperty("LifecycleEventHookExecutionId").GetString()!
        );
        lock (Gate)
        {
            return hooks[(id, hook)];
        }
    }

    private static LocalError Missing(string id) =>
        new(400, "DeploymentDoesNotExistException", $"The deployment {id} could not be found");

    private object GetDeployment(GetDeploymentRequest request)
    {
        var deployment = deployments.GetValueOrDefault(request.DeploymentId) ?? throw Missing(request.DeploymentId);
        return new Members
        {
            ["DeploymentInfo"] = new Members
            {
                ["DeploymentId"] = request.DeploymentId,
                ["ApplicationName"] = deployment.Application,
                ["Creator"] = deployment.IsRollback ? "codeDeployRollback" : "user",
                ["Status"] = "InProgress",
                ["Revision"] = RevisionOf(deployment, deployment.TellsContent),
                ["RollbackInfo"] = deployment.IsRollback
                    ? new Members { ["RollbackTriggeringDeploymentId"] = "d-000000000" }
                    : null,
            },
        };
    }

    private object GetApplicationRevision(GetApplicationRevisionRequest request)
    {
        var deployment =
            deployments.Values.FirstOrDefault(d => d.Application == request.ApplicationName)
            ?? throw new LocalError(400, "ApplicationDoesNotExistException", "No application found");
        return request.Revision.AppSpecContent?.Sha256 == Hash(deployment)
            ? new Members
            {
                ["ApplicationName"] = request.ApplicationName,
                ["Revision"] = RevisionOf(deployment, tellsContent: true),
            }
            : throw new LocalError(400, "RevisionDoesNotExistException", "The revision could not be found");
    }

    private static Members RevisionOf(Deployment deployment, bool tellsContent) =>
        deployment.S3 is { } s3
            ? new Members
            {
                ["RevisionType"] = "S3",
                ["S3Location"] = new Members
                {
                    ["Bucket"] = s3.Bucket,
                    ["Key"] = s3.Key,
                    ["BundleType"] = "YAML",
                },
            }
            : new Members
            {
                ["RevisionType"] = "AppSpecContent",
                ["AppSpecContent"] = new Members
                {
                    ["Content"] = tellsContent ? deployment.AppSpec : null,
                    ["Sha256"] = Hash(deployment),
                },
            };

    private static string Hash(Deployment deployment) =>
        Convert.ToHexStringLower(
            System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(deployment.AppSpec ?? ""))
        );

    private object PutStatus(PutStatusRequest request)
    {
        var hook = (request.DeploymentId, request.LifecycleEventHookExecutionId);
        if (!hooks.TryGetValue(hook, out var status))
        {
            throw new LocalError(
                400,
                "InvalidLifecycleEventHookExecutionIdException",
                "The hook's execution could not be found"
            );
        }

        if (request.Status is not ("Succeeded" or "Failed"))
        {
            throw new LocalError(
                400,
                "InvalidLifecycleEventHookExecutionStatusException",
                "The status must be Succeeded or Failed"
            );
        }

        if (status is not null)
        {
            throw new LocalError(400, "LifecycleEventAlreadyCompletedException", "The lifecycle event has completed");
        }

        hooks[hook] = request.Status;
        return new Members { ["LifecycleEventHookExecutionId"] = request.LifecycleEventHookExecutionId };
    }

    internal sealed record Deployment(
        string Application,
        string? AppSpec,
        bool IsRollback,
        bool TellsContent,
        (string Bucket, string Key)? S3
    );

    internal sealed record GetDeploymentRequest
    {
        public required string DeploymentId { get; init; }
    }

    internal sealed record GetApplicationRevisionRequest
    {
        public required string ApplicationName { get; init; }

        public required Revision Revision { get; init; }
    }

    internal sealed record Revision(string? RevisionType, AppSpec? AppSpecContent);

    internal sealed record AppSpec(string? Content, string? Sha256);

    internal sealed record PutStatusRequest
    {
        public required string DeploymentId { get; init; }

        public required string LifecycleEventHookExecutionId { get; init; }

        public required string Status { get; init; }
    }
}
