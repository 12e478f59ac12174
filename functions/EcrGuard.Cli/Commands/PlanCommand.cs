using System.CommandLine;
using System.Text;
using EcrGuard.Aws;
using EcrGuard.Aws.Facts;
using EcrGuard.Cli.Plans;
using EcrGuard.Core.Baselines;
using EcrGuard.Core.Images;
using EcrGuard.Core.Plans;
using EcrGuard.Core.Policy;
using ConsumerReader = EcrGuard.Aws.Facts.ConsumerReader;
using EcrReader = EcrGuard.Aws.Facts.EcrReader;

namespace EcrGuard.Cli.Commands;

/// <summary>
/// <c>ecrguard plan</c>: what would change in the registry of the caller's credentials. It only reads, and writes
/// nothing but its file.
/// </summary>
internal static class PlanCommand
{
    private const int AtOnce = 8;

    public static Command Create()
    {
        var policy = SharedOptions.Policy("The policy document that is deployed. Default: the built-in one.");
        var repositories = SharedOptions.Repositories();
        var format = SharedOptions.TableOrJson();
        var exactly = new Option<bool>("--exact")
        {
            Description = "Lists the images to delete one by one, instead of putting lifecycle policies.",
        };
        var file = new Option<FileInfo?>("--out") { Description = "Where to write the plan, for 'ecrguard apply'." };
        var command = new Command(
            "plan",
            "Shows what the policy would change in this registry, and which images would go. Writes nothing to AWS. "
                + "ECR may count reading an index as a pull."
        )
        {
            policy,
            repositories,
            exactly,
            file,
            format,
        };
        command.SetAction(
            (parsed, cancellation) =>
                RunAsync(
                    parsed.GetValue(policy),
                    parsed.GetRequiredValue(repositories),
                    parsed.GetValue(exactly),
                    parsed.GetValue(file),
                    parsed.GetValue(format) == SharedOptions.Json,
                    Console.Out,
                    Console.Error,
                    cancellation
                )
        );
        return command;
    }

    /// <param name="policyFile">The policy; null: the built-in policy.</param>
    /// <param name="file">The file to write the plan to; null: none.</param>
    /// <returns>
    /// 0; 2 for a plan that goes over a ceiling, which is not written; 64 for a file or an environment that cannot be
    /// used.
    /// </returns>
    public static Task<int> RunAsync(
        FileInfo? policyFile,
        Glob repositories,
        bool exact,
        FileInfo? file,
        bool asJson,
        TextWriter output,
        TextWriter errors,
        CancellationToken cancellation
    ) =>
        CommandRunner.RunAsync(
            async () =>
            {
                var policy = InputFile.LoadPolicy(policyFile);
                if (file is { Directory.Exists: false })
                    throw new UnusableFileException(
                        $"--out is '{file}'; there is no folder {file.DirectoryName} to write it to."
                    );
                var throttles = Throttles.Counted();
                using var aws = AwsClients.FromEnvironment();
                var plan = await MakeAsync(
                    aws,
                    policy,
                    repositories,
                    exact,
                    new Progress(errors, !Console.IsErrorRedirected, throttles),
                    cancellation
                );
                if (asJson)
                    output.WriteLine(Encoding.UTF8.GetString(PlanWriter.Write(plan, indented: true, review: true)));
                else
                    PlanTable.Write(plan, output);
                if (policyFile is null)
                    errors.WriteLine(
                        "No --policy is given: this is planned by the built-in policy, which only observes. A function "
                            + "that has another policy refuses the plan."
                    );
                if (IsRefused(plan, policy, errors))
                    return ExitCodes.Refused;
                if (file is not null)
                    WriteWhole(file, PlanWriter.Write(plan, indented: true));
                return ExitCodes.Done;
            },
            "Nothing was written.",
            errors,
            cancellation
        );

    /// <summary>Whether the plan goes over a ceiling. If so, this is printed.</summary>
    private static bool IsRefused(Plan plan, PolicyDocument policy, TextWriter errors)
    {
        var broken = Ceiling.Broken([.. plan.Repositories.Select(repository => repository.Removed)], policy.Ceilings);
        foreach (var sentence in broken)
            errors.WriteLine(sentence);
        if (broken.Count > 0)
            errors.WriteLine(
                "The plan would be refused whole. Make a smaller one with --repository, or raise the "
                    + "ceilings in the policy."
            );
        return broken.Count > 0;
    }

    private static async Task<Plan> MakeAsync(
        AwsClients aws,
        PolicyDocument policy,
        Glob names,
        bool exact,
        Progress progress,
        CancellationToken cancellation
    )
    {
        var time = TimeProvider.System;
        var settings = await LedgerOptions.ReadAsync(aws, null, null, cancellation);
        var registry = new EcrReader(aws.Ecr, settings, time);
        var views = new RepositoryReader(registry, null, null, null, null, policy, time);
        var consumers = new ConsumerReader(aws, policy, settings, time);
        var use = await progress.OfUseAsync(() => consumers.ReadAsync(null, cancellation));
        var planner = new Planner(policy, exact);
        var repositories = await MatchingRepositories.ReadAsync(registry, names, cancellation);
        var planned = new PlannedRepository?[repositories.Count];
        await Parallel.ForAsync(
            0,
            repositories.Count,
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellation },
            async (at, token) =>
            {
                if (await views.ReadAsync(repositories[at], use, null, [], token) is { } view)
                {
                    var (wanted, notes) = await WantedAsync(view, registry, policy, exact, token);
                    planned[at] = planner.Plan(view, wanted, notes, time.GetUtcNow());
                }
                progress.Done(planned[at]?.Images ?? 0, repositories.Count);
            }
        );
        progress.End();
        return new Plan
        {
            // Taken after everything was read: our own reads, which ECR counts as pulls, must come before this time.
            CreatedAt = time.GetUtcNow(),
            Account = settings.Account,
            Region = settings.Region,
            PolicyVersion = policy.Version,
            Unread = [.. use.Unread.Select(Plan.Sentence)],
            Repositories = [.. planned.OfType<PlannedRepository>()],
        };
    }

    /// <summary>
    /// The policy that is wanted. A team's opt-out is in the resource tags. It matters only if something would be put.
    /// </summary>
    private static async Task<(WantedPolicy? Wanted, IReadOnlyList<string> Notes)> WantedAsync(
        RepositoryView view,
        EcrReader registry,
        PolicyDocument policy,
        bool exact,
        CancellationToken cancellation
    )
    {
        var wanted = Wanted(view, null, policy, exact, out var notes);
        if (wanted is null)
            return (null, notes);
        var tags = await registry.ResourceTagsAsync(view.Contents.Repository, cancellation);
        return (Wanted(view, tags, policy, exact, out notes), notes);
    }

    private static WantedPolicy? Wanted(
        RepositoryView view,
        IReadOnlyDictionary<string, string>? resourceTags,
        PolicyDocument policy,
        bool exact,
        out IReadOnlyList<string> notes
    )
    {
        var id = view.Contents.Repository;
        // A plan is only about images to remove. The rest of a baseline is the sweep's work.
        var baseline = policy.BaselineOf(id.Name) is { } named
            ? named with
            {
                ScanOnPush = null,
                TagMutability = null,
                ResourceTags = [],
            }
            : null;
        var plan = BaselinePlan.For(
            new RepositoryFacts
            {
                Id = id,
                LifecyclePolicy = view.LifecyclePolicy,
                ResourceTags = resourceTags,
            },
            baseline,
            EnforcementMode.Mark,
            SettingHistory.None
        );
        var repair = plan.Repairs.FirstOrDefault(repair => repair.Setting.Kind == SettingKind.LifecyclePolicy);
        notes =
        [
            .. plan.Drift.Where(drift => drift != repair?.Drift),
            .. policy.EnforcementOf(id.Name) < EnforcementMode.Mark
                ? ["The policy only observes this repository: an apply refuses what is planned for it."]
                : Enumerable.Empty<string>(),
        ];
        return repair is not null ? new WantedPolicy(repair.Value, repair.Drift)
            : exact && BaselinePlan.Enforces(baseline, EnforcementMode.Mark) && view.LifecyclePolicy is { } present
                ? new WantedPolicy(present, "It is in force.")
            : null;
    }

    /// <summary>Writes the file completely, or leaves it as it was.</summary>
    private static void WriteWhole(FileInfo file, byte[] content)
    {
        var unfinished = $"{file.FullName}.{Environment.ProcessId}.tmp";
        try
        {
            File.WriteAllBytes(unfinished, content);
            File.Move(unfinished, file.FullName, overwrite: true);
        }
        finally
        {
            File.Delete(unfinished);
        }
    }
}
