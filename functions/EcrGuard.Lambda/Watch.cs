using System.Text.Json;
using Amazon.Lambda.Annotations;
using Amazon.Lambda.Core;
using EcrGuard.Aws;
using EcrGuard.Aws.Actions;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Reports;

namespace EcrGuard.Lambda;

/// <summary>What the deployment was when it was last looked at: a document of the ledger.</summary>
/// <param name="InstalledAt">When the first tick came.</param>
/// <param name="Ceiling">The most that it may do.</param>
public sealed record WatchState(DateTimeOffset InstalledAt, EnforcementMode Ceiling);

/// <summary>
/// A schedule's tick: how long ago everything else that runs by itself last did, as metrics with alarms, and a ceiling
/// that has changed, as an alert. It does no work of its own, so that it ticks while the others fail.
/// </summary>
public sealed class Watch(Ledger ledger, Notifier notifier, Settings settings, TimeProvider time, Log log)
{
    [LambdaFunction]
    public async Task<WatchState> WatchAsync(ScheduledRequest input, ILambdaContext context)
    {
        using var deadline = Deadline.Before(context, TimeSpan.FromSeconds(1), atLeast: TimeSpan.FromSeconds(1));
        var now = time.GetUtcNow();
        var (before, revision) = await ReadAsync(Ledger.WatchDocument, StateJson.Default.WatchState, deadline.Token).ConfigureAwait(false);
        var (swept, _) = await ReadAsync(Ledger.SweepDocument, StateJson.Default.SweepState, deadline.Token).ConfigureAwait(false);
        var (summedUp, _) = await ReadAsync(Ledger.SummaryDocument, StateJson.Default.SummaryState, deadline.Token).ConfigureAwait(false);
        var (backfill, _) = await ReadAsync(Ledger.BackfillDocument, StateJson.Default.BackfillState, deadline.Token).ConfigureAwait(false);

        var state = new WatchState(before?.InstalledAt ?? now, settings.Enforcement);
        log.Metrics("EcrGuard", new LastRuns(state.InstalledAt, swept?.WholeAt, summedUp?.SentAt, backfill?.TickedAt, backfill?.DoneAt is not null).Metrics(now));
        if (before == state)
            return state;

        if (before is not null && before.Ceiling != state.Ceiling)
        {
            log.Warning("The ceiling has changed.", ("before", before.Ceiling.ToString()), ("now", state.Ceiling.ToString()));
            await notifier.PublishAsync(
                settings.AlertTopic ?? throw new SettingsException("ECRGUARD_ALERT_TOPIC", null, "it must be the ARN of the topic for alerts"),
                AlertMessage.ForCeiling(settings.Account, settings.Region, before.Ceiling, state.Ceiling, revision, now), deadline.Token).ConfigureAwait(false);
        }
        // Last: told twice is better than not at all.
        await ledger.StoreDocumentAsync(Ledger.WatchDocument, JsonSerializer.Serialize(state, StateJson.Default.WatchState), revision, deadline.Token).ConfigureAwait(false);
        return state;
    }

    private async Task<(T? State, long Revision)> ReadAsync<T>(string name, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type, CancellationToken cancellation) where T : class =>
        await ledger.DocumentAsync(name, cancellation).ConfigureAwait(false) is { } stored ? (JsonSerializer.Deserialize(stored.Json, type), stored.Revision) : (null, 0);
}
