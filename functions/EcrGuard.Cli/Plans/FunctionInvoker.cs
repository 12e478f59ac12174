using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Amazon.Lambda;
using Amazon.Lambda.Core;
using Amazon.Lambda.Model;
using EcrGuard.Aws;
using EcrGuard.Core.Policy;
using EcrGuard.Lambda;
using EcrGuard.Lambda.Flow.Baselines;
using EcrGuard.Lambda.Flow.Plans;
using EcrGuard.Lambda.Functions;
using EcrGuard.Lambda.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Phrase = EcrGuard.Core.Images.Phrase;

namespace EcrGuard.Cli.Plans;

/// <summary>
/// Gives orders to EcrGuard's functions, since nothing else writes: to a deployed one by Lambda's Invoke; against a
/// local AWS to the same handler in this process.
/// </summary>
/// <param name="function">The name or ARN of the deployed function; null: in this process.</param>
internal sealed class FunctionInvoker(string? function)
{
    /// <summary>Lambda's longest run.</summary>
    public static readonly TimeSpan LongestRun = TimeSpan.FromMinutes(15);

    /// <param name="function">As the user named it; needed except against a local AWS.</param>
    /// <param name="output">The stack's output that names it.</param>
    /// <exception cref="UnusableFileException">It is needed and missing.</exception>
    public static FunctionInvoker To(string? function, string output) =>
        function?.Trim().Length == 0
        || (function is null && Environment.GetEnvironmentVariable("AWS_ENDPOINT_URL") is null)
            ? throw new UnusableFileException(
                $"--function is {(function is null ? "missing" : "blank")}; it must be the name of the "
                    + $"deployed function, the stack's output {output} ('aws cloudformation describe-stacks' shows it)."
            )
            : new FunctionInvoker(function);

    /// <summary>Gives an order once and waits for the answer.</summary>
    /// <param name="policyFile">The policy of a function in this process; null: the built-in one.</param>
    /// <exception cref="FunctionFailedException">The function ended with an error.</exception>
    public async Task<TAnswer> GiveAsync<TFunction, TOrder, TAnswer>(
        TOrder order,
        JsonTypeInfo<TOrder> orderType,
        JsonTypeInfo<TAnswer> answerType,
        Func<TFunction, TOrder, ILambdaContext, Task<TAnswer>> handler,
        FileInfo? policyFile,
        CancellationToken cancellation
    )
        where TFunction : class
    {
        if (function is null)
            return await RunHereAsync<TFunction, TAnswer>(
                (called, _, context) => handler(called, order, context),
                policyFile,
                cancellation
            );

        // A little more than the longest run; and not repeated by itself, since a call that was given up may still run.
        using var lambda = new AmazonLambdaClient(
            new AmazonLambdaConfig { Timeout = LongestRun + TimeSpan.FromSeconds(30), MaxErrorRetry = 0 }
        );
        var response = await lambda.InvokeAsync(
            new InvokeRequest { FunctionName = function, Payload = JsonSerializer.Serialize(order, orderType) },
            cancellation
        );
        var body = Encoding.UTF8.GetString(response.Payload.ToArray());
        return response.FunctionError is null
            ? JsonSerializer.Deserialize(body, answerType)!
            : throw new FunctionFailedException($"The function {function} failed: {Phrase.Clip(body, 500)}");
    }

    /// <summary>Runs a function in this process, on the local AWS of the environment.</summary>
    /// <inheritdoc cref="GiveAsync" path="/param[@name='policyFile']"/>
    public static async Task<TAnswer> RunHereAsync<TFunction, TAnswer>(
        Func<TFunction, AwsClients, ILambdaContext, Task<TAnswer>> call,
        FileInfo? policyFile,
        CancellationToken cancellation
    )
        where TFunction : class
    {
        var policy = InputFile.LoadPolicy(policyFile);
        using var aws = AwsClients.FromEnvironment();
        var collection = new ServiceCollection();
        Startup.Compose(
            collection,
            await LocalSettingsAsync(aws, cancellation),
            aws,
            policy,
            TimeProvider.System,
            Log.Silent
        );
        await using var services = collection.AddSingleton<TFunction>().BuildServiceProvider();
        return await call(
            services.GetRequiredService<TFunction>(),
            aws,
            new LocalContext(typeof(TFunction).Name, LongestRun)
        );
    }

    /// <summary>As 'ecrguard local' has made things; the policy alone says how far a function goes there.</summary>
    private static async Task<Settings> LocalSettingsAsync(AwsClients aws, CancellationToken cancellation)
    {
        var (account, region) = await Caller.HomeAsync(aws, cancellation);
        return new Settings
        {
            Account = account,
            Region = region,
            Table = LocalDeployment.Table,
            Bucket = LocalDeployment.Bucket,
            AlertTopic = $"arn:aws:sns:{region}:{account}:{LocalDeployment.Alerts}",
            ScanQueue = $"https://sqs.{region}.amazonaws.com/{account}/{LocalDeployment.ScanChanged}",
            Enforcement = EnforcementMode.Quarantine,
            BreakGlassRoleId = LocalDeployment.BreakGlassRoleId,
        };
    }
}

/// <summary>The deployed function ended with an error of its own.</summary>
internal sealed class FunctionFailedException(string message) : Exception(message);

/// <summary>Orders and answers as the functions take and give them.</summary>
[JsonSerializable(typeof(ApplyAnswer))]
[JsonSerializable(typeof(JsonElement))]
[JsonSerializable(typeof(RestoreRequest))]
[JsonSerializable(typeof(RestoreAnswer))]
[JsonSerializable(typeof(ReleaseRequest))]
[JsonSerializable(typeof(ReleaseAnswer))]
internal sealed partial class OrderJson : JsonSerializerContext
{
    /// <summary>
    /// A policy in a plan is full of quotes, and Lambda takes 6 MB: they are escaped in two characters and not in six.
    /// </summary>
    public static OrderJson Short { get; } =
        new(
            new JsonSerializerOptions
            {
                PropertyNameCaseInsensitive = true,
                Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            }
        );
}
