namespace EcrGuard.LocalAws.Ecr;

/// <summary>The media types that ECR treats differently.</summary>
public static class MediaTypes
{
    public const string OciManifest = "application/vnd.oci.image.manifest.v1+json";
    public const string OciIndex = "application/vnd.oci.image.index.v1+json";
    public const string OciConfig = "application/vnd.oci.image.config.v1+json";
    public const string OciLayer = "application/vnd.oci.image.layer.v1.tar+gzip";
    public const string HelmConfig = "application/vnd.cncf.helm.config.v1+json";
    public const string HelmChart = "application/vnd.cncf.helm.chart.content.v1.tar+gzip";
    public const string SociIndex = "application/vnd.amazon.soci.index.v2+json";
    public const string OciEmpty = "application/vnd.oci.empty.v1+json";
    public const string DockerManifest = "application/vnd.docker.distribution.manifest.v2+json";
    public const string DockerList = "application/vnd.docker.distribution.manifest.list.v2+json";
    public const string DockerConfig = "application/vnd.docker.container.image.v1+json";
    public const string DockerLayer = "application/vnd.docker.image.rootfs.diff.tar.gzip";
    public const string InToto = "application/vnd.in-toto+json";

    internal static bool IsIndex(string mediaType) => mediaType is OciIndex or DockerList;

    internal static bool IsKnownConfig(string? mediaType) => mediaType is OciConfig or DockerConfig or HelmConfig;

    internal static bool IsImage(string mediaType) => mediaType is OciManifest or DockerManifest;
}
