using EcrGuard.Aws.Facts;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Baselines;
using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Reports;
using EcrGuard.Lambda.Flow.Reporting;
using EcrGuard.Lambda.Hosting;

namespace EcrGuard.Lambda.Flow.Sweeping;

/// <summary>Notes what a sweep has found in a repository, for reports and for the next sweep.</summary>
public sealed class SweepNotes(
    EcrReader registry,
    RepositoryRecords repositories,
    HistoryReader histories,
    PolicyDocument policy,
    Log log
)
{
    /// <param name="left">What left the repository since the sweep before.</param>
    /// <param name="found">The repository as it was found; null if it could not be read.</param>
    /// <param name="startedAt">When the sweep began.</param>
    public async Task StoreAsync(
        SweepFacts facts,
        SweptImages swept,
        (int Expired, int Gone, long Bytes) left,
        RepositoryFacts? found,
        DateTimeOffset startedAt,
        CancellationToken cancellation
    )
    {
        var (team, unread) = await TeamAsync(facts.Repository, found, cancellation).ConfigureAwait(false);
        IReadOnlyList<string> undone = [.. swept.Undone, .. unread];
        var sweep = RepositorySweep.Of(
            facts.Contents,
            facts.Usages,
            swept.Quarantined.ToHashSet(),
            facts.Own is { } own
                ? PolicyEffect.Of(own, facts.Contents, facts.Usages, shielded: false, facts.Now + SettingSweep.Tomorrow)
                : null,
            startedAt
        ) with
        {
            Team = team,
            Gone = left.Gone,
            Expired = left.Expired,
            Undone = [.. undone.Take(RepositorySweep.MaxListed)],
            UndoneCount = undone.Count,
        };
        var current = facts.Current.ToDictionary(digest => digest, digest => swept.Current.GetValueOrDefault(digest));
        var history = await histories
            .NextAsync(facts.Contents, facts.Use, facts.Usages, current, left, cancellation)
            .ConfigureAwait(false);
        await repositories.StoreSweepAsync(facts.Repository, sweep, history, cancellation).ConfigureAwait(false);
    }

    /// <summary>The team that owns the repository. If it cannot be read, the sweep still goes on.</summary>
    private async Task<(string? Team, IReadOnlyList<string> Undone)> TeamAsync(
        RepositoryId repository,
        RepositoryFacts? found,
        CancellationToken cancellation
    )
    {
        var tags = found?.ResourceTags;
        IReadOnlyList<string> undone = tags is not null
            ? []
            : await Undone
                .TryAsync(
                    log,
                    "its resource tags",
                    async () => tags = await registry.ResourceTagsAsync(repository, cancellation).ConfigureAwait(false),
                    cancellation
                )
                .ConfigureAwait(false);
        var team = tags?.GetValueOrDefault(policy.Defaults.TeamTag);
        return (team is null ? null : Phrase.Clip(team, 256), undone);
    }
}
