using System.CommandLine;
using EcrGuard.Cli.Plans;
using EcrGuard.Core.Images;
using EcrGuard.Lambda.Functions;
using OrderJson = EcrGuard.Cli.Plans.OrderJson;

namespace EcrGuard.Cli.Commands;

/// <summary><c>ecrguard release</c>: puts a blocked image back into reach.</summary>
internal static class ReleaseCommand
{
    public static Command Create()
    {
        var image = SharedOptions.Image();
        var reason = SharedOptions.Reason("Why: it is told, and stands in the ledger.");
        var function = SharedOptions.Function("ReleaseImageFunction");
        var command = new Command(
            "release",
            "Restores an archived blocked image, and keeps it restored while it stays blocked. Gates still say no. "
                + "Exits 1 if refused."
        )
        {
            image,
            reason,
            function,
        };
        command.SetAction(
            (parsed, cancellation) =>
                RunAsync(
                    parsed.GetRequiredValue(image),
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
    /// <returns>0 if the image is released, 1 if that was refused.</returns>
    public static Task<int> RunAsync(
        ImageReference image,
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
                    "ReleaseImageFunction",
                    stack => stack.ReleaseImage,
                    cancellation
                );
                var answer = await orders.GiveAsync(
                    new ReleaseRequest(image.ToString(), reason),
                    OrderJson.Short.ReleaseRequest,
                    OrderJson.Short.ReleaseAnswer,
                    cancellation
                );
                if (!answer.Released)
                {
                    errors.WriteLine($"{answer.Image} is not released: {answer.Left}");
                    return ExitCodes.Wrong;
                }
                output.WriteLine(
                    $"{answer.Image} is released for as long as this block stands; gates go on saying no."
                );
                if (answer.Left is { } left)
                    output.WriteLine(left);
                return ExitCodes.Done;
            },
            "What was begun goes on to its end; release the image again to see what was done.",
            errors,
            cancellation
        );
}
