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
/// Gives orders to EcrGuard's functions, because nothing else writes. A deployed function is called through Lambda's
/// Invoke. With a local AWS, the same handler runs in this process.
/// </summary>
/// <param name="function">The name or ARN of the deployed function; null: run in this process.</param>
internal sealed class FunctionInvoker(string? function)
{
    /// <summary>The longest run that Lambda allows.</summary>
    public static readonly TimeSpan LongestRun = TimeSpan.FromMinutes(15);

    /// <param name="function">The function as the user named it. It is needed, except with a local AWS.</param>
    /// <param name="output">The output of the stack that names the function.</param>
    /// <exception cref="UnusableFileException">The function is needed and not given.</exception>
    public static FunctionInvoker To(string? function, string output) =>
        function?.Trim().Length == 0
        || (function is null && Environment.GetEnvironmentVariable("AWS_ENDPOINT_URL") is null)
            ? throw new UnusableFileException(
                $"--function is {(function is null ? "missing" : "blank")}; it must be the name of the "
                    + $"deployed function, the stack's output {output} ('aws cloudformation describe-stacks' shows it)."
            )
            : new FunctionInvoker(function);

    /// <summary>Gives an order once and waits for the answer.</summary>
    /// <param name="policyFile">The policy for a function in this process; null: the built-in policy.</param>
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

        // A little more than the longest run. There is no automatic retry: a call that was given up may still run.
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

    /// <summary>Runs a function in this process, with the local AWS of the environment.</summary>
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

    /// <summary>
    /// The settings as 'ecrguard local' creates them. Only the policy says how far a function may go there.
    /// </summary>
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

/// <summary>Orders and answers in the form that the functions take and give.</summary>
[JsonSerializable(typeof(ApplyAnswer))]
[JsonSerializable(typeof(JsonElement))]
[JsonSerializable(typeof(RestoreRequest))]
[JsonSerializable(typeof(RestoreAnswer))]
[JsonSerializable(typeof(ReleaseRequest))]
[JsonSerializable(typeof(ReleaseAnswer))]
internal sealed partial class OrderJson : JsonSerializerContext
{
    /// <summary>
    /// Escapes a quote as two characters, not as six: a policy in a plan is full of quotes, and Lambda takes at most 6
    /// MB.
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
