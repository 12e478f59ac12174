using EcrGuard.Aws.Ledger;

namespace EcrGuard.Lambda.Flow.Sweeping;

/// <summary>Which sweep is running: a document of the ledger.</summary>
/// <param name="RunningUntil">Until when, unless it says before that it still does; null when none is.</param>
public sealed record SweepLeaseState(string Run, DateTimeOffset? RunningUntil)
{
    public static StoredForm<SweepLeaseState> Form { get; } = new("SWEEPING", 1, StateJson.Default.SweepLeaseState);
}

/// <summary>
/// One sweep runs at a time, since those of one share the writes of one. It may take more than a day, and may end
/// without a word: so each of its repositories says that it still runs, and what is silent for long is over.
/// </summary>
public sealed class SweepLease(RegistryDocuments documents, TimeProvider time)
{
    /// <summary>Longer than one run over a repository, its retries, and what stands between two of them.</summary>
    private static readonly TimeSpan Life = TimeSpan.FromHours(1);

    /// <summary>How often it is read again where somebody else stored in between.</summary>
    private const int Attempts = 8;

    /// <summary>Begins a sweep; one that has begun already and is tried again goes on.</summary>
    /// <returns>False where another one runs.</returns>
    public async Task<bool> TakeAsync(string run, CancellationToken cancellation)
    {
        var (state, revision) = await ReadAsync(cancellation).ConfigureAwait(false);
        var now = time.GetUtcNow();
        return (state?.Run == run || !(state?.RunningUntil > now))
            && await StoreAsync(run, now + Life, revision, cancellation).ConfigureAwait(false);
    }

    /// <summary>The sweep that is running, or ran last; null where none ever did.</summary>
    public async Task<SweepLeaseState?> RunningAsync(CancellationToken cancellation) =>
        (await ReadAsync(cancellation).ConfigureAwait(false)).State;

    /// <summary>
    /// Says that a sweep still runs. Of many that say it at a time one is enough. One that was redriven after its end
    /// begins again here, unless another one runs by now.
    /// </summary>
    /// <returns>Which other one runs, a sentence; null where the lease is this one's.</returns>
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
