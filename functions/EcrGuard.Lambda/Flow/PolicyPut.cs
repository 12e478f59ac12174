using EcrGuard.Aws.Actions;
using EcrGuard.Aws.Facts;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Baselines;
using EcrGuard.Core.Images;
using EcrGuard.Core.Lifecycle;
using EcrGuard.Core.Plans;
using EcrGuard.Core.Use;
using EcrGuard.Lambda.Flow.Baselines;
using EcrGuard.Lambda.Flow.Deciding;
using EcrGuard.Lambda.Flow.Deployments;
using EcrGuard.Lambda.Hosting;
using Phrase = EcrGuard.Core.Images.Phrase;

namespace EcrGuard.Lambda.Flow;

/// <summary>
/// Puts the lifecycle policy of a plan: images in use are shielded first, then ECR is asked what the policy would take,
/// which decides over what EcrGuard's evaluator says; nothing that is in use, or may be, and no more
/// than the ceilings allow may be in that.
/// </summary>
public sealed class PolicyPut(
    ImageDecider decider,
    ImageMarker marker,
    TagRemover tagRemover,
    EffectivePolicy policy,
    DecisionBatch decisions,
    LifecycleRepairs repairs,
    LifecyclePutCheck check,
    PreviewReader previews,
    DeploymentFollower deployedImages,
    EcrReader registry,
    ImageRecords images,
    TimeProvider time,
    Log log
)
{
    /// <summary>A preview takes minutes: with less than this left none is begun.</summary>
    public static readonly TimeSpan LongestTime = TimeSpan.FromMinutes(4);

    /// <summary>For deleting what tags were moved to when time is up.</summary>
    private static readonly TimeSpan AtTheEnd = TimeSpan.FromSeconds(5);

    private const int MaxNamed = 3;

    /// <summary>Reads and decides, shields, and asks ECR: all that comes before the turn of the repository.</summary>
    /// <returns>Null where too little time is left to begin.</returns>
    internal async Task<PreparedPut?> PrepareAsync(
        PlanRun run,
        RepositoryId id,
        PutPolicy put,
        CancellationToken cancellation
    )
    {
        if (run.RemainingTime < LongestTime)
            return null;
        // Where the plan found none, it is looked at just before the write: only an earlier call can have put one.
        var lifecycle = put.Replaces is null && !run.HasPut(id) ? Task.FromResult<string?>(null) : null;
        if (await run.ViewAsync(id, null, cancellation, lifecycle).ConfigureAwait(false) is not { } view)
            return new PreparedPut.Superseded(Gone);
        if (WhyNotNeeded(put, view.LifecyclePolicy) is { } ended)
            return ended;
        var (holding, repair, why) = await repairs.AgainAsync(view, cancellation).ConfigureAwait(false);
        if (repair is null)
            return new PreparedPut.Superseded($"The baseline does not put it any more. {why}".TrimEnd());
        if (!LifecyclePolicy.AreSame(repair.Value, put.Policy))
            return new PreparedPut.Superseded("The baseline wants another lifecycle policy than the plan puts.");

        var shielded = await ShieldAsync(run, view, cancellation).ConfigureAwait(false);
        var preview = await previews.ReadAsync(id, put.Policy, cancellation).ConfigureAwait(false);
        if (preview.Taken is not { } taken)
            return new PreparedPut.Refused($"The policy is not put without ECR's preview. {preview.WhyNot}");
        var gone = await check.LatelyGoneAsync(id, Read(put), cancellation).ConfigureAwait(false);
        return new PreparedPut.Ready(view, gone, holding, repair, taken, shielded);
    }

    private const string Gone = "The repository is gone.";

    /// <summary>Puts what is prepared, when it is the repository's turn.</summary>
    /// <returns>
    /// The end of what follows from it, for which the next repository need not wait; null where too little time is
    /// left.
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
        switch (prepared)
        {
            case PreparedPut.Done done:
                // An earlier call may have ended between the write and this.
                await deployedImages.ShieldLateAsync(id, [], cancellation).ConfigureAwait(false);
                run.Do(id, put, done.How);
                return Task.CompletedTask;
            case PreparedPut.Superseded superseded:
                run.Supersede(id, put, superseded.Why);
                return Task.CompletedTask;
            case PreparedPut.Refused refused:
                run.Refuse(id, put, refused.Why);
                return Task.CompletedTask;
            case PreparedPut.Ready ready:
                return await PutAsync(run, id, put, ready, cancellation).ConfigureAwait(false);
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
        // What a policy takes, or what was tagged, is looked at once more; so is what was read long ago.
        var view =
            ready.Taken.Count == 0 && !ready.Shielded && run.IsFresh(ready.View)
                ? ready.View
                : await run.ViewAsync(id, ready.View.Contents.Manifests, cancellation).ConfigureAwait(false);
        if (view is null)
        {
            run.Supersede(id, put, Gone);
            return Task.CompletedTask;
        }
        if (WhyNotNeeded(put, view.LifecyclePolicy) is { } ended)
            return (await PutAsync(run, id, put, ended, cancellation).ConfigureAwait(false))!;
        // What the plan removes from the repository one by one goes on top.
        var going = ready.Taken.Keys.Concat(run.Named(id)).ToHashSet();
        if (
            WhyNot(
                run,
                put,
                view with
                {
                    Contents = view.Contents with { LatelyGone = ready.LatelyGone },
                },
                ready,
                going
            ) is
            { } why
        )
        {
            run.Refuse(id, put, why);
            return Task.CompletedTask;
        }

        var difference = Difference(put, view, ready.Taken);
        if (difference is not null)
            log.Warning(
                "ECR's preview differs from the evaluator.",
                ("repository", id.Name),
                ("difference", difference)
            );
        var removed = Removed.Of(view.Contents, going);
        var (refusal, noted) = await ready
            .Holding.PutAsync(ready.Repair, (run.PlanId, removed), cancellation)
            .ConfigureAwait(false);
        if (refusal is not null)
        {
            await noted.ConfigureAwait(false);
            await ExplainAsync(run, id, put, refusal, cancellation).ConfigureAwait(false);
            return Task.CompletedTask;
        }
        run.Take(removed);
        return FollowAsync();

        async Task FollowAsync()
        {
            await noted.ConfigureAwait(false);
            await deployedImages.ShieldLateAsync(id, [], cancellation).ConfigureAwait(false);
            var deleted = Phrase.Count(ready.Taken.Values.Count(kind => kind == RemovalKind.Delete), "image");
            var archived = ready.Taken.Values.Count(kind => kind == RemovalKind.Archive);
            var done = $"The policy was put. By ECR's preview it deletes {deleted} and archives {archived}.";
            run.Do(id, put, difference is null ? done : $"{done} {difference}");
        }
    }

    private string? WhyNot(
        PlanRun run,
        PutPolicy put,
        RepositoryView view,
        PreparedPut.Ready ready,
        IReadOnlySet<Digest> going
    ) =>
        PreviewCheck.WhyNot(
            Read(put),
            ready.Taken.Keys.ToHashSet(),
            going,
            view.Contents,
            view.Usages,
            run.Beside(view.Contents.Repository),
            policy.Document.Ceilings,
            time.GetUtcNow()
        );

    /// <summary>Whether the policy is there already, or another than the plan was made to replace.</summary>
    private static PreparedPut? WhyNotNeeded(PutPolicy put, string? present) =>
        LifecyclePolicy.AreSame(present, put.Policy) ? new PreparedPut.Done("The policy is in place.")
        : PlanCheck.WhyNot(put, present) is { } changed ? new PreparedPut.Superseded(changed)
        : null;

    /// <summary>Where the policy was another by the time of the write, says which.</summary>
    private async Task ExplainAsync(
        PlanRun run,
        RepositoryId id,
        PutPolicy put,
        string refusal,
        CancellationToken cancellation
    )
    {
        var present = await registry.LifecyclePolicyAsync(id, cancellation).ConfigureAwait(false);
        await PutAsync(run, id, put, WhyNotNeeded(put, present) ?? new PreparedPut.Refused(refusal), cancellation)
            .ConfigureAwait(false);
    }

    /// <summary>Puts the shielding tag on the images in use that lack it.</summary>
    /// <returns>Whether any lacked it.</returns>
    private async Task<bool> ShieldAsync(PlanRun run, RepositoryView view, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var shields = Shields.Of(view.LifecyclePolicy, view.Contents, view.Usages, now, puts: true).Usages;
        var bare = view
            .Contents.Images.Where(image =>
                image is { TakesShield: true, Storage: StorageStatus.Active }
                && shields[image.Id.Digest].Use == UseState.InUse
                && !image.Tags.Contains(OwnTags.InUse(image.Id.Digest))
            )
            .ToList();
        if (bare.Count == 0)
            return false;
        var entries = await images
            .FindAsync(view.Contents.Repository, bare.Select(image => image.Id.Digest), cancellation)
            .ConfigureAwait(false);
        // What nobody has judged yet is judged first, and told like any other: a tag is written for an entry of the
        // ledger, or nobody would know whose it is.
        var unjudged = bare.Where(image => image.Kind != ImageKind.Artifact && !entries.ContainsKey(image.Id.Digest))
            .ToDictionary(image => image.Id);
        var judged = await decisions
            .RunAsync(
                unjudged.Keys,
                (id, token) => decider.JudgeAsync(unjudged[id], null, Occasion.NoEvent, token),
                run.Context
            )
            .ConfigureAwait(false);
        try
        {
            foreach (var image in bare)
            {
                if (image.Kind == ImageKind.Artifact)
                    await marker.ShieldAsync(image, UseState.InUse, UseState.InUse, cancellation).ConfigureAwait(false);
                else if (
                    (entries.GetValueOrDefault(image.Id.Digest) ?? judged.GetValueOrDefault(image.Id)?.Entry) is
                    { } entry
                )
                    await marker
                        .MarkAsync(image, entry, UseState.InUse, UseState.InUse, DateTimeOffset.MaxValue, cancellation)
                        .ConfigureAwait(false);
            }
        }
        finally
        {
            // Also where the deadline cuts it: ECR counts what tags were moved to as an image.
            using var rest = Deadline.Before(run.Context, AtTheEnd, atLeast: AtTheEnd);
            await tagRemover.EndAsync(view.Contents.Repository, rest.Token).ConfigureAwait(false);
        }
        return true;
    }

    /// <summary>
    /// Where ECR and the evaluator differ, a sentence; null where they agree. Whether a preview lists signatures is not
    /// documented: they do not count.
    /// </summary>
    private string? Difference(PutPolicy put, RepositoryView view, IReadOnlyDictionary<Digest, RemovalKind> taken)
    {
        var effect = PolicyEffect.Of(Read(put), view.Contents, view.Usages, shielded: false, time.GetUtcNow());
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

    private static LifecyclePolicy Read(PutPolicy put) => LifecyclePolicy.Read(put.Policy).Policy!;
}

/// <summary>A policy as far as it comes before its turn.</summary>
internal abstract record PreparedPut
{
    private PreparedPut() { }

    public sealed record Done(string How) : PreparedPut;

    public sealed record Superseded(string Why) : PreparedPut;

    public sealed record Refused(string Why) : PreparedPut;

    /// <summary>ECR has said what it would take.</summary>
    /// <param name="Shielded">Whether tags were written since the repository was read.</param>
    public sealed record Ready(
        RepositoryView View,
        IReadOnlyList<ImageFacts> LatelyGone,
        BaselineWriter Holding,
        Repair Repair,
        IReadOnlyDictionary<Digest, RemovalKind> Taken,
        bool Shielded
    ) : PreparedPut;
}
