using System.Text.Json;
using Amazon.Lambda.Annotations;
using Amazon.Lambda.Core;
using Amazon.S3;
using Amazon.S3.Model;
using EcrGuard.Aws;
using EcrGuard.Aws.Facts;
using EcrGuard.Aws.Ledger;
using EcrGuard.Lambda.Flow;
using EcrGuard.Lambda.Flow.Backfilling;
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

/// <summary>One item of the list.</summary>
public sealed record ListedRepository(string Repository);

/// <summary>Begins a sweep: reads once, for every repository, what runs, and lists the repositories.</summary>
public sealed class SweepList(
    EcrReader registry,
    UsageReader usageReader,
    UseStore uses,
    SweepLease lease,
    RepositoryRecords repositories,
    RegistryDocuments documents,
    IAmazonS3 s3,
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
        var run =
            input.Run
            ?? startedAt.UtcDateTime.ToString(
                "yyyyMMdd'T'HHmmss'Z'",
                System.Globalization.CultureInfo.InvariantCulture
            );
        var key = $"sweeps/{run}/repositories.json";
        if (!await lease.TakeAsync(run, CancellationToken.None).ConfigureAwait(false))
        {
            var other = await lease.RunningAsync(CancellationToken.None).ConfigureAwait(false);
            var why = other?.RunningUntil is { } until
                ? string.Create(
                    System.Globalization.CultureInfo.InvariantCulture,
                    $"The sweep {other.Run} is running, at the latest until "
                        + $"{until.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z unless it says again that it is; this one ends "
                        + $"without a look at any repository."
                )
                : "Another sweep was running at that moment; this one ends without a look at any repository.";
            log.Warning("Another sweep is running; this one ends.", ("run", run), ("why", why));
            log.Metrics("EcrGuard", [("SweepsStopped", 1, "Count")]);
            return new SweepStart(run, startedAt, settings.Bucket, key, 0, settings.Instances, Alone: false)
            {
                Stopped = why,
            };
        }
        // In a large account the first reading takes minutes: what is not read in time is unread, and the sweep begins.
        using var enough = Deadline.Before(context, Margin);
        var use = await usageReader.ReadAsync(CancellationToken.None, enough.Token).ConfigureAwait(false);
        await uses.KeepAsync(use, CancellationToken.None).ConfigureAwait(false);
        foreach (var unread in use.Unread)
            log.Warning(
                "A consumer could not be read; what it might use counts as in use.",
                ("what", unread.What),
                ("account", unread.Account),
                ("why", unread.Why)
            );

        var names = new SortedSet<string>(StringComparer.Ordinal);
        // Until the backfill is done it goes over everything itself, with the writes that a sweep would need.
        var awaits = !await IsBackfilledAsync().ConfigureAwait(false);
        if (!awaits)
        {
            names.UnionWith(
                (await registry.RepositoriesAsync(CancellationToken.None).ConfigureAwait(false)).Select(repository =>
                    repository.Name
                )
            );
            // A repository that is gone is swept once more: its images are to be noted as gone.
            await foreach (var known in repositories.SweepsAsync(CancellationToken.None).ConfigureAwait(false))
                names.Add(known.Repository);
        }

        using (
            var list = new MemoryStream(
                JsonSerializer.SerializeToUtf8Bytes(
                    [.. names.Select(name => new ListedRepository(name))],
                    StateJson.Default.IReadOnlyListListedRepository
                )
            )
        )
            await s3.PutObjectAsync(
                    new PutObjectRequest
                    {
                        BucketName = settings.Bucket,
                        Key = key,
                        InputStream = list,
                        ContentType = "application/json",
                    },
                    CancellationToken.None
                )
                .ConfigureAwait(false);
        log.Info(
            "A sweep has begun.",
            ("run", run),
            ("repositories", names.Count.ToString(System.Globalization.CultureInfo.InvariantCulture))
        );
        return new SweepStart(run, startedAt, settings.Bucket, key, names.Count, settings.Instances, Alone: true)
        {
            AwaitsBackfill = awaits,
        };
    }

    private async Task<bool> IsBackfilledAsync() =>
        (await documents.FindAsync(BackfillState.Form, CancellationToken.None).ConfigureAwait(false)).Value?.DoneAt
            is not null;
}
