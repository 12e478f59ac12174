using EcrGuard.Aws.Facts;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Images;
using EcrGuard.Lambda.Flow.Deciding;

namespace EcrGuard.Lambda.Flow.Pushing;

/// <summary>Records an image that was pushed.</summary>
public sealed class PushRecorder(
    ImageDecider decider,
    PlatformDecider platforms,
    ScanStarter scans,
    EcrReader registry,
    ManifestRecords manifests,
    EffectivePolicy policy,
    TimeProvider time
)
{
    /// <summary>
    /// A tag does not change the time at which ECR says that an image was pushed: an image that was pushed this much
    /// before the event came by an earlier push.
    /// </summary>
    private static readonly TimeSpan Retagged = TimeSpan.FromMinutes(1);

    /// <summary>Times of AWS are no finer.</summary>
    private static readonly TimeSpan Millisecond = TimeSpan.FromMilliseconds(1);

    /// <summary>
    /// Reads what was pushed. A signature or another artifact with a media type of its own is not worth a call.
    /// </summary>
    /// <param name="tags">Those that the pushes have brought.</param>
    /// <returns>Null if it is gone.</returns>
    public async Task<ImageFacts?> FactsAsync(
        ImageId id,
        ImageEvent push,
        IReadOnlyCollection<string> tags,
        CancellationToken cancellation
    )
    {
        if (MediaTypes.KindOf(push.MediaType) == ImageKind.Artifact)
            return new ImageFacts
            {
                Id = id,
                ReadAt = time.GetUtcNow(),
                Kind = ImageKind.Artifact,
            };
        var facts = await registry.PushedAsync(id, tags, manifests, cancellation).ConfigureAwait(false);
        if (facts?.NewNotes is { } notes)
            await manifests.RememberAsync(id.Repository, notes, cancellation).ConfigureAwait(false);
        return facts;
    }

    /// <summary>Judges an image for which no event will come, and lets the others wait for their scan.</summary>
    /// <param name="push">The last one.</param>
    /// <param name="repository">As it is after its baseline was looked at.</param>
    public async Task<Judged?> RecordAsync(
        ImageFacts image,
        ImageEvent push,
        RepositoryFacts repository,
        LedgerEntry? before,
        CancellationToken cancellation
    )
    {
        if (IsKnown(image, before) && !(before!.Open || before.Record.ScanningChanged || policy.RulesNameTags))
            return new Judged(before, image, [], []);
        if (image.Kind != ImageKind.Image || IsKnown(image, before) || IsOlderThan(push, image))
            return await decider.JudgeAsync(image, before, Occasion.NoEvent, cancellation).ConfigureAwait(false);
        return await AwaitAsync(image, push, repository.Scanning, before, cancellation).ConfigureAwait(false);
    }

    /// <summary>
    /// Another tag for an image that is known already: it may be the first beside which a verdict tag can stand, or one
    /// that a rule speaks of. An image that was pushed again since has lost its scan.
    /// </summary>
    private static bool IsKnown(ImageFacts image, LedgerEntry? before) =>
        image.Kind == ImageKind.Image
        && before is { Record.Gone: false }
        && !(image.PushedAt - before.Record.PushedAt >= Millisecond);

    /// <summary>
    /// An image that was there before and got another tag may have been scanned long ago: no event will come.
    /// </summary>
    private static bool IsOlderThan(ImageEvent push, ImageFacts image) => image.PushedAt < push.Time - Retagged;

    private async Task<Judged?> AwaitAsync(
        ImageFacts image,
        ImageEvent push,
        ScanningFacts scanning,
        LedgerEntry? before,
        CancellationToken cancellation
    )
    {
        if (!scanning.Automatic && await scans.TryAsync(image.Id, cancellation).ConfigureAwait(false))
            scanning = scanning with { OnPush = true };
        // These facts are as old as the push: a scan that finished before this event arrived must still be newer. But
        // they must be newer than the time when the image was gone. Events are stamped in whole seconds, and an image
        // may be back within one.
        var pushedAt = push.Time < image.ReadAt ? push.Time : image.ReadAt;
        if (before is { Record.Gone: true } && before.FactsAt >= pushedAt)
            pushedAt = image.ReadAt;
        var awaited = ScannerWords.Nothing(scanning, push.Time, time.GetUtcNow()) with { ReadAt = pushedAt };
        return await platforms
            .AwaitAsync(image with { ReadAt = pushedAt }, awaited, before, cancellation)
            .ConfigureAwait(false);
    }
}
