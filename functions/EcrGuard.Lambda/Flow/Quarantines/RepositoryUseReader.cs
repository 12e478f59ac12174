using EcrGuard.Aws.Facts;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Images;
using EcrGuard.Core.Use;

namespace EcrGuard.Lambda.Flow.Quarantines;

/// <summary>
/// Reads what decides about an image apart from the image itself: the other images of its repository, and what runs.
/// One instance serves many images of one repository, and does not read recent facts again.
/// </summary>
internal sealed class RepositoryUseReader(
    EcrReader registry,
    ManifestRecords manifests,
    UsageReader usages,
    TimeProvider time
)
{
    /// <summary>How old the known contents of the repository may be when an image is taken out of reach.</summary>
    private static readonly TimeSpan ContentsAge = TimeSpan.FromMinutes(1);

    private RepositoryContents? contents;
    private UsageReading? use;

    /// <summary>Starts with what a sweep has read.</summary>
    public RepositoryUseReader With(RepositoryContents known, UsageReading? reading)
    {
        (contents, use) = (known, reading);
        return this;
    }

    /// <summary>
    /// Reads for each plan what was deployed since. This also happens between the intent and the write, because
    /// something may have been deployed in between.
    /// </summary>
    /// <returns>The repository, and what runs if that is known; null if the repository is gone.</returns>
    public async Task<(RepositoryContents Contents, UsageReading? Use)?> ReadAsync(
        RepositoryId repository,
        CancellationToken cancellation
    )
    {
        if (contents is null || time.GetUtcNow() - contents.ReadAt > ContentsAge)
            contents = await registry.ContentsAsync(repository, manifests, cancellation).ConfigureAwait(false);
        use ??= await usages.LatestAsync(cancellation).ConfigureAwait(false);
        return contents is null
            ? null
            : (contents, await usages.OfAsync(contents, use, cancellation).ConfigureAwait(false));
    }
}
