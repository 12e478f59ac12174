using System.Text;
using EcrGuard.Core.Baselines;
using EcrGuard.Core.Images;
using EcrGuard.Core.Lifecycle;
using EcrGuard.Core.Use;

namespace EcrGuard.Core.Tests.Baselines;

public sealed class PolicyEffectTests
{
    private static readonly LifecyclePolicy KeepsOne = Policy(
        """{"rulePriority":1,"selection":{"tagStatus":"any","countType":"imageCountMoreThan","countNumber":1},"action":{"type":"expire"}}"""
    );

    private static readonly LifecyclePolicy ShieldsAndKeepsOne = Policy(
        """{"rulePriority":1,"selection":{"tagStatus":"tagged","tagPatternList":["ecrguard-inuse-*"],"countType":"imageCountMoreThan","countNumber":100000},"action":{"type":"expire"}}""",
        """{"rulePriority":2,"selection":{"tagStatus":"any","countType":"imageCountMoreThan","countNumber":1},"action":{"type":"expire"}}"""
    );

    private static readonly RepositoryContents Three = Facts.Contents([
        .. Enumerable
            .Range(1, 3)
            .Select(i => Facts.Image(i, $"{i}.0") with { PushedAt = Facts.Now.AddDays(-i), SizeInBytes = 10 * i }),
    ]);

    private static LifecyclePolicy Policy(params string[] rules) =>
        LifecyclePolicy.Read(Encoding.UTF8.GetBytes($$"""{"rules":[{{string.Join(',', rules)}}]}""")).Policy!;

    private static Dictionary<Digest, ImageUsage> Uses(UseState ofTheOldest) =>
        Three.Images.ToDictionary(
            i => i.Id.Digest,
            i => i == Three.Images[^1] ? new ImageUsage(ofTheOldest, [], []) : ImageUsage.None
        );

    [Fact]
    public void What_goes_is_listed_with_rule_reason_use_and_bytes()
    {
        var effect = PolicyEffect.Of(KeepsOne, Three, Uses(UseState.InUse), shielded: false, Facts.Now);
        Assert.Equal([Facts.Digest(2), Facts.Digest(3)], effect.Expired.Select(i => i.Image.Id.Digest));
        Assert.Equal((50, 1), (effect.ExpiredBytes, effect.Expired[0].RulePriority));
        Assert.Contains("number 2 from the newest", effect.Expired[0].Reason, StringComparison.Ordinal);
        Assert.Equal([Facts.Digest(3)], effect.AtRisk.Select(i => i.Image.Id.Digest));
    }

    [Fact]
    public void An_image_whose_use_is_not_known_is_at_risk()
    {
        Assert.Equal(
            [Facts.Digest(3)],
            PolicyEffect
                .Of(KeepsOne, Three, Uses(UseState.Unknown), shielded: false, Facts.Now)
                .AtRisk.Select(i => i.Image.Id.Digest)
        );
        Assert.Equal(
            2,
            PolicyEffect
                .Of(KeepsOne, Three, new Dictionary<Digest, ImageUsage>(), shielded: false, Facts.Now)
                .AtRisk.Count
        );
    }

    [Theory]
    [InlineData(ImageKind.Image, true)]
    [InlineData(ImageKind.Index, true)]
    [InlineData(ImageKind.Artifact, true)]
    [InlineData(ImageKind.Unknown, false)]
    public void A_shield_keeps_an_artifact_that_stands_for_itself_as_it_keeps_an_image_and_nothing_of_unknown_kind(
        ImageKind kind,
        bool kept
    )
    {
        var contents = Three with { Images = [.. Three.Images.SkipLast(1), Three.Images[^1] with { Kind = kind }] };
        Assert.Equal(
            kept ? 0 : 1,
            PolicyEffect.Of(ShieldsAndKeepsOne, contents, Uses(UseState.InUse), shielded: true, Facts.Now).AtRisk.Count
        );
    }

    [Fact]
    public void A_shield_keeps_what_is_in_use_and_only_that()
    {
        var shielded = PolicyEffect.Of(ShieldsAndKeepsOne, Three, Uses(UseState.InUse), shielded: true, Facts.Now);
        Assert.Empty(shielded.AtRisk);
        Assert.Equal([Facts.Digest(2)], shielded.Expired.Select(i => i.Image.Id.Digest));
        Assert.Equal(
            [Facts.Digest(3)],
            PolicyEffect
                .Of(ShieldsAndKeepsOne, Three, Uses(UseState.InUse), shielded: false, Facts.Now)
                .AtRisk.Select(i => i.Image.Id.Digest)
        );
        Assert.Equal(
            [Facts.Digest(3)],
            PolicyEffect
                .Of(ShieldsAndKeepsOne, Three, Uses(UseState.Unknown), shielded: true, Facts.Now)
                .AtRisk.Select(i => i.Image.Id.Digest)
        );
    }

    [Fact]
    public void What_is_archived_is_told_apart()
    {
        var archives = Policy(
            """{"rulePriority":1,"selection":{"tagStatus":"any","countType":"sinceImagePushed","countUnit":"days","countNumber":2},"action":{"type":"transition","targetStorageClass":"archive"}}"""
        );
        var effect = PolicyEffect.Of(archives, Three, Uses(UseState.NotInUse), shielded: false, Facts.Now);
        Assert.Empty(effect.Expired);
        Assert.Equal([Facts.Digest(3)], effect.Archived.Select(i => i.Image.Id.Digest));
    }
}
