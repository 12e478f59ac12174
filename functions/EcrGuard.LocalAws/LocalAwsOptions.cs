namespace EcrGuard.LocalAws;

/// <summary>How a <see cref="LocalAwsServer"/> behaves. Where AWS does not document its behaviour there is a choice, and the product must survive each.</summary>
public sealed record LocalAwsOptions
{
    /// <summary>The loopback port; 0 takes a free one.</summary>
    public int Port { get; init; }

    /// <summary>Twelve digits: the account that owns everything here.</summary>
    public string AccountId { get; init; } = "123456789012";

    public string Region { get; init; } = "eu-central-1";

    /// <summary>The clock of every service: push times, scan times, expiry, rates, the times in the request log.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Calls a second that ECR grants before it throttles; null grants everything.</summary>
    public EcrRates? EcrRates { get; init; }

    /// <summary>Whether BatchGetImage alone moves an image's <c>lastRecordedPullTime</c>. Undocumented.</summary>
    public bool BatchGetImageRecordsPull { get; init; } = true;

    /// <summary>What an immutable repository answers when an image is pushed under a tag that it already has. Both were seen.</summary>
    public SameTagAnswer SameTagOnImmutable { get; init; } = SameTagAnswer.ImageTagAlreadyExists;

    /// <summary>Which event the push of a referrer (signature, SBOM, attestation with a subject) sends. Undocumented.</summary>
    public ReferrerPushEvent ReferrerPush { get; init; } = ReferrerPushEvent.ImageAction;

    /// <summary>Whether DescribeImages with <c>imageIds</c> and no status filter finds archived images. Undocumented; a listing does not.</summary>
    public bool ArchivedImagesAreFoundById { get; init; } = true;

    /// <summary>The failure code of BatchGetImage for an archived image, which the registry answers with 404. Undocumented.</summary>
    public ArchivedImagePull ArchivedImagePull { get; init; } = ArchivedImagePull.ImageNotFound;

    /// <summary>Whether DynamoDB still returns items whose time to live has passed. AWS deletes them within days; both are right.</summary>
    public bool ExpiredItemsAreReturned { get; init; } = true;

    /// <summary>Whether the first page of every listing is empty and followed by another, as filtered listings of AWS may be.</summary>
    public bool EmptyPages { get; init; }
}

/// <summary>
/// Rates of ECR in calls a second, account-wide, as token buckets that hold one second's worth. PutImage's is published
/// (https://docs.aws.amazon.com/AmazonECR/latest/userguide/service-quotas.html); the others' are not.
/// </summary>
public sealed record EcrRates
{
    public double PutImage { get; init; } = 10;

    /// <summary>For every other operation, each with a bucket of its own.</summary>
    public double Others { get; init; } = 100;
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
