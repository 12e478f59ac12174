using System.Globalization;
using Amazon.Lambda.Annotations;
using Amazon.Lambda.Core;
using EcrGuard.Aws;
using EcrGuard.Aws.Facts;
using EcrGuard.Aws.Ledger;
using EcrGuard.Lambda.Flow.Backfilling;
using EcrGuard.Lambda.Flow.Sweeping;
using EcrGuard.Lambda.Hosting;

namespace EcrGuard.Lambda.Functions;

/// <summary>What starts a sweep.</summary>
/// <param name="Run">The name of the execution, unique in the account; absent: made from the time.</param>
public sealed record SweepRequest(string? Run);

/// <summary>A sweep that has begun.</summary>
/// <param name="StartedAt">What was swept at this time or after it is done.</param>
/// <param name="Bucket">Where the list of repositories is,</param>
/// <param name="Key">as a JSON array of <see cref="ListedRepository"/>.</param>
/// <param name="Concurrency">How many repositories may be swept at a time.</param>
/// <param name="Alone">False: another sweep is running, and this one ends here.</param>
public sealed record SweepStart(
    string Run,
    DateTimeOffset StartedAt,
    string Bucket,
    string Key,
    int Repositories,
    int Concurrency,
    bool Alone
)
{
    /// <summary>Which sweep stopped this one, a sentence; null where none did.</summary>
    public string? Stopped { get; init; }

    /// <summary>
    /// True while the backfill is not done: it goes over everything itself, and this sweep has nothing to do.
    /// </summary>
    public bool AwaitsBackfill { get; init; }
}

/// <summary>Begins a sweep: reads once, for every repository, what runs, and lists the repositories.</summary>
public sealed class SweepList(
    SweepLease lease,
    UsageReader usages,
    SweepListing listing,
    RegistryDocuments documents,
    Settings settings,
    TimeProvider time,
    Log log
)
{
    /// <summary>What keeping and listing may take.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromMinutes(2);

    [LambdaFunction]
    public async Task<SweepStart> SweepListAsync(SweepRequest input, ILambdaContext context)
    {
        var startedAt = time.GetUtcNow();
        var run = input.Run ?? startedAt.UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        var key = $"sweeps/{run}/repositories.json";
        var start = new SweepStart(run, startedAt, settings.Bucket, key, 0, settings.Instances, Alone: true);
        if (!await lease.TakeAsync(run, CancellationToken.None).ConfigureAwait(false))
            return await StopAsync(start).ConfigureAwait(false);
        await ReadUseAsync(context).ConfigureAwait(false);
        // Until the backfill is done it goes over everything itself, with the writes that a sweep would need.
        var awaits = !await IsBackfilledAsync().ConfigureAwait(false);
        var names = awaits ? [] : await listing.NamesAsync().ConfigureAwait(false);
        await listing.StoreAsync(key, names).ConfigureAwait(false);
        log.Info(
            "A sweep has begun.",
            ("run", run),
            ("repositories", names.Count.ToString(CultureInfo.InvariantCulture))
        );
        return start with { Repositories = names.Count, AwaitsBackfill = awaits };
    }

    /// <summary>Another sweep is running: this one ends without a look at any repository.</summary>
    private async Task<SweepStart> StopAsync(SweepStart start)
    {
        var other = await lease.RunningAsync(CancellationToken.None).ConfigureAwait(false);
        var why = other?.RunningUntil is { } until
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"The sweep {other.Run} is running, at the latest until "
                    + $"{until.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z unless it says again that it is; this one ends "
                    + $"without a look at any repository."
            )
            : "Another sweep was running at that moment; this one ends without a look at any repository.";
        log.Warning("Another sweep is running; this one ends.", ("run", start.Run), ("why", why));
        log.Metrics("EcrGuard", [("SweepsStopped", 1, "Count")]);
        return start with { Alone = false, Stopped = why };
    }

    /// <summary>
    /// In a large account the first reading takes minutes: what is not read in time is unread, and the sweep begins.
    /// </summary>
    private async Task ReadUseAsync(ILambdaContext context)
    {
        using var enough = Deadline.Before(context, Margin);
        var use = await usages.RenewAsync(CancellationToken.None, enough.Token).ConfigureAwait(false);
        foreach (var unread in use.Unread)
            log.Warning(
                "A consumer could not be read; what it might use counts as in use.",
                ("what", unread.What),
                ("account", unread.Account),
                ("why", unread.Why)
            );
    }

    private async Task<bool> IsBackfilledAsync() =>
        (await documents.FindAsync(BackfillState.Form, CancellationToken.None).ConfigureAwait(false)).Value?.DoneAt
            is not null;
}
