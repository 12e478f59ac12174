namespace EcrGuard.LocalAws.Ecr;

/// <summary>A replication rule of the registry.</summary>
/// <param name="Region">Where the images go.</param>
/// <param name="Prefixes">Name prefixes of the repositories that it covers. Without any, it covers all.</param>
public sealed record ReplicationRule(string Region, params IReadOnlyList<string> Prefixes);
