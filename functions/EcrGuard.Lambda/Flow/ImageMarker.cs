using EcrGuard.Aws.Actions;
using EcrGuard.Aws.Facts;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Images;
using EcrGuard.Core.Use;

namespace EcrGuard.Lambda.Flow;

/// <summary>Writes tags on an image that say what its verdict is and whether it is in use.</summary>
public sealed class ImageMarker(
    EcrReader registry,
    ImageRecords images,
    WriteRecords writes,
    TagWriter tags,
    EffectivePolicy policy
)
{
    /// <summary>How often the tags are written again because the verdict has changed in the meantime.</summary>
    private const int Attempts = 8;

    /// <summary>
    /// Writes the verdict and the use of an image as tags. The verdict may have changed since it was read.
    /// </summary>
    /// <param name="shield">Whether the image must be shielded. Unknown leaves the shielding tag as it is.</param>
    /// <param name="use">Whether the image is in use. Unknown if the caller does not know what runs.</param>
    /// <param name="until">Until when to wait for a turn to write. If no turn comes by then, the image is not
    ///     marked.</param>
    /// <returns>The image's entry as it is now.</returns>
    public async Task<LedgerEntry> MarkAsync(
        ImageFacts image,
        LedgerEntry entry,
        UseState shield,
        UseState use,
        DateTimeOffset until,
        CancellationToken cancellation
    )
    {
        await EndOpenWritesAsync(image.Id, entry, cancellation).ConfigureAwait(false);
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var mode = policy.ModeOf(image.Id.Repository);
            var written = await tags.ApplyAsync(image, entry, shield, use, mode, until, cancellation)
                .ConfigureAwait(false);
            // Writing waits for its turn. By then, somebody who saw none of these tags may have stored another verdict.
            var now = written.Wrote
                ? await images.FindAsync(image.Id, cancellation).ConfigureAwait(false) ?? entry
                : entry;
            if (now.Revision == entry.Revision)
            {
                if (written.CouldNot != entry.Record.CouldNotMark)
                    await images.NoteCouldNotMarkAsync(image.Id, written.CouldNot, cancellation).ConfigureAwait(false);
                return entry with { Record = entry.Record with { CouldNotMark = written.CouldNot } };
            }
            entry = now;
            image = await registry.ImageAsync(image.Id, cancellation).ConfigureAwait(false) ?? image;
        }
        throw new InvalidOperationException($"The tags of {image.Id} could not be written: its verdict kept changing.");
    }

    private async Task EndOpenWritesAsync(ImageId image, LedgerEntry entry, CancellationToken cancellation)
    {
        const string unknown = "not known: the function ended before it was; the tags were read and planned again";
        foreach (var write in entry.OpenWrites)
            await writes.OutcomeAsync(image, write, unknown, cancellation, guess: true).ConfigureAwait(false);
    }

    /// <summary>
    /// Writes only the use as a tag. It is for an artifact that is used on its own, or for an image that was just
    /// deployed: the shield does not depend on a verdict.
    /// </summary>
    /// <param name="named">The tags that consumers use to refer to it; null if they are not known.</param>
    /// <returns>Why it could not be done; null if it was done, or if nothing had to be done.</returns>
    public async Task<string?> ShieldAsync(
        ImageFacts artifact,
        UseState shield,
        UseState use,
        CancellationToken cancellation,
        IReadOnlyDictionary<string, string>? named = null
    )
    {
        var mode = policy.ModeOf(artifact.Id.Repository);
        var written = await tags.ShieldAsync(artifact, shield, use, named, mode, cancellation).ConfigureAwait(false);
        return written.CouldNot;
    }
}
