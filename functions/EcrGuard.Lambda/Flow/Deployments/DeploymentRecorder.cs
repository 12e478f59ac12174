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
    /// A deployment that was seen within this time is not recorded again: a service starts its tasks one after the
    /// other.
    /// </summary>
    private static readonly TimeSpan Recent = TimeSpan.FromHours(1);

    /// <summary>
    /// A shield that was put within this time is still there. A deployment counts for longer than this after it was
    /// last seen, and sweeps keep the shield during that time.
    /// </summary>
    private static readonly TimeSpan ShieldAge = TimeSpan.FromDays(1);

    /// <summary>How much longer the ledger keeps a deployment than it counts.</summary>
    private static readonly TimeSpan Longer = TimeSpan.FromDays(2);

    private TimeSpan Kept => TimeSpan.FromDays(policy.Consumers.RollbackDays) + Longer;

    /// <summary>Records one deployment. If everything is done already, it costs one read of the ledger.</summary>
    /// <param name="use">The reference, with its digest.</param>
    /// <returns>Whether a next step is needed: <see cref="DeploymentFollower.FollowAsync"/>.</returns>
    public async Task<bool> RecordAsync(ConsumerReference use, DateTimeOffset seenAt, CancellationToken cancellation)
    {
        var image = new ImageId(use.Repository, use.Digest!);
        var known = await records.FindAsync(image, use.By, cancellation).ConfigureAwait(false);
        // An updater took EcrGuard's tag for a version. The tag stays as long as a consumer names it.
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

    /// <summary>All recorded deployments of a repository.</summary>
    public Task<IReadOnlyList<ConsumerReference>> AllAsync(RepositoryId repository, CancellationToken cancellation) =>
        records.AllAsync(repository, cancellation);

    /// <summary>
    /// Records the images that references with only a tag mean. The tag moves on, and the image that it meant is kept
    /// for rollbacks. A sweep has looked at the image itself, so no next step is needed.
    /// </summary>
    /// <param name="use">A reading of what runs. A reference that it did not see itself stays as it was.</param>
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
