using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Amazon.Lambda;
using Amazon.Lambda.Model;
using Amazon.Runtime;
using EcrGuard.Aws;
using EcrGuard.Core.Images;
using EcrGuard.Core.Plans;
using EcrGuard.Core.Policy;
using EcrGuard.Lambda;
using Microsoft.Extensions.DependencyInjection;
using Text = EcrGuard.Core.Images.Text;

namespace EcrGuard.Cli.Plans;

/// <summary><c>ecrguard apply</c>: hands a plan to the deployed function, again and again until it has come to its end. Against a local AWS the same function runs in this process.</summary>
internal static class ApplyCommand
{
    /// <summary>The function's own time-out and a little more.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(15.5);

    /// <param name="function">The deployed function; null only against a local AWS.</param>
    /// <param name="policyFile">The policy of the function in this process; null: the built-in one.</param>
    /// <param name="yes">Whether nobody need be asked.</param>
    /// <returns>0 where all was done, 1 where something was superseded or refused, 64 for a plan that cannot be used.</returns>
    public static async Task<int> RunAsync(FileInfo file, string? function, FileInfo? policyFile, bool yes, TextReader input, TextWriter output, TextWriter errors, CancellationToken cancellation)
    {
        try
        {
            var reading = PlanReader.Read(UnusableFileException.ReadAll(file));
            foreach (var problem in reading.Problems)
                errors.WriteLine(problem.ToString(file.ToString()));
            if (reading.Plan is not { } plan)
                return ExitCodes.Usage;
            var local = Environment.GetEnvironmentVariable("AWS_ENDPOINT_URL") is not null;
            if (function is null && !local)
                throw new UnusableFileException("--function is missing; it must be the name of the deployed function, the stack's output ApplyPlanFunction.");

            PlanTable.Write(plan, output);
            if (!yes)
            {
                if (Console.IsInputRedirected)
                    throw new UnusableFileException("Nobody is there to be asked; say --yes to apply the plan all the same.");
                output.Write("Apply this plan? Only 'yes' does. ");
                if (await input.ReadLineAsync(cancellation) != "yes")
                {
                    output.WriteLine("Nothing was done.");
                    return ExitCodes.Wrong;
                }
            }
            var payload = Encoding.UTF8.GetString(PlanWriter.Write(plan, indented: false));
            var answer = function is null
                ? await LocallyAsync(plan, payload, PlanCommand.LoadPolicy(policyFile), cancellation)
                : await DeployedAsync(function, payload, cancellation);
            return Tell(answer, output);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            errors.WriteLine("Interrupted. What was begun goes on to its end; apply the plan again to see what was done.");
            return ExitCodes.Interrupted;
        }
        catch (Exception unusable) when (unusable is PolicyException or UnusableFileException or AmazonClientException or AmazonServiceException or FunctionFailedException)
        {
            errors.WriteLine(unusable.Message);
            return unusable is PolicyException or UnusableFileException ? ExitCodes.Usage : ExitCodes.Undetermined;
        }
    }

    private static async Task<ApplyAnswer> DeployedAsync(string function, string payload, CancellationToken cancellation)
    {
        // Not repeated by itself: a call that was given up may still run.
        using var lambda = new AmazonLambdaClient(new AmazonLambdaConfig { Timeout = Patience, MaxErrorRetry = 0 });
        return await UntilDoneAsync(async () =>
        {
            var response = await lambda.InvokeAsync(new InvokeRequest { FunctionName = function, Payload = payload }, cancellation);
            var body = Encoding.UTF8.GetString(response.Payload.ToArray());
            return response.FunctionError is null
                ? JsonSerializer.Deserialize(body, ApplyJson.Default.ApplyAnswer)!
                : throw new FunctionFailedException($"The function {function} failed: {Text.Clip(body, 500)}");
        }, cancellation);
    }

    private static async Task<ApplyAnswer> LocallyAsync(Plan plan, string payload, PolicyDocument policy, CancellationToken cancellation)
    {
        using var aws = AwsClients.FromEnvironment();
        // As 'ecrguard local' has made them.
        var settings = new Settings { Account = plan.Account, Region = plan.Region, Table = LocalDeployment.Table, Bucket = LocalDeployment.Bucket, Enforcement = EnforcementMode.Mark };
        var collection = new ServiceCollection();
        Startup.Compose(collection, settings, aws, policy, TimeProvider.System, Log.Silent);
        await using var services = collection.AddSingleton<ApplyPlan>().BuildServiceProvider();
        using var json = JsonDocument.Parse(payload);
        return await UntilDoneAsync(() => services.GetRequiredService<ApplyPlan>().ApplyPlanAsync(json.RootElement, new LocalContext(nameof(ApplyPlan), TimeSpan.FromMinutes(15))), cancellation);
    }

    private static async Task<ApplyAnswer> UntilDoneAsync(Func<Task<ApplyAnswer>> call, CancellationToken cancellation)
    {
        ApplyAnswer answer;
        do
        {
            cancellation.ThrowIfCancellationRequested();
            answer = await call();
        }
        while (answer.More);
        return answer;
    }

    private static int Tell(ApplyAnswer answer, TextWriter output)
    {
        Tell("done", answer.Done);
        Tell("superseded", answer.Superseded);
        Tell("refused", answer.Refused);
        output.WriteLine($"{answer.Done.Count} done, {answer.Superseded.Count} superseded, {answer.Refused.Count} refused.");
        return answer.Superseded.Count + answer.Refused.Count == 0 ? ExitCodes.Done : ExitCodes.Wrong;

        void Tell(string what, IReadOnlyList<Applied> applied)
        {
            foreach (var one in applied)
                output.WriteLine($"{what,-10}  {string.Join("  ", new[] { one.Repository, one.Item, one.Digest is { } digest ? Digest.Parse(digest).Abbreviated : null }.OfType<string>())}  {one.Why}");
        }
    }
}

/// <summary>The deployed function ended with an error of its own.</summary>
internal sealed class FunctionFailedException(string message) : Exception(message);

/// <summary>The answer as the function gives it.</summary>
[JsonSourceGenerationOptions(PropertyNameCaseInsensitive = true)]
[JsonSerializable(typeof(ApplyAnswer))]
internal sealed partial class ApplyJson : JsonSerializerContext;
