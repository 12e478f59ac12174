using System.Globalization;
using Amazon.Lambda.Annotations;
using Amazon.Lambda.Core;
using EcrGuard.Aws.Actions;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Reports;
using EcrGuard.Core.Reports.Alerts;
using EcrGuard.Lambda.Flow.Sweeping;
using EcrGuard.Lambda.Hosting;

namespace EcrGuard.Lambda.Functions;

/// <summary>A sweep that has ended.</summary>
/// <param name="Unfinished">How many repositories the sweep did not finish.</param>
/// <param name="Undone">How many things could not be done in the other repositories.</param>
public sealed record SweepEnd(string Run, int Repositories, int Unfinished, int Images, int Undone);

/// <summary>What the last sweep could not read. Stored as a document in the ledger.</summary>
/// <param name="WholeAt">When a sweep last finished in every repository; null if none has yet, which lasts until the
///     backfill is done.</param>
public sealed record SweepState(
    string Run,
    DateTimeOffset EndedAt,
    IReadOnlyList<Unread> Unread,
    DateTimeOffset? WholeAt
)
{
    public static StoredForm<SweepState> Form { get; } = new("SWEEP", 1, StateJson.Default.SweepState);
}

/// <summary>Ends a sweep: adds up the results, publishes metrics, and tells what could not be done.</summary>
public sealed class SweepClose(
    SweepListing listing,
    SweepResultReader results,
    SweepLease lease,
    RegistryDocuments documents,
    Notifier notifier,
    Log log
)
{
    [LambdaFunction]
    public async Task<SweepEnd> SweepCloseAsync(SweepStart input, ILambdaContext context)
    {
        var listed = await listing.ReadAsync(input.Key).ConfigureAwait(false);
        var (before, revision) = await documents
            .FindAsync(SweepState.Form, CancellationToken.None)
            .ConfigureAwait(false);
        var result = await results
            .ReadAsync(input.Run, input.StartedAt, listed, before?.Unread ?? [])
            .ConfigureAwait(false);
        log.Metrics("EcrGuard", result.Metrics);
        if (result.IsWorthAMessage)
            await notifier.AlertAsync(SweepAlert.For(result), CancellationToken.None).ConfigureAwait(false);
        // Stored last: to tell something twice is better than not to tell it.
        var isWhole = result.Unfinished.Count == 0 && !input.AwaitsBackfill;
        var wholeAt = isWhole ? result.EndedAt : before?.WholeAt;
        var state = new SweepState(input.Run, result.EndedAt, result.Unread, wholeAt);
        await documents.StoreAsync(SweepState.Form, state, revision, CancellationToken.None).ConfigureAwait(false);
        await lease.EndAsync(input.Run, CancellationToken.None).ConfigureAwait(false);
        log.Info(
            "The sweep has ended.",
            ("run", input.Run),
            ("unfinished", result.Unfinished.Count.ToString(CultureInfo.InvariantCulture))
        );
        return new SweepEnd(input.Run, listed.Count, result.Unfinished.Count, result.Images, result.Undone);
    }
}
