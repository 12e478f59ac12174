using EcrGuard.Aws.Facts;
using EcrGuard.Core.Baselines;
using EcrGuard.Core.Images;
using EcrGuard.Core.Plans;
using EcrGuard.Core.Policy;
using EcrGuard.Lambda.Flow.Deployments;
using EcrGuard.Lambda.Hosting;
using Phrase = EcrGuard.Core.Images.Phrase;

namespace EcrGuard.Lambda.Flow.Plans;

/// <summary>
/// Puts the lifecycle policy of a plan when it is the repository's turn. What counts is ECR's preview, not EcrGuard's
/// evaluator. The preview may list no image that is or may be in use, and no more images than the ceilings allow.
/// </summary>
public sealed class PolicyPut(
    EcrReader registry,
    DeploymentFollower deployments,
    PolicyDocument policy,
    TimeProvider time,
    Log log
)
{
    /// <summary>No preview is started with less time left than this: a preview takes minutes.</summary>
    public static readonly TimeSpan LongestTime = TimeSpan.FromMinutes(4);

    private const int MaxNamed = 3;

    /// <summary>Decides whether a prepared policy is put, and puts it.</summary>
    /// <returns>
    /// A task that ends when it is put; the next repository need not wait for it. Null if too little time is left.
    /// </returns>
    internal async Task<Task?> PutAsync(
        PlanRun run,
        RepositoryId id,
        PutPolicy put,
        PreparedPut? prepared,
        CancellationToken cancellation
    )
    {
        if (prepared is null || run.RemainingTime < LongestTime)
            return null;
        if (prepared is PreparedPut.Ready ready)
            return await PutAsync(run, id, put, ready, cancellation).ConfigureAwait(false);
        await EndAsync(run, id, put, prepared, cancellation).ConfigureAwait(false);
        return Task.CompletedTask;
    }

    /// <summary>Notes why no policy is to be put.</summary>
    private async Task EndAsync(
        PlanRun run,
        RepositoryId id,
        PutPolicy put,
        PreparedPut prepared,
        CancellationToken cancellation
    )
    {
        switch (prepared)
        {
            case PreparedPut.Done done:
                // An earlier call may have ended after the write and before this step.
                await deployments.ShieldLateAsync(id, [], cancellation).ConfigureAwait(false);
                run.Results.Do(id, put, done.How);
                break;
            case PreparedPut.Superseded superseded:
                run.Results.Supersede(id, put, superseded.Why);
                break;
            case PreparedPut.Refused refused:
                run.Results.Refuse(id, put, refused.Why);
                break;
            default:
                throw new InvalidOperationException($"Nobody puts what is prepared as {prepared.GetType().Name}.");
        }
    }

    private async Task<Task> PutAsync(
        PlanRun run,
        RepositoryId id,
        PutPolicy put,
        PreparedPut.Ready ready,
        CancellationToken cancellation
    )
    {
        var view = await ViewNowAsync(run, id, ready, cancellation).ConfigureAwait(false);
        if (WhyNot(run, id, put, ready, view) is { } ended)
        {
            await EndAsync(run, id, put, ended, cancellation).ConfigureAwait(false);
            return Task.CompletedTask;
        }
        var difference = Difference(ready, view!);
        if (difference is not null)
            log.Warning(
                "ECR's preview differs from the evaluator.",
                ("repository", id.Name),
                ("difference", difference)
            );
        var removed = Removed.Of(view!.Contents, AllTaken(run, id, ready));
        return WriteAsync(run, id, put, ready, removed, Done(ready, view, difference), cancellation);
    }

    private async Task WriteAsync(
        PlanRun run,
        RepositoryId id,
        PutPolicy put,
        PreparedPut.Ready ready,
        Removed removed,
        string done,
        CancellationToken cancellation
    )
    {
        var before = run.Take(removed);
        var (refusal, noted) = await ready
            .Writer.PutAsync(ready.Repair, (run.PlanId, removed), cancellation)
            .ConfigureAwait(false);
        await noted.ConfigureAwait(false);
        if (refusal is null)
        {
            await deployments.ShieldLateAsync(id, [], cancellation).ConfigureAwait(false);
            run.Results.Do(id, put, done);
            return;
        }
        run.GiveBack(id, before);
        // The policy may have changed by the time of the write. That is then told.
        var present = await registry.LifecyclePolicyAsync(id, cancellation).ConfigureAwait(false);
        var why = PreparedPut.WhyNotNeeded(put, present) ?? new PreparedPut.Refused(refusal);
        await EndAsync(run, id, put, why, cancellation).ConfigureAwait(false);
    }

    /// <summary>
    /// Reads a repository again if the policy takes something from it, if tags were written, or if it was read long
    /// ago.
    /// </summary>
    /// <returns>Null if the repository is gone.</returns>
    private static async Task<RepositoryView?> ViewNowAsync(
        PlanRun run,
        RepositoryId id,
        PreparedPut.Ready ready,
        CancellationToken cancellation
    ) =>
        ready.Taken.Count == 0 && !ready.Shielded && run.IsFresh(ready.View)
            ? ready.View
            : await run.ViewAsync(id, ready.View.Contents.Manifests, cancellation).ConfigureAwait(false);

    /// <summary>What the policy takes, together with what the plan removes from the repository one by one.</summary>
    private static HashSet<Digest> AllTaken(PlanRun run, RepositoryId id, PreparedPut.Ready ready) =>
        [.. ready.Taken.Keys, .. run.Named(id)];

    /// <returns>Null if the policy must be put.</returns>
    private PreparedPut? WhyNot(
        PlanRun run,
        RepositoryId id,
        PutPolicy put,
        PreparedPut.Ready ready,
        RepositoryView? view
    )
    {
        if (view is null)
            return new PreparedPut.Superseded(PreparedPut.Gone);
        if (PreparedPut.WhyNotNeeded(put, view.LifecyclePolicy) is { } ended)
            return ended;
        var refusal = PreviewCheck.WhyNot(
            ready.Policy,
            ready.Taken.Keys.ToHashSet(),
            AllTaken(run, id, ready),
            view.Contents with
            {
                LatelyGone = ready.LatelyGone,
            },
            view.Usages,
            run.Beside(id),
            policy.Ceilings,
            time.GetUtcNow()
        );
        return refusal is null ? null : new PreparedPut.Refused(refusal);
    }

    private static string Done(PreparedPut.Ready ready, RepositoryView now, string? difference)
    {
        var deleted = Phrase.Count(ready.Taken.Values.Count(kind => kind == RemovalKind.Delete), "image");
        var archived = ready.Taken.Values.Count(kind => kind == RemovalKind.Archive);
        var shielded = Shields(now) - Shields(ready.View);
        var first =
            shielded > 0
                ? $"{Phrase.Count(shielded, "image")} in use {(shielded == 1 ? "was" : "were")} shielded first. "
                : "";
        var done = $"The policy was put. {first}By ECR's preview it deletes {deleted} and archives {archived}.";
        return difference is null ? done : $"{done} {difference}";

        static int Shields(RepositoryView view) =>
            view.Contents.Images.Count(image => image.Tags.Contains(OwnTags.InUse(image.Id.Digest)));
    }

    /// <summary>
    /// A sentence that says how ECR and the evaluator differ; null if they agree. AWS does not document whether a
    /// preview lists signatures, so signatures do not count.
    /// </summary>
    private string? Difference(PreparedPut.Ready ready, RepositoryView view)
    {
        var taken = ready.Taken;
        var effect = PolicyEffect.Of(ready.Policy, view.Contents, view.Usages, shielded: false, time.GetUtcNow());
        var ours = effect
            .Expired.Select(image => (image.Image.Id.Digest, Kind: RemovalKind.Delete))
            .Concat(effect.Archived.Select(image => (image.Image.Id.Digest, Kind: RemovalKind.Archive)))
            .ToDictionary(image => image.Digest, image => image.Kind);
        var images = view
            .Contents.Images.Where(image => image.Subject is null)
            .Select(image => image.Id.Digest)
            .Order()
            .ToList();
        var differ = images.Where(digest => Said(taken, digest) != Said(ours, digest)).ToList();
        if (differ.Count == 0)
            return null;
        var both = differ.Select(digest =>
            $"{digest.Abbreviated} (ECR: {Said(taken, digest)}, EcrGuard: {Said(ours, digest)})"
        );
        return $"EcrGuard's evaluator differs about {Phrase.Count(differ.Count, "image")}: "
            + $"{Phrase.Some([.. both], MaxNamed)}.";

        static string Said(IReadOnlyDictionary<Digest, RemovalKind> by, Digest digest) =>
            by.TryGetValue(digest, out var kind) ? kind.Word() : "keep";
    }
}
