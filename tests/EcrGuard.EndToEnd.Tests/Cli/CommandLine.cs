using System.Diagnostics;
using System.Runtime.CompilerServices;
using EcrGuard.LocalAws;
using EcrGuard.Tests;

namespace EcrGuard.EndToEnd.Tests.Cli;

/// <summary>Runs the built <c>ecrguard</c> in its own folder.</summary>
internal sealed class CommandLine : IDisposable
{
    /// <summary>Runs a program on its own terminal, and copies what appears there.</summary>
    private const string Terminal = "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))";

    private readonly Dictionary<string, string?> _environment = [];

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ecrguard-cli-");

    public string Folder => _folder.FullName;

    public CommandLine File(string name, string text)
    {
        var file = Path.Combine(_folder.FullName, name);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        System.IO.File.WriteAllText(file, text);
        return this;
    }

    public CommandLine File(string name, byte[] content)
    {
        System.IO.File.WriteAllBytes(Path.Combine(_folder.FullName, name), content);
        return this;
    }

    /// <summary>The same with a file of the folder as standard input.</summary>
    public Task<(int ExitCode, string Output)> RunWithInputAsync(string file, params string[] arguments) =>
        Tool.RunAsync(Start("sh", ["-c", "exec dotnet \"$@\" < " + file, "sh", Executable(), .. arguments]));

    /// <summary>Sets a variable of its environment; null takes it away.</summary>
    public CommandLine With(string variable, string? value)
    {
        _environment[variable] = value;
        return this;
    }

    /// <returns>The exit code, and standard output, then standard error.</returns>
    public Task<(int ExitCode, string Output)> RunAsync(params string[] arguments) =>
        Tool.RunAsync(Start("dotnet", [Executable(), .. arguments]));

    /// <summary>The same against an AWS.</summary>
    public Task<(int ExitCode, string Output)> RunAsync(LocalAwsServer aws, params string[] arguments) =>
        Tool.RunAsync(At(aws, Start("dotnet", [Executable(), .. arguments])));

    /// <summary>
    /// The same on a terminal; returns what a person sees there. Python makes the terminal; without Python, the calling
    /// test is skipped.
    /// </summary>
    public async Task<(int ExitCode, string Output)> RunOnTerminalAsync(LocalAwsServer aws, params string[] arguments)
    {
        await Tool.RequireAsync("python3", "python3", "-c", "import os, pty; os.waitstatus_to_exitcode");
        return await Tool.RunAsync(At(aws, Start("python3", ["-c", Terminal, "dotnet", Executable(), .. arguments])));
    }

    private static ProcessStartInfo At(LocalAwsServer aws, ProcessStartInfo start)
    {
        (start.Environment["AWS_ENDPOINT_URL"], start.Environment["AWS_REGION"]) = (
            aws.Endpoint.ToString(),
            aws.Region
        );
        start.Environment["AWS_ACCESS_KEY_ID"] = start.Environment["AWS_SECRET_ACCESS_KEY"] = "local";
        return start;
    }

    private ProcessStartInfo Start(string program, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = _folder.FullName };
        foreach (var (variable, value) in _environment)
            start.Environment[variable] = value;
        return start;
    }

    /// <summary>What a command says, without the last line of an error: how to get the command's help.</summary>
    public static string Message(string output) =>
        System.Text.RegularExpressions.Regex.Replace(output, @"See 'ecrguard[a-z ]* --help'\.\s*$", "").TrimEnd();

    public void Dispose() => _folder.Delete(recursive: true);

    /// <summary>Built in the same configuration and for the same framework as the tests.</summary>
    internal static string Executable([CallerFilePath] string file = "")
    {
        var framework = new DirectoryInfo(AppContext.BaseDirectory);
        return Path.Combine(
            Path.GetDirectoryName(file)!,
            "../../../functions/EcrGuard.Cli/bin",
            framework.Parent!.Name,
            framework.Name,
            "ecrguard.dll"
        );
    }
}
