using EcrGuard.Cli.Demo;
using EcrGuard.LocalAws;

namespace EcrGuard.Cli.Commands;

/// <summary><c>ecrguard local</c>.</summary>
internal static class LocalCommand
{
    public static async Task<int> RunAsync(int port, bool seeded, TextWriter output, CancellationToken cancellation)
    {
        await using var aws = await LocalAwsServer.StartAsync(new LocalAwsOptions { Port = port });
        aws.DynamoDb.CreateEcrGuardTable(LocalDeployment.Table);
        aws.S3.CreateBucket(LocalDeployment.Bucket);
        aws.Sns.CreateTopic(LocalDeployment.Alerts);
        if (seeded)
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
