using System.Security.Cryptography;
using System.Text;

namespace EcrGuard.LocalAws.Ecr;

/// <summary>
/// A manifest to push: its exact text, its media type, and the manifests that it refers to. Those are pushed first. The
/// builders are deterministic: the same <c>content</c> gives the same digest.
/// </summary>
public sealed record Manifest
{
    private Manifest(string text, string mediaType, params Manifest[] children)
    {
        Text = text;
        MediaType = mediaType;
        Children = children;
        Digest = DigestOf(Encoding.UTF8.GetBytes(text));
    }

    /// <summary>The JSON. The digest is computed from its bytes.</summary>
    public string Text { get; }

    public string MediaType { get; }

    /// <summary><c>sha256:</c> and 64 lower-case hexadecimal digits.</summary>
    public string Digest { get; }

    /// <summary>The children of an index, in its order; empty for anything else.</summary>
    public IReadOnlyList<Manifest> Children { get; }

    /// <summary>An OCI image with one layer of <paramref name="bytes"/> bytes.</summary>
    public static Manifest Image(string content, long bytes = 25_000_000) =>
        new(
            ImageText(MediaTypes.OciManifest, MediaTypes.OciConfig, MediaTypes.OciLayer, content, bytes),
            MediaTypes.OciManifest
        );

    /// <summary>The same as a Docker schema 2 manifest, as a classic <c>docker push</c> makes it.</summary>
    public static Manifest DockerImage(string content, long bytes = 25_000_000) =>
        new(
            ImageText(MediaTypes.DockerManifest, MediaTypes.DockerConfig, MediaTypes.DockerLayer, content, bytes),
            MediaTypes.DockerManifest
        );

    /// <summary>
    /// An OCI image manifest without a <c>mediaType</c> of its own, as some tools write it. The push has to give the
    /// media type.
    /// </summary>
    public static Manifest ImageWithoutMediaType(string content) =>
        new(
            Image(content).Text.Replace($"\"mediaType\":\"{MediaTypes.OciManifest}\",", "", StringComparison.Ordinal),
            MediaTypes.OciManifest
        );

    /// <summary>
    /// An OCI index over images by platform (<c>linux/arm64</c>, <c>linux/arm/v7</c>). With
    /// <paramref name="attestations"/>, each image is followed by the attestation manifest (<c>unknown/unknown</c>)
    /// that BuildKit adds, even for a single platform.
    /// </summary>
    public static Manifest Index(IReadOnlyList<(string Platform, Manifest Image)> images, bool attestations = false)
    {
        ArgumentNullException.ThrowIfNull(images);
        var children = new List<Manifest>();
        var entries = new List<object>();
        foreach (var (platform, image) in images)
        {
            children.Add(image);
            entries.Add(
                new Members
                {
                    ["MediaType"] = image.MediaType,
                    ["Digest"] = image.Digest,
                    ["Size"] = image.Text.Length,
                    ["Platform"] = PlatformOf(platform),
                }
            );
        }

        foreach (var (_, image) in attestations ? images : [])
        {
            var attestation = Attestation(image);
            children.Add(attestation);
            entries.Add(
                new Members
                {
                    ["MediaType"] = attestation.MediaType,
                    ["Digest"] = attestation.Digest,
                    ["Size"] = attestation.Text.Length,
                    ["Annotations"] = new Dictionary<string, string>
                    {
                        ["vnd.docker.reference.digest"] = image.Digest,
                        ["vnd.docker.reference.type"] = "attestation-manifest",
                    },
                    ["Platform"] = PlatformOf("unknown/unknown"),
                }
            );
        }

        var text = JsonWire.Write(
            new Members
            {
                ["SchemaVersion"] = 2,
                ["MediaType"] = MediaTypes.OciIndex,
                ["Manifests"] = entries,
            }
        );
        return new Manifest(text, MediaTypes.OciIndex, [.. children]);
    }

    /// <summary>The same as a Docker manifest list, which has no attestations.</summary>
    public static Manifest DockerList(IReadOnlyList<(string Platform, Manifest Image)> images)
    {
        ArgumentNullException.ThrowIfNull(images);
        var entries = images.Select(i => new Members
        {
            ["MediaType"] = i.Image.MediaType,
            ["Digest"] = i.Image.Digest,
            ["Size"] = i.Image.Text.Length,
            ["Platform"] = PlatformOf(i.Platform),
        });
        return new Manifest(
            JsonWire.Write(
                new Members
                {
                    ["SchemaVersion"] = 2,
                    ["MediaType"] = MediaTypes.DockerList,
                    ["Manifests"] = entries,
                }
            ),
            MediaTypes.DockerList,
            [.. images.Select(i => i.Image)]
        );
    }

    /// <summary>A manifest with exactly this text.</summary>
    /// <param name="children">The manifests that it refers to. They are pushed before it.</param>
    public static Manifest Of(string text, string mediaType = MediaTypes.OciManifest, params Manifest[] children) =>
        new(text, mediaType, children);

    /// <summary>A manifest with these layers. Each is 100 bytes; the empty layer has its real size.</summary>
    /// <param name="configType">The config's media type.</param>
    public static Manifest OfLayers(
        string content,
        string configType,
        IReadOnlyList<string> layerTypes,
        string? artifactType = null,
        string? subject = null
    ) =>
        new(
            JsonWire.Write(
                new Members
                {
                    ["SchemaVersion"] = 2,
                    ["MediaType"] = MediaTypes.OciManifest,
                    ["ArtifactType"] = artifactType,
                    ["Config"] = Blob(configType, $"config of {content}", 1_024),
                    ["Layers"] = layerTypes.Select(
                        (type, at) => Blob(type, $"layer {at} of {content}", type == MediaTypes.OciEmpty ? 2 : 100)
                    ),
                    ["Subject"] = subject is null
                        ? null
                        : new Members
                        {
                            ["MediaType"] = MediaTypes.OciManifest,
                            ["Digest"] = subject,
                            ["Size"] = 512,
                        },
                }
            ),
            MediaTypes.OciManifest
        );

    /// <summary>
    /// What cosign stores under the tag <c>sha256-….sig</c>: a signature with the config of an image.
    /// </summary>
    public static Manifest Signature(string content) =>
        OfLayers(content, MediaTypes.OciConfig, ["application/vnd.dev.cosign.simplesigning.v1+json"]);

    /// <summary>A Helm chart: an artifact that is not about an image, and that people pull.</summary>
    public static Manifest Chart(string content) =>
        new(
            ImageText(MediaTypes.OciManifest, MediaTypes.HelmConfig, MediaTypes.HelmChart, content, 40_000),
            MediaTypes.OciManifest
        );

    /// <summary>
    /// A SOCI index, version 2. <c>soci convert</c> lists it after an image in the image's index, with the image's
    /// platform. It has no subject.
    /// </summary>
    public static Manifest SociIndex(Manifest image)
    {
        ArgumentNullException.ThrowIfNull(image);
        return new(
            ImageText(
                MediaTypes.OciManifest,
                MediaTypes.SociIndex,
                "application/octet-stream",
                $"SOCI index of {image.Digest}",
                40_000
            ),
            MediaTypes.OciManifest
        );
    }

    /// <summary>
    /// An artifact that refers to a subject, such as a signature or an SBOM. The subject need not be pushed.
    /// </summary>
    public static Manifest Referrer(string subjectDigest, string artifactType = "application/spdx+json") =>
        new(
            JsonWire.Write(
                new Members
                {
                    ["SchemaVersion"] = 2,
                    ["MediaType"] = MediaTypes.OciManifest,
                    ["ArtifactType"] = artifactType,
                    ["Config"] = new Members
                    {
                        ["MediaType"] = MediaTypes.OciEmpty,
                        ["Digest"] = DigestOf("{}"u8),
                        ["Size"] = 2,
                    },
                    ["Layers"] = new[] { Blob(artifactType, subjectDigest + artifactType, 4_096) },
                    ["Subject"] = new Members
                    {
                        ["MediaType"] = MediaTypes.OciManifest,
                        ["Digest"] = subjectDigest,
                        ["Size"] = 512,
                    },
                }
            ),
            MediaTypes.OciManifest
        );

    internal static string DigestOf(ReadOnlySpan<byte> bytes) =>
        $"sha256:{Convert.ToHexStringLower(SHA256.HashData(bytes))}";

    private static Manifest Attestation(Manifest image) =>
        new(
            ImageText(
                MediaTypes.OciManifest,
                MediaTypes.OciConfig,
                MediaTypes.InToto,
                $"attestation of {image.Digest}",
                8_192
            ),
            MediaTypes.OciManifest
        );

    private static string ImageText(
        string mediaType,
        string configType,
        string layerType,
        string content,
        long bytes
    ) =>
        JsonWire.Write(
            new Members
            {
                ["SchemaVersion"] = 2,
                ["MediaType"] = mediaType,
                ["Config"] = Blob(configType, $"config of {content}", 1_024),
                ["Layers"] = new[] { Blob(layerType, $"layer of {content}", bytes) },
            }
        );

    private static Members Blob(string mediaType, string content, long size) =>
        new Members
        {
            ["MediaType"] = mediaType,
            ["Digest"] = DigestOf(Encoding.UTF8.GetBytes(content)),
            ["Size"] = size,
        };

    private static Members PlatformOf(string platform)
    {
        var parts = platform.Split('/');
        return new Members
        {
            ["Architecture"] = parts[1],
            ["Os"] = parts[0],
            ["Variant"] = parts.ElementAtOrDefault(2),
        };
    }
}
