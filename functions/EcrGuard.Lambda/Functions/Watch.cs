using Amazon.Lambda.Annotations;
using Amazon.Lambda.Core;
using EcrGuard.Aws;
using EcrGuard.Aws.Actions;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Reports;
using EcrGuard.Core.Reports.Alerts;
using EcrGuard.Lambda.Flow;
using EcrGuard.Lambda.Hosting;

namespace EcrGuard.Lambda.Functions;

/// <summary>The state of the deployment at the last tick. Stored as a document in the ledger.</summary>
/// <param name="InstalledAt">When this stack ticked for the first time with this table.</param>
/// <param name="Ceiling">The highest enforcement mode that the deployment allows.</param>
/// <param name="Table">The ledger's table. In a restored ledger this names another table.</param>
/// <param name="Stack">The ARN of the stack. It differs if the stack was created anew.</param>
public sealed record WatchState(DateTimeOffset InstalledAt, EnforcementMode Ceiling, string? Table, string? Stack)
{
    public static StoredForm<WatchState> Form { get; } = new("WATCH", 1, StateJson.Default.WatchState);

    /// <summary>
    /// When another stack, or this stack with another table, took over the ledger. Earlier runs then say nothing about
    /// this deployment. Null if there was no takeover.
    /// </summary>
    public DateTimeOffset? TakenOverAt { get; init; }

    /// <summary>Whether this is another stack than before, or this stack with another table.</summary>
    public bool IsAnother(WatchState before) =>
        (before.Table is not null && before.Table != Table) || (before.Stack is not null && before.Stack != Stack);
}

/// <summary>
/// Handles the tick of a schedule. It publishes, as metrics with alarms, how long ago everything else that runs by
/// itself last ran. It sends an alert if the ceiling has changed. It does no other work, so that it still ticks when
/// the other functions fail.
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
        // Stored last: to tell something twice is better than not to tell it.
        await documents.StoreAsync(WatchState.Form, state, revision, deadline.Token).ConfigureAwait(false);
        return state;
    }

    /// <summary>
    /// Takes over the ledger into this table. It also names every forced approval that is in force according to the
    /// restored ledger: some of them may have been ended in the time that the ledger has lost.
    /// </summary>
    /// <param name="from">The table that the ledger names; null if it names none, as in a new ledger.</param>
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
