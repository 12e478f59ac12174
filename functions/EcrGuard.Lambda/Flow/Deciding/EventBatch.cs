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
/// A batch of events from a queue. Every message has failed until it succeeded; one that cannot be read fails alone;
/// several about one image cost one decision; what is not begun before the deadline is
/// handed back.
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
    /// <summary>The queue tells times in whole milliseconds.</summary>
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(1);

    /// <summary>
    /// So long after its event a verdict waits for the tags of those before it, which is less than a function may run.
    /// Behind a backlog, where events are older, verdicts come first: a tag that has no turn at once is left to the
    /// sweep.
    /// </summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <summary>How much time is left for handing back when nothing more is noted.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(10);

    /// <summary>What a function does with the events about one image.</summary>
    /// <param name="events">All of the image, oldest first.</param>
    /// <param name="before">What the ledger holds.</param>
    /// <returns>Null where nothing was judged.</returns>
    public delegate Task<Judged?> Handle(
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
    /// Whether an event may tell what the ledger does not know: it came after the facts were read, or it tells of
    /// findings that were not listed then. When it was made says nothing, since events come late and out of order.
    /// What was listed is all there is to know of an event only where a scan was over: its coverage may have followed.
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
    /// When an event came, where that can be: one that came before it was made has met a clock that is wrong.
    /// </summary>
    private static DateTimeOffset? ArrivedAt(ImageEvent heard) =>
        heard.ArrivedAt >= heard.Time ? heard.ArrivedAt : null;

    /// <summary>When a message came to the queue; null where the queue does not say so.</summary>
    private static DateTimeOffset? ArrivedAt(SQSEvent.SQSMessage message) =>
        message.Attributes?.GetValueOrDefault("SentTimestamp") is { } sent
        && long.TryParse(sent, NumberStyles.None, CultureInfo.InvariantCulture, out var at)
            ? DateTimeOffset.FromUnixTimeMilliseconds(at)
            : null;

    /// <summary>Finds the images whose events name a tag alone.</summary>
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
    /// Notes that the scanning of repositories was changed, before their images are judged: that costs no call for an
    /// image, however many there are.
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
