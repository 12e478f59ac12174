using Amazon.Lambda.Core;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Images;
using EcrGuard.Core.Verdicts;
using EcrGuard.Lambda.Hosting;

namespace EcrGuard.Lambda.Flow.Deciding;

/// <summary>
/// Handles many images with everything that follows. First each image is decided, then the indexes that hold it, then
/// the next steps are done. An image counts as failed until all of that is done. If one fails, the others are not
/// affected.
/// </summary>
public sealed class DecisionBatch(ImageDecider decider, ImageRecords records, BatchFinish finish, Log log)
{
    /// <summary>
    /// No image is begun with less time left than this. It is kept for publishing and answering.
    /// </summary>
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(10);

    /// <summary>Decides images again on somebody's order. This also takes images out of reach.</summary>
    /// <inheritdoc cref="RunAsync"/>
    public Task<IReadOnlyDictionary<ImageId, JudgedImage?>> AgainAsync(
        IEnumerable<ImageId> images,
        ILambdaContext context
    ) => RunAsync(images, JudgeAsync, context, takes: true);

    /// <summary>Decides images and does what follows.</summary>
    /// <param name="images">The images, each only once.</param>
    /// <param name="decide">Decides one image; gives null if there was nothing to judge.</param>
    /// <param name="tagsUntil">Until when tags may wait for their turn to be written; null for as long as there is
    ///     time.</param>
    /// <param name="takes">Whether blocked images that nothing uses are taken out of reach. Somebody's order does that;
    ///     an event leaves it to the sweep.</param>
    /// <returns>
    /// The images that are done, each with what was judged. Images that failed, and images that were not reached before
    /// the deadline, are missing.
    /// </returns>
    public async Task<IReadOnlyDictionary<ImageId, JudgedImage?>> RunAsync(
        IEnumerable<ImageId> images,
        Func<ImageId, CancellationToken, Task<JudgedImage?>> decide,
        ILambdaContext context,
        DateTimeOffset? tagsUntil = null,
        bool takes = false
    )
    {
        List<BatchImage> batch = [.. images.Select(image => new BatchImage(image))];
        using var deadline = Deadline.Before(context, Margin);
        await DecideAsync(batch, decide, deadline.Token).ConfigureAwait(false);
        await DecideIndexesAsync(batch, deadline.Token).ConfigureAwait(false);
        await finish
            .RunAsync(
                [.. batch.SelectMany(image => image.WithRelated).Distinct()],
                new BatchSteps(tagsUntil ?? DateTimeOffset.MaxValue, takes),
                context,
                deadline.Token
            )
            .ConfigureAwait(false);
        return batch.Where(image => image.Finished).ToDictionary(image => image.Image, image => image.Judged);
    }

    /// <summary>Decides images that the caller has read, on no event.</summary>
    /// <param name="due">The images, each only once.</param>
    /// <param name="entries">What the ledger knows; an image may be missing.</param>
    /// <returns>The entries as they are now, and how many images were decided.</returns>
    public async Task<(IReadOnlyDictionary<Digest, LedgerEntry> Entries, int Decided)> ReadAsync(
        IEnumerable<ImageFacts> due,
        IReadOnlyDictionary<Digest, LedgerEntry> entries,
        ILambdaContext context
    )
    {
        var facts = due.ToDictionary(image => image.Id);
        var decided = await RunAsync(
                facts.Keys,
                (id, token) =>
                    decider.JudgeAsync(facts[id], entries.GetValueOrDefault(id.Digest), DecisionTrigger.NoEvent, token),
                context
            )
            .ConfigureAwait(false);
        var now = new Dictionary<Digest, LedgerEntry>(entries);
        foreach (var judged in decided.Values.OfType<JudgedImage>())
            now[judged.Image.Digest] = judged.Entry;
        return (now, decided.Count);
    }

    /// <summary>
    /// Decides each index once, after all of its children in the batch. Then the indexes that hold those indexes are
    /// decided.
    /// </summary>
    private async Task DecideIndexesAsync(List<BatchImage> batch, CancellationToken cancellation)
    {
        for (var level = 0; batch.Count > 0 && level < IndexJudge.MaxLevels; level++)
        {
            var indexes = new Dictionary<ImageId, BatchImage>();
            foreach (var child in batch.Where(image => image is { Done: true, Judged: not null }))
            {
                foreach (var index in child.Judged!.Indexes)
                {
                    if (!indexes.TryGetValue(index, out var known))
                        known = indexes[index] = new BatchImage(index);
                    child.IsHeldBy(known);
                }
            }
            await DecideAsync(indexes.Values, JudgeAsync, cancellation).ConfigureAwait(false);
            batch = [.. indexes.Values];
        }
    }

    private Task DecideAsync(
        IEnumerable<BatchImage> batch,
        Func<ImageId, CancellationToken, Task<JudgedImage?>> decide,
        CancellationToken cancellation
    ) =>
        BatchImage.EachAsync(
            batch,
            async image => image.Decide(await decide(image.Image, cancellation).ConfigureAwait(false)),
            log,
            cancellation
        );

    private async Task<JudgedImage?> JudgeAsync(ImageId image, CancellationToken cancellation)
    {
        var before = await records.FindAsync(image, cancellation).ConfigureAwait(false);
        return await decider.JudgeAsync(image, before, DecisionTrigger.NoEvent, cancellation).ConfigureAwait(false);
    }
}
