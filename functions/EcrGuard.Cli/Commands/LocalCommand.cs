using System.CommandLine;
using System.Globalization;
using EcrGuard.Cli.Demo;
using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;
using EcrGuard.LocalAws;

namespace EcrGuard.Cli.Commands;

/// <summary><c>ecrguard local</c>.</summary>
internal static class LocalCommand
{
    private static readonly TimeSpan BetweenDeliveries = TimeSpan.FromMilliseconds(500);

    public static Command Create()
    {
        var port = Port();
        var empty = new Option<bool>("--empty") { Description = "Without the demo's repositories and images." };
        var policy = SharedOptions.Policy("The policy document that is deployed. Default: the built-in one.");
        var command = new Command(
            "local",
            "Keeps a local AWS running until Ctrl-C, with EcrGuard deployed into it: its functions follow events, and "
                + "answer ecrguard ask, Lambda's Invoke and the HTTP API."
        )
        {
            port,
            empty,
            policy,
        };
        command.SetAction(
            (parsed, cancellation) =>
                CommandRunner.RunAsync(
                    () =>
                        RunAsync(
                            parsed.GetValue(port),
                            parsed.GetValue(empty),
                            InputFile.LoadPolicy(parsed.GetValue(policy)),
                            Console.Out,
                            Console.Error,
                            cancellation
                        ),
                    "The local AWS has ended.",
                    Console.Error,
                    cancellation
                )
        );
        return command;
    }

    private static Option<int> Port() =>
        new Option<int>("--port")
        {
            Description = "The port on 127.0.0.1; 0 takes a free one.",
            DefaultValueFactory = _ => 0,
            CustomParser = result =>
            {
                if (
                    int.TryParse(
                        result.Tokens[0].Value,
                        NumberStyles.None,
                        CultureInfo.InvariantCulture,
                        out var number
                    )
                    && number <= 65535
                )
                    return number;
                result.AddError($"--port is '{result.Tokens[0].Value}'; it must be a number from 0 to 65535.");
                return 0;
            },
        };

    private static async Task<int> RunAsync(
        int port,
        bool empty,
        PolicyDocument policy,
        TextWriter output,
        TextWriter errors,
        CancellationToken cancellation
    )
    {
        // The same as in the demo: the template keeps EcrGuard's own reads from counting as pulls.
        await using var aws = await LocalAwsServer.StartAsync(
            new LocalAwsOptions { Port = port, BatchGetImageRecordsPull = false }
        );
        if (!empty)
            Estate.Seed(aws);
        using var guard = new LocalDeployment(aws, policy, EnforcementMode.Quarantine, TimeProvider.System);
        await guard.BackfillAsync();
        Say(aws, guard.Serve(), output);
        try
        {
            while (true)
            {
                foreach (var failure in await guard.DeliverAsync())
                    errors.WriteLine($"An event could not be handled: {Phrase.Clip(failure, 500)}");
                await Task.Delay(BetweenDeliveries, cancellation);
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // Ctrl-C is the only way to end it.
        }
        return ExitCodes.Done;
    }

    private static void Say(LocalAwsServer aws, string sweep, TextWriter output)
    {
        (string Name, string Value)[] environment =
        [
            ("AWS_ENDPOINT_URL", aws.Endpoint.ToString().TrimEnd('/')),
            ("AWS_REGION", aws.Region),
            ("AWS_DEFAULT_REGION", aws.Region),
            ("AWS_ACCESS_KEY_ID", "local"),
            ("AWS_SECRET_ACCESS_KEY", "local"),
            // As the pages write the stack's outputs.
            ("TABLE", LocalDeployment.Table),
            ("BUCKET", LocalDeployment.Bucket),
            ("SWEEP", sweep),
            ("APPROVAL_URL", $"{aws.Endpoint.ToString().TrimEnd('/')}/approval"),
        ];
        output.WriteLine(
            $"A local AWS listens on {aws.Endpoint} for the account {aws.AccountId} in {aws.Region}, with EcrGuard "
                + "deployed. In another terminal, with bash:"
        );
        output.WriteLine();
        output.WriteLine($"  export {string.Join(' ', environment.Select(set => $"{set.Name}={set.Value}"))}");
        output.WriteLine();
        output.WriteLine("or with PowerShell:");
        output.WriteLine();
        output.WriteLine($"  {string.Join("; ", environment.Select(set => $"$env:{set.Name}='{set.Value}'"))}");
        output.WriteLine();
        output.WriteLine("Then, for example:");
        output.WriteLine();
        output.WriteLine("  aws ecr describe-repositories");
        output.WriteLine("  ecrguard ask payments/ledger:2.0");
        output.WriteLine(
            "  echo '{\"image\":\"payments/ledger:2.0\"}' > question.json; "
                + "aws lambda invoke --function-name Approval --payload fileb://question.json answer.json"
        );
        output.WriteLine(
            "  curl --aws-sigv4 \"aws:amz:$AWS_REGION:execute-api\" --user local:local "
                + "\"$APPROVAL_URL?image=payments/ledger:2.0\""
        );
        output.WriteLine("  aws stepfunctions start-execution --state-machine-arn $SWEEP");
        output.WriteLine();
        output.WriteLine("Ctrl-C ends it.");
        output.Flush();
    }
}
