using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using System.Xml.Linq;

namespace EcrGuard.LocalAws.Sts;

/// <summary>
/// AWS STS in memory: the caller's identity, the roles of this and other accounts, and credentials for other accounts.
/// </summary>
public sealed class LocalSts : ILocalService
{
    private static readonly XNamespace Namespace = "https://sts.amazonaws.com/doc/2011-06-15/";

    private const string WithWebIdentity = "AssumeRoleWithWebIdentity";

    private readonly LocalAwsOptions options;
    private readonly LocalLog<string> events;
    private readonly ConcurrentDictionary<string, LocalWorkloads> roles = [];
    private readonly ConcurrentDictionary<string, LocalWorkloads> sessions = [];
    private readonly ConcurrentDictionary<(string Arn, string Issuer), string> audiences = [];
    private int sessionsGiven;

    internal LocalSts(LocalAwsOptions options, LocalLog<string> events) =>
        (this.options, this.events) = (options, events);

    string ILocalService.SigningName => "sts";

    bool ILocalService.MayBeUnsigned(LocalCall call) =>
        new QueryParameters(call.Text).Take("Action") == WithWebIdentity;

    /// <summary>Creates a role that may be assumed.</summary>
    /// <param name="arn"><c>arn:aws:iam::210987654321:role/name</c>.</param>
    /// <returns>The services that run images in the role's account.</returns>
    public LocalWorkloads CreateRole(string arn)
    {
        ArgumentNullException.ThrowIfNull(arn);
        return roles[arn] = new LocalWorkloads(
            new LocalAccount(options with { AccountId = arn.Split(':')[4] }, events)
        );
    }

    /// <summary>
    /// Lets tokens of an OpenID Connect provider assume a role. Any subject in a token is accepted, and no signature is
    /// checked.
    /// </summary>
    /// <param name="arn">The ARN of a role that was created here.</param>
    /// <param name="issuer">Such as <c>https://token.actions.githubusercontent.com</c>.</param>
    /// <param name="audience">The only audience that the provider knows.</param>
    public void Trust(string arn, string issuer, string audience) => audiences[(arn, issuer)] = audience;

    /// <summary>The account that an access key id belongs to; null for this account.</summary>
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
            WithWebIdentity => AssumeRoleWithWebIdentity(parameters),
            "GetCallerIdentity" => CallerIdentity(parameters, SignatureV4.AccessKey(call.Headers)!),
            _ => throw LocalError.Unexpected("InvalidAction", $"The operation {operation.Name} is not known here."),
        };
    }

    /// <summary>Any credentials are accepted here. The access key id is the user's name.</summary>
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
        if (!roles.ContainsKey(arn))
        {
            throw new LocalError(
                403,
                "AccessDenied",
                $"User: arn:aws:sts::{options.AccountId}:assumed-role/guard/guard is not authorized to "
                    + $"perform: sts:AssumeRole on resource: {arn}"
            );
        }

        return Assumed("AssumeRole", arn, session);
    }

    /// <summary>https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html</summary>
    private LocalAnswer AssumeRoleWithWebIdentity(QueryParameters parameters)
    {
        var arn = parameters.Take("RoleArn") ?? throw Invalid("roleArn");
        var session = parameters.Take("RoleSessionName") ?? throw Invalid("roleSessionName");
        var token = parameters.Take("WebIdentityToken") ?? throw Invalid("webIdentityToken");
        parameters.End();
        var (issuer, audience) = ClaimsOf(token);
        if (!audiences.TryGetValue((arn, issuer), out var expected))
        {
            throw new LocalError(403, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity");
        }

        if (audience != expected)
        {
            throw new LocalError(400, "InvalidIdentityToken", "Incorrect token audience");
        }

        return Assumed(WithWebIdentity, arn, session);
    }

    /// <summary>The issuer and the audience of a JSON web token (RFC 7519).</summary>
    private static (string Issuer, string Audience) ClaimsOf(string token)
    {
        try
        {
            using var claims = JsonDocument.Parse(Base64Url.DecodeFromChars(token.Split('.')[1]));
            return (
                claims.RootElement.GetProperty("iss").GetString()!,
                claims.RootElement.GetProperty("aud").GetString()!
            );
        }
        catch (Exception wrong)
            when (wrong
                    is JsonException
                        or FormatException
                        or IndexOutOfRangeException
                        or KeyNotFoundException
                        or InvalidOperationException
            )
        {
            throw new LocalError(400, "InvalidIdentityToken", "The ID Token provided is not a valid JWT.");
        }
    }

    private LocalAnswer Assumed(string operation, string arn, string session)
    {
        var key = $"ASIA{Interlocked.Increment(ref sessionsGiven).ToString("D16", CultureInfo.InvariantCulture)}";
        var account = arn.Split(':')[4];
        if (account != options.AccountId)
        {
            sessions[key] = roles[arn];
        }

        return Xml(
            200,
            $"{operation}Response",
            new XElement(
                Namespace + $"{operation}Result",
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
