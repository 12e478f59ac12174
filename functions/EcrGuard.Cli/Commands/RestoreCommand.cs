using System.CommandLine;
using EcrGuard.Cli.Plans;
using EcrGuard.Core.Images;
using EcrGuard.Lambda.Functions;

namespace EcrGuard.Cli.Commands;

/// <summary><c>ecrguard restore</c>: puts a repository back as it was before EcrGuard.</summary>
internal static class RestoreCommand
{
    public static Command Create()
    {
        var repository = new Argument<string>("REPOSITORY")
        {
            Description = "The repository's name, without registry, tag or digest.",
        };
        repository.Validators.Add(result =>
        {
            // The host of a registry looks like the first folder of a name.
            if (
                result.GetValueOrDefault<string>() is var name
                && (!RepositoryId.IsName(name) || name.Split('/')[0].Contains(".dkr", StringComparison.Ordinal))
            )
                result.AddError(
                    $"REPOSITORY is '{Phrase.Clip(name, 256)}'; it must be the name of a repository, without registry, "
                        + "tag or digest."
                );
        });
        var reason = SharedOptions.Reason("Why: it stands in the ledger, and in what is told of the repository.");
        var function = SharedOptions.Function("RestoreRepositoryFunction");
        var command = new Command(
            "restore",
            "Puts the repository's settings back as they were before EcrGuard. Exits 1 if something stays as it is."
        )
        {
            repository,
            reason,
            function,
        };
        command.SetAction(
            (parsed, cancellation) =>
                RunAsync(
                    parsed.GetRequiredValue(repository),
                    parsed.GetRequiredValue(reason),
                    parsed.GetValue(function),
                    Console.Out,
                    Console.Error,
                    cancellation
                )
        );
        return command;
    }

    /// <param name="function">The deployed function; null: that of the stack here.</param>
    /// <returns>0 if everything was put back, 1 if something was not.</returns>
    public static Task<int> RunAsync(
        string repository,
        string reason,
        string? function,
        TextWriter output,
        TextWriter errors,
        CancellationToken cancellation
    ) =>
        CommandRunner.RunAsync(
            async () =>
            {
                var orders = await FunctionInvoker.FindAsync(
                    function,
                    "RestoreRepositoryFunction",
                    stack => stack.RestoreRepository,
                    cancellation
                );
                var answer = await orders.GiveAsync(
                    new RestoreRequest(repository, reason),
                    OrderJson.Short.RestoreRequest,
                    OrderJson.Short.RestoreAnswer,
                    cancellation
                );
                foreach (var sentence in answer.Done)
                    output.WriteLine(sentence);
                foreach (var sentence in answer.Left)
                    errors.WriteLine(sentence);
                if (answer.Done.Count > 0)
                    output.WriteLine(
                        "EcrGuard's own tags stay until the next sweep takes them off. It leaves the repository alone "
                            + "until its baseline in the policy changes."
                    );
                return answer.Left.Count == 0 ? ExitCodes.Done : ExitCodes.Wrong;
            },
            "What was begun goes on to its end; restore the repository again to see what was done.",
            errors,
            cancellation
        );
}
