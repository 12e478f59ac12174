using System.CommandLine;
using System.Text.Json;
using EcrGuard.Cli.Plans;
using EcrGuard.Core.Images;
using EcrGuard.Core.Plans;
using EcrGuard.Core.Use;
using EcrGuard.Lambda.Flow.Plans;

namespace EcrGuard.Cli.Commands;

/// <summary>
/// <c>ecrguard apply</c>: hands a plan to the deployed function, again and again until the plan is finished.
/// </summary>
internal static class ApplyCommand
{
    public static Command Create()
    {
        var plan = new Argument<FileInfo>("PLAN") { Description = "The plan, as 'ecrguard plan --out' wrote it." };
        var function = SharedOptions.Function("ApplyPlanFunction");
        var yes = new Option<bool>("--yes") { Description = "Applies without asking for confirmation." };
        var command = new Command(
            "apply",
            "Applies a plan. What changed since the plan was made is skipped and listed. Exits 1 if something was "
                + "skipped."
        )
        {
            plan,
            function,
            yes,
        };
        command.SetAction(
            (parsed, cancellation) =>
                RunAsync(
                    parsed.GetRequiredValue(plan),
                    parsed.GetValue(function),
                    parsed.GetValue(yes),
                    Console.In,
                    Console.Out,
                    Console.Error,
                    cancellation
                )
        );
        return command;
    }

    /// <param name="function">The deployed function; null: that of the stack here.</param>
    /// <param name="yes">Whether to go on without asking.</param>
    /// <returns>
    /// 0 if everything was done, 1 if something was superseded or refused, 64 if the plan cannot be used.
    /// </returns>
    public static Task<int> RunAsync(
        FileInfo file,
        string? function,
        bool yes,
        TextReader input,
        TextWriter output,
        TextWriter errors,
        CancellationToken cancellation
    ) =>
        CommandRunner.RunAsync(
            async () =>
            {
                if (InputFile.IsStandardInput(file) && !yes)
                    throw new UnusableFileException(
                        "PLAN is '-', so that standard input cannot be asked whether it is wanted; give --yes too."
                    );
                var reading = PlanReader.Read(InputFile.Read(file));
                foreach (var problem in reading.Problems)
                    errors.WriteLine(problem.ToString(file.ToString()));
                if (reading.Plan is not { } plan)
                    return ExitCodes.Usage;
                var orders = await FunctionInvoker.FindAsync(
                    function,
                    "ApplyPlanFunction",
                    stack => stack.ApplyPlan,
                    cancellation
                );

                PlanTable.Write(plan, output);
                if (!yes && !await IsWantedAsync(plan, input, output, cancellation))
                {
                    output.WriteLine("Nothing was done.");
                    return ExitCodes.Wrong;
                }
                var answer = await GiveAsync(plan, orders, errors, cancellation);
                return Tell(answer, output);
            },
            "What was begun goes on to its end; apply the plan again to see what was done.",
            errors,
            cancellation
        );

    /// <summary>Gives the order again as long as there is more to do.</summary>
    private static async Task<ApplyAnswer> GiveAsync(
        Plan plan,
        FunctionInvoker orders,
        TextWriter errors,
        CancellationToken cancellation
    )
    {
        using var order = JsonDocument.Parse(PlanWriter.Write(plan, indented: false));
        var progress = new Progress(errors, !Console.IsErrorRedirected, Throttles.Counted());
        var all = plan.Repositories.Count(repository => repository.Items.Count > 0);
        progress.Say(
            $"applying the plan to {Phrase.Count(all, "repository", "repositories")}; an answer takes "
                + $"up to {FunctionInvoker.LongestRun.TotalMinutes} minutes …"
        );
        ApplyAnswer answer;
        do
        {
            cancellation.ThrowIfCancellationRequested();
            answer = await orders.GiveAsync(
                order.RootElement,
                OrderJson.Short.JsonElement,
                OrderJson.Short.ApplyAnswer,
                cancellation
            );
            progress.Say(Reached(answer, all));
        } while (answer.More);
        progress.End();
        return answer;
    }

    private static async Task<bool> IsWantedAsync(
        Plan plan,
        TextReader input,
        TextWriter output,
        CancellationToken cancellation
    )
    {
        if (Console.IsInputRedirected)
            throw new UnusableFileException("Nobody is there to be asked; say --yes to apply the plan all the same.");
        if (plan.Unread.Count > 0)
            output.WriteLine(
                "Not everything that runs could be read (see 'Not read'). What nothing is seen to use counts as in "
                    + $"use where it was pulled in the last {InUse.DaysWhenUnread} days."
            );
        output.Write("Apply this plan? Only 'yes' does. ");
        return await input.ReadLineAsync(cancellation) == "yes";
    }

    /// <summary>
    /// How far the plan has come. An answer covers the whole plan so far. The repository that was being worked on when
    /// the time was up is counted.
    /// </summary>
    private static string Reached(ApplyAnswer answer, int all)
    {
        var reached = answer
            .Done.Concat(answer.Superseded)
            .Concat(answer.Refused)
            .Select(applied => applied.Repository)
            .OfType<string>()
            .Distinct()
            .Count();
        return $"{reached} of {all} repositories, {answer.Done.Count} done, {answer.Superseded.Count} superseded, "
            + $"{answer.Refused.Count} refused{(answer.More ? " so far, continuing …" : "")}";
    }

    private static int Tell(ApplyAnswer answer, TextWriter output)
    {
        Tell("done", answer.Done);
        Tell("superseded", answer.Superseded);
        Tell("refused", answer.Refused);
        output.WriteLine(
            $"{answer.Done.Count} done, {answer.Superseded.Count} superseded, {answer.Refused.Count} refused."
        );
        return answer.Superseded.Count + answer.Refused.Count == 0 ? ExitCodes.Done : ExitCodes.Wrong;

        void Tell(string what, IReadOnlyList<Applied> applied)
        {
            foreach (var one in applied)
            {
                var digest = one.Digest is { } whole ? Digest.Parse(whole).Abbreviated : null;
                var named = string.Join("  ", new[] { one.Repository, one.Item, digest }.OfType<string>());
                output.WriteLine($"{what, -10}  {named}  {one.Why}");
            }
        }
    }
}
