using Amazon.Lambda.Core;

namespace EcrGuard.Lambda.Hosting;

/// <summary>The end of an invocation.</summary>
internal static class Deadline
{
    /// <summary>What the answer takes.</summary>
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Cancels so long before Lambda stops the function. The time left is asked for once: each look gives another one.
    /// </summary>
    /// <param name="atLeast">What is given even if less is left.</param>
    public static CancellationTokenSource Before(ILambdaContext context, TimeSpan margin, TimeSpan atLeast = default)
    {
        var left = context.RemainingTime - margin;
        return new CancellationTokenSource(left > atLeast ? left : atLeast);
    }

    /// <summary>For what must still be done: all the time that is left but a second, and at least a second.</summary>
    public static CancellationTokenSource AtTheEnd(ILambdaContext context) => Before(context, Second, Second);
}
