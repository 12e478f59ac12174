using EcrGuard.Core.Images;
using EcrGuard.Core.Lifecycle;
using EcrGuard.Core.Plans;

namespace EcrGuard.Core.Tests.Lifecycle;

public sealed class ShieldsTests
{
    private const string EverythingTagged = """{"rulePriority":1,"selection":{"tagStatus":"tagged","tagPatternList":["*"],"countType":"imageCountMoreThan","countNumber":1000},"action":{"type":"expire"}}""";
    private const string Dashed = """{"rulePriority":1,"selection":{"tagStatus":"tagged","tagPatternList":["*-*"],"countType":"sinceImagePushed","countUnit":"days","countNumber":900},"action":{"type":"expire"}}""";
    private const string Untagged = """{"rulePriority":1,"selection":{"tagStatus":"untagged","countType":"sinceImagePushed","countUnit":"days","countNumber":90},"action":{"type":"expire"}}""";
    private const string UntaggedThenAny = Untagged + ""","""  + """{"rulePriority":2,"selection":{"tagStatus":"any","countType":"imageCountMoreThan","countNumber":1000},"action":{"type":"expire"}}""";
    private const string Any = """{"rulePriority":1,"selection":{"tagStatus":"any","countType":"imageCountMoreThan","countNumber":1000},"action":{"type":"expire"}}""";
    private const string Release = """{"rulePriority":1,"selection":{"tagStatus":"tagged","tagPatternList":["1.*"],"countType":"imageCountMoreThan","countNumber":1000},"action":{"type":"expire"}}""";
    private const string ShieldFirst = """{"rulePriority":1,"selection":{"tagStatus":"tagged","tagPatternList":["ecrguard-inuse-*"],"countType":"imageCountMoreThan","countNumber":100000},"action":{"type":"expire"}},{"rulePriority":2,"selection":{"tagStatus":"any","countType":"imageCountMoreThan","countNumber":1},"action":{"type":"expire"}}""";

    private static string Policy(string rules) => $$"""{"rules":[{{rules}}]}""";

    private static Shields Of(string? policy, Contents contents) =>
        Shields.Of(policy, contents, contents.Images.ToDictionary(i => i.Id.Digest, _ => new Usage(Use.InUse, ["It runs."], [])), VerdictTags.Default);

    private static Use[] Uses(Shields shields) => [.. shields.Usages.Values.Select(usage => usage.Use)];

    /// <summary>However far the rule is from taking anything today: the next push, or another day, would.</summary>
    [Theory]
    [InlineData(EverythingTagged, "Unknown InUse", "in use got no shield")]
    [InlineData(Dashed, "Unknown Unknown", "2 images in use got no shield")]
    [InlineData(UntaggedThenAny, "Unknown InUse", "1 image in use got no shield")]
    [InlineData(Untagged, "InUse InUse", null)]
    [InlineData(Any, "InUse InUse", null)]
    [InlineData(Release, "InUse InUse", null)]
    [InlineData(ShieldFirst, "InUse InUse", null)]
    public void A_shield_is_put_only_where_no_rule_counts_or_takes_more_for_it(string rules, string expected, string? withheld)
    {
        var shields = Of(Policy(rules), Facts.Contents([Facts.Image(1), Facts.Image(2, "1.0")]));
        Assert.Equal(expected, string.Join(' ', Uses(shields)));
        if (withheld is null)
            Assert.Null(shields.Withheld);
        else
            Assert.Contains(withheld, shields.Withheld, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_policy_a_shield_harms_nobody_and_in_one_that_nobody_understands_it_may()
    {
        var contents = Facts.Contents([Facts.Image(1), Facts.Image(2, "1.0")]);
        Assert.Equal([Use.InUse, Use.InUse], Uses(Of(null, contents)));
        Assert.Equal([Use.Unknown, Use.Unknown], Uses(Of("""{"rules":[{"rulePriority":1,"moon":"full"}]}""", contents)));
    }

    [Fact]
    public void A_shield_that_is_there_stays()
    {
        var shield = VerdictTags.Default.InUse(Facts.Digest(1));
        Assert.Equal([Use.InUse], Uses(Of(Policy(EverythingTagged), Facts.Contents([Facts.Image(1, shield)]))));
    }

    /// <summary>ECR takes no child before its index, and a shield would only take a place in the team's counts.</summary>
    [Fact]
    public void An_untagged_child_of_an_index_in_use_needs_no_shield_of_its_own()
    {
        var index = Facts.Image(1, "1.0") with { Kind = ImageKind.Index };
        var children = new Dictionary<Digest, IReadOnlyList<Digest>> { [Facts.Digest(1)] = [Facts.Digest(2), Facts.Digest(3)] };
        var contents = Facts.Contents([index, Facts.Image(2), Facts.Image(3, "1.0-arm64")], children);
        Assert.Equal([Use.InUse, Use.Unknown, Use.InUse], Uses(Of(Policy(ShieldFirst), contents)));
        Assert.Null(Of(Policy(ShieldFirst), contents).Withheld);
        Assert.Equal(Use.InUse, Uses(Of(Policy(ShieldFirst), contents with { Images = [index with { Storage = StorageStatus.Archived }, .. contents.Images.Skip(1)] }))[1]);
    }

    [Theory]
    [InlineData(ShieldFirst, true)]
    [InlineData(EverythingTagged, false)]
    [InlineData(Any, false)]
    public void Shields_stand_where_their_rule_is_the_first(string rules, bool stand) =>
        Assert.Equal(stand, Shields.Stand(LifecyclePolicy.Read(System.Text.Encoding.UTF8.GetBytes(Policy(rules))).Policy!, VerdictTags.Default));
}
