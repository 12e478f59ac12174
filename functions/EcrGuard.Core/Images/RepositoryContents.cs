namespace EcrGuard.Core.Images;

/// <summary>Every image of one repository, archived ones too, read in one go.</summary>
public sealed record RepositoryContents
{
    public required RepositoryId Repository { get; init; }

    /// <summary>When the reading began. Every fact is at least as new.</summary>
    public required DateTimeOffset ReadAt { get; init; }

    public IReadOnlyList<ImageFacts> Images { get; init; } = [];

    /// <summary>
    /// The manifests that the removal of tags has left behind (<see cref="RemovalManifest"/>). They are no images.
    /// </summary>
    public IReadOnlyList<ImageFacts> RemovalManifests { get; init; } = [];

    /// <summary>
    /// Images that were pushed in the last days and are gone, as they were last known; empty where nobody has asked.
    /// </summary>
    public IReadOnlyList<ImageFacts> LatelyGone { get; init; } = [];

    /// <summary>The children of each index; an index whose manifest could not be read is not in it.</summary>
    public IReadOnlyDictionary<Digest, IReadOnlyList<IndexChild>> Children { get; init; } =
        new Dictionary<Digest, IReadOnlyList<IndexChild>>();

    /// <summary>What is known of manifests whose kind the listing does not show.</summary>
    public IReadOnlyDictionary<Digest, ManifestNote> Notes { get; init; } = new Dictionary<Digest, ManifestNote>();

    /// <summary>Those of them that were read for the first time, to be stored.</summary>
    public IReadOnlyDictionary<Digest, ManifestNote> NewNotes { get; init; } = new Dictionary<Digest, ManifestNote>();

    public KnownManifests Manifests => new(Children, Notes);

    /// <summary>
    /// Artifacts whose images are all gone. ECR removes a referrer with its subject, but no artifact that only a tag
    /// binds to its image.
    /// </summary>
    public IReadOnlyList<ImageFacts> LeftOver()
    {
        var there = Images.Select(image => image.Id.Digest).ToHashSet();
        return
        [
            .. Images
                .Where(image =>
                    image.Kind == ImageKind.Artifact
                    && image.SpeaksAbout.Any()
                    && !image.SpeaksAbout.Any(there.Contains)
                )
                .OrderBy(image => image.Id.Digest),
        ];
    }

    /// <summary>Whether it lists other images. An index that lists only artifacts is one, too.</summary>
    public bool IsIndex(ImageFacts image) => image.Kind == ImageKind.Index || Children.ContainsKey(image.Id.Digest);

    /// <summary>Null for an index whose manifest could not be read; empty for an image that is no index.</summary>
    public IReadOnlyList<Digest>? ChildrenOf(ImageFacts image) =>
        !IsIndex(image) ? [] : Children.GetValueOrDefault(image.Id.Digest)?.Select(child => child.Digest).ToList();

    /// <summary>The image that each tag is on.</summary>
    public IReadOnlyDictionary<string, Digest> ByTag()
    {
        var tagged = new Dictionary<string, Digest>(StringComparer.Ordinal);
        foreach (var image in Images)
        foreach (var tag in image.Tags)
            tagged[tag] = image.Id.Digest;
        return tagged;
    }
}
