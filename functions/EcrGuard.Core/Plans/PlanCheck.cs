using System.Globalization;
using EcrGuard.Core.Images;
using EcrGuard.Core.Lifecycle;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Use;

namespace EcrGuard.Core.Plans;

/// <summary>An image that a plan names, and that stays.</summary>
/// <param name="Why">What has changed since, a sentence.</param>
public sealed record Superseded(PlannedImage Image, string Why);

/// <summary>The part of a removal that may still be done.</summary>
/// <param name="Exact">The images that are as the plan says, in its order.</param>
public sealed record CheckedRemoval(IReadOnlyList<PlannedImage> Exact, IReadOnlyList<Superseded> Superseded);

/// <summary>Decides just before acting whether the facts are still those of the plan.</summary>
public static class PlanCheck
{
    /// <summary>Checks a policy to be put.</summary>
    /// <returns>Why it must not be put any more, a sentence; null where it may.</returns>
    public static string? WhyNot(PutPolicy item, string? present) =>
        HashOf(present) == item.Replaces ? null
        : present is null ? "The repository has no lifecycle policy any more; the plan was made to replace one."
        : item.Replaces is null
            ? "Somebody has put a lifecycle policy on the repository since; the plan was made for one without."
        : "The repository has another lifecycle policy than the one that the plan was made to replace.";

    /// <summary>
    /// The value of <see cref="PutPolicy.Replaces"/>: the same for every text that means the same.
    /// </summary>
    public static string? HashOf(string? policy) =>
        LifecyclePolicy.Meaning(policy) is { } meaning
            ? PolicyReader.VersionOf(System.Text.Encoding.UTF8.GetBytes(meaning))
            : null;

    /// <summary>
    /// Checks images to be deleted or archived: first each by itself, then whether an image that stays needs it. A
    /// child goes only with every index that refers to it, a signature only with its subject.
    /// </summary>
    /// <param name="plannedAt">When the plan's facts had been read.</param>
    public static CheckedRemoval Of(Removal removal, DateTimeOffset plannedAt, RepositoryView view)
    {
        var there = view.Contents.Images.ToDictionary(image => image.Id.Digest);
        var why = new Dictionary<Digest, string>();
        foreach (var planned in removal.Images)
        {
            if (WhyNot(planned, removal.Kind, plannedAt, there.GetValueOrDefault(planned.Digest), view) is { } reason)
                why[planned.Digest] = reason;
        }
        var going = removal.Images.Select(image => image.Digest).Where(digest => !why.ContainsKey(digest)).ToHashSet();
        // An image that stays holds others in turn.
        while (Held(removal.Kind, going, view, there) is { Count: > 0 } held)
        {
            foreach (var (digest, reason) in held)
            {
                why.TryAdd(digest, reason);
                going.Remove(digest);
            }
        }
        return new CheckedRemoval(
            [.. removal.Images.Where(image => going.Contains(image.Digest))],
            [
                .. removal
                    .Images.Where(image => !going.Contains(image.Digest))
                    .Select(image => new Superseded(image, why[image.Digest])),
            ]
        );
    }

    private static string? WhyNot(
        PlannedImage planned,
        RemovalKind kind,
        DateTimeOffset plannedAt,
        ImageFacts? image,
        RepositoryView view
    )
    {
        if (image is null)
            return "It is gone.";
        if (image.Kind == ImageKind.Unknown)
            return "What it is cannot be told from its media type; such are never touched.";
        if (view.Quarantined.Contains(image.Id.Digest))
            return "EcrGuard has taken it out of reach, and puts it back when nothing blocks it any more: until "
                + "then it stays as it is.";
        if (!image.Tags.ToHashSet().SetEquals(planned.Tags))
            return $"It carries {Listed(image.Tags)}; when the plan was made it carried {Listed(planned.Tags)}.";
        if (image.PushedAt != planned.PushedAt)
            return $"It was pushed {At(image.PushedAt)}, and not {At(planned.PushedAt)} as when the plan was "
                + $"made{(image.PushedAt is null ? "" : ": it is there for the second time")}.";
        if (image.LastPulledAt > plannedAt)
            return $"It was pulled {At(image.LastPulledAt)}, after the plan was made.";
        if (image.LastActivatedAt > plannedAt)
            return $"It was restored from the archive {At(image.LastActivatedAt)}, after the plan was made.";
        var storage = (image.Storage, kind) switch
        {
            (StorageStatus.Active, _) or (StorageStatus.Archived, RemovalKind.Delete) => null,
            (StorageStatus.Archived, RemovalKind.Archive) => "It is archived already.",
            (StorageStatus.Activating, _) => "It is being restored from the archive.",
            (StorageStatus.Unknown, _) => "ECR does not say whether it is archived.",
        };
        var usage = view.UsageOf(image.Id.Digest);
        return storage
            ?? usage.Use switch
            {
                UseState.NotInUse => null,
                UseState.InUse => usage.Explain("It is in use."),
                UseState.Unknown => usage.Explain("Whether it is in use is not known."),
            };
    }

    /// <summary>
    /// Of the images that are to go, those that an image that stays still needs. Of several such images the first by
    /// digest is named.
    /// </summary>
    private static List<(Digest Digest, string Why)> Held(
        RemovalKind kind,
        HashSet<Digest> going,
        RepositoryView view,
        Dictionary<Digest, ImageFacts> there
    )
    {
        return going.Count == 0
            ? []
            : [.. HeldByIndexes(going, view.Contents, Holds), .. HeldBySubjects(going, there, Holds)];

        // An archived image needs nothing that can be pulled. If it is restored, it needs all that it had, and what
        // EcrGuard has archived, it will restore.
        bool Holds(ImageFacts holder) =>
            !going.Contains(holder.Id.Digest)
            && (
                kind != RemovalKind.Archive
                || holder.Storage != StorageStatus.Archived
                || view.Quarantined.Contains(holder.Id.Digest)
            );
    }

    private static IEnumerable<(Digest Digest, string Why)> HeldByIndexes(
        HashSet<Digest> going,
        RepositoryContents contents,
        Func<ImageFacts, bool> holds
    ) =>
        contents
            .Images.Where(image => contents.IsIndex(image) && holds(image))
            .OrderBy(image => image.Id.Digest)
            .SelectMany(index =>
                contents.ChildrenOf(index) is { } children
                    ? children
                        .Where(going.Contains)
                        .Select(child => (child, $"The index {index.Id.Digest} refers to it and stays."))
                    : contents
                        .Images.Where(image => going.Contains(image.Id.Digest) && !contents.IsIndex(image))
                        .Select(image =>
                            (
                                image.Id.Digest,
                                $"It may belong to the index {index.Id.Digest}, which stays and whose manifest could "
                                    + "not be read."
                            )
                        )
            );

    private static IEnumerable<(Digest Digest, string Why)> HeldBySubjects(
        HashSet<Digest> going,
        Dictionary<Digest, ImageFacts> there,
        Func<ImageFacts, bool> holds
    ) =>
        from digest in going
        let subject = there[digest]
            .SpeaksAbout.FirstOrDefault(about => there.TryGetValue(about, out var stays) && holds(stays))
        where subject is not null
        select (digest, $"It belongs to {subject}, which stays.");

    private static string Listed(IReadOnlyList<string> tags) =>
        tags.Count switch
        {
            0 => "no tag",
            1 => $"the tag {Phrase.Clip(tags[0], 80)}",
            _ => "the tags "
                + Phrase.Some([.. tags.Order(StringComparer.Ordinal).Select(tag => Phrase.Clip(tag, 80))], 5),
        };

    private static string At(DateTimeOffset? time) =>
        time is { } at
            ? string.Create(CultureInfo.InvariantCulture, $"at {at.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z")
            : "at a time that ECR does not give";
}
