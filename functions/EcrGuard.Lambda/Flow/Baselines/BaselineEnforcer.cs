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
    /// <summary>As many calls as it takes to look at all that a baseline may name.</summary>
    public const int Everything = 2;

    /// <summary>Compares a repository with its baseline, repairs what may be repaired, and notes the rest.</summary>
    /// <param name="repair">False: whatever the policy says, differences are only noted.</param>
    /// <param name="spare">How many calls it may make to ECR for what takes a call of its own: tag mutability first,
    ///     then resource tags. If that is not enough for what the baseline names, the rest is not looked at, and what
    ///     was noted of the repository stays.</param>
    /// <param name="usages">Which images of the repository are in use, those that are with their shield; null on a
    ///     push, which does not know. A lifecycle policy is then put only on a new repository.</param>
    /// <param name="lifecycle">The lifecycle policy there; null if it is still to be read.</param>
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
        // Said where nothing differs, too. Only the sweep has time to look.
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
