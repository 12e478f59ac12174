using Amazon.Lambda.Annotations;
using Amazon.Lambda.Core;
using EcrGuard.Aws;
using EcrGuard.Aws.Actions;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Reports;
using EcrGuard.Core.Reports.Alerts;
using EcrGuard.Lambda.Flow.Backfilling;
using EcrGuard.Lambda.Hosting;

namespace EcrGuard.Lambda.Functions;

/// <summary>What the deployment was when it was last looked at: a document of the ledger.</summary>
/// <param name="InstalledAt">When the first tick came, of this stack and in this table.</param>
/// <param name="Ceiling">The most that it may do.</param>
/// <param name="Table">The ledger's table: a ledger that was restored names another one.</param>
/// <param name="Stack">The ARN of the stack, which is another one when it was made anew.</param>
public sealed record WatchState(DateTimeOffset InstalledAt, EnforcementMode Ceiling, string? Table, string? Stack)
{
    public static StoredForm<WatchState> Form { get; } = new("WATCH", 1, StateJson.Default.WatchState);

    /// <summary>
    /// When another stack, or this one over another table, took the ledger over: what ran before is no measure. Null
    /// where none did.
    /// </summary>
    public DateTimeOffset? TakenOverAt { get; init; }

    /// <summary>Whether another stack has ticked here, or this one over another table.</summary>
    public bool IsAnother(WatchState before) =>
        (before.Table is not null && before.Table != Table) || (before.Stack is not null && before.Stack != Stack);
}

/// <summary>
/// A schedule's tick: how long ago everything else that runs by itself last did, as metrics with alarms, and a ceiling
/// that has changed, as an alert. It does no work of its own, so that it ticks while the others fail.
/// </summary>
public sealed class Watch(
    RegistryDocuments documents,
    TableOwnership ownership,
    ForcedApprovalRecords forcedApprovals,
    Notifier notifier,
    Settings settings,
    TimeProvider time,
    Log log
)
{
    [LambdaFunction]
    public async Task<WatchState> WatchAsync(ScheduledRequest input, ILambdaContext context)
    {
        using var deadline = Deadline.AtTheEnd(context);
        var now = time.GetUtcNow();
        var (before, revision) = await documents.FindAsync(WatchState.Form, deadline.Token).ConfigureAwait(false);
        var state = new WatchState(now, settings.Enforcement, settings.Table, settings.Stack);
        if (before is not null)
            state = state.IsAnother(before)
                ? state with
                {
                    TakenOverAt = now,
                }
                : state with
                {
                    InstalledAt = before.InstalledAt,
                    TakenOverAt = before.TakenOverAt,
                };
        var last = await LastAsync(state, deadline.Token).ConfigureAwait(false);
        log.Metrics("EcrGuard", last.Metrics(now));
        if (before == state)
            return state;

        if (before?.Table != state.Table)
            await AdoptAsync(before?.Table, now, deadline.Token).ConfigureAwait(false);
        if (before is not null && before.Ceiling != state.Ceiling)
        {
            log.Warning("The ceiling has changed.", ("before", $"{before.Ceiling}"), ("now", $"{state.Ceiling}"));
            var message = CeilingAlert.For(
                settings.Account,
                settings.Region,
                before.Ceiling,
                state.Ceiling,
                revision,
                now
            );
            await notifier.AlertAsync(message, deadline.Token).ConfigureAwait(false);
        }
        // Last: told twice is better than not at all.
        await documents.StoreAsync(WatchState.Form, state, revision, deadline.Token).ConfigureAwait(false);
        return state;
    }

    /// <summary>
    /// Takes the ledger over into this table, and names every forced approval that is in force by what it says from
    /// before: some of them may have been ended in the time that it has lost.
    /// </summary>
    /// <param name="from">The table that the ledger names; null where it names none, as a new one does.</param>
    private async Task AdoptAsync(string? from, DateTimeOffset now, CancellationToken cancellation)
    {
        var adoptedAt = await ownership.AdoptAsync(from, cancellation).ConfigureAwait(false);
        var inForce = await forcedApprovals
            .EndingAsync(now, DateTimeOffset.MaxValue, open: false, cancellation)
            .Where(each => each.Forced.At < adoptedAt && each.Forced.InForce(now))
            .ToListAsync(cancellation)
            .ConfigureAwait(false);
        if (from is null && inForce.Count == 0)
            return;
        log.Warning("The ledger was taken over.", ("table", settings.Table));
        var message = AdoptionAlert.For(settings.Account, settings.Region, settings.Table, inForce, now);
        await notifier.AlertAsync(message, cancellation).ConfigureAwait(false);
    }

    private async Task<LastRuns> LastAsync(WatchState state, CancellationToken cancellation)
    {
        var (sweep, _) = await documents.FindAsync(SweepState.Form, cancellation).ConfigureAwait(false);
        var (summary, _) = await documents.FindAsync(SummaryState.Form, cancellation).ConfigureAwait(false);
        var (backfill, _) = await documents.FindAsync(BackfillState.Form, cancellation).ConfigureAwait(false);
        return new LastRuns(
            state.InstalledAt,
            sweep?.WholeAt,
            summary?.SentAt,
            backfill?.TickedAt,
            backfill?.DoneAt is not null
        )
        {
            TakenOverAt = state.TakenOverAt,
        };
    }
}
