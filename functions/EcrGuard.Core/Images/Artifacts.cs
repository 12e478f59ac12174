namespace EcrGuard.Core.Images;

/// <summary>A layer as a manifest lists it.</summary>
/// <param name="MediaType">Null where the manifest names none.</param>
/// <param name="Size">In bytes; null where the manifest gives none.</param>
public sealed record Layer(string? MediaType, long? Size);

/// <summary>What a manifest says of its content. A digest covers its manifest, so this never changes.</summary>
/// <param name="HoldsFiles">Whether a container could run it: some layer may be a file system, or that is not known.
///     For an index: whether this holds for any child.</param>
/// <param name="Children">The children of an index; empty for any other manifest.</param>
public sealed record ManifestNote(bool HoldsFiles, IReadOnlyList<Digest> Children)
{
    /// <summary>
    /// More children are not stored, and the index is read again: an item of the ledger holds 400 KB.
    /// </summary>
    public const int MaxChildren = 1000;
}

/// <summary>Manifests that were read before. What they list and hold never changes.</summary>
/// <param name="Children">Of indexes.</param>
/// <param name="Notes">Of manifests whose kind the listing did not show.</param>
public sealed record KnownManifests(
    IReadOnlyDictionary<Digest, IReadOnlyList<IndexChild>> Children,
    IReadOnlyDictionary<Digest, ManifestNote> Notes
)
{
    public static KnownManifests None { get; } =
        new(new Dictionary<Digest, IReadOnlyList<IndexChild>>(), new Dictionary<Digest, ManifestNote>());
}

/// <summary>
/// Tells artifacts (signatures, SBOMs, attestations) from images. Tag, config type, artifact type and subject are the
/// pusher's own words, and only say where to look. The layers decide, so that nobody can hide an image behind a word.
/// </summary>
public static class Artifacts
{
    /// <summary>
    /// Layers that are known not to be file systems. Any other layer may be one: tools write their files as plain tar
    /// layers too, and a WebAssembly module runs.
    /// </summary>
    private static readonly HashSet<string> NoFiles = new(StringComparer.Ordinal)
    {
        // cosign: https://github.com/sigstore/cosign/tree/main/specs
        "application/vnd.dev.cosign.simplesigning.v1+json",
        "application/vnd.dev.cosign.artifact.sig.v1+json",
        "application/vnd.dev.cosign.artifact.sbom.v1+json",
        "application/vnd.dsse.envelope.v1+json",
        "application/vnd.dev.sigstore.bundle.v0.1+json",
        "application/vnd.dev.sigstore.bundle.v0.2+json",
        "application/vnd.dev.sigstore.bundle.v0.3+json",
        "application/vnd.dev.sigstore.bundle+json;version=0.1",
        "application/vnd.dev.sigstore.bundle+json;version=0.2",
        "application/vnd.dev.sigstore.bundle+json;version=0.3",
        // BuildKit's attestations: https://docs.docker.com/build/metadata/attestations/attestation-storage/
        "application/vnd.in-toto+json",
        // Notation: https://github.com/notaryproject/specifications/blob/main/specs/signature-specification.md
        "application/jose+json",
        "application/cose",
        "application/vnd.cncf.notary.signature",
        // SBOMs and reports.
        "text/spdx",
        "text/spdx+json",
        "text/spdx+xml",
        "spdx+json",
        "application/spdx+json",
        "application/vnd.cyclonedx",
        "application/vnd.cyclonedx+json",
        "application/vnd.cyclonedx+xml",
        "application/vnd.syft+json",
        "application/sarif+json",
        "application/json",
        // The manifest that EcrGuard moves its own tags to before it deletes it.
        "application/vnd.ecrguard.tag-removal.layer.v1+json",
        // Helm: https://helm.sh/docs/topics/registries/ (its tar holds templates; no runtime takes it for a file
        // system).
        "application/vnd.cncf.helm.chart.content.v1.tar+gzip",
        "application/vnd.cncf.helm.chart.provenance.v1.prov",
    };

    /// <summary>
    /// The layer of an artifact that has none: the two bytes <c>{}</c> (OCI image specification, manifest).
    /// </summary>
    private const string Empty = "application/vnd.oci.empty.v1+json";

    /// <summary>
    /// SOCI's tables of contents have the type of any bytes. Under SOCI's own config no runtime unpacks them
    /// (https://github.com/awslabs/soci-snapshotter/blob/main/docs/soci-index-manifest-v2.md).
    /// </summary>
    private const string AnyBytes = "application/octet-stream";

    /// <summary>Whether the listing says that it may be no image. Its manifest must then be read.</summary>
    /// <param name="listed">The kind that its media type names.</param>
    public static bool MayBe(ImageKind listed, string? artifactType, Digest? subject, IEnumerable<string> tags) =>
        listed is ImageKind.Image or ImageKind.Index
        && (subject is not null || !MediaTypes.IsImageConfig(artifactType) || tags.Any(tag => Named(tag) is not null));

    /// <summary>
    /// The image that an artifact's tag names. Artifacts of <c>sha256:…</c> are stored beside it under
    /// <c>sha256-….sig</c>, <c>.att</c>, <c>.sbom</c>
    /// (https://github.com/sigstore/cosign/blob/main/specs/SIGNATURE_SPEC.md) or, as an index of all of them,
    /// <c>sha256-…</c> (https://github.com/opencontainers/distribution-spec/blob/main/spec.md, referrers tag schema).
    /// </summary>
    public static Digest? Named(string tag)
    {
        const int Length = 7 + 64;
        return
            tag.Length >= Length
            && tag.StartsWith("sha256-", StringComparison.Ordinal)
            && (tag.Length == Length || tag[Length] is '.' or '-' or '_')
            && Digest.TryParse($"sha256:{tag[7..Length]}", out var digest)
            ? digest
            : null;
    }

    /// <summary>Whether every layer of a manifest is known not to be a file system.</summary>
    /// <param name="configType">The config's media type, as the manifest names it.</param>
    public static bool HoldNoFiles(string? configType, IReadOnlyList<Layer> layers) =>
        layers.All(layer =>
            layer.MediaType switch
            {
                null => false,
                Empty => layer.Size is >= 0 and <= 2,
                AnyBytes => configType is MediaTypes.SociIndexV1 or MediaTypes.SociIndex,
                var type => NoFiles.Contains(type),
            }
        );
}
