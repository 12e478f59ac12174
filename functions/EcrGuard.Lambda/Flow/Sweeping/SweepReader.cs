using EcrGuard.Aws.Facts;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Images;
using EcrGuard.Core.Lifecycle;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Reports;
using EcrGuard.Core.Use;
using EcrGuard.Lambda.Flow.Deployments;

namespace EcrGuard.Lambda.Flow.Sweeping;

/// <summary>What a sweep reads of a repository before it decides anything.</summary>
/// <param name="Known">The images that the ledger knew, read before the repository was listed.</param>
/// <param name="Use">What runs; null where it is not known.</param>
/// <param name="Usages">Of every image that is there.</param>
/// <param name="Deployments">What of the deployments is known: later ones are late.</param>
/// <param name="Policy">The lifecycle policy as it stands; null where there is none.</param>
/// <param name="NamesAt">
/// Before the deployments were read: of tags that are named since, this sweep knows nothing.
/// </param>
/// <param name="Now">When all was read.</param>
public sealed record SweepFacts(
    RepositoryContents Contents,
    IReadOnlySet<Digest> Known,
    UsageReading? Use,
    IReadOnlyDictionary<Digest, ImageUsage> Usages,
    IReadOnlyList<ConsumerReference> Deployments,
    string? Policy,
    DateTimeOffset NamesAt,
    DateTimeOffset Now
)
{
    public RepositoryId Repository => Contents.Repository;

    /// <summary>The policy, understood; null where there is none or it could not be.</summary>
    public LifecyclePolicy? Own { get; } = Policy is null ? null : LifecyclePolicy.Read(Policy).Policy;

    /// <summary>The images that findings are followed in.</summary>
    public IReadOnlySet<Digest> Current { get; } =
        RepositoryHistory.Current(Contents, Usages).Select(image => image.Id.Digest).ToHashSet();

    /// <summary>A sentence where the policy could not be understood.</summary>
    public IReadOnlyList<string> NotUnderstood =>
        Policy is null || Own is not null
            ? []
            : ["Its lifecycle policy could not be understood, so that what it will take is not known."];
}

/// <summary>Reads what a sweep decides by.</summary>
public sealed class SweepReader(
    EcrReader registry,
    ImageRecords images,
    ManifestRecords manifests,
    DeploymentRecorder deployments,
    UsageReader usages,
    PolicyDocument policy,
    TimeProvider time
)
{
    /// <summary>
    /// The ledger before the registry: what is pushed between the two is then in the list, and nothing there looks
    /// gone.
    /// </summary>
    /// <returns>The images that the ledger knows, and what is there; null where the repository is gone.</returns>
    public async Task<(IReadOnlySet<Digest> Known, RepositoryContents? Contents)> ContentsAsync(
        RepositoryId repository,
        CancellationToken cancellation
    )
    {
        var known = await images.DigestsAsync(repository, cancellation).ConfigureAwait(false);
        var contents = await registry.ContentsAsync(repository, manifests, cancellation).ConfigureAwait(false);
        if (contents is not null)
            await manifests.RememberAsync(repository, contents.NewNotes, cancellation).ConfigureAwait(false);
        return (known, contents);
    }

    /// <summary>The rest, once what earlier batches have left behind is out of the contents.</summary>
    public async Task<SweepFacts> ReadAsync(
        RepositoryContents contents,
        IReadOnlySet<Digest> known,
        CancellationToken cancellation
    )
    {
        var namesAt = time.GetUtcNow();
        var deployed = await deployments.AllAsync(contents.Repository, cancellation).ConfigureAwait(false);
        var read = await usages.LatestAsync(cancellation).ConfigureAwait(false);
        var isMeant = UseHistory.IsMeant(read, contents);
        var others = deployed.Where(recorded => !isMeant(recorded));
        var use = await usages.OfAsync(contents, read, others, cancellation).ConfigureAwait(false);
        await deployments.RecordMeaningsAsync(read, contents, deployed, cancellation).ConfigureAwait(false);
        var meant = read is null
            ? []
            : UseHistory.Meant(read, contents).Select(meaning => meaning with { SeenAt = read.ReadAt });
        var now = time.GetUtcNow();
        return new SweepFacts(
            contents,
            known,
            use,
            InUse.Of(use, contents, policy.Consumers, now),
            [.. deployed, .. meant],
            await registry.LifecyclePolicyAsync(contents.Repository, cancellation).ConfigureAwait(false),
            namesAt,
            now
        );
    }
}
