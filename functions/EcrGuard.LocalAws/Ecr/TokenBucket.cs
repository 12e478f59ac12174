namespace EcrGuard.LocalAws.Ecr;

/// <summary>
/// Allows <paramref name="perSecond"/> calls a second and saves up at most the calls of one second. Not thread-safe.
/// </summary>
internal sealed class TokenBucket(double perSecond, TimeProvider clock)
{
    private double tokens = Math.Max(1, perSecond);
    private long filledAt = clock.GetTimestamp();

    public bool TryTake()
    {
        var now = clock.GetTimestamp();
        tokens = Math.Min(
            Math.Max(1, perSecond),
            tokens + (clock.GetElapsedTime(filledAt, now).TotalSeconds * perSecond)
        );
        filledAt = now;
        if (tokens < 1)
        {
            return false;
        }

        tokens--;
        return true;
    }
}
