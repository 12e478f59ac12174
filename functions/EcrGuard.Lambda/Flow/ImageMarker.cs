using EcrGuard.Aws.Actions;
using EcrGuard.Aws.Facts;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Images;
using EcrGuard.Core.Use;

namespace EcrGuard.Lambda.Flow;

/// <summary>Puts on the tags of an image what its verdict says, and whether it is in use.</summary>
public sealed class ImageMarker(
    EcrReader registry,
    ImageRecords images,
    WriteRecords writes,
    TagWriter tags,
    EffectivePolicy policy
)
{
    /// <summary>How often tags are written anew because the verdict has changed meanwhile.</summary>
    private const int Attempts = 8;

    /// <summary>Puts the verdict and the use of an image on its tags, which may have changed since.</summary>
    /// <param name="shield">Whether the image is to be shielded: unknown leaves the shielding tag as it is.</param>
    /// <param name="use">Whether it is in use; unknown to a caller that does not know what runs.</param>
    /// <param name="until">How long to wait for a turn to write. Without a turn by then, the image is not
    ///     marked.</param>
    /// <returns>The entry as it stands now.</returns>
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
            // Writing takes its turn. By then somebody who saw none of these tags may have stored another verdict.
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
    /// Puts only its use on the tags of an artifact that stands for itself, or of an image that was just deployed: the
    /// shield does not depend on a verdict.
    /// </summary>
    /// <param name="named">The tags by which consumers refer to it; null if that is not known.</param>
    /// <returns>Why it could not be done; null if it was, or nothing was to do.</returns>
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
