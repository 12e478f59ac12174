namespace EcrGuard.Core.Images;

/// <summary>How one repository is set up (ECR API, <c>Repository</c>), read at one moment.</summary>
public sealed record RepositorySettings
{
    public required RepositoryId Id { get; init; }

    /// <summary>Null where ECR gives none.</summary>
    public DateTimeOffset? CreatedAt { get; init; }

    public TagMutability Mutability { get; init; }

    /// <summary>
    /// The tags, with <c>*</c> for any characters, for which the opposite of <see cref="Mutability"/> holds; at most
    /// five, none in the modes without exclusion.
    /// </summary>
    public IReadOnlyList<string> MutabilityExclusions { get; init; } = [];

    /// <summary>
    /// The repository's own setting for basic scanning, which the registry's rules overrule; null where ECR gives none.
    /// </summary>
    public bool? ScanOnPush { get; init; }
}
