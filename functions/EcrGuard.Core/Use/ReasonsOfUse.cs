using EcrGuard.Core.Images;

namespace EcrGuard.Core.Use;

/// <summary>One reason why a group of images is in use.</summary>
/// <param name="Group">As <see cref="ImageGroups.Of"/> names it.</param>
/// <param name="Sentence">For people.</param>
/// <param name="By">Null where only a pull says so.</param>
/// <param name="Tag">The tag that the consumer refers to now; null for a reference by digest.</param>
/// <param name="InReserve">Whether it is only kept for rollbacks.</param>
internal sealed record ReasonOfUse(
    Digest Group,
    string Sentence,
    Consumer? By = null,
    string? Tag = null,
    bool InReserve = false
);

/// <summary>Why images are in use: somebody refers to them, or they were pulled.</summary>
internal static class ReasonsOfUse
{
    /// <param name="reasons">All of one group; at least one.</param>
    public static ImageUsage Usage(IEnumerable<ReasonOfUse> reasons)
    {
        var (reserve, now) = (
            reasons.Where(each => each.InReserve).ToList(),
            reasons.Where(each => !each.InReserve).ToList()
        );
        return new ImageUsage(
            UseState.InUse,
            [.. now.Concat(reserve).Select(each => each.Sentence).Distinct()],
            [.. (now.Count > 0 ? now : reserve).Select(each => each.By).OfType<Consumer>().Distinct()]
        )
        {
            SeenNow = now.Count > 0,
            NamedTags = now.Where(each => each.Tag is not null)
                .DistinctBy(each => each.Tag)
                .ToDictionary(each => each.Tag!, each => each.By!.ToString()),
        };
    }

    /// <summary>Each reference of a consumer to an image of the repository.</summary>
    public static IEnumerable<ReasonOfUse> References(
        UsageReading use,
        RepositoryContents contents,
        ImageGroups groups,
        int rollbackDays
    )
    {
        var tagged = contents.ByTag();
        foreach (var reference in use.Uses.Where(each => each.Repository == contents.Repository))
        {
            var digest = reference.Digest ?? (reference.Tag is { } tag ? tagged.GetValueOrDefault(tag) : null);
            if (digest is null || !groups.Holds(digest))
                continue;
            var image = groups.IsAlone(digest) ? "it" : Phrase.Clip(digest.ToString(), 19);
            var inReserve = UseHistory.InReserve(reference, use.ReadAt);
            yield return new ReasonOfUse(
                groups.Of(digest),
                inReserve
                    ? InReserve(reference.By, reference.SeenAt!.Value, rollbackDays)
                    : Refers(reference, image, use.ReadAt),
                reference.By,
                inReserve ? null : reference.Tag,
                inReserve
            );
        }
    }

    private static string Refers(ConsumerReference reference, string image, DateTimeOffset readAt)
    {
        var named = reference.Digest is null ? $"the tag {reference.Tag}" : "its digest";
        return reference.SeenAt switch
        {
            null => $"The {reference.By} refers to {image} by {named}.",
            { } seen when seen >= readAt =>
                $"The {reference.By} was seen to deploy {image} by {named} on {Phrase.Moment(seen)}.",
            { } seen when reference.AbsentSince is null =>
                $"The {reference.By} referred to {image} by {named} until {Phrase.Moment(seen)}, and could not "
                    + "be read since.",
            { } seen => $"The {reference.By} referred to {image} by {named} until {Phrase.Moment(seen)}.",
        };
    }

    private static string InReserve(Consumer by, DateTimeOffset seen, int rollbackDays) =>
        $"It is in use until {Phrase.Moment(seen.AddDays(rollbackDays))} for rollbacks: last seen on "
        + $"{Phrase.Moment(seen)} by the {by}.";

    /// <summary>Each image of the repository whose last pull counts as use.</summary>
    public static IEnumerable<ReasonOfUse> Pulls(
        UsageReading use,
        RepositoryContents contents,
        ImageGroups groups,
        int pulledWithinDays,
        DateTimeOffset now
    )
    {
        var scanned = use.Scanned?.GetValueOrDefault(contents.Repository.Name)?.ToHashSet() ?? [];
        foreach (var image in contents.Images)
        {
            if (Pulled(image, pulledWithinDays, InspectorWouldSee(image), use.Unread, now) is { } sentence)
                yield return new ReasonOfUse(groups.Of(image.Id.Digest), sentence);
        }

        // An artifact runs nowhere. An index is never scanned, but its platforms are, and they were pushed with it.
        bool InspectorWouldSee(ImageFacts image) =>
            image.Kind == ImageKind.Artifact
            || scanned.Contains(image.Id.Digest)
            || contents.ChildrenOf(image)?.Any(scanned.Contains) == true;
    }

    private static string? Pulled(
        ImageFacts image,
        int pulledWithinDays,
        bool inspectorWouldSee,
        IReadOnlyList<UnreadConsumer> unread,
        DateTimeOffset now
    )
    {
        var longer = Math.Max(pulledWithinDays, InUse.DaysWhenUnread);
        if (unread.Count > 0)
            return PulledWithin(longer) ? Sentence(longer, Because(unread))
                : InUse.IsNew(image, now)
                    ? $"It is so new that a pull may not be recorded yet, which counts as use{Because(unread)}."
                : null;
        return PulledWithin(pulledWithinDays) ? Sentence(pulledWithinDays, "")
            : !inspectorWouldSee && PulledWithin(longer)
                ? Sentence(longer, ", because Amazon Inspector is not known to have scanned it and to see it run")
            : null;

        bool PulledWithin(int days) => now - image.LastPulledAt <= TimeSpan.FromDays(days);
        string Sentence(int days, string why) =>
            $"It was pulled on {image.LastPulledAt:yyyy-MM-dd}; a pull within {Phrase.Count(days, "day")} "
            + $"counts as use{why}.";
    }

    private static string Because(IReadOnlyList<UnreadConsumer> unread) =>
        unread is [var first, ..]
            ? $", because {first.What} of account {first.Account} could not be read"
                + (unread.Count > 1 ? $" (and {unread.Count - 1} more)" : "")
            : "";
}
