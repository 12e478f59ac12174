using Amazon.Runtime;
using Amazon.Runtime.Internal;

namespace EcrGuard.Cli.Plans;

/// <summary>
/// Counts the calls that AWS refuses because there are too many. The SDK repeats them without telling anybody.
/// </summary>
internal sealed class Throttles : IRuntimePipelineCustomizer
{
    private int count;

    public int Count => Volatile.Read(ref count);

    public string UniqueName => nameof(Throttles);

    /// <summary>Counts the refused calls of every client that is made from now on.</summary>
    public static Throttles Counted()
    {
        var throttles = new Throttles();
        RuntimePipelineCustomizerRegistry.Instance.Register(throttles);
        return throttles;
    }

    // Placed inside the retry handler, so that it sees every try.
    public void Customize(Type type, RuntimePipeline pipeline) =>
        pipeline.AddHandlerAfter<RetryHandler>(new Counter(this));

    private sealed class Counter(Throttles throttles) : PipelineHandler
    {
        public override async Task<T> InvokeAsync<T>(IExecutionContext executionContext)
        {
            try
            {
                return await base.InvokeAsync<T>(executionContext).ConfigureAwait(false);
            }
            catch (AmazonServiceException refused) when (IsThrottle(refused))
            {
                Interlocked.Increment(ref throttles.count);
                throw;
            }
        }
    }

    private static bool IsThrottle(AmazonServiceException refused) =>
        refused.Retryable?.Throttling == true
        || refused.ErrorCode is { } code
            && (
                code.Contains("Throttl", StringComparison.Ordinal)
                || code is "TooManyRequestsException" or "RequestLimitExceeded"
            );
}
