using EcrGuard.Aws;
using EcrGuard.Lambda.Hosting;

namespace EcrGuard.Lambda.Flow.Sweeping;

/// <summary>A step of a sweep that may fail. What it could not do is said, and the others are still done.</summary>
internal static class Attempt
{
    /// <param name="act">Returns what it could not do.</param>
    /// <returns>What the step could not do, or why it failed.</returns>
    public static async Task<IReadOnlyList<string>> OrWhyAsync(
        Log log,
        string what,
        Func<Task<IReadOnlyList<string>>> act,
        CancellationToken cancellation
    )
    {
        try
        {
            return await act().ConfigureAwait(false);
        }
        catch (Exception failure) when (!cancellation.IsCancellationRequested)
        {
            log.Error("Something could not be done; the next sweep tries again.", failure, ("what", what));
            return [$"{what}: {ErrorText.Of(failure)}"];
        }
    }

    /// <summary>The same for a step that does all or fails.</summary>
    public static Task<IReadOnlyList<string>> TryAsync(
        Log log,
        string what,
        Func<Task> act,
        CancellationToken cancellation
    ) =>
        OrWhyAsync(
            log,
            what,
            async () =>
            {
                await act().ConfigureAwait(false);
                return [];
            },
            cancellation
        );
}
