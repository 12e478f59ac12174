using CsCheck;
using EcrGuard.Core.Images;

namespace EcrGuard.Core.Tests.Images;

/// <summary>
/// Issue 9, outcome 5 (a): an artifact of an image does not count as an image, and no name or media type hides an
/// image.
/// </summary>
public sealed class ArtifactsTests
{
    private const string ImageConfig = "application/vnd.oci.image.config.v1+json";
    private const string Tar = "application/vnd.oci.image.layer.v1.tar+gzip";

    private static readonly string[] NoFiles =
    [
        "application/vnd.dev.cosign.simplesigning.v1+json",
        "application/vnd.dsse.envelope.v1+json",
        "application/vnd.in-toto+json",
        "application/vnd.dev.sigstore.bundle.v0.3+json",
        "application/jose+json",
        "application/cose",
        "text/spdx+json",
        "application/spdx+json",
        "application/vnd.cyclonedx+json",
        "application/vnd.cncf.helm.chart.content.v1.tar+gzip",
    ];

    private static readonly string?[] MayBeFiles =
    [
        Tar,
        "application/vnd.oci.image.layer.v1.tar",
        "application/vnd.oci.image.layer.v1.tar+zstd",
        "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
        "application/vnd.docker.image.rootfs.diff.tar.gzip",
        "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
        "application/octet-stream",
        "application/wasm",
        "application/vnd.in-toto+json; x",
        "APPLICATION/VND.IN-TOTO+JSON",
        "",
        null,
    ];

    private static Gen<string?> OneOf(params string?[] types) => Gen.Int[0, types.Length - 1].Select(at => types[at]);

    [Fact]
    public void A_manifest_holds_no_files_exactly_if_none_of_its_layers_may_be_a_file_system_whatever_its_config_says() =>
        Gen.Select(
                OneOf(NoFiles).Array[0, 4],
                OneOf(MayBeFiles).Array[0, 2],
                OneOf(
                    ImageConfig,
                    "application/vnd.oci.empty.v1+json",
                    "application/vnd.cncf.helm.config.v1+json",
                    null!
                ),
                Gen.Int
            )
            .Sample(
                (known, unknown, config, seed) =>
                {
                    Layer[] layers = [.. known.Concat(unknown).Select(type => new Layer(type, 100))];
                    new Random(seed).Shuffle(layers);
                    Assert.Equal(unknown.Length == 0, Artifacts.HoldNoFiles(config, layers));
                }
            );

    [Fact]
    public void The_empty_layer_is_two_bytes_and_SOCIs_bytes_are_SOCIs_alone()
    {
        const string Empty = "application/vnd.oci.empty.v1+json";
        Assert.True(Artifacts.HoldNoFiles(Empty, [new Layer(Empty, 2)]));
        Assert.False(Artifacts.HoldNoFiles(Empty, [new Layer(Empty, 30_000_000)]));
        Assert.False(Artifacts.HoldNoFiles(Empty, [new Layer(Empty, null)]));
        Assert.True(Artifacts.HoldNoFiles(MediaTypes.SociIndexV1, [new Layer("application/octet-stream", 9)]));
        Assert.True(Artifacts.HoldNoFiles(MediaTypes.SociIndex, [new Layer("application/octet-stream", 9)]));
        Assert.False(Artifacts.HoldNoFiles(ImageConfig, [new Layer("application/octet-stream", 9)]));
        Assert.False(
            Artifacts.HoldNoFiles(MediaTypes.SociIndex, [new Layer("application/octet-stream", 9), new Layer(Tar, 9)])
        );
    }

    [Theory]
    [InlineData("", true)]
    [InlineData(".sig", true)]
    [InlineData(".att", true)]
    [InlineData(".sbom", true)]
    [InlineData(".0123456789abcdef.meta", true)]
    [InlineData("-attestation", true)]
    [InlineData("0", false)]
    [InlineData("z", false)]
    public void A_tag_that_names_a_digest_says_where_to_look(string end, bool names)
    {
        var tag = $"sha256-{Facts.Digest(7).Hex}{end}";

        Assert.Equal(names ? Facts.Digest(7) : null, Artifacts.Named(tag));
        Assert.Equal(names, (Facts.Image(1, "1.0", tag) with { ArtifactType = ImageConfig }).MayBeArtifact);
        Assert.Null(Artifacts.Named(tag.ToUpperInvariant()));
    }

    [Fact]
    public void Of_an_ordinary_image_no_manifest_is_wanted_and_of_whatever_says_otherwise_it_is()
    {
        var image = Facts.Image(1, "1.0", "latest") with { ArtifactType = ImageConfig };
        Assert.False(image.MayBeArtifact);
        Assert.False((image with { ArtifactType = null }).MayBeArtifact);
        Assert.False(
            (image with { ArtifactType = "application/vnd.docker.container.image.v1+json", Tags = [] }).MayBeArtifact
        );
        Assert.True((image with { ArtifactType = "application/vnd.cncf.helm.config.v1+json" }).MayBeArtifact);
        Assert.True((image with { Subject = Facts.Digest(2) }).MayBeArtifact);
        Assert.True(
            (image with { Kind = ImageKind.Index, ArtifactType = null, Subject = Facts.Digest(2) }).MayBeArtifact
        );
        Assert.False((image with { Kind = ImageKind.Index, ArtifactType = null }).MayBeArtifact);
    }

    [Fact]
    public void What_belongs_to_images_that_are_all_gone_is_left_over()
    {
        var image = Facts.Image(1, "1.0");
        var signature = Facts.Image(2, $"sha256-{Facts.Digest(1).Hex}.sig") with { Kind = ImageKind.Artifact };
        var left = Facts.Image(3, $"sha256-{Facts.Digest(9).Hex}.sig") with { Kind = ImageKind.Artifact };
        var hidden = Facts.Image(4, $"sha256-{Facts.Digest(9).Hex}.att");
        var chart = Facts.Image(5, "chart") with { Kind = ImageKind.Artifact };

        Assert.Equal([left], Facts.Contents([image, signature, left, hidden, chart]).LeftOver());
    }
}
