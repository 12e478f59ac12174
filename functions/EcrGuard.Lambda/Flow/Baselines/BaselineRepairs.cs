using EcrGuard.Aws.Actions;
using EcrGuard.Aws.Facts;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Baselines;
using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Use;
using EcrGuard.Lambda.Flow.Deployments;
using EcrGuard.Lambda.Hosting;

namespace EcrGuard.Lambda.Flow.Baselines;

/// <summary>What the policy wants of a repository.</summary>
/// <param name="Baseline">The part of the baseline that was looked at.</param>
/// <param name="Whole">The whole baseline.</param>
public sealed record Wanted(Baseline Baseline, Baseline Whole, EnforcementMode Mode)
{
    public BaselinePlan PlanFor(RepositoryFacts repository, SettingHistory history) =>
        BaselinePlan.For(repository, Baseline, Mode, history, Whole);
}

/// <summary>Repairs what differs from the baseline of a repository.</summary>
public sealed class BaselineRepairs(
    EcrReader registry,
    RepositoryRecords repositories,
    RepositoryWriter writer,
    LifecyclePutCheck check,
    DeploymentFollower deployments,
    Log log
)
{
    /// <param name="usages">Which images are in use; null on a push, which does not know.</param>
    /// <param name="known">What a sweep knows; null if everything must be read. A sweep itself shields afterwards what
    ///     was deployed in the meantime.</param>
    /// <returns>The drift that is left, one sentence for each difference, and whether a lifecycle policy was put, or
    ///     its put was begun.</returns>
    public async Task<(IReadOnlyList<string> Drift, bool PutsPolicy)> RunAsync(
        RepositoryFacts repository,
        Wanted wanted,
        IReadOnlyDictionary<Digest, ImageUsage>? usages,
        KnownRepository? known,
        CancellationToken cancellation
    )
    {
        var (history, revision) = known is null
            ? await repositories.SettingsAsync(repository.Id, cancellation).ConfigureAwait(false)
            : (known.History, known.HistoryRevision);
        var plan = await PlanAsync(repository, wanted, history, cancellation).ConfigureAwait(false);
        var baselineWriter = new BaselineWriter(repository.Id, history, revision, writer, log);
        var drift = plan.Drift.ToList();
        var putsPolicy = false;
        foreach (var repair in plan.Repairs)
        {
            var isPolicy = repair.Setting.Kind == SettingKind.LifecyclePolicy;
            var left = await WhyNotAsync(repository.Id, repair, usages, known, cancellation).ConfigureAwait(false);
            if (left is null)
            {
                putsPolicy |= isPolicy;
                left = await baselineWriter.WriteAsync(repair, cancellation).ConfigureAwait(false);
            }
            if (left is not null)
            {
                drift.Add(left);
                continue;
            }
            drift.Remove(repair.Drift);
            if (isPolicy && known is null)
                await deployments.ShieldLateAsync(repository.Id, [], cancellation).ConfigureAwait(false);
        }
        return (drift, putsPolicy);
    }

    /// <summary>
    /// Plans repairs. A sweep's facts are hours old if it looked at thousands of images; whoever writes reads again.
    /// </summary>
    private async Task<BaselinePlan> PlanAsync(
        RepositoryFacts repository,
        Wanted wanted,
        SettingHistory history,
        CancellationToken cancellation
    )
    {
        var read = await WithScannerAsync(repository, wanted, cancellation).ConfigureAwait(false);
        var plan = wanted.PlanFor(read, history);
        if (plan.Repairs.Count == 0 || read.ResourceTags is not null)
            return plan;
        // The resource tags say whether the team has opted out. They are read only before a write.
        return await registry.ResourceTagsAsync(read.Id, cancellation).ConfigureAwait(false) is { } tags
            ? wanted.PlanFor(read with { ResourceTags = tags }, history)
            : plan with
            {
                Repairs = [],
            };
    }

    private async Task<RepositoryFacts> WithScannerAsync(
        RepositoryFacts repository,
        Wanted wanted,
        CancellationToken cancellation
    ) =>
        wanted.Baseline.ScanOnPush != true || repository.Scanning.Automatic
            ? repository
            : repository with
            {
                Scanning = repository.Scanning with
                {
                    Scanner = await registry.ScanTypeAsync(cancellation).ConfigureAwait(false),
                },
            };

    private async Task<string?> WhyNotAsync(
        RepositoryId id,
        Repair repair,
        IReadOnlyDictionary<Digest, ImageUsage>? usages,
        KnownRepository? known,
        CancellationToken cancellation
    )
    {
        if (repair.Setting.Kind != SettingKind.LifecyclePolicy)
            return null;
        return await (
            usages is null
                ? check.WhyNotOnPushAsync(id, repair.Value, cancellation)
                : check.WhyNotAsync(id, repair.Value, usages, known, cancellation)
        ).ConfigureAwait(false);
    }
}
