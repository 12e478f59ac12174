namespace EcrGuard.Core.Images;

/// <summary>
/// Whether tags of a repository may move (ECR API, <c>imageTagMutability</c>). Unknown counts as immutable.
/// </summary>
public enum TagMutability
{
    Unknown,
    Mutable,
    Immutable,
    MutableWithExclusion,
    ImmutableWithExclusion,
}

/// <summary>What ECR says of one repository, read at one moment.</summary>
public sealed record RepositoryFacts
{
    /// <summary>Resource tags a repository (ECR service quotas).</summary>
    public const int MaxResourceTags = 50;

    public required RepositoryId Id { get; init; }

    /// <summary>Unknown where it was not read, or the repository is gone.</summary>
    public TagMutability Mutability { get; init; }

    /// <summary>
    /// The filters of the modes with exclusion, with <c>*</c> for any characters. Tags that match one behave the other
    /// way round. At most five.
    /// </summary>
    public IReadOnlyList<string> MutabilityExclusions { get; init; } = [];

    /// <summary>The lifecycle policy as text; null where the repository has none.</summary>
    public string? LifecyclePolicy { get; init; }

    public ScanningFacts Scanning { get; init; } = ScanningFacts.Unknown;

    /// <summary>
    /// The repository's resource tags (an image has none); null where they were not read, or the repository is gone.
    /// </summary>
    public IReadOnlyDictionary<string, string>? ResourceTags { get; init; }
}

/// <summary>What scans the images of a repository.</summary>
/// <param name="Scanner">Unknown where the registry's configuration could not be read.</param>
/// <param name="OnPush">A push starts a scan by itself.</param>
/// <param name="Continuous">Enhanced scanning that looks again whenever a new vulnerability becomes known.</param>
public sealed record ScanningFacts(Scanner Scanner, bool OnPush, bool Continuous)
{
    public static ScanningFacts Unknown { get; } = new(Scanner.Unknown, false, false);

    /// <summary>Whether images are scanned without anybody asking for it.</summary>
    public bool Automatic => OnPush || Continuous;
}
