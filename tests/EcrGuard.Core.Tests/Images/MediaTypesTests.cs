using EcrGuard.Core.Images;

namespace EcrGuard.Core.Tests.Images;

public sealed class MediaTypesTests
{
    [Theory]
    [InlineData(MediaTypes.OciManifest, ImageKind.Image)]
    [InlineData(MediaTypes.DockerManifest, ImageKind.Image)]
    [InlineData(MediaTypes.OciIndex, ImageKind.Index)]
    [InlineData(MediaTypes.DockerList, ImageKind.Index)]
    [InlineData("application/vnd.cncf.oras.artifact.manifest.v1+json", ImageKind.Artifact)]
    // an image that can be pulled and that no scanner reads
    [InlineData("application/vnd.docker.distribution.manifest.v1+prettyjws", ImageKind.Unknown)]
    [InlineData("application/vnd.example.new", ImageKind.Unknown)]
    [InlineData(null, ImageKind.Unknown)]
    public void A_manifest_is_what_its_media_type_says_and_unknown_is_not_harmless(string? mediaType, ImageKind kind) =>
        Assert.Equal(kind, MediaTypes.KindOf(mediaType));

    [Theory]
    [InlineData("linux/amd64", "linux/amd64", MediaTypes.SociIndex, true)]
    [InlineData("linux/arm64/v8", "linux/arm64", MediaTypes.SociIndex, true)]
    [InlineData("linux/arm64", "linux/arm64/v8", MediaTypes.SociIndex, true)]
    [InlineData("linux/arm/v6", "linux/arm/v7", MediaTypes.SociIndex, false)]
    [InlineData("linux/arm64", "linux/amd64", MediaTypes.SociIndex, false)]
    // there, versions decide which of the two runs
    [InlineData("windows/amd64", "windows/amd64", MediaTypes.SociIndex, false)]
    [InlineData("linux/amd64", "linux/amd64", "application/vnd.amazon.soci.index.v1+json", false)]
    [InlineData("linux/amd64", "linux/amd64", "application/vnd.cncf.helm.config.v1+json", false)]
    [InlineData("linux/amd64", "linux/amd64", null, false)]
    public void In_an_index_only_the_SOCI_index_of_an_image_before_it_is_passed_over(
        string image,
        string artifact,
        string? type,
        bool passedOver
    )
    {
        var facts = Facts.Image(2) with { Kind = ImageKind.Artifact, ArtifactType = type };
        var (first, second) = (
            new IndexChild(Facts.Digest(1), image, ImageKind.Image),
            new IndexChild(Facts.Digest(2), artifact, ImageKind.Image)
        );

        Assert.Equal(passedOver ? ImageKind.Artifact : ImageKind.Image, second.ShownBy(facts, [first, second]).Kind);
        Assert.All<IReadOnlyList<IndexChild>>(
            [
                [second, first],
                [second],
                [first with { Kind = ImageKind.Artifact }, second],
            ],
            children => Assert.Equal(second, second.ShownBy(facts, children))
        );
        Assert.All(
            [facts with { Kind = ImageKind.Image }, facts with { Subject = Facts.Digest(1) }],
            other => Assert.Equal(second, second.ShownBy(other, [first, second]))
        );
    }
}
