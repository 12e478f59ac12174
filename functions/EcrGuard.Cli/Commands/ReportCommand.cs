using System.CommandLine;
using System.Diagnostics;
using EcrGuard.Aws;
using EcrGuard.Aws.Ledger;
using EcrGuard.Cli.Demo;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Reports;
using EcrGuard.Lambda.Flow.Reporting;
using EcrGuard.Lambda.Hosting;
using EcrReader = EcrGuard.Aws.Facts.EcrReader;

namespace EcrGuard.Cli.Commands;

/// <summary>
/// <c>ecrguard report</c>: writes the weekly report into a folder, as the function makes it. It only reads from AWS.
/// </summary>
internal static class ReportCommand
{
    public static Command Create()
    {
        var week = new Option<IsoWeek?>("--week")
        {
            Description = "The ISO week, for example 2026-W47. Default: the last whole one.",
            CustomParser = result =>
            {
                try
                {
                    return IsoWeek.ParseBegun(result.Tokens[0].Value, TimeProvider.System.GetUtcNow());
                }
                catch (FormatException wrong)
                {
                    result.AddError($"--week: {ErrorText.Of(wrong)}");
                    return null;
                }
            },
        };
        var folder = new Option<DirectoryInfo>("--out")
        {
            Description = "Where to write the page, the JSON, the CSV files and the mail.",
            DefaultValueFactory = _ => new DirectoryInfo(Path.Combine(Path.GetTempPath(), "ecrguard-report")),
        };
        var open = new Option<bool>("--open") { Description = "Opens the page in the browser." };
        var policy = SharedOptions.Policy("The policy document that is deployed. Default: the built-in one.");
        var ledger = new LedgerOptions(bucket: "It holds what was read of what runs.");
        var demo = new Option<bool>("--demo")
        {
            Description = "Reports on twelve simulated weeks in a local AWS. No account, no Docker.",
        };
        var command = new Command(
            "report",
            "Makes the weekly report of an account, as the function does: a page with charts, JSON, CSV files and the "
                + "mail. Reads only. Exits 0 where everything could be read, 5 where not; the report says what."
        )
        {
            week,
            folder,
            open,
            policy,
            ledger.Table,
            ledger.Bucket,
            demo,
        };
        command.Validators.Add(result =>
        {
            ledger.RequireBoth(result);
            if (!result.GetValue(demo))
                return;
            if (result.GetResult(ledger.Table) is not null || result.GetResult(policy) is not null)
                result.AddError("'--demo' has a ledger and a policy of its own: leave '--table' and '--policy' out.");
            if (result.GetResult(week) is not null)
                result.AddError("'--week' goes with an account: the demo ends with the last whole week.");
        });
        command.SetAction(
            (parsed, cancellation) =>
                CommandRunner.RunAsync(
                    async () =>
                    {
                        var summary = parsed.GetValue(demo)
                            ? await TwelveWeeks.RunAsync((guard, week) => guard.ReportAsync(week))
                            : await ReadAsync(
                                aws => ledger.FindAsync(aws, parsed, cancellation),
                                InputFile.LoadPolicy(parsed.GetValue(policy)),
                                parsed.GetValue(week),
                                cancellation
                            );
                        var target = parsed.GetRequiredValue(folder);
                        await WriteAsync(summary, target, Console.Out, cancellation);
                        if (parsed.GetValue(open))
                            Open(Path.Combine(target.FullName, SummaryForms.Page));
                        return summary.Unread.Count == 0 ? ExitCodes.Done : ExitCodes.Undetermined;
                    },
                    "Nothing was written to AWS.",
                    Console.Error,
                    cancellation
                )
        );
        return command;
    }

    private static async Task<WeeklySummary> ReadAsync(
        Func<AwsClients, Task<Settings>> ledger,
        PolicyDocument policy,
        IsoWeek? week,
        CancellationToken cancellation
    )
    {
        using var aws = AwsClients.FromEnvironment();
        var settings = await ledger(aws);
        var time = TimeProvider.System;
        var table = new LedgerTable(aws.Dynamo, settings, time);
        var sources = new SummarySources(
            new EcrReader(aws.Ecr, settings, time),
            new RepositoryRecords(table),
            new ForcedApprovalRecords(table),
            new WeekRollUps(new RegistryDocuments(table)),
            new UseStore(aws.S3, settings),
            Log.Silent
        );
        var reader = new SummaryReader(sources, new ImageRecords(table), policy, settings, Log.Silent);
        var now = time.GetUtcNow();
        return await reader.ReadAsync(week ?? IsoWeek.LastEnded(now), now, isOut: false, cancellation);
    }

    /// <summary>Writes all forms of the report into the folder, and prints the mail.</summary>
    private static async Task WriteAsync(
        WeeklySummary summary,
        DirectoryInfo folder,
        TextWriter output,
        CancellationToken cancellation
    )
    {
        SharedOptions.Make(folder);
        foreach (var file in SummaryForms.Of(summary))
        {
            await using var stream = File.Create(Path.Combine(folder.FullName, file.Name));
            file.Write(stream);
        }
        var text = summary.ToText(AlertMessage.MaxEnvelope, Path.Combine(folder.FullName, SummaryForms.Page));
        await File.WriteAllTextAsync(
            Path.Combine(folder.FullName, "mail.txt"),
            $"Subject: {summary.Subject}\n\n{text}",
            cancellation
        );
        output.Write(text);
    }

    private static void Open(string page)
    {
        using var opened = Process.Start(new ProcessStartInfo(page) { UseShellExecute = true });
    }
}
