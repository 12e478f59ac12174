using System.Text.Json;
using System.Text.Json.Serialization;
using Amazon.Lambda.Annotations;
using Amazon.Lambda.Core;
using Amazon.Runtime;
using EcrGuard.Aws.Actions;
using EcrGuard.Aws.Facts;
using EcrGuard.Core.Gates;
using EcrGuard.Lambda.Flow;
using EcrGuard.Lambda.Hosting;

namespace EcrGuard.Lambda.Functions;

/// <summary>
/// The input of a CodePipeline invoke action, or of a rule of a stage's condition, which may name no job. It carries
/// credentials and is never logged.
/// </summary>
public sealed record CodePipelineGateRequest([property: JsonPropertyName("CodePipeline.job")] CodePipelineJob? Job)
{
    /// <summary>Everything beside the job.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Parameters { get; set; }
}

public sealed record CodePipelineJob(string? Id, CodePipelineJobData? Data);

/// <param name="ContinuationToken">The token that EcrGuard gave the last time; null the first time.</param>
public sealed record CodePipelineJobData(
    CodePipelineActionConfiguration? ActionConfiguration,
    IReadOnlyList<CodePipelineArtifact>? InputArtifacts,
    CodePipelineCredentials? ArtifactCredentials,
    string? ContinuationToken
);

public sealed record CodePipelineActionConfiguration(IReadOnlyDictionary<string, string>? Configuration);

public sealed record CodePipelineArtifact(string? Name, CodePipelineLocation? Location);

public sealed record CodePipelineLocation(CodePipelineObject? S3Location);

public sealed record CodePipelineObject(string? BucketName, string? ObjectKey);

public sealed record CodePipelineCredentials(string? AccessKeyId, string? SecretAccessKey, string? SessionToken);

/// <summary>
/// Answers a pipeline that asks in an invoke action. The images are named by its user parameters or by its artifacts.
/// The job always gets an end: success and what to deploy, or the reasons against it, or a request to ask again.
/// </summary>
public sealed class CodePipelineGate(
    ArtifactReader artifacts,
    GateJobs jobs,
    Gatekeeper gatekeeper,
    TimeProvider time,
    Log log
)
{
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(5);

    [LambdaFunction]
    public async Task<bool> CodePipelineGateAsync(CodePipelineGateRequest input, ILambdaContext context)
    {
        using var deadline = Deadline.Before(context, Margin);
        if (input.Job is not { Id: { Length: > 0 } job })
            return await OfRuleAsync(input.Parameters ?? [], deadline.Token).ConfigureAwait(false);
        var decision = await gatekeeper
            .DecideAsync(job, () => DecideAsync(input.Job.Data, deadline.Token))
            .ConfigureAwait(false);
        var mayWait = PipelineJob.MayWait(input.Job.Data?.ContinuationToken, time.GetUtcNow(), out var since);
        // The answer is sent even if reading has used up the time.
        var ended = decision.Step switch
        {
            GateStep.Go => jobs.SucceedAsync(job, decision.Why, Variables(decision.Report), CancellationToken.None),
            GateStep.Wait when mayWait => jobs.ContinueAsync(
                job,
                decision.Why,
                PipelineJob.Token(since),
                CancellationToken.None
            ),
            GateStep.Wait or GateStep.Stop => jobs.FailAsync(job, decision.Why, CancellationToken.None),
        };
        if (!await ended.ConfigureAwait(false))
            log.Info("The job had ended already.", ("job", job));
        return decision.Step == GateStep.Go;
    }

    /// <summary>Answers where no job waits for its end. Only a failure of the function is surely a no.</summary>
    /// <exception cref="UnclearDeploymentException">The answer is no; why, as a sentence.</exception>
    private async Task<bool> OfRuleAsync(
        IReadOnlyDictionary<string, JsonElement> parameters,
        CancellationToken cancellation
    )
    {
        var decision = await gatekeeper
            .DecideAsync(
                "a rule of CodePipeline",
                () =>
                {
                    var asked = PipelineJob.OfRule(parameters);
                    return gatekeeper.AskAsync(
                        new DeployedImages("The rule", asked.Images),
                        cancellation,
                        asked.IgnoresOthers
                    );
                }
            )
            .ConfigureAwait(false);
        return decision.Step == GateStep.Go ? true : throw new UnclearDeploymentException(decision.Why);
    }

    private async Task<GateDecision> DecideAsync(CodePipelineJobData? data, CancellationToken cancellation)
    {
        var asked = PipelineJob.Read(data?.ActionConfiguration?.Configuration?.GetValueOrDefault("UserParameters"));
        var images =
            asked.Images.Count > 0
                ? asked.Images
                : await artifacts
                    .ReadAsync([.. Artifacts(data)], Credentials(data), cancellation)
                    .ConfigureAwait(false);
        return await gatekeeper
            .AskAsync(new DeployedImages("The action", images), cancellation, asked.IgnoresOthers)
            .ConfigureAwait(false);
    }

    private static IEnumerable<PipelineArtifact> Artifacts(CodePipelineJobData? data) =>
        (data?.InputArtifacts ?? []).Select(artifact =>
            artifact.Location?.S3Location is { BucketName: { } bucket, ObjectKey: { } key }
                ? new PipelineArtifact(artifact.Name ?? "?", bucket, key)
                : throw new UnclearDeploymentException("An input artifact names no object of S3.")
        );

    private static SessionAWSCredentials Credentials(CodePipelineJobData? data) =>
        data?.ArtifactCredentials is { AccessKeyId: { } id, SecretAccessKey: { } secret, SessionToken: { } token }
            ? new SessionAWSCredentials(id, secret, token)
            : throw new UnclearDeploymentException("The job has no credentials for its artifacts.");

    /// <summary>The output variables: what the following actions deploy.</summary>
    private static Dictionary<string, string> Variables(GateReport? report)
    {
        var passing = (report?.Answers ?? []).Select(answer => answer.Answer).OfType<Core.Verdicts.ApprovalAnswer>();
        var images = passing.DistinctBy(answer => answer.Deploy).ToList();
        return images is not [var first, ..]
            ? []
            : new Dictionary<string, string>
            {
                ["digest"] = first.Digest,
                ["deploy"] = string.Join(' ', images.Select(image => image.Deploy)),
            };
    }
}
