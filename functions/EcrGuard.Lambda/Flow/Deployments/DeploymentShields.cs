using EcrGuard.Aws.Facts;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Images;
using EcrGuard.Core.Lifecycle;
using EcrGuard.Core.Reports.Alerts;
using EcrGuard.Core.Use;
using EcrGuard.Core.Verdicts;
using EcrGuard.Lambda.Hosting;

namespace EcrGuard.Lambda.Flow.Deployments;

/// <summary>The result of shielding an image.</summary>
/// <param name="There">Whether the image is there and can be pulled.</param>
/// <param name="WhyNot">Why the image, or an index that holds it, is not shielded; null if all are.</param>
public sealed record Shielded(bool There, string? WhyNot);

/// <summary>Shields images that were deployed.</summary>
public sealed class DeploymentShields(
    EcrReader registry,
    ManifestRecords manifests,
    ImageMarker marker,
    Notices notices,
    EffectivePolicy policy,
    TimeProvider time,
    Log log
)
{
    /// <summary>Whether a rule of EcrGuard's is there that a shield protects against.</summary>
    public async Task<bool> RuleStandsAsync(RepositoryId repository, CancellationToken cancellation) =>
        policy.MayMark(repository)
        && await registry.LifecyclePolicyAsync(repository, cancellation).ConfigureAwait(false) is { } lifecycle
        && ShieldRule.StandsIn(lifecycle);

    /// <summary>
    /// Shields an image and the indexes that hold it. Whoever uses a child uses these indexes too, and an untagged
    /// child stays as long as its index.
    /// </summary>
    public Task<Shielded> ShieldAsync(ImageId image, CancellationToken cancellation) =>
        ShieldAsync(image, level: 0, cancellation);

    /// <param name="level">How many indexes lie between this image and the one that was deployed.</param>
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
        var now = time.GetUtcNow();
        await notices
            .PublishOnceAsync(
                image.Repository,
                TagAlert.IdOfUnshielded(image, now),
                team => TagAlert.ForUnshielded(image, why, now, team),
                cancellation
            )
            .ConfigureAwait(false);
    }
}
