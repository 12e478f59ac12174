using EcrGuard.Core.Images;

namespace EcrGuard.Core.Use;

/// <summary>
/// What one reading of the consumers passes on to the next, so that no single reading takes away an image's protection.
/// A reference stays while its consumer cannot be read, and until two daily readings in a row did not see it. After
/// that it stays in reserve for rollbacks, for as many days as the policy says: it counts as use, but not as running. A
/// reference by tag means the image that has the tag. If AWS tells the digest that a consumer resolved the tag to
/// (tasks, service revisions, functions, Inspector), that digest is a reference of its own and stays as long: an image
/// that was seen to run stays protected when its tag moves on.
/// </summary>
public static class UseHistory
{
    /// <summary>A reference counts for at least this long after it was last seen.</summary>
    public static readonly TimeSpan Kept = TimeSpan.FromHours(48);

    /// <summary>
    /// The least time between two readings that do not see a reference: a day, less what the start of a sweep varies.
    /// What happened before, such as a night without a sweep, does not matter.
    /// </summary>
    public static readonly TimeSpan BetweenReadings = TimeSpan.FromHours(22);

    /// <summary>
    /// A reading, with the references of earlier ones that still count. Its own references come first, unchanged.
    /// </summary>
    /// <param name="before">What this method returned last; null for the first reading.</param>
    /// <param name="rollbackDays">The policy's <c>consumers.rollbackDays</c>.</param>
    public static UsageReading Carry(UsageReading? before, UsageReading read, int rollbackDays)
    {
        if (before is null)
            return read;
        var earlier = before.Uses.Select(use => use with { SeenAt = use.SeenAt ?? before.ReadAt });
        var carried = earlier
            .Select(use => Carried(use, read, before.ReadAt, rollbackDays))
            .OfType<ConsumerReference>()
            .ToLookup(use => InReserve(use, read.ReadAt));
        // Tasks come and go by the thousand: of all that are in reserve for an image, the last one seen says when the
        // reserve ends.
        var reserve = carried[true]
            .GroupBy(use => (use.Repository, use.Tag, use.Digest))
            .Select(same => same.MaxBy(use => use.SeenAt)!);
        return With(read, carried[false].Concat(reserve));
    }

    /// <summary>
    /// A reading, with deployments that it did not see, since it or before it. A reading has limits and may miss a
    /// deployment: its age still counts from when it was deployed.
    /// </summary>
    /// <param name="deployments">As they are recorded, each with its time.</param>
    /// <returns>Null where nothing was read: deployments alone say nothing about the other images.</returns>
    public static UsageReading? Join(UsageReading? read, IEnumerable<ConsumerReference> deployments, int rollbackDays)
    {
        return read is null ? null : With(read, deployments.Select(Joined));

        ConsumerReference? Joined(ConsumerReference use) =>
            use.SeenAt >= read.ReadAt
                ? use
                : Carried(use with { AbsentSince = use.SeenAt }, read, read.ReadAt, rollbackDays);
    }

    /// <summary>
    /// The references of a reading that name only a tag, each with the digest that the tag means in the repository now.
    /// </summary>
    public static IEnumerable<ConsumerReference> Meant(UsageReading read, RepositoryContents contents)
    {
        var byTag = contents.ByTag();
        return read
            .Uses.Where(use =>
                use is { SeenAt: null, Digest: null, Tag: not null } && use.Repository == contents.Repository
            )
            .Where(use => byTag.ContainsKey(use.Tag!))
            .Select(use => use with { Digest = byTag[use.Tag!] })
            .DistinctBy(use => (use.By, use.Digest));
    }

    /// <summary>
    /// Whether the repository holds every image that is referred to now. Images in reserve may be gone.
    /// </summary>
    public static bool IsThere(UsageReading read, RepositoryContents contents)
    {
        var digests = contents.Images.Select(image => image.Id.Digest).ToHashSet();
        var tags = contents.Images.SelectMany(image => image.Tags).ToHashSet(StringComparer.Ordinal);
        return read
            .Uses.Where(use => use.Repository == contents.Repository && !InReserve(use, read.ReadAt))
            .All(use => use.Digest is { } digest ? digests.Contains(digest) : use.Tag is { } tag && tags.Contains(tag));
    }

    /// <summary>The digests that are referred to and no longer in the repository.</summary>
    public static IReadOnlyList<Digest> Gone(UsageReading read, RepositoryContents contents)
    {
        var there = contents.Images.Select(image => image.Id.Digest).ToHashSet();
        return
        [
            .. read
                .Uses.Where(use => use.Repository == contents.Repository)
                .Select(use => use.Digest)
                .OfType<Digest>()
                .Distinct()
                .Where(digest => !there.Contains(digest)),
        ];
    }

    /// <summary>
    /// A reading, with the platforms of indexes that are gone. A consumer of an index still runs when its team deletes
    /// the index. Its reference then means the images that the index listed.
    /// </summary>
    /// <param name="platforms">The children of each index.</param>
    public static UsageReading WithPlatforms(
        UsageReading read,
        IReadOnlyDictionary<Digest, IReadOnlyList<Digest>> platforms
    ) =>
        platforms.Count == 0
            ? read
            : read with
            {
                Uses = [.. read.Uses, .. read.Uses.SelectMany(use => OfPlatforms(use, platforms))],
            };

    /// <summary>
    /// The images that were children of an index that has just gone, and are in use, each with the newest reference.
    /// Whoever ran the index runs its platforms.
    /// </summary>
    /// <param name="known">What is known to run.</param>
    /// <param name="platforms">The children of the index, and of each index among them.</param>
    public static IReadOnlyList<ConsumerReference> LeftBy(
        ImageId index,
        UsageReading known,
        IReadOnlyDictionary<Digest, IReadOnlyList<Digest>> platforms
    )
    {
        var held = platforms.Values.SelectMany(children => children).ToHashSet();
        var uses = known
            .Uses.Where(use => use.Repository == index.Repository)
            .Select(use => use with { SeenAt = use.SeenAt ?? known.ReadAt })
            .ToList();
        return
        [
            .. uses.Concat(uses.SelectMany(use => OfPlatforms(use, platforms)))
                .Where(use => use.Digest is { } digest && held.Contains(digest))
                .GroupBy(use => use.Digest)
                .Select(same => same.MaxBy(use => use.SeenAt)!),
        ];
    }

    /// <summary>A reference to an index as references to its children, at any depth.</summary>
    private static IEnumerable<ConsumerReference> OfPlatforms(
        ConsumerReference use,
        IReadOnlyDictionary<Digest, IReadOnlyList<Digest>> platforms
    )
    {
        var met = new HashSet<Digest>();
        var open = new Queue<Digest>();
        Enter(use.Digest);
        while (open.TryDequeue(out var digest))
        {
            yield return use with
            {
                Tag = null,
                Digest = digest,
            };
            Enter(digest);
        }

        void Enter(Digest? index)
        {
            if (index is null || !platforms.TryGetValue(index, out var children))
                return;
            foreach (var child in children.Where(met.Add))
                open.Enqueue(child);
        }
    }

    /// <summary>
    /// Whether a reference by tag means an image that is recorded already, so that one of the two is enough.
    /// </summary>
    public static Func<ConsumerReference, bool> IsMeant(UsageReading? read, RepositoryContents contents)
    {
        var meant = read is null ? [] : Meant(read, contents).Select(use => (use.By, use.Digest)).ToHashSet();
        return recorded => meant.Contains((recorded.By, recorded.Digest));
    }

    /// <summary>Whether the image was recorded so lately that it need not be recorded again.</summary>
    public static bool IsRecorded(ConsumerReference recorded, ConsumerReference meant, DateTimeOffset readAt) =>
        recorded.By == meant.By && recorded.Digest == meant.Digest && readAt - recorded.SeenAt < BetweenReadings;

    /// <summary>
    /// Whether a reference is only in reserve: two readings in a row did not see it, though they could have.
    /// </summary>
    internal static bool InReserve(ConsumerReference use, DateTimeOffset readAt) =>
        use is { SeenAt: { } seenAt, AbsentSince: { } absentSince } && IsOver(readAt, seenAt, absentSince, Kept);

    private static UsageReading With(UsageReading read, IEnumerable<ConsumerReference?> uses)
    {
        // What the reading saw itself is the newest.
        var seen = read
            .Uses.GroupBy(Itself)
            .ToDictionary(same => same.Key, same => same.Max(use => use.SeenAt ?? DateTimeOffset.MaxValue));
        var newer = uses.OfType<ConsumerReference>()
            .Where(use => !seen.TryGetValue(Itself(use), out var at) || use.SeenAt > at);
        return read with { Uses = [.. read.Uses, .. newer] };
    }

    /// <summary>Null for a reference that has been gone for long enough.</summary>
    /// <param name="before">When the last reading before this one began.</param>
    private static ConsumerReference? Carried(
        ConsumerReference use,
        UsageReading read,
        DateTimeOffset before,
        int rollbackDays
    )
    {
        // A reference in reserve does not become current because nobody could look.
        if (read.Unread.Any(consumer => Hides(consumer, use)))
            return InReserve(use, before) ? use : use with { AbsentSince = null };
        var absentSince = use.AbsentSince ?? read.ReadAt;
        var reserve = TimeSpan.FromDays(rollbackDays);
        return IsOver(read.ReadAt, use.SeenAt!.Value, absentSince, reserve > Kept ? reserve : Kept)
            ? null
            : use with
            {
                AbsentSince = absentSince,
            };
    }

    private static bool IsOver(
        DateTimeOffset readAt,
        DateTimeOffset seenAt,
        DateTimeOffset absentSince,
        TimeSpan kept
    ) => readAt - seenAt >= kept && readAt - absentSince >= BetweenReadings;

    private static bool Hides(UnreadConsumer consumer, ConsumerReference use)
    {
        // arn:partition:service:region:account:resource. Inspector gives no ARNs: it is asked about this registry, in
        // its account and region.
        var (region, account) = use.By.Name.Split(':', 6) is ["arn", _, _, var of, var owner, _]
            ? (of, owner)
            : (use.Repository.Region, use.Repository.Account);
        return consumer.Account == account
            && (consumer.Kind is null || consumer.Kind == use.By.Kind)
            && (consumer.Region is null || consumer.Region == region)
            && consumer.But?.Split(' ').Any(glob => Glob.Parse(glob).Matches(use.Repository.Name)) != true;
    }

    private static ConsumerReference Itself(ConsumerReference use) => use with { SeenAt = null, AbsentSince = null };
}
