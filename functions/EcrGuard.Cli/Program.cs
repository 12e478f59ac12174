using System.CommandLine;
using System.Globalization;
using EcrGuard.Aws;
using EcrGuard.Cli;
using EcrGuard.Cli.Blocking;
using EcrGuard.Cli.Commands;
using EcrGuard.Cli.Demo;
using EcrGuard.Cli.Judging;
using EcrGuard.Cli.Lifecycle;
using EcrGuard.Cli.Plans;
using EcrGuard.Core.Images;

var root = new RootCommand("EcrGuard keeps the Amazon ECR repositories of an account clean and safe by itself.");

var folder = new Option<DirectoryInfo>("--out")
{
    Description = "Where to write the alerts, the weekly summary and the ledger.",
    DefaultValueFactory = _ => new DirectoryInfo(Path.Combine(Path.GetTempPath(), "ecrguard-demo")),
};
var demo = new Command("demo", "Runs the whole flow on an embedded local AWS: no account, no Docker.") { folder };
demo.SetAction((parsed, cancellation) => DemoRun.RunAsync(parsed.GetRequiredValue(folder), Console.Out, cancellation));
root.Add(demo);

var port = new Option<int>("--port")
{
    Description = "The port on 127.0.0.1; 0 takes a free one.",
    DefaultValueFactory = _ => 0,
    CustomParser = result =>
    {
        if (
            int.TryParse(result.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number <= 65535
        )
            return number;
        result.AddError($"--port is '{result.Tokens[0].Value}'; it must be a number from 0 to 65535.");
        return 0;
    },
};
var seed = new Option<string?>("--seed") { Description = "What to fill it with: demo." };
seed.AcceptOnlyFromAmong("demo");
var local = new Command("local", "Keeps the local AWS running until Ctrl-C: ECR, Inspector, SNS, DynamoDB and S3.")
{
    port,
    seed,
};
local.SetAction(
    (parsed, cancellation) =>
        LocalCommand.RunAsync(parsed.GetValue(port), parsed.GetValue(seed) is not null, Console.Out, cancellation)
);
root.Add(local);

var file = new Argument<FileInfo>("FILE") { Description = "The policy document, JSON with comments." };
var check = new Command(
    "check",
    "Shows every error of a policy document, and of the VEX documents in the folder vex beside it, with line "
        + "and column."
)
{
    file,
};
check.SetAction(parsed =>
    PolicyCommand.Check(parsed.GetRequiredValue(file), TimeProvider.System.GetUtcNow(), Console.Out, Console.Error)
);

var (triedFile, triedRepositories, trialFormat) = (
    new Argument<FileInfo>("FILE")
    {
        Description = "The policy document to try, with the VEX documents in the folder vex beside it.",
    },
    PlanOptions.Repositories(),
    JudgeOptions.Format()
);
var against = new Option<FileInfo?>("--against")
{
    Description =
        "The policy document in force, with the VEX documents beside it; the built-in one if it is not given.",
};
var triedImages = new Option<ImageReference[]>("--image")
{
    Description = "An image, by tag, digest or full URI; may be given several times.",
    CustomParser = result => ImageArgument.Read(result, "--image"),
};
var account = new Option<bool>("--account")
{
    Description = "Every image of the registry of the caller's credentials.",
};
var table = new Option<string?>("--table")
{
    Description =
        "The ledger, the stack's output Table: what was found before then counts as for the functions, and "
        + "what it holds is not asked of the scanners again. Without it nothing is known of earlier scans.",
};
var bucket = new Option<string?>("--bucket") { Description = "The ledger's findings, the stack's output Bucket." };
var tryPolicy = new Command(
    "try",
    "Shows what another policy document would change: the images of an account, judged by both from the same "
        + "facts, and which of those that it would block are in use. Reads only. "
        + "Exits 0 where no answer turns worse, 1 where an image would be newly blocked or refused, 5 where "
        + "something could not be read, which is named. What is wrong with FILE itself is shown as by check, "
        + "and exits 64 before anything is read; a waiver that has merely ended is shown too, and is tried as "
        + "it would be deployed."
)
{
    triedFile,
    against,
    triedImages,
    account,
    triedRepositories,
    table,
    bucket,
    trialFormat,
};
tryPolicy.Validators.Add(result =>
{
    if (result.GetResult(triedImages) is null == !result.GetValue(account))
        result.AddError("Say what to try the policy on: either '--image' or '--account'.");
    if (result.GetResult(table) is null != result.GetResult(bucket) is null)
        result.AddError("The ledger is both: '--table' and '--bucket'.");
    if (result.GetResult(triedImages) is not null && result.GetResult(triedRepositories) is { Implicit: false })
        result.AddError("'--repository' goes with '--account': an image names its repository.");
});
var triedTags = TagOptions.Of(tryPolicy);
tryPolicy.SetAction(
    (parsed, cancellation) =>
        TryCommand.RunAsync(
            new TryOptions(
                parsed.GetRequiredValue(triedFile),
                parsed.GetValue(against),
                parsed.GetValue(triedImages) ?? [],
                parsed.GetRequiredValue(triedRepositories),
                parsed.GetValue(table),
                parsed.GetValue(bucket),
                triedTags.In(parsed)
            ),
            parsed.GetValue(trialFormat) == JudgeOptions.Json,
            Console.Out,
            Console.Error,
            cancellation
        )
);
root.Add(new Command("policy", "Works on policy documents.") { check, tryPolicy });

var (simulatedPolicy, simulatedImages, moment, simulationFormat) = (
    LifecycleOptions.Policy(),
    LifecycleOptions.Images(required: true),
    LifecycleOptions.Now(),
    LifecycleOptions.Format()
);
var simulate = new Command(
    "simulate",
    "Shows which images of a repository a lifecycle policy would expire or archive, and why. Works on files."
)
{
    simulatedPolicy,
    simulatedImages,
    moment,
    simulationFormat,
};
simulate.SetAction(parsed =>
    SimulateCommand.Run(
        parsed.GetRequiredValue(simulatedPolicy),
        parsed.GetRequiredValue(simulatedImages),
        parsed.GetValue(moment) ?? TimeProvider.System.GetUtcNow(),
        parsed.GetValue(simulationFormat) == LifecycleOptions.Json,
        Console.Out,
        Console.Error
    )
);
root.Add(simulate);

var (lintedPolicy, lintedImages, lintFormat) = (
    LifecycleOptions.Policy(),
    LifecycleOptions.Images(required: false),
    LifecycleOptions.Format()
);
var lint = new Command(
    "lint",
    "Finds what in a lifecycle policy was probably not meant; with the repository's images it finds more. "
        + "Works on files."
)
{
    lintedPolicy,
    lintedImages,
    lintFormat,
};
var lintedTags = TagOptions.Of(lint);
lint.SetAction(parsed =>
    LintCommand.Run(
        parsed.GetRequiredValue(lintedPolicy),
        parsed.GetValue(lintedImages),
        lintedTags.In(parsed),
        parsed.GetValue(lintFormat) == LifecycleOptions.Json,
        Console.Out,
        Console.Error
    )
);
root.Add(lint);

var (judgedFindings, judgedPolicy, judgedVex, judgedImage, judgedMoment, judgementFormat) = (
    JudgeOptions.Findings(),
    JudgeOptions.Policy(),
    JudgeOptions.Vex(),
    JudgeOptions.Image(),
    LifecycleOptions.Now(),
    JudgeOptions.Format()
);
var judge = new Command(
    "judge",
    "Answers as a gate what a policy makes of the findings of one image: exits 0 approved, 1 blocked, 3 "
        + "pending, 4 unscanned, unsupported or stale, 5 cannot be determined. Works on files."
)
{
    judgedFindings,
    judgedPolicy,
    judgedVex,
    judgedImage,
    judgedMoment,
    judgementFormat,
};
judge.SetAction(parsed =>
    JudgeCommand.Run(
        parsed.GetRequiredValue(judgedFindings),
        parsed.GetValue(judgedPolicy),
        parsed.GetRequiredValue(judgedVex),
        parsed.GetValue(judgedImage),
        parsed.GetValue(judgedMoment) ?? TimeProvider.System.GetUtcNow(),
        parsed.GetValue(judgementFormat) == JudgeOptions.Json,
        Console.Out,
        Console.Error
    )
);
root.Add(judge);

var (plannedPolicy, plannedRepositories, planFormat) = (
    PlanOptions.Policy("The policy document that is deployed; the built-in one if it is not given."),
    PlanOptions.Repositories(),
    LifecycleOptions.Format()
);
var exactly = new Option<bool>("--exact")
{
    Description =
        "Names one by one the images that the wanted lifecycle policies would take today, instead of putting "
        + "those policies.",
};
var planFile = new Option<FileInfo?>("--out") { Description = "Where to write the plan, for 'ecrguard apply'." };
var plan = new Command(
    "plan",
    "Shows what would change in the registry of the caller's credentials, which images would go and why, and "
        + "writes nothing to AWS."
)
{
    plannedPolicy,
    plannedRepositories,
    exactly,
    planFile,
    planFormat,
};
var plannedTags = TagOptions.Of(plan);
plan.SetAction(
    (parsed, cancellation) =>
        PlanCommand.RunAsync(
            parsed.GetValue(plannedPolicy),
            parsed.GetRequiredValue(plannedRepositories),
            parsed.GetValue(exactly),
            plannedTags.In(parsed),
            parsed.GetValue(planFile),
            parsed.GetValue(planFormat) == LifecycleOptions.Json,
            Console.Out,
            Console.Error,
            cancellation
        )
);
root.Add(plan);

var appliedPlan = new Argument<FileInfo>("PLAN") { Description = "The plan, as 'ecrguard plan --out' wrote it." };
var appliedBy = new Option<string?>("--function")
{
    Description = "The deployed function: the stack's output ApplyPlanFunction. Not needed against a local AWS.",
};
var appliedPolicy = PlanOptions.Policy(
    "Against a local AWS: the policy document of the function, which then runs in this process."
);
var unasked = new Option<bool>("--yes") { Description = "Does not ask." };
var apply = new Command(
    "apply",
    "Has a plan carried out exactly: what has changed since is left alone and named. Exits 1 where not all "
        + "of it was done."
)
{
    appliedPlan,
    appliedBy,
    appliedPolicy,
    unasked,
};
apply.SetAction(
    (parsed, cancellation) =>
        ApplyCommand.RunAsync(
            parsed.GetRequiredValue(appliedPlan),
            parsed.GetValue(appliedBy),
            parsed.GetValue(appliedPolicy),
            parsed.GetValue(unasked),
            Console.In,
            Console.Out,
            Console.Error,
            cancellation
        )
);
root.Add(apply);

var restored = new Argument<string>("REPOSITORY") { Description = "Its name." };
restored.Validators.Add(result =>
{
    // A registry's host is shaped as the first folder of a name.
    if (
        result.GetValueOrDefault<string>() is var name
        && (!RepositoryId.IsName(name) || name.Split('/')[0].Contains(".dkr", StringComparison.Ordinal))
    )
        result.AddError(
            $"REPOSITORY is '{Phrase.Clip(name, 256)}'; it must be the name of a repository, without registry, "
                + "tag or digest."
        );
});
var restoreReason = new Option<string>("--reason")
{
    Description = "Why: it stands in the ledger, and in what is told of the repository.",
    Required = true,
};
var restoreAnyway = new Option<bool>("--anyway")
{
    Description =
        "Put back a lifecycle policy even where it takes images that are in use or may be. That is told as an alert.",
};
var restoredBy = new Option<string?>("--function")
{
    Description =
        "The deployed function: the stack's output RestoreRepositoryFunction. Not needed against a local AWS.",
};
var restoredPolicy = PlanOptions.Policy(
    "Against a local AWS: the policy document of the function, which then runs in this process."
);
var restore = new Command(
    "restore",
    "Has a repository put back as it was before EcrGuard wrote to it, and left alone until its baseline "
        + "changes. Exits 1 where something was left as it is."
)
{
    restored,
    restoreReason,
    restoreAnyway,
    restoredBy,
    restoredPolicy,
};
restore.SetAction(
    (parsed, cancellation) =>
        RestoreCommand.RunAsync(
            parsed.GetRequiredValue(restored),
            parsed.GetRequiredValue(restoreReason),
            parsed.GetValue(restoreAnyway),
            parsed.GetValue(restoredBy),
            parsed.GetValue(restoredPolicy),
            Console.Out,
            Console.Error,
            cancellation
        )
);
root.Add(restore);

var (releasedImage, releasedPolicy) = (
    ImageArgument.One(),
    PlanOptions.Policy("Against a local AWS: the policy document of the function, which then runs in this process.")
);
var releaseReason = new Option<string>("--reason")
{
    Description = "Why: it is told, and stands in the ledger.",
    Required = true,
};
var releasedBy = new Option<string?>("--function")
{
    Description = "The deployed function: the stack's output ReleaseImageFunction. Not needed against a local AWS.",
};
var release = new Command(
    "release",
    "Has a blocked image put back into reach, and left there as long as this block stands; gates go on "
        + "saying no. Exits 1 where that was refused."
)
{
    releasedImage,
    releaseReason,
    releasedBy,
    releasedPolicy,
};
release.SetAction(
    (parsed, cancellation) =>
        ReleaseCommand.RunAsync(
            parsed.GetRequiredValue(releasedImage),
            parsed.GetRequiredValue(releaseReason),
            parsed.GetValue(releasedBy),
            parsed.GetValue(releasedPolicy),
            Console.Out,
            Console.Error,
            cancellation
        )
);
root.Add(release);

var (forcedImage, forcedPolicy, forcedFormat) = (
    ImageArgument.One(),
    PlanOptions.Policy("Against a local AWS: the policy document of the function, which then runs in this process."),
    JudgeOptions.Format()
);
var forcedReason = new Option<string>("--reason")
{
    Description = "Why, in one line: it is told, and stands in the ledger and in every answer.",
    Required = true,
};
var forcedUntil = new Option<string>("--until")
{
    Description =
        "When it ends by itself, with an offset, for example 2026-12-01T12:00:00Z; the policy's "
        + "defaults.maxBreakGlassHours is the most.",
    Required = true,
};
var forcedAt = new Option<Uri?>("--url")
{
    Description = "The HTTP API: the stack's output BreakGlassUrl. Not needed against a local AWS.",
    CustomParser = result =>
    {
        if (
            Uri.TryCreate(result.Tokens[0].Value, UriKind.Absolute, out var url)
            && (url.Scheme == Uri.UriSchemeHttps || (url.Scheme == Uri.UriSchemeHttp && url.IsLoopback))
        )
            return url;
        result.AddError($"--url is '{result.Tokens[0].Value}'; it must be an address that begins with https://.");
        return null;
    },
};
var breakglass = new Command(
    "breakglass",
    "Has an approval forced for one digest, by the identity of the caller's credentials: told, recorded, and "
        + "ended by itself. Exits 0 where it was done, 1 where it was refused, 5 where it is not known whether it "
        + "was done."
)
{
    forcedImage,
    forcedReason,
    forcedUntil,
    forcedAt,
    forcedPolicy,
    forcedFormat,
};
breakglass.SetAction(
    (parsed, cancellation) =>
        BreakGlassCommand.RunAsync(
            parsed.GetRequiredValue(forcedImage),
            parsed.GetRequiredValue(forcedReason),
            parsed.GetRequiredValue(forcedUntil),
            parsed.GetValue(forcedAt),
            parsed.GetValue(forcedPolicy),
            parsed.GetValue(forcedFormat) == JudgeOptions.Json,
            Console.Out,
            Console.Error,
            cancellation
        )
);
root.Add(breakglass);

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
