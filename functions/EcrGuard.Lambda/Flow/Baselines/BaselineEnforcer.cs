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
    /// <param name="lifecycle">The repository's lifecycle policy; null if it must still be read.</param>
    /// <returns>The repository as it was found.</returns>
    public async Task<RepositoryFacts> HoldAsync(
        RepositoryId id,
        bool repair,
        int spare,
        IReadOnlyDictionary<Digest, ImageUsage>? usages,
        CancellationToken cancellation,
        Task<string?>? lifecycle = null
    )
    {
        var named = policy.Document.BaselineOf(id.Name);
        var baseline = Within(named, spare);
        var repository = await facts.ReadAsync(id, baseline, lifecycle, cancellation).ConfigureAwait(false);
        var mode = repair ? policy.ModeOf(id) : EnforcementMode.Observe;
        var drift = BaselinePlan.For(repository, baseline, mode, SettingHistory.None).Drift;
        if (drift.Count > 0 && BaselinePlan.Enforces(baseline, mode))
            drift = await repairs
                .RunAsync(repository, new Wanted(baseline!, named!, mode), usages, cancellation)
                .ConfigureAwait(false);
        // Told even if nothing differs. Only the sweep has time to look for this.
        if (usages is not null)
            drift = await unknowns.AddAsync(repository, drift, cancellation).ConfigureAwait(false);
        if (baseline == named)
            await repositories.StoreDriftAsync(id, drift, cancellation).ConfigureAwait(false);
        return repository;
    }

    private static Baseline? Within(Baseline? named, int spare)
    {
        if (named?.TagMutability is not null && spare-- < 1)
            named = named with { TagMutability = null };
        return named?.ResourceTags.Count > 0 && spare < 1 ? named with { ResourceTags = [] } : named;
    }
}
