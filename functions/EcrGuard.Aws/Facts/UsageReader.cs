using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Use;

namespace EcrGuard.Aws.Facts;

/// <summary>
/// Reads what runs, for one repository: a reading of all consumers, with what was deployed since, and with the
/// platforms of indexes that are named and gone.
/// </summary>
public sealed class UsageReader(
    ConsumerReader consumers,
    UseStore uses,
    DeploymentRecords deployments,
    ManifestRecords manifests,
    PolicyDocument policy,
    TimeProvider time
)
{
    /// <summary>The last reading of all consumers, of all repositories; null if there is none.</summary>
    public Task<UsageReading?> LatestAsync(CancellationToken cancellation) => uses.LatestAsync(cancellation);

    /// <summary>Reads all consumers now, and carries on what the last reading knew.</summary>
    /// <param name="enough">Ends the reading. What is not read by then counts as unread.</param>
    public async Task<UsageReading> ReadAsync(CancellationToken cancellation, CancellationToken enough = default) =>
        await consumers
            .ReadAsync(await uses.LatestAsync(cancellation).ConfigureAwait(false), cancellation, enough)
            .ConfigureAwait(false);

    /// <summary>Reads all consumers in the same way, and keeps the result in place of the last reading.</summary>
    public async Task<UsageReading> RenewAsync(CancellationToken cancellation, CancellationToken enough)
    {
        var use = await ReadAsync(cancellation, enough).ConfigureAwait(false);
        await uses.KeepAsync(use, cancellation).ConfigureAwait(false);
        return use;
    }

    /// <summary>
    /// What is known to run in a repository, whether or not that is everything: a reading, with what was deployed
    /// since.
    /// </summary>
    /// <param name="read">A reading of all consumers; null if nobody has read any. Then the result holds the
    ///     deployments alone.</param>
    public async Task<UsageReading> KnownAsync(
        RepositoryId repository,
        UsageReading? read,
        CancellationToken cancellation
    )
    {
        var deployed = await deployments.AllAsync(repository, cancellation).ConfigureAwait(false);
        return UseHistory.Join(read, deployed, policy.Consumers.RollbackDays)
            ?? new UsageReading { ReadAt = time.GetUtcNow(), Uses = deployed };
    }

    /// <summary>
    /// Everything that is known to run in a repository, with the platforms of indexes that are named and gone.
    /// </summary>
    /// <param name="read">A reading of all consumers; null if nobody has read any.</param>
    /// <returns>Null if there is no reading. Then nothing says what does not run.</returns>
    public async Task<UsageReading?> OfAsync(
        RepositoryContents contents,
        UsageReading? read,
        CancellationToken cancellation
    ) =>
        await OfAsync(
                contents,
                read,
                await deployments.AllAsync(contents.Repository, cancellation).ConfigureAwait(false),
                cancellation
            )
            .ConfigureAwait(false);

    /// <param name="deployed">The recorded deployments that count in addition to the reading.</param>
    /// <inheritdoc cref="OfAsync(RepositoryContents, UsageReading?, CancellationToken)"/>
    public Task<UsageReading?> OfAsync(
        RepositoryContents contents,
        UsageReading? read,
        IEnumerable<ConsumerReference> deployed,
        CancellationToken cancellation
    ) =>
        manifests.WithPlatformsAsync(
            UseHistory.Join(read, deployed, policy.Consumers.RollbackDays),
            contents,
            cancellation
        );
}
