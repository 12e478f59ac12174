using EcrGuard.Aws.Facts;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Baselines;
using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Reports;
using EcrGuard.Lambda.Flow.Reporting;
using EcrGuard.Lambda.Hosting;

namespace EcrGuard.Lambda.Flow.Sweeping;

/// <summary>Makes the note of what a sweep has found in a repository, for reports and for the next sweep.</summary>
public sealed class SweepNotes(EcrReader registry, HistoryReader histories, PolicyDocument policy, Log log)
{
    /// <param name="left">What left the repository since the sweep before.</param>
    /// <param name="drift">How it differs from its baseline; null if that could not be read.</param>
    /// <param name="startedAt">When the sweep began.</param>
    public async Task<SweptRepositoryNote> OfAsync(
        SweepFacts facts,
        SweptImages swept,
        (int Expired, int Gone, long Bytes) left,
        IReadOnlyList<string>? drift,
        DateTimeOffset startedAt,
        CancellationToken cancellation
    )
    {
        var team = facts.ResourceTags?.GetValueOrDefault(policy.Defaults.TeamTag);
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
            Team = team is null ? null : Phrase.Clip(team, 256),
            Lint = facts.Own is { } present
                ? RepositorySweep.Sentences(PolicyLint.Of(present, facts.Policy!.Length, facts.Contents))
                : [],
            Gone = left.Gone,
            Expired = left.Expired,
            Undone = [.. swept.Undone.Take(RepositorySweep.MaxListed)],
            UndoneCount = swept.Undone.Count,
        };
        var current = facts.Current.ToDictionary(digest => digest, digest => swept.Current.GetValueOrDefault(digest));
        var before = facts.Shared.NotesOf(facts.Repository);
        var history = await histories
            .NextAsync(before.Past, facts.Contents, facts.Use, facts.Usages, current, left, cancellation)
            .ConfigureAwait(false);
        return new SweptRepositoryNote(facts.Repository, sweep, history, drift ?? before.Drift);
    }

    /// <summary>
    /// The repository's own tags, which say who owns it. If they cannot be read, the sweep still goes on.
    /// </summary>
    public async Task<(IReadOnlyDictionary<string, string>? Tags, IReadOnlyList<string> Undone)> ResourceTagsAsync(
        RepositoryId repository,
        CancellationToken cancellation
    )
    {
        IReadOnlyDictionary<string, string>? tags = null;
        var undone = await Attempt
            .TryAsync(
                log,
                "its resource tags",
                async () => tags = await registry.ResourceTagsAsync(repository, cancellation).ConfigureAwait(false),
                cancellation
            )
            .ConfigureAwait(false);
        return (tags, undone);
    }
}
