using System.Diagnostics;
using EcrGuard.Tests;

namespace EcrGuard.EndToEnd.Tests.Cli;

/// <summary>
/// <c>ecrguard local</c> in its own process, and bash in its own folder, with the environment that the command prints
/// and with <c>ecrguard</c> on the path.
/// </summary>
public sealed class LocalProcess : IAsyncLifetime
{
    private readonly DirectoryInfo _work = Directory.CreateTempSubdirectory("ecrguard-");
    private readonly Process _local = new()
    {
        StartInfo = new ProcessStartInfo("dotnet", [CommandLine.Executable(), "local"])
        {
            RedirectStandardOutput = true,
        },
    };
    private string _environment = "";

    public string Folder => _work.FullName;

    /// <summary>The script that calls <c>ecrguard</c>.</summary>
    public string Executable => Path.Combine(Folder, "bin", "ecrguard");

    public async ValueTask InitializeAsync()
    {
        _local.Start();
        while (await _local.StandardOutput.ReadLineAsync() is { } line && !line.EndsWith("Ctrl-C ends it."))
        {
            if (line.TrimStart().StartsWith("export ", StringComparison.Ordinal))
                _environment = line.Trim();
        }
        _work.CreateSubdirectory("bin");
        await File.WriteAllTextAsync(Executable, $"#!/bin/sh\nexec dotnet {CommandLine.Executable()} \"$@\"\n");
        await Tool.RunAsync(new ProcessStartInfo("chmod", ["+x", Executable]));
    }

    public ValueTask DisposeAsync()
    {
        _local.Kill();
        _local.Dispose();
        _work.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }

    /// <returns>The exit code, and standard output, then standard error.</returns>
    public Task<(int ExitCode, string Output)> BashAsync(string script) =>
        BashAsync(script, new Dictionary<string, string>());

    /// <param name="variables">More variables of the environment.</param>
    /// <param name="options">Options of bash.</param>
    public Task<(int ExitCode, string Output)> BashAsync(
        string script,
        IReadOnlyDictionary<string, string> variables,
        params string[] options
    )
    {
        var start = new ProcessStartInfo("bash", [.. options, "-c", $"{_environment}\n{script}"])
        {
            WorkingDirectory = Folder,
        };
        start.Environment["PATH"] = $"{Path.GetDirectoryName(Executable)}:{start.Environment["PATH"]}";
        foreach (var (name, value) in variables)
            start.Environment[name] = value;
        return Tool.RunAsync(start);
    }
}
