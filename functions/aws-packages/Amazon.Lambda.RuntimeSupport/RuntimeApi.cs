using System.Globalization;
using System.Net.Http.Headers;

namespace Amazon.Lambda.RuntimeSupport;

/// <summary>Lambda's Runtime API, version 2018-06-01, at a host and port.</summary>
internal sealed class RuntimeApi(string endpoint) : IDisposable
{
    private static readonly MediaTypeHeaderValue ErrorType = new("application/vnd.aws.lambda.error+json");

    /// <summary>Without a time-out: the process is frozen while it waits for the next invocation.</summary>
    private readonly HttpClient _http = new(
        new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
        }
    )
    {
        BaseAddress = new Uri($"http://{endpoint ?? throw NotInLambda()}/2018-06-01/runtime/"),
        Timeout = Timeout.InfiniteTimeSpan,
    };

    private static InvalidOperationException NotInLambda() =>
        new("AWS_LAMBDA_RUNTIME_API is not set: this program runs in AWS Lambda.");

    internal async Task<Invocation> NextAsync(CancellationToken cancellationToken)
    {
        using var response = await _http.GetAsync("invocation/next", cancellationToken);
        response.EnsureSuccessStatusCode();
        return new Invocation(response.Headers, await response.Content.ReadAsByteArrayAsync(cancellationToken));
    }

    internal Task AnswerAsync(Invocation invocation, MemoryStream body)
    {
        var content = new ByteArrayContent(body.GetBuffer(), 0, (int)body.Length)
        {
            Headers = { ContentType = new("application/json") },
        };
        return PostAsync($"invocation/{invocation.RequestId}/response", content, invocation, null);
    }

    internal Task ReportErrorAsync(Invocation invocation, Exception exception) =>
        PostAsync($"invocation/{invocation.RequestId}/error", Error(exception), invocation, exception);

    internal Task ReportInitErrorAsync(Exception exception) =>
        PostAsync("init/error", Error(exception), null, exception);

    private static ByteArrayContent Error(Exception exception) =>
        new(ErrorReport.Json(exception)) { Headers = { ContentType = ErrorType } };

    private async Task PostAsync(string path, HttpContent content, Invocation invocation, Exception exception)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = content };
        // Lambda refuses an answer that comes with the id of another invocation of the same environment.
        if (invocation?.InvocationId is { } id)
            request.Headers.Add(Invocation.IdHeader, id);
        if (exception is not null)
        {
            request.Headers.Add("Lambda-Runtime-Function-Error-Type", ErrorReport.TypeOf(exception));
            if (ErrorReport.XRayCause(exception) is { } cause)
                request.Headers.Add("Lambda-Runtime-Function-XRay-Error-Cause", cause);
        }
        using var response = await _http.SendAsync(request);
        if (!response.IsSuccessStatusCode)
            throw new HttpRequestException(
                $"The Lambda Runtime API answered {(int)response.StatusCode} to {path}: "
                    + $"{await response.Content.ReadAsStringAsync()}",
                null,
                response.StatusCode
            );
    }

    public void Dispose() => _http.Dispose();
}

/// <summary>One invocation as the Runtime API hands it out.</summary>
internal sealed class Invocation(HttpResponseHeaders headers, byte[] payload) : IDisposable
{
    internal const string IdHeader = "Lambda-Runtime-Invocation-Id";

    internal string RequestId { get; } = Header(headers, "Lambda-Runtime-Aws-Request-Id");
    internal string FunctionArn { get; } = Header(headers, "Lambda-Runtime-Invoked-Function-Arn");
    internal string TraceId { get; } = Header(headers, "Lambda-Runtime-Trace-Id");
    internal string TenantId { get; } = Header(headers, "Lambda-Runtime-Aws-Tenant-Id");
    internal string InvocationId { get; } = Header(headers, IdHeader);
    internal DateTimeOffset Deadline { get; } =
        DateTimeOffset.FromUnixTimeMilliseconds(
            long.Parse(Header(headers, "Lambda-Runtime-Deadline-Ms") ?? "0", CultureInfo.InvariantCulture)
        );

    internal MemoryStream Payload { get; } = new(payload, 0, payload.Length, writable: false, publiclyVisible: true);

    private static string Header(HttpResponseHeaders headers, string name) =>
        headers.TryGetValues(name, out var values) ? values.First() : null;

    public void Dispose() => Payload.Dispose();
}
