using Amazon.Lambda.Core;

namespace EcrGuard.Lambda.Hosting;

/// <summary>Deadlines for the end of an invocation.</summary>
internal static class Deadline
{
    /// <summary>The time that the answer takes.</summary>
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Cancels this long before Lambda stops the function. The time left is read only once, because each read gives
    /// another value.
    /// </summary>
    /// <param name="atLeast">The shortest time that is given, even if less is left.</param>
    public static CancellationTokenSource Before(ILambdaContext context, TimeSpan margin, TimeSpan atLeast = default)
    {
        var left = context.RemainingTime - margin;
        return new CancellationTokenSource(left > atLeast ? left : atLeast);
    }

    /// <summary>
    /// For work that must still be done: all the time that is left minus one second, but at least one second.
    /// </summary>
    public static CancellationTokenSource AtTheEnd(ILambdaContext context) => Before(context, Second, Second);
}
