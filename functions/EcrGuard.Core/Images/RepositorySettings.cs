namespace EcrGuard.Core.Images;

/// <summary>The settings of one repository (ECR API, <c>Repository</c>), read at one moment.</summary>
public sealed record RepositorySettings
{
    public required RepositoryId Id { get; init; }

    /// <summary>Null where ECR does not say.</summary>
    public DateTimeOffset? CreatedAt { get; init; }

    public TagMutability Mutability { get; init; }

    /// <summary>
    /// The tags, with <c>*</c> for any characters, for which the opposite of <see cref="Mutability"/> holds; at most
    /// five, none in the modes without exclusion.
    /// </summary>
    public IReadOnlyList<string> MutabilityExclusions { get; init; } = [];

    /// <summary>
    /// The repository's own setting for basic scanning, which the registry's rules override; null where ECR does not
    /// say.
    /// </summary>
    public bool? ScanOnPush { get; init; }
}
