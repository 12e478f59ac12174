using System.Globalization;
using System.Text;
using System.Text.Json;
using Amazon.Lambda.Annotations;
using Amazon.Lambda.APIGatewayEvents;
using Amazon.Lambda.Core;
using EcrGuard.Aws;
using EcrGuard.Aws.Facts;
using EcrGuard.Core.Images;
using EcrGuard.Core.Verdicts;
using EcrGuard.Lambda.Flow.Deciding;
using EcrGuard.Lambda.Flow.Forcing;
using EcrGuard.Lambda.Hosting;

namespace EcrGuard.Lambda.Functions;

/// <summary>A request through the HTTP API (payload version 2).</summary>
/// <param name="Body">A <see cref="BreakGlassOrder"/>.</param>
/// <param name="RequestContext">Its authorizer holds the identity whose signature API Gateway has checked. It must be a
///     session of the stack's own role. Anyone who may invoke the function directly can write any identity here, even
///     that role. So the values that name the request are kept, and the access log of the API can refute a false
///     one.</param>
public sealed record BreakGlassRequest(
    string? Body,
    bool IsBase64Encoded,
    APIGatewayHttpApiV2ProxyRequest.ProxyRequestContext? RequestContext
);

/// <summary>What is asked for. It does not say who asks: that is the identity of the request.</summary>
/// <param name="Image">The image, by tag, digest or full URI.</param>
/// <param name="Until">ISO 8601 with an offset; or <c>now</c>, which ends the approval that is in force.</param>
public sealed record BreakGlassOrder(string? Image, string? Reason, string? Until);

/// <summary>
/// Forces an approval for one digest on somebody's order. First an alert is published, then the approval is recorded,
/// then the image is decided again so that its tags follow. The approval ends by itself at its time, or by another such
/// order.
/// </summary>
public sealed class BreakGlass(
    ForcedApprovalOrders orders,
    ApprovalReader answers,
    DecisionBatch decisions,
    EcrReader registry,
    Settings settings,
    Log log
)
{
    private const string Now = "now";

    /// <summary>The identity whose signature API Gateway has checked, and the request that came with it.</summary>
    private sealed record Caller(string By, ApiRequest Request);

    [LambdaFunction]
    public async Task<JsonElement> BreakGlassAsync(BreakGlassRequest input, ILambdaContext context)
    {
        var (caller, forbidden) = Identify(input, context);
        var answer = forbidden ?? await AnswerAsync(input, caller!, context).ConfigureAwait(false);
        return answer.Response();
    }

    /// <summary>
    /// Finds out who asks. The function cannot be told the id of its own API: the API refers to the function, so that
    /// would be a circular dependency between resources. Instead, the id is recorded and told in the message.
    /// </summary>
    private (Caller? Caller, HttpAnswer? Forbidden) Identify(BreakGlassRequest input, ILambdaContext context)
    {
        if (
            input.RequestContext
            is not {
                Authorizer.IAM: { UserARN: { Length: > 0 } by } caller,
                ApiId: { Length: > 0 } api,
                RequestId: { Length: > 0 } id,
                RouteKey: "POST /breakglass",
                Stage: "$default"
            }
        )
            return (
                null,
                Forbidden(
                    "The request is not signed by an IAM identity. Send a signed request to POST /breakglass of the "
                        + "HTTP API (output BreakGlassUrl)."
                )
            );
        var request = new ApiRequest(Phrase.Clip(api, 100), Phrase.Clip(id, 100))
        {
            AccessKeyId = Named(caller.AccessKey),
            CallerId = Named(caller.CallerId),
        };
        if (settings.MayForce(caller.UserId))
            return (new Caller(by, request), null);
        log.Warning(
            "Somebody without the role for it tried to force an approval.",
            ("by", by),
            ("request", id),
            ("api", api),
            ("accessKeyId", request.AccessKeyId),
            ("requestId", context.AwsRequestId)
        );
        return (
            null,
            Forbidden(
                "The caller is no session of the role that may force approvals: "
                    + "take the role at the stack's output BreakGlassRoleToTake, and sign with its credentials."
            )
        );
    }

    private static HttpAnswer Forbidden(string problem) => ApprovalProblem.Of(403, "FORBIDDEN", null, problem);

    private static HttpAnswer Wrong(string? image, string problem) =>
        ApprovalProblem.Of(400, "BAD_REQUEST", image, problem);

    private async Task<HttpAnswer> AnswerAsync(BreakGlassRequest input, Caller caller, ILambdaContext context)
    {
        if (Order(input) is not { } asked)
            return Wrong(
                null,
                "The body must be a JSON object with 'image', 'reason' and 'until', all texts, and nothing else."
            );
        if (!ImageReference.TryParse(asked.Image, out var reference, out var problem))
            return Wrong(asked.Image, problem);
        if (settings.IsElsewhere(reference))
            return Wrong(asked.Image, ApprovalProblem.OtherRegistry(reference, settings));
        var ends = asked.Until == Now;
        var (order, wrong) = orders.Make(caller.By, asked.Reason, Moment(asked.Until), ends, caller.Request);
        if (order is null)
            return Wrong(asked.Image, wrong);
        try
        {
            return await ForceAsync(asked.Image!, reference, order, context).ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            log.Error("An approval could not be forced.", failure, ("image", asked.Image), ("by", caller.By));
            return ApprovalProblem.Of(
                503,
                "ERROR",
                asked.Image,
                "The approval could not be forced, or it is not known whether it was: ask for the image's "
                    + "approval, and try again; if it lasts, see the function's log."
            );
        }
    }

    private async Task<HttpAnswer> ForceAsync(
        string asked,
        ImageReference reference,
        ForcedApprovalOrder order,
        ILambdaContext context
    )
    {
        using var deadline = Deadline.AtTheEnd(context);
        var named = await registry.ImageAsync(reference, deadline.Token).ConfigureAwait(false);
        if (named.Image is not { } image)
            return ApprovalProblem.NotFound(asked, named);
        if (await orders.CarryOutAsync(image, order, deadline.Token).ConfigureAwait(false) is { } refused)
            return Wrong(asked, refused);
        Report(image.Id, order, context);
        // The answer below already holds. If the next steps (above all the tags) fail here, the next sweep does them.
        await decisions.AgainAsync([image.Id], context).ConfigureAwait(false);
        var answer = await answers.ReadAsync(asked, image, deadline.Token).ConfigureAwait(false);
        return new HttpAnswer(
            200,
            JsonSerializer.SerializeToElement(Warned(answer, image), AnswerJson.Default.ApprovalAnswer)
        );
    }

    /// <summary>Adds a warning: an approval does not bring back an image that nobody can pull.</summary>
    private static ApprovalAnswer Warned(ApprovalAnswer answer, ImageFacts image) =>
        image.Storage == StorageStatus.Active
            ? answer
            : answer with
            {
                Warnings =
                [
                    .. answer.Warnings,
                    new Reason(
                        "archived",
                        "The image is archived: nobody can pull it until it is restored. 'ecrguard release' restores "
                            + "what EcrGuard archived, and 'aws ecr update-image-storage-class "
                            + $"--repository-name {image.Id.Repository.Name} --image-id imageDigest={image.Id.Digest} "
                            + "--target-storage-class STANDARD' any other."
                    ),
                ],
            };

    private void Report(ImageId image, ForcedApprovalOrder order, ILambdaContext context) =>
        log.Warning(
            order.Ends ? "A forced approval was ended." : "An approval was forced.",
            ("image", image.ToString()),
            ("by", order.Approval.By),
            ("until", order.Approval.Until.ToString("O", CultureInfo.InvariantCulture)),
            ("request", order.Approval.Request!.RequestId),
            ("api", order.Approval.Request.ApiId),
            ("accessKeyId", order.Approval.Request.AccessKeyId),
            ("requestId", context.AwsRequestId)
        );

    /// <summary>
    /// Cuts an id at 200 characters. IAM's access key ids, and its unique ids with a session name, are shorter.
    /// </summary>
    private static string? Named(string? id) => string.IsNullOrEmpty(id) ? null : Phrase.Clip(id, 200);

    private static BreakGlassOrder? Order(BreakGlassRequest input)
    {
        try
        {
            return JsonSerializer.Deserialize(
                input.IsBase64Encoded
                    ? Encoding.UTF8.GetString(Convert.FromBase64String(input.Body ?? ""))
                    : input.Body ?? "",
                OrderJson.Default.BreakGlassOrder
            );
        }
        catch (Exception malformed) when (malformed is JsonException or FormatException)
        {
            return null;
        }
    }

    /// <summary>Null if the text has no offset: it must be certain which time zone is meant.</summary>
    private static DateTimeOffset? Moment(string? text) =>
        text is not null
        && (text.EndsWith('Z') || (text.Length > 6 && text[^6] is '+' or '-'))
        && DateTimeOffset.TryParseExact(
            text,
            ["yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK"],
            CultureInfo.InvariantCulture,
            DateTimeStyles.None,
            out var at
        )
            ? at
            : null;
}
