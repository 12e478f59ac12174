using System.Globalization;
using System.Text.Json;
using Amazon.Lambda.Annotations;
using Amazon.Lambda.APIGatewayEvents;
using Amazon.Lambda.Core;
using EcrGuard.Aws;
using EcrGuard.Aws.Facts;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Images;
using EcrGuard.Core.Verdicts;
using EcrGuard.Lambda.Flow.Deciding;
using EcrGuard.Lambda.Hosting;

namespace EcrGuard.Lambda.Functions;

/// <summary>
/// The question, from the HTTP API (payload version 2) or a direct invoke: two payloads, one lenient record.
/// </summary>
/// <param name="Image">Direct invoke: the image.</param>
/// <param name="QueryStringParameters">HTTP API: <c>image</c>, <c>require</c>.</param>
/// <param name="RequestContext">HTTP API: there for every such request.</param>
public sealed record ApprovalRequest(
    string? Image,
    IReadOnlyDictionary<string, string>? QueryStringParameters,
    APIGatewayHttpApiV2ProxyRequest.ProxyRequestContext? RequestContext
);

/// <summary>
/// An answer without a verdict: there is no such image, the question is wrong, or nothing could be read. Never
/// approved.
/// </summary>
/// <param name="Status"><c>NOT_FOUND</c>, <c>TAG_MOVED</c>, <c>OTHER_REGISTRY</c>, <c>BAD_REQUEST</c> or
///     <c>ERROR</c>.</param>
public sealed record ApprovalProblem(string Status, string? Image, string Problem)
{
    public bool Approved { get; }

    /// <param name="image">As it was asked for, of any length.</param>
    /// <returns>The HTTP status and the body.</returns>
    internal static (int, JsonElement) Of(int httpStatus, string status, string? image, string problem)
    {
        var named = image is null ? null : Phrase.Clip(image, ImageReference.MaxLength);
        var body = new ApprovalProblem(status, named, problem);
        return (httpStatus, JsonSerializer.SerializeToElement(body, AnswerJson.Default.ApprovalProblem));
    }
}

/// <summary>A pipeline asks: may I deploy this image? Asking never writes and never waits.</summary>
public sealed class Approval(ApprovalReader reader, EcrReader registry, ImageRecords images, Settings settings, Log log)
{
    /// <summary>
    /// Counted, with an alarm in the template. A no of any kind is an answer; a caller that API Gateway refuses never
    /// comes here, and its access log counts it.
    /// </summary>
    public const string CouldNotAnswer = "GateCouldNotAnswer";

    [LambdaFunction]
    public async Task<JsonElement> ApprovalAsync(ApprovalRequest input, ILambdaContext context)
    {
        var http = input.RequestContext is not null;
        var image = http ? input.QueryStringParameters?.GetValueOrDefault("image") : input.Image;
        var query = http ? input.QueryStringParameters : null;
        var (status, body) = await AnswerAsync(image, query, context).ConfigureAwait(false);
        log.Info(
            "A question was answered.",
            ("image", image),
            ("httpStatus", status.ToString(CultureInfo.InvariantCulture)),
            ("requestId", context.AwsRequestId)
        );
        if (status == 503)
            log.Metrics("EcrGuard", [(CouldNotAnswer, 1, "Count")]);
        if (!http)
            return body;
        var headers = new Dictionary<string, string>
        {
            ["content-type"] = "application/json",
            ["cache-control"] = "no-store",
        };
        if (status == 503 || Word(body, "status") == "PENDING")
            headers["retry-after"] = ApprovalAnswer.RetryAfter.ToString(CultureInfo.InvariantCulture);
        return JsonSerializer.SerializeToElement(
            new APIGatewayHttpApiV2ProxyResponse
            {
                StatusCode = status,
                Headers = headers,
                Body = body.GetRawText(),
            },
            AnswerJson.Default.APIGatewayHttpApiV2ProxyResponse
        );
    }

    private async Task<(int HttpStatus, JsonElement Body)> AnswerAsync(
        string? asked,
        IReadOnlyDictionary<string, string>? query,
        ILambdaContext context
    )
    {
        if (query?.Keys.FirstOrDefault(key => key is not ("image" or "require")) is { } unknown)
            return ApprovalProblem.Of(
                400,
                "BAD_REQUEST",
                asked,
                $"The parameter '{Phrase.Clip(unknown, 40)}' is not known; there are image and require."
            );
        if (query?.GetValueOrDefault("require") is { } require && require != "approved")
            return ApprovalProblem.Of(
                400,
                "BAD_REQUEST",
                asked,
                $"The parameter require is '{Phrase.Clip(require, 40)}'; it must be 'approved' or absent."
            );
        if (!ImageReference.TryParse(asked, out var reference, out var problem))
            return ApprovalProblem.Of(400, "BAD_REQUEST", asked, problem);
        if (
            reference.Account is not null
            && (reference.Account != settings.Account || reference.Region != settings.Region)
        )
            return ApprovalProblem.Of(
                400,
                "OTHER_REGISTRY",
                asked,
                $"This EcrGuard answers for the registry {settings.Account} in {settings.Region}, not for "
                    + $"{reference.Account} in {reference.Region}."
            );

        using var deadline = Deadline.AtTheEnd(context);
        try
        {
            // A digest says whose record it is: the ledger need not wait for the registry.
            var known = reference.Digest is { } digest
                ? images.FindAsync(new ImageId(registry.Repository(reference.Repository), digest), deadline.Token)
                : null;
            var there = registry.ImageAsync(reference, deadline.Token);
            await Task.WhenAll(there, known ?? Task.CompletedTask).ConfigureAwait(false);
            var named = await there.ConfigureAwait(false);
            if (named.Image is not { } image)
                return named.TagMoved
                    ? ApprovalProblem.Of(409, "TAG_MOVED", asked, named.WhyNot)
                    : ApprovalProblem.Of(404, "NOT_FOUND", asked, named.WhyNot);
            var answer = await reader.ReadAsync(asked!, image, deadline.Token, known).ConfigureAwait(false);
            var httpStatus =
                answer.Status == Status.Error.Word() ? 503
                : query?.ContainsKey("require") == true && !answer.Approved ? 412
                : 200;
            return (httpStatus, JsonSerializer.SerializeToElement(answer, AnswerJson.Default.ApprovalAnswer));
        }
        catch (Exception failure)
        {
            // Whatever failed, nothing is approved by it.
            log.Error("The question could not be answered.", failure, ("image", asked));
            return ApprovalProblem.Of(
                503,
                "ERROR",
                asked,
                "The facts could not be read. Ask again; if it lasts, see the function's log."
            );
        }
    }

    private static string? Word(JsonElement body, string name) =>
        body.TryGetProperty(name, out var value) ? value.GetString() : null;
}
