using System.Text.Json;
using Amazon.Lambda.Annotations;
using Amazon.Lambda.Core;
using EcrGuard.Aws.Facts;
using EcrGuard.Core.Gates;
using EcrGuard.Lambda.Flow;
using EcrGuard.Lambda.Hosting;

namespace EcrGuard.Lambda.Functions;

/// <summary>
/// The input of an ECS lifecycle hook (Amazon ECS Developer Guide, "Lifecycle hooks for Amazon ECS service
/// deployments").
/// </summary>
/// <param name="ResourceArn">The ARN of the service deployment.</param>
public sealed record EcsGateRequest(string? LifecycleStage, string? ResourceArn, EcsGateDetails? ExecutionDetails);

/// <param name="TargetServiceRevisionArn">The ARN of the service revision that is deployed.</param>
public sealed record EcsGateDetails(string? TargetServiceRevisionArn);

/// <param name="HookStatus"><c>SUCCEEDED</c>, <c>FAILED</c> or <c>IN_PROGRESS</c>.</param>
/// <param name="CallBackDelay">For IN_PROGRESS: after how many seconds ECS asks again.</param>
public sealed record EcsGateAnswer(string HookStatus, int? CallBackDelay);

/// <summary>
/// Answers a deployment of an ECS service that asks before its tasks start, through the lifecycle hook PRE_SCALE_UP. A
/// rollback is never held up.
/// </summary>
public sealed class EcsGate(RevisionReader revisions, Gatekeeper gatekeeper)
{
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(3);

    [LambdaFunction]
    public async Task<JsonElement> EcsGateAsync(EcsGateRequest input, ILambdaContext context)
    {
        using var deadline = Deadline.Before(context, Margin);
        var decision = await gatekeeper
            .DecideAsync(input.ResourceArn ?? "?", () => DecideAsync(input, deadline.Token))
            .ConfigureAwait(false);
        return JsonSerializer.SerializeToElement(
            new EcsGateAnswer(
                EcsHook.Status(decision.Step),
                decision.Step == GateStep.Wait ? EcsHook.CallBackDelay : null
            ),
            AnswerJson.Default.EcsGateAnswer
        );
    }

    private async Task<GateDecision> DecideAsync(EcsGateRequest input, CancellationToken cancellation)
    {
        if (
            input.ResourceArn is not { Length: > 0 } deployment
            || input.ExecutionDetails?.TargetServiceRevisionArn is not { Length: > 0 } revision
        )
            throw new UnclearDeploymentException(
                "The event is not that of an ECS lifecycle hook: it names no resourceArn or no "
                    + "executionDetails.targetServiceRevisionArn."
            );
        return await revisions.IsRollbackAsync(deployment, cancellation).ConfigureAwait(false)
            ? GateDecision.Passes("It goes back to what ran before.")
            : await gatekeeper
                .AskAsync(
                    await revisions.OfServiceRevisionAsync(revision, cancellation).ConfigureAwait(false),
                    cancellation
                )
                .ConfigureAwait(false);
    }
}
