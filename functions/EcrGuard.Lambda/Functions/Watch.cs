using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Amazon.Lambda.Annotations;
using Amazon.Lambda.Core;
using EcrGuard.Aws;
using EcrGuard.Aws.Actions;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Reports;
using EcrGuard.Lambda.Hosting;

namespace EcrGuard.Lambda.Functions;

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
        var (before, revision) = await ReadAsync(Ledger.WatchDocument, StateJson.Default.WatchState, deadline.Token)
            .ConfigureAwait(false);
        var state = new WatchState(before?.InstalledAt ?? now, settings.Enforcement);
        var last = await LastAsync(state.InstalledAt, deadline.Token).ConfigureAwait(false);
        log.Metrics("EcrGuard", last.Metrics(now));
        if (before == state)
            return state;

        if (before is not null)
        {
            log.Warning("The ceiling has changed.", ("before", $"{before.Ceiling}"), ("now", $"{state.Ceiling}"));
            var topic =
                settings.AlertTopic
                ?? throw new SettingsException(
                    "ECRGUARD_ALERT_TOPIC",
                    null,
                    "it must be the ARN of the topic for alerts"
                );
            var message = AlertMessage.ForCeiling(
                settings.Account,
                settings.Region,
                before.Ceiling,
                state.Ceiling,
                revision,
                now
            );
            await notifier.PublishAsync(topic, message, deadline.Token).ConfigureAwait(false);
        }
        // Last: told twice is better than not at all.
        var json = JsonSerializer.Serialize(state, StateJson.Default.WatchState);
        await ledger.StoreDocumentAsync(Ledger.WatchDocument, json, revision, deadline.Token).ConfigureAwait(false);
        return state;
    }

    private async Task<LastRuns> LastAsync(DateTimeOffset installedAt, CancellationToken cancellation)
    {
        var (sweep, _) = await ReadAsync(Ledger.SweepDocument, StateJson.Default.SweepState, cancellation)
            .ConfigureAwait(false);
        var (summary, _) = await ReadAsync(Ledger.SummaryDocument, StateJson.Default.SummaryState, cancellation)
            .ConfigureAwait(false);
        var (backfill, _) = await ReadAsync(Ledger.BackfillDocument, StateJson.Default.BackfillState, cancellation)
            .ConfigureAwait(false);
        return new LastRuns(
            installedAt,
            sweep?.WholeAt,
            summary?.SentAt,
            backfill?.TickedAt,
            backfill?.DoneAt is not null
        );
    }

    private async Task<(T? State, long Revision)> ReadAsync<T>(
        string name,
        JsonTypeInfo<T> type,
        CancellationToken cancellation
    )
        where T : class =>
        await ledger.DocumentAsync(name, cancellation).ConfigureAwait(false) is { } stored
            ? (JsonSerializer.Deserialize(stored.Json, type), stored.Revision)
            : (null, 0);
}
