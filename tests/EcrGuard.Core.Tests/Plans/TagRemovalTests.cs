using EcrGuard.Core.Images;
using EcrGuard.Core.Plans;

namespace EcrGuard.Core.Tests.Plans;

public sealed class TagRemovalTests
{
    private static readonly string Blocked = OwnTags.Blocked(Facts.Digest(1));

    private static TagRemoval Of(string mutability, params string[] team) =>
        TagRemoval.Of(Facts.Image(1, [.. team, Blocked]), Blocked, MutabilityValue.Parse(mutability), false);

    [Theory]
    [InlineData("MUTABLE", TagRemovalWay.Move)]
    [InlineData("IMMUTABLE", TagRemovalWay.ByName)]
    [InlineData("MUTABLE_WITH_EXCLUSION 1*", TagRemovalWay.Move)]
    [InlineData("MUTABLE_WITH_EXCLUSION ecrguard-*", TagRemovalWay.Stay)]
    [InlineData("MUTABLE_WITH_EXCLUSION 1* ecrguard-*", TagRemovalWay.Stay)]
    [InlineData("MUTABLE_WITH_EXCLUSION *", TagRemovalWay.ByName)]
    [InlineData("MUTABLE_WITH_EXCLUSION *-blocked-*", TagRemovalWay.Stay)]
    [InlineData("IMMUTABLE_WITH_EXCLUSION ecrguard-*", TagRemovalWay.Move)]
    [InlineData("IMMUTABLE_WITH_EXCLUSION *guard*blocked*", TagRemovalWay.Move)]
    [InlineData("IMMUTABLE_WITH_EXCLUSION ecrguard", TagRemovalWay.Stay)]
    [InlineData("IMMUTABLE_WITH_EXCLUSION ECRGUARD-*", TagRemovalWay.Stay)]
    [InlineData("IMMUTABLE_WITH_EXCLUSION 1.0", TagRemovalWay.Stay)]
    [InlineData("IMMUTABLE_WITH_EXCLUSION dev-*", TagRemovalWay.Stay)]
    [InlineData("unknown", TagRemovalWay.Stay)]
    public void How_a_tag_comes_off_follows_from_what_can_move(string mutability, TagRemovalWay way) =>
        Assert.Equal(way, Of(mutability, "1.0").Way);

    [Fact]
    public void Without_a_tag_of_the_teams_it_comes_off_only_by_moving()
    {
        Assert.Equal(TagRemovalWay.Move, Of("MUTABLE").Way);
        Assert.Equal(TagRemovalWay.Stay, Of("IMMUTABLE").Way);
    }

    /// <summary>A move of a tag is a push. ECR's replication deletes nothing.</summary>
    [Fact]
    public void Where_the_repository_is_replicated_nothing_moves()
    {
        TagRemoval Replicated(string mutability) =>
            TagRemoval.Of(Facts.Image(1, "1.0", Blocked), Blocked, MutabilityValue.Parse(mutability), true);
        Assert.Equal(
            "Could not unmark: the repository is replicated, and a tag that moves here moves there too.",
            Replicated("MUTABLE").Why
        );
        Assert.Equal(TagRemovalWay.ByName, Replicated("IMMUTABLE").Way);
    }

    [Fact]
    public void What_stays_says_why_and_what_helps()
    {
        Assert.Equal(
            "Could not unmark: The tag cannot move and other tags can: removing it could delete the image. "
                + "Exclude 'ecrguard-*' from the repository's tag immutability.",
            Of("IMMUTABLE_WITH_EXCLUSION 1*", "1.0").Why
        );
        Assert.Equal(
            "Could not unmark: The tag cannot move and could be the image's last: removing that deletes the "
                + "image. Exclude 'ecrguard-*' from the repository's tag immutability.",
            Of("IMMUTABLE").Why
        );
        Assert.Equal(
            "Could not unmark: Whether tags of the repository can move is not known.",
            TagRemoval.Of(Facts.Image(1, "1.0", Blocked), Blocked, null, false).Why
        );
        Assert.Null(Of("MUTABLE", "1.0").Why);
        Assert.Null(Of("IMMUTABLE", "1.0").Why);
    }

    [Fact]
    public void The_manifest_to_throw_away_is_of_its_run_alone_and_nothing_else_passes_for_it()
    {
        var manifest = RemovalManifest.Of("01run");
        Assert.NotEqual(manifest.Digest, RemovalManifest.Of("02run").Digest);
        Assert.Equal(manifest.Digest, RemovalManifest.Of("01run").Digest);
        Assert.True(RemovalManifest.Is(manifest.Text));
        Assert.All(
            [
                "",
                "{}",
                manifest.Text + " ",
                " " + manifest.Text,
                manifest.Text.Replace("01run", "", StringComparison.Ordinal),
                manifest.Text.Replace("01run", "01\",\"run\":\"", StringComparison.Ordinal),
                manifest.Text.Replace("\"layers\":[", "\"layers\":[{},", StringComparison.Ordinal),
                manifest.Text.Replace(
                    RemovalManifest.LayerType,
                    "application/vnd.oci.image.layer.v1.tar+gzip",
                    StringComparison.Ordinal
                ),
            ],
            text => Assert.False(RemovalManifest.Is(text))
        );
    }

    [Fact]
    public void The_manifest_to_throw_away_has_a_config_and_a_layer_of_its_own_types_and_speaks_about_no_image()
    {
        using var json = System.Text.Json.JsonDocument.Parse(RemovalManifest.Of("01run").Text);
        var root = json.RootElement;
        Assert.Equal(
            ["schemaVersion", "mediaType", "config", "layers", "annotations"],
            root.EnumerateObject().Select(member => member.Name)
        );
        Assert.Equal(MediaTypes.OciManifest, root.GetProperty("mediaType").GetString());
        var (config, layer) = (root.GetProperty("config"), Assert.Single(root.GetProperty("layers").EnumerateArray()));
        Assert.Equal(
            (
                RemovalManifest.ConfigType,
                RemovalManifest.DigestOf(RemovalManifest.Config).ToString(),
                RemovalManifest.Config.Length
            ),
            (
                config.GetProperty("mediaType").GetString(),
                config.GetProperty("digest").GetString(),
                config.GetProperty("size").GetInt32()
            )
        );
        Assert.Equal(
            (
                RemovalManifest.LayerType,
                RemovalManifest.DigestOf(RemovalManifest.Layer).ToString(),
                RemovalManifest.Layer.Length
            ),
            (
                layer.GetProperty("mediaType").GetString(),
                layer.GetProperty("digest").GetString(),
                layer.GetProperty("size").GetInt32()
            )
        );
    }
}
