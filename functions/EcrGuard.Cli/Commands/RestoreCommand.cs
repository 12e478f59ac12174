using EcrGuard.Cli.Plans;
using EcrGuard.Lambda.Functions;

namespace EcrGuard.Cli.Commands;

/// <summary><c>ecrguard restore</c>: has a repository put back as it was before EcrGuard.</summary>
internal static class RestoreCommand
{
    /// <param name="anyway">Whether also a lifecycle policy is put back that takes images in use.</param>
    /// <param name="function">The deployed function; null only against a local AWS.</param>
    /// <param name="policyFile">The policy of the function in this process; null: the built-in one.</param>
    /// <returns>0 where all was put back, 1 where something was left.</returns>
    public static Task<int> RunAsync(
        string repository,
        string reason,
        bool anyway,
        string? function,
        FileInfo? policyFile,
        TextWriter output,
        TextWriter errors,
        CancellationToken cancellation
    ) =>
        CommandRunner.RunAsync(
            async () =>
            {
                var answer = await FunctionInvoker
                    .To(function, "RestoreRepositoryFunction")
                    .GiveAsync<RestoreRepository, RestoreRequest, RestoreAnswer>(
                        new RestoreRequest(repository, reason, anyway),
                        OrderJson.Short.RestoreRequest,
                        OrderJson.Short.RestoreAnswer,
                        (restore, order, context) => restore.RestoreRepositoryAsync(order, context),
                        policyFile,
                        cancellation
                    );
                foreach (var sentence in answer.Done)
                    output.WriteLine(sentence);
                foreach (var sentence in answer.Left)
                    errors.WriteLine(sentence);
                return answer.Left.Count == 0 ? ExitCodes.Done : ExitCodes.Wrong;
            },
            "What was begun goes on to its end; restore the repository again to see what was done.",
            errors,
            cancellation
        );
}
