using System.Globalization;
using Amazon.ECR;
using Amazon.ECR.Model;
using EcrGuard.Core.Images;
using EcrGuard.Core.Plans;
using LifecyclePolicy = EcrGuard.Core.Lifecycle.LifecyclePolicy;

namespace EcrGuard.Aws.Facts;

/// <summary>What ECR says a lifecycle policy would do now.</summary>
/// <param name="Taken">What it would delete and archive; null if ECR did not say. Then nothing may follow from
///     it.</param>
/// <param name="WhyNot">Why ECR did not say, a sentence.</param>
public sealed record Preview(IReadOnlyDictionary<Digest, RemovalKind>? Taken, string? WhyNot)
{
    /// <summary>The images of <see cref="Taken"/> as the preview shows them.</summary>
    private IReadOnlyList<LifecyclePolicyPreviewResult> Results { get; init; } = [];

    internal static Preview Of(
        IReadOnlyDictionary<Digest, RemovalKind> taken,
        IReadOnlyList<LifecyclePolicyPreviewResult> results
    ) => new(taken, null) { Results = results };

    /// <summary>Whether each image that is taken was listed, with the same tags and the same time of push.</summary>
    public bool Shows(RepositoryContents contents)
    {
        var listed = contents.Images.ToDictionary(image => image.Id.Digest.ToString());
        return Results.All(result =>
            listed.GetValueOrDefault(result.ImageDigest) is { } image
            && image.PushedAt == EcrReader.Utc(result.ImagePushedAt)
            && image.Tags.ToHashSet().SetEquals(result.ImageTags ?? [])
        );
    }
}

/// <summary>
/// Asks ECR for previews of lifecycle policies. A repository has one preview at a time, and anybody may start another.
/// So an answer counts only if it is about the policy that was asked about.
/// </summary>
public sealed class PreviewReader(IAmazonECR ecr, TimeProvider time)
{
    /// <summary>GetLifecyclePolicyPreview takes 1 to 100.</summary>
    private const int Page = 100;

    /// <summary>ECR's own waiter looks twenty times, five seconds apart.</summary>
    private const int Looks = 20;

    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(5);

    public async Task<Preview> ReadAsync(RepositoryId repository, string policy, CancellationToken cancellation)
    {
        if (!await StartAsync(repository, policy, cancellation).ConfigureAwait(false))
            return Unsaid("Another preview of the repository does not end; ECR makes one at a time.");
        for (var look = 0; look < Looks; look++)
        {
            await WaitAsync(look, cancellation).ConfigureAwait(false);
            var first = await ecr.GetLifecyclePolicyPreviewAsync(Request(repository, null), cancellation)
                .ConfigureAwait(false);
            if (first.Status == LifecyclePolicyPreviewStatus.IN_PROGRESS)
                continue;
            return first.Status == LifecyclePolicyPreviewStatus.COMPLETE
                ? await WholeAsync(repository, policy, first, cancellation).ConfigureAwait(false)
                : Unsaid($"ECR's preview ended as {first.Status?.Value ?? "nothing"}.");
        }
        return Unsaid($"ECR's preview was not ready after {Looks} looks.");
    }

    /// <returns>False if another preview is still being made.</returns>
    private async Task<bool> StartAsync(RepositoryId repository, string policy, CancellationToken cancellation)
    {
        for (var look = 0; look < Looks; look++)
        {
            try
            {
                await ecr.StartLifecyclePolicyPreviewAsync(
                        new StartLifecyclePolicyPreviewRequest
                        {
                            RegistryId = repository.Account,
                            RepositoryName = repository.Name,
                            LifecyclePolicyText = policy,
                        },
                        cancellation
                    )
                    .ConfigureAwait(false);
                return true;
            }
            catch (LifecyclePolicyPreviewInProgressException)
            {
                await WaitAsync(look, cancellation).ConfigureAwait(false);
            }
        }
        return false;
    }

    private async Task<Preview> WholeAsync(
        RepositoryId repository,
        string policy,
        GetLifecyclePolicyPreviewResponse page,
        CancellationToken cancellation
    )
    {
        var taken = new Dictionary<Digest, RemovalKind>();
        var results = new List<LifecyclePolicyPreviewResult>();
        var counted =
            (page.Summary?.ExpiringImageTotalCount ?? 0)
            + (page.Summary?.TransitioningImageTotalCounts?.Sum(total => total.ImageTotalCount ?? 0) ?? 0);
        while (true)
        {
            if (page.Status != LifecyclePolicyPreviewStatus.COMPLETE || !IsOf(policy, page.LifecyclePolicyText))
                return Unsaid("Somebody has started another preview of the repository meanwhile.");
            foreach (var result in page.PreviewResults ?? [])
            {
                if (!Digest.TryParse(result.ImageDigest, out var digest) || KindOf(result.Action) is not { } kind)
                    return Unsaid(
                        $"ECR's preview says '{Phrase.Clip(result.Action?.Type?.Value, 40)}' of the image "
                            + $"'{Phrase.Clip(result.ImageDigest, 80)}', which EcrGuard does not understand."
                    );
                taken[digest] = kind;
                results.Add(result);
            }
            if (string.IsNullOrEmpty(page.NextToken))
                break;
            page = await ecr.GetLifecyclePolicyPreviewAsync(Request(repository, page.NextToken), cancellation)
                .ConfigureAwait(false);
        }
        return counted > taken.Count
            ? Unsaid(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"ECR's preview counts {counted} images and lists {taken.Count}."
                )
            )
            : Preview.Of(taken, results);
    }

    private static RemovalKind? KindOf(LifecyclePolicyRuleAction? action) =>
        action?.Type?.Value switch
        {
            "EXPIRE" => RemovalKind.Delete,
            "TRANSITION" => RemovalKind.Archive,
            _ => null,
        };

    /// <summary>
    /// Compares without white space: nothing says that ECR returns the text byte for byte as it was sent.
    /// </summary>
    private static bool IsOf(string policy, string? text) => text is not null && LifecyclePolicy.AreSame(text, policy);

    private static GetLifecyclePolicyPreviewRequest Request(RepositoryId repository, string? token) =>
        new()
        {
            RegistryId = repository.Account,
            RepositoryName = repository.Name,
            MaxResults = Page,
            NextToken = token,
        };

    private async Task WaitAsync(int look, CancellationToken cancellation)
    {
        var wait = TimeSpan.FromMilliseconds(500 * Math.Pow(2, Math.Min(look, 4)));
        await Task.Delay(wait < LongestWait ? wait : LongestWait, time, cancellation).ConfigureAwait(false);
    }

    private static Preview Unsaid(string why) => new(null, why);
}
