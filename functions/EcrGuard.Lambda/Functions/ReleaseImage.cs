using Amazon.Lambda.Annotations;
using Amazon.Lambda.Core;
using EcrGuard.Aws;
using EcrGuard.Aws.Facts;
using EcrGuard.Core.Images;
using EcrGuard.Lambda.Flow.Quarantines;

namespace EcrGuard.Lambda.Functions;

/// <summary>Whoever orders an image to be released says why: it is told, and stands in the ledger.</summary>
/// <param name="Image">By tag, digest or full URI.</param>
public sealed record ReleaseRequest(string? Image, string? Reason);

/// <summary>What became of an order to release an image.</summary>
/// <param name="Image">With its digest, where the order named one.</param>
/// <param name="Released">Whether it is in reach again, and stays there as long as this block stands.</param>
/// <param name="Left">A sentence: why not, or what is still to come; null where nothing is.</param>
public sealed record ReleaseAnswer(string Image, bool Released, string? Left);

/// <summary>
/// Puts an image back into reach: an order of somebody, invoked directly. It changes no gate's answer.
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
        // Lambda tells who invoked it only of Amazon Cognito's identities. What the order says of itself would be no
        // proof; CloudTrail has the caller of the request that the ledger names.
        var by = context.Identity?.IdentityId is { Length: > 0 } identity
            ? $"the Cognito identity {identity}"
            : $"the direct invoke {context.AwsRequestId}";
        var (released, left) = await releaser
            .ReleaseAsync(image.Id, by, Phrase.Clip(input.Reason, MaxReason), deadline.Token)
            .ConfigureAwait(false);
        return new ReleaseAnswer($"{image.Id.Repository.Uri}@{image.Id.Digest}", released, left);
    }
}
