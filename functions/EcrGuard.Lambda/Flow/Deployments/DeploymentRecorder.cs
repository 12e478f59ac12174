using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Use;
using EcrGuard.Lambda.Hosting;

namespace EcrGuard.Lambda.Flow.Deployments;

/// <summary>Records what was deployed.</summary>
public sealed class DeploymentRecorder(DeploymentRecords records, PolicyDocument policy, Log log)
{
    /// <summary>
    /// A deployment that was seen so lately is not recorded anew: a service starts its tasks one after the other.
    /// </summary>
    private static readonly TimeSpan Recent = TimeSpan.FromHours(1);

    /// <summary>
    /// A shield that was put within this time stands: a deployment counts longer after it was last seen, and sweeps
    /// keep the shield meanwhile.
    /// </summary>
    private static readonly TimeSpan ShieldAge = TimeSpan.FromDays(1);

    /// <summary>The ledger keeps a deployment longer than it counts.</summary>
    private static readonly TimeSpan Longer = TimeSpan.FromDays(2);

    private TimeSpan Kept => TimeSpan.FromDays(policy.Consumers.RollbackDays) + Longer;

    /// <summary>Records one deployment. If all is done already, it costs one read of the ledger.</summary>
    /// <param name="use">With its digest.</param>
    /// <returns>Whether something follows: <see cref="DeploymentFollower.FollowAsync"/>.</returns>
    public async Task<bool> RecordAsync(ConsumerReference use, DateTimeOffset seenAt, CancellationToken cancellation)
    {
        var image = new ImageId(use.Repository, use.Digest!);
        var known = await records.FindAsync(image, use.By, cancellation).ConfigureAwait(false);
        // An updater took EcrGuard's tag for a version: the tag stays as long as something names it.
        var named = use.Tag is { } own && OwnTags.Claims(own) ? own : null;
        if (known is { Done: true } && seenAt - known.SeenAt < Recent && (named is null || named == known.Tag))
            return false;
        var follows = !(known is { Done: true, Shielded: true } && seenAt - known.SeenAt < ShieldAge);
        await records.RecordAsync(image, use, seenAt, Kept, follows, cancellation).ConfigureAwait(false);
        if (named is not null)
            await records.NameTagAsync(image, named, use.By.ToString(), cancellation).ConfigureAwait(false);
        log.Info("A deployment was recorded.", ("image", image.ToString()), ("by", use.By.ToString()));
        return follows;
    }

    /// <summary>What is recorded of a repository.</summary>
    public Task<IReadOnlyList<ConsumerReference>> AllAsync(RepositoryId repository, CancellationToken cancellation) =>
        records.AllAsync(repository, cancellation);

    /// <summary>
    /// Records what references that name only a tag mean: the tag moves on, and the image that it meant stays in
    /// reserve for rollbacks. A sweep has looked at the image itself, so that nothing else follows.
    /// </summary>
    /// <param name="use">A reading. A reference that it did not see itself stays as it was.</param>
    /// <param name="known">What is recorded already.</param>
    public async Task RecordMeaningsAsync(
        UsageReading? use,
        RepositoryContents contents,
        IReadOnlyList<ConsumerReference> known,
        CancellationToken cancellation
    )
    {
        if (use is null)
            return;
        foreach (var meant in UseHistory.Meant(use, contents))
        {
            if (known.Any(each => UseHistory.IsRecorded(each, meant, use.ReadAt)))
                continue;
            var image = new ImageId(contents.Repository, meant.Digest!);
            await records
                .RecordAsync(image, meant, use.ReadAt, Kept, follows: false, cancellation)
                .ConfigureAwait(false);
        }
    }
}
