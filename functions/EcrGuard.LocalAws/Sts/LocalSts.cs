using System.Collections.Concurrent;
using System.Globalization;
using System.Xml.Linq;

namespace EcrGuard.LocalAws.Sts;

/// <summary>
/// AWS STS in memory: who calls, the roles of other accounts, and the credentials that lead into them.
/// </summary>
public sealed class LocalSts : ILocalService
{
    private static readonly XNamespace Namespace = "https://sts.amazonaws.com/doc/2011-06-15/";

    private readonly LocalAwsOptions options;
    private readonly LocalLog<string> events;
    private readonly ConcurrentDictionary<string, LocalWorkloads> roles = [];
    private readonly ConcurrentDictionary<string, LocalWorkloads> sessions = [];
    private int sessionsGiven;

    internal LocalSts(LocalAwsOptions options, LocalLog<string> events) =>
        (this.options, this.events) = (options, events);

    string ILocalService.SigningName => "sts";

    /// <summary>Creates a role that may be assumed.</summary>
    /// <param name="arn"><c>arn:aws:iam::210987654321:role/name</c>.</param>
    /// <returns>What runs images in the role's account.</returns>
    public LocalWorkloads CreateRole(string arn)
    {
        ArgumentNullException.ThrowIfNull(arn);
        return roles[arn] = new LocalWorkloads(
            new LocalAccount(options with { AccountId = arn.Split(':')[4] }, events)
        );
    }

    /// <summary>The account that an access key id leads into; null for this one.</summary>
    internal LocalWorkloads? AccountOf(string accessKey) => sessions.GetValueOrDefault(accessKey);

    bool ILocalService.LooksLikeMine(LocalCall call) =>
        call.Text.Contains("Version=2011-06-15", StringComparison.Ordinal);

    LocalOperation ILocalService.Identify(LocalCall call)
    {
        var parameters = new QueryParameters(call.Text);
        return parameters.Take("Action") is { } action
            ? new LocalOperation(action, parameters.Take("RoleArn"))
            : throw LocalError.Unexpected("MissingAction", "The request has no Action.");
    }

    LocalAnswer ILocalService.Answer(LocalCall call, LocalOperation operation)
    {
        var parameters = new QueryParameters(call.Text);
        parameters.Take("Action");
        parameters.Take("Version");
        return operation.Name switch
        {
            "AssumeRole" => AssumeRole(parameters),
            "GetCallerIdentity" => CallerIdentity(parameters, SignatureV4.AccessKey(call.Headers)!),
            _ => throw LocalError.Unexpected("InvalidAction", $"The operation {operation.Name} is not known here."),
        };
    }

    /// <summary>Any credentials are good here: the access key id is the user's name.</summary>
    private LocalAnswer CallerIdentity(QueryParameters parameters, string accessKey)
    {
        parameters.End();
        return Xml(
            200,
            "GetCallerIdentityResponse",
            new XElement(
                Namespace + "GetCallerIdentityResult",
                Text("Arn", $"arn:aws:iam::{options.AccountId}:user/{accessKey}"),
                Text("UserId", accessKey),
                Text("Account", options.AccountId)
            ),
            new XElement(Namespace + "ResponseMetadata", Text("RequestId", Guid.NewGuid().ToString()))
        );
    }

    private LocalAnswer AssumeRole(QueryParameters parameters)
    {
        var arn = parameters.Take("RoleArn") ?? throw Invalid("roleArn");
        var session = parameters.Take("RoleSessionName") ?? throw Invalid("roleSessionName");
        parameters.End();
        if (!roles.TryGetValue(arn, out var workloads))
        {
            throw new LocalError(
                403,
                "AccessDenied",
                $"User: arn:aws:sts::{options.AccountId}:assumed-role/guard/guard is not authorized to "
                    + $"perform: sts:AssumeRole on resource: {arn}"
            );
        }

        var key = $"ASIA{Interlocked.Increment(ref sessionsGiven).ToString("D16", CultureInfo.InvariantCulture)}";
        sessions[key] = workloads;
        var account = arn.Split(':')[4];
        return Xml(
            200,
            "AssumeRoleResponse",
            new XElement(
                Namespace + "AssumeRoleResult",
                new XElement(
                    Namespace + "Credentials",
                    Text("AccessKeyId", key),
                    Text("SecretAccessKey", $"secret of {key}"),
                    Text("SessionToken", $"token of {key}"),
                    Text(
                        "Expiration",
                        options
                            .TimeProvider.GetUtcNow()
                            .AddHours(1)
                            .ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture)
                    )
                ),
                new XElement(
                    Namespace + "AssumedRoleUser",
                    Text("AssumedRoleId", $"AROAEXAMPLE:{session}"),
                    Text("Arn", $"arn:aws:sts::{account}:assumed-role/{arn.Split('/')[^1]}/{session}")
                )
            ),
            new XElement(Namespace + "ResponseMetadata", Text("RequestId", Guid.NewGuid().ToString()))
        );
    }

    LocalError ILocalService.For(Trouble trouble) =>
        trouble switch
        {
            Trouble.Throttled => new LocalError(400, "Throttling", "Rate exceeded"),
            Trouble.InternalError => new LocalError(
                500,
                "InternalFailure",
                "We encountered an internal error. Please try again."
            ),
            Trouble.Unavailable => new LocalError(503, "ServiceUnavailable", "Service is temporarily unavailable."),
            Trouble.ExpiredCredentials => new LocalError(
                403,
                "ExpiredToken",
                "The security token included in the request is expired"
            ),
            Trouble.MissingAuthentication => new LocalError(
                403,
                "MissingAuthenticationToken",
                "Request is missing Authentication Token"
            ),
        };

    LocalAnswer ILocalService.Refuse(LocalError error) =>
        Xml(
            error.Status,
            "ErrorResponse",
            new XElement(
                Namespace + "Error",
                Text("Type", error.Status < 500 ? "Sender" : "Receiver"),
                Text("Code", error.Code),
                Text("Message", error.Message)
            ),
            Text("RequestId", Guid.NewGuid().ToString())
        );

    private static LocalError Invalid(string parameter) =>
        new(
            400,
            "ValidationError",
            $"1 validation error detected: Value null at '{parameter}' failed to satisfy constraint: Member "
                + "must not be null"
        );

    private static LocalAnswer Xml(int status, string root, params XElement[] content) =>
        LocalAnswer.Xml(status, new XElement(Namespace + root, content).ToString(SaveOptions.DisableFormatting));

    private static XElement Text(string name, string text) => new(Namespace + name, text);
}
