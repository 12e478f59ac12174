using System.Globalization;
using System.Text;
using System.Text.Json;
using Amazon.Lambda.Annotations;
using Amazon.Lambda.APIGatewayEvents;
using Amazon.Lambda.Core;
using EcrGuard.Aws;
using EcrGuard.Aws.Facts;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Verdicts;
using EcrGuard.Lambda.Flow;
using EcrGuard.Lambda.Flow.Deciding;
using EcrGuard.Lambda.Hosting;

namespace EcrGuard.Lambda.Functions;

/// <summary>A request through the HTTP API (payload version 2).</summary>
/// <param name="Body">A <see cref="BreakGlassOrder"/>.</param>
/// <param name="RequestContext">Its authorizer is the identity whose signature API Gateway has checked; it must be a
///     session of the stack's own role. Whoever may invoke the function itself can write any, that role's too: what
///     names the request is kept, so that the API's access log can refute it.</param>
public sealed record BreakGlassRequest(
    string? Body,
    bool IsBase64Encoded,
    APIGatewayHttpApiV2ProxyRequest.ProxyRequestContext? RequestContext
);

/// <summary>What is asked for. Who asks is not in it: that is the request's identity.</summary>
/// <param name="Image">By tag, digest or full URI.</param>
/// <param name="Until">ISO 8601 with its offset; or <c>now</c>, which ends what is in force.</param>
public sealed record BreakGlassOrder(string? Image, string? Reason, string? Until);

/// <summary>
/// Somebody forces an approval for one digest: told first, then recorded, then the image is decided again, so that its
/// tags follow. It ends by itself, or by another such order.
/// </summary>
public sealed class BreakGlass(
    ImageDecider decider,
    ApprovalReader reader,
    DecisionBatch decisions,
    TimedNotices notices,
    EcrReader registry,
    ImageRecords images,
    ForcedApprovalRecords forcedApprovals,
    PolicyDocument policy,
    Settings settings,
    TimeProvider time,
    Log log
)
{
    private const string Now = "now";

    /// <summary>How often an order is tried that others get in the way of.</summary>
    private const int Attempts = 8;

    [LambdaFunction]
    public async Task<JsonElement> BreakGlassAsync(BreakGlassRequest input, ILambdaContext context)
    {
        var (status, body) = await AnswerAsync(input, context).ConfigureAwait(false);
        return JsonSerializer.SerializeToElement(
            new APIGatewayHttpApiV2ProxyResponse
            {
                StatusCode = status,
                Headers = new Dictionary<string, string>
                {
                    ["content-type"] = "application/json",
                    ["cache-control"] = "no-store",
                },
                Body = body.GetRawText(),
            },
            AnswerJson.Default.APIGatewayHttpApiV2ProxyResponse
        );
    }

    private async Task<(int HttpStatus, JsonElement Body)> AnswerAsync(BreakGlassRequest input, ILambdaContext context)
    {
        // The API's own id cannot be told to a function that the API refers to: that would be a circle of resources. It
        // is recorded and told instead.
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
            return ApprovalProblem.Of(
                403,
                "FORBIDDEN",
                null,
                "The request names no IAM identity, or no request of that identity's to POST /breakglass, "
                    + "and who forces an approval must be known: send it signed to the HTTP API, at the stack's "
                    + "output BreakGlassUrl."
            );
        if (!settings.MayForce(caller.UserId))
        {
            log.Warning(
                "Somebody without the role for it tried to force an approval.",
                ("by", by),
                ("request", id),
                ("api", api),
                ("accessKeyId", Named(caller.AccessKey)),
                ("requestId", context.AwsRequestId)
            );
            return ApprovalProblem.Of(
                403,
                "FORBIDDEN",
                null,
                "The caller is no session of the role that may force approvals: "
                    + "take the role at the stack's output BreakGlassRoleToTake, and sign with its credentials."
            );
        }
        var request = new ApiRequest(Phrase.Clip(api, 100), Phrase.Clip(id, 100))
        {
            AccessKeyId = Named(caller.AccessKey),
            CallerId = Named(caller.CallerId),
        };
        if (Order(input) is not { } order)
            return ApprovalProblem.Of(
                400,
                "BAD_REQUEST",
                null,
                "The body must be a JSON object with 'image', 'reason' and 'until', all texts, and nothing else."
            );
        if (!ImageReference.TryParse(order.Image, out var reference, out var problem))
            return ApprovalProblem.Of(400, "BAD_REQUEST", order.Image, problem);
        if (
            reference.Account is not null
            && (reference.Account != settings.Account || reference.Region != settings.Region)
        )
            return ApprovalProblem.Of(
                400,
                "BAD_REQUEST",
                order.Image,
                $"This EcrGuard answers for the registry {settings.Account} in {settings.Region}, not for "
                    + $"{reference.Account} in {reference.Region}."
            );
        var now = time.GetUtcNow();
        var (revokes, until) = (order.Until == Now, Moment(order.Until));
        if (
            (
                revokes
                    ? ForcedApproval.Problem(order.Reason)
                    : ForcedApproval.Problem(order.Reason, until, policy, now)
            ) is
            { } wrong
        )
            return ApprovalProblem.Of(400, "BAD_REQUEST", order.Image, wrong);

        using var deadline = Deadline.AtTheEnd(context);
        try
        {
            var named = await registry.ImageAsync(reference, deadline.Token).ConfigureAwait(false);
            if (named.Image is not { } image)
                return named.TagMoved
                    ? ApprovalProblem.Of(409, "TAG_MOVED", order.Image, named.WhyNot)
                    : ApprovalProblem.Of(404, "NOT_FOUND", order.Image, named.WhyNot);
            if (
                await CarryOutAsync(
                        image,
                        new ForcedApproval(forcedApprovals.NewId(), by, order.Reason!.Trim(), now, until ?? now)
                        {
                            Request = request,
                        },
                        revokes,
                        deadline.Token
                    )
                    .ConfigureAwait(false) is
                { } refused
            )
                return ApprovalProblem.Of(400, "BAD_REQUEST", order.Image, refused);
            log.Warning(
                revokes ? "A forced approval was ended." : "An approval was forced.",
                ("image", image.Id.ToString()),
                ("by", by),
                ("until", (until ?? now).ToString("O", CultureInfo.InvariantCulture)),
                ("request", id),
                ("api", api),
                ("accessKeyId", request.AccessKeyId),
                ("requestId", context.AwsRequestId)
            );

            // What follows from it, tags above all, is the next sweep's where it fails here: the answer below holds
            // already.
            await decisions.AgainAsync([image.Id], context).ConfigureAwait(false);
            return (
                200,
                JsonSerializer.SerializeToElement(
                    await reader.ReadAsync(order.Image!, image, deadline.Token).ConfigureAwait(false),
                    AnswerJson.Default.ApprovalAnswer
                )
            );
        }
        catch (Exception failure)
        {
            log.Error("An approval could not be forced.", failure, ("image", order.Image), ("by", by));
            return ApprovalProblem.Of(
                503,
                "ERROR",
                order.Image,
                "The approval could not be forced, or it is not known whether it was: ask for the image's "
                    + "approval, and try again; if it lasts, see the function's log."
            );
        }
    }

    /// <summary>
    /// Tells and stores an order over what stands, and begins again where somebody was faster: of two orders one ends
    /// the other, with its own end in the history.
    /// </summary>
    /// <param name="order">As it would be in force; of one that ends another, who ordered it, why and when.</param>
    /// <returns>Why it is refused; null where it is done.</returns>
    private async Task<string?> CarryOutAsync(
        ImageFacts image,
        ForcedApproval order,
        bool revokes,
        CancellationToken cancellation
    )
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            // One that nobody has judged yet is recorded first, so that there is something to come back to.
            if (
                await images.FindAsync(image.Id, cancellation).ConfigureAwait(false) is not { Record.Gone: false } entry
                && (
                    entry = (
                        await decider.JudgeAsync(image, null, Occasion.NoEvent, cancellation).ConfigureAwait(false)
                    )?.Entry
                )
                    is null
            )
                return "This is an artifact about an image (a signature, SBOM or attestation), not an image to deploy.";

            var stood = entry.Record.Forced;
            var ended =
                stood?.InForce(order.At) == true
                    ? stood.EndedBy(new Revocation(order.By, order.Reason, order.At, stood.Until, order.Request!))
                    : null;
            if (revokes && ended is null)
                return "No forced approval is in force that could be ended: 'until' must be a moment.";
            Task TellAsync(ForcedApproval told, bool end) =>
                notices.BreakGlassAsync(
                    new ForcedApprovalNotice(
                        image.Id,
                        entry.Record.Tags,
                        told,
                        entry.Record.Verdict.WithoutBreakGlass().Status,
                        end
                    ),
                    cancellation
                );

            if (stood?.HasEndedLately(order.At) == true)
                await TellAsync(stood, end: true).ConfigureAwait(false);
            // Told before it is in force: what cannot be told is not done. An end is done first, and EndBreakGlass
            // tells what could not be told here.
            if (!revokes)
                await TellAsync(order, end: false).ConfigureAwait(false);
            if (
                !await forcedApprovals
                    .StoreAsync(entry, revokes ? ended! : order, revokes ? null : ended, cancellation)
                    .ConfigureAwait(false)
            )
                continue;
            if (ended is not null)
                await TellAsync(ended, end: true).ConfigureAwait(false);
            return null;
        }
        throw new InvalidOperationException(
            $"The forced approval of {image.Id} could not be stored: others kept storing."
        );
    }

    /// <summary>IAM's access key ids and unique ids with a session's name are shorter.</summary>
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

    /// <summary>Null without an offset: whose evening is meant must be certain.</summary>
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
