using Amazon.Lambda.Core;
using Amazon.Lambda.RuntimeSupport.Bootstrap;

namespace Amazon.Lambda.RuntimeSupport;

/// <summary>
/// The runtime loop: next invocation, handler, answer, for the life of the process. No single invocation ends it: a
/// payload that does not parse, a handler that throws and an answer that Lambda refuses are reported as that
/// invocation's error. Only the Runtime API itself failing to give
/// the next invocation does, because then Lambda wants the process gone.
/// Source: docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html.
/// </summary>
public class LambdaBootstrap : IDisposable
{
    private readonly Handler _handler;
    private readonly LambdaBootstrapInitializer _initializer;
    private readonly ILambdaSerializer _serializer;
    private readonly RuntimeApi _api;
    private readonly RuntimeLogger _logger;

    internal LambdaBootstrap(
        Handler handler,
        ILambdaSerializer serializer,
        LambdaBootstrapOptions options,
        LambdaBootstrapInitializer initializer
    )
    {
        _handler = handler;
        _serializer = serializer;
        _initializer = initializer;
        _api = new RuntimeApi(
            options.RuntimeApiEndpoint ?? Environment.GetEnvironmentVariable("AWS_LAMBDA_RUNTIME_API")
        );
        _logger = new RuntimeLogger(Console.OpenStandardOutput());
        LambdaLogger.Current = _logger;
    }

    /// <exception cref="Exception">What the initializer threw, after it was reported; the process shall end with it,
    ///     and so not with exit code 0.</exception>
    /// <exception cref="HttpRequestException">The Runtime API does not answer.</exception>
    public async Task RunAsync(CancellationToken cancellationToken = default)
    {
        if (!await InitializeAsync())
            return;
        try
        {
            while (true)
                await InvokeOnceAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The caller ended the loop.
        }
    }

    public void Dispose()
    {
        _api.Dispose();
        GC.SuppressFinalize(this);
    }

    private async Task<bool> InitializeAsync()
    {
        if (_initializer is null)
            return true;
        try
        {
            return await _initializer();
        }
        catch (Exception e)
        {
            Log(e, "The function could not be initialized.");
            await _api.ReportInitErrorAsync(e);
            throw;
        }
    }

    private async Task InvokeOnceAsync(CancellationToken cancellationToken)
    {
        using var invocation = await _api.NextAsync(cancellationToken);
        var context = new LambdaContext(invocation, _logger, _serializer);
        _logger.RequestId = invocation.RequestId;
        Environment.SetEnvironmentVariable("_X_AMZN_TRACE_ID", invocation.TraceId);
        try
        {
            using var answer = await _handler(invocation.Payload, context);
            await _api.AnswerAsync(invocation, answer);
        }
        catch (Exception e)
        {
            Log(e, "The invocation failed.");
            await ReportAsync(invocation, e);
        }
    }

    private async Task ReportAsync(Invocation invocation, Exception exception)
    {
        try
        {
            await _api.ReportErrorAsync(invocation, exception);
        }
        catch (Exception e)
        {
            Log(e, "The invocation's error could not be reported; Lambda will end it at its time-out.");
        }
    }

    private void Log(Exception exception, string message) => ((ILambdaLogger)_logger).LogError(exception, message);
}
