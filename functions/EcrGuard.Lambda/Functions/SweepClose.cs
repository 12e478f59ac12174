using System.Text.Json;
using Amazon.Lambda.Annotations;
using Amazon.Lambda.Core;
using Amazon.S3;
using EcrGuard.Aws;
using EcrGuard.Aws.Actions;
using EcrGuard.Aws.Facts;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Reports;
using EcrGuard.Core.Reports.Alerts;
using EcrGuard.Lambda.Flow;
using EcrGuard.Lambda.Hosting;

namespace EcrGuard.Lambda.Functions;

/// <summary>A sweep that has ended.</summary>
/// <param name="Unfinished">Repositories in which it did not come to its end.</param>
/// <param name="Undone">Things that could not be done in the others.</param>
public sealed record SweepEnd(string Run, int Repositories, int Unfinished, int Images, int Undone);

/// <summary>What the last sweep could not read: a document of the ledger.</summary>
/// <param name="WholeAt">When a sweep last came to its end in every repository; null where none has yet, as long as the
///     backfill is not done.</param>
public sealed record SweepState(
    string Run,
    DateTimeOffset EndedAt,
    IReadOnlyList<Unread> Unread,
    DateTimeOffset? WholeAt
)
{
    public static StoredForm<SweepState> Form { get; } = new("SWEEP", 1, StateJson.Default.SweepState);
}

/// <summary>Ends a sweep: adds up what it found, publishes metrics, and says what could not be done.</summary>
public sealed class SweepClose(
    EcrReader registry,
    UseStore uses,
    SweepLease lease,
    RepositoryRecords repositories,
    RegistryDocuments documents,
    Notifier notifier,
    IAmazonS3 s3,
    Settings settings,
    TimeProvider time,
    Log log
)
{
    [LambdaFunction]
    public async Task<SweepEnd> SweepCloseAsync(SweepStart input, ILambdaContext context)
    {
        using var stored = await s3.GetObjectAsync(settings.Bucket, input.Key, CancellationToken.None)
            .ConfigureAwait(false);
        var listed =
            await JsonSerializer
                .DeserializeAsync(stored.ResponseStream, StateJson.Default.IReadOnlyListListedRepository)
                .ConfigureAwait(false)
            ?? [];
        var swept = await repositories
            .SweepsAsync(CancellationToken.None)
            .Where(found => found.Sweep.SweptAt >= input.StartedAt)
            .ToListAsync()
            .ConfigureAwait(false);
        var done = swept.Select(found => found.Repository).ToHashSet(StringComparer.Ordinal);
        // A repository that was deleted meanwhile has nothing left to do in it.
        var there = (await registry.RepositoriesAsync(CancellationToken.None).ConfigureAwait(false))
            .Select(repository => repository.Name)
            .ToHashSet(StringComparer.Ordinal);
        var unread =
            (await uses.LatestAsync(CancellationToken.None).ConfigureAwait(false))
                ?.Unread.Select(consumer => new Unread($"{consumer.What} of account {consumer.Account}", consumer.Why))
                .ToList()
            ?? [];

        var (before, revision) = await documents
            .FindAsync(SweepState.Form, CancellationToken.None)
            .ConfigureAwait(false);
        var result = new SweepResult(
            input.Run,
            settings.Account,
            settings.Region,
            input.StartedAt,
            time.GetUtcNow(),
            listed.Count,
            [.. listed.Select(item => item.Repository).Where(name => !done.Contains(name) && there.Contains(name))],
            swept,
            unread,
            before?.Unread ?? []
        );

        log.Metrics("EcrGuard", result.Metrics);
        if (result.IsWorthAMessage)
            await notifier.AlertAsync(SweepAlert.For(result), CancellationToken.None).ConfigureAwait(false);
        // Last: told twice is better than not at all.
        var state = new SweepState(
            input.Run,
            result.EndedAt,
            unread,
            result.Unfinished.Count == 0 && !input.AwaitsBackfill ? result.EndedAt : before?.WholeAt
        );
        await documents.StoreAsync(SweepState.Form, state, revision, CancellationToken.None).ConfigureAwait(false);
        await lease.EndAsync(input.Run, CancellationToken.None).ConfigureAwait(false);
        log.Info(
            "The sweep has ended.",
            ("run", input.Run),
            ("unfinished", result.Unfinished.Count.ToString(System.Globalization.CultureInfo.InvariantCulture))
        );
        return new SweepEnd(input.Run, listed.Count, result.Unfinished.Count, result.Images, result.Undone);
    }
}
