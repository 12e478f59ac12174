using Amazon.CodeDeploy;
using Amazon.CodeDeploy.Model;
using Amazon.CodePipeline;
using Amazon.CodePipeline.Model;
using Amazon.Runtime;
using Amazon.SQS.Model;
using EcrGuard.Core.Gates;
using EcrGuard.Core.Images;

namespace EcrGuard.Aws.Actions;

/// <summary>Ends what waits for a gate, or schedules that the gate is asked again.</summary>
public sealed class GateJobs(AwsClients aws, Settings settings)
{
    /// <summary>CodePipeline takes no summary longer than this (CodePipeline API, ExecutionDetails).</summary>
    private const int MaxSummary = 2000;

    /// <summary>
    /// Ends a job of CodePipeline with success, or fails it if its output variables are longer than CodePipeline takes.
    /// </summary>
    /// <param name="variables">Output variables for the actions that come after it.</param>
    /// <returns>False if the job has ended already.</returns>
    public async Task<bool> SucceedAsync(
        string job,
        string why,
        Dictionary<string, string> variables,
        CancellationToken cancellation
    )
    {
        try
        {
            return await EndAsync(() =>
                    aws.Deployers.CodePipeline.PutJobSuccessResultAsync(
                        new PutJobSuccessResultRequest
                        {
                            JobId = job,
                            ExecutionDetails = Details(why),
                            OutputVariables = variables,
                        },
                        cancellation
                    )
                )
                .ConfigureAwait(false);
        }
        catch (AmazonServiceException refused) when (refused.ErrorCode == "OutputVariablesSizeExceededException")
        {
            return await FailAsync(
                    job,
                    "The images pass, but the output variables that name them are longer than CodePipeline takes; ask "
                        + "about fewer images in one action.",
                    cancellation
                )
                .ConfigureAwait(false);
        }
    }

    /// <summary>Makes CodePipeline ask again.</summary>
    /// <inheritdoc cref="SucceedAsync" path="/returns"/>
    public Task<bool> ContinueAsync(string job, string why, string token, CancellationToken cancellation) =>
        EndAsync(() =>
            aws.Deployers.CodePipeline.PutJobSuccessResultAsync(
                new PutJobSuccessResultRequest
                {
                    JobId = job,
                    ExecutionDetails = Details(why),
                    ContinuationToken = token,
                },
                cancellation
            )
        );

    /// <summary>Fails a job of CodePipeline.</summary>
    /// <inheritdoc cref="SucceedAsync" path="/returns"/>
    public Task<bool> FailAsync(string job, string why, CancellationToken cancellation) =>
        EndAsync(() =>
            aws.Deployers.CodePipeline.PutJobFailureResultAsync(
                new PutJobFailureResultRequest
                {
                    JobId = job,
                    FailureDetails = new FailureDetails { Type = FailureType.JobFailed, Message = why },
                },
                cancellation
            )
        );

    private static ExecutionDetails Details(string why) => new() { Summary = Phrase.Clip(why, MaxSummary) };

    private static async Task<bool> EndAsync<T>(Func<Task<T>> end)
    {
        try
        {
            await end().ConfigureAwait(false);
            return true;
        }
        catch (Exception gone) when (gone is JobNotFoundException or InvalidJobStateException)
        {
            return false;
        }
    }

    /// <summary>Lets a deployment of CodeDeploy continue, or fails it.</summary>
    /// <returns>False if somebody has ended the hook already.</returns>
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

    /// <summary>Schedules that the gate is asked again about a hook of CodeDeploy.</summary>
    public async Task AskAgainAsync(CodeDeployHook hook, CancellationToken cancellation) =>
        await aws
            .Sqs.SendMessageAsync(
                new SendMessageRequest
                {
                    QueueUrl = Settings.Required(
                        settings.GateQueue,
                        "ECRGUARD_GATE_QUEUE",
                        "the URL of the queue of questions that are put again"
                    ),
                    MessageBody = hook.Write(),
                    DelaySeconds = (int)CodeDeployHook.AsksAgainAfter.TotalSeconds,
                },
                cancellation
            )
            .ConfigureAwait(false);
}
