using EcrGuard.Core.Images;
using EcrGuard.Core.Lifecycle;
using EcrGuard.Core.Use;

namespace EcrGuard.Core.Baselines;

/// <summary>What a lifecycle policy would do to a repository at one moment.</summary>
/// <param name="Expired">The images that it deletes, in the order of the contents.</param>
/// <param name="Archived">The images that it archives.</param>
/// <param name="AtRisk">Those of both that are in use, or whose use is not known.</param>
public sealed record PolicyEffect(
    IReadOnlyList<TakenImage> Expired,
    IReadOnlyList<TakenImage> Archived,
    IReadOnlyList<TakenImage> AtRisk
)
{
    public static PolicyEffect Nothing { get; } = new([], [], []);

    /// <summary>
    /// The bytes of the deleted images, as ECR counts each image: shared layers are counted with each.
    /// </summary>
    public long ExpiredBytes => Expired.Sum(image => image.Image.SizeInBytes ?? 0);

    /// <param name="shielded">Whether images in use get their shields before the policy is put. False: the images as
    ///     they are.</param>
    public static PolicyEffect Of(
        LifecyclePolicy policy,
        RepositoryContents contents,
        IReadOnlyDictionary<Digest, ImageUsage> usages,
        bool shielded,
        DateTimeOffset now
    )
    {
        var images = contents.Images.ToDictionary(image => image.Id.Digest);
        var decisions = LifecycleEvaluator.Evaluate(
            policy,
            [.. contents.Images.Select(image => LifecycleImage.Of(Shielded(image), contents.ChildrenOf(image)))],
            now
        );
        var taken = decisions
            .Where(decision => decision.Outcome != LifecycleOutcome.Keep)
            .Select(decision =>
                (
                    decision.Outcome,
                    Image: new TakenImage(
                        images[decision.Image.Digest],
                        decision.Rule!.Priority,
                        decision.Reason,
                        UsageOf(decision.Image.Digest)
                    )
                )
            )
            .ToList();
        return new PolicyEffect(
            [.. taken.Where(t => t.Outcome == LifecycleOutcome.Expire).Select(t => t.Image)],
            [.. taken.Where(t => t.Outcome == LifecycleOutcome.Archive).Select(t => t.Image)],
            [.. taken.Select(t => t.Image).Where(image => image.Usage.Use != UseState.NotInUse)]
        );

        ImageFacts Shielded(ImageFacts image) => shielded ? Shields.With(image, UsageOf(image.Id.Digest)) : image;

        ImageUsage UsageOf(Digest digest) => ImageUsage.Of(usages, digest);
    }
}

/// <summary>An image that a lifecycle policy takes.</summary>
/// <param name="RulePriority">The rule that takes it.</param>
/// <param name="Reason">A sentence with the numbers.</param>
public sealed record TakenImage(ImageFacts Image, int RulePriority, string Reason, ImageUsage Usage);
