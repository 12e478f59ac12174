using Amazon.Lambda.Annotations;
using Amazon.Lambda.Core;
using EcrGuard.Aws;
using EcrGuard.Aws.Facts;
using EcrGuard.Core.Images;
using EcrGuard.Lambda.Flow.Quarantines;

namespace EcrGuard.Lambda.Functions;

/// <summary>
/// An order to release an image. Whoever gives it says why. The reason is told in a notice and stored in the ledger.
/// </summary>
/// <param name="Image">The image, by tag, digest or full URI.</param>
public sealed record ReleaseRequest(string? Image, string? Reason);

/// <summary>The result of an order to release an image.</summary>
/// <param name="Image">The image, with its digest if the order named an image.</param>
/// <param name="Released">Whether the image is in reach again. It stays in reach as long as this block stands.</param>
/// <param name="Left">A sentence that says why not, or what is still to come; null if nothing is left.</param>
public sealed record ReleaseAnswer(string Image, bool Released, string? Left);

/// <summary>
/// Puts an image back into reach when somebody orders it by a direct invoke. It changes no gate's answer.
/// </summary>
public sealed class ReleaseImage(ImageReleaser releaser, EcrReader registry, Settings settings)
{
    private const int MaxReason = 500;

    [LambdaFunction]
    public async Task<ReleaseAnswer> ReleaseImageAsync(ReleaseRequest input, ILambdaContext context)
    {
        ReleaseAnswer No(string why) => new(Phrase.Clip(input.Image, ImageReference.MaxLength), false, why);
        if (!ImageReference.TryParse(input.Image, out var reference, out var problem))
            return No(problem);
        if (settings.IsElsewhere(reference))
            return No(
                $"This EcrGuard works on the registry {settings.Account} in {settings.Region}, not on "
                    + $"{reference.Account} in {reference.Region}."
            );
        if (string.IsNullOrWhiteSpace(input.Reason))
            return No("The order gives no reason.");
        using var deadline = new CancellationTokenSource(context.RemainingTime * 0.9);
        var named = await registry.ImageAsync(reference, deadline.Token).ConfigureAwait(false);
        if (named.Image is not { } image)
            return No(named.WhyNot);
        // Lambda names the caller only for identities of Amazon Cognito. A name in the order itself would prove
        // nothing. CloudTrail has the caller of the request, and the ledger names that request.
        var by = context.Identity?.IdentityId is { Length: > 0 } identity
            ? $"the Cognito identity {identity}"
            : $"the invocation {context.AwsRequestId}";
        var (released, left) = await releaser
            .ReleaseAsync(image.Id, by, Phrase.Clip(input.Reason, MaxReason), deadline.Token)
            .ConfigureAwait(false);
        return new ReleaseAnswer($"{image.Id.Repository.Uri}@{image.Id.Digest}", released, left);
    }
}
