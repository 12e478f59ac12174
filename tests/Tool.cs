using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;

namespace EcrGuard.Tests;

/// <summary>Programs outside .NET that some tests need. Linked into every test project.</summary>
internal static class Tool
{
    /// <summary>
    /// Skips the calling test where <paramref name="command"/> cannot be run; with <c>ECRGUARD_REQUIRE_TOOLS=1</c>, as
    /// in CI, fails it instead.
    /// </summary>
    /// <param name="name">What is missing, as in "skipped: make not installed".</param>
    /// <param name="command">A program and its arguments that end with 0 where the tool is installed.</param>
    public static async Task RequireAsync(string name, params string[] command)
    {
        if (await Installed.GetOrAdd(string.Join(' ', command), _ => RunsAsync(command)))
            return;
        if (Environment.GetEnvironmentVariable("ECRGUARD_REQUIRE_TOOLS") == "1")
            Assert.Fail($"{name} is not installed");
        Assert.Skip($"skipped: {name} not installed");
    }

    /// <summary>What is installed stays so: each tool is asked once.</summary>
    private static readonly ConcurrentDictionary<string, Task<bool>> Installed = new();

    private static async Task<bool> RunsAsync(string[] command)
    {
        try
        {
            return (await RunAsync(new ProcessStartInfo(command[0], command[1..]))).ExitCode == 0;
        }
        catch (Win32Exception)
        {
            // There is no such program.
            return false;
        }
    }

    /// <summary>Runs a program to its end; kills it when the test is cancelled.</summary>
    /// <returns>Its exit code, and what it wrote to standard output, then to standard error.</returns>
    /// <exception cref="Win32Exception">There is no such program.</exception>
    public static async Task<(int ExitCode, string Output)> RunAsync(ProcessStartInfo start, string input = "")
    {
        start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = true;
        var cancelled = TestContext.Current.CancellationToken;
        using var process = Process.Start(start)!;
        using var kill = cancelled.Register(() => process.Kill(entireProcessTree: true));
        var output = process.StandardOutput.ReadToEndAsync(cancelled);
        var error = process.StandardError.ReadToEndAsync(cancelled);
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        await process.WaitForExitAsync(cancelled);
        return (process.ExitCode, await output + await error);
    }
}
