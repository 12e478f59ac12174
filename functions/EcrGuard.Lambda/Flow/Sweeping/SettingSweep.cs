using EcrGuard.Aws.Actions;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Baselines;
using EcrGuard.Core.Images;
using EcrGuard.Core.Lifecycle;
using EcrGuard.Core.Plans;
using EcrGuard.Lambda.Flow.Baselines;
using EcrGuard.Lambda.Flow.Deployments;
using EcrGuard.Lambda.Hosting;

namespace EcrGuard.Lambda.Flow.Sweeping;

/// <summary>Does the work on a repository as a whole, once the tags of its images are written.</summary>
public sealed class SettingSweep(
    EffectivePolicy policy,
    TagRemover tagRemover,
    BaselineEnforcer baselines,
    DeploymentFollower deployments,
    ImageRecords images,
    WriteRecords writes,
    Log log
)
{
    /// <summary>How far ahead this sweep looks. It tells what a policy takes before the next sweep.</summary>
    public static readonly TimeSpan Tomorrow = TimeSpan.FromHours(26);

    /// <summary>
    /// How far back writes are checked. Sweeps come daily, so a write from before that already has its end.
    /// </summary>
    private static readonly TimeSpan StoryAge = TimeSpan.FromDays(7);

    /// <summary>Warnings about the lifecycle policy that probably nobody wants, one sentence each.</summary>
    public async Task<IReadOnlyList<string>> WarningsAsync(SweepFacts facts, CancellationToken cancellation)
    {
        if (facts.Own is not { } own)
            return [];
        var warnings = new List<string?>();
        if (ShieldRule.StandsIn(own))
        {
            var gone = await images
                .GoneAsync(facts.Repository, facts.Now - PolicySafety.LookBack, cancellation)
                .ConfigureAwait(false);
            var contents = facts.Contents with { LatelyGone = gone };
            warnings.Add(PolicySafety.Outruns(own, contents, facts.Usages, facts.Now));
        }
        if (!policy.MayMark(facts.Repository))
            warnings.Add(Shields.Unkept(own, facts.Contents, facts.Usages));
        warnings.Add(ImagesKeptByTags.Warning(own, facts.Contents, facts.Usages, facts.Now + Tomorrow));
        return [.. warnings.OfType<string>()];
    }

    /// <summary>
    /// Holds the repository to its baseline, shields what was deployed in the meantime, and finishes writes that nobody
    /// finished. The shields are there before any policy is put.
    /// </summary>
    /// <returns>The repository as it was found; null if it could not be read.</returns>
    public async Task<(RepositoryFacts? Found, IReadOnlyList<string> Undone)> RunAsync(
        SweepFacts facts,
        CancellationToken cancellation
    )
    {
        RepositoryFacts? found = null;
        var baseline = await TryAsync(
                "its baseline",
                async () =>
                    found = await baselines
                        .HoldAsync(
                            facts.Repository,
                            repair: true,
                            BaselineEnforcer.Everything,
                            facts.Usages,
                            cancellation,
                            Task.FromResult(facts.Policy)
                        )
                        .ConfigureAwait(false)
            )
            .ConfigureAwait(false);
        var late = await TryAsync(
                "the shields of what was deployed meanwhile",
                () => deployments.ShieldLateAsync(facts.Repository, facts.Deployments, cancellation)
            )
            .ConfigureAwait(false);
        var unended = await TryAsync(
                "the writes that nobody ended",
                () => EndWritesAsync(facts.Contents, found, cancellation)
            )
            .ConfigureAwait(false);
        return (found, [.. baseline, .. late, .. unended]);

        Task<IReadOnlyList<string>> TryAsync(string what, Func<Task> act) =>
            Undone.TryAsync(log, what, act, cancellation);
    }

    /// <summary>
    /// Notes the outcome of writes whose function ended before it could note it, so that the ledger is complete. It
    /// also tells if an image may have been lost through such a write.
    /// </summary>
    private async Task EndWritesAsync(
        RepositoryContents contents,
        RepositoryFacts? found,
        CancellationToken cancellation
    )
    {
        var over = contents.ReadAt - QuarantinePlan.UnderWay;
        await foreach (
            var write in writes
                .UnendedAsync(contents.Repository, over - StoryAge, over, cancellation)
                .ConfigureAwait(false)
        )
        {
            if (write.Alarm(contents) is { } alarm)
                await tagRemover
                    .WarnAsync(write.Image!, write.Tag!, alarm, write.Id, cancellation)
                    .ConfigureAwait(false);
            var outcome = write.Outcome(contents, found);
            await (
                write.Image is { } image
                    ? writes.OutcomeAsync(image, write.Id, outcome, cancellation, guess: true)
                    : writes.OutcomeAsync(contents.Repository, write.Id, outcome, cancellation, guess: true)
            ).ConfigureAwait(false);
        }
    }
}
