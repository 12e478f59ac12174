using EcrGuard.Aws.Ledger;

namespace EcrGuard.Aws.Actions;

/// <summary>The rates of an instance's writes to ECR.</summary>
/// <param name="PutImage">For PutImage. Its limit is 10 a second for the whole account (ECR service quotas), and every
///     <c>docker push</c> needs some of them.</param>
/// <param name="Others">For every other write. ECR publishes no rate for those. The SDK retries what ECR throttles,
///     with growing pauses, and the writes behind it wait.</param>
public sealed record WriteRates(WriteRate PutImage, WriteRate Others) : IDisposable
{
    public void Dispose()
    {
        PutImage.Dispose();
        Others.Dispose();
    }
}

/// <summary>Spaces out writes to ECR.</summary>
/// <param name="shared">Where to take turns that all instances of all functions of that kind share; null if the
///     instance has its own share.</param>
public sealed class WriteRate(double perSecond, TimeProvider time, WriteRecords? shared = null) : IDisposable
{
    private readonly TimeSpan gap = TimeSpan.FromSeconds(1 / perSecond);
    private readonly SemaphoreSlim turn = new(1, 1);
    private DateTimeOffset next;

    /// <summary>Waits until the next write may be made.</summary>
    public Task WaitAsync(CancellationToken cancellation) => WaitAsync(DateTimeOffset.MaxValue, cancellation);

    /// <summary>
    /// Waits until the next write may be made, but not beyond a given time. A write that may be made now is made,
    /// whatever that time is.
    /// </summary>
    /// <returns>False if it may not be made by then.</returns>
    public async Task<bool> WaitAsync(DateTimeOffset until, CancellationToken cancellation)
    {
        await turn.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            var wait = next - time.GetUtcNow();
            if (wait > TimeSpan.Zero && next > until)
                return false;
            if (wait > TimeSpan.Zero)
                await Task.Delay(wait, time, cancellation).ConfigureAwait(false);
            while (shared is not null && !await shared.TakeTurnAsync(gap, cancellation).ConfigureAwait(false))
                await Task.Delay(gap, time, cancellation).ConfigureAwait(false);
            next = time.GetUtcNow() + gap;
            return true;
        }
        finally
        {
            turn.Release();
        }
    }

    public void Dispose() => turn.Dispose();
}
