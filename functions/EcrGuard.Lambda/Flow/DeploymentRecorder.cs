using EcrGuard.Aws;
using EcrGuard.Aws.Facts;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Use;
using EcrGuard.Core.Verdicts;
using EcrGuard.Lambda.Hosting;

namespace EcrGuard.Lambda.Flow;

/// <summary>
/// Records what was deployed and shields it at once, where a rule of EcrGuard's stands that a shield holds against.
/// It is recorded before the rule is looked for, and whoever puts the rule, or takes a shield off, looks for what was
/// recorded after it: whichever comes first, the image is shielded.
/// </summary>
public sealed class DeploymentRecorder(
    ImageDecider guard,
    EcrReader registry,
    Ledger ledger,
    Settings settings,
    Log log
)
{
    /// <summary>
    /// A deployment that was seen so lately is not recorded anew: a service starts its tasks one after the other.
    /// </summary>
    private static readonly TimeSpan Recent = TimeSpan.FromHours(1);

    /// <summary>The ledger keeps a deployment longer than it counts.</summary>
    private static readonly TimeSpan Longer = TimeSpan.FromDays(2);

    /// <summary>
    /// Records one deployment and does what follows from it. Where that is done already, it costs one read of the
    /// ledger.
    /// </summary>
    /// <param name="use">With its digest.</param>
    public async Task RecordAsync(ConsumerReference use, DateTimeOffset seenAt, CancellationToken cancellation)
    {
        var image = new ImageId(use.Repository, use.Digest!);
        var known = await ledger.DeploymentAsync(image, use.By, cancellation).ConfigureAwait(false);
        if (known is { Done: true } && seenAt - known.SeenAt < Recent)
            return;
        var kept = TimeSpan.FromDays(guard.Policy.Consumers.RollbackDays) + Longer;
        await ledger.RecordDeploymentAsync(image, use, seenAt, kept, cancellation).ConfigureAwait(false);
        // An updater took EcrGuard's tag for a version: it stays as long as it is named.
        if (use.Tag is { } tag && settings.Tags.Claims(tag))
            await ledger.NameTagAsync(image, tag, use.By.ToString(), cancellation).ConfigureAwait(false);
        if (await RuleStandsAsync(image.Repository, cancellation).ConfigureAwait(false))
            await ShieldAsync(image, 0, cancellation).ConfigureAwait(false);
        await ledger.DeploymentDoneAsync(image, use.By, seenAt, cancellation).ConfigureAwait(false);
        log.Info("A deployment was recorded.", ("image", image.ToString()), ("by", use.By.ToString()));
    }

    /// <summary>Shields what was deployed while a policy was put or shields were taken off.</summary>
    /// <param name="known">The deployments of which whoever did that knew before.</param>
    public async Task ShieldLateAsync(
        RepositoryId repository,
        IReadOnlyList<ConsumerReference> known,
        CancellationToken cancellation
    )
    {
        var recorded = await ledger.DeploymentsAsync(repository, cancellation).ConfigureAwait(false);
        var late = recorded.Except(known).Select(use => use.Digest!).Distinct().ToList();
        if (late.Count == 0 || !await RuleStandsAsync(repository, cancellation).ConfigureAwait(false))
            return;
        foreach (var digest in late)
            await ShieldAsync(new ImageId(repository, digest), 0, cancellation).ConfigureAwait(false);
    }

    private async Task<bool> RuleStandsAsync(RepositoryId repository, CancellationToken cancellation) =>
        guard.ModeOf(repository) >= EnforcementMode.Mark
        && await registry.LifecyclePolicyAsync(repository, cancellation).ConfigureAwait(false) is { } policy
        && Shields.StandIn(policy, settings.Tags);

    /// <summary>
    /// Shields an image and the indexes that hold it: use of a child is use of them, and an untagged child stays with
    /// its index.
    /// </summary>
    /// <param name="level">How many indexes lie between it and what was deployed.</param>
    /// <returns>Whether it is there to be pulled.</returns>
    private async Task<bool> ShieldAsync(ImageId image, int level, CancellationToken cancellation)
    {
        var held = false;
        if (level < Judge.MaxIndexLevels)
        {
            foreach (var index in await ledger.IndexesOfAsync(image, cancellation).ConfigureAwait(false))
                held |= await ShieldAsync(image with { Digest = index }, level + 1, cancellation).ConfigureAwait(false);
        }
        if (await registry.ImageAsync(image, cancellation).ConfigureAwait(false) is not { } facts)
            return false;
        var there = facts.Storage == StorageStatus.Active;
        if (held && facts.Tags.Count == 0)
            return there;
        if (
            await guard.ShieldAsync(facts, UseState.InUse, UseState.InUse, cancellation).ConfigureAwait(false) is
            { } why
        )
            log.Warning("A deployed image could not be shielded.", ("image", image.ToString()), ("why", why));
        return there;
    }
}
