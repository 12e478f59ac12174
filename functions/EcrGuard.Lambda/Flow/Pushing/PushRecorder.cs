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
    /// How much older than the event a pushed image must be to count as only tagged again. A new tag does not change
    /// the push time that ECR gives. So an image that was pushed this long before the event came by an earlier push.
    /// </summary>
    private static readonly TimeSpan Retagged = TimeSpan.FromMinutes(1);

    /// <summary>The smallest unit of AWS's times.</summary>
    private static readonly TimeSpan Millisecond = TimeSpan.FromMilliseconds(1);

    /// <summary>
    /// Reads what was pushed. A signature, or another artifact with its own media type, is not worth a call.
    /// </summary>
    /// <param name="tags">The tags that the pushes have brought.</param>
    /// <returns>Null if the image is gone.</returns>
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

    /// <summary>Judges an image if no event will come for it. Other images wait for their scan.</summary>
    /// <param name="push">The last push.</param>
    /// <param name="repository">The repository after its baseline was checked.</param>
    public async Task<JudgedImage?> RecordAsync(
        ImageFacts image,
        ImageEvent push,
        RepositoryFacts repository,
        LedgerEntry? before,
        CancellationToken cancellation
    )
    {
        if (IsKnown(image, before) && !(before!.Open || before.Record.ScanningChanged || policy.RulesNameTags))
            return new JudgedImage(before, image, [], []);
        if (image.Kind != ImageKind.Image || IsKnown(image, before) || IsOlderThan(push, image))
            return await decider.JudgeAsync(image, before, DecisionTrigger.NoEvent, cancellation).ConfigureAwait(false);
        return await AwaitAsync(image, push, repository.Scanning, before, cancellation).ConfigureAwait(false);
    }

    /// <summary>
    /// Whether the push only brings another tag for a known image. It may be the first tag that a verdict tag can stand
    /// beside, or a tag that a rule names. If the image was pushed again since, its scan is lost.
    /// </summary>
    private static bool IsKnown(ImageFacts image, LedgerEntry? before) =>
        image.Kind == ImageKind.Image
        && before is { Record.Gone: false }
        && !(image.PushedAt - before.Record.PushedAt >= Millisecond);

    /// <summary>
    /// Whether an image was there before the push and only got another tag. It may have been scanned long ago, so no
    /// event will come.
    /// </summary>
    private static bool IsOlderThan(ImageEvent push, ImageFacts image) => image.PushedAt < push.Time - Retagged;

    private async Task<JudgedImage?> AwaitAsync(
        ImageFacts image,
        ImageEvent push,
        ScanningFacts scanning,
        LedgerEntry? before,
        CancellationToken cancellation
    )
    {
        if (!scanning.Automatic && await scans.TryAsync(image.Id, cancellation).ConfigureAwait(false))
            scanning = scanning with { OnPush = true };
        // These facts count as old as the push: a scan that finished before this event arrived must still be newer. But
        // they must be newer than the time when the image was gone. Events have times in whole seconds, and an image
        // may be back within one second.
        var pushedAt = push.Time < image.ReadAt ? push.Time : image.ReadAt;
        if (before is { Record.Gone: true } && before.FactsAt >= pushedAt)
            pushedAt = image.ReadAt;
        var awaited = ScannerWords.Nothing(scanning, push.Time, time.GetUtcNow()) with { ReadAt = pushedAt };
        return await platforms
            .AwaitAsync(image with { ReadAt = pushedAt }, awaited, before, cancellation)
            .ConfigureAwait(false);
    }
}
