using System.Collections.Concurrent;
using Amazon.Lambda.Annotations;
using Amazon.Lambda.Core;
using Amazon.Lambda.SQSEvents;
using EcrGuard.Aws.Facts;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Images;
using EcrGuard.Core.Verdicts;
using EcrGuard.Lambda.Flow.Baselines;
using EcrGuard.Lambda.Flow.Deciding;
using EcrGuard.Lambda.Flow.Pushing;

namespace EcrGuard.Lambda.Functions;

/// <summary>Handles pushed images: holds the repository to its baseline and records the image as pending.</summary>
public sealed class OnImagePushed(
    EventBatch batch,
    PushRecorder recorder,
    ForeignTags foreignTags,
    BaselineEnforcer baselines,
    EcrReader registry,
    ImageRecords images,
    TimeProvider time
)
{
    /// <summary>Holds a repository to its baseline.</summary>
    private delegate Task<RepositoryFacts> CheckBaseline(
        RepositoryId repository,
        int spare,
        CancellationToken cancellation
    );

    [LambdaFunction]
    public Task<SQSBatchResponse> OnImagePushedAsync(SQSEvent input, ILambdaContext context)
    {
        // Twenty images pushed to one repository are twenty events, but the repository is handled once.
        var repositories = new ConcurrentDictionary<RepositoryId, Lazy<Task<RepositoryFacts>>>();
        return batch.RunAsync(
            input,
            context,
            (image, events, before, cancellation) => HandleAsync(image, events, before, HoldOnceAsync, cancellation)
        );

        Task<RepositoryFacts> HoldOnceAsync(RepositoryId repository, int spare, CancellationToken cancellation) =>
            repositories
                .GetOrAdd(
                    repository,
                    id => new Lazy<Task<RepositoryFacts>>(() =>
                        baselines.HoldAsync(id, repair: true, spare, usages: null, cancellation)
                    )
                )
                .Value;
    }

    private async Task<JudgedImage?> HandleAsync(
        ImageId image,
        IReadOnlyList<ImageEvent> events,
        LedgerEntry? before,
        CheckBaseline checkBaseline,
        CancellationToken cancellation
    )
    {
        var intended = await foreignTags.IntendedAsync(image, events, before, cancellation).ConfigureAwait(false);
        var foreign = events.Where(push => ForeignTags.IsForeign(push, intended)).ToList();
        var pushes = events.Where(push => !IsOwn(push, before, intended)).ToList();
        JudgedImage? judged = null;
        if (pushes.MaxBy(push => push.Time) is { } last)
        {
            var readAt = time.GetUtcNow();
            var tags = pushes.Select(push => push.Tag).OfType<string>().ToList();
            var facts = await recorder.FactsAsync(image, last, tags, cancellation).ConfigureAwait(false);
            // Replication has brought this manifest here. In its source registry it was used to take tags off. It is no
            // image.
            if (facts is not null && await registry.IsRemovalManifestAsync(facts, cancellation).ConfigureAwait(false))
            {
                await foreignTags.WarnOfTakenAsync(image, foreign, cancellation).ConfigureAwait(false);
                return null;
            }
            var repository = await checkBaseline(image.Repository, Spare(facts), cancellation).ConfigureAwait(false);
            if (facts is null)
                await images.MarkGoneAsync(image, readAt, because: null, cancellation).ConfigureAwait(false);
            else
                judged = await recorder
                    .RecordAsync(facts, last, repository, before, cancellation)
                    .ConfigureAwait(false);
        }
        // Last, so that a retry of the other steps does not send the warning again.
        await foreignTags.WarnAsync(image, foreign, cancellation).ConfigureAwait(false);
        return judged;
    }

    /// <summary>
    /// How many calls the baseline may make. A push may cost a few calls, and reading a manifest is one of them. An
    /// index comes with its children, and their pushes check the whole baseline.
    /// </summary>
    private static int Spare(ImageFacts? facts) =>
        facts is null or { Kind: ImageKind.Image, MayBeArtifact: false } ? 1 : 0;

    /// <summary>
    /// Whether the push is EcrGuard's own write. EcrGuard writes exactly the tag that it would now write on this
    /// digest. Or it writes the tag of another image, which it moves only to a manifest of its own. In both cases the
    /// ledger holds the intent.
    /// </summary>
    private static bool IsOwn(ImageEvent push, LedgerEntry? before, IReadOnlyList<string> intended) =>
        push.Tag is { } tag
        && intended.Contains(tag)
        && (
            tag == OwnTags.InUse(push.Image.Digest)
            || !OwnTags.IsOwn(push.Image.Digest, tag)
            || before?.Record.Verdict.Status == Status.Blocked
        );
}
