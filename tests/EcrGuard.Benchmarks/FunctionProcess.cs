using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;

namespace EcrGuard.Benchmarks;

/// <summary>
/// One function in its own process, which gets work from a Lambda Runtime API on loopback. The process has only the
/// product in it, so its memory is the product's.
/// </summary>
internal sealed class FunctionProcess : IAsyncDisposable
{
    private const string Invocations = "/2018-06-01/runtime/invocation";

    private readonly WebApplication api;
    private readonly Channel<Invocation> waiting = Channel.CreateUnbounded<Invocation>();
    private readonly ConcurrentDictionary<string, Invocation> running = new();
    private readonly ConcurrentQueue<string> log = new();
    private Process process = null!;

    private FunctionProcess()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder
            .WebHost.UseKestrelCore()
            .ConfigureKestrel(kestrel =>
            {
                kestrel.Listen(IPAddress.Loopback, 0);
                kestrel.Limits.MaxRequestBodySize = null;
            });
        api = builder.Build();
        api.Run(AnswerAsync);
    }

    /// <summary>The largest resident set so far, in MiB.</summary>
    public double PeakMiB
    {
        get
        {
            process.Refresh();
            return process.PeakWorkingSet64 / 1024.0 / 1024.0;
        }
    }

    /// <param name="executable">The executable of a <see cref="Package"/>.</param>
    /// <param name="function">The name of the handler, as the template gives it.</param>
    public static async Task<FunctionProcess> StartAsync(
        string executable,
        string function,
        IReadOnlyDictionary<string, string> environment
    )
    {
        var started = new FunctionProcess();
        await started.api.StartAsync();
        var address = started
            .api.Services.GetRequiredService<IServer>()
            .Features.GetRequiredFeature<IServerAddressesFeature>()
            .Addresses.Single();
        var start = new ProcessStartInfo(executable) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        start.Environment["AWS_LAMBDA_RUNTIME_API"] = new Uri(address).Authority;
        start.Environment["ANNOTATIONS_HANDLER"] = function;
        started.process = Process.Start(start) ?? throw new InvalidOperationException($"{executable} does not start.");
        started.process.OutputDataReceived += started.Keep;
        started.process.ErrorDataReceived += started.Keep;
        started.process.BeginOutputReadLine();
        started.process.BeginErrorReadLine();
        return started;
    }

    /// <summary>Invokes the function and waits for its answer.</summary>
    /// <param name="time">The remaining time that Lambda would tell the function.</param>
    /// <exception cref="FunctionFailedException">It answered with an error, or ended.</exception>
    public async Task<string> InvokeAsync(string payload, TimeSpan time)
    {
        var invocation = new Invocation(Guid.NewGuid().ToString(), payload, DateTimeOffset.UtcNow + time);
        running[invocation.Id] = invocation;
        await waiting.Writer.WriteAsync(invocation);
        var ended = process.WaitForExitAsync();
        if (await Task.WhenAny(invocation.Answer.Task, ended) == ended)
            throw new FunctionFailedException(
                "The function ended with "
                    + $"{process.ExitCode}.{Environment.NewLine}{string.Join(Environment.NewLine, log)}"
            );
        return await invocation.Answer.Task;
    }

    /// <summary>Ends the process, as Lambda may at any time.</summary>
    public void Kill() => process.Kill();

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
            process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
        await api.DisposeAsync();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var path = context.Request.Path.Value ?? "";
        if (path == $"{Invocations}/next")
        {
            var next = await waiting.Reader.ReadAsync(context.RequestAborted);
            context.Response.Headers["Lambda-Runtime-Aws-Request-Id"] = next.Id;
            context.Response.Headers["Lambda-Runtime-Deadline-Ms"] = $"{next.Deadline.ToUnixTimeMilliseconds()}";
            context.Response.Headers["Lambda-Runtime-Invoked-Function-Arn"] =
                "arn:aws:lambda:eu-central-1:123456789012:function:measured";
            await context.Response.WriteAsync(next.Payload);
            return;
        }

        using var reader = new StreamReader(context.Request.Body);
        var body = await reader.ReadToEndAsync();
        // .../invocation/ID/response, .../invocation/ID/error or .../init/error
        var parts = path.Split('/');
        if (parts[^1] == "response" && running.TryRemove(parts[^2], out var answered))
            answered.Answer.SetResult(body);
        else
            foreach (var failed in running.Values)
                failed.Answer.TrySetException(new FunctionFailedException($"{path}: {body}"));
        context.Response.StatusCode = StatusCodes.Status202Accepted;
    }

    /// <summary>The last lines say why a function ended.</summary>
    private void Keep(object sender, DataReceivedEventArgs line)
    {
        if (line.Data is null)
            return;
        log.Enqueue(line.Data);
        while (log.Count > 20)
            log.TryDequeue(out _);
    }

    private sealed record Invocation(string Id, string Payload, DateTimeOffset Deadline)
    {
        public TaskCompletionSource<string> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}

/// <summary>The measured function did not answer, so there is no figure.</summary>
internal sealed class FunctionFailedException(string message) : Exception(message);
