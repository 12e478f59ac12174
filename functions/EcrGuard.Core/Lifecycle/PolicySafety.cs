using EcrGuard.Core.Images;

namespace EcrGuard.Core.Lifecycle;

/// <summary>Whether a lifecycle policy may be put on a repository as its images are: nothing that is in use, or whose use is not known, may go by it before somebody looks again.</summary>
public static class PolicySafety
{
    /// <summary>ECR acts on a policy "within 24 hours", and the daily sweep has looked again by then.</summary>
    internal static readonly TimeSpan Ahead = TimeSpan.FromHours(26);

    /// <summary>When a policy may act before somebody looks again: at once, and shortly after the next sweep.</summary>
    internal static IEnumerable<DateTimeOffset> Moments(DateTimeOffset now) => [now, now + Ahead];

    /// <summary>The images in use, or whose use is not known, that the policy would take before somebody looks again.</summary>
    /// <param name="contents">With the tags that the images carry.</param>
    /// <param name="usages">Of an image that is not in it the use is not known.</param>
    public static IReadOnlyList<TakenImage> Exposed(LifecyclePolicy policy, Contents contents, IReadOnlyDictionary<Digest, Usage> usages, DateTimeOffset now) =>
        [.. Moments(now).SelectMany(moment => PolicyEffect.Of(policy, contents, usages, shields: null, moment).AtRisk).DistinctBy(image => image.Image.Id.Digest)];

    /// <param name="contents">Read after the images in use were shielded.</param>
    /// <param name="usages">Of an image that is not in it the use is not known.</param>
    /// <returns>A sentence; null where the policy may be put.</returns>
    public static string? WhyNot(LifecyclePolicy policy, Contents contents, IReadOnlyDictionary<Digest, Usage> usages, DateTimeOffset now)
    {
        var risk = Exposed(policy, contents, usages, now);
        if (risk.Where(image => image.Usage.Use == Use.InUse).ToList() is [var first, ..] used)
            return $"The baseline's lifecycle policy is not put: within {Ahead.TotalHours} hours its rule {first.RulePriority} would take {Named(used)} in use. {string.Join(' ', first.Usage.Why.Take(1))}".TrimEnd();
        if (risk is [var unknown, ..])
            return $"The baseline's lifecycle policy is not put yet: within {Ahead.TotalHours} hours its rule {unknown.RulePriority} would take {Named(risk)}, and whether that is in use is not known. The next sweep decides.";
        return null;
    }

    private static string Named(IReadOnlyList<TakenImage> images) => $"{images[0].Image.Id.Digest.Abbreviated}{(images.Count == 1 ? "" : $" and {images.Count - 1} more")}";
}
