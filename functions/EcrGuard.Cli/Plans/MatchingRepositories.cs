using EcrGuard.Core.Images;
using EcrReader = EcrGuard.Aws.Facts.EcrReader;

namespace EcrGuard.Cli.Plans;

/// <summary>Finds the repositories that an option names by a glob.</summary>
internal static class MatchingRepositories
{
    /// <exception cref="UnusableFileException">No repository matches: a misspelt name must not look like a repository
    ///     without problems.</exception>
    public static async Task<List<RepositoryId>> ReadAsync(
        EcrReader registry,
        Glob names,
        CancellationToken cancellation
    )
    {
        var all = await registry.RepositoriesAsync(cancellation);
        var matching = all.Where(repository => names.Matches(repository.Name)).ToList();
        return matching.Count > 0 || names.MatchesEverything
            ? matching
            : throw new UnusableFileException(
                $"--repository is '{names}'; it must match a repository of this registry, which has {all.Count}."
            );
    }
}
