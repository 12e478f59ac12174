using EcrGuard.Core.Images;

namespace EcrGuard.Core.Tests.Images;

public sealed class MediaTypesTests
{
    [Theory]
    [InlineData(MediaTypes.OciManifest, "application/vnd.oci.image.config.v1+json", false, ImageKind.Image)]
    [InlineData(MediaTypes.DockerManifest, "application/vnd.docker.container.image.v1+json", false, ImageKind.Image)]
    [InlineData(MediaTypes.DockerManifest, null, false, ImageKind.Image)]
    [InlineData(MediaTypes.OciIndex, null, false, ImageKind.Index)]
    [InlineData(MediaTypes.DockerList, "", false, ImageKind.Index)]
    [InlineData(MediaTypes.OciManifest, "application/vnd.cncf.helm.config.v1+json", false, ImageKind.Artifact)]
    [InlineData(MediaTypes.OciManifest, "application/vnd.oci.image.config.v1+json", true, ImageKind.Artifact)]
    [InlineData(MediaTypes.OciIndex, null, true, ImageKind.Artifact)]
    [InlineData("application/vnd.cncf.oras.artifact.manifest.v1+json", "text/sbom+json", false, ImageKind.Artifact)]
    [InlineData("application/vnd.docker.distribution.manifest.v1+prettyjws", null, false, ImageKind.Unknown)] // an image that can be pulled and that no scanner reads
    [InlineData("application/vnd.example.new", null, false, ImageKind.Unknown)]
    [InlineData(null, null, false, ImageKind.Unknown)]
    public void A_manifest_is_what_its_media_types_say_and_unknown_is_not_harmless(string? mediaType, string? artifactType, bool hasSubject, ImageKind kind) =>
        Assert.Equal(kind, MediaTypes.KindOf(mediaType, artifactType, hasSubject));
}
