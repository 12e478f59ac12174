namespace EcrGuard.LocalAws.Ecr;

/// <summary>A rule of the registry's replication.</summary>
/// <param name="Region">Where the images go.</param>
/// <param name="Prefixes">Of the names of the repositories that it covers; none: it covers all.</param>
public sealed record ReplicationRule(string Region, params IReadOnlyList<string> Prefixes);
