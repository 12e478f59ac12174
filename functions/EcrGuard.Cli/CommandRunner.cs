using Amazon.Runtime;
using EcrGuard.Aws;
using EcrGuard.Cli.Plans;
using EcrGuard.Lambda.Hosting;

namespace EcrGuard.Cli;

/// <summary>
/// Runs a command that works on AWS. If AWS fails, it says why in one sentence and returns the exit code.
/// </summary>
internal static class CommandRunner
{
    /// <param name="interrupted">The text that is printed when Ctrl-C ends the command.</param>
    public static async Task<int> RunAsync(
        Func<Task<int>> command,
        string interrupted,
        TextWriter errors,
        CancellationToken cancellation
    )
    {
        try
        {
            return await command();
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            errors.WriteLine($"Interrupted. {interrupted}");
            return ExitCodes.Interrupted;
        }
        catch (NotThereException unknown)
        {
            errors.WriteLine(ErrorText.Whole(unknown));
            return ExitCodes.Wrong;
        }
        catch (HttpRequestException unreachable)
        {
            errors.WriteLine($"AWS could not be reached: {ErrorText.Of(unreachable).TrimEnd('.')}.");
            return ExitCodes.Undetermined;
        }
        catch (AmazonClientException) when (FallbackRegionFactory.GetRegionEndpoint() is null)
        {
            errors.WriteLine(Caller.NoRegion);
            return ExitCodes.Usage;
        }
        catch (Exception unusable) when (unusable is PolicyException or SettingsException or UnusableFileException)
        {
            errors.WriteLine(ErrorText.Whole(unusable));
            return ExitCodes.Usage;
        }
        catch (Exception failed) when (failed is AmazonServiceException or FunctionFailedException)
        {
            errors.WriteLine(ErrorText.Whole(failed));
            return ExitCodes.Undetermined;
        }
        catch (Exception unsent) when (unsent is AmazonClientException || IsOfSdk(unsent))
        {
            errors.WriteLine(await Credentials.WhyNoneAsync() ?? ErrorText.Whole(unsent));
            return ExitCodes.Undetermined;
        }
    }

    /// <summary>Some credentials fail with exceptions that are no <see cref="AmazonClientException"/>.</summary>
    private static bool IsOfSdk(Exception error) =>
        error.GetType().Namespace?.StartsWith("Amazon.", StringComparison.Ordinal) == true;
}

/// <summary>There is no such image, or EcrGuard knows none; a sentence.</summary>
internal sealed class NotThereException(string message) : Exception(message);
