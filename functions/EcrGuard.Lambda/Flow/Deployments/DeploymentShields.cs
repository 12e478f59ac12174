using EcrGuard.Aws.Facts;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Images;
using EcrGuard.Core.Lifecycle;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Reports.Alerts;
using EcrGuard.Core.Use;
using EcrGuard.Core.Verdicts;
using EcrGuard.Lambda.Hosting;

namespace EcrGuard.Lambda.Flow.Deployments;

/// <summary>What became of a shield.</summary>
/// <param name="There">Whether the image is there to be pulled.</param>
/// <param name="WhyNot">Why it, or an index that holds it, is not shielded; null if nothing is missing.</param>
public sealed record Shielded(bool There, string? WhyNot);

/// <summary>Shields images that were deployed.</summary>
public sealed class DeploymentShields(
    EcrReader registry,
    ManifestRecords manifests,
    ImageMarker marker,
    TimedNotices notices,
    EffectivePolicy policy,
    TimeProvider time,
    Log log
)
{
    /// <summary>Whether a rule of EcrGuard's stands that a shield holds against.</summary>
    public async Task<bool> RuleStandsAsync(RepositoryId repository, CancellationToken cancellation) =>
        policy.ModeOf(repository) >= EnforcementMode.Mark
        && await registry.LifecyclePolicyAsync(repository, cancellation).ConfigureAwait(false) is { } lifecycle
        && ShieldRule.StandsIn(lifecycle);

    /// <summary>
    /// Shields an image and the indexes that hold it: use of a child is use of them, and an untagged child stays with
    /// its index.
    /// </summary>
    public Task<Shielded> ShieldAsync(ImageId image, CancellationToken cancellation) =>
        ShieldAsync(image, level: 0, cancellation);

    /// <param name="level">How many indexes lie between it and what was deployed.</param>
    private async Task<Shielded> ShieldAsync(ImageId image, int level, CancellationToken cancellation)
    {
        var (held, whyNot) = (false, (string?)null);
        if (level < IndexJudge.MaxLevels)
        {
            foreach (var index in await manifests.IndexesOfAsync(image, cancellation).ConfigureAwait(false))
            {
                var holds = await ShieldAsync(image with { Digest = index }, level + 1, cancellation)
                    .ConfigureAwait(false);
                held |= holds.There;
                whyNot ??= holds.WhyNot;
            }
        }
        if (await registry.ImageAsync(image, cancellation).ConfigureAwait(false) is not { } facts)
            return new Shielded(There: false, whyNot);
        var there = facts.Storage == StorageStatus.Active;
        if (held && facts.Tags.Count == 0)
            return new Shielded(there, whyNot);
        var refusal = await marker
            .ShieldAsync(facts, UseState.InUse, UseState.InUse, cancellation)
            .ConfigureAwait(false);
        if (refusal is not null)
            await TellAsync(image, refusal, cancellation).ConfigureAwait(false);
        return new Shielded(there, whyNot ?? refusal);
    }

    private async Task TellAsync(ImageId image, string why, CancellationToken cancellation)
    {
        log.Warning("A deployed image could not be shielded.", ("image", image.ToString()), ("why", why));
        var message = TagAlert.ForUnshielded(image, why, time.GetUtcNow());
        await notices.PublishOnceAsync(image.Repository, message.Id, _ => message, cancellation).ConfigureAwait(false);
    }
}
