using EcrGuard.Aws.Facts;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Images;
using EcrGuard.Core.Use;

namespace EcrGuard.Lambda.Flow.Quarantines;

/// <summary>
/// Reads what decides about an image from outside of it: the other images of its repository, and what runs. One serves
/// for many images of one repository, and does not read again what is young.
/// </summary>
internal sealed class Surroundings(EcrReader registry, ManifestRecords manifests, UsageReader usages, TimeProvider time)
{
    /// <summary>How old what is known of the repository may be when an image is taken out of reach.</summary>
    private static readonly TimeSpan ContentsAge = TimeSpan.FromMinutes(1);

    private RepositoryContents? contents;
    private UsageReading? use;

    /// <summary>Starts with what a sweep has read.</summary>
    public Surroundings With(RepositoryContents known, UsageReading? reading)
    {
        (contents, use) = (known, reading);
        return this;
    }

    /// <summary>
    /// Reads for each plan what was deployed since, and so once more between the intent and the write: something may
    /// have been deployed meanwhile.
    /// </summary>
    /// <returns>The repository, and what runs as far as that is known; null if the repository is gone.</returns>
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
