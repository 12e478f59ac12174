using EcrGuard.Aws.Facts;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Baselines;
using EcrGuard.Core.Images;
using EcrGuard.Core.Lifecycle;
using EcrGuard.Core.Plans;
using EcrGuard.Core.Use;
using EcrGuard.Lambda.Hosting;
using Phrase = EcrGuard.Core.Images.Phrase;

namespace EcrGuard.Lambda.Flow;

/// <summary>
/// Puts the lifecycle policy of a plan: images in use are shielded first, then ECR is asked what the policy would take,
/// which decides over what EcrGuard's evaluator says; nothing that is in use, or may be, and no more
/// than the ceilings allow may be in that.
/// </summary>
public sealed class PolicyPut(
    ImageDecider guard,
    DecisionBatch decisions,
    BaselineEnforcer baselines,
    PreviewReader previews,
    DeploymentRecorder deployedImages,
    Ledger ledger,
    TimeProvider time,
    Log log
)
{
    /// <summary>A preview takes minutes: with less than this left none is begun.</summary>
    public static readonly TimeSpan LongestTime = TimeSpan.FromMinutes(4);

    /// <summary>For deleting what tags were moved to when time is up.</summary>
    private static readonly TimeSpan AtTheEnd = TimeSpan.FromSeconds(5);

    private const int MaxNamed = 3;

    /// <returns>False where too little time is left to begin.</returns>
    public async Task<bool> ApplyAsync(PlanRun run, RepositoryId id, PutPolicy put, CancellationToken cancellation)
    {
        if (run.RemainingTime < LongestTime)
            return false;
        if (await run.ViewAsync(id, null, cancellation).ConfigureAwait(false) is not { } before)
            run.Supersede(id, put, "The repository is gone.");
        else if (LifecyclePolicy.AreSame(before.LifecyclePolicy, put.Policy))
        {
            // An earlier call may have ended between the write and this.
            await deployedImages.ShieldLateAsync(id, [], cancellation).ConfigureAwait(false);
            run.Do(id, put, "The policy is in place.");
        }
        else if (PlanCheck.WhyNot(put, before.LifecyclePolicy) is { } changed)
            run.Supersede(id, put, changed);
        // A preview takes minutes: not for what cannot be.
        else if (await DecideAsync(id, put, cancellation).ConfigureAwait(false) is { Repair: null } decided)
            run.Supersede(id, put, decided.Why);
        else
            await PutAsync(run, id, put, before, cancellation).ConfigureAwait(false);
        return true;
    }

    private async Task PutAsync(
        PlanRun run,
        RepositoryId id,
        PutPolicy put,
        RepositoryView before,
        CancellationToken cancellation
    )
    {
        await ShieldAsync(run, before, cancellation).ConfigureAwait(false);
        var preview = await previews.ReadAsync(id, put.Policy, cancellation).ConfigureAwait(false);
        if (preview.Taken is not { } taken)
        {
            run.Refuse(id, put, $"The policy is not put without ECR's preview. {preview.WhyNot}");
            return;
        }

        // The preview took its time.
        var view = await run.ViewAsync(id, before.Contents.Manifests, cancellation).ConfigureAwait(false);
        var (holding, repair, why) = await DecideAsync(id, put, cancellation).ConfigureAwait(false);
        // What the plan removes from the repository one by one goes on top.
        var going = taken.Keys.Concat(run.Named(id)).ToHashSet();
        if (view is null)
        {
            run.Supersede(id, put, "The repository is gone.");
        }
        else if (PlanCheck.WhyNot(put, view.LifecyclePolicy) is { } changed)
        {
            run.Supersede(id, put, changed);
        }
        else if (repair is null)
        {
            run.Supersede(id, put, why);
        }
        else if (
            PreviewCheck.WhyNot(
                Read(put),
                taken.Keys.ToHashSet(),
                going,
                view.Contents with
                {
                    LatelyGone = await ledger
                        .GoneAsync(id, time.GetUtcNow() - PolicySafety.LookBack, cancellation)
                        .ConfigureAwait(false),
                },
                view.Usages,
                run.Beside(id),
                guard.Policy.Ceilings,
                time.GetUtcNow()
            ) is
            { } refusal
        )
        {
            run.Refuse(id, put, refusal);
        }
        else
        {
            var difference = Difference(put, view, taken);
            if (difference is not null)
                log.Warning(
                    "ECR's preview differs from the evaluator.",
                    ("repository", id.Name),
                    ("difference", difference)
                );
            if (await holding.WriteAsync(repair, cancellation).ConfigureAwait(false) is { } refused)
            {
                run.Refuse(id, put, refused);
            }
            else
            {
                await deployedImages.ShieldLateAsync(id, [], cancellation).ConfigureAwait(false);
                await run.TakeAsync(Removed.Of(view.Contents, going)).ConfigureAwait(false);
                var deleted = Phrase.Count(taken.Values.Count(kind => kind == RemovalKind.Delete), "image");
                var archived = taken.Values.Count(kind => kind == RemovalKind.Archive);
                var done = $"The policy was put. By ECR's preview it deletes {deleted} and archives {archived}.";
                run.Do(id, put, difference is null ? done : $"{done} {difference}");
            }
        }
    }

    /// <summary>The baseline decides again, with what only EcrGuard knows and as the team has it by now.</summary>
    private async Task<(BaselineWriter Holding, Repair? Repair, string Why)> DecideAsync(
        RepositoryId id,
        PutPolicy put,
        CancellationToken cancellation
    )
    {
        var (holding, repair, why) = await baselines
            .AgainAsync(id, RepositorySetting.LifecyclePolicy, cancellation)
            .ConfigureAwait(false);
        return repair is null ? (holding, null, $"The baseline does not put it any more. {why}".TrimEnd())
            : PlanCheck.WhyNot(put, repair.Found) is { } changed ? (holding, null, changed)
            : LifecyclePolicy.AreSame(repair.Value, put.Policy) ? (holding, repair, why)
            : (holding, null, "The baseline wants another lifecycle policy than the plan puts.");
    }

    /// <summary>Puts the shielding tag on the images in use that lack it.</summary>
    private async Task ShieldAsync(PlanRun run, RepositoryView view, CancellationToken cancellation)
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
        var entries = await ledger
            .FindAsync(view.Contents.Repository, bare.Select(image => image.Id.Digest), cancellation)
            .ConfigureAwait(false);
        // What nobody has judged yet is judged first, and told like any other: a tag is written for an entry of the
        // ledger, or nobody would know whose it is.
        var unjudged = bare.Where(image => image.Kind != ImageKind.Artifact && !entries.ContainsKey(image.Id.Digest))
            .ToDictionary(image => image.Id);
        var judged = await decisions
            .RunAsync(
                unjudged.Keys,
                (id, token) => guard.JudgeAsync(unjudged[id], [], alerting: true, null, token),
                run.Context
            )
            .ConfigureAwait(false);
        try
        {
            foreach (var image in bare)
            {
                if (image.Kind == ImageKind.Artifact)
                    await guard.ShieldAsync(image, UseState.InUse, UseState.InUse, cancellation).ConfigureAwait(false);
                else if (
                    (entries.GetValueOrDefault(image.Id.Digest) ?? judged.GetValueOrDefault(image.Id)?.Entry) is
                    { } entry
                )
                    await guard
                        .MarkAsync(image, entry, UseState.InUse, UseState.InUse, DateTimeOffset.MaxValue, cancellation)
                        .ConfigureAwait(false);
            }
        }
        finally
        {
            // Also where the deadline cuts it: ECR counts what tags were moved to as an image.
            using var rest = Deadline.Before(run.Context, AtTheEnd, atLeast: AtTheEnd);
            await guard.EndMarkingAsync(view.Contents.Repository, rest.Token).ConfigureAwait(false);
        }
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
