using System.Text;
using System.Text.Json;
using Amazon.Lambda;
using Amazon.Lambda.Model;
using Amazon.Runtime;
using EcrGuard.Core.Gates;
using EcrGuard.Core.Images;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Aws.Facts;

/// <summary>
/// The function Approval, called through Lambda's Invoke. Every failure is an answer too, and that answer does not
/// pass.
/// </summary>
/// <param name="function">The function's name or ARN.</param>
public sealed class GateFunction(IAmazonLambda lambda, string function)
{
    private const int AtOnce = 8;

    /// <summary>How long to wait before asking again about an image that may get an answer then.</summary>
    public static readonly TimeSpan Retry = TimeSpan.FromSeconds(ApprovalAnswer.RetryAfter);

    /// <summary>The gate of this deployment.</summary>
    /// <exception cref="SettingsException">It is not set.</exception>
    public static GateFunction Of(AwsClients aws, Settings settings) =>
        new(
            aws.Deployers.Gate,
            Settings.Required(
                settings.ApprovalFunction,
                "ECRGUARD_APPROVAL_FUNCTION",
                "the name or the ARN of the function Approval"
            )
        );

    /// <summary>Asks about every image, once for each.</summary>
    public async Task<GateReport> AskAsync(IReadOnlyList<GateQuestion> questions, CancellationToken cancellation)
    {
        var answers = new Dictionary<string, GateAnswer>(StringComparer.Ordinal);
        await Parallel
            .ForEachAsync(
                questions.Where(question => question.Settled is null).Select(question => question.Image).Distinct(),
                new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = CancellationToken.None },
                async (image, _) =>
                {
                    var answer = await AskAsync(image, cancellation).ConfigureAwait(false);
                    lock (answers)
                        answers[image] = answer;
                }
            )
            .ConfigureAwait(false);
        return new GateReport([.. questions.Select(one => one.Settled ?? one.Answered(answers[one.Image]))]);
    }

    private async Task<GateAnswer> AskAsync(string image, CancellationToken cancellation)
    {
        try
        {
            return GateAnswer.Read(image, null, await InvokeAsync(image, cancellation).ConfigureAwait(false));
        }
        catch (Exception failure)
        {
            return NoAnswer(image, null, failure);
        }
    }

    /// <summary>The function's answer, as it gives it.</summary>
    /// <exception cref="AmazonClientException">The function failed.</exception>
    public async Task<string> InvokeAsync(string image, CancellationToken cancellation)
    {
        using var question = new MemoryStream();
        using (var json = new Utf8JsonWriter(question))
        {
            json.WriteStartObject();
            json.WriteString("image", image);
            json.WriteEndObject();
        }
        var request = new InvokeRequest
        {
            FunctionName = function,
            Payload = Encoding.UTF8.GetString(question.ToArray()),
        };
        var response = await lambda.InvokeAsync(request, cancellation).ConfigureAwait(false);
        var body = Encoding.UTF8.GetString(response.Payload.ToArray());
        return response.FunctionError is null
            ? body
            : throw new AmazonClientException($"The function {function} failed: {Phrase.Clip(body, 500)}");
    }

    /// <summary>Whether an exception means that no answer came, rather than that the caller gave up.</summary>
    public static bool IsNoAnswer(Exception failure, CancellationToken cancellation) =>
        failure is AmazonServiceException or AmazonClientException or HttpRequestException
        || (failure is OperationCanceledException && !cancellation.IsCancellationRequested);

    /// <summary>The answer that a failure stands for: not a yes, and to be asked again if that may help.</summary>
    public static GateAnswer NoAnswer(string image, GatePlace? place, Exception failure) =>
        GateAnswer.Undetermined(
            image,
            place,
            failure is ResourceNotFoundException
                ? $"{ErrorText.Of(failure).TrimEnd('.')}. It must be the function of the stack's output "
                    + "ApprovalFunction, in this region."
                : ErrorText.Of(failure),
            MayPass(failure) ? Retry : null
        );

    /// <summary>Whether the same call may succeed a little later.</summary>
    public static bool MayPass(Exception failure) =>
        failure is AmazonServiceException refused
            ? (int)refused.StatusCode is 429 or >= 500
                || refused.Retryable?.Throttling == true
                || refused.ErrorCode?.Contains("Throttl", StringComparison.Ordinal) == true
            : failure is AmazonClientException or HttpRequestException or IOException or OperationCanceledException;
}
