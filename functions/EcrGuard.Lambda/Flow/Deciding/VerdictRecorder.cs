using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Images;
using EcrGuard.Core.Plans;
using EcrGuard.Core.Use;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Lambda.Flow.Deciding;

/// <summary>Stores verdicts. Each is stored over the entry that it was based on.</summary>
public sealed class VerdictRecorder(
    ImageRecords images,
    FindingsStore findings,
    ParentIndexes holders,
    EffectivePolicy policy,
    TimeProvider time
)
{
    /// <summary>
    /// How often a store is tried while others store too. After that, the event goes back to the queue.
    /// </summary>
    private const int Attempts = 8;

    /// <summary>Decides and stores, and decides again if somebody else has stored in between.</summary>
    /// <param name="before">What the ledger holds about the image; null for nothing.</param>
    /// <param name="decide">Decides from what the ledger holds.</param>
    /// <returns>Null if the ledger holds newer facts that do not include the news.</returns>
    public async Task<JudgedImage?> RecordAsync(
        ImageFacts image,
        LedgerEntry? before,
        DecisionTrigger trigger,
        Func<LedgerEntry?, Task<Decision>> decide,
        CancellationToken cancellation
    )
    {
        var untagged = OwnTags.TeamTags(image).Count == 0;
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var decision = await decide(before).ConfigureAwait(false);
            var verdict = ForcedApproval.Over(
                decision.Verdict,
                policy.Document.Counting(before?.Record.Forced),
                time.GetUtcNow()
            );
            var plan = TagsOf(image, verdict, before);
            var record = await RecordOfAsync(image, decision, verdict, plan, before, cancellation)
                .ConfigureAwait(false);
            var alert = await AlertAsync(record, before, untagged, trigger, cancellation).ConfigureAwait(false);
            var concerns = ConcernsIndexes(record, before, untagged, alert);
            // An image without a tag of its own is almost always a child of an index, and the index must be decided
            // after it.
            var open = plan.Actions.Count > 0 || (concerns && (untagged || IsOpen(record, before)));
            switch (await images.StoreAsync(record, before, alert, open, cancellation).ConfigureAwait(false))
            {
                case Stored.Yes:
                    var entry = LedgerEntry.After(before, record, alert, open);
                    var judged = concerns
                        ? await FollowAsync(entry, image, cancellation).ConfigureAwait(false)
                        : new JudgedImage(entry, image, [], []);
                    return judged with { LookAt = LookAt(record, before) };
                case Stored.Superseded:
                    return await NewerAsync(image, trigger, cancellation).ConfigureAwait(false);
                case Stored.Contended:
                    before = await images.FindAsync(image.Id, cancellation).ConfigureAwait(false);
                    break;
            }
        }
        throw new InvalidOperationException($"The verdict of {image.Id} could not be stored: others kept storing it.");
    }

    private TagPlan TagsOf(ImageFacts image, Verdict verdict, LedgerEntry? before) =>
        TagPlan.For(image, verdict.Status, UseState.Unknown, policy.ModeOf(image.Id.Repository), before?.NamedTags);

    private async Task<ImageRecord> RecordOfAsync(
        ImageFacts image,
        Decision decision,
        Verdict verdict,
        TagPlan plan,
        LedgerEntry? before,
        CancellationToken cancellation
    )
    {
        var (now, known) = (time.GetUtcNow(), before?.Record);
        return ImageRecord.Of(image, verdict, known, images.NewChangeId(), now, OwnTags.TeamTags(image)) with
        {
            ListedHash = decision.ListedHash,
            FindingsHash = decision.Findings switch
            {
                _ when decision.IsUnchanged => known?.FindingsHash,
                // The findings are lost, but the hash still says that there were some.
                null => known?.FindingsHash,
                [] => null,
                var keep => await findings
                    .KeepAsync(image.Id, keep, known?.FindingsHash, cancellation)
                    .ConfigureAwait(false),
            },
            Scan = decision.Scan,
            Settling = decision.Settling,
            Children = decision.Children is [] ? known?.Children ?? [] : decision.Children,
            CouldNotMark = plan.CouldNot,
            Forced = known?.Forced,
            Grace = Grace.Of(decision.Verdict, known?.Grace, policy.Document, now),
        };
    }

    /// <param name="untagged">Whether it may be the untagged child of an index, which may alert for it.</param>
    private async Task<Alert?> AlertAsync(
        ImageRecord record,
        LedgerEntry? before,
        bool untagged,
        DecisionTrigger trigger,
        CancellationToken cancellation
    )
    {
        if (!trigger.Alerting || !IsChange(record, before) || Alert.For(record) is not { } alert)
            return null;
        var silent =
            untagged
            && await holders.AlertForAsync(record.Verdict.Image, trigger.Index, cancellation).ConfigureAwait(false);
        return silent ? null : alert;
    }

    /// <summary>
    /// Whether the record may concern the indexes that hold the image, or anything else may follow from it. Nothing
    /// follows if it says what the record before said. Nor if it is the first record of a tagged image that waits for
    /// its scan: the record of the scan concerns the indexes.
    /// </summary>
    private static bool ConcernsIndexes(ImageRecord record, LedgerEntry? before, bool untagged, Alert? alert)
    {
        if (LookAt(record, before) is not null || EffectivePolicy.MayPutBack(record, before?.Quarantine))
            return true;
        if (before is null)
            return untagged || alert is not null || record.Verdict.Status != Status.Pending;
        return before.Open
            || before.OpenWrites.Count > 0
            || before.Record is { Gone: true } or { ScanningChanged: true }
            || !record.Verdict.SaysTheSameAs(before.Record.Verdict);
    }

    private static bool IsChange(ImageRecord record, LedgerEntry? before) => before?.Record.ChangeId != record.ChangeId;

    /// <summary>
    /// Whether something may follow from a record. A changed status may concern an index, even if the image has its own
    /// tag.
    /// </summary>
    private static bool IsOpen(ImageRecord record, LedgerEntry? before) =>
        LookAt(record, before) is not null
        || IsChange(record, before)
        || before?.Open == true
        || before?.OpenWrites.Count > 0
        || EffectivePolicy.MayPutBack(record, before?.Quarantine);

    /// <summary>When to look again, unless that is already arranged by the entry before.</summary>
    private static DateTimeOffset? LookAt(ImageRecord record, LedgerEntry? before)
    {
        var arranged = before is { Open: false } ? before.Record.Settling?.LookAt : null;
        return record.Settling?.LookAt is { } at && at != arranged ? at : null;
    }

    /// <summary>What somebody else has stored from newer facts.</summary>
    private async Task<JudgedImage?> NewerAsync(
        ImageFacts image,
        DecisionTrigger trigger,
        CancellationToken cancellation
    )
    {
        var newer =
            await images.FindAsync(image.Id, cancellation).ConfigureAwait(false)
            ?? throw new InvalidOperationException($"The ledger refused {image.Id} for a newer entry and holds none.");
        return trigger.TellsMoreThan(newer.Record, time.GetUtcNow())
            ? null
            : await FollowAsync(newer, image, cancellation).ConfigureAwait(false);
    }

    /// <summary>
    /// Gives the record with the indexes that hold the image. The indexes are read after the store. So an index that
    /// was pushed in the meantime either has its children in the ledger by now, or reads this verdict.
    /// </summary>
    private async Task<JudgedImage> FollowAsync(LedgerEntry entry, ImageFacts image, CancellationToken cancellation) =>
        new(entry, image, await holders.OfAsync(image.Id, cancellation).ConfigureAwait(false), []);
}
