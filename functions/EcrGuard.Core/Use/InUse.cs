using EcrGuard.Core.Images;

namespace EcrGuard.Core.Use;

/// <summary>
/// Tells which images of a repository are in use. If one image of a group is used, all of it are: an index with its
/// children, and signatures and SBOMs with the image that they speak about.
/// </summary>
public static class InUse
{
    /// <summary>
    /// Where a consumer could not be read, a pull within this many times 24 hours counts instead of
    /// <c>pulledWithinDays</c>: what runs was pulled once. The same holds for an image that Amazon Inspector has not
    /// scanned, since only Inspector sees what runs on EKS. When it is turned on, it scans only what was pushed in the
    /// last 14 days (Inspector user guide, Scanning Amazon ECR container images).
    /// </summary>
    public const int DaysWhenUnread = 180;

    /// <summary>What is not read at all, for the readers of a plan or a report.</summary>
    public const string KnownByPullsAlone =
        "AWS Batch, SageMaker, CodeBuild, EventBridge Pipes, Step Functions, regions that the policy does "
        + "not name and clusters outside AWS are never read: what runs only there is known by its pulls.";

    /// <summary>
    /// How long an image is new after it was pushed or restored: it may run with nothing to show for it. ECR records a
    /// pull "at least once every 24 hours" (ECR API, <c>lastRecordedPullTime</c>), and Amazon Inspector takes up to 36
    /// hours to map a new image to what runs it (Inspector user guide, Mapping container images).
    /// </summary>
    public static readonly TimeSpan RecordingDelay = TimeSpan.FromHours(48);

    /// <summary>An older reading says nothing any more.</summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromHours(26);

    /// <summary>
    /// How long EcrGuard believes a reading in which nothing refers to an image: something may be deployed at any
    /// moment.
    /// </summary>
    public static readonly TimeSpan AbsenceAge = TimeSpan.FromHours(2);

    /// <param name="use">Null where nobody has read any: every image is then <see cref="UseState.Unknown"/>.</param>
    /// <param name="consumers">What the policy says of them.</param>
    /// <param name="absence">Null: <see cref="AbsenceAge"/>.</param>
    public static IReadOnlyDictionary<Digest, ImageUsage> Of(
        UsageReading? use,
        RepositoryContents contents,
        Core.Policy.Consumers consumers,
        DateTimeOffset now,
        TimeSpan? absence = null
    )
    {
        if (use is null || now - use.ReadAt > MaxAge)
            return contents.Images.ToDictionary(image => image.Id.Digest, _ => ImageUsage.Unknown);

        var groups = new ImageGroups(contents);
        var used = ReasonsOfUse
            .References(use, contents, groups, consumers.RollbackDays)
            .Concat(ReasonsOfUse.Pulls(use, contents, groups, consumers.PulledWithinDays, now))
            .GroupBy(reason => reason.Group)
            .ToDictionary(same => same.Key, ReasonsOfUse.Usage);
        var newGroups = NewGroups(contents, groups, now);
        var unreadable = contents
            .Images.Where(image => contents.ChildrenOf(image) is null)
            .Select(image => image.Id.Digest)
            .ToHashSet();
        // Any image of the repository may be a child of such an index.
        var childrenUnknown = unreadable.Any(index => used.ContainsKey(groups.Of(index)));
        var absenceIsOld = now - use.ReadAt > (absence ?? AbsenceAge);
        var idle = use.Unread.FirstOrDefault(consumer => MayStandIdle(consumer.Kind));
        return contents.Images.ToDictionary(image => image.Id.Digest, UsageOf);

        ImageUsage UsageOf(ImageFacts image)
        {
            var group = groups.Of(image.Id.Digest);
            return used.TryGetValue(group, out var usage) ? usage
                : childrenUnknown ? MayBelongToIndex
                : unreadable.Contains(image.Id.Digest) ? ChildrenUnknown
                : absenceIsOld ? MayBeDeployedSince
                : newGroups.Contains(group) ? New
                : idle is not null ? MayBelongTo(idle)
                : ImageUsage.None;
        }
    }

    /// <summary>
    /// The use of a new image is not known, whatever else is known; null for an image that is not new.
    /// </summary>
    public static ImageUsage? WhileNew(ImageFacts image, DateTimeOffset now) => IsNew(image, now) ? New : null;

    internal static bool IsNew(ImageFacts image, DateTimeOffset now) =>
        now - image.PushedAt <= RecordingDelay || now - image.LastActivatedAt <= RecordingDelay;

    /// <summary>An artifact makes the image that it speaks about no newer.</summary>
    private static HashSet<Digest> NewGroups(RepositoryContents contents, ImageGroups groups, DateTimeOffset now) =>
        contents
            .Images.Where(image => !(image.Kind == ImageKind.Artifact && image.SpeaksAbout.Any()) && IsNew(image, now))
            .Select(image => groups.Of(image.Id.Digest))
            .ToHashSet();

    /// <summary>
    /// Whether such a consumer may refer to an image without running it. Then the image is not pulled, and may be older
    /// than any pull. Null means every kind.
    /// </summary>
    private static bool MayStandIdle(ConsumerKind? kind) =>
        kind is not (ConsumerKind.EcsTask or ConsumerKind.AppRunnerService or ConsumerKind.Workload);

    private static ImageUsage MayBelongToIndex { get; } =
        ImageUsage.NotKnown("It may belong to an index in use whose manifest could not be read.");

    private static ImageUsage ChildrenUnknown { get; } =
        ImageUsage.NotKnown("Its manifest could not be read, so that nobody knows whether its platforms run.");

    private static ImageUsage MayBeDeployedSince { get; } =
        ImageUsage.NotKnown("It may have been deployed since it was last read what runs.");

    private static ImageUsage New { get; } =
        ImageUsage.NotKnown(
            "It, or what belongs to it, was pushed or restored recently. What runs it may not be visible yet: that "
                + $"takes up to {RecordingDelay.TotalHours} hours."
        );

    private static ImageUsage MayBelongTo(UnreadConsumer idle) =>
        ImageUsage.NotKnown(
            $"Whether it belongs to {idle.What} of account {idle.Account} is not known: they could not be read."
        );
}
