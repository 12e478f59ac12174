using EcrGuard.Aws.Ledger;

namespace EcrGuard.Lambda.Flow.Sweeping;

/// <summary>Which sweep is running. Stored as a document in the ledger.</summary>
/// <param name="RunningUntil">Until when the sweep counts as running, unless it renews the time before; null if none is
///     running.</param>
public sealed record SweepLeaseState(string Run, DateTimeOffset? RunningUntil)
{
    public static StoredForm<SweepLeaseState> Form { get; } = new("SWEEPING", 1, StateJson.Default.SweepLeaseState);
}

/// <summary>
/// Makes sure that only one sweep runs at a time: the instances of one sweep share the function's writes. A sweep may
/// take more than a day, and may end without a message. So each run over some repositories says that the sweep still
/// goes on. A sweep that is silent for long counts as ended.
/// </summary>
public sealed class SweepLease(RegistryDocuments documents, TimeProvider time)
{
    /// <summary>
    /// How long a lease lasts without renewal. It is longer than one run over some repositories, its retries, and the
    /// time between two runs.
    /// </summary>
    private static readonly TimeSpan Life = TimeSpan.FromHours(1);

    /// <summary>How often the lease is read again if somebody else stored in between.</summary>
    private const int Attempts = 8;

    /// <summary>Begins a sweep. If this sweep has begun already and is tried again, it goes on.</summary>
    /// <returns>False if another sweep is running.</returns>
    public async Task<bool> TakeAsync(string run, CancellationToken cancellation)
    {
        var (state, revision) = await ReadAsync(cancellation).ConfigureAwait(false);
        var now = time.GetUtcNow();
        return (state?.Run == run || !(state?.RunningUntil > now))
            && await StoreAsync(run, now + Life, revision, cancellation).ConfigureAwait(false);
    }

    /// <summary>The sweep that is running or ran last; null if none ever ran.</summary>
    public async Task<SweepLeaseState?> RunningAsync(CancellationToken cancellation) =>
        (await ReadAsync(cancellation).ConfigureAwait(false)).State;

    /// <summary>
    /// Renews the lease of a sweep. If several runs do this at the same time, one is enough. A sweep that was redriven
    /// after its end begins again here, unless another one is running by now.
    /// </summary>
    /// <returns>A sentence that says which other sweep is running; null if the lease belongs to this one.</returns>
    public async Task<string?> KeepAsync(string run, CancellationToken cancellation)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var (state, revision) = await ReadAsync(cancellation).ConfigureAwait(false);
            var now = time.GetUtcNow();
            if (state is not null && state.Run != run && state.RunningUntil > now)
                return $"The sweep {state.Run} is running, and one runs at a time: redrive {run} once it has ended, or "
                    + "leave what it has not swept to the next one.";
            if (state?.Run == run && state.RunningUntil >= now + (Life / 2))
                return null;
            if (await StoreAsync(run, now + Life, revision, cancellation).ConfigureAwait(false))
                return null;
        }
        return $"Whether the sweep {run} still holds its lease could not be told: others kept storing it.";
    }

    /// <summary>Ends a sweep.</summary>
    public async Task EndAsync(string run, CancellationToken cancellation)
    {
        var (state, revision) = await ReadAsync(cancellation).ConfigureAwait(false);
        if (state?.Run == run)
            await StoreAsync(run, null, revision, cancellation).ConfigureAwait(false);
    }

    private Task<(SweepLeaseState? State, long Revision)> ReadAsync(CancellationToken cancellation) =>
        documents.FindAsync(SweepLeaseState.Form, cancellation);

    private Task<bool> StoreAsync(string run, DateTimeOffset? until, long revision, CancellationToken cancellation) =>
        documents.StoreAsync(SweepLeaseState.Form, new SweepLeaseState(run, until), revision, cancellation);
}
