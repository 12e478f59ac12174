using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Images;
using EcrGuard.Core.Use;

namespace EcrGuard.Lambda.Flow.Deployments;

/// <summary>
/// Shields a deployed image if a rule of EcrGuard's is there that a shield protects against. A deployment is recorded
/// first, and then the rule is looked for. Whoever puts the rule, or takes a shield off, afterwards looks for recorded
/// deployments. So the image is shielded, whichever comes first.
/// </summary>
public sealed class DeploymentFollower(DeploymentRecords records, DeploymentShields shields)
{
    /// <summary>Does what follows from a recorded deployment, after it is told where it must be.</summary>
    public async Task FollowAsync(ConsumerReference use, DateTimeOffset seenAt, CancellationToken cancellation)
    {
        var image = new ImageId(use.Repository, use.Digest!);
        var shield = await shields.RuleStandsAsync(image.Repository, cancellation).ConfigureAwait(false)
            ? await shields.ShieldAsync(image, cancellation).ConfigureAwait(false)
            : new Shielded(There: false, null);
        // If it could not be shielded, it is not done: the next event about it tries again.
        if (shield.WhyNot is null)
            await records.DoneAsync(image, use.By, seenAt, shield.There, cancellation).ConfigureAwait(false);
    }

    /// <summary>Shields images that were deployed while a policy was put or shields were taken off.</summary>
    /// <param name="known">The deployments that the caller knew before it did that, and what the references that it
    ///     knew mean.</param>
    public async Task ShieldLateAsync(
        RepositoryId repository,
        IEnumerable<ConsumerReference> known,
        CancellationToken cancellation
    )
    {
        var recorded = await records.AllAsync(repository, cancellation).ConfigureAwait(false);
        var latest = known
            .GroupBy(use => (use.By, use.Digest))
            .ToDictionary(same => same.Key, same => same.Max(use => use.SeenAt));
        var late = recorded
            .Where(use => !(use.SeenAt <= latest.GetValueOrDefault((use.By, use.Digest))))
            .Select(use => use.Digest!)
            .Distinct()
            .ToList();
        if (late.Count == 0 || !await shields.RuleStandsAsync(repository, cancellation).ConfigureAwait(false))
            return;
        foreach (var digest in late)
            await shields.ShieldAsync(new ImageId(repository, digest), cancellation).ConfigureAwait(false);
    }
}
