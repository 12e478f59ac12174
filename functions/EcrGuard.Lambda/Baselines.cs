using EcrGuard.Aws;
using EcrGuard.Aws.Actions;
using EcrGuard.Aws.Facts;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Images;
using EcrGuard.Core.Lifecycle;
using EcrGuard.Core.Policy;

namespace EcrGuard.Lambda;

/// <summary>Holds repositories to their baseline.</summary>
public sealed class Baselines(Guard guard, Registry registry, RepositoryWriter writer, Ledger ledger, Settings settings, Log log)
{
    /// <summary>Compares a repository with its baseline, puts what is missing where that is allowed, and notes the rest.</summary>
    /// <param name="repair">False: whatever the policy says, differences are only noted.</param>
    /// <param name="mutability">False: whether tags may move is not looked at, and what was noted of the repository stays, if its baseline speaks of it.</param>
    public async Task<RepositoryFacts> HoldAsync(RepositoryId id, bool repair, bool mutability, CancellationToken cancellation)
    {
        var named = guard.Policy.BaselineOf(id.Name);
        var baseline = mutability ? named : named is null ? null : named with { TagMutability = null };
        var lifecycle = registry.LifecyclePolicyAsync(id, cancellation);
        var scanning = registry.ScanningAsync(id, cancellation);
        var found = baseline?.TagMutability is null ? TagMutability.Unknown : await registry.MutabilityAsync(id, cancellation).ConfigureAwait(false);
        var repository = new RepositoryFacts
        {
            Id = id,
            LifecyclePolicy = await lifecycle.ConfigureAwait(false),
            Scanning = await scanning.ConfigureAwait(false),
            Mutability = found,
        };

        var plan = BaselinePlan.For(repository, baseline, repair ? guard.ModeOf(id) : EnforcementMode.Observe, Hold.None, settings.Tags);
        var drift = plan.Drift;
        if (plan.Repairs.FirstOrDefault(missing => missing.Setting.Kind == SettingKind.LifecyclePolicy && missing.Found is null) is { } put)
        {
            var refusal = await writer.PutLifecyclePolicyAsync(id, put.Value, cancellation).ConfigureAwait(false);
            drift = refusal is null ? [.. drift.Where(d => d != put.Drift)] : [.. drift, refusal];
            log.Info("The baseline's lifecycle policy was put on the repository.", ("repository", id.Name), ("refusal", refusal));
        }
        if (mutability || named?.TagMutability is null)
            await ledger.StoreNoteAsync(id, drift, cancellation).ConfigureAwait(false);
        return repository;
    }
}
