using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace EcrGuard.EndToEnd.Tests.Harness;

/// <summary>
/// A function as Lambda runs it: the published executable as a child process, and the Runtime API that gives it work
/// (docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html). Output is kept line by line.
/// </summary>
public sealed class LambdaRuntime : IAsyncDisposable
{
    /// <summary>The trace id of every invocation, in X-Ray's form.</summary>
    public const string TraceId = "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=1";

    private readonly WebApplication _api;
    private readonly Process _process = new();
    private readonly Channel<Invocation> _waiting = Channel.CreateUnbounded<Invocation>();
    private readonly ConcurrentDictionary<string, Invocation> _running = new();
    private readonly ConcurrentQueue<string> _output = new();
    private readonly ConcurrentQueue<string> _errors = new();

    private LambdaRuntime()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        _api = builder.Build();
        _api.Run(HandleAsync);
    }

    /// <summary>What the function wrote to standard output so far.</summary>
    public IReadOnlyList<string> Output => [.. _output];

    /// <summary>What it wrote to standard error so far.</summary>
    public IReadOnlyList<string> Errors => [.. _errors];

    /// <summary>What the function reported if it could not start; null if it reported nothing.</summary>
    public FunctionError? InitError { get; private set; }

    public bool IsAlive => !_process.HasExited;

    /// <summary>The most memory that the function has had so far, in bytes.</summary>
    public long PeakMemory
    {
        get
        {
            _process.Refresh();
            return _process.PeakWorkingSet64;
        }
    }

    /// <summary>Starts the executable of a package.</summary>
    /// <param name="package">A copy of <see cref="Package.Folder"/>.</param>
    /// <param name="environment">All its variables of AWS and EcrGuard. The rest of its environment is that of this
    ///     process.</param>
    public static async Task<LambdaRuntime> StartAsync(string package, IReadOnlyDictionary<string, string> environment)
    {
        var runtime = new LambdaRuntime();
        await runtime._api.StartAsync();
        var start = Package.Start(package);
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        foreach (
            var name in start
                .Environment.Keys.Where(name =>
                    name.StartsWith("AWS_", StringComparison.Ordinal)
                    || name.StartsWith("ECRGUARD_", StringComparison.Ordinal)
                )
                .ToList()
        )
            start.Environment.Remove(name);
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        start.Environment["AWS_LAMBDA_RUNTIME_API"] = new Uri(runtime._api.Urls.Single()).Authority;

        runtime._process.StartInfo = start;
        runtime._process.OutputDataReceived += (_, line) => Keep(runtime._output, line.Data);
        runtime._process.ErrorDataReceived += (_, line) => Keep(runtime._errors, line.Data);
        runtime._process.Start();
        runtime._process.BeginOutputReadLine();
        runtime._process.BeginErrorReadLine();
        return runtime;

        static void Keep(ConcurrentQueue<string> lines, string? line)
        {
            if (line is not null)
                lines.Enqueue(line);
        }
    }

    /// <summary>Hands the function an event and waits for its answer.</summary>
    /// <param name="time">How long it may take; null for the five minutes of the template.</param>
    /// <exception cref="FunctionErrorException">The function reported that the invocation failed.</exception>
    /// <exception cref="FunctionDiedException">The process ended before it answered.</exception>
    public async Task<Answer> InvokeAsync(JsonNode payload, TimeSpan? time = null)
    {
        var invocation = new Invocation(
            Guid.NewGuid().ToString(),
            payload.ToJsonString(),
            DateTimeOffset.UtcNow + (time ?? TimeSpan.FromMinutes(5))
        );
        _running[invocation.RequestId] = invocation;
        await _waiting.Writer.WriteAsync(invocation);
        var ended = EndAsync();
        if (await Task.WhenAny(invocation.Answer.Task, ended) == ended)
            throw new FunctionDiedException(await ended, string.Join('\n', [.. Output, .. Errors]));
        return await invocation.Answer.Task;
    }

    /// <summary>Waits for a line of the log. A function's output may arrive after its answer.</summary>
    /// <exception cref="TimeoutException">It did not come in ten seconds.</exception>
    public async Task<JsonNode> LogAsync(Func<JsonNode, bool> wanted)
    {
        for (
            var started = Stopwatch.GetTimestamp();
            Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(10);
            await Task.Delay(10, TestContext.Current.CancellationToken)
        )
        {
            if (Output.Select(line => JsonNode.Parse(line)!).FirstOrDefault(wanted) is { } found)
                return found;
        }
        throw new TimeoutException($"The line is not in the log: {string.Join('\n', Output)}");
    }

    /// <summary>Waits for the process to end.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> EndAsync()
    {
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return _process.ExitCode;
    }

    /// <summary>Ends the process at once, as Lambda does at a time-out.</summary>
    public void Kill() => _process.Kill();

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync(CancellationToken.None);
        _process.Dispose();
        await _api.DisposeAsync();
    }

    private async Task HandleAsync(HttpContext context)
    {
        var path = context.Request.Path.Value!.Split('/', StringSplitOptions.RemoveEmptyEntries);
        switch (context.Request.Method, path)
        {
            case ("GET", ["2018-06-01", "runtime", "invocation", "next"]):
                await NextAsync(context);
                break;
            case ("POST", ["2018-06-01", "runtime", "invocation", var id, "response"])
                when _running.TryRemove(id, out var invocation):
                invocation.Answer.SetResult(new Answer(id, await BodyAsync(context)));
                await AcceptAsync(context);
                break;
            case ("POST", ["2018-06-01", "runtime", "invocation", var id, "error"])
                when _running.TryRemove(id, out var invocation):
                invocation.Answer.SetException(new FunctionErrorException(FunctionError.Of(await BodyAsync(context))));
                await AcceptAsync(context);
                break;
            case ("POST", ["2018-06-01", "runtime", "init", "error"]):
                InitError = FunctionError.Of(await BodyAsync(context));
                await AcceptAsync(context);
                break;
            default:
                // The Runtime API's own answer to an unknown request id.
                context.Response.StatusCode = StatusCodes.Status400BadRequest;
                break;
        }
    }

    private async Task NextAsync(HttpContext context)
    {
        var invocation = await _waiting.Reader.ReadAsync(context.RequestAborted);
        context.Response.Headers["Lambda-Runtime-Aws-Request-Id"] = invocation.RequestId;
        context.Response.Headers["Lambda-Runtime-Deadline-Ms"] = invocation
            .Deadline.ToUnixTimeMilliseconds()
            .ToString(CultureInfo.InvariantCulture);
        context.Response.Headers["Lambda-Runtime-Invoked-Function-Arn"] =
            "arn:aws:lambda:eu-central-1:123456789012:function:ecrguard";
        context.Response.Headers["Lambda-Runtime-Trace-Id"] = TraceId;
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(invocation.Payload);
    }

    /// <summary>
    /// Answers as the Runtime API does when it accepts an answer or an error. The published client reads this body.
    /// </summary>
    private static async Task AcceptAsync(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status202Accepted;
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync("""{"status":"OK"}""");
    }

    private static async Task<JsonNode> BodyAsync(HttpContext context) =>
        (await JsonNode.ParseAsync(context.Request.Body))!;

    private sealed record Invocation(string RequestId, string Payload, DateTimeOffset Deadline)
    {
        public TaskCompletionSource<Answer> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}

/// <summary>What a function answered.</summary>
public sealed record Answer(string RequestId, JsonNode Payload);

/// <summary>An error as the Runtime API takes it.</summary>
public sealed record FunctionError(string Type, string Message)
{
    internal static FunctionError Of(JsonNode body) =>
        new(body["errorType"]!.ToString(), body["errorMessage"]!.ToString());
}

/// <summary>An invocation ended with an error.</summary>
public sealed class FunctionErrorException(FunctionError error) : Exception($"{error.Type}: {error.Message}")
{
    public FunctionError Error => error;
}

/// <summary>The process ended in the middle of an invocation.</summary>
public sealed class FunctionDiedException(int exitCode, string output)
    : Exception($"The function ended with {exitCode}: {output}");
