using EcrGuard.Core.Images;
using EcrGuard.Core.Lifecycle;
using EcrGuard.Core.Plans;

namespace EcrGuard.Core.Tests.Lifecycle;

public sealed class ShieldsTests
{
    private static readonly LifecyclePolicy TaggedGoUntaggedStay = Policy("""{"rulePriority":1,"selection":{"tagStatus":"tagged","tagPatternList":["*"],"countType":"sinceImagePushed","countUnit":"days","countNumber":90},"action":{"type":"expire"}}""");

    private static readonly LifecyclePolicy TwoTaggedStay = Policy("""{"rulePriority":1,"selection":{"tagStatus":"tagged","tagPatternList":["*"],"countType":"imageCountMoreThan","countNumber":2},"action":{"type":"expire"}}""");

    private static LifecyclePolicy Policy(string rule) => LifecyclePolicy.Read(System.Text.Encoding.UTF8.GetBytes($$"""{"rules":[{{rule}}]}""")).Policy!;

    private static ImageFacts Aged(int number, int days, params string[] tags) => Facts.Image(number, tags) with { PushedAt = Facts.Now.AddDays(-days) };

    private static Shields Of(LifecyclePolicy? policy, params IReadOnlyList<ImageFacts> images) =>
        Shields.Of(policy, Facts.Contents(images), images.ToDictionary(i => i.Id.Digest, _ => new Usage(Use.InUse, ["It runs."], [])), VerdictTags.Default, Facts.Now);

    private static Use[] Uses(Shields shields) => [.. shields.Usages.Values.Select(usage => usage.Use)];

    [Fact]
    public void A_shield_that_would_itself_have_the_image_expire_is_withheld()
    {
        var shields = Of(TaggedGoUntaggedStay, Aged(1, 100), Aged(2, 10, "1.0"));
        Assert.Equal([Use.Unknown, Use.InUse], Uses(shields));
        Assert.StartsWith("1 image in use without a team's tag got no shield", shields.Withheld, StringComparison.Ordinal);
    }

    [Fact]
    public void A_shield_that_would_take_anothers_place_in_a_count_is_withheld()
    {
        var shields = Of(TwoTaggedStay, Aged(1, 1), Aged(2, 2), Aged(3, 3, "1.0"));
        Assert.Equal([Use.Unknown, Use.Unknown, Use.InUse], Uses(shields));
    }

    [Fact]
    public void A_shield_that_would_harm_within_the_day_is_withheld_too() => Assert.Equal([Use.Unknown], Uses(Of(TaggedGoUntaggedStay, Aged(1, 89))));

    [Fact]
    public void A_harmless_shield_is_put()
    {
        Assert.Equal([Use.InUse], Uses(Of(null, Aged(1, 100))));
        var shields = Of(TwoTaggedStay, Aged(1, 1), Aged(2, 2, "1.0"));
        Assert.Equal([Use.InUse, Use.InUse], Uses(shields));
        Assert.Null(shields.Withheld);
    }
}
