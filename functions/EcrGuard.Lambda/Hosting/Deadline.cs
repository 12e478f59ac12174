using Amazon.Lambda.Core;

namespace EcrGuard.Lambda.Hosting;

/// <summary>The end of an invocation.</summary>
internal static class Deadline
{
    /// <summary>
    /// Cancels so long before Lambda stops the function. The time left is asked for once: it is another at every look.
    /// </summary>
    /// <param name="atLeast">What is given even where less is left.</param>
    public static CancellationTokenSource Before(ILambdaContext context, TimeSpan margin, TimeSpan atLeast = default)
    {
        var left = context.RemainingTime - margin;
        return new CancellationTokenSource(left > atLeast ? left : atLeast);
    }
}
