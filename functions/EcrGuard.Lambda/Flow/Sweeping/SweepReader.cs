using EcrGuard.Aws.Facts;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Baselines;
using EcrGuard.Core.Images;
using EcrGuard.Core.Lifecycle;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Reports;
using EcrGuard.Core.Use;
using EcrGuard.Lambda.Flow.Baselines;
using EcrGuard.Lambda.Flow.Deployments;

namespace EcrGuard.Lambda.Flow.Sweeping;

/// <summary>What a sweep reads about a repository before it decides anything.</summary>
/// <param name="Remembered">What the ledger knew. It was read before the repository was listed.</param>
/// <param name="Use">What runs; null if it is not known.</param>
/// <param name="Usages">The use of every image that is there.</param>
/// <param name="Deployments">The known deployments. Any others came later.</param>
/// <param name="Policy">The current lifecycle policy; null if there is none.</param>
/// <param name="ResourceTags">The repository's own tags; null if they could not be read.</param>
/// <param name="Shared">What was read for several repositories at once.</param>
/// <param name="NamesAt">A time before the deployments were read. This sweep knows nothing about tags that consumers
///     name only since then.</param>
/// <param name="Now">When everything was read.</param>
public sealed record SweepFacts(
    RepositoryContents Contents,
    RememberedRepository Remembered,
    UsageReading? Use,
    IReadOnlyDictionary<Digest, ImageUsage> Usages,
    IReadOnlyList<ConsumerReference> Deployments,
    string? Policy,
    IReadOnlyDictionary<string, string>? ResourceTags,
    SharedFacts Shared,
    DateTimeOffset NamesAt,
    DateTimeOffset Now
)
{
    public RepositoryId Repository => Contents.Repository;

    /// <summary>The images that the ledger knew.</summary>
    public IReadOnlySet<Digest> Known => Remembered.Known;

    /// <summary>What the comparison with the baseline need not read again.</summary>
    /// <param name="wrote">Whether something was written to the repository since. Then it is listed again before a
    ///     policy is put.</param>
    public KnownRepository KnownRepository(bool wrote) =>
        new(
            Policy,
            Shared.Scanning.GetValueOrDefault(Repository),
            ResourceTags,
            Remembered.Memory.SettingHistory,
            Remembered.Memory.SettingsRevision,
            wrote ? null : Contents,
            Contents.LatelyGone
        );

    /// <summary>The parsed policy; null if there is none or it could not be understood.</summary>
    public LifecyclePolicy? Own { get; } = Policy is null ? null : LifecyclePolicy.Read(Policy).Policy;

    /// <summary>The images for which findings are followed.</summary>
    public IReadOnlySet<Digest> Current { get; } =
        RepositoryHistory.Current(Contents, Usages).Select(image => image.Id.Digest).ToHashSet();

    /// <summary>One sentence if the policy could not be understood.</summary>
    public IReadOnlyList<string> NotUnderstood =>
        Policy is null || Own is not null
            ? []
            : ["Its lifecycle policy could not be understood, so that what it will take is not known."];
}

/// <summary>Reads what a sweep bases its decisions on.</summary>
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
    /// Reads the ledger before the registry. An image that is pushed between the two reads is then in the list, and no
    /// existing image looks gone.
    /// </summary>
    /// <returns>What the ledger knows, and the contents; null contents if the repository is gone.</returns>
    public async Task<(RememberedRepository Remembered, RepositoryContents? Contents)> ContentsAsync(
        RepositoryId repository,
        SharedFacts shared,
        CancellationToken cancellation
    )
    {
        var goneSince = time.GetUtcNow() - PolicySafety.LookBack;
        var remembered = await images
            .RememberedAsync(repository, shared.CountsSince, goneSince, cancellation)
            .ConfigureAwait(false);
        var contents = await registry
            .ContentsAsync(
                repository,
                manifests,
                cancellation,
                remembered.IsWhole ? remembered.Manifests : null,
                () => Task.FromResult(remembered.Memory.Notes)
            )
            .ConfigureAwait(false);
        if (contents is not null)
            await manifests.RememberAsync(repository, contents.NewNotes, cancellation).ConfigureAwait(false);
        return (remembered, contents);
    }

    /// <summary>Reads the rest, once what earlier runs have left behind is removed from the contents.</summary>
    /// <param name="resourceTags">The repository's own tags; null if they could not be read.</param>
    public async Task<SweepFacts> ReadAsync(
        RepositoryContents contents,
        RememberedRepository remembered,
        IReadOnlyDictionary<string, string>? resourceTags,
        SharedFacts shared,
        CancellationToken cancellation
    )
    {
        var (deployed, read) = (remembered.Memory.Deployments, shared.Use);
        var isMeant = UseHistory.IsMeant(read, contents);
        var others = deployed.Where(recorded => !isMeant(recorded));
        var use = await usages.OfAsync(contents, read, others, cancellation).ConfigureAwait(false);
        await deployments.RecordMeaningsAsync(read, contents, deployed, cancellation).ConfigureAwait(false);
        var meant = read is null
            ? []
            : UseHistory.Meant(read, contents).Select(meaning => meaning with { SeenAt = read.ReadAt });
        var now = time.GetUtcNow();
        return new SweepFacts(
            contents with
            {
                LatelyGone = remembered.LatelyGone,
            },
            remembered,
            use,
            InUse.Of(use, contents, policy.Consumers, now),
            [.. deployed, .. meant],
            await registry.LifecyclePolicyAsync(contents.Repository, cancellation).ConfigureAwait(false),
            resourceTags,
            shared,
            remembered.ReadAt,
            now
        );
    }
}
