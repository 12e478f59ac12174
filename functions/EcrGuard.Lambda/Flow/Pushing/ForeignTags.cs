using EcrGuard.Aws.Actions;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Images;
using EcrGuard.Core.Reports.Alerts;
using EcrGuard.Lambda.Hosting;

namespace EcrGuard.Lambda.Flow.Pushing;

/// <summary>
/// Tells of tags that have EcrGuard's prefix but were not written by EcrGuard: the prefix must not be a way around the
/// guard. Such a push counts like any other, and security is told of it.
/// </summary>
public sealed class ForeignTags(WriteRecords writes, Notifier notifier, Log log)
{
    /// <summary>
    /// The tags that EcrGuard ever meant to write on an image. An artifact has no entry, but EcrGuard may still have
    /// shielded it.
    /// </summary>
    public async Task<IReadOnlyList<string>> IntendedAsync(
        ImageId image,
        IEnumerable<ImageEvent> pushes,
        LedgerEntry? entry,
        CancellationToken cancellation
    )
    {
        if (entry is not null)
            return entry.IntendedTags;
        return pushes.Any(push => push.Tag is { } tag && OwnTags.Claims(tag))
            ? await writes.IntendedTagsAsync(image, cancellation).ConfigureAwait(false)
            : [];
    }

    /// <summary>Whether a push brings a tag with EcrGuard's prefix that has no intent in the ledger.</summary>
    public static bool IsForeign(ImageEvent push, IReadOnlyList<string> intended) =>
        push.Tag is { } tag && OwnTags.Claims(tag) && !intended.Contains(tag);

    public async Task WarnAsync(ImageId image, IEnumerable<ImageEvent> foreign, CancellationToken cancellation)
    {
        foreach (var push in foreign)
        {
            log.Warning(
                "A tag with EcrGuard's prefix was pushed that EcrGuard did not write.",
                ("image", image.ToString()),
                ("tag", push.Tag)
            );
            await notifier
                .AlertAsync(TagAlert.ForForeign(image, push.Tag!, push.Id, push.Time), cancellation)
                .ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Tells of tags that a manifest has taken from images on which this EcrGuard had written them. Anybody can push a
    /// manifest of that form. The EcrGuard of another registry has no tag to take here.
    /// </summary>
    public async Task WarnOfTakenAsync(
        ImageId manifest,
        IEnumerable<ImageEvent> foreign,
        CancellationToken cancellation
    )
    {
        foreach (var push in foreign)
        {
            if (
                OwnTags.MarkedBy(push.Tag!) is { } digest
                && await IsIntendedAsync(manifest with { Digest = digest }, push.Tag!, cancellation)
                    .ConfigureAwait(false)
            )
                await WarnAsync(manifest, [push], cancellation).ConfigureAwait(false);
        }
    }

    private async Task<bool> IsIntendedAsync(ImageId image, string tag, CancellationToken cancellation) =>
        (await writes.IntendedTagsAsync(image, cancellation).ConfigureAwait(false)).Contains(tag);
}
