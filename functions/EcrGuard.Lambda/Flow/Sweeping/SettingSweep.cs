using EcrGuard.Aws.Actions;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Baselines;
using EcrGuard.Core.Images;
using EcrGuard.Core.Lifecycle;
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
    WriteRecords writes,
    Log log
)
{
    /// <summary>How far ahead this sweep looks. It tells what a policy takes before the next sweep.</summary>
    public static readonly TimeSpan Tomorrow = TimeSpan.FromHours(26);

    /// <summary>Warnings about the lifecycle policy that probably nobody wants, one sentence each.</summary>
    public IReadOnlyList<string> Warnings(SweepFacts facts)
    {
        if (facts.Own is not { } own)
            return [];
        var warnings = new List<string?>();
        if (ShieldRule.StandsIn(own))
            warnings.Add(PolicySafety.Outruns(own, facts.Contents, facts.Usages, facts.Now));
        if (!policy.MayMark(facts.Repository))
            warnings.Add(Shields.Unkept(own, facts.Contents, facts.Usages));
        warnings.Add(ImagesKeptByTags.Warning(own, facts.Contents, facts.Usages, facts.Now + Tomorrow));
        return [.. warnings.OfType<string>()];
    }

    /// <summary>
    /// Holds the repository to its baseline, shields what was deployed in the meantime, and finishes writes that nobody
    /// finished. The shields are there before any policy is put.
    /// </summary>
    /// <param name="wrote">Whether this sweep has written, or meant to write, to the repository before.</param>
    /// <returns>The repository as it was found, null if it could not be read; and what could not be done.</returns>
    public async Task<(HeldRepository? Held, IReadOnlyList<string> Undone)> RunAsync(
        SweepFacts facts,
        bool wrote,
        CancellationToken cancellation
    )
    {
        HeldRepository? held = null;
        var baseline = await TryAsync(
                "its baseline",
                async () =>
                    held = await baselines
                        .SweepAsync(facts.Repository, facts.Usages, facts.KnownRepository(wrote), cancellation)
                        .ConfigureAwait(false)
            )
            .ConfigureAwait(false);
        var late = await TryAsync(
                "the shields of what was deployed meanwhile",
                () => ShieldLateAsync(facts, wrote, putsPolicy: held is not { PutsPolicy: false }, cancellation)
            )
            .ConfigureAwait(false);
        var unended = await TryAsync(
                "the writes that nobody ended",
                () => EndWritesAsync(facts, held?.Found, cancellation)
            )
            .ConfigureAwait(false);
        return (held, [.. baseline, .. late, .. unended]);

        Task<IReadOnlyList<string>> TryAsync(string what, Func<Task> act) =>
            Attempt.TryAsync(log, what, act, cancellation);
    }

    /// <summary>
    /// Shields what was deployed since the sweep began to read. Whoever records a deployment looks for EcrGuard's rule
    /// and shields the image itself. That can fail to happen only if this sweep has put the rule or taken a shield off
    /// since: then it looks for deployments itself.
    /// </summary>
    private Task ShieldLateAsync(SweepFacts facts, bool wrote, bool putsPolicy, CancellationToken cancellation) =>
        putsPolicy ? deployments.ShieldLateAsync(facts.Repository, [], cancellation)
        : wrote ? deployments.ShieldLateAsync(facts.Repository, facts.Deployments, cancellation)
        : Task.CompletedTask;

    /// <summary>
    /// Notes the outcome of writes whose function ended before it could note it, so that the ledger is complete. It
    /// also tells if an image may have been lost through such a write.
    /// </summary>
    private async Task EndWritesAsync(SweepFacts facts, RepositoryFacts? found, CancellationToken cancellation)
    {
        foreach (var write in facts.Shared.Unended[facts.Repository])
        {
            if (write.Alarm(facts.Contents) is { } alarm)
                await tagRemover
                    .WarnAsync(write.Image!, write.Tag!, alarm, write.Id, cancellation)
                    .ConfigureAwait(false);
            var outcome = write.Outcome(facts.Contents, found);
            await (
                write.Image is { } image
                    ? writes.OutcomeAsync(image, write.Id, outcome, cancellation, guess: true)
                    : writes.OutcomeAsync(facts.Repository, write.Id, outcome, cancellation, guess: true)
            ).ConfigureAwait(false);
        }
    }
}
