using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Baselines;
using EcrGuard.Core.Images;
using EcrGuard.Core.Plans;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Use;

namespace EcrGuard.Aws.Facts;

/// <summary>Reads everything about a repository that decides what may be removed from it.</summary>
/// <param name="manifests">Null for a reader without a ledger. The manifests of all indexes are then read from ECR,
///     which may count as pulls of them.</param>
/// <param name="usages">Null without a ledger. Then nothing is known of deployments since the reading.</param>
/// <param name="repositories">Null without a ledger. Then nothing is known of what EcrGuard has written.</param>
/// <param name="images">Null without a ledger. Then no image is known to be out of reach.</param>
public sealed class RepositoryReader(
    EcrReader registry,
    ManifestRecords? manifests,
    UsageReader? usages,
    ImageRecords? images,
    RepositoryRecords? repositories,
    PolicyDocument policy,
    TimeProvider time
)
{
    /// <param name="use">Null if nobody has read any. Then no image is known to be out of use.</param>
    /// <param name="known">The manifests that were read before; null for whatever the ledger knows.</param>
    /// <param name="named">The images that may be about to be removed. For those, and for what cannot be pulled, the
    ///     ledger says whether EcrGuard has taken them out of reach.</param>
    /// <param name="lifecycle">The lifecycle policy in place, if the caller knows it already.</param>
    /// <returns>Null if the repository is gone.</returns>
    public async Task<RepositoryView?> ReadAsync(
        RepositoryId repository,
        UsageReading? use,
        KnownManifests? known,
        IReadOnlyCollection<Digest> named,
        CancellationToken cancellation,
        Task<string?>? lifecycle = null
    )
    {
        RepositoryMemory? memory = null;
        var contents = await registry
            .ContentsAsync(repository, manifests, cancellation, known, RememberedAsync)
            .ConfigureAwait(false);
        if (contents is null)
            return null;
        use = await UseAsync(contents, use, memory, cancellation).ConfigureAwait(false);
        var present = await (lifecycle ?? registry.LifecyclePolicyAsync(repository, cancellation)).ConfigureAwait(
            false
        );
        return new RepositoryView(contents, InUse.Of(use, contents, policy.Consumers, time.GetUtcNow()), present)
        {
            Quarantined = await QuarantinedAsync(contents, named, cancellation).ConfigureAwait(false),
            SettingHistory = memory?.SettingHistory ?? SettingHistory.None,
            SettingsRevision = memory?.SettingsRevision ?? 0,
        };

        async Task<IReadOnlyDictionary<Digest, ManifestNote>> RememberedAsync()
        {
            memory = await repositories!.MemoryAsync(repository, cancellation).ConfigureAwait(false);
            return memory.Notes;
        }
    }

    private async Task<UsageReading?> UseAsync(
        RepositoryContents contents,
        UsageReading? read,
        RepositoryMemory? memory,
        CancellationToken cancellation
    ) =>
        usages is null ? UseHistory.Join(read, [], policy.Consumers.RollbackDays)
        : memory is null ? await usages.OfAsync(contents, read, cancellation).ConfigureAwait(false)
        : await usages.OfAsync(contents, read, memory.Deployments, cancellation).ConfigureAwait(false);

    private async Task<IReadOnlySet<Digest>> QuarantinedAsync(
        RepositoryContents contents,
        IReadOnlyCollection<Digest> named,
        CancellationToken cancellation
    )
    {
        if (images is null)
            return new HashSet<Digest>();
        var asked = contents
            .Images.Where(image => image.Storage != StorageStatus.Active)
            .Select(image => image.Id.Digest)
            .Union(named);
        return (await images.FindAsync(contents.Repository, asked, cancellation).ConfigureAwait(false))
            .Where(entry => entry.Value.Quarantine is { State: not QuarantineState.Ended })
            .Select(entry => entry.Key)
            .ToHashSet();
    }
}
