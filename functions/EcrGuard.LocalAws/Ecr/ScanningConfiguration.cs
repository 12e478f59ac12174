using System.IO.Enumeration;

namespace EcrGuard.LocalAws.Ecr;

/// <summary>The registry's scanning configuration.</summary>
/// <param name="ScanType">BASIC or ENHANCED.</param>
/// <param name="Rules">At most two.</param>
public sealed record ScanningConfiguration(string ScanType, params IReadOnlyList<ScanningRule> Rules)
{
    /// <summary>Basic scanning without rules: each repository's own scan-on-push setting decides.</summary>
    public static ScanningConfiguration Basic { get; } = new("BASIC");

    /// <summary>Enhanced scanning, continuous, of every repository.</summary>
    public static ScanningConfiguration Enhanced { get; } = new("ENHANCED", new ScanningRule("CONTINUOUS_SCAN", "*"));

    internal bool IsEnhanced => ScanType == "ENHANCED";

    /// <summary>
    /// How a repository is scanned: by the rule that matches (continuous first), otherwise by its own flag.
    /// </summary>
    internal string FrequencyOf(EcrRepository repository) =>
        Rules
            .Where(r => r.Matches(repository.Name))
            .Select(r => r.Frequency)
            .Order(StringComparer.Ordinal)
            .FirstOrDefault()
        ?? (repository.ScanOnPush && !IsEnhanced ? "SCAN_ON_PUSH" : "MANUAL");

    internal IEnumerable<string> FiltersFor(string repository) =>
        Rules.SelectMany(r => r.RepositoryFilters).Where(f => ScanningRule.Matches(f, repository));
}

/// <summary>How often some repositories are scanned.</summary>
/// <param name="Frequency">CONTINUOUS_SCAN, SCAN_ON_PUSH or MANUAL.</param>
/// <param name="RepositoryFilters"><c>*</c> stands for any characters. A filter without <c>*</c> matches every name
///     that contains it.</param>
public sealed record ScanningRule(string Frequency, params IReadOnlyList<string> RepositoryFilters)
{
    internal bool Matches(string repository) => RepositoryFilters.Any(f => Matches(f, repository));

    // "If no wildcard is used, the filter matches every repository name that contains it."
    // https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-scanning-filters.html
    internal static bool Matches(string filter, string repository) =>
        filter.Contains('*', StringComparison.Ordinal)
            ? FileSystemName.MatchesSimpleExpression(filter, repository, ignoreCase: false)
            : repository.Contains(filter, StringComparison.Ordinal);
}
