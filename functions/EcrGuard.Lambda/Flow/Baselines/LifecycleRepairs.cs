using EcrGuard.Aws.Actions;
using EcrGuard.Aws.Facts;
using EcrGuard.Core.Baselines;
using EcrGuard.Core.Images;
using EcrGuard.Core.Plans;
using EcrGuard.Core.Use;
using EcrGuard.Lambda.Hosting;

namespace EcrGuard.Lambda.Flow.Baselines;

/// <summary>
/// Decides which lifecycle policy the baseline of a repository puts. It handles no other part of the baseline.
/// </summary>
public sealed class LifecycleRepairs(
    EcrReader registry,
    RepositoryWriter writer,
    LifecyclePutCheck check,
    EffectivePolicy policy,
    Log log
)
{
    private const string Gone = "The repository was deleted meanwhile.";

    /// <summary>
    /// Whether the baseline is about to put EcrGuard's rule, as far as this can be known in advance. The baseline must
    /// want the rule, it must be allowed to write it, and the rule must be safe once the images in use are shielded.
    /// Only then are they shielded before the rule is there.
    /// </summary>
    /// <param name="known">What a sweep knows of the repository.</param>
    /// <param name="contents">Its images, with those that are lately gone.</param>
    public async Task<bool> IsAboutToPutAsync(
        RepositoryId id,
        KnownRepository known,
        RepositoryContents contents,
        IReadOnlyDictionary<Digest, ImageUsage> usages,
        CancellationToken cancellation
    )
    {
        var (named, mode) = (policy.Document.BaselineOf(id.Name), policy.ModeOf(id));
        if (named?.LifecyclePolicy is null || !BaselinePlan.Enforces(named, mode))
            return false;
        var facts = new RepositoryFacts { Id = id, LifecyclePolicy = known.LifecyclePolicy };
        if (PlanFor(facts, SettingHistory.None).Repairs.Count == 0)
            return false;
        var tags = known.ResourceTags ?? await registry.ResourceTagsAsync(id, cancellation).ConfigureAwait(false);
        return tags is not null
            && PlanFor(facts with { ResourceTags = tags }, known.History).Repairs is [var repair, ..]
            && await check.WouldBeSafeAsync(repair.Value, contents, usages, cancellation).ConfigureAwait(false);
    }

    /// <summary>
    /// Decides again which lifecycle policy the baseline puts. When the plan was made, it was not known what EcrGuard
    /// has written to the repository, or whether the repository was restored. The team may also have opted out since.
    /// </summary>
    /// <param name="view">A first reading of the repository.</param>
    /// <param name="first">Whether something is written to the repository before the policy. If not, it is enough that
    ///     whoever writes the policy looks whether the team has opted out.</param>
    /// <returns>What is to be written, and the writer for it. If nothing is to be written: why not.</returns>
    internal async Task<(BaselineWriter Writer, Repair? Repair, string Why)> AgainAsync(
        RepositoryView view,
        bool first,
        CancellationToken cancellation
    )
    {
        var id = view.Contents.Repository;
        var writing = new BaselineWriter(id, view.SettingHistory, view.SettingsRevision, writer, log);
        var tags = first ? await registry.ResourceTagsAsync(id, cancellation).ConfigureAwait(false) : null;
        if (first && tags is null)
            return (writing, null, Gone);
        var facts = new RepositoryFacts
        {
            Id = id,
            LifecyclePolicy = view.LifecyclePolicy,
            ResourceTags = tags,
        };
        var plan = PlanFor(facts, view.SettingHistory);
        return (writing, plan.Repairs is [var repair, ..] ? repair : null, string.Join(' ', plan.Drift));
    }

    private BaselinePlan PlanFor(RepositoryFacts facts, SettingHistory history)
    {
        var named = policy.Document.BaselineOf(facts.Id.Name);
        var alone = named is null ? null : named with { ScanOnPush = null, TagMutability = null, ResourceTags = [] };
        return BaselinePlan.For(facts, alone, policy.ModeOf(facts.Id), history, named);
    }
}
