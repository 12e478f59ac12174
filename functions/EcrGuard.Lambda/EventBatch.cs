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

        /// <summary>What follows from it: the indexes that hold it, the children that were judged with it. Until they are done, neither is it.</summary>
        public List<Work> Related { get; } = [];
        public Judged? Judged { get; set; }
        public bool Done { get; set; }
        public bool Finished => Done && Related.All(work => work.Finished);

        /// <summary>Related work first.</summary>
        public IEnumerable<Work> WithRelated => Related.SelectMany(work => work.WithRelated).Append(this);

        public void End(Judged? judged)
        {
            Judged = judged;
            Related.AddRange(judged?.Children.Select(child => new Work(child.Image) { Judged = child, Done = true }) ?? []);
            Done = true;
        }

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
            if (before is { Open: false } && events.All(e => e.Time < before.FactsAt - Slack && (e.Tag is null || !settings.Tags.Claims(e.Tag))))
            {
                log.Info("The event is older than what the verdict rests on.", ("image", work.Image.ToString()));
                work.End(null);
            }
            else
            {
                work.End(await handle(work.Image, events, before, deadline.Token).ConfigureAwait(false));
            }
        }, deadline.Token).ConfigureAwait(false);

        await DecideIndexesAsync(works, deadline.Token).ConfigureAwait(false);
        await FinishAsync([.. works.SelectMany(work => work.WithRelated).Distinct()], context).ConfigureAwait(false);

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

    /// <summary>Decides each index once, after all of its children in the batch; then the indexes that hold those.</summary>
    private async Task DecideIndexesAsync(IReadOnlyList<Work> works, CancellationToken cancellation)
    {
        for (var depth = 0; works.Count > 0 && depth < MaxDepth; depth++)
        {
            var indexes = new Dictionary<ImageId, Work>();
            foreach (var child in works.Where(work => work is { Done: true, Judged: not null }))
            {
                foreach (var index in child.Judged!.Indexes)
                    child.Related.Add(indexes.TryGetValue(index, out var known) ? known : indexes[index] = new Work(index));
            }
            await EachAsync(indexes.Values, async work => work.End(await guard.JudgeAsync(work.Image, Scanner.Unknown, alerting: true, await ledger.FindAsync(work.Image, cancellation).ConfigureAwait(false), cancellation).ConfigureAwait(false)), cancellation).ConfigureAwait(false);
            works = [.. indexes.Values];
        }
    }

    /// <summary>Publishes what the stored records have open, then notes that all is done, related work first.</summary>
    private async Task FinishAsync(IReadOnlyList<Work> works, ILambdaContext context)
    {
        using var rest = new CancellationTokenSource(context.RemainingTime > TimeSpan.FromSeconds(2) ? context.RemainingTime - TimeSpan.FromSeconds(1) : TimeSpan.FromSeconds(1));
        await AlertAsync([.. works.Where(work => work is { Done: true, Judged.Entry.OpenAlert: not null })], rest.Token).ConfigureAwait(false);
        foreach (var work in works.Where(work => work.Judged?.Entry.Open == true))
        {
            if (!work.Finished)
                continue;
            work.Done = false;
            await EachAsync([work], async open =>
            {
                await ledger.DoneAsync(open.Image, open.Judged!.Entry.Revision, rest.Token).ConfigureAwait(false);
                open.Done = true;
            }, rest.Token).ConfigureAwait(false);
        }
    }

    /// <summary>At least once, and twice only if the function dies between publishing and recording: who publishes claims the alert first.</summary>
    private async Task AlertAsync(IReadOnlyList<Work> works, CancellationToken cancellation)
    {
        var claimed = new ConcurrentBag<(Work Work, Alert Alert)>();
        foreach (var work in works)
            work.Done = false;
        await EachAsync(works, async work =>
        {
            if (Alert.For(work.Judged!.Entry.Record) is { } alert && await ledger.ClaimAlertAsync(work.Image, alert.Id, cancellation).ConfigureAwait(false))
                claimed.Add((work, alert));
            work.Done = true;
        }, cancellation).ConfigureAwait(false);

        foreach (var told in AlertMessage.Batches([.. claimed.OrderBy(c => c.Alert.Id, StringComparer.Ordinal)]))
        {
            foreach (var (work, _) in told)
                work.Done = false;
            try
            {
                await notifier.PublishAsync(settings.AlertTopic ?? throw new SettingsException("ECRGUARD_ALERT_TOPIC", null, "it must be the ARN of the topic for alerts"), AlertMessage.ForBatch([.. told.Select(c => c.Alert)]), cancellation).ConfigureAwait(false);
            }
            catch (Exception unpublished)
            {
                log.Error("An alert could not be published; its events are handed back.", unpublished, ("alerts", told.Count.ToString(System.Globalization.CultureInfo.InvariantCulture)));
                await EachAsync(told, c => ledger.ReleaseAlertAsync(c.Work.Image, c.Alert.Id, CancellationToken.None), CancellationToken.None).ConfigureAwait(false);
                continue;
            }
            await EachAsync(told, async c =>
            {
                await ledger.CloseAlertAsync(c.Work.Image, c.Alert.Id, cancellation).ConfigureAwait(false);
                c.Work.Done = true;
            }, cancellation).ConfigureAwait(false);
        }
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
