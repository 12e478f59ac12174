using EcrGuard.Core.Baselines;
using EcrGuard.Core.Images;
using EcrGuard.Core.Lifecycle;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Use;

namespace EcrGuard.Core.Plans;

/// <summary>
/// Whether a lifecycle policy may be put, by ECR's preview of what it would take now. The preview overrules the
/// evaluator.
/// </summary>
public static class PreviewCheck
{
    private const int MaxNamed = 3;

    /// <param name="taken">The images that the preview takes.</param>
    /// <param name="going">Those, and all else that is to go from the repository: the ceilings are for all of it
    ///     together.</param>
    /// <param name="contents">Read after the preview: images that are gone by then cannot be taken.</param>
    /// <param name="usages">The use of an image that is not in it is not known.</param>
    /// <param name="rest">The images that go from other repositories.</param>
    /// <returns>A sentence; null where the policy may be put.</returns>
    public static string? WhyNot(
        LifecyclePolicy policy,
        IReadOnlySet<Digest> taken,
        IReadOnlySet<Digest> going,
        RepositoryContents contents,
        IReadOnlyDictionary<Digest, ImageUsage> usages,
        IEnumerable<Removed> rest,
        Ceilings ceilings,
        DateTimeOffset now
    )
    {
        ImageUsage UsageOf(ImageFacts image) => ImageUsage.Of(usages, image.Id.Digest);
        var risky = contents
            .Images.Where(image => taken.Contains(image.Id.Digest) && UsageOf(image).Use != UseState.NotInUse)
            .ToList();
        if (risky is [var first, ..])
            return UsageOf(first)
                .Explain(
                    $"ECR's preview takes {Phrase.Count(risky.Count, "image that is", "images that are")} in use "
                        + $"or may be ({Named(risky)})."
                );
        // ECR acts within a day, and the preview shows only this moment.
        return PolicySafety.WhyNot(policy, contents, usages, now)
            ?? (
                Ceiling.Broken([.. rest, Removed.Of(contents, going)], ceilings) is [var broken, ..]
                    ? $"By ECR's preview: {broken}"
                    : null
            );
    }

    private static string Named(List<ImageFacts> images) =>
        Phrase.Some(
            [.. images.Select(image => image.Id.Digest).Order().Select(digest => digest.Abbreviated)],
            MaxNamed
        );
}
