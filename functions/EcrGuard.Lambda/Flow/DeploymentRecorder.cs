using EcrGuard.Aws.Facts;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Images;
using EcrGuard.Core.Lifecycle;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Reports;
using EcrGuard.Core.Reports.Alerts;
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
    ImageRecords images,
    DeploymentRecords records,
    ManifestRecords manifests,
    TimedNotices notices,
    TimeProvider time,
    Log log
)
{
    /// <summary>
    /// A deployment that was seen so lately is not recorded anew: a service starts its tasks one after the other.
    /// </summary>
    private static readonly TimeSpan Recent = TimeSpan.FromHours(1);

    /// <summary>
    /// Within this a shield that was put stands: a deployment counts longer after it was last seen, and sweeps keep the
    /// shield meanwhile.
    /// </summary>
    private static readonly TimeSpan ShieldAge = TimeSpan.FromDays(1);

    /// <summary>The ledger keeps a deployment longer than it counts.</summary>
    private static readonly TimeSpan Longer = TimeSpan.FromDays(2);

    private TimeSpan Kept => TimeSpan.FromDays(guard.Policy.Consumers.RollbackDays) + Longer;

    /// <summary>Records one deployment. Where all is done already, it costs one read of the ledger.</summary>
    /// <param name="use">With its digest.</param>
    /// <returns>Whether something follows: <see cref="FollowAsync"/>.</returns>
    public async Task<bool> RecordAsync(ConsumerReference use, DateTimeOffset seenAt, CancellationToken cancellation)
    {
        var image = new ImageId(use.Repository, use.Digest!);
        var known = await records.FindAsync(image, use.By, cancellation).ConfigureAwait(false);
        // An updater took EcrGuard's tag for a version: it stays as long as it is named.
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

    /// <summary>Does what follows from a deployment that is recorded.</summary>
    public async Task FollowAsync(ConsumerReference use, DateTimeOffset seenAt, CancellationToken cancellation)
    {
        var image = new ImageId(use.Repository, use.Digest!);
        await TellWithoutYesAsync(image, use.By, seenAt, cancellation).ConfigureAwait(false);
        var shield = await RuleStandsAsync(image.Repository, cancellation).ConfigureAwait(false)
            ? await ShieldAsync(image, 0, cancellation).ConfigureAwait(false)
            : new Shielded(There: false, null);
        // What could not be shielded is not done: the next event of it tries again.
        if (shield.WhyNot is null)
            await records.DoneAsync(image, use.By, seenAt, shield.There, cancellation).ConfigureAwait(false);
    }

    /// <summary>
    /// Records what references by a tag alone mean: the tag moves on, and what it meant stays in reserve for rollbacks.
    /// A sweep has looked at the image itself, so that nothing else follows.
    /// </summary>
    /// <param name="use">As it was read; a reference that the reading did not see itself is as it was.</param>
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

    /// <summary>Shields what was deployed while a policy was put or shields were taken off.</summary>
    /// <param name="known">
    /// The deployments of which whoever did that knew before, and what references that it knew mean.
    /// </param>
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
        if (late.Count == 0 || !await RuleStandsAsync(repository, cancellation).ConfigureAwait(false))
            return;
        foreach (var digest in late)
            await ShieldAsync(new ImageId(repository, digest), 0, cancellation).ConfigureAwait(false);
    }

    /// <summary>Says that something runs an image for which no approval stands.</summary>
    private async Task TellWithoutYesAsync(
        ImageId image,
        Consumer by,
        DateTimeOffset seenAt,
        CancellationToken cancellation
    )
    {
        if (!RepositoryHistory.Runs(by))
            return;
        var now = time.GetUtcNow();
        var entry = await images.FindAsync(image, cancellation).ConfigureAwait(false);
        // Who deploys an index runs one of its platforms.
        var judged = (await manifests.IndexRecordsOfAsync(image, cancellation).ConfigureAwait(false))
            .Append(entry?.Record)
            .OfType<ImageRecord>()
            .Where(record => !record.Gone)
            .Select(record => record.AsOf(now, guard.Policy))
            .ToList();
        // What nobody has judged yet was there before EcrGuard: the backfill or the sweep comes to it.
        if (judged.Count == 0 || judged.Exists(record => record.Verdict.Approved))
            return;
        var message = DeployedAlert.Of(image, by, judged.MinBy(record => record.Verdict.Status)!, seenAt);
        await notices
            .PublishOnceAsync(image.Repository, message.Id, () => Task.FromResult(message), cancellation)
            .ConfigureAwait(false);
    }

    private async Task<bool> RuleStandsAsync(RepositoryId repository, CancellationToken cancellation) =>
        guard.ModeOf(repository) >= EnforcementMode.Mark
        && await registry.LifecyclePolicyAsync(repository, cancellation).ConfigureAwait(false) is { } policy
        && ShieldRule.StandsIn(policy);

    /// <summary>
    /// Shields an image and the indexes that hold it: use of a child is use of them, and an untagged child stays with
    /// its index.
    /// </summary>
    /// <param name="level">How many indexes lie between it and what was deployed.</param>
    private async Task<Shielded> ShieldAsync(ImageId image, int level, CancellationToken cancellation)
    {
        var (held, whyNot) = (false, (string?)null);
        if (level < Judge.MaxIndexLevels)
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
        if (
            await guard.ShieldAsync(facts, UseState.InUse, UseState.InUse, cancellation).ConfigureAwait(false) is
            { } why
        )
        {
            await TellAsync(image, why, cancellation).ConfigureAwait(false);
            whyNot ??= why;
        }
        return new Shielded(there, whyNot);
    }

    private async Task TellAsync(ImageId image, string why, CancellationToken cancellation)
    {
        log.Warning("A deployed image could not be shielded.", ("image", image.ToString()), ("why", why));
        var message = TagAlert.ForUnshielded(image, why, time.GetUtcNow());
        await notices
            .PublishOnceAsync(image.Repository, message.Id, () => Task.FromResult(message), cancellation)
            .ConfigureAwait(false);
    }

    /// <summary>What became of a shield.</summary>
    /// <param name="There">Whether the image is there to be pulled.</param>
    /// <param name="WhyNot">Why it, or an index that holds it, is not shielded; null where nothing is missing.</param>
    private sealed record Shielded(bool There, string? WhyNot);
}
