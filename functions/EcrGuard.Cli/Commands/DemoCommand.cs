using System.CommandLine;
using EcrGuard.Cli.Demo;

namespace EcrGuard.Cli.Commands;

/// <summary><c>ecrguard demo</c>.</summary>
internal static class DemoCommand
{
    public static Command Create()
    {
        var folder = new Option<DirectoryInfo>("--out")
        {
            Description = "Where to write the alerts, the weekly summary and the ledger.",
            DefaultValueFactory = _ => new DirectoryInfo(Path.Combine(Path.GetTempPath(), "ecrguard-demo")),
        };
        var command = new Command("demo", "Runs the whole flow on an embedded local AWS: no account, no Docker.")
        {
            folder,
        };
        command.SetAction(
            (parsed, cancellation) => DemoRun.RunAsync(parsed.GetRequiredValue(folder), Console.Out, cancellation)
        );
        return command;
    }
}
