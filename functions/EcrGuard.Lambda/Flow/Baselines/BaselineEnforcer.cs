using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Baselines;
using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Use;

namespace EcrGuard.Lambda.Flow.Baselines;

/// <summary>Holds repositories to their baseline.</summary>
public sealed class BaselineEnforcer(
    BaselineFacts facts,
    BaselineRepairs repairs,
    UnknownOriginals unknowns,
    RepositoryRecords repositories,
    EffectivePolicy policy
)
{
    /// <summary>How many calls are enough to look at everything that a baseline may name.</summary>
    public const int Everything = 2;

    /// <summary>Compares a repository with its baseline, repairs what may be repaired, and notes the rest.</summary>
    /// <param name="repair">False: differences are only noted, whatever the policy says.</param>
    /// <param name="spare">How many calls to ECR may be made for settings that need their own call: first tag
    ///     mutability, then resource tags. If that is too few for what the baseline names, the rest is not looked at.
    ///     What was noted about the repository then stays.</param>
    /// <param name="usages">Which images of the repository are in use, with the shields of those that are. Null on a
    ///     push, which does not know what is in use. In that case a lifecycle policy is put only on a new
    ///     repository.</param>
    /// <returns>The repository as it was found.</returns>
    public async Task<RepositoryFacts> HoldAsync(
        RepositoryId id,
        bool repair,
        int spare,
        IReadOnlyDictionary<Digest, ImageUsage>? usages,
        CancellationToken cancellation
    )
    {
        var held = await CompareAsync(id, repair, spare, usages, null, cancellation).ConfigureAwait(false);
        if (held.Drift is { } drift)
            await repositories.StoreDriftAsync(id, drift, cancellation).ConfigureAwait(false);
        return held.Found;
    }

    /// <summary>The same for a sweep, which notes the differences with what else it has found.</summary>
    public Task<HeldRepository> SweepAsync(
        RepositoryId id,
        IReadOnlyDictionary<Digest, ImageUsage> usages,
        KnownRepository known,
        CancellationToken cancellation
    ) => CompareAsync(id, repair: true, Everything, usages, known, cancellation);

    private async Task<HeldRepository> CompareAsync(
        RepositoryId id,
        bool repair,
        int spare,
        IReadOnlyDictionary<Digest, ImageUsage>? usages,
        KnownRepository? known,
        CancellationToken cancellation
    )
    {
        var named = policy.Document.BaselineOf(id.Name);
        var baseline = Within(named, spare);
        var repository = await facts.ReadAsync(id, baseline, known, cancellation).ConfigureAwait(false);
        var mode = repair ? policy.ModeOf(id) : EnforcementMode.Observe;
        var drift = BaselinePlan.For(repository, baseline, mode, SettingHistory.None).Drift;
        var putsPolicy = false;
        if (drift.Count > 0 && BaselinePlan.Enforces(baseline, mode))
            (drift, putsPolicy) = await repairs
                .RunAsync(repository, new Wanted(baseline!, named!, mode), usages, known, cancellation)
                .ConfigureAwait(false);
        // Told even if nothing differs. Only the sweep has time to look for this.
        if (usages is not null)
            drift = await unknowns.AddAsync(repository, drift, known?.History, cancellation).ConfigureAwait(false);
        return new HeldRepository(repository, baseline == named ? drift : null, putsPolicy);
    }

    private static Baseline? Within(Baseline? named, int spare)
    {
        if (named?.TagMutability is not null && spare-- < 1)
            named = named with { TagMutability = null };
        return named?.ResourceTags.Count > 0 && spare < 1 ? named with { ResourceTags = [] } : named;
    }
}
