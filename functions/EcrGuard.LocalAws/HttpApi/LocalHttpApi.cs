using System.Text;
using System.Text.Json;

namespace EcrGuard.LocalAws.HttpApi;

/// <summary>
/// An HTTP API of Amazon API Gateway with IAM authorisation and the stage $default, on this server's own address. A
/// function gets payload version 2.0 and gives the answer
/// (docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html).
/// </summary>
public sealed class LocalHttpApi : ILocalService
{
    private readonly LocalAccount account;
    private readonly Lock gate = new();
    private readonly Dictionary<string, (Func<string, Task<string>> Function, string RoleId)> routes = [];

    internal LocalHttpApi(LocalAccount account) => this.account = account;

    string ILocalService.SigningName => "execute-api";

    /// <summary>Puts a function behind a route.</summary>
    /// <param name="route">For example <c>GET /approval</c>.</param>
    /// <param name="roleId">The id of the role that every caller has, since any credentials are accepted here.</param>
    public void Route(string route, string roleId, Func<string, Task<string>> function)
    {
        lock (gate)
        {
            routes[route] = (function, roleId);
        }
    }

    bool ILocalService.LooksLikeMine(LocalCall call)
    {
        lock (gate)
        {
            return routes.Keys.Any(route => route.Split(' ')[1] == call.Path);
        }
    }

    LocalOperation ILocalService.Identify(LocalCall call) => new($"{call.Method} {call.Path}", null);

    LocalAnswer ILocalService.Answer(LocalCall call, LocalOperation operation) =>
        throw new InvalidOperationException("A function is waited for.");

    async Task<LocalAnswer> ILocalService.AnswerAsync(LocalCall call, LocalOperation operation)
    {
        (Func<string, Task<string>> Function, string RoleId) route;
        lock (gate)
        {
            if (!routes.TryGetValue(operation.Name, out route))
            {
                return Message(404, "Not Found");
            }
        }

        JsonElement answer;
        try
        {
            using var document = JsonDocument.Parse(
                await route.Function(Event(call, operation.Name, route.RoleId)).ConfigureAwait(false)
            );
            answer = document.RootElement.Clone();
        }
#pragma warning disable CA1031 // Whatever a function throws, the API answers this.
        catch (Exception)
#pragma warning restore CA1031
        {
            return Message(500, "Internal Server Error");
        }

        var headers =
            answer.TryGetProperty("headers", out var given) && given.ValueKind == JsonValueKind.Object
                ? given.EnumerateObject().ToDictionary(h => h.Name, h => h.Value.GetString()!)
                : [];
        headers.Remove("content-type", out var contentType);
        return new LocalAnswer(
            answer.GetProperty("statusCode").GetInt32(),
            contentType ?? "application/json",
            Encoding.UTF8.GetBytes(answer.GetProperty("body").GetString() ?? "")
        )
        {
            Headers = headers,
        };
    }

    LocalError ILocalService.For(Trouble trouble) =>
        trouble switch
        {
            Trouble.Throttled => new LocalError(429, "Throttled", "Too Many Requests"),
            Trouble.InternalError => new LocalError(500, "InternalError", "Internal Server Error"),
            Trouble.Unavailable => new LocalError(503, "Unavailable", "Service Unavailable"),
            Trouble.ExpiredCredentials or Trouble.MissingAuthentication => new LocalError(
                403,
                "Forbidden",
                "Forbidden"
            ),
        };

    LocalAnswer ILocalService.Refuse(LocalError error) => Message(error.Status, error.Message);

    private static LocalAnswer Message(int status, string message) =>
        new(status, "application/json", JsonWire.Utf8(new Members { ["message"] = message }));

    private string Event(LocalCall call, string route, string roleId)
    {
        var key = SignatureV4.AccessKey(call.Headers)!;
        return JsonWire.Write(
            new Members
            {
                ["version"] = "2.0",
                ["routeKey"] = route,
                ["rawPath"] = call.Path,
                ["rawQueryString"] = string.Join(
                    '&',
                    call.Query.Select(q => $"{Uri.EscapeDataString(q.Key)}={Uri.EscapeDataString(q.Value.ToString())}")
                ),
                ["headers"] = call.Headers.ToDictionary(h => h.Key.ToLowerInvariant(), h => h.Value.ToString()),
                ["queryStringParameters"] =
                    call.Query.Count == 0 ? null : call.Query.ToDictionary(q => q.Key, q => q.Value.ToString()),
                ["requestContext"] = new Members
                {
                    ["accountId"] = account.Options.AccountId,
                    ["apiId"] = "local",
                    ["authorizer"] = new Members
                    {
                        ["iam"] = new Members
                        {
                            ["accessKey"] = key,
                            ["accountId"] = account.Options.AccountId,
                            ["callerId"] = $"{roleId}:{key}",
                            ["userId"] = $"{roleId}:{key}",
                            ["userArn"] = $"arn:aws:iam::{account.Options.AccountId}:user/{key}",
                        },
                    },
                    ["http"] = new Members
                    {
                        ["method"] = call.Method,
                        ["path"] = call.Path,
                        ["protocol"] = "HTTP/1.1",
                        ["sourceIp"] = "127.0.0.1",
                    },
                    ["requestId"] = Guid.NewGuid().ToString(),
                    ["routeKey"] = route,
                    ["stage"] = "$default",
                },
                ["body"] = call.Body.Length == 0 ? null : call.Text,
                ["isBase64Encoded"] = false,
            }
        );
    }
}
