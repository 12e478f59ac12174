using System.Diagnostics;
using System.Runtime.InteropServices;

namespace EcrGuard.Benchmarks;

/// <summary>The functions as they are deployed: published as functions/Makefile does it.</summary>
internal static class Package
{
    /// <summary>
    /// Nothing in it differs from the policy that is shipped but that everything is marked: planning tags is part of
    /// what is measured.
    /// </summary>
    private const string Policy = """{ "version": 1, "enforcement": [{ "repositories": ["*"], "mode": "mark" }] }""";

    private static readonly Lazy<Task<string>> Shipped = new(() => PublishAsync("ready-to-run", readyToRun: true));
    private static readonly Lazy<Task<string>> NotCompiled = new(() => PublishAsync("just-in-time", readyToRun: false));

    /// <summary>The executable that ships.</summary>
    public static Task<string> ReadyToRunAsync() => Shipped.Value;

    /// <summary>The same without code compiled ahead of time.</summary>
    public static Task<string> JustInTimeAsync() => NotCompiled.Value;

    private static async Task<string> PublishAsync(string name, bool readyToRun)
    {
        var root = Root();
        var folder = Path.Combine(root, "artifacts", "benchmarks", name);
        string[] arguments =
        [
            "publish",
            Path.Combine(root, "functions", "EcrGuard.Lambda"),
            "-c",
            "Release",
            "-r",
            RuntimeInformation.RuntimeIdentifier,
            "--no-self-contained",
            "-o",
            folder,
            $"-p:PublishReadyToRun={readyToRun}",
            "-p:RunAnalyzers=false",
            "-v:quiet",
            "-nologo",
        ];
        using var publish =
            Process.Start(new ProcessStartInfo("dotnet", arguments))
            ?? throw new InvalidOperationException("dotnet does not start.");
        await publish.WaitForExitAsync();
        if (publish.ExitCode != 0)
            throw new InvalidOperationException($"dotnet {string.Join(' ', arguments)} ended with {publish.ExitCode}.");
        await File.WriteAllTextAsync(Path.Combine(folder, "policy.jsonc"), Policy);
        return Path.Combine(folder, "EcrGuard.Lambda");
    }

    private static string Root()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "EcrGuard.sln")))
            folder =
                Path.GetDirectoryName(folder)
                ?? throw new InvalidOperationException(
                    $"No folder above {AppContext.BaseDirectory} holds EcrGuard.sln."
                );
        return folder;
    }
}
