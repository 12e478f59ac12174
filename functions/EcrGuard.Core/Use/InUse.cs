using EcrGuard.Core.Images;

namespace EcrGuard.Core.Use;

/// <summary>Whether an image is in use. Unknown protects as use does, and is no reason to write a tag.</summary>
public enum UseState
{
    Unknown,
    InUse,
    NotInUse,
}

/// <summary>Whether one image is in use, and why.</summary>
/// <param name="Why">Sentences, the strongest first; empty for an image that is not in use.</param>
/// <param name="By">Who refers to it, to its index or to its children; empty where only a pull says so.</param>
public sealed record ImageUsage(UseState Use, IReadOnlyList<string> Why, IReadOnlyList<Consumer> By)
{
    /// <summary>The tags by which it, its indexes and its children are referred to now, each with who does.</summary>
    public IReadOnlyDictionary<string, string> NamedTags { get; init; } = new Dictionary<string, string>();

    /// <summary>False for what is only in reserve for rollbacks: it was in use, and stays as if it were.</summary>
    public bool SeenNow { get; init; } = true;

    /// <summary>
    /// Whether it is in use at this moment: what is told of running images goes by it, what may go by
    /// <see cref="Use"/>.
    /// </summary>
    public UseState Now => Use == UseState.InUse && !SeenNow ? UseState.NotInUse : Use;

    public static ImageUsage None { get; } = new(UseState.NotInUse, [], []);

    public static ImageUsage Unknown { get; } =
        new(UseState.Unknown, ["What runs is not known: no consumer was read in the last day."], []);

    /// <summary>Of an image of which nothing was said the use is not known.</summary>
    public static ImageUsage Of(IReadOnlyDictionary<Digest, ImageUsage> usages, Digest digest) =>
        usages.GetValueOrDefault(digest) ?? Unknown;
}

/// <summary>
/// Tells which images of a repository are in use. Use of a child is use of its indexes and the reverse, so that
/// everything that hangs together stands or falls together; a signature or SBOM is used with what it speaks about.
/// </summary>
public static class InUse
{
    /// <summary>
    /// Where a consumer could not be read, a pull within this many times 24 hours counts instead of
    /// <c>pulledWithinDays</c>: what runs was pulled once. The same goes for an image that Amazon Inspector has not
    /// scanned, since it alone sees what runs on EKS: when it is turned on it scans only what was pushed in the last 14
    /// days (Inspector user guide, Scanning Amazon ECR container images).
    /// </summary>
    public const int DaysWhenUnread = 180;

    /// <summary>What is not read at all, for those who read a plan or a report.</summary>
    public const string KnownByPullsAlone =
        "AWS Batch, SageMaker, CodeBuild, EventBridge Pipes, Step Functions, regions that the policy does "
        + "not name and clusters outside AWS are never read: what runs only there is known by its pulls.";

    /// <summary>
    /// ECR records a pull "at least once every 24 hours" (ECR API, <c>lastRecordedPullTime</c>), and Amazon Inspector
    /// takes up to 36 hours to map a new image to what runs it (Inspector user guide, Mapping container
    /// images): an image that was pushed or restored within two days may run with nothing to show for it.
    /// </summary>
    public static readonly TimeSpan RecordingDelay = TimeSpan.FromHours(48);

    /// <summary>A reading that is older than this says nothing any more.</summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromHours(26);

    /// <summary>
    /// That nothing refers to an image is believed for this long: something may be deployed at any moment.
    /// </summary>
    public static readonly TimeSpan AbsenceAge = TimeSpan.FromHours(2);

    /// <param name="use">Null where nobody has read any: every image is then <see cref="UseState.Unknown"/>.</param>
    /// <param name="consumers">What the policy says of them.</param>
    /// <param name="absence">
    /// For how long it is believed that nothing refers to an image; null: <see cref="AbsenceAge"/>.
    /// </param>
    public static IReadOnlyDictionary<Digest, ImageUsage> Of(
        UsageReading? use,
        RepositoryContents contents,
        Core.Policy.Consumers consumers,
        DateTimeOffset now,
        TimeSpan? absence = null
    )
    {
        var images = contents.Images;
        if (use is null || now - use.ReadAt > MaxAge)
            return images.ToDictionary(i => i.Id.Digest, _ => ImageUsage.Unknown);

        var groups = new Groups(images);
        var opaque = new List<Digest>();
        foreach (var image in images)
        {
            foreach (var subject in image.SpeaksAbout)
                groups.Join(image.Id.Digest, subject);
            if (!contents.IsIndex(image))
                continue;
            // Its manifest could not be read: whatever may be its child is as unknown as it is used.
            if (contents.ChildrenOf(image) is not { } children)
                opaque.Add(image.Id.Digest);
            else
                foreach (var child in children)
                    groups.Join(image.Id.Digest, child);
        }

        var found = References(use, images, groups, consumers.RollbackDays);
        var scanned = use.Scanned?.GetValueOrDefault(contents.Repository.Name)?.ToHashSet() ?? [];
        foreach (var image in images)
        {
            if (Pulled(image, consumers.PulledWithinDays, WouldBeSeen(image), use.Unread, now) is { } pulled)
                found.Of(groups.RootOf(image.Id.Digest)).Pulled(pulled);
        }

        // An artifact runs nowhere. An index is never scanned, but its platforms are, and they were pushed with it.
        bool WouldBeSeen(ImageFacts image) =>
            image.Kind == ImageKind.Artifact
            || scanned.Contains(image.Id.Digest)
            || contents.ChildrenOf(image)?.Any(scanned.Contains) == true;

        // What belongs to an image makes it no newer; an image that only says so is as new as any.
        var fresh = images
            .Where(image =>
                !(image.Kind == ImageKind.Artifact && image.SpeaksAbout.Any()) && WhileNew(image, now) is not null
            )
            .Select(image => groups.RootOf(image.Id.Digest))
            .ToHashSet();
        var standing = use.Unread.FirstOrDefault(consumer => StandsIdle(consumer.Kind));

        // An index in use whose children nobody knows: any image of the repository may be one.
        var unknownChildren = opaque.Any(index => found.Has(groups.RootOf(index)));
        var old = now - use.ReadAt > (absence ?? AbsenceAge);
        return images.ToDictionary(
            i => i.Id.Digest,
            image =>
                found.Has(groups.RootOf(image.Id.Digest)) ? found.Of(groups.RootOf(image.Id.Digest)).Usage()
                : unknownChildren
                    ? new ImageUsage(
                        UseState.Unknown,
                        ["It may belong to an index in use whose manifest could not be read."],
                        []
                    )
                : opaque.Contains(image.Id.Digest)
                    ? new ImageUsage(
                        UseState.Unknown,
                        ["Its manifest could not be read, so that nobody knows whether its platforms run."],
                        []
                    )
                : old
                    ? new ImageUsage(
                        UseState.Unknown,
                        ["It may have been deployed since it was last read what runs."],
                        []
                    )
                : fresh.Contains(groups.RootOf(image.Id.Digest)) ? New
                : standing is not null
                    ? new ImageUsage(
                        UseState.Unknown,
                        [
                            $"Whether it belongs to {standing.What} of account {standing.Account} is not "
                                + "known: they could not be read.",
                        ],
                        []
                    )
                : ImageUsage.None
        );
    }

    /// <summary>
    /// That the use of an image is not known as long as it is new, whatever else is; null for one that is not.
    /// </summary>
    public static ImageUsage? WhileNew(ImageFacts image, DateTimeOffset now) =>
        Within(image.PushedAt, RecordingDelay, now) || Within(image.LastActivatedAt, RecordingDelay, now) ? New : null;

    private static ImageUsage New { get; } =
        new(
            UseState.Unknown,
            [
                "It, or what belongs to it, was pushed or restored so lately that what runs it need not be "
                    + $"known yet: that takes up to {RecordingDelay.TotalHours} hours.",
            ],
            []
        );

    /// <summary>
    /// Whether such a consumer refers to images that it need not run: what does not run is not pulled, and may be older
    /// than any pull. One kind of all is every kind.
    /// </summary>
    private static bool StandsIdle(ConsumerKind? kind) =>
        kind is not (ConsumerKind.EcsTask or ConsumerKind.AppRunnerService or ConsumerKind.Workload);

    private static Found References(UsageReading use, IReadOnlyList<ImageFacts> images, Groups groups, int rollbackDays)
    {
        var found = new Found();
        if (images.Count == 0)
            return found;
        var byTag = new Dictionary<string, Digest>(StringComparer.Ordinal);
        foreach (var image in images)
        foreach (var tag in image.Tags)
            byTag[tag] = image.Id.Digest;
        var repository = images[0].Id.Repository;
        foreach (var reference in use.Uses.Where(u => u.Repository == repository))
        {
            var digest = reference.Digest ?? (reference.Tag is { } tag ? byTag.GetValueOrDefault(tag) : null);
            if (digest is null || !groups.Holds(digest))
                continue;
            var named = reference.Digest is null ? $"the tag {reference.Tag}" : "its digest";
            var image = groups.IsAlone(digest) ? "it" : Phrase.Clip(digest.ToString(), 19);
            var reasons = found.Of(groups.RootOf(digest));
            if (reference.Tag is { } name && !UseHistory.InReserve(reference, use.ReadAt))
                reasons.Names(name, reference.By);
            if (reference.SeenAt is not { } seen)
                Add($"The {reference.By} refers to {image} by {named}.");
            else if (seen >= use.ReadAt)
                Add($"The {reference.By} was seen to deploy {image} by {named} on {Moment(seen)}.");
            else if (UseHistory.InReserve(reference, use.ReadAt))
                reasons.Reserve(reference.By, Reserved(reference.By, seen, rollbackDays));
            else if (reference.AbsentSince is null)
                Add(
                    $"The {reference.By} referred to {image} by {named} until {Moment(seen)}, and could not "
                        + "be read since."
                );
            else
                Add($"The {reference.By} referred to {image} by {named} until {Moment(seen)}.");

            void Add(string sentence) => reasons.Add(reference.By, sentence);
        }
        return found;
    }

    private static string Reserved(Consumer by, DateTimeOffset seen, int rollbackDays) =>
        $"It is in use until {Moment(seen.AddDays(rollbackDays))} for rollbacks: last seen on {Moment(seen)} "
        + $"by the {by}.";

    private static string Moment(DateTimeOffset at) => $"{at.UtcDateTime:yyyy-MM-dd HH:mm} UTC";

    private static string? Pulled(
        ImageFacts image,
        int pulledWithinDays,
        bool wouldBeSeen,
        IReadOnlyList<UnreadConsumer> unread,
        DateTimeOffset now
    )
    {
        var longer = Math.Max(pulledWithinDays, DaysWhenUnread);
        if (unread.Count > 0)
            return PulledWithin(longer) ? Sentence(longer, Because(unread))
                : WhileNew(image, now) is not null
                    ? $"It is so new that a pull may not be recorded yet, which counts as use{Because(unread)}."
                : null;
        return PulledWithin(pulledWithinDays) ? Sentence(pulledWithinDays, "")
            : !wouldBeSeen && PulledWithin(longer)
                ? Sentence(longer, ", because Amazon Inspector is not known to have scanned it and to see it run")
            : null;

        bool PulledWithin(int days) => Within(image.LastPulledAt, TimeSpan.FromDays(days), now);
        string Sentence(int days, string why) =>
            $"It was pulled on {image.LastPulledAt:yyyy-MM-dd}; a pull within {Phrase.Count(days, "day")} "
            + $"counts as use{why}.";
    }

    private static bool Within(DateTimeOffset? time, TimeSpan age, DateTimeOffset now) =>
        time is { } at && now - at <= age;

    private static string Because(IReadOnlyList<UnreadConsumer> unread) =>
        unread is [var first, ..]
            ? $", because {first.What} of account {first.Account} could not be read"
                + (unread.Count > 1 ? $" (and {unread.Count - 1} more)" : "")
            : "";

    /// <summary>
    /// Images that hang together: an index, its children, and what speaks about them. The manifests of a repository
    /// form few and small groups.
    /// </summary>
    private sealed class Groups(IReadOnlyList<ImageFacts> images)
    {
        private readonly Dictionary<Digest, Digest> parents = images.ToDictionary(i => i.Id.Digest, i => i.Id.Digest);
        private readonly HashSet<Digest> joined = [];

        public bool Holds(Digest digest) => parents.ContainsKey(digest);

        public bool IsAlone(Digest digest) => !joined.Contains(digest);

        public Digest RootOf(Digest digest)
        {
            while (parents[digest] != digest)
                digest = parents[digest] = parents[parents[digest]];
            return digest;
        }

        public void Join(Digest one, Digest other)
        {
            // A child that is not in the repository links nothing: its other indexes do not hang on this one.
            if (!Holds(one) || !Holds(other))
                return;
            joined.Add(one);
            joined.Add(other);
            parents[RootOf(one)] = RootOf(other);
        }
    }

    private sealed class Found
    {
        private readonly Dictionary<Digest, Reasons> byRoot = [];

        public bool Has(Digest root) => byRoot.ContainsKey(root);

        public Reasons Of(Digest root) =>
            byRoot.TryGetValue(root, out var reasons) ? reasons : byRoot[root] = new Reasons();
    }

    private sealed class Reasons
    {
        private readonly List<string> why = [],
            reserve = [];
        private readonly List<Consumer> by = [],
            before = [];
        private readonly Dictionary<string, string> named = [];

        public void Names(string tag, Consumer consumer) => named.TryAdd(tag, consumer.ToString());

        public void Pulled(string sentence) => why.Add(sentence);

        public void Add(Consumer consumer, string sentence) => Add(by, why, consumer, sentence);

        public void Reserve(Consumer consumer, string sentence) => Add(before, reserve, consumer, sentence);

        public ImageUsage Usage() =>
            new(UseState.InUse, [.. why, .. reserve], why.Count > 0 ? by : before)
            {
                SeenNow = why.Count > 0,
                NamedTags = named,
            };

        private static void Add(List<Consumer> consumers, List<string> sentences, Consumer consumer, string sentence)
        {
            if (!consumers.Contains(consumer))
                consumers.Add(consumer);
            if (!sentences.Contains(sentence))
                sentences.Add(sentence);
        }
    }
}
