using Amazon.CodeDeploy;
using Amazon.CodeDeploy.Model;
using Amazon.SQS.Model;
using EcrGuard.Core.Gates;

namespace EcrGuard.Aws.Actions;

/// <summary>Ends what waits for a gate, or puts down that it is asked again.</summary>
public sealed class GateJobs(AwsClients aws, Settings settings)
{
    /// <summary>Lets a deployment of CodeDeploy go on, or fails it.</summary>
    /// <returns>False where somebody has ended the hook already.</returns>
    public async Task<bool> EndHookAsync(CodeDeployHook hook, bool passes, CancellationToken cancellation)
    {
        try
        {
            await aws
                .Deployers.CodeDeploy.PutLifecycleEventHookExecutionStatusAsync(
                    new PutLifecycleEventHookExecutionStatusRequest
                    {
                        DeploymentId = hook.DeploymentId,
                        LifecycleEventHookExecutionId = hook.LifecycleEventHookExecutionId,
                        Status = passes ? LifecycleEventStatus.Succeeded : LifecycleEventStatus.Failed,
                    },
                    cancellation
                )
                .ConfigureAwait(false);
            return true;
        }
        catch (LifecycleEventAlreadyCompletedException)
        {
            return false;
        }
    }

    /// <summary>Puts down that a hook of CodeDeploy is asked about again.</summary>
    public async Task AskAgainAsync(CodeDeployHook hook, CancellationToken cancellation) =>
        await aws
            .Sqs.SendMessageAsync(
                new SendMessageRequest
                {
                    QueueUrl =
                        settings.GateQueue
                        ?? throw new SettingsException(
                            "ECRGUARD_GATE_QUEUE",
                            null,
                            "it must be the URL of the queue of questions that are put again"
                        ),
                    MessageBody = hook.Write(),
                    DelaySeconds = (int)CodeDeployHook.AsksAgainAfter.TotalSeconds,
                },
                cancellation
            )
            .ConfigureAwait(false);
}
