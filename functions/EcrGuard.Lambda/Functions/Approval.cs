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
/// The question to the gate. It comes from the HTTP API (payload version 2) or from a direct invoke. This one lenient
/// record reads both payloads.
/// </summary>
/// <param name="Image">Direct invoke: the image.</param>
/// <param name="QueryStringParameters">HTTP API: the parameters <c>image</c> and <c>require</c>.</param>
/// <param name="RequestContext">HTTP API: present in every such request.</param>
public sealed record ApprovalRequest(
    string? Image,
    IReadOnlyDictionary<string, string>? QueryStringParameters,
    APIGatewayHttpApiV2ProxyRequest.ProxyRequestContext? RequestContext
);

/// <summary>
/// An answer without a verdict: the image does not exist, the question is wrong, or nothing could be read. Such an
/// answer never approves.
/// </summary>
/// <param name="Status"><c>NOT_FOUND</c>, <c>TAG_MOVED</c>, <c>OTHER_REGISTRY</c>, <c>BAD_REQUEST</c> or
///     <c>ERROR</c>.</param>
public sealed record ApprovalProblem(string Status, string? Image, string Problem)
{
    public bool Approved { get; }

    /// <param name="image">The image as the caller wrote it, of any length.</param>
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

/// <summary>Answers a pipeline that asks: may I deploy this image? It never writes and never waits.</summary>
public sealed class Approval(ApprovalReader reader, EcrReader registry, ImageRecords images, Settings settings, Log log)
{
    /// <summary>
    /// The metric for questions that could not be answered; the template has an alarm on it. A "no" of any kind counts
    /// as an answer. A caller that API Gateway refuses never reaches this function; the access log of the API counts
    /// it.
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
            // Whatever failed, the answer must not approve the image.
            log.Error("The question could not be answered.", failure, ("image", asked));
            return ApprovalProblem.Of(
                503,
                "ERROR",
                asked,
                "The facts could not be read. Ask again; if it lasts, see the function's log."
            );
        }
    }

    /// <summary>What is wrong with the parameters; null if nothing is wrong.</summary>
    private static string? Problem(IReadOnlyDictionary<string, string>? query)
    {
        if (query?.Keys.FirstOrDefault(key => key is not ("image" or "require")) is { } unknown)
            return $"The parameter '{Phrase.Clip(unknown, 40)}' is not known; there are image and require.";
        return query?.GetValueOrDefault("require") is { } require && require != "approved"
            ? $"The parameter require is '{Phrase.Clip(require, 40)}'; it must be 'approved' or absent."
            : null;
    }

    /// <param name="requires">Whether the HTTP status must also say "no".</param>
    private async Task<HttpAnswer> ReadAsync(
        string asked,
        ImageReference reference,
        bool requires,
        ILambdaContext context
    )
    {
        using var deadline = Deadline.AtTheEnd(context);
        // With a digest the record is already known, so the read of the ledger need not wait for the registry.
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
