using System.CommandLine;
using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;
using EcrReader = EcrGuard.Aws.Facts.EcrReader;

namespace EcrGuard.Cli.Plans;

/// <summary>The options of <c>plan</c> and <c>apply</c>.</summary>
internal static class PlanOptions
{
    public static Option<FileInfo?> Policy(string description) => new("--policy") { Description = description };

    public static Option<Glob> Repositories() =>
        new("--repository")
        {
            Description = "Only the repositories whose name matches: * any characters (also /), ? one.",
            DefaultValueFactory = _ => Glob.Parse("*"),
            CustomParser = result =>
            {
                if (Glob.TryParse(result.Tokens[0].Value, out var problem) is { } glob)
                    return glob;
                result.AddError($"--repository is '{result.Tokens[0].Value}'; it {problem}.");
                return null;
            },
        };

    /// <exception cref="UnusableFileException">There is none: a name that is spelt wrongly must not look like a
    ///     repository in which all is well.</exception>
    public static async Task<List<RepositoryId>> MatchingAsync(
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
