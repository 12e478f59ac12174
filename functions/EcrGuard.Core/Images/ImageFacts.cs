namespace EcrGuard.Core.Images;

/// <summary>What a manifest is.</summary>
public enum ImageKind
{
    /// <summary>A media type that EcrGuard does not know: never judged as clean, never touched.</summary>
    Unknown,

    /// <summary>An image of one platform: what scanners read.</summary>
    Image,

    /// <summary>An index (manifest list): judged by its platform children.</summary>
    Index,

    /// <summary>
    /// A signature, SBOM, attestation or another artifact that speaks about an image: nothing to judge.
    /// </summary>
    Artifact,
}

/// <summary>Whether an image can be pulled (ECR API, <c>imageStatus</c>).</summary>
public enum StorageStatus
{
    Unknown,
    Active,
    Archived,
    Activating,
}

/// <summary>What ECR says of one image, read at one moment.</summary>
public sealed record ImageFacts
{
    public required ImageId Id { get; init; }

    /// <summary>When these facts were requested. Every fact is at least as new.</summary>
    public required DateTimeOffset ReadAt { get; init; }

    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>
    /// What it is: by its content, where the listing does not show it (<see cref="MayBeArtifact"/>) and its manifest
    /// could be read.
    /// </summary>
    public ImageKind Kind { get; init; }

    /// <summary>Whether the listing says that it may be no image. Then only its manifest shows what it is.</summary>
    public bool MayBeArtifact => Artifacts.MayBe(Kind, ArtifactType, Subject, Tags);

    /// <summary>
    /// ECR's <c>artifactMediaType</c>: the kind of an artifact, and the config's type of an image. Null where ECR says
    /// none.
    /// </summary>
    public string? ArtifactType { get; init; }

    public StorageStatus Storage { get; init; }

    /// <summary>Null where ECR does not say.</summary>
    public DateTimeOffset? PushedAt { get; init; }

    /// <summary>
    /// The last recorded pull; null for an image that was never pulled. ECR records it "at least once every 24 hours",
    /// so it may be a day behind.
    /// </summary>
    public DateTimeOffset? LastPulledAt { get; init; }

    public DateTimeOffset? LastArchivedAt { get; init; }

    /// <summary>When it was last restored from the archive; null for never.</summary>
    public DateTimeOffset? LastActivatedAt { get; init; }

    /// <summary>When it was pushed, or restored since.</summary>
    public DateTimeOffset? CameAt => LastActivatedAt > PushedAt ? LastActivatedAt : PushedAt;

    public long? SizeInBytes { get; init; }

    /// <summary>Its children, where its manifest was read to know what it is; null where it was not.</summary>
    public IReadOnlyList<IndexChild>? Children { get; init; }

    /// <summary>
    /// What was read of manifests to know what it is, to be stored: once its tag has moved, the listing alone may not
    /// show it. Null where nothing was read.
    /// </summary>
    public IReadOnlyDictionary<Digest, ManifestNote>? NewNotes { get; init; }

    /// <summary>
    /// The image that this artifact speaks about; null for an image, and for an artifact that stands for itself, such
    /// as a chart.
    /// </summary>
    public Digest? Subject { get; init; }

    /// <summary>
    /// The images that it speaks about: its subject, and those that its tags name. To ECR's lifecycle rules an artifact
    /// that only a tag binds is an image like any other.
    /// </summary>
    public IEnumerable<Digest> SpeaksAbout =>
        Tags.Select(Artifacts.Named).Prepend(Subject).OfType<Digest>().Where(digest => digest != Id.Digest).Distinct();

    /// <summary>
    /// Whether a tag can shield it, because lifecycle rules select it by its own tags. A referrer goes and stays with
    /// its subject, and EcrGuard never touches images of an unknown kind.
    /// </summary>
    public bool TakesShield =>
        Kind switch
        {
            ImageKind.Image or ImageKind.Index => true,
            ImageKind.Artifact => Subject is null,
            ImageKind.Unknown => false,
        };
}

/// <summary>A child of an index.</summary>
/// <param name="Platform">For example <c>linux/arm64/v8</c>.</param>
/// <param name="Kind">An artifact, such as an attestation of BuildKit, is not judged. Everything else is judged by its
///     own facts, whatever the index calls it.</param>
public sealed record IndexChild(Digest Digest, string Platform, ImageKind Kind)
{
    /// <summary>
    /// The child by ECR's own facts: an artifact, which is not judged, if it is the SOCI index of an image before it.
    /// <c>soci convert</c> lists one behind the images, with the platform of its image
    /// (https://github.com/awslabs/soci-snapshotter/blob/main/docs/soci-index-manifest-v2.md). It must stand behind its
    /// image, since a runtime takes the first entry of its platform
    /// (https://github.com/opencontainers/image-spec/blob/main/image-index.md): so nothing can hide there that anybody
    /// would run.
    /// </summary>
    /// <param name="children">All children of its index, in order.</param>
    public IndexChild ShownBy(ImageFacts facts, IReadOnlyList<IndexChild> children) =>
        facts is { Kind: ImageKind.Artifact, Subject: null, ArtifactType: MediaTypes.SociIndex }
        && Runs.StartsWith("linux/", StringComparison.Ordinal)
        && children
            .TakeWhile(other => other.Digest != Digest)
            .Any(other => other.Kind != ImageKind.Artifact && other.Runs == Runs)
            ? this with
            {
                Kind = ImageKind.Artifact,
            }
            : this;

    /// <summary>The platform, without the variant of arm64 that says nothing.</summary>
    private string Runs => Platform == "linux/arm64/v8" ? "linux/arm64" : Platform;
}

/// <summary>
/// The media types of ECR and the OCI image specification, by which images, indexes and artifacts are told apart.
/// </summary>
public static class MediaTypes
{
    public const string OciManifest = "application/vnd.oci.image.manifest.v1+json";
    public const string OciIndex = "application/vnd.oci.image.index.v1+json";
    public const string DockerManifest = "application/vnd.docker.distribution.manifest.v2+json";
    public const string DockerList = "application/vnd.docker.distribution.manifest.list.v2+json";

    /// <summary>
    /// All types that EcrGuard requests, so that ECR never converts a manifest: converted bytes have another digest.
    /// </summary>
    public static IReadOnlyList<string> Accepted { get; } = [OciManifest, OciIndex, DockerManifest, DockerList];

    /// <summary>A table of contents for lazy loading, version 1, which refers to its image.</summary>
    public const string SociIndexV1 = "application/vnd.amazon.soci.index.v1+json";

    /// <summary>The same, version 2, which an index lists beside its images.</summary>
    public const string SociIndex = "application/vnd.amazon.soci.index.v2+json";

    private const string OciArtifact = "application/vnd.oci.artifact.manifest.v1+json";
    private const string OrasArtifact = "application/vnd.cncf.oras.artifact.manifest.v1+json";
    private const string OciConfig = "application/vnd.oci.image.config.v1+json";
    private const string DockerConfig = "application/vnd.docker.container.image.v1+json";

    /// <summary>
    /// The kind by a manifest's media type. No container runtime takes an artifact manifest, whatever it holds.
    /// </summary>
    public static ImageKind KindOf(string? mediaType) =>
        mediaType switch
        {
            OciIndex or DockerList => ImageKind.Index,
            OciManifest or DockerManifest => ImageKind.Image,
            OciArtifact or OrasArtifact => ImageKind.Artifact,
            _ => ImageKind.Unknown,
        };

    /// <summary>
    /// Whether ECR's <c>artifactMediaType</c> is the config of an image. Older images and indexes have none.
    /// </summary>
    public static bool IsImageConfig(string? artifactType) => artifactType is null or "" or OciConfig or DockerConfig;
}
