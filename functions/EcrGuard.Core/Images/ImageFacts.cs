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

    /// <summary>When these facts were asked for; every one of them is at least as new.</summary>
    public required DateTimeOffset ReadAt { get; init; }

    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>
    /// By its content, where what ECR lists leaves that open (<see cref="MayBeArtifact"/>) and its manifest could be
    /// read.
    /// </summary>
    public ImageKind Kind { get; init; }

    /// <summary>Whether what ECR lists says that it may be no image; what it is then only its manifest tells.</summary>
    public bool MayBeArtifact => Artifacts.MayBe(Kind, ArtifactType, Subject, Tags);

    /// <summary>
    /// What kind of artifact it is, as ECR says (<c>artifactMediaType</c>); an image's config for an image. Null where
    /// ECR says none.
    /// </summary>
    public string? ArtifactType { get; init; }

    public StorageStatus Storage { get; init; }

    /// <summary>Null where ECR gives none.</summary>
    public DateTimeOffset? PushedAt { get; init; }

    /// <summary>
    /// The last recorded pull; null for an image that was never pulled. ECR refreshes it "at least once every 24
    /// hours": it may be a day behind.
    /// </summary>
    public DateTimeOffset? LastPulledAt { get; init; }

    public DateTimeOffset? LastArchivedAt { get; init; }

    /// <summary>When it was last restored from the archive; null for an image that never was.</summary>
    public DateTimeOffset? LastActivatedAt { get; init; }

    /// <summary>When it came: when it was pushed, or restored since.</summary>
    public DateTimeOffset? CameAt => LastActivatedAt > PushedAt ? LastActivatedAt : PushedAt;

    public long? SizeInBytes { get; init; }

    /// <summary>What it lists, where its manifest was read to know what it is; null where it was not.</summary>
    public IReadOnlyList<IndexChild>? Children { get; init; }

    /// <summary>
    /// What was read of manifests to know what it is, to be remembered: by its listing alone nobody may know it once
    /// its tag has moved. Null where nothing was.
    /// </summary>
    public IReadOnlyDictionary<Digest, ManifestNote>? NewNotes { get; init; }

    /// <summary>
    /// The image that this artifact speaks about; null for an image, and for an artifact that stands for itself, such
    /// as a chart.
    /// </summary>
    public Digest? Subject { get; init; }

    /// <summary>
    /// The images that it speaks about: its subject, and those that its tags name. For ECR's lifecycle rules one that
    /// only a tag binds is an image like any other.
    /// </summary>
    public IEnumerable<Digest> SpeaksAbout =>
        Tags.Select(Artifacts.Named).Prepend(Subject).OfType<Digest>().Where(digest => digest != Id.Digest).Distinct();

    /// <summary>
    /// Whether a tag can shield it: ECR's lifecycle rules select it by its own tags. A referrer goes and stays with its
    /// subject, and what is of an unknown kind is not touched.
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
/// <param name="Kind">An artifact is not judged, as the attestations that BuildKit puts into an index; everything else
///     is by its own facts, whatever the index calls it.</param>
public sealed record IndexChild(Digest Digest, string Platform, ImageKind Kind)
{
    /// <summary>
    /// The child as ECR's own facts of it show it: an artifact, and not judged, where it is the SOCI index of an image
    /// before it. <c>soci convert</c> lists one behind the images, with the platform of its image
    /// (https://github.com/awslabs/soci-snapshotter/blob/main/docs/soci-index-manifest-v2.md). Behind it, since a
    /// runtime takes the first entry of its platform
    /// (https://github.com/opencontainers/image-spec/blob/main/image-index.md): nothing can hide there that anybody
    /// would run.
    /// </summary>
    /// <param name="children">Of the index that it belongs to, in its order.</param>
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

    /// <summary>The platform without the one variant of arm64 that is as good as none.</summary>
    private string Runs => Platform == "linux/arm64/v8" ? "linux/arm64" : Platform;
}

/// <summary>Tells images, indexes and artifacts apart by what ECR and the OCI image specification call them.</summary>
public static class MediaTypes
{
    public const string OciManifest = "application/vnd.oci.image.manifest.v1+json";
    public const string OciIndex = "application/vnd.oci.image.index.v1+json";
    public const string DockerManifest = "application/vnd.docker.distribution.manifest.v2+json";
    public const string DockerList = "application/vnd.docker.distribution.manifest.list.v2+json";

    /// <summary>
    /// All that EcrGuard asks ECR for, so that a manifest is never converted: converted bytes have another digest.
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
    /// The kind that the media type of a manifest names. No container runtime takes an artifact manifest, whatever it
    /// holds.
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
    /// Whether what ECR reports as <c>artifactMediaType</c> is the config of an image; older images and indexes carry
    /// none.
    /// </summary>
    public static bool IsImageConfig(string? artifactType) => artifactType is null or "" or OciConfig or DockerConfig;
}
