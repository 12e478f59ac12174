namespace EcrGuard.Core.Images;

/// <summary>Every image of one repository, archived ones too, read in one go.</summary>
public sealed record Contents
{
    public required RepositoryId Repository { get; init; }

    /// <summary>When the reading began; every fact is at least as new.</summary>
    public required DateTimeOffset ReadAt { get; init; }

    public IReadOnlyList<ImageFacts> Images { get; init; } = [];

    /// <summary>Images that were pushed in the last days and are gone, as they were last known; empty where nobody has asked.</summary>
    public IReadOnlyList<ImageFacts> LatelyGone { get; init; } = [];

    /// <summary>What the indexes among the images refer to; one whose manifest could not be read is not there.</summary>
    public IReadOnlyDictionary<Digest, IReadOnlyList<IndexChild>> Children { get; init; } = new Dictionary<Digest, IReadOnlyList<IndexChild>>();

    /// <summary>Null for an index whose manifest could not be read; empty for what is no index.</summary>
    public IReadOnlyList<Digest>? ChildrenOf(ImageFacts image) =>
        image.Kind != ImageKind.Index ? [] : Children.GetValueOrDefault(image.Id.Digest)?.Select(child => child.Digest).ToList();
}
