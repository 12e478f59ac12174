using EcrGuard.Aws.Actions;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Baselines;
using EcrGuard.Core.Images;
using EcrGuard.Core.Plans;
using EcrGuard.Core.Use;
using EcrGuard.Lambda.Flow.Deciding;
using EcrGuard.Lambda.Hosting;

namespace EcrGuard.Lambda.Flow.Plans;

/// <summary>Shields the images of a repository that are in use, before a plan puts a lifecycle policy on it.</summary>
public sealed class PlanShields(
    DecisionBatch decisions,
    ImageMarker marker,
    TagRemover tagRemover,
    ImageRecords images,
    TimeProvider time
)
{
    /// <summary>Time kept to delete the manifests that tags were moved to when time is up.</summary>
    private static readonly TimeSpan AtTheEnd = TimeSpan.FromSeconds(5);

    /// <summary>The images in use that do not have the shielding tag.</summary>
    public IReadOnlyList<ImageFacts> Unshielded(RepositoryView view)
    {
        var now = time.GetUtcNow();
        var shields = Shields.Of(view.LifecyclePolicy, view.Contents, view.Usages, now, puts: true).Usages;
        return
        [
            .. view.Contents.Images.Where(image =>
                image is { TakesShield: true, Storage: StorageStatus.Active }
                && shields[image.Id.Digest].Use == UseState.InUse
                && !image.Tags.Contains(OwnTags.InUse(image.Id.Digest))
            ),
        ];
    }

    /// <summary>Puts the shielding tag on images of one repository.</summary>
    public async Task PutAsync(
        PlanRun run,
        RepositoryId repository,
        IReadOnlyList<ImageFacts> unshielded,
        CancellationToken cancellation
    )
    {
        if (unshielded.Count == 0)
            return;
        var entries = await EntriesAsync(run, repository, unshielded, cancellation).ConfigureAwait(false);
        try
        {
            foreach (var image in unshielded)
                await ShieldAsync(image, entries, cancellation).ConfigureAwait(false);
        }
        finally
        {
            // Also needed if the deadline cuts this short: ECR counts the manifests that tags were moved to as images.
            using var rest = Deadline.Before(run.Context, AtTheEnd, atLeast: AtTheEnd);
            await tagRemover.EndAsync(repository, rest.Token).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// The entries of the ledger. An image that nobody has judged yet is judged first, and told like any other. A tag
    /// is written only for an entry of the ledger: otherwise nobody would know whose tag it is.
    /// </summary>
    private async Task<IReadOnlyDictionary<Digest, LedgerEntry>> EntriesAsync(
        PlanRun run,
        RepositoryId repository,
        IReadOnlyList<ImageFacts> unshielded,
        CancellationToken cancellation
    )
    {
        var known = await images
            .FindAsync(repository, unshielded.Select(image => image.Id.Digest), cancellation)
            .ConfigureAwait(false);
        var unjudged = unshielded.Where(image =>
            image.Kind != ImageKind.Artifact && !known.ContainsKey(image.Id.Digest)
        );
        var (entries, _) = await decisions.ReadAsync(unjudged, known, run.Context).ConfigureAwait(false);
        return entries;
    }

    private async Task ShieldAsync(
        ImageFacts image,
        IReadOnlyDictionary<Digest, LedgerEntry> entries,
        CancellationToken cancellation
    )
    {
        if (image.Kind == ImageKind.Artifact)
            await marker.ShieldAsync(image, UseState.InUse, UseState.InUse, cancellation).ConfigureAwait(false);
        else if (entries.GetValueOrDefault(image.Id.Digest) is { } entry)
            await marker
                .MarkAsync(image, entry, UseState.InUse, UseState.InUse, DateTimeOffset.MaxValue, cancellation)
                .ConfigureAwait(false);
    }
}
