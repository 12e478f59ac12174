namespace EcrGuard.LocalAws;

/// <summary>
/// How a <see cref="LocalAwsServer"/> behaves. Where AWS does not document its behaviour there is a choice, and the
/// product must survive each.
/// </summary>
public sealed record LocalAwsOptions
{
    /// <summary>The loopback port; 0 takes a free one.</summary>
    public int Port { get; init; }

    /// <summary>Twelve digits: the account that owns everything here.</summary>
    public string AccountId { get; init; } = "123456789012";

    public string Region { get; init; } = "eu-central-1";

    /// <summary>
    /// The clock of every service: push times, scan times, expiry, rates, the times in the request log.
    /// </summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Calls a second that ECR grants before it throttles; null grants everything.</summary>
    public EcrRates? EcrRates { get; init; }

    /// <summary>
    /// Calls a second that Inspector grants for each operation before it throttles; null grants everything. Not
    /// published.
    /// </summary>
    public double? InspectorRate { get; init; }

    /// <summary>Whether BatchGetImage alone moves an image's <c>lastRecordedPullTime</c>. Undocumented.</summary>
    public bool BatchGetImageRecordsPull { get; init; } = true;

    /// <summary>
    /// What an immutable repository answers when an image is pushed under a tag that it already has. Both were seen.
    /// </summary>
    public SameTagAnswer SameTagOnImmutable { get; init; } = SameTagAnswer.ImageTagAlreadyExists;

    /// <summary>
    /// Which event the push of a referrer (signature, SBOM, attestation with a subject) sends. Undocumented.
    /// </summary>
    public ReferrerPushEvent ReferrerPush { get; init; } = ReferrerPushEvent.ImageAction;

    /// <summary>
    /// Whether DescribeImages with <c>imageIds</c> and no status filter finds archived images. Undocumented; a listing
    /// does not.
    /// </summary>
    public bool ArchivedImagesAreFoundById { get; init; } = true;

    /// <summary>
    /// The failure code of BatchGetImage for an archived image, which the registry answers with 404. Undocumented.
    /// </summary>
    public ArchivedImagePull ArchivedImagePull { get; init; } = ArchivedImagePull.ImageNotFound;

    /// <summary>
    /// Whether PutImage refuses a manifest whose config is of a media type that is neither an image's nor a chart's.
    /// Refusals of artifacts were reported from some regions; undocumented.
    /// </summary>
    public bool RefusesUnknownConfigs { get; init; }

    /// <summary>
    /// How long the restore of an archived image takes, as up to 20 minutes in AWS: until then it is ACTIVATING and
    /// cannot be pulled.
    /// </summary>
    public TimeSpan RestoreTakes { get; init; }

    /// <summary>
    /// Whether UpdateImageStorageClass archives a child of an index that is not archived. Undocumented; a lifecycle
    /// policy does not.
    /// </summary>
    public bool ChildrenCanBeArchived { get; init; }

    /// <summary>How the documentation of lifecycle policies is read where it is silent.</summary>
    public LifecycleReading Lifecycle { get; init; } = new();

    /// <summary>Whether what a lifecycle policy expires or archives sends events. Undocumented.</summary>
    public bool LifecycleSendsEvents { get; init; }

    /// <summary>How often a preview of a lifecycle policy is IN_PROGRESS before it ends.</summary>
    public int LifecyclePreviewPolls { get; init; } = 1;

    /// <summary>
    /// How previews of lifecycle policies end: COMPLETE, FAILED or EXPIRED; the last two without results.
    /// </summary>
    public string LifecyclePreviewEnd { get; init; } = "COMPLETE";

    /// <summary>
    /// Whether a preview of a lifecycle policy shows the referrers that go with their subject. Undocumented.
    /// </summary>
    public bool PreviewShowsReferrers { get; init; } = true;

    /// <summary>
    /// Whether DynamoDB still returns items whose time to live has passed. AWS deletes them within days; both are
    /// right.
    /// </summary>
    public bool ExpiredItemsAreReturned { get; init; } = true;

    /// <summary>
    /// Whether a trail exists: EventBridge then gets the calls of Lambda and ECS that change something.
    /// </summary>
    public bool Trail { get; init; }

    /// <summary>
    /// Whether the first page of every listing is empty and followed by another, as filtered listings of AWS may be.
    /// </summary>
    public bool EmptyPages { get; init; }
}

/// <summary>
/// Rates of ECR in calls a second, account-wide, as token buckets that hold one second's worth. PutImage's and
/// BatchGetImage's are published (https://docs.aws.amazon.com/AmazonECR/latest/userguide/service-quotas.html); the
/// others' are not.
/// </summary>
public sealed record EcrRates
{
    public double PutImage { get; init; } = 10;

    public double BatchGetImage { get; init; } = 2_000;

    /// <summary>For every other operation, each with a bucket of its own.</summary>
    public double Others { get; init; } = 100;

    internal double Of(string operation) =>
        operation switch
        {
            "PutImage" => PutImage,
            "BatchGetImage" => BatchGetImage,
            _ => Others,
        };
}

/// <summary>The two answers to a push of what is already there, on an immutable repository.</summary>
public enum SameTagAnswer
{
    ImageTagAlreadyExists,
    ImageAlreadyExists,
}

/// <summary>The events that the push of a referrer may send.</summary>
public enum ReferrerPushEvent
{
    ImageAction,
    ReferrerAction,
    Both,
    None,
}

/// <summary>The failure codes that a pull of an archived image may get.</summary>
public enum ArchivedImagePull
{
    ImageNotFound,
    ImageInaccessible,
}

/// <summary>
/// One reading of https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html where it is silent. The
/// defaults are the likelier ones.
/// </summary>
public sealed record LifecycleReading
{
    /// <summary>
    /// Whether rules select the children of an index, which then occupy places in a count. They never go before their
    /// index.
    /// </summary>
    public bool SelectsChildren { get; init; } = true;

    /// <summary>
    /// Whether rules select referrers, which then occupy places in a count and go without their subject too.
    /// </summary>
    public bool SelectsReferrers { get; init; }

    /// <summary>
    /// Whether a rule that matches an image's tags shields it from later rules of the other storage class.
    /// </summary>
    public bool ShieldsAcrossStorageClasses { get; init; }

    /// <summary>Whether the restore of an image takes the place of its push in ages and counts.</summary>
    public bool RestoreCountsAsPush { get; init; } = true;

    /// <summary>Whether days begin at midnight UTC; else they are 24 hours.</summary>
    public bool CountsCalendarDays { get; init; }

    /// <summary>Which of two images that were pushed in the same moment is the younger one.</summary>
    public LifecycleTies Ties { get; init; }
}

/// <summary>Ways to order images that were pushed in the same moment.</summary>
public enum LifecycleTies
{
    HigherDigestIsYounger,
    LaterPushIsYounger,
}
