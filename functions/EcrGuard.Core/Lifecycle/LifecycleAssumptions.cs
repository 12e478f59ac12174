using EcrGuard.Core.Images;

namespace EcrGuard.Core.Lifecycle;

/// <summary>
/// What EcrGuard assumes where the documentation of ECR's lifecycle policies
/// (https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html) is silent. Before a policy is put,
/// ECR's own preview overrules all of it.
/// <list type="bullet">
/// <item>An index and each of its children take a place in a count. The documentation says that children do not expire
/// before the index; it does not say that rules do not select them. A prediction of too much shows in a plan; a
/// prediction of too little shows in production.</item>
/// <item>Referrers (signatures, SBOMs) take no place, and no rule selects them. The documentation says that they go
/// "within 24 hours of the deletion or archival of the subject image", so they go and stay with it.</item>
/// <item>A rule shields only in its own storage class. Otherwise the documented pair "archive after 30 days, expire
/// after 365 days in the archive", both for <c>any</c> image, could never expire anything.</item>
/// <item>An archived index no longer keeps its children, nor does one that the same evaluation archives: "without the
/// manifest list being deleted or archived first".</item>
/// <item>Two rules of one storage class may have the same list of patterns or prefixes. "The set of all rules selecting
/// a specific storage class must contain a unique set of prefixes" does not say what is compared (whole lists or
/// entries, patterns or prefixes only), and EcrGuard must not refuse a policy that ECR takes. The linter says that ECR
/// may refuse it.</item>
/// </list>
/// </summary>
internal static class LifecycleAssumptions
{
    /// <summary>
    /// The storage class whose rules select the image. No rule selects an image that is being restored, or whose class
    /// is unknown: it stays, and takes no place in a count.
    /// </summary>
    public static StorageClass? ClassOf(StorageStatus storage) =>
        storage switch
        {
            StorageStatus.Active => StorageClass.Standard,
            StorageStatus.Archived => StorageClass.Archive,
            StorageStatus.Activating or StorageStatus.Unknown => null,
        };

    /// <summary>
    /// The push time, which gives images their order and their age. A restored image "behaves like a new push". That is
    /// documented for the order; it is assumed for the age, too, since the later time keeps more.
    /// </summary>
    public static DateTimeOffset? PushedAt(LifecycleImage image) => Latest(image.PushedAt, image.LastActivatedAt);

    /// <summary>
    /// The time from which a rule measures, as documented. An image that was never pulled counts from its push; one
    /// that was restored and not pulled since counts from its restore. An image without such a time stays, and takes no
    /// place.
    /// </summary>
    public static DateTimeOffset? TimeFor(CountType countType, LifecycleImage image) =>
        countType switch
        {
            CountType.ImageCountMoreThan or CountType.SinceImagePushed => PushedAt(image),
            CountType.SinceImagePulled => Latest(image.LastPulledAt ?? image.PushedAt, image.LastActivatedAt),
            CountType.SinceImageTransitioned => image.LastArchivedAt,
        };

    /// <summary>
    /// A day is 24 hours, not a calendar day: no time zone is documented, and an image might otherwise go after a
    /// minute. "Older than" is strict: an image of exactly that age stays.
    /// </summary>
    public static bool IsOlder(DateTimeOffset time, int days, DateTimeOffset now) =>
        now - time > TimeSpan.FromDays(Math.Min(days, TimeSpan.MaxValue.Days));

    /// <summary>
    /// The newest first. Of images that were pushed at the same moment, the one with the higher digest counts as newer.
    /// Any order will do that does not depend on the list, so that a count keeps exactly as many as it says.
    /// </summary>
    public static int NewerOfOneMoment(LifecycleImage image, LifecycleImage other) =>
        other.Digest.CompareTo(image.Digest);

    private static DateTimeOffset? Latest(DateTimeOffset? time, DateTimeOffset? other) => other > time ? other : time;
}
