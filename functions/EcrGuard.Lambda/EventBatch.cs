using System.Collections.Concurrent;
using Amazon.Lambda.Core;
using Amazon.Lambda.SQSEvents;
using EcrGuard.Aws;
using EcrGuard.Aws.Actions;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Images;
using EcrGuard.Core.Reports;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Lambda;

/// <summary>
/// A batch of events from a queue. Every message has failed until it succeeded; one that cannot be read fails alone; several about one image cost one decision; what is not begun before the deadline is
/// handed back.
/// </summary>
public sealed class EventBatch(Guard guard, Ledger ledger, Notifier notifier, Settings settings, Log log)
{
    /// <summary>How many images are worked on at a time.</summary>
    private const int Parallel = 8;

    /// <summary>An index of indexes of indexes is no image that anybody runs.</summary>
    private const int MaxDepth = 3;

    /// <summary>How much time is left for publishing and answering when no more work is begun.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(10);

    /// <summary>Clocks differ and events are stamped in whole seconds: an event this much older than the facts may still be news.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromMinutes(1);

    /// <summary>What a function does with the events about one image.</summary>
    /// <param name="events">All of the image, oldest first.</param>
    /// <param name="before">What the ledger holds.</param>
    /// <returns>Null where nothing was judged.</returns>
    public delegate Task<Judged?> Handle(ImageId image, IReadOnlyList<ImageEvent> events, LedgerEntry? before, CancellationToken cancellation);

    /// <summary>One image and what became of it.</summary>
    private sealed class Work(ImageId image)
    {
        public ImageId Image { get; } = image;
        public List<(string MessageId, ImageEvent Event)> Messages { get; } = [];

        /// <summary>The indexes that hold it: until they are done, neither is it.</summary>
        public List<Work> Indexes { get; } = [];
        public Judged? Judged { get; set; }
        public bool Done { get; set; }
        public bool Finished => Done && Indexes.All(index => index.Finished);

        public override string ToString() => Image.ToString();
    }

    public async Task<SQSBatchResponse> RunAsync(SQSEvent batch, ILambdaContext context, Handle handle)
    {
        var unread = new List<string>();
        var works = Group(batch, unread);
        using var deadline = new CancellationTokenSource(context.RemainingTime > Margin ? context.RemainingTime - Margin : TimeSpan.Zero);

        await EachAsync(works, async work =>
        {
            var events = work.Messages.Select(m => m.Event).OrderBy(e => e.Time).ToList();
            var before = await ledger.FindAsync(work.Image, deadline.Token).ConfigureAwait(false);
            if (before is { Open: false } && events.All(e => e.Time < before.Record.Verdict.FactsAt - Slack && (e.Tag is null || !settings.Tags.Claims(e.Tag))))
                log.Info("The event is older than what the verdict rests on.", ("image", work.Image.ToString()));
            else
                work.Judged = await handle(work.Image, events, before, deadline.Token).ConfigureAwait(false);
            work.Done = true;
        }, deadline.Token).ConfigureAwait(false);

        var levels = await DecideIndexesAsync(works, deadline.Token).ConfigureAwait(false);
        await FinishAsync(levels, context).ConfigureAwait(false);

        var failed = works.Where(work => !work.Finished).SelectMany(work => work.Messages.Select(m => m.MessageId));
        return new SQSBatchResponse([.. unread.Concat(failed).Select(id => new SQSBatchResponse.BatchItemFailure { ItemIdentifier = id })]);
    }

    private List<Work> Group(SQSEvent batch, List<string> unread)
    {
        var works = new Dictionary<ImageId, Work>();
        foreach (var message in batch.Records ?? [])
        {
            try
            {
                if (ImageEvent.Read(message.Body ?? "", out var ignored) is not { } read)
                    log.Info("The event is ignored.", ("messageId", message.MessageId), ("why", ignored));
                else if (read.Image.Repository.Account != settings.Account || read.Image.Repository.Region != settings.Region)
                    log.Warning("The event is of another account or region.", ("messageId", message.MessageId), ("account", read.Image.Repository.Account), ("region", read.Image.Repository.Region));
                else
                    (works.TryGetValue(read.Image, out var work) ? work : works[read.Image] = new Work(read.Image)).Messages.Add((message.MessageId, read));
            }
            catch (EventFormatException malformed)
            {
                log.Error("The event cannot be read; it goes to the dead-letter queue.", malformed, ("messageId", message.MessageId));
                unread.Add(message.MessageId);
            }
        }
        return [.. works.Values];
    }

    /// <summary>Decides each index once, after all of its children in the batch.</summary>
    /// <returns>The images of the batch, the indexes that hold them, the indexes that hold those.</returns>
    private async Task<IReadOnlyList<IReadOnlyList<Work>>> DecideIndexesAsync(IReadOnlyList<Work> works, CancellationToken cancellation)
    {
        var levels = new List<IReadOnlyList<Work>> { works };
        while (levels[^1].Count > 0 && levels.Count <= MaxDepth)
        {
            var above = new Dictionary<ImageId, Work>();
            foreach (var child in levels[^1].Where(w => w is { Done: true, Judged: not null }))
            {
                foreach (var index in child.Judged!.Indexes)
                    child.Indexes.Add(above.TryGetValue(index, out var known) ? known : above[index] = new Work(index));
            }
            await EachAsync(above.Values, async work =>
            {
                work.Judged = await guard.JudgeAsync(work.Image, Scanner.Unknown, alerting: true, null, cancellation).ConfigureAwait(false);
                work.Done = true;
            }, cancellation).ConfigureAwait(false);
            levels.Add([.. above.Values]);
        }
        return levels;
    }

    /// <summary>Publishes what the stored records have open, then notes that all is done, indexes before their children.</summary>
    private async Task FinishAsync(IReadOnlyList<IReadOnlyList<Work>> levels, ILambdaContext context)
    {
        using var rest = new CancellationTokenSource(context.RemainingTime > TimeSpan.FromSeconds(2) ? context.RemainingTime - TimeSpan.FromSeconds(1) : TimeSpan.FromSeconds(1));
        await AlertAsync([.. levels.SelectMany(level => level).Where(w => w is { Done: true, Judged.Entry.OpenAlert: not null })], rest.Token).ConfigureAwait(false);
        foreach (var level in levels.Reverse())
        {
            await EachAsync(level.Where(w => w is { Finished: true, Judged.Entry.Open: true }), async work =>
            {
                work.Done = false;
                await ledger.DoneAsync(work.Image, work.Judged!.Entry.Revision, rest.Token).ConfigureAwait(false);
                work.Done = true;
            }, rest.Token).ConfigureAwait(false);
        }
    }

    /// <summary>At least once, and twice only if the function dies between publishing and recording: who publishes claims the alert first.</summary>
    private async Task AlertAsync(IReadOnlyList<Work> works, CancellationToken cancellation)
    {
        var claimed = new ConcurrentBag<(Work Work, Alert Alert)>();
        await EachAsync(works, async work =>
        {
            work.Done = false;
            if (Alert.For(work.Judged!.Entry.Record) is { } alert && await ledger.ClaimAlertAsync(work.Image, alert.Id, cancellation).ConfigureAwait(false))
                claimed.Add((work, alert));
            work.Done = true;
        }, cancellation).ConfigureAwait(false);

        var told = claimed.OrderBy(c => c.Alert.Id, StringComparer.Ordinal).ToList();
        try
        {
            foreach (var message in AlertMessage.ForBatch([.. told.Select(c => c.Alert)]))
                await notifier.PublishAsync(settings.AlertTopic ?? throw new SettingsException("ECRGUARD_ALERT_TOPIC", null, "it must be the ARN of the topic for alerts"), message, cancellation).ConfigureAwait(false);
        }
        catch (Exception unpublished)
        {
            log.Error("The alerts could not be published; their events are handed back.", unpublished);
            await EachAsync(told, async c =>
            {
                c.Work.Done = false;
                await ledger.ReleaseAlertAsync(c.Work.Image, c.Alert.Id, CancellationToken.None).ConfigureAwait(false);
            }, CancellationToken.None).ConfigureAwait(false);
            return;
        }
        await EachAsync(told, async c =>
        {
            c.Work.Done = false;
            await ledger.CloseAlertAsync(c.Work.Image, c.Alert.Id, cancellation).ConfigureAwait(false);
            c.Work.Done = true;
        }, cancellation).ConfigureAwait(false);
    }

    private async Task EachAsync<T>(IEnumerable<T> items, Func<T, Task> act, CancellationToken cancellation)
    {
        using var turn = new SemaphoreSlim(Parallel);
        await Task.WhenAll(items.Select(async item =>
        {
            await turn.WaitAsync(CancellationToken.None).ConfigureAwait(false);
            try
            {
                cancellation.ThrowIfCancellationRequested();
                await act(item).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                log.Warning("The deadline came first; the event is handed back.", ("item", item?.ToString()));
            }
            catch (Exception failure)
            {
                log.Error("The event failed and is handed back.", failure, ("item", item?.ToString()));
            }
            finally
            {
                turn.Release();
            }
        })).ConfigureAwait(false);
    }
}
