namespace EcrGuard.LocalAws.CodePipeline;

/// <summary>AWS CodePipeline in memory: the jobs of invoke actions, and how they ended. Nothing runs.</summary>
public sealed class LocalCodePipeline : LocalJsonService
{
    private readonly Dictionary<string, JobResult?> jobs = new(StringComparer.Ordinal);

    internal LocalCodePipeline()
        : base("codepipeline", "CodePipeline_20150709", "application/x-amz-json-1.1", JsonWire.Camel, ["jobId"]) =>
        Operations = new Dictionary<string, Func<LocalCall, object>>
        {
            ["PutJobFailureResult"] = On<FailureRequest>(Fail),
            ["PutJobSuccessResult"] = On<SuccessRequest>(Succeed),
        };

    private protected override IReadOnlyDictionary<string, Func<LocalCall, object>> Operations { get; }

    private protected override string InternalErrorCode => "InternalFailure";

    /// <summary>Starts a job.</summary>
    /// <returns>Its id.</returns>
    public string StartJob()
    {
        lock (Gate)
        {
            var id = new Guid(jobs.Count + 1, 0, 0, new byte[8]).ToString();
            jobs.Add(id, null);
            return id;
        }
    }

    /// <summary>The last result that was reported for a job; null for none.</summary>
    public JobResult? ResultOf(string job)
    {
        lock (Gate)
        {
            return jobs[job];
        }
    }

    private static LocalError Invalid(string message) => new(400, "ValidationException", message);

    private object Succeed(SuccessRequest request)
    {
        if (request is { ContinuationToken: not null, OutputVariables: not null })
        {
            throw Invalid("Output variables can only be set without a continuation token.");
        }

        if (request.ExecutionDetails?.Summary is { Length: > 2048 })
        {
            throw Invalid("The summary must have at most 2048 characters.");
        }

        return End(
            request.JobId,
            new JobResult("Succeeded", request.ExecutionDetails?.Summary)
            {
                ContinuationToken = request.ContinuationToken,
                Variables = request.OutputVariables ?? [],
            }
        );
    }

    private object Fail(FailureRequest request) =>
        request.FailureDetails.Message.Length is 0 or > 5000
            ? throw Invalid("The message must have 1 to 5000 characters.")
            : End(request.JobId, new JobResult(request.FailureDetails.Type, request.FailureDetails.Message));

    private Members End(string job, JobResult result)
    {
        if (!jobs.TryGetValue(job, out var before))
        {
            throw new LocalError(400, "JobNotFoundException", "The job was specified in an invalid format or is gone.");
        }

        if (before is { ContinuationToken: null })
        {
            throw new LocalError(400, "InvalidJobStateException", "The state of the job was specified invalidly.");
        }

        jobs[job] = result;
        return new Members();
    }

    internal sealed record SuccessRequest
    {
        public required string JobId { get; init; }

        public string? ContinuationToken { get; init; }

        public Details? ExecutionDetails { get; init; }

        public Dictionary<string, string>? OutputVariables { get; init; }
    }

    internal sealed record Details(string? Summary, string? ExternalExecutionId, int? PercentComplete);

    internal sealed record FailureRequest
    {
        public required string JobId { get; init; }

        public required Failure FailureDetails { get; init; }
    }

    internal sealed record Failure
    {
        public required string Type { get; init; }

        public required string Message { get; init; }

        public string? ExternalExecutionId { get; init; }
    }
}

/// <summary>How a job ended, or that it goes on.</summary>
/// <param name="Outcome"><c>Succeeded</c>, or the type of the failure.</param>
/// <param name="Text">The summary or the message.</param>
public sealed record JobResult(string Outcome, string? Text)
{
    /// <summary>Not null if the job goes on.</summary>
    public string? ContinuationToken { get; init; }

    public IReadOnlyDictionary<string, string> Variables { get; init; } = new Dictionary<string, string>();
}
