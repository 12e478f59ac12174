using EcrGuard.Aws.Actions;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Baselines;
using EcrGuard.Core.Images;
using EcrGuard.Core.Lifecycle;
using EcrGuard.Core.Plans;
using EcrGuard.Core.Policy;
using EcrGuard.Lambda.Flow.Baselines;
using EcrGuard.Lambda.Flow.Deployments;
using EcrGuard.Lambda.Hosting;

namespace EcrGuard.Lambda.Flow.Sweeping;

/// <summary>What follows for a repository as a whole, once the tags of its images stand.</summary>
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
    /// <summary>What a policy takes before the next sweep is told by this one.</summary>
    public static readonly TimeSpan Tomorrow = TimeSpan.FromHours(26);

    /// <summary>Sweeps come daily: a write that was meant before that has its end.</summary>
    private static readonly TimeSpan StoryAge = TimeSpan.FromDays(7);

    /// <summary>What the lifecycle policy does that nobody may want, a sentence each.</summary>
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
        if (policy.ModeOf(facts.Repository) < EnforcementMode.Mark)
            warnings.Add(Shields.Unkept(own, facts.Contents, facts.Usages));
        warnings.Add(AbandonedPlaces.Warning(own, facts.Contents, facts.Usages, facts.Now + Tomorrow));
        return [.. warnings.OfType<string>()];
    }

    /// <summary>
    /// Holds the repository to its baseline, shields what was deployed meanwhile, and ends what nobody ended. The
    /// shields stand before any policy is put.
    /// </summary>
    /// <returns>The repository as it was found; null where that could not be read.</returns>
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
            Undone.OrWhyAsync(
                log,
                what,
                async () =>
                {
                    await act().ConfigureAwait(false);
                    return [];
                },
                cancellation
            );
    }

    /// <summary>
    /// Notes what became of writes whose function ended before it could, so that the ledger tells the story, and tells
    /// where an image may have gone by one.
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
