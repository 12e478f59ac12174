using System.Diagnostics;
using System.Runtime.InteropServices;

namespace EcrGuard.Benchmarks;

/// <summary>The functions as they are deployed: published as functions/Makefile does it.</summary>
internal static class Package
{
    /// <summary>
    /// It differs from the shipped policy only in that everything is marked, since the plan of tags is part of what is
    /// measured.
    /// </summary>
    private const string Policy = """{ "version": 1, "enforcement": [{ "repositories": ["*"], "mode": "mark" }] }""";

    private static readonly Lazy<Task<string>> Shipped = new(() =>
        built ? BuiltAsync() : FunctionsAsync("ready-to-run", Compiled.ReadyToRun)
    );
    private static readonly Lazy<Task<string>> NotCompiled = new(() =>
        FunctionsAsync("just-in-time", Compiled.JustInTime)
    );

    private static readonly Lazy<Task<string>> Cli = new(() =>
        built
            ? Task.FromResult(
                Path.Combine(Root(), "functions", "EcrGuard.Cli", "bin", "Release", "net10.0", "ecrguard")
            )
            : PublishAsync(Path.Combine("functions", "EcrGuard.Cli"), "ecrguard", "cli", Compiled.ReadyToRun)
    );

    private static bool built;

    /// <summary>Measures the output of the solution's build, since a publish takes a minute.</summary>
    public static void UseBuilt() => built = true;

    /// <summary>The shipped executable.</summary>
    public static Task<string> ReadyToRunAsync() => Shipped.Value;

    /// <summary>The same without code compiled ahead of time.</summary>
    public static Task<string> JustInTimeAsync() => NotCompiled.Value;

    /// <summary>The shipped executable with another policy.</summary>
    public static async Task<string> WithPolicyAsync(string name, string policy)
    {
        var shipped = await ReadyToRunAsync();
        var folder = Folder(name);
        Directory.CreateDirectory(folder);
        foreach (var file in Directory.EnumerateFiles(Path.GetDirectoryName(shipped)!))
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)), overwrite: true);
        await File.WriteAllTextAsync(Path.Combine(folder, PolicyFile), policy);
        return Path.Combine(folder, Path.GetFileName(shipped));
    }

    /// <summary>The command line.</summary>
    public static Task<string> CommandLineAsync() => Cli.Value;

    private const string PolicyFile = "policy.jsonc";

    /// <summary>The functions as native code, as <c>sam build --config-env native</c> compiles them.</summary>
    public static Task<string> NativeAsync() => FunctionsAsync("native", Compiled.Native);

    /// <summary>A function that does nothing but two calls.</summary>
    public static Task<string> EmptyHandlerAsync(bool native) =>
        PublishAsync(
            Path.Combine("tests", "EcrGuard.Benchmarks", "EmptyHandler"),
            "EmptyHandler",
            native ? "empty-native" : "empty",
            native ? Compiled.Native : Compiled.ReadyToRun
        );

    private static async Task<string> FunctionsAsync(string name, Compiled compiled)
    {
        var executable = await PublishAsync(
            Path.Combine("functions", "EcrGuard.Lambda"),
            "EcrGuard.Lambda",
            name,
            compiled
        );
        await File.WriteAllTextAsync(Path.Combine(Path.GetDirectoryName(executable)!, PolicyFile), Policy);
        return executable;
    }

    /// <summary>Makes a copy, so that the build output keeps its own policy.</summary>
    private static async Task<string> BuiltAsync()
    {
        var folder = Folder("built");
        Directory.CreateDirectory(folder);
        var build = Path.Combine(Root(), "functions", "EcrGuard.Lambda", "bin", "Release", "net10.0");
        foreach (var file in Directory.EnumerateFiles(build))
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)), overwrite: true);
        await File.WriteAllTextAsync(Path.Combine(folder, PolicyFile), Policy);
        return Path.Combine(folder, "EcrGuard.Lambda");
    }

    private static string Folder(string name) => Path.Combine(Root(), "artifacts", "benchmarks", name);

    private enum Compiled
    {
        JustInTime,
        ReadyToRun,
        Native,
    }

    private static async Task<string> PublishAsync(string project, string executable, string name, Compiled compiled)
    {
        var folder = Folder(name);
        string[] arguments =
        [
            "publish",
            Path.Combine(Root(), project),
            "-c",
            "Release",
            "-r",
            RuntimeInformation.RuntimeIdentifier,
            "-o",
            folder,
            .. compiled is Compiled.Native
                ? (string[])["-p:PublishAot=true"]
                : ["--no-self-contained", $"-p:PublishReadyToRun={compiled is Compiled.ReadyToRun}"],
            "-p:RunAnalyzers=false",
            "-v:quiet",
            "-nologo",
        ];
        using var publish =
            Process.Start(new ProcessStartInfo("dotnet", arguments))
            ?? throw new InvalidOperationException("dotnet does not start.");
        await publish.WaitForExitAsync();
        return publish.ExitCode == 0
            ? Path.Combine(folder, executable)
            : throw new InvalidOperationException(
                $"dotnet {string.Join(' ', arguments)} ended with {publish.ExitCode}."
            );
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
