using System.Text.Json;
using Amazon.Lambda.Annotations;
using Amazon.Lambda.Core;
using Amazon.Lambda.SQSEvents;
using EcrGuard.Aws.Actions;
using EcrGuard.Aws.Facts;
using EcrGuard.Core.Gates;
using EcrGuard.Lambda.Flow;
using EcrGuard.Lambda.Hosting;

namespace EcrGuard.Lambda.Functions;

/// <summary>The input of a CodeDeploy lifecycle event hook, or the messages with which EcrGuard asks again.</summary>
/// <param name="Records">EcrGuard's own messages; null if CodeDeploy calls.</param>
public sealed record CodeDeployGateRequest(
    string? DeploymentId,
    string? LifecycleEventHookExecutionId,
    IReadOnlyList<SQSEvent.SQSMessage>? Records
);

/// <summary>
/// Answers a CodeDeploy deployment, to ECS or Lambda, that asks through a lifecycle event hook before it installs or
/// shifts traffic. While a scan is not finished, EcrGuard asks again by itself. A rollback is never held up.
/// </summary>
public sealed class CodeDeployGate(
    CodeDeployReader deployments,
    RevisionReader revisions,
    GateJobs jobs,
    Gatekeeper gatekeeper,
    TimeProvider time,
    Log log
)
{
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(5);

    [LambdaFunction]
    public async Task<SQSBatchResponse> CodeDeployGateAsync(CodeDeployGateRequest input, ILambdaContext context)
    {
        using var deadline = Deadline.Before(context, Margin);
        if (input.Records is null)
        {
            await AnswerAsync(Asked(input), deadline.Token).ConfigureAwait(false);
            return new SQSBatchResponse([]);
        }
        var failed = new List<SQSBatchResponse.BatchItemFailure>();
        foreach (var message in input.Records)
        {
            try
            {
                await AnswerAsync(CodeDeployHook.Read(message.Body ?? ""), deadline.Token).ConfigureAwait(false);
            }
            catch (Exception failure)
            {
                log.Error("A hook could not be answered yet.", failure, ("messageId", message.MessageId));
                failed.Add(new SQSBatchResponse.BatchItemFailure { ItemIdentifier = message.MessageId });
            }
        }
        return new SQSBatchResponse(failed);
    }

    private static CodeDeployHook Asked(CodeDeployGateRequest input) =>
        input is { DeploymentId.Length: > 0, LifecycleEventHookExecutionId.Length: > 0 }
            ? new CodeDeployHook(input.DeploymentId, input.LifecycleEventHookExecutionId)
            : throw new UnclearDeploymentException(
                "The event is not that of a CodeDeploy lifecycle event hook: it names no DeploymentId or no "
                    + "LifecycleEventHookExecutionId."
            );

    private async Task AnswerAsync(CodeDeployHook hook, CancellationToken cancellation)
    {
        var decision = await gatekeeper
            .DecideAsync(hook.DeploymentId, () => DecideAsync(hook, cancellation))
            .ConfigureAwait(false);
        var now = time.GetUtcNow();
        // The answer is sent even if reading has used up the time.
        if (decision.Step == GateStep.Wait && hook.MayWait(now))
            await jobs.AskAgainAsync(hook with { AskedSince = hook.AskedSince ?? now }, CancellationToken.None)
                .ConfigureAwait(false);
        else if (
            !await jobs.EndHookAsync(hook, decision.Step == GateStep.Go, CancellationToken.None).ConfigureAwait(false)
        )
            log.Info("The hook had ended already.", ("deployment", hook.DeploymentId));
    }

    private async Task<GateDecision> DecideAsync(CodeDeployHook hook, CancellationToken cancellation)
    {
        var deployment = await deployments.ReadAsync(hook.DeploymentId, cancellation).ConfigureAwait(false);
        if (deployment.AppSpec is not { } appSpec)
            return GateDecision.Passes("It goes back to what ran before.");
        var images = new List<NamedImage>();
        foreach (var target in AppSpecTarget.Read(Parsed(appSpec)))
        {
            var deployed = target.TaskDefinition is { } definition
                ? await revisions.OfTaskDefinitionAsync(definition, cancellation).ConfigureAwait(false)
                : await revisions
                    .OfFunctionAsync(target.Function!, target.Version!, cancellation)
                    .ConfigureAwait(false);
            images.AddRange(deployed.Images);
        }
        return await gatekeeper
            .AskAsync(new DeployedImages(hook.DeploymentId, images), cancellation)
            .ConfigureAwait(false);
    }

    private static JsonElement Parsed(string appSpec)
    {
        if (!appSpec.TrimStart().StartsWith('{'))
            return YamlDocuments.Read(appSpec) is [var document, ..]
                ? document
                : throw new UnclearDeploymentException("The AppSpec is empty.");
        try
        {
            using var json = JsonDocument.Parse(appSpec);
            return json.RootElement.Clone();
        }
        catch (JsonException)
        {
            throw new UnclearDeploymentException("The AppSpec is no JSON.");
        }
    }
}
