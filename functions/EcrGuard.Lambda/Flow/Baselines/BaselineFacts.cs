using EcrGuard.Aws.Facts;
using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;

namespace EcrGuard.Lambda.Flow.Baselines;

/// <summary>Reads those settings of a repository that a baseline may name.</summary>
public sealed class BaselineFacts(EcrReader registry)
{
    /// <summary>Names every part, so that everything is read.</summary>
    private static readonly Baseline EveryPart = new()
    {
        Repositories = [],
        Mode = BaselineMode.Observe,
        TagMutability = TagMutability.Mutable,
        ResourceTags = [new RequiredTag("any", Glob.Parse("*"))],
    };

    /// <summary>Reads everything.</summary>
    public Task<RepositoryFacts> ReadAsync(RepositoryId id, CancellationToken cancellation) =>
        ReadAsync(id, EveryPart, null, cancellation);

    /// <param name="baseline">A setting that needs its own call is read only if this baseline names it; null names
    ///     nothing.</param>
    /// <param name="known">What the caller knows already; null for nothing.</param>
    public async Task<RepositoryFacts> ReadAsync(
        RepositoryId id,
        Baseline? baseline,
        KnownRepository? known,
        CancellationToken cancellation
    )
    {
        var lifecycle = known is null
            ? registry.LifecyclePolicyAsync(id, cancellation)
            : Task.FromResult(known.LifecyclePolicy);
        var scanning = known?.Scanning is { } read ? Task.FromResult(read) : registry.ScanningAsync(id, cancellation);
        var its = baseline?.TagMutability is null
            ? null
            : await registry.RepositoryAsync(id, cancellation).ConfigureAwait(false);
        return new RepositoryFacts
        {
            Id = id,
            LifecyclePolicy = await lifecycle.ConfigureAwait(false),
            Scanning = await scanning.ConfigureAwait(false),
            Mutability = its?.Mutability ?? TagMutability.Unknown,
            MutabilityExclusions = its?.MutabilityExclusions ?? [],
            ResourceTags =
                known?.ResourceTags
                ?? (
                    baseline?.ResourceTags.Count > 0
                        ? await registry.ResourceTagsAsync(id, cancellation).ConfigureAwait(false)
                        : null
                ),
        };
    }
}
