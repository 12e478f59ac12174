using EcrGuard.Core.Images;
using EcrGuard.Core.Lifecycle;
using EcrGuard.Core.Use;

namespace EcrGuard.Core.Baselines;

/// <summary>
/// Whether a lifecycle policy may be put on a repository with these images. It must never reach an image in use. It
/// must not reach an image of unknown use, or one that is pushed and deployed meanwhile, before the next sweep.
/// </summary>
public static class PolicySafety
{
    /// <summary>ECR acts on a policy "within 24 hours", and the next daily sweep comes within this time.</summary>
    internal static readonly TimeSpan Ahead = TimeSpan.FromHours(26);

    /// <summary>The busiest day in this time shows how many pushes another day may bring.</summary>
    public static readonly TimeSpan LookBack = TimeSpan.FromDays(7);

    /// <summary>
    /// The images in use or of unknown use that the policy would take before the next sweep. And the images in use that
    /// it selects only because of EcrGuard's tags: it takes them some day.
    /// </summary>
    /// <param name="contents">With the tags that the images carry.</param>
    /// <param name="usages">The use of an image that is not in it is not known.</param>
    public static IReadOnlyList<TakenImage> Exposed(
        LifecyclePolicy policy,
        RepositoryContents contents,
        IReadOnlyDictionary<Digest, ImageUsage> usages,
        DateTimeOffset now
    ) =>
        [
            .. AtRisk(policy, contents, Pushes(contents, now), usages, now)
                .Where(image => !IsPush(image, now))
                .Concat(
                    contents
                        .Images.Where(image =>
                            ImageUsage.Of(usages, image.Id.Digest).Use == UseState.InUse && Shields.Harms(policy, image)
                        )
                        .Select(image => new TakenImage(
                            image,
                            Selection.Of(policy, image.Tags).Rules[0].Priority,
                            "It is selected by EcrGuard's tag.",
                            ImageUsage.Of(usages, image.Id.Digest)
                        ))
                )
                .DistinctBy(image => image.Image.Id.Digest),
        ];

    /// <param name="contents">Read after the images in use were shielded.</param>
    /// <param name="usages">The use of an image that is not in it is not known.</param>
    /// <returns>A sentence; null where the policy may be put.</returns>
    public static string? WhyNot(
        LifecyclePolicy policy,
        RepositoryContents contents,
        IReadOnlyDictionary<Digest, ImageUsage> usages,
        DateTimeOffset now
    )
    {
        ImageUsage UsageOf(ImageFacts image) => ImageUsage.Of(usages, image.Id.Digest);
        var staying = Staying(policy, contents);
        var bare = contents
            .Images.Where(image =>
                image.Subject is null && UsageOf(image).Use == UseState.InUse && !staying.Contains(image.Id.Digest)
            )
            .ToList();
        if (bare is [var first, ..])
        {
            var archivedToo = first.Storage == StorageStatus.Archived ? ", since it is archived" : "";
            var rule = Selecting(policy, first).First(selection => !selection.Keeps).Rules[0].Priority;
            return UsageOf(first)
                .Explain(
                    $"The baseline's lifecycle policy is not put: {Named(bare)} in use without a shield{archivedToo}, "
                        + $"and rule {rule} selects it."
                );
        }

        var pushes = Pushes(contents, now);
        var taken = AtRisk(policy, contents, pushes, usages, now)
            .DistinctBy(image => image.Image.Id.Digest)
            .ToLookup(image => IsPush(image, now));
        var risk = taken[false].ToList();
        if (risk.Where(image => image.Usage.Use == UseState.InUse).ToList() is [var archived, ..] used)
            return archived.Usage.Explain(
                $"The baseline's lifecycle policy is not put: within {Ahead.TotalHours} hours its rule "
                    + $"{archived.RulePriority} would take {Named([.. used.Select(image => image.Image)])} in use."
            );
        if (risk is [var unknown, ..])
            return unknown.Usage.Explain(
                $"The baseline's lifecycle policy is not put yet: within {Ahead.TotalHours} hours its rule "
                    + $"{unknown.RulePriority} would take {Named([.. risk.Select(image => image.Image)])}, and whether "
                    + "that is in use is not known."
            );
        return Outruns(pushes, taken[true]);
    }

    /// <summary>
    /// Whether it matters how many images were pushed lately. It does for a rule that counts images, since each push
    /// puts another image behind its limit, and for a rule whose age a push reaches before the next sweep.
    /// </summary>
    public static bool CountsPushes(LifecyclePolicy policy) =>
        policy.Rules.Any(rule =>
            rule.CountType == CountType.ImageCountMoreThan
                ? rule.CountNumber < Selection.EveryImage
                : rule.CountNumber <= Ahead.TotalDays + 1
        );

    /// <summary>
    /// Whether an image could be pushed, deployed and gone on a busy day before the next sweep can shield it.
    /// </summary>
    /// <returns>A sentence; null where an image outlives the day of its push.</returns>
    public static string? Outruns(
        LifecyclePolicy policy,
        RepositoryContents contents,
        IReadOnlyDictionary<Digest, ImageUsage> usages,
        DateTimeOffset now
    )
    {
        var pushes = Pushes(contents, now);
        return Outruns(pushes, AtRisk(policy, contents, pushes, usages, now).Where(image => IsPush(image, now)));
    }

    private static string? Outruns(IReadOnlyList<ImageFacts> pushes, IEnumerable<TakenImage> taken) =>
        taken.FirstOrDefault() is not { } first
            ? null
            : $"The baseline's lifecycle policy is too short: on the busiest of the last {LookBack.Days} days "
                + $"{Phrase.Count(pushes.Count, "image was", "images were")} pushed, and on such a day rule "
                + $"{first.RulePriority} would take one of that day before the sweep has seen whether it runs. Let "
                + "more images stay.";

    /// <summary>
    /// The images that no rule can take as long as they keep their tags. No rule selects them, or the first that does
    /// keeps every image, or an index of which that is true refers to them.
    /// </summary>
    private static HashSet<Digest> Staying(LifecyclePolicy policy, RepositoryContents contents)
    {
        var active = contents
            .Images.Where(image => image.Storage == StorageStatus.Active)
            .ToDictionary(image => image.Id.Digest);
        var staying = contents
            .Images.Where(image => Selecting(policy, image).All(selection => selection.Keeps))
            .Select(image => image.Id.Digest)
            .ToHashSet();
        var next = new Queue<ImageFacts>(active.Values.Where(image => staying.Contains(image.Id.Digest)));
        while (next.TryDequeue(out var image))
        {
            foreach (var child in contents.ChildrenOf(image) ?? [])
            {
                if (active.TryGetValue(child, out var held) && staying.Add(child))
                    next.Enqueue(held);
            }
        }
        return staying;
    }

    /// <summary>
    /// By the rules of the storage class that the image is in, or will be in; by those of both classes where ECR does
    /// not say.
    /// </summary>
    private static IEnumerable<Selection> Selecting(LifecyclePolicy policy, ImageFacts image)
    {
        if (image.Storage != StorageStatus.Archived)
            yield return Selection.Of(policy, image.Tags);
        if (image.Storage is StorageStatus.Archived or StorageStatus.Unknown)
            yield return Selection.Of(policy, image.Tags, StorageClass.Archive);
    }

    /// <summary>
    /// The images at risk now, and shortly after the next sweep. It is not documented for every rule whether the age of
    /// a restored image counts from its push or from its restore, so both are tried.
    /// </summary>
    /// <param name="pushes">The images that may be pushed in between.</param>
    private static IEnumerable<TakenImage> AtRisk(
        LifecyclePolicy policy,
        RepositoryContents contents,
        IReadOnlyList<ImageFacts> pushes,
        IReadOnlyDictionary<Digest, ImageUsage> usages,
        DateTimeOffset now
    )
    {
        IReadOnlyList<RepositoryContents> readings = contents.Images.Any(image => image.LastActivatedAt is not null)
            ?
            [
                contents,
                contents with
                {
                    Images = [.. contents.Images.Select(image => image with { LastActivatedAt = null })],
                },
            ]
            : [contents];
        foreach (var reading in readings)
        {
            foreach (var image in PolicyEffect.Of(policy, reading, usages, shielded: false, now).AtRisk)
                yield return image;
            foreach (
                var image in PolicyEffect
                    .Of(
                        policy,
                        reading with
                        {
                            Images = [.. reading.Images, .. pushes],
                        },
                        usages,
                        shielded: false,
                        now + Ahead
                    )
                    .AtRisk
            )
                yield return image;
        }
    }

    /// <summary>
    /// As many images as were pushed on the busiest of the last days, whenever that day began. They have the same tags,
    /// and digests that no image has.
    /// </summary>
    private static IReadOnlyList<ImageFacts> Pushes(RepositoryContents contents, DateTimeOffset now)
    {
        List<ImageFacts> pushed =
        [
            .. contents
                .Images.Concat(contents.LatelyGone)
                .Where(image => image.Subject is null && now - image.PushedAt < LookBack)
                .OrderBy(image => image.PushedAt),
        ];
        var (from, until) = (0, 0);
        for (int first = 0, last = 0; last < pushed.Count; last++)
        {
            while (pushed[last].PushedAt - pushed[first].PushedAt >= Ahead)
                first++;
            if (last + 1 - first > until - from)
                (from, until) = (first, last + 1);
        }
        return
        [
            .. pushed[from..until]
                .Select(
                    (image, number) =>
                        new ImageFacts
                        {
                            Id = image.Id with { Digest = Digest.Parse($"sha256:{long.MaxValue - number:x64}") },
                            ReadAt = now,
                            Tags = image.Tags,
                            Kind = image.Kind == ImageKind.Index ? ImageKind.Image : image.Kind,
                            Storage = StorageStatus.Active,
                            PushedAt = now.AddSeconds(number + 1),
                        }
                ),
        ];
    }

    private static bool IsPush(TakenImage image, DateTimeOffset now) => image.Image.PushedAt > now;

    private static string Named(List<ImageFacts> images) =>
        Phrase.Some([.. images.Select(image => image.Id.Digest.Abbreviated)], 1);
}
