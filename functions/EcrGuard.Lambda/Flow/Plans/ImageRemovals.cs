using EcrGuard.Aws.Actions;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Images;
using EcrGuard.Core.Plans;
using EcrGuard.Core.Use;

namespace EcrGuard.Lambda.Flow.Plans;

/// <summary>
/// Deletes and archives the images of a plan. Each is removed exactly as the plan says, or not at all.
/// </summary>
public sealed class ImageRemovals(
    EffectivePolicy policy,
    PlanLedger planLedger,
    ImageRemover remover,
    TimeProvider time
)
{
    /// <summary>
    /// How many images are archived in one go. UpdateImageStorageClass takes one image, so the number is small: all are
    /// archived moments after they were read.
    /// </summary>
    private const int ArchiveBatch = 10;

    /// <returns>False if time was up.</returns>
    public async Task<bool> ApplyAsync(PlanRun run, RepositoryId id, Removal removal, CancellationToken cancellation)
    {
        if (await run.ViewAsync(id, null, cancellation).ConfigureAwait(false) is not { } view)
        {
            foreach (var image in removal.Images)
                run.Results.Supersede(id, removal, "The repository is gone.", image);
            return true;
        }
        var open = await LeftAsync(run, id, removal, view, cancellation).ConfigureAwait(false);
        // Parents before children: if an index could not be deleted, its children are then seen to be held by it.
        while (Check(run, id, open, view) is { Images.Count: > 0 } exact)
        {
            if (run.IsLate)
                return false;
            if (Broken(run, view, exact.Images) is { } broken)
            {
                run.Results.Refuse(id, exact, $"The repository has changed since the plan was made. {broken}");
                return true;
            }
            (view, var tried) = await BatchAsync(run, id, exact, view, cancellation).ConfigureAwait(false);
            open = exact with { Images = [.. exact.Images.Except(tried)] };
        }
        return true;
    }

    /// <summary>Removes as many images as fit in one call.</summary>
    /// <returns>The repository after the call, and the images that had their turn.</returns>
    private async Task<(RepositoryView View, IReadOnlyList<PlannedImage> Tried)> BatchAsync(
        PlanRun run,
        RepositoryId id,
        Removal open,
        RepositoryView view,
        CancellationToken cancellation
    )
    {
        var batch = Next(open, view);
        await remover.WaitAsync(open.Kind, batch.Count, cancellation).ConfigureAwait(false);
        var intent = await planLedger.IntendAsync(id, run.PlanId, open.Kind, batch, cancellation).ConfigureAwait(false);
        // Read after the intent is stored and just before the removal, so that all slow steps come before this read.
        view = await run.ViewAsync(id, view.Contents.Manifests, cancellation).ConfigureAwait(false) ?? Nothing(id);
        var check = PlanCheck.Of(open, run.Plan.CreatedAt, view);
        var tooMany = Broken(run, view, check.Exact);
        var tried = tooMany is null ? batch.Where(check.Exact.Contains).ToList() : [];
        var acted = await ActAsync(id, open.Kind, tried, cancellation).ConfigureAwait(false);
        var superseded = check.Superseded.ToDictionary(each => each.Image, each => each.Why);
        await planLedger
            .OutcomeAsync(
                intent,
                batch.ToDictionary(
                    image => image.Digest,
                    image =>
                        acted.TryGetValue(image.Digest, out var refusal)
                            ? refusal ?? PlanLedger.Done
                            : $"superseded: {superseded.GetValueOrDefault(image) ?? tooMany}"
                ),
                cancellation
            )
            .ConfigureAwait(false);
        foreach (var image in tried)
        {
            if (acted[image.Digest] is { } refusal)
                run.Results.Refuse(id, open, refusal, image);
            else
                run.Results.Do(id, open, open.Kind == RemovalKind.Delete ? "Deleted." : "Archived.", image);
        }
        var gone = tried.Where(image => acted[image.Digest] is null).Select(image => image.Digest).ToHashSet();
        return (Without(view, open.Kind, gone), tried);
    }

    private string? Broken(PlanRun run, RepositoryView view, IReadOnlyList<PlannedImage> tried) =>
        Ceiling.Broken(
            [
                .. run.Beside(view.Contents.Repository),
                Removed.Of(view.Contents, tried.Select(image => image.Digest).ToHashSet()),
            ],
            policy.Document.Ceilings
        )
            is [var broken, ..]
            ? broken
            : null;

    private RepositoryView Nothing(RepositoryId id) =>
        new(
            new RepositoryContents { Repository = id, ReadAt = time.GetUtcNow() },
            new Dictionary<Digest, ImageUsage>(),
            null
        );

    /// <summary>
    /// The repository without the images that were just removed: ECR may not show its own change yet.
    /// </summary>
    private static RepositoryView Without(RepositoryView view, RemovalKind kind, HashSet<Digest> gone) =>
        view with
        {
            Contents = view.Contents with
            {
                Images =
                    kind == RemovalKind.Delete
                        ? [.. view.Contents.Images.Where(image => !gone.Contains(image.Id.Digest))]
                        :
                        [
                            .. view.Contents.Images.Select(image =>
                                gone.Contains(image.Id.Digest) ? image with { Storage = StorageStatus.Archived } : image
                            ),
                        ],
            },
        };

    /// <summary>Lists what an earlier call has done, and gives what is left.</summary>
    private async Task<Removal> LeftAsync(
        PlanRun run,
        RepositoryId id,
        Removal removal,
        RepositoryView view,
        CancellationToken cancellation
    )
    {
        var written = await planLedger.OutcomesAsync(id, run.PlanId, cancellation).ConfigureAwait(false);
        var there = view.Contents.Images.ToDictionary(image => image.Id.Digest, image => image.Storage);
        bool Has(PlannedImage image, string outcome) => written.GetValueOrDefault(image.Digest)?.Outcome == outcome;
        // An earlier call ended after the removal and before it stored the outcome.
        var acted = removal
            .Images.Where(image =>
                Has(image, PlanLedger.Intended)
                && (
                    removal.Kind == RemovalKind.Delete
                        ? !there.ContainsKey(image.Digest)
                        : there.GetValueOrDefault(image.Digest) == StorageStatus.Archived
                )
            )
            .ToList();
        foreach (var intended in acted.GroupBy(image => written[image.Digest].IntendedAt))
            await planLedger
                .OutcomeAsync(
                    new RemovalIntent(id, run.PlanId, removal.Kind, [.. intended], intended.Key),
                    intended.ToDictionary(image => image.Digest, _ => PlanLedger.Done),
                    cancellation
                )
                .ConfigureAwait(false);
        var before = removal.Images.Where(image => Has(image, PlanLedger.Done)).Concat(acted).ToHashSet();
        foreach (var image in removal.Images.Where(before.Contains))
            run.Results.Do(id, removal, "Done by an earlier call.", image);
        return removal with { Images = [.. removal.Images.Where(image => !before.Contains(image))] };
    }

    /// <summary>Lists what is superseded, and gives what is left.</summary>
    private static Removal Check(PlanRun run, RepositoryId id, Removal open, RepositoryView view)
    {
        var check = PlanCheck.Of(open, run.Plan.CreatedAt, view);
        foreach (var same in check.Superseded)
            run.Results.Supersede(id, open, same.Why, same.Image);
        return open with { Images = check.Exact };
    }

    /// <summary>The images that no index among them refers to, as many as fit in one call.</summary>
    private static List<PlannedImage> Next(Removal open, RepositoryView view)
    {
        var digests = open.Images.Select(image => image.Digest).ToHashSet();
        var children = view
            .Contents.Images.Where(image => digests.Contains(image.Id.Digest))
            .SelectMany(index => view.Contents.ChildrenOf(index) ?? [])
            .ToHashSet();
        return
        [
            .. open
                .Images.Where(image => !children.Contains(image.Digest))
                .Take(open.Kind == RemovalKind.Delete ? ImageRemover.Batch : ArchiveBatch),
        ];
    }

    private async Task<IReadOnlyDictionary<Digest, string?>> ActAsync(
        RepositoryId id,
        RemovalKind kind,
        List<PlannedImage> images,
        CancellationToken cancellation
    )
    {
        if (images.Count == 0)
            return new Dictionary<Digest, string?>();
        if (kind == RemovalKind.Delete)
            return await remover
                .DeleteAsync(id, [.. images.Select(image => image.Digest)], cancellation)
                .ConfigureAwait(false);
        var outcomes = new Dictionary<Digest, string?>();
        foreach (var image in images)
            outcomes[image.Digest] = await remover
                .ArchiveAsync(new ImageId(id, image.Digest), cancellation)
                .ConfigureAwait(false);
        return outcomes;
    }
}
