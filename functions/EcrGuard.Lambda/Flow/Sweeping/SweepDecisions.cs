using Amazon.Lambda.Core;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Images;
using EcrGuard.Lambda.Flow.Deciding;

namespace EcrGuard.Lambda.Flow.Sweeping;

/// <summary>Decides again the images of a repository that are due.</summary>
public sealed class SweepDecisions(
    ImageDecider decider,
    DecisionBatch decisions,
    ImageRecords records,
    EffectivePolicy policy,
    TimeProvider time
)
{
    /// <returns>
    /// The entries as they are now, how many images were decided again, and whether all that are due were.
    /// </returns>
    public async Task<(
        IReadOnlyDictionary<Digest, LedgerEntry> Entries,
        int Decided,
        IReadOnlyList<string> Undone
    )> RunAsync(
        RepositoryId repository,
        IReadOnlyList<ImageFacts> images,
        ILambdaContext context,
        CancellationToken cancellation
    )
    {
        var entries = await records
            .FindAsync(repository, images.Select(image => image.Id.Digest), cancellation)
            .ConfigureAwait(false);
        var now = time.GetUtcNow();
        var due = images
            .Where(image =>
                entries.GetValueOrDefault(image.Id.Digest) is not { Open: false } entry
                || entry.Record.IsDue(policy.Document.Version, now)
            )
            .ToDictionary(image => image.Id);
        var decided = await decisions
            .RunAsync(
                due.Keys,
                (id, token) =>
                    decider.JudgeAsync(due[id], entries.GetValueOrDefault(id.Digest), Occasion.NoEvent, token),
                context
            )
            .ConfigureAwait(false);
        cancellation.ThrowIfCancellationRequested();
        var stand = new Dictionary<Digest, LedgerEntry>(entries);
        foreach (var (id, judged) in decided)
        {
            if (judged is not null)
                stand[id.Digest] = judged.Entry;
        }
        return (
            stand,
            decided.Count,
            decided.Count == due.Count
                ? []
                : [$"{Phrase.Count(due.Count - decided.Count, "image")} could not be decided; the log says why."]
        );
    }
}
