namespace EcrGuard.LocalAws;

/// <summary>
/// A service that speaks rest-json: each operation has its own address, members begin with capitals, and the error code
/// is in a header.
/// </summary>
public abstract class LocalRestService : ILocalService
{
    private const string ContentType = "application/json";

    private readonly string root;

    /// <param name="root">The beginning of every path.</param>
    private protected LocalRestService(string signingName, string root)
    {
        SigningName = signingName;
        this.root = root;
    }

    private protected string SigningName { get; }

    private protected Lock Gate { get; } = new();

    string ILocalService.SigningName => SigningName;

    bool ILocalService.LooksLikeMine(LocalCall call) => call.Path.StartsWith(root, StringComparison.Ordinal);

    LocalOperation ILocalService.Identify(LocalCall call) =>
        (
            call.Path.StartsWith(root, StringComparison.Ordinal)
                ? Operation(
                    call.Method,
                    [
                        .. call.Path[root.Length..]
                            .Split('/', StringSplitOptions.RemoveEmptyEntries)
                            .Select(Uri.UnescapeDataString),
                    ]
                )
                : null
        ) ?? throw LocalError.Unexpected("UnknownOperationException", $"{call.Method} {call.Path} is not known here.");

    LocalAnswer ILocalService.Answer(LocalCall call, LocalOperation operation)
    {
        var query = new QueryParameters(call.Query);
        lock (Gate)
        {
            return JsonWire.Answer(ContentType, Answer(operation, query), JsonWire.Pascal);
        }
    }

    LocalError ILocalService.For(Trouble trouble) =>
        trouble switch
        {
            Trouble.Throttled => Throttled,
            Trouble.InternalError => new LocalError(
                500,
                "InternalServerException",
                "An internal server error has occurred."
            ),
            Trouble.Unavailable => new LocalError(
                503,
                "ServiceUnavailableException",
                "Service is temporarily unavailable."
            ),
            Trouble.ExpiredCredentials => new LocalError(
                403,
                "ExpiredTokenException",
                "The security token included in the request is expired"
            ),
            Trouble.MissingAuthentication => new LocalError(
                403,
                "MissingAuthenticationTokenException",
                "Missing Authentication Token"
            ),
        };

    LocalAnswer ILocalService.Refuse(LocalError error) =>
        JsonWire.Refuse(ContentType, error.Status, new Members { ["Message"] = error.Message }, JsonWire.Pascal) with
        {
            Headers = new Dictionary<string, string> { ["x-amzn-ErrorType"] = error.Code },
        };

    private protected abstract LocalError Throttled { get; }

    /// <summary>The operation at an address, with its resource; null for none.</summary>
    /// <param name="path">What follows the root, as unescaped parts.</param>
    private protected abstract LocalOperation? Operation(string method, string[] path);

    /// <summary>
    /// Carries an operation out while the gate is held. Takes every parameter that it knows, then ends the query.
    /// </summary>
    private protected abstract object Answer(LocalOperation operation, QueryParameters query);
}
