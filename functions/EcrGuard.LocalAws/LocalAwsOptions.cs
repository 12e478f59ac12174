namespace EcrGuard.LocalAws;

/// <summary>
/// How a <see cref="LocalAwsServer"/> behaves. If AWS does not document a behaviour, there is an option for it, and the
/// product must work with every choice.
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

    /// <summary>How many calls a second ECR allows before it throttles; null for no limit.</summary>
    public EcrRates? EcrRates { get; init; }

    /// <summary>
    /// How many calls a second Inspector allows for each operation before it throttles; null for no limit. AWS does not
    /// publish it.
    /// </summary>
    public double? InspectorRate { get; init; }

    /// <summary>
    /// Whether DescribeImages has the findings summary of a basic scan. AWS's present basic scanning leaves it out
    /// (https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeImages.html). Other tools read it.
    /// </summary>
    public bool SummarizesScans { get; init; }

    /// <summary>Whether BatchGetImage alone updates an image's <c>lastRecordedPullTime</c>. Undocumented.</summary>
    public bool BatchGetImageRecordsPull { get; init; } = true;

    /// <summary>
    /// What an immutable repository answers if an image is pushed with a tag that the image already has. Both answers
    /// were seen.
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
    /// Whether PutImage refuses a manifest if the media type of its config is neither that of an image nor that of a
    /// chart. Refusals of artifacts were reported from some regions. Undocumented.
    /// </summary>
    public bool RefusesUnknownConfigs { get; init; }

    /// <summary>
    /// How long the restore of an archived image takes; in AWS up to 20 minutes. During the restore it is ACTIVATING
    /// and cannot be pulled.
    /// </summary>
    public TimeSpan RestoreTakes { get; init; }

    /// <summary>
    /// Whether UpdateImageStorageClass archives a child of an index that is not archived. Undocumented; a lifecycle
    /// policy does not.
    /// </summary>
    public bool ChildrenCanBeArchived { get; init; }

    /// <summary>
    /// Whether the answer of UpdateImageStorageClass has the status after the change, and not the one before.
    /// Undocumented.
    /// </summary>
    public bool StorageClassAnswersNewStatus { get; init; } = true;

    /// <summary>How open questions in the documentation of lifecycle policies are answered.</summary>
    public LifecycleReading Lifecycle { get; init; } = new();

    /// <summary>Whether events are sent for images that a lifecycle policy expires or archives. Undocumented.</summary>
    public bool LifecycleSendsEvents { get; init; }

    /// <summary>How many times a preview of a lifecycle policy answers IN_PROGRESS before it ends.</summary>
    public int LifecyclePreviewPolls { get; init; } = 1;

    /// <summary>
    /// How previews of lifecycle policies end: COMPLETE, FAILED or EXPIRED. The last two have no results.
    /// </summary>
    public string LifecyclePreviewEnd { get; init; } = "COMPLETE";

    /// <summary>
    /// Whether a preview of a lifecycle policy shows the referrers that go with their subject. Undocumented.
    /// </summary>
    public bool PreviewShowsReferrers { get; init; } = true;

    /// <summary>
    /// Whether DynamoDB still returns items whose time to live has passed. AWS deletes them within days, so both are
    /// correct.
    /// </summary>
    public bool ExpiredItemsAreReturned { get; init; } = true;

    /// <summary>
    /// Whether a trail exists. With a trail, EventBridge gets the calls to Lambda and ECS that change something.
    /// </summary>
    public bool Trail { get; init; }

    /// <summary>
    /// Whether the first page of every listing is empty and another page follows, as can happen in filtered listings of
    /// AWS.
    /// </summary>
    public bool EmptyPages { get; init; }
}

/// <summary>
/// Rates of ECR in calls a second for the whole account. Each is a token bucket that holds the calls of one second. The
/// rates of PutImage and BatchGetImage are published
/// (https://docs.aws.amazon.com/AmazonECR/latest/userguide/service-quotas.html); the others are not.
/// </summary>
public sealed record EcrRates
{
    public double PutImage { get; init; } = 10;

    public double BatchGetImage { get; init; } = 2_000;

    /// <summary>The rate of every other operation. Each operation has its own bucket.</summary>
    public double Others { get; init; } = 100;

    internal double Of(string operation) =>
        operation switch
        {
            "PutImage" => PutImage,
            "BatchGetImage" => BatchGetImage,
            _ => Others,
        };
}

/// <summary>The two answers to the push of an image that is already there, in an immutable repository.</summary>
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
/// Answers to questions that https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html leaves open.
/// The defaults are the more likely ones.
/// </summary>
public sealed record LifecycleReading
{
    /// <summary>
    /// Whether rules select the children of an index. If so, the children count towards an image count. They never go
    /// before their index.
    /// </summary>
    public bool SelectsChildren { get; init; } = true;

    /// <summary>
    /// Whether rules select referrers. If so, the referrers count towards an image count, and they can go without their
    /// subject.
    /// </summary>
    public bool SelectsReferrers { get; init; }

    /// <summary>
    /// Whether a rule that matches an image's tags shields it from later rules of the other storage class.
    /// </summary>
    public bool ShieldsAcrossStorageClasses { get; init; }

    /// <summary>Whether the restore of an image replaces its push in ages and counts.</summary>
    public bool RestoreCountsAsPush { get; init; } = true;

    /// <summary>Whether days begin at midnight UTC. If not, a day is 24 hours.</summary>
    public bool CountsCalendarDays { get; init; }

    /// <summary>Which of two images is the younger one if they were pushed at the same moment.</summary>
    public LifecycleTies Ties { get; init; }
}

/// <summary>Ways to order images that were pushed at the same moment.</summary>
public enum LifecycleTies
{
    HigherDigestIsYounger,
    LaterPushIsYounger,
}
