using Amazon.Lambda.Core;
using Amazon.Lambda.SQSEvents;
using EcrGuard.Aws;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Images;

namespace EcrGuard.Lambda;

/// <summary>
/// A batch of events from a queue. Every message has failed until it succeeded; one that cannot be read fails alone; several about one image cost one decision; what is not begun before the deadline is
/// handed back.
/// </summary>
public sealed class EventBatch(Decisions decisions, Ledger ledger, Settings settings, Log log)
{
    /// <summary>Clocks differ and events are stamped in whole seconds: an event this much older than the facts may still be news.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromMinutes(1);

    /// <summary>
    /// So long after its event a verdict waits for the tags of those before it, which is less than a function may run. Behind a backlog, where events are older, verdicts come first: a tag that has no turn at once is left to the sweep.
    /// </summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <summary>What a function does with the events about one image.</summary>
    /// <param name="events">All of the image, oldest first.</param>
    /// <param name="before">What the ledger holds.</param>
    /// <returns>Null where nothing was judged.</returns>
    public delegate Task<Judged?> Handle(ImageId image, IReadOnlyList<ImageEvent> events, LedgerEntry? before, CancellationToken cancellation);

    public async Task<SQSBatchResponse> RunAsync(SQSEvent batch, ILambdaContext context, Handle handle)
    {
        var unread = new List<string>();
        var messages = Group(batch, unread);
        var tagsUntil = messages.Values.SelectMany(each => each).Select(message => message.Event.Time).DefaultIfEmpty().Min() + Patience;
        var done = await decisions.RunAsync(messages.Keys, async (image, cancellation) =>
        {
            var events = messages[image].Select(m => m.Event).OrderBy(e => e.Time).ToList();
            var before = await ledger.FindAsync(image, cancellation).ConfigureAwait(false);
            if (before is not { Open: false } || events.Any(e => e.Time >= before.FactsAt - Slack || (e.Tag is not null && settings.Tags.Claims(e.Tag))))
                return await handle(image, events, before, cancellation).ConfigureAwait(false);
            log.Info("The event is older than what the verdict rests on.", ("image", image.ToString()));
            return null;
        }, context, tagsUntil).ConfigureAwait(false);

        var failed = messages.Where(m => !done.ContainsKey(m.Key)).SelectMany(m => m.Value.Select(message => message.MessageId));
        return new SQSBatchResponse([.. unread.Concat(failed).Select(id => new SQSBatchResponse.BatchItemFailure { ItemIdentifier = id })]);
    }

    private Dictionary<ImageId, List<(string MessageId, ImageEvent Event)>> Group(SQSEvent batch, List<string> unread)
    {
        var images = new Dictionary<ImageId, List<(string, ImageEvent)>>();
        foreach (var message in batch.Records ?? [])
        {
            try
            {
                if (ImageEvent.Read(message.Body ?? "", out var ignored) is not { } read)
                    log.Info("The event is ignored.", ("messageId", message.MessageId), ("why", ignored));
                else if (read.Image.Repository.Account != settings.Account || read.Image.Repository.Region != settings.Region)
                    log.Warning("The event is of another account or region.", ("messageId", message.MessageId), ("account", read.Image.Repository.Account), ("region", read.Image.Repository.Region));
                else
                    (images.TryGetValue(read.Image, out var known) ? known : images[read.Image] = []).Add((message.MessageId, read));
            }
            catch (EventFormatException malformed)
            {
                log.Error("The event cannot be read; it goes to the dead-letter queue.", malformed, ("messageId", message.MessageId));
                unread.Add(message.MessageId);
            }
        }
        return images;
    }
}
