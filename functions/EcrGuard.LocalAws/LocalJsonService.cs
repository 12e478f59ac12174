namespace EcrGuard.LocalAws;

/// <summary>
/// A service that speaks AWS JSON: one path, and the operation in a header. Each service names the members that hold
/// the resource.
/// </summary>
public abstract class LocalJsonService : ILocalService
{
    private readonly string targetPrefix;
    private readonly string contentType;
    private readonly RequestJson names;
    private readonly string[] resourceMembers;

    /// <param name="resourceMembers">The members of a request that can name its resource. The first one that is present
    ///     is used.</param>
    private protected LocalJsonService(
        string signingName,
        string targetPrefix,
        string contentType,
        RequestJson names,
        string[] resourceMembers
    )
    {
        SigningName = signingName;
        this.targetPrefix = targetPrefix + ".";
        this.contentType = contentType;
        this.names = names;
        this.resourceMembers = resourceMembers;
    }

    private protected string SigningName { get; }

    private protected Lock Gate { get; } = new();

    private protected abstract IReadOnlyDictionary<string, Func<LocalCall, object>> Operations { get; }

    /// <summary>The code of an internal error of the service.</summary>
    private protected abstract string InternalErrorCode { get; }

    string ILocalService.SigningName => SigningName;

    bool ILocalService.LooksLikeMine(LocalCall call) => Target(call).StartsWith(targetPrefix, StringComparison.Ordinal);

    LocalOperation ILocalService.Identify(LocalCall call)
    {
        var target = Target(call);
        return target.StartsWith(targetPrefix, StringComparison.Ordinal)
            ? new LocalOperation(
                target[targetPrefix.Length..],
                resourceMembers.Select(member => JsonWire.Peek(call, member)).FirstOrDefault(value => value is not null)
            )
            : throw LocalError.Unexpected(
                "UnknownOperationException",
                $"X-Amz-Target '{target}' is not of {SigningName}."
            );
    }

    LocalAnswer ILocalService.Answer(LocalCall call, LocalOperation operation)
    {
        if (!Operations.TryGetValue(operation.Name, out var carryOut))
        {
            throw LocalError.Unexpected(
                "UnknownOperationException",
                $"The operation {operation.Name} is not known here."
            );
        }

        lock (Gate)
        {
            return JsonWire.Answer(contentType, carryOut(call), names);
        }
    }

    LocalError ILocalService.For(Trouble trouble) =>
        trouble switch
        {
            Trouble.Throttled => new LocalError(400, "ThrottlingException", "Rate exceeded"),
            Trouble.InternalError => new LocalError(500, InternalErrorCode, "An internal server error has occurred."),
            Trouble.Unavailable => new LocalError(
                503,
                "ServiceUnavailableException",
                "Service is temporarily unavailable."
            ),
            Trouble.ExpiredCredentials => new LocalError(
                400,
                "ExpiredTokenException",
                "The security token included in the request is expired"
            ),
            Trouble.MissingAuthentication => new LocalError(
                400,
                "MissingAuthenticationTokenException",
                "Missing Authentication Token"
            ),
        };

    LocalAnswer ILocalService.Refuse(LocalError error) =>
        JsonWire.Refuse(
            contentType,
            error.Status,
            new Dictionary<string, string> { ["__type"] = error.Code, ["message"] = error.Message }
        );

    private protected Func<LocalCall, object> On<TRequest>(Func<TRequest, object> operation) =>
        call => operation(JsonWire.Read<TRequest>(call, names));

    private static string Target(LocalCall call) => call.Headers["X-Amz-Target"].ToString();
}
