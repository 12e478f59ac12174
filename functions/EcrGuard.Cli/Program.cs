using System.CommandLine;
using EcrGuard.Aws;
using EcrGuard.Cli;
using EcrGuard.Cli.Commands;

var root = new RootCommand("EcrGuard keeps the Amazon ECR repositories of an account clean and safe by itself.")
{
    AskCommand.Create(),
    ExplainCommand.Create(),
    DemoCommand.Create(),
    LocalCommand.Create(),
    new Command("policy", "Works on policy documents.") { PolicyCommand.Create(), TryCommand.Create() },
    SimulateCommand.Create(),
    LintCommand.Create(),
    ListCommand.Create(),
    JudgeCommand.Create(),
    PlanCommand.Create(),
    ApplyCommand.Create(),
    RestoreCommand.Create(),
    ReleaseCommand.Create(),
    BreakGlassCommand.Create(),
    ReportCommand.Create(),
};

var region = new Option<string?>("--region")
{
    Description = "The region. Default: AWS_REGION, then the profile's region.",
    Recursive = true,
};
var profile = new Option<string?>("--profile")
{
    Description =
        "The profile of the AWS configuration whose credentials are used, also if the environment has some; else "
        + "the environment's AWS_PROFILE.",
    Recursive = true,
};
root.Add(region);
root.Add(profile);

var parsing = root.Parse(args.Length == 0 ? ["--help"] : args);
if (parsing.Errors.Count == 0 && InputFile.Twice(parsing) is { } twice)
{
    Console.Error.WriteLine(twice);
    return ExitCodes.Usage;
}

// With --help the library reports no error, and shows the help of what it has understood.
if (parsing.Errors.Count > 0 || parsing.UnmatchedTokens.Count > 0)
{
    // An unknown command also gives the error "not provided". One message is enough.
    var wrong = parsing
        .Errors.Select(error => error.Message)
        .Where(message => parsing.Errors.Count == 1 || message.Contains('\''))
        .DefaultIfEmpty($"'{string.Concat(parsing.UnmatchedTokens.Take(1))}' was not understood.");
    foreach (var error in wrong)
        Console.Error.WriteLine(error);
    if (Help.Meant(parsing) is { } meant)
        Console.Error.WriteLine(meant);
    Console.Error.WriteLine($"See '{Help.Of(parsing)}'.");
    return ExitCodes.Usage;
}
foreach (var (variable, given) in new[] { ("AWS_REGION", region), ("AWS_PROFILE", profile) })
{
    if (parsing.GetValue(given) is { } value)
        Environment.SetEnvironmentVariable(variable, value);
}

// The profile is meant, even if the environment has credentials.
string[] credentials =
[
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_ROLE_ARN",
];
foreach (var variable in parsing.GetValue(profile) is null ? [] : credentials)
    Environment.SetEnvironmentVariable(variable, null);
Credentials.RegisterSignIn();
var exitCode = ExitCodes.Usage;
try
{
    exitCode = await parsing.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
catch (Exception unusable)
    when (unusable
            is IOException
                or UnauthorizedAccessException
                or ArgumentException
                or SettingsException
                or UnusableFileException
    )
{
    Console.Error.WriteLine(ErrorText.Whole(unusable));
}
if (exitCode == ExitCodes.Usage)
    Console.Error.WriteLine($"See '{Help.Of(parsing)}'.");
return exitCode;
