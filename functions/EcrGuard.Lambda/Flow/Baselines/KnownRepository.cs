using EcrGuard.Core.Baselines;
using EcrGuard.Core.Images;

namespace EcrGuard.Lambda.Flow.Baselines;

/// <summary>What a sweep has read of a repository before its baseline is compared.</summary>
/// <param name="LifecyclePolicy">Null if the repository has none.</param>
/// <param name="Scanning">Null if it must still be read.</param>
/// <param name="ResourceTags">Null if they must still be read.</param>
/// <param name="History">What EcrGuard has written to the repository.</param>
/// <param name="HistoryRevision">The revision of that; 0 if nothing is known.</param>
/// <param name="Contents">The images as they still are, since nothing was written; null if they must be read
///     again.</param>
/// <param name="LatelyGone">The images that were pushed lately and are gone.</param>
public sealed record KnownRepository(
    string? LifecyclePolicy,
    ScanningFacts? Scanning,
    IReadOnlyDictionary<string, string>? ResourceTags,
    SettingHistory History,
    long HistoryRevision,
    RepositoryContents? Contents,
    IReadOnlyList<ImageFacts> LatelyGone
);

/// <summary>A repository after it was compared with its baseline.</summary>
/// <param name="Found">The repository as it was found.</param>
/// <param name="Drift">How it differs, one sentence each; null if not all that the baseline names was looked
///     at.</param>
/// <param name="PutsPolicy">Whether a lifecycle policy was put, or its put was begun.</param>
public sealed record HeldRepository(RepositoryFacts Found, IReadOnlyList<string>? Drift, bool PutsPolicy);
