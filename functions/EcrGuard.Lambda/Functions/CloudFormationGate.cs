using System.Text.Json;
using Amazon.Lambda.Annotations;
using Amazon.Lambda.Core;
using EcrGuard.Aws.Facts;
using EcrGuard.Core.Gates;
using EcrGuard.Lambda.Flow;
using EcrGuard.Lambda.Hosting;

namespace EcrGuard.Lambda.Functions;

/// <summary>The question that CloudFormation sends to a Lambda Hook about a resource.</summary>
/// <param name="StackId">Null if Cloud Control asks.</param>
/// <param name="ActionInvocationPoint">For example <c>CREATE_PRE_PROVISION</c>.</param>
public sealed record CloudFormationGateRequest(
    string? ClientRequestToken,
    string? StackId,
    string? ActionInvocationPoint,
    CloudFormationResource? RequestData,
    CloudFormationContext? RequestContext
);

/// <param name="TargetType">For example <c>AWS::ECS::TaskDefinition</c>.</param>
public sealed record CloudFormationResource(
    string? TargetType,
    string? TargetLogicalId,
    CloudFormationModel? TargetModel
);

/// <param name="ResourceProperties">The properties that the resource will have.</param>
public sealed record CloudFormationModel(JsonElement? ResourceProperties);

/// <param name="Invocation">1 for the first time that CloudFormation asks.</param>
public sealed record CloudFormationContext(int? Invocation);

/// <summary>
/// Answers CloudFormation before it creates or updates a resource that runs images. SAM, the CDK and Cloud Control ask
/// in the same way. A stack that rolls back is never held up.
/// </summary>
public sealed class CloudFormationGate(StackReader stacks, Gatekeeper gatekeeper)
{
    /// <summary>Kept free at the end: CloudFormation waits 30 seconds for the function.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(4);

    [LambdaFunction]
    public async Task<JsonElement> CloudFormationGateAsync(CloudFormationGateRequest input, ILambdaContext context)
    {
        using var deadline = Deadline.Before(context, Margin);
        var decision = await gatekeeper
            .DecideAsync(
                $"{input.StackId ?? "Cloud Control"} {input.RequestData?.TargetLogicalId}",
                () => DecideAsync(input, deadline.Token)
            )
            .ConfigureAwait(false);
        return JsonSerializer.SerializeToElement(
            CloudFormationHook.Answer(
                decision.Step,
                decision.Why,
                input.ClientRequestToken ?? "",
                input.RequestContext?.Invocation
            ),
            AnswerJson.Default.CloudFormationAnswer
        );
    }

    private async Task<GateDecision> DecideAsync(CloudFormationGateRequest input, CancellationToken cancellation)
    {
        if (input.ActionInvocationPoint?.StartsWith("DELETE_", StringComparison.Ordinal) == true)
            return GateDecision.Passes("It deletes, and deploys nothing.");
        if (
            input.RequestData is not { TargetType: { } type } resource
            || resource.TargetModel?.ResourceProperties is not { } properties
        )
            throw new UnclearDeploymentException(
                "The event is not that of a Lambda Hook for resources: it names no requestData.targetType or no "
                    + "requestData.targetModel.resourceProperties."
            );
        var decision = await gatekeeper
            .AskAsync(CloudFormationHook.Images(type, resource.TargetLogicalId, properties), cancellation)
            .ConfigureAwait(false);
        // Asked last: almost every answer is yes, and then this does not matter.
        return
            decision.Step != GateStep.Go
            && input.StackId is { } stack
            && await stacks.IsRollingBackAsync(stack, cancellation).ConfigureAwait(false)
            ? GateDecision.Passes("The stack goes back to what it was.")
            : decision;
    }
}
