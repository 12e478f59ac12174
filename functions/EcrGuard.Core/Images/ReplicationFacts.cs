namespace EcrGuard.Core.Images;

/// <summary>Which repositories the registry replicates to others.</summary>
/// <param name="Rules">For each rule the prefixes of the names that it covers; none covers all. A filter of an unknown
///     kind has the empty prefix: it may cover anything.</param>
public sealed record ReplicationFacts(IReadOnlyList<IReadOnlyList<string>> Rules)
{
    public bool Covers(RepositoryId repository) =>
        Rules.Any(prefixes =>
            prefixes.Count == 0
            || prefixes.Any(prefix => repository.Name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
        );
}
