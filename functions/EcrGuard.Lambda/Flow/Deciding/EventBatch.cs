using System.Globalization;
using Amazon.Lambda.Core;
using Amazon.Lambda.SQSEvents;
using EcrGuard.Aws;
using EcrGuard.Aws.Facts;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Images;
using EcrGuard.Core.Verdicts;
using EcrGuard.Lambda.Hosting;

namespace EcrGuard.Lambda.Flow.Deciding;

/// <summary>
/// Handles a batch of events from a queue. Every message counts as failed until it has succeeded. A message that cannot
/// be read fails alone. Several messages about one image cost one decision. Messages that are not started before the
/// deadline are handed back.
/// </summary>
public sealed class EventBatch(
    DecisionBatch decisions,
    EcrReader registry,
    ImageRecords images,
    RepositoryRecords repositoryRecords,
    Settings settings,
    TimeProvider time,
    Log log
)
{
    /// <summary>The smallest unit of the queue's times: whole milliseconds.</summary>
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(1);

    /// <summary>
    /// How long after its event a verdict may wait until the tags before it are written. It is less than the time that
    /// a function may run. In a backlog the events are older, and verdicts come first: a tag that cannot be written at
    /// once is left to the sweep.
    /// </summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <summary>Nothing more is noted with less time left than this. It is needed to hand messages back.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(10);

    /// <summary>Handles the events about one image in the way of one function.</summary>
    /// <param name="events">All events about the image, oldest first.</param>
    /// <param name="before">What the ledger holds about it.</param>
    /// <returns>Null if nothing was judged.</returns>
    public delegate Task<JudgedImage?> Handle(
        ImageId image,
        IReadOnlyList<ImageEvent> events,
        LedgerEntry? before,
        CancellationToken cancellation
    );

    public async Task<SQSBatchResponse> RunAsync(SQSEvent batch, ILambdaContext context, Handle handle)
    {
        var unread = new List<string>();
        var (messages, scanning, tagged) = Group(batch, unread);
        await NameAsync(tagged, messages, unread, context).ConfigureAwait(false);
        if (
            scanning.Count > 0
            && !await NoteAsync(scanning.SelectMany(change => change.Event.Repositories), context).ConfigureAwait(false)
        )
            unread.AddRange(scanning.Select(change => change.MessageId));
        var tagsUntil =
            messages.Values.SelectMany(each => each).Select(message => message.Event.Time).DefaultIfEmpty().Min()
            + Patience;
        var done = await decisions
            .RunAsync(
                messages.Keys,
                async (image, cancellation) =>
                {
                    var events = messages[image].Select(m => m.Event).OrderBy(e => e.Time).ToList();
                    var before = await images.FindAsync(image, cancellation).ConfigureAwait(false);
                    if (before is not { Open: false } || events.Any(heard => IsNews(heard, before)))
                        return await handle(image, events, before, cancellation).ConfigureAwait(false);
                    log.Info("What the verdict rests on includes the event.", ("image", image.ToString()));
                    return null;
                },
                context,
                tagsUntil
            )
            .ConfigureAwait(false);

        var failed = messages
            .Where(m => !done.ContainsKey(m.Key))
            .SelectMany(m => m.Value.Select(message => message.MessageId));
        var again = unread
            .Concat(failed)
            .Distinct()
            .Select(id => new SQSBatchResponse.BatchItemFailure { ItemIdentifier = id });
        return new SQSBatchResponse([.. again]);
    }

    /// <summary>
    /// Whether an event may tell something that the ledger does not know. That is so if it came after the facts were
    /// read, or if it tells of findings that were not listed then. The time at which it was made says nothing: events
    /// come late and out of order. A listing covers all that an event can tell only if the scan was over, because the
    /// coverage may have changed after it.
    /// </summary>
    private bool IsNews(ImageEvent heard, LedgerEntry before)
    {
        if (heard.Tag is not null && OwnTags.Claims(heard.Tag))
            return true;
        if (heard.TellsOfFindings && !before.Record.Gone)
        {
            var settling = before.Record.Settling ?? Settling.Nothing;
            if (!settling.Knows(heard, time.GetUtcNow()))
                return true;
            if (settling.Complete || heard.LookAt is not null)
                return false;
        }
        return ArrivedAt(heard) is not { } arrived || before.FactsAt < arrived + Tick;
    }

    /// <summary>
    /// When an event came, if that time is possible. An event that came before it was made points to a wrong clock.
    /// </summary>
    private static DateTimeOffset? ArrivedAt(ImageEvent heard) =>
        heard.ArrivedAt >= heard.Time ? heard.ArrivedAt : null;

    /// <summary>When a message came to the queue; null if the queue does not say.</summary>
    private static DateTimeOffset? ArrivedAt(SQSEvent.SQSMessage message) =>
        message.Attributes?.GetValueOrDefault("SentTimestamp") is { } sent
        && long.TryParse(sent, NumberStyles.None, CultureInfo.InvariantCulture, out var at)
            ? DateTimeOffset.FromUnixTimeMilliseconds(at)
            : null;

    /// <summary>Finds the images of events that name only a tag.</summary>
    private async Task NameAsync(
        IEnumerable<(string MessageId, TagEvent Event)> tagged,
        Dictionary<ImageId, List<(string MessageId, ImageEvent Event)>> images,
        List<string> unread,
        ILambdaContext context
    )
    {
        using var deadline = Deadline.Before(context, Margin);
        foreach (var (messageId, named) in tagged)
        {
            try
            {
                if (
                    await registry.PullableAsync(named.Repository, named.Tag, deadline.Token).ConfigureAwait(false) is
                    { } digest
                )
                {
                    var image = new ImageId(named.Repository, digest);
                    (images.TryGetValue(image, out var known) ? known : images[image] = []).Add(
                        (messageId, named.Of(digest))
                    );
                }
                else
                    log.Info(
                        "No image has the tag that came; if it comes, the sweep finds it.",
                        ("messageId", messageId),
                        ("tag", named.Tag)
                    );
            }
            catch (Exception failure)
            {
                log.Error(
                    "The image that came under a tag could not be found and is left to the next try.",
                    failure,
                    ("messageId", messageId)
                );
                unread.Add(messageId);
            }
        }
    }

    /// <summary>
    /// Notes that the scan settings of repositories were changed, before their images are judged. This costs no call
    /// for each image, however many there are.
    /// </summary>
    private async Task<bool> NoteAsync(IEnumerable<RepositoryId> repositories, ILambdaContext context)
    {
        using var deadline = Deadline.Before(context, Margin);
        try
        {
            deadline.Token.ThrowIfCancellationRequested();
            await repositoryRecords.NoteScanningChangedAsync(repositories, deadline.Token).ConfigureAwait(false);
            return true;
        }
        catch (Exception failure)
        {
            log.Error(
                "That the scanning of repositories was changed could not be noted and is left to the next try.",
                failure
            );
            return false;
        }
    }

    private (
        Dictionary<ImageId, List<(string MessageId, ImageEvent Event)>> Images,
        List<(string MessageId, ScanningEvent Event)> Scanning,
        List<(string MessageId, TagEvent Event)> Tagged
    ) Group(SQSEvent batch, List<string> unread)
    {
        var images = new Dictionary<ImageId, List<(string, ImageEvent)>>();
        var scanning = new List<(string, ScanningEvent)>();
        var tagged = new List<(string, TagEvent)>();
        foreach (var message in batch.Records ?? [])
        {
            try
            {
                var read = RegistryEvent.Read(message.Body ?? "", out var ignored);
                foreach (var each in read)
                {
                    if (each is ImageEvent one && IsHere(one.Image.Repository, message))
                    {
                        var known = images.TryGetValue(one.Image, out var others) ? others : images[one.Image] = [];
                        known.Add((message.MessageId, one with { ArrivedAt = ArrivedAt(message) }));
                    }
                    else if (each is ScanningEvent change && change.Repositories.All(its => IsHere(its, message)))
                    {
                        scanning.Add((message.MessageId, change));
                    }
                    else if (each is TagEvent named && IsHere(named.Repository, message))
                    {
                        tagged.Add((message.MessageId, named));
                    }
                }
                if (ignored is not null)
                    log.Info("The event is ignored.", ("messageId", message.MessageId), ("why", ignored));
            }
            catch (EventFormatException malformed)
            {
                log.Error(
                    "The event cannot be read; it goes to the dead-letter queue.",
                    malformed,
                    ("messageId", message.MessageId)
                );
                unread.Add(message.MessageId);
            }
        }
        return (images, scanning, tagged);
    }

    private bool IsHere(RepositoryId repository, SQSEvent.SQSMessage message)
    {
        if (repository.Account == settings.Account && repository.Region == settings.Region)
            return true;
        log.Warning(
            "The event is of another account or region.",
            ("messageId", message.MessageId),
            ("account", repository.Account),
            ("region", repository.Region)
        );
        return false;
    }
}
