using System.Collections.Concurrent;
using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace EcrGuard.EndToEnd.Tests.Template;

/// <summary>
/// Answers the operations that pages name and the local AWS does not know. The answers are just enough for the AWS CLI,
/// which checks names and parameters by its own models before it asks. It is also the approval API.
/// </summary>
internal sealed class RestOfAws : IAsyncDisposable
{
    /// <summary>Stands in for the address, which is known only once the server listens.</summary>
    public const string ApprovalUrl = "here/approval";

    private static readonly Dictionary<string, string> Answers = new()
    {
        ["DescribeTable"] = """{"Table":{"TableStatus":"ACTIVE"}}""",
        ["RestoreTableToPointInTime"] = "{}",
        ["UpdateTimeToLive"] = "{}",
        ["UpdateContinuousBackups"] = "{}",
        ["UpdateTable"] = "{}",
        ["DeleteTable"] = "{}",
        ["StartExecution"] =
            """{"executionArn":"arn:aws:states:eu-central-1:123456789012:execution:EcrGuardSweep:1","startDate":0}""",
        ["RedriveExecution"] = """{"redriveDate":0}""",
        ["ListExecutions"] =
            """{"executions":[{"executionArn":"arn:aws:states:eu-central-1:123456789012:execution:EcrGuardSweep:1"}]}""",
        ["GetQueueAttributes"] = """{"Attributes":{"QueueArn":"arn:aws:sqs:eu-central-1:123456789012:dead-letters"}}""",
        ["StartMessageMoveTask"] = """{"TaskHandle":"1"}""",
        ["ReceiveMessage"] = """{"Messages":[{"Body":"{}"}]}""",
        ["PurgeQueue"] = "{}",
        ["ScheduleKeyDeletion"] = "{}",
        ["GetResources"] = """{"ResourceTagMappingList":[]}""",
        ["DescribeStacks"] = "",
        ["DescribeStackResource"] =
            "<StackResourceDetail><PhysicalResourceId>https://sqs.eu-central-1.amazonaws.com/123456789012/dead-letters</PhysicalResourceId></StackResourceDetail>",
        ["UpdateTerminationProtection"] = "",
        ["DescribeStackResources"] = "",
    };

    private readonly WebApplication _app;
    private readonly Func<JsonNode, Task<JsonNode>> _ask;
    private readonly IReadOnlyDictionary<string, string> _outputs;

    private RestOfAws(Func<JsonNode, Task<JsonNode>> ask, IReadOnlyDictionary<string, string> outputs)
    {
        (_ask, _outputs) = (ask, outputs);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        _app = builder.Build();
        _app.Run(HandleAsync);
    }

    /// <summary>Requests for which there is no answer.</summary>
    public ConcurrentQueue<string> Unknown { get; } = new();

    public string Endpoint => _app.Urls.Single();

    /// <param name="ask">The function Approval.</param>
    /// <param name="outputs">The outputs of the stack.</param>
    public static async Task<RestOfAws> StartAsync(
        Func<JsonNode, Task<JsonNode>> ask,
        IReadOnlyDictionary<string, string> outputs
    )
    {
        var rest = new RestOfAws(ask, outputs);
        await rest._app.StartAsync();
        return rest;
    }

    /// <summary>The address, with this server's own in place of the stand-in.</summary>
    public string Here(string address) => address == ApprovalUrl ? $"{Endpoint}/approval" : address;

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task HandleAsync(HttpContext context)
    {
        if (context.Request.Path == "/approval")
        {
            await AskAsync(context);
            return;
        }
        // "DynamoDB_20120810.DescribeTable" of the JSON protocols, "Action=DescribeStacks" of the query protocol.
        var target = context.Request.Headers["X-Amz-Target"].ToString();
        var operation =
            target.Length > 0 ? target.Split('.')[^1]
            : context.Request.HasFormContentType ? (await context.Request.ReadFormAsync())["Action"].ToString()
            : $"{context.Request.Method} {context.Request.Path}{context.Request.QueryString}";
        if (!Answers.TryGetValue(operation, out var answer))
        {
            Unknown.Enqueue(operation);
            context.Response.StatusCode = 400;
            return;
        }
        var isQuery = target.Length == 0;
        var result = operation == "DescribeStacks" ? Stacks() : answer;
        context.Response.ContentType = isQuery ? "text/xml" : "application/x-amz-json-1.0";
        await context.Response.WriteAsync(
            !isQuery
                ? answer
                : $"<{operation}Response><{operation}Result>{result}</{operation}Result></{operation}Response>"
        );
    }

    private string Stacks()
    {
        var outputs = _outputs.Select(output =>
            $"<member><OutputKey>{output.Key}</OutputKey><OutputValue>{Here(output.Value)}</OutputValue></member>"
        );
        return "<Stacks><member><StackName>ecrguard</StackName><CreationTime>2026-11-30T00:00:00Z</CreationTime>"
            + "<StackStatus>CREATE_COMPLETE</StackStatus>"
            + $"<Outputs>{string.Concat(outputs)}</Outputs></member></Stacks>";
    }

    /// <summary>Asks the function as an HTTP API does, with payload version 2.0.</summary>
    private async Task AskAsync(HttpContext context)
    {
        var answer = await _ask(
            new JsonObject
            {
                ["version"] = "2.0",
                ["routeKey"] = "GET /approval",
                ["rawPath"] = "/approval",
                ["queryStringParameters"] = new JsonObject(
                    context.Request.Query.Select(q => KeyValuePair.Create(q.Key, (JsonNode?)q.Value.ToString()))
                ),
                ["requestContext"] = new JsonObject
                {
                    ["http"] = new JsonObject { ["method"] = "GET", ["path"] = "/approval" },
                },
            }
        );
        context.Response.StatusCode = answer["statusCode"]!.GetValue<int>();
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(answer["body"]!.ToString());
    }
}
