using Amazon.Lambda.Core;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Images;
using EcrGuard.Lambda.Flow.Deciding;

namespace EcrGuard.Lambda.Flow.Sweeping;

/// <summary>Decides again the images of a repository that are due.</summary>
public sealed class SweepDecisions(
    DecisionBatch decisions,
    ImageRecords records,
    EffectivePolicy policy,
    TimeProvider time
)
{
    /// <returns>
    /// The entries as they are now, how many images were decided again, and what could not be decided, as sentences.
    /// </returns>
    public async Task<(
        IReadOnlyDictionary<Digest, LedgerEntry> Entries,
        int Decided,
        IReadOnlyList<string> Undone
    )> RunAsync(
        SweepFacts facts,
        IReadOnlyList<ImageFacts> images,
        ILambdaContext context,
        CancellationToken cancellation
    )
    {
        var entries = await EntriesAsync(facts, images, cancellation).ConfigureAwait(false);
        var at = time.GetUtcNow();
        var due = images
            .Where(image =>
                entries.GetValueOrDefault(image.Id.Digest) is not { Open: false } entry
                || entry.Record.IsDue(policy.Document.Version, at)
            )
            .ToList();
        var (now, decided) = await decisions.ReadAsync(due, entries, context).ConfigureAwait(false);
        cancellation.ThrowIfCancellationRequested();
        return (
            now,
            decided,
            decided == due.Count
                ? []
                : [$"{Phrase.Count(due.Count - decided, "image")} could not be decided; the log says why."]
        );
    }

    /// <summary>What was remembered of the images. Only what is new since, or too much, is read here.</summary>
    private async Task<IReadOnlyDictionary<Digest, LedgerEntry>> EntriesAsync(
        SweepFacts facts,
        IReadOnlyList<ImageFacts> images,
        CancellationToken cancellation
    )
    {
        var remembered = facts.Remembered.Entries;
        var digests = images.Select(image => image.Id.Digest).ToList();
        var unread = digests.Where(digest => !remembered.ContainsKey(digest));
        var entries = new Dictionary<Digest, LedgerEntry>(
            await records.FindAsync(facts.Repository, unread, cancellation).ConfigureAwait(false)
        );
        foreach (var digest in digests.Where(remembered.ContainsKey))
            entries[digest] = remembered[digest];
        return entries;
    }
}
