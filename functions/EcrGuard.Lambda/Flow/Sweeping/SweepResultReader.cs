using EcrGuard.Aws;
using EcrGuard.Aws.Facts;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Reports;

namespace EcrGuard.Lambda.Flow.Sweeping;

/// <summary>Reads what a sweep has found, and in which repositories it did not finish.</summary>
public sealed class SweepResultReader(
    EcrReader registry,
    RepositoryRecords repositories,
    UseStore uses,
    Settings settings,
    TimeProvider time
)
{
    /// <param name="listed">The repositories that should have been swept.</param>
    /// <param name="unreadBefore">What the sweep before could not read.</param>
    public async Task<SweepResult> ReadAsync(
        string run,
        DateTimeOffset startedAt,
        IReadOnlyList<string> listed,
        IReadOnlyList<Unread> unreadBefore
    )
    {
        var swept = await repositories
            .SweepsAsync(CancellationToken.None)
            .Where(found => found.Sweep.SweptAt >= startedAt)
            .ToListAsync()
            .ConfigureAwait(false);
        var done = swept.Select(found => found.Repository).ToHashSet(StringComparer.Ordinal);
        // A repository that was deleted in the meantime has nothing left to do.
        var there = (await registry.RepositoriesAsync(CancellationToken.None).ConfigureAwait(false))
            .Select(repository => repository.Name)
            .ToHashSet(StringComparer.Ordinal);
        var use = await uses.LatestAsync(CancellationToken.None).ConfigureAwait(false);
        return new SweepResult(
            run,
            settings.Account,
            settings.Region,
            startedAt,
            time.GetUtcNow(),
            listed.Count,
            [.. listed.Where(name => !done.Contains(name) && there.Contains(name))],
            swept,
            [.. (use?.Unread ?? []).Select(each => new Unread($"{each.What} of account {each.Account}", each.Why))],
            unreadBefore
        );
    }
}
