using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using EcrGuard.EndToEnd.Tests.Gates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace EcrGuard.EndToEnd.Tests.Harness;

/// <summary>
/// An HTTP API in front of a function: IAM authorisation, which computes Signature Version 4 for execute-api again
/// (docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html), then payload version 2.0 with
/// the identity that signed the request.
/// </summary>
internal sealed class HttpApi : IAsyncDisposable
{
    public const string Path = "/breakglass";
    public const string ApprovalPath = "/approval";
    public const string UserArn = "arn:aws:sts::123456789012:assumed-role/EcrGuardBreakGlass/ada";
    public const string RoleId = "AROACKCEVSQ6C2EXAMPLE";
    public const string AccessKey = "ASIAIOSFODNN7EXAMPLE";

    private readonly WebApplication _app;
    private readonly string _secretKey;
    private readonly Func<JsonNode, Task<JsonNode>> _function;

    private HttpApi(string secretKey, Func<JsonNode, Task<JsonNode>> function)
    {
        (_secretKey, _function) = (secretKey, function);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        _app = builder.Build();
        _app.Run(HandleAsync);
    }

    public string Url => _app.Urls.Single() + Path;

    public string ApprovalUrl => _app.Urls.Single() + ApprovalPath;

    /// <param name="secretKey">The key of the only user whose signature is accepted.</param>
    public static async Task<HttpApi> StartAsync(string secretKey, Func<JsonNode, Task<JsonNode>> function)
    {
        var api = new HttpApi(secretKey, function);
        await api._app.StartAsync();
        return api;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task HandleAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        var body = await reader.ReadToEndAsync();
        var route = $"{context.Request.Method} {context.Request.Path}";
        var answer =
            route is not ("POST " + Path or "GET " + ApprovalPath)
                ? new JsonObject { ["statusCode"] = 404, ["body"] = """{"message":"Not Found"}""" }
            : !IsSigned(context.Request, body)
                ? new JsonObject { ["statusCode"] = 403, ["body"] = """{"message":"Forbidden"}""" }
            : await _function(
                new JsonObject
                {
                    ["version"] = "2.0",
                    ["routeKey"] = route,
                    ["rawPath"] = context.Request.Path.ToString(),
                    ["rawQueryString"] = "",
                    ["headers"] = new JsonObject(
                        context.Request.Headers.Select(header =>
                            KeyValuePair.Create(header.Key.ToLowerInvariant(), (JsonNode?)header.Value.ToString())
                        )
                    ),
                    ["queryStringParameters"] = new JsonObject(
                        context.Request.Query.Select(pair =>
                            KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value.ToString())
                        )
                    ),
                    ["requestContext"] = new JsonObject
                    {
                        ["accountId"] = "123456789012",
                        ["apiId"] = "a1b2c3d4e5",
                        ["authorizer"] = new JsonObject
                        {
                            ["iam"] = new JsonObject
                            {
                                ["accessKey"] = AccessKey,
                                ["accountId"] = "123456789012",
                                ["callerId"] = $"{RoleId}:ada",
                                ["userId"] = $"{RoleId}:ada",
                                ["userArn"] = UserArn,
                            },
                        },
                        ["http"] = new JsonObject
                        {
                            ["method"] = context.Request.Method,
                            ["path"] = context.Request.Path.ToString(),
                            ["protocol"] = "HTTP/1.1",
                            ["sourceIp"] = "192.0.2.1",
                        },
                        ["requestId"] = "JKJaXmPLvHcESHA=",
                        ["routeKey"] = route,
                        ["stage"] = "$default",
                    },
                    ["body"] = body,
                    ["isBase64Encoded"] = false,
                }
            );
        if (route == "POST " + Path)
            answer = Held(answer, body);
        context.Response.StatusCode = answer["statusCode"]!.GetValue<int>();
        context.Response.ContentType = "application/json";
        if (answer["headers"]?["retry-after"] is { } seconds)
            context.Response.Headers.RetryAfter = seconds.ToString();
        await context.Response.WriteAsync(answer["body"]!.ToString());
    }

    /// <summary>Refuses an answer that the contract does not have, so that no test goes on with it.</summary>
    private static JsonNode Held(JsonNode answer, string order)
    {
        try
        {
            var status = answer["statusCode"]!.GetValue<int>();
            Contract.Check("POST " + Path, status, JsonNode.Parse(answer["body"]!.ToString())!);
            // An order that was carried out must be one that the contract has.
            Assert.True(status != 200 || Contract.AcceptsOrder(JsonNode.Parse(order)!), order);
            return answer;
        }
        catch (Exception broken)
        {
            return new JsonObject
            {
                ["statusCode"] = 500,
                ["body"] = new JsonObject { ["message"] = broken.Message }.ToJsonString(),
            };
        }
    }

    private bool IsSigned(HttpRequest request, string body)
    {
        const string algorithm = "AWS4-HMAC-SHA256";
        var authorization = request.Headers.Authorization.ToString();
        if (!authorization.StartsWith(algorithm + " ", StringComparison.Ordinal))
            return false;
        var parts = authorization[algorithm.Length..]
            .Split(',', StringSplitOptions.TrimEntries)
            .Select(part => part.Split('=', 2))
            .ToDictionary(part => part[0], part => part[1]);
        if (
            parts["Credential"].Split('/') is not [_, var day, var region, "execute-api", "aws4_request"]
            || !parts["SignedHeaders"].Split(';').Contains("host")
        )
            return false;
        var headers = string.Concat(
            parts["SignedHeaders"].Split(';').Select(name => $"{name}:{request.Headers[name].ToString().Trim()}\n")
        );
        var query = string.Join('&', request.QueryString.ToString().TrimStart('?').Split('&').Order());
        var canonical = $"{request.Method}\n{request.Path}\n{query}\n{headers}\n{parts["SignedHeaders"]}\n{Hash(body)}";
        var toSign =
            $"{algorithm}\n{request.Headers["x-amz-date"]}\n{day}/{region}/execute-api/aws4_request\n{Hash(canonical)}";
        var key = new[] { day, region, "execute-api", "aws4_request" }.Aggregate(
            Encoding.UTF8.GetBytes("AWS4" + _secretKey),
            Hmac
        );
        return Convert.ToHexStringLower(Hmac(key, toSign)) == parts["Signature"];
    }

    private static byte[] Hmac(byte[] key, string text) => HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text));

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
