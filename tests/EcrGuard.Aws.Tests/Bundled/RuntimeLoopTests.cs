using System.Text;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Amazon.Lambda.APIGatewayEvents;
using Amazon.Lambda.Core;
using Amazon.Lambda.RuntimeSupport;
using Amazon.Lambda.Serialization.SystemTextJson;
using Amazon.Lambda.SQSEvents;

namespace EcrGuard.Aws.Tests.Bundled;

/// <summary>The runtime loop against a Runtime API on loopback.</summary>
[Collection(nameof(ProcessEnvironment))]
public sealed class RuntimeLoopTests
{
    private static readonly SourceGeneratorLambdaJsonSerializer<LoopJson> Serializer = new();

    [Fact]
    public async Task An_answer_goes_back_to_the_invocation_that_asked()
    {
        await using var lambda = await RuntimeApi.StartAsync(
            Invocation.Of("r-1", """{"Text":"a"}""") with
            {
                InvocationId = "i-1",
            },
            Invocation.Of("r-2", """{"text":"b"}""")
        );

        await lambda.RunAsync(
            (Note note, ILambdaContext context) =>
                Task.FromResult(new Note { Text = $"{note.Text} {context.AwsRequestId} {context.InvokedFunctionArn}" })
        );

        Assert.Equal(
            [
                ("/2018-06-01/runtime/invocation/r-1/response", """{"Text":"a r-1 arn:r-1"}"""),
                ("/2018-06-01/runtime/invocation/r-2/response", """{"Text":"b r-2 arn:r-2"}"""),
            ],
            lambda.Posts.Select(p => (p.Target, p.Text))
        );
        Assert.Equal(
            ["i-1", null],
            lambda.Posts.Select(p => p.Headers.GetValueOrDefault("Lambda-Runtime-Invocation-Id"))
        );
    }

    [Fact]
    public async Task A_handler_that_throws_is_that_invocations_error_and_the_next_one_is_served()
    {
        await using var lambda = await RuntimeApi.StartAsync(
            Invocation.Of("r-1", """{"Text":"bad"}"""),
            Invocation.Of("r-2", """{"Text":"good"}""")
        );

        await lambda.RunAsync(
            (Note note, ILambdaContext _) =>
                note.Text == "bad"
                    ? throw new InvalidOperationException("é\n", new FormatException("inner"))
                    : Task.FromResult(note)
        );

        Assert.Equal("/2018-06-01/runtime/invocation/r-2/response", lambda.Posts[1].Target);
        var error = lambda.Posts[0];
        Assert.Equal("/2018-06-01/runtime/invocation/r-1/error", error.Target);
        Assert.Equal("application/vnd.aws.lambda.error+json", error.Headers["Content-Type"]);
        Assert.Equal("InvalidOperationException", error.Headers["Lambda-Runtime-Function-Error-Type"]);
        var body = JsonNode.Parse(error.Text)!;
        Assert.Equal(("InvalidOperationException", "é\n"), ((string?)body["errorType"], (string?)body["errorMessage"]));
        Assert.Contains(nameof(RuntimeLoopTests), (string?)body["stackTrace"]![0], StringComparison.Ordinal);
        Assert.Equal(
            ("FormatException", "inner"),
            ((string?)body["cause"]!["errorType"], (string?)body["cause"]!["errorMessage"])
        );
        var cause = JsonNode.Parse(error.Headers["Lambda-Runtime-Function-XRay-Error-Cause"])!;
        Assert.Equal("é\n", (string?)cause["exceptions"]![0]!["message"]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("""{"Text":{}}""")]
    public async Task A_payload_that_does_not_parse_is_that_invocations_error(string payload)
    {
        await using var lambda = await RuntimeApi.StartAsync(
            Invocation.Of("r-1", payload),
            Invocation.Of("r-2", """{"Text":"good"}""")
        );

        await lambda.RunAsync((Note note, ILambdaContext _) => Task.FromResult(note));

        Assert.Equal(
            ("/2018-06-01/runtime/invocation/r-1/error", "JsonSerializerException"),
            (lambda.Posts[0].Target, lambda.Posts[0].Headers["Lambda-Runtime-Function-Error-Type"])
        );
        Assert.Equal("/2018-06-01/runtime/invocation/r-2/response", lambda.Posts[1].Target);
    }

    [Fact]
    public async Task An_answer_that_Lambda_refuses_is_reported_and_the_next_invocation_is_served()
    {
        await using var lambda = await RuntimeApi.StartAsync(
            Invocation.Of("r-1", """{"Text":"a"}""") with
            {
                Refused = 413,
            },
            Invocation.Of("r-2", """{"Text":"b"}""")
        );

        await lambda.RunAsync((Note note, ILambdaContext _) => Task.FromResult(note));

        Assert.Equal(
            ["r-1/response", "r-1/error", "r-2/response"],
            lambda.Posts.Select(p => p.Target["/2018-06-01/runtime/invocation/".Length..])
        );
        Assert.Contains(
            "413",
            (string?)JsonNode.Parse(lambda.Posts[1].Text)!["errorMessage"],
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task An_invocation_whose_answer_and_error_are_both_refused_does_not_end_the_loop()
    {
        await using var lambda = await RuntimeApi.StartAsync(
            Invocation.Of("r-1", """{"Text":"a"}""") with
            {
                Refused = 500,
                RefuseErrors = true,
            },
            Invocation.Of("r-2", """{"Text":"b"}""")
        );

        await lambda.RunAsync((Note note, ILambdaContext _) => Task.FromResult(note));

        Assert.Equal("/2018-06-01/runtime/invocation/r-2/response", lambda.Posts[^1].Target);
    }

    [Fact]
    public async Task Deadline_trace_and_tenant_are_the_invocations()
    {
        var deadline = DateTimeOffset.UtcNow.AddSeconds(20);
        await using var lambda = await RuntimeApi.StartAsync(
            Invocation.Of("r-1", "{}") with
            {
                Deadline = deadline,
                TraceId = "Root=1-5759e988;Sampled=1",
                TenantId = "t-1",
            },
            Invocation.Of("r-2", "{}")
        );
        var seen = new List<(TimeSpan Remaining, string Trace, string Environment, string Provider, string Tenant)>();

        await lambda.RunAsync(
            (Note note, ILambdaContext context) =>
            {
                seen.Add(
                    (
                        context.RemainingTime,
                        context.TraceId,
                        Environment.GetEnvironmentVariable("_X_AMZN_TRACE_ID")!,
                        LambdaTraceProvider.CurrentTraceId,
                        context.TenantId
                    )
                );
                return Task.FromResult(note);
            }
        );

        Assert.InRange(seen[0].Remaining, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(20));
        Assert.Equal(
            ("Root=1-5759e988;Sampled=1", "Root=1-5759e988;Sampled=1", "Root=1-5759e988;Sampled=1", "t-1"),
            (seen[0].Trace, seen[0].Environment, seen[0].Provider, seen[0].Tenant)
        );
        Assert.Equal(
            (null, null, null, null),
            ((string?)seen[1].Trace, (string?)seen[1].Environment, (string?)seen[1].Provider, (string?)seen[1].Tenant)
        );
    }

    [Fact]
    public async Task An_initializer_that_throws_is_reported_and_ends_the_process()
    {
        await using var lambda = await RuntimeApi.StartAsync();
        using var bootstrap = lambda
            .Bootstrap((Note note, ILambdaContext _) => Task.FromResult(note))
            .UseBootstrapHandler(() => throw new NotSupportedException("no such function"))
            .Build();

        await Assert.ThrowsAsync<NotSupportedException>(() =>
            bootstrap.RunAsync(TestContext.Current.CancellationToken)
        );

        var report = Assert.Single(lambda.Posts);
        Assert.Equal(
            ("/2018-06-01/runtime/init/error", "NotSupportedException"),
            (report.Target, report.Headers["Lambda-Runtime-Function-Error-Type"])
        );
        Assert.Equal("no such function", (string?)JsonNode.Parse(report.Text)!["errorMessage"]);
    }

    [Fact]
    public async Task A_handler_without_an_answer_gives_an_empty_one()
    {
        await using var lambda = await RuntimeApi.StartAsync(Invocation.Of("r-1", "{}"));

        await lambda.RunAsync(
            LambdaBootstrapBuilder.Create((Note _, ILambdaContext _) => Task.CompletedTask, Serializer)
        );

        Assert.Equal(
            ("/2018-06-01/runtime/invocation/r-1/response", ""),
            (lambda.Posts[0].Target, lambda.Posts[0].Text)
        );
    }

    [Fact]
    public void Events_bind_from_their_wire_names_and_answers_go_out_in_theirs()
    {
        var sqs = Read<SQSEvent>(
            """{"Records":[{"messageId":"m","receiptHandle":"h","body":"b","attributes":{"SentTimestamp":"1"},"messageAttributes":{"a":{"stringValue":"s","binaryValue":"AQI=","dataType":"Binary"}},"md5OfBody":"5","eventSource":"aws:sqs","eventSourceARN":"arn:q","awsRegion":"eu-central-1"}]}"""
        );
        var message = Assert.Single(sqs.Records);
        Assert.Equal(
            ("m", "h", "b", "arn:q", "eu-central-1", "5"),
            (
                message.MessageId,
                message.ReceiptHandle,
                message.Body,
                message.EventSourceArn,
                message.AwsRegion,
                message.Md5OfBody
            )
        );
        Assert.Equal([1, 2], message.MessageAttributes["a"].BinaryValue.ToArray());

        var http = Read<APIGatewayHttpApiV2ProxyRequest>(
            """{"version":"2.0","rawPath":"/approval","queryStringParameters":{"image":"pay/api:v1"},"requestContext":{"http":{"method":"GET"},"authorizer":{"iam":{"userArn":"arn:u"}},"timeEpoch":1583348638390}}"""
        );
        Assert.Equal(
            ("/approval", "pay/api:v1", "GET", "arn:u"),
            (
                http.RawPath,
                http.QueryStringParameters["image"],
                http.RequestContext.Http.Method,
                http.RequestContext.Authorizer.IAM.UserARN
            )
        );

        Assert.Equal(
            """{"batchItemFailures":[{"itemIdentifier":"m"}]}""",
            Write(new SQSBatchResponse([new SQSBatchResponse.BatchItemFailure { ItemIdentifier = "m" }]))
        );
        Assert.Equal(
            """{"statusCode":200,"headers":{"content-type":"text/plain"},"body":"é","isBase64Encoded":false}""",
            Write(
                new APIGatewayHttpApiV2ProxyResponse
                {
                    StatusCode = 200,
                    Body = "é",
                    Headers = new Dictionary<string, string> { ["content-type"] = "text/plain" },
                }
            )
        );
    }

    private static T Read<T>(string json) => Serializer.Deserialize<T>(new MemoryStream(Encoding.UTF8.GetBytes(json)));

    private static string Write<T>(T value)
    {
        var body = new MemoryStream();
        Serializer.Serialize(value, body);
        return Encoding.UTF8.GetString(body.ToArray());
    }

    private sealed record Invocation(string RequestId, string Payload)
    {
        public static Invocation Of(string requestId, string payload) => new(requestId, payload);

        public DateTimeOffset Deadline { get; init; } = DateTimeOffset.UtcNow.AddMinutes(1);
        public string? TraceId { get; init; }
        public string? TenantId { get; init; }
        public string? InvocationId { get; init; }

        /// <summary>The status that the function's answer gets instead of 202.</summary>
        public int? Refused { get; init; }
        public bool RefuseErrors { get; init; }

        public Answer Next() =>
            new(
                200,
                Payload,
                "application/json",
                0,
                [
                    ("Lambda-Runtime-Aws-Request-Id", RequestId),
                    ("Lambda-Runtime-Invoked-Function-Arn", $"arn:{RequestId}"),
                    ("Lambda-Runtime-Deadline-Ms", $"{Deadline.ToUnixTimeMilliseconds()}"),
                    .. new[]
                    {
                        ("Lambda-Runtime-Trace-Id", TraceId),
                        ("Lambda-Runtime-Aws-Tenant-Id", TenantId),
                        ("Lambda-Runtime-Invocation-Id", InvocationId),
                    }
                        .Where(h => h.Item2 is not null)
                        .Select(h => (h.Item1, h.Item2!)),
                ]
            );
    }

    /// <summary>Hands out its invocations, then ends the loop.</summary>
    private sealed class RuntimeApi : IAsyncDisposable
    {
        private readonly CancellationTokenSource _over = new();
        private Loopback _loopback = null!;

        public static async Task<RuntimeApi> StartAsync(params Invocation[] invocations)
        {
            var api = new RuntimeApi();
            var next = 0;
            api._loopback = await Loopback.StartAsync(
                (request, _) =>
                {
                    if (request.Method == "GET")
                    {
                        if (request.Target != "/2018-06-01/runtime/invocation/next")
                            return new Answer(404, "");
                        if (next < invocations.Length)
                            return invocations[next++].Next();
                        api._over.Cancel();
                        return new Answer(200, "{}");
                    }
                    var refused = invocations.FirstOrDefault(i =>
                        request.Target.Contains($"/{i.RequestId}/", StringComparison.Ordinal)
                        && i.Refused is not null
                        && (i.RefuseErrors || request.Target.EndsWith("/response", StringComparison.Ordinal))
                    );
                    return new Answer(refused?.Refused ?? 202, """{"status":"?"}""");
                }
            );
            return api;
        }

        public List<Captured> Posts => [.. _loopback.Requests.Where(r => r.Method == "POST")];

        public LambdaBootstrapBuilder Bootstrap(Func<Note, ILambdaContext, Task<Note>> handler) =>
            Bootstrap(LambdaBootstrapBuilder.Create(handler, Serializer));

        public Task RunAsync(Func<Note, ILambdaContext, Task<Note>> handler) =>
            RunAsync(LambdaBootstrapBuilder.Create(handler, Serializer));

        public async Task RunAsync(LambdaBootstrapBuilder builder)
        {
            using var bootstrap = Bootstrap(builder).Build();
            await bootstrap.RunAsync(_over.Token);
        }

        public async ValueTask DisposeAsync()
        {
            await _loopback.DisposeAsync();
            _over.Dispose();
        }

        private LambdaBootstrapBuilder Bootstrap(LambdaBootstrapBuilder builder) =>
            builder.ConfigureOptions(options => options.RuntimeApiEndpoint = new Uri(_loopback.Url).Authority);
    }
}

public sealed class Note
{
    public string? Text { get; set; }
}

[JsonSerializable(typeof(Note))]
[JsonSerializable(typeof(SQSEvent))]
[JsonSerializable(typeof(SQSBatchResponse))]
[JsonSerializable(typeof(APIGatewayHttpApiV2ProxyRequest))]
[JsonSerializable(typeof(APIGatewayHttpApiV2ProxyResponse))]
internal sealed partial class LoopJson : JsonSerializerContext;
