using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Amazon.Lambda;
using Amazon.Lambda.Model;
using EcrGuard.Lambda.Flow.Baselines;
using EcrGuard.Lambda.Flow.Plans;
using EcrGuard.Lambda.Functions;
using Phrase = EcrGuard.Core.Images.Phrase;

namespace EcrGuard.Cli.Plans;

/// <summary>
/// Gives orders to EcrGuard's deployed functions through Lambda's Invoke, because nothing else writes. So the same
/// permissions, ceilings and ledger apply to every write.
/// </summary>
/// <param name="function">The name or ARN of the deployed function.</param>
internal sealed class FunctionInvoker(string function)
{
    /// <summary>The longest run that Lambda allows.</summary>
    public static readonly TimeSpan LongestRun = TimeSpan.FromMinutes(15);

    /// <param name="function">The function as the user named it; null: that of the stack in this account and region.
    ///     </param>
    /// <param name="output">The output of the stack that names the function.</param>
    /// <param name="ofStack">The function in what the stack says about itself.</param>
    /// <exception cref="UnusableFileException">The name is blank.</exception>
    /// <exception cref="FunctionFailedException">No function is named, and there is no stack.</exception>
    public static async Task<FunctionInvoker> FindAsync(
        string? function,
        string output,
        Func<DeployedStack, string> ofStack,
        CancellationToken cancellation
    ) =>
        function is null
            ? new(
                ofStack(
                    await DeployedStack.FindAsync(
                        null,
                        $"the function with --function (the stack's output {output})",
                        cancellation
                    )
                )
            )
        : function.Trim().Length > 0 ? new(function)
        : throw new UnusableFileException(
            $"--function is blank; it must be the name of the deployed function, the stack's output {output}."
        );

    /// <summary>Gives an order once and waits for the answer.</summary>
    /// <exception cref="FunctionFailedException">The function ended with an error.</exception>
    public async Task<TAnswer> GiveAsync<TOrder, TAnswer>(
        TOrder order,
        JsonTypeInfo<TOrder> orderType,
        JsonTypeInfo<TAnswer> answerType,
        CancellationToken cancellation
    )
    {
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
