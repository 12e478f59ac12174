using System.Diagnostics;
using System.Runtime.CompilerServices;
using EcrGuard.LocalAws;
using EcrGuard.Tests;

namespace EcrGuard.EndToEnd.Tests.Cli;

/// <summary>Runs the built <c>ecrguard</c> in a folder of its own.</summary>
internal sealed class CommandLine : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ecrguard-cli-");

    public CommandLine File(string name, string text)
    {
        var file = Path.Combine(_folder.FullName, name);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        System.IO.File.WriteAllText(file, text);
        return this;
    }

    /// <returns>The exit code, and standard output, then standard error.</returns>
    public Task<(int ExitCode, string Output)> RunAsync(params string[] arguments) =>
        Tool.RunAsync(new ProcessStartInfo("dotnet", [Executable(), .. arguments]) { WorkingDirectory = _folder.FullName });

    /// <summary>The same against an AWS.</summary>
    public Task<(int ExitCode, string Output)> RunAsync(LocalAwsServer aws, params string[] arguments) =>
        Tool.RunAsync(new ProcessStartInfo("dotnet", [Executable(), .. arguments])
        {
            WorkingDirectory = _folder.FullName,
            Environment = { ["AWS_ENDPOINT_URL"] = aws.Endpoint.ToString(), ["AWS_REGION"] = aws.Region, ["AWS_ACCESS_KEY_ID"] = "local", ["AWS_SECRET_ACCESS_KEY"] = "local" },
        });

    public void Dispose() => _folder.Delete(recursive: true);

    /// <summary>Built in the same configuration and for the same framework as the tests.</summary>
    private static string Executable([CallerFilePath] string file = "")
    {
        var framework = new DirectoryInfo(AppContext.BaseDirectory);
        return Path.Combine(Path.GetDirectoryName(file)!, "../../../functions/EcrGuard.Cli/bin", framework.Parent!.Name, framework.Name, "ecrguard.dll");
    }
}
