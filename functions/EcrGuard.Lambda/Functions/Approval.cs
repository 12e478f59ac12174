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
    internal static HttpAnswer Of(int httpStatus, string status, string? image, string problem)
    {
        var named = image is null ? null : Phrase.Clip(image, ImageReference.MaxLength);
        var body = new ApprovalProblem(status, named, problem);
        return new HttpAnswer(httpStatus, JsonSerializer.SerializeToElement(body, AnswerJson.Default.ApprovalProblem));
    }

    internal static HttpAnswer NotFound(string? image, ReferencedImage named) =>
        named.TagMoved ? Of(409, "TAG_MOVED", image, named.WhyNot) : Of(404, "NOT_FOUND", image, named.WhyNot);

    internal static string OtherRegistry(ImageReference reference, Settings settings) =>
        $"This EcrGuard answers for the registry {settings.Account} in {settings.Region}, not for "
        + $"{reference.Account} in {reference.Region}.";
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
        var answer = await AnswerAsync(image, query, context).ConfigureAwait(false);
        log.Info(
            "A question was answered.",
            ("image", image),
            ("httpStatus", answer.Status.ToString(CultureInfo.InvariantCulture)),
            ("requestId", context.AwsRequestId)
        );
        if (answer.Status == 503)
            log.Metrics("EcrGuard", [(CouldNotAnswer, 1, "Count")]);
        if (!http)
            return answer.Body;
        var mayChange = answer.Status == 503 || Word(answer.Body, "status") == "PENDING";
        return answer.Response(mayChange ? ApprovalAnswer.RetryAfter.ToString(CultureInfo.InvariantCulture) : null);
    }

    private async Task<HttpAnswer> AnswerAsync(
        string? asked,
        IReadOnlyDictionary<string, string>? query,
        ILambdaContext context
    )
    {
        if (Problem(query) is { } unclear)
            return ApprovalProblem.Of(400, "BAD_REQUEST", asked, unclear);
        if (!ImageReference.TryParse(asked, out var reference, out var problem))
            return ApprovalProblem.Of(400, "BAD_REQUEST", asked, problem);
        if (settings.IsElsewhere(reference))
            return ApprovalProblem.Of(400, "OTHER_REGISTRY", asked, ApprovalProblem.OtherRegistry(reference, settings));
        try
        {
            var requires = query?.ContainsKey("require") == true;
            return await ReadAsync(asked!, reference, requires, context).ConfigureAwait(false);
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

    /// <summary>What is wrong with the parameters; null if nothing is.</summary>
    private static string? Problem(IReadOnlyDictionary<string, string>? query)
    {
        if (query?.Keys.FirstOrDefault(key => key is not ("image" or "require")) is { } unknown)
            return $"The parameter '{Phrase.Clip(unknown, 40)}' is not known; there are image and require.";
        return query?.GetValueOrDefault("require") is { } require && require != "approved"
            ? $"The parameter require is '{Phrase.Clip(require, 40)}'; it must be 'approved' or absent."
            : null;
    }

    /// <param name="requires">Whether a no is told by the HTTP status too.</param>
    private async Task<HttpAnswer> ReadAsync(
        string asked,
        ImageReference reference,
        bool requires,
        ILambdaContext context
    )
    {
        using var deadline = Deadline.AtTheEnd(context);
        // A digest says whose record it is: the ledger need not wait for the registry.
        var known = reference.Digest is { } digest
            ? images.FindAsync(new ImageId(registry.Repository(reference.Repository), digest), deadline.Token)
            : null;
        var there = registry.ImageAsync(reference, deadline.Token);
        await Task.WhenAll(there, known ?? Task.CompletedTask).ConfigureAwait(false);
        var named = await there.ConfigureAwait(false);
        if (named.Image is not { } image)
            return ApprovalProblem.NotFound(asked, named);
        var answer = await reader.ReadAsync(asked, image, deadline.Token, known).ConfigureAwait(false);
        var status =
            answer.Status == Status.Error.Word() ? 503
            : requires && !answer.Approved ? 412
            : 200;
        return new HttpAnswer(status, JsonSerializer.SerializeToElement(answer, AnswerJson.Default.ApprovalAnswer));
    }

    private static string? Word(JsonElement body, string name) =>
        body.TryGetProperty(name, out var value) ? value.GetString() : null;
}
