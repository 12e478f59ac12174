using EcrGuard.Core.Images;

namespace EcrGuard.Core.Reports.Weekly;

/// <summary>The teams of repositories, as the last sweep read them.</summary>
internal sealed class RepositoryTeams(IReadOnlyList<SweptRepository> sweeps)
{
    private readonly Dictionary<string, string?> teams = sweeps
        .GroupBy(swept => swept.Repository, StringComparer.Ordinal)
        .ToDictionary(
            same => same.Key,
            same => same.Last().Sweep.Team is { Length: > 0 } team ? Phrase.Clip(team, 256) : null,
            StringComparer.Ordinal
        );

    /// <summary>Null where the repository has no team.</summary>
    public string? Of(string repository) => teams.GetValueOrDefault(repository);
}
