using Microsoft.Extensions.Time.Testing;

namespace EcrGuard.Aws.Tests.Flow;

/// <summary>
/// A clock on which nobody has to wait: it leaps to the end of every wait as soon as the wait begins.
/// </summary>
internal sealed class LeapingTime(DateTimeOffset start) : FakeTimeProvider(start)
{
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = base.CreateTimer(callback, state, dueTime, period);
        if (dueTime > TimeSpan.Zero)
            Advance(dueTime);
        return timer;
    }
}
