using System.Globalization;
using Amazon.Lambda.Annotations;
using Amazon.Lambda.Core;
using EcrGuard.Aws;
using EcrGuard.Aws.Facts;
using EcrGuard.Aws.Ledger;
using EcrGuard.Lambda.Flow;
using EcrGuard.Lambda.Flow.Sweeping;
using EcrGuard.Lambda.Hosting;

namespace EcrGuard.Lambda.Functions;

/// <summary>The input that starts a sweep.</summary>
/// <param name="Run">The name of the execution, unique in the account. If absent, it is made from the time.</param>
public sealed record SweepRequest(string? Run);

/// <summary>A sweep that has begun.</summary>
/// <param name="StartedAt">When the sweep starts. A repository that was swept at this time or later is done.</param>
/// <param name="Bucket">The bucket that holds the list of repositories.</param>
/// <param name="Key">The key of that list: a JSON array of <see cref="ListedRepositories"/>.</param>
/// <param name="Concurrency">How many runs over repositories may go on at the same time.</param>
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
    /// <summary>A sentence that says which other sweep stopped this one; null if none did.</summary>
    public string? Stopped { get; init; }

    /// <summary>
    /// True while the backfill is not done. The backfill goes through everything itself, so this sweep has nothing to
    /// do.
    /// </summary>
    public bool AwaitsBackfill { get; init; }
}

/// <summary>Begins a sweep: reads once, for all repositories, what runs, and lists the repositories.</summary>
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
    /// <summary>The time kept for storing the reading and listing the repositories.</summary>
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
        // Until the backfill is done, it goes through everything itself. It also needs the writes that a sweep would
        // use.
        var awaits = !await BackfillState.IsDoneAsync(documents, CancellationToken.None).ConfigureAwait(false);
        var names = awaits ? [] : await listing.NamesAsync().ConfigureAwait(false);
        await listing.StoreAsync(key, names).ConfigureAwait(false);
        log.Info(
            "A sweep has begun.",
            ("run", run),
            ("repositories", names.Count.ToString(CultureInfo.InvariantCulture))
        );
        return start with { Repositories = names.Count, AwaitsBackfill = awaits };
    }

    /// <summary>Another sweep is running: this one ends before it looks at any repository.</summary>
    private async Task<SweepStart> StopAsync(SweepStart start)
    {
        var other = await lease.RunningAsync(CancellationToken.None).ConfigureAwait(false);
        var why = other?.RunningUntil is { } until
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"The sweep {other.Run} is running; its lease ends at {until.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z. This "
                    + $"sweep stops."
            )
            : "Another sweep was running at that moment. This sweep stops.";
        log.Warning("Another sweep is running; this one ends.", ("run", start.Run), ("why", why));
        log.Metrics("EcrGuard", [("SweepsStopped", 1, "Count")]);
        return start with { Alone = false, Stopped = why };
    }

    /// <summary>
    /// Reads what runs. In a large account the first reading takes minutes. What is not read in time stays unread, and
    /// the sweep begins.
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
}
