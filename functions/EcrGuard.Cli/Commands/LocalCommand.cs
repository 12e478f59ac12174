using System.CommandLine;
using System.Globalization;
using EcrGuard.Cli.Demo;
using EcrGuard.LocalAws;

namespace EcrGuard.Cli.Commands;

/// <summary><c>ecrguard local</c>.</summary>
internal static class LocalCommand
{
    public static Command Create()
    {
        var port = new Option<int>("--port")
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
        var empty = new Option<bool>("--empty") { Description = "Without the demo's repositories and images." };
        var command = new Command(
            "local",
            "Keeps the local AWS running until Ctrl-C: ECR, Inspector, SNS, DynamoDB and S3."
        )
        {
            port,
            empty,
        };
        command.SetAction(
            (parsed, cancellation) => RunAsync(parsed.GetValue(port), parsed.GetValue(empty), Console.Out, cancellation)
        );
        return command;
    }

    public static async Task<int> RunAsync(int port, bool empty, TextWriter output, CancellationToken cancellation)
    {
        await using var aws = await LocalAwsServer.StartAsync(new LocalAwsOptions { Port = port });
        aws.DynamoDb.CreateEcrGuardTable(LocalDeployment.Table);
        aws.S3.CreateBucket(LocalDeployment.Bucket);
        aws.Sns.CreateTopic(LocalDeployment.Alerts);
        if (!empty)
            Estate.Seed(aws);
        output.WriteLine(
            $"A local AWS listens on {aws.Endpoint} for the account {aws.AccountId} in {aws.Region}. In "
                + "another terminal:"
        );
        output.WriteLine();
        output.WriteLine(
            $"  export AWS_ENDPOINT_URL={aws.Endpoint} AWS_REGION={aws.Region} "
                + $"AWS_DEFAULT_REGION={aws.Region} AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local"
        );
        output.WriteLine("  aws ecr describe-repositories");
        output.WriteLine();
        output.WriteLine("Ctrl-C ends it.");
        try
        {
            await Task.Delay(Timeout.Infinite, cancellation);
        }
        catch (OperationCanceledException)
        {
            // Ctrl-C: the only way to end it.
        }
        return ExitCodes.Done;
    }
}
