namespace EcrGuard.LocalAws.StepFunctions;

/// <summary>
/// State machines of AWS Step Functions whose work is done in this process. An execution has ended when StartExecution
/// answers
/// (https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html answers before that).
/// </summary>
public sealed class LocalStepFunctions : LocalJsonService, ILocalService
{
    private readonly LocalAccount account;
    private readonly Dictionary<string, Func<Task>> machines = new(StringComparer.Ordinal);
    private int executions;

    internal LocalStepFunctions(LocalAccount account)
        : base("states", "AWSStepFunctions", "application/x-amz-json-1.0", JsonWire.Camel, ["stateMachineArn"])
    {
        this.account = account;
        Operations = new Dictionary<string, Func<LocalCall, object>>
        {
            ["StartExecution"] = On<StartExecutionRequest>(Started),
        };
    }

    private protected override IReadOnlyDictionary<string, Func<LocalCall, object>> Operations { get; }

    private protected override string InternalErrorCode => "InternalServerError";

    /// <summary>Creates a state machine.</summary>
    /// <param name="work">What an execution does.</param>
    /// <returns>Its ARN.</returns>
    public string CreateStateMachine(string name, Func<Task> work)
    {
        var arn = $"arn:aws:states:{account.Options.Region}:{account.Options.AccountId}:stateMachine:{name}";
        lock (Gate)
        {
            machines.Add(arn, work);
        }

        return arn;
    }

    async Task<LocalAnswer> ILocalService.AnswerAsync(LocalCall call, LocalOperation operation)
    {
        // Answers first: that checks the request.
        var answer = ((ILocalService)this).Answer(call, operation);
        Func<Task> work;
        lock (Gate)
        {
            work = machines[operation.Resource!];
        }

        await work().ConfigureAwait(false);
        return answer;
    }

    private object Started(StartExecutionRequest request)
    {
        if (!machines.ContainsKey(request.StateMachineArn))
        {
            throw new LocalError(
                400,
                "StateMachineDoesNotExist",
                $"State Machine Does Not Exist: '{request.StateMachineArn}'"
            );
        }

        var name = request.StateMachineArn.Split(':')[^1];
        return new Members
        {
            ["ExecutionArn"] =
                $"arn:aws:states:{account.Options.Region}:{account.Options.AccountId}:execution:{name}:"
                + $"{++executions}",
            ["StartDate"] = JsonWire.Epoch(account.Now),
        };
    }

    internal sealed record StartExecutionRequest(string StateMachineArn);
}
