using System.CommandLine;
using EcrGuard.Aws;
using EcrGuard.Cli;
using EcrGuard.Cli.Commands;

var root = new RootCommand("EcrGuard keeps the Amazon ECR repositories of an account clean and safe by itself.")
{
    DemoCommand.Create(),
    LocalCommand.Create(),
    new Command("policy", "Works on policy documents.") { PolicyCommand.Create(), TryCommand.Create() },
    SimulateCommand.Create(),
    LintCommand.Create(),
    JudgeCommand.Create(),
    PlanCommand.Create(),
    ApplyCommand.Create(),
    RestoreCommand.Create(),
    ReleaseCommand.Create(),
    BreakGlassCommand.Create(),
    ReportCommand.Create(),
};

var parsing = root.Parse(args);
if (parsing.Errors.Count == 0 && InputFile.Twice(parsing) is { } twice)
{
    Console.Error.WriteLine(twice);
    return ExitCodes.Usage;
}
if (parsing.Errors.Count > 0)
{
    // An unknown command is also "not provided": once is enough.
    foreach (
        var error in parsing
            .Errors.Select(e => e.Message)
            .Where(message => parsing.Errors.Count == 1 || message.Contains('\''))
    )
        Console.Error.WriteLine(error);
    Console.Error.WriteLine("See 'ecrguard --help'.");
    return ExitCodes.Usage;
}
try
{
    return await parsing.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
catch (Exception unusable)
    when (unusable is IOException or UnauthorizedAccessException or ArgumentException or SettingsException)
{
    Console.Error.WriteLine(ErrorText.Whole(unusable));
    return ExitCodes.Usage;
}
