using EcrGuard.Core.Baselines;
using EcrGuard.Core.Images;
using EcrGuard.Core.Lifecycle;
using EcrGuard.Core.Plans;
using EcrGuard.Core.Tests.Lifecycle;
using EcrGuard.Core.Use;

namespace EcrGuard.Core.Tests.Baselines;

public sealed class ShieldsTests
{
    private const string EverythingTagged =
        """{"rulePriority":1,"selection":{"tagStatus":"tagged","tagPatternList":["*"],"countType":"imageCountMoreThan","countNumber":1000},"action":{"type":"expire"}}""";
    private const string Dashed =
        """{"rulePriority":1,"selection":{"tagStatus":"tagged","tagPatternList":["*-*"],"countType":"sinceImagePushed","countUnit":"days","countNumber":900},"action":{"type":"expire"}}""";
    private const string Untagged =
        """{"rulePriority":1,"selection":{"tagStatus":"untagged","countType":"sinceImagePushed","countUnit":"days","countNumber":90},"action":{"type":"expire"}}""";
    private const string UntaggedThenAny =
        Untagged
        + ""","""
        + """{"rulePriority":2,"selection":{"tagStatus":"any","countType":"imageCountMoreThan","countNumber":1000},"action":{"type":"expire"}}""";
    private const string Any =
        """{"rulePriority":1,"selection":{"tagStatus":"any","countType":"imageCountMoreThan","countNumber":1000},"action":{"type":"expire"}}""";
    private const string Release =
        """{"rulePriority":1,"selection":{"tagStatus":"tagged","tagPatternList":["1.*"],"countType":"imageCountMoreThan","countNumber":1000},"action":{"type":"expire"}}""";
    private const string ShieldFirst =
        """{"rulePriority":1,"selection":{"tagStatus":"tagged","tagPatternList":["ecrguard-inuse-*"],"countType":"imageCountMoreThan","countNumber":100000},"action":{"type":"expire"}},{"rulePriority":2,"selection":{"tagStatus":"any","countType":"imageCountMoreThan","countNumber":1},"action":{"type":"expire"}}""";

    private static string Policy(string rules) => $$"""{"rules":[{{rules}}]}""";

    private static Shields Of(string? policy, RepositoryContents contents) =>
        Shields.Of(
            policy,
            contents,
            contents.Images.ToDictionary(i => i.Id.Digest, _ => new ImageUsage(UseState.InUse, ["It runs."], [])),
            Facts.Now,
            puts: true
        );

    private static UseState[] Uses(Shields shields) => [.. shields.Usages.Values.Select(usage => usage.Use)];

    /// <summary>The rule may take nothing today, but it would after the next push or another day.</summary>
    [Theory]
    [InlineData(EverythingTagged, "Unknown InUse", "in use got no shield")]
    [InlineData(Dashed, "Unknown Unknown", "2 images in use got no shield")]
    [InlineData(UntaggedThenAny, "Unknown InUse", "1 image in use got no shield")]
    [InlineData(Untagged, "InUse InUse", null)]
    [InlineData(Any, "InUse InUse", null)]
    [InlineData(Release, "InUse InUse", null)]
    [InlineData(ShieldFirst, "InUse InUse", null)]
    public void A_shield_is_put_only_where_no_rule_counts_or_takes_more_for_it(
        string rules,
        string expected,
        string? withheld
    )
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
        Assert.Equal([UseState.InUse, UseState.InUse], Uses(Of(null, contents)));
        Assert.Equal(
            [UseState.Unknown, UseState.Unknown],
            Uses(Of("""{"rules":[{"rulePriority":1,"moon":"full"}]}""", contents))
        );
    }

    [Fact]
    public void A_shield_that_is_there_stays()
    {
        var shield = OwnTags.InUse(Facts.Digest(1));
        Assert.Equal([UseState.InUse], Uses(Of(Policy(Untagged), Facts.Contents([Facts.Image(1, shield)]))));
        Assert.Equal(
            [UseState.InUse],
            Uses(Of(Policy(EverythingTagged), Facts.Contents([Facts.Image(1, "1.0", shield)])))
        );
        Assert.Equal([UseState.InUse], Uses(Of("{}", Facts.Contents([Facts.Image(1, "1.0", shield)]))));
    }

    [Theory]
    [InlineData(null)]
    [InlineData(Untagged)]
    [InlineData(Any)]
    [InlineData(EverythingTagged)]
    [InlineData("{")]
    public void Where_EcrGuards_rule_does_not_stand_and_is_not_about_to_none_is_put(string? rules) =>
        Assert.Equal([UseState.Unknown, UseState.Unknown], Uses(Without(rules, Facts.Image(1), Facts.Image(2, "1.0"))));

    [Fact]
    public void Where_EcrGuards_rule_stands_they_are_put_though_nothing_is_about_to_be() =>
        Assert.Equal(
            [UseState.InUse, UseState.InUse],
            Uses(Without(ShieldFirst, Facts.Image(1), Facts.Image(2, "1.0")))
        );

    /// <summary>
    /// A team's policy has replaced EcrGuard's. A shield is then an ordinary tag, and it goes unless it happens to
    /// protect the image.
    /// </summary>
    [Theory]
    [InlineData(null, UseState.NotInUse)]
    [InlineData(Release, UseState.NotInUse)]
    [InlineData(Any, UseState.NotInUse)]
    [InlineData(Untagged, UseState.Unknown)]
    [InlineData("{", UseState.Unknown)]
    public void A_shield_goes_where_its_rule_has_gone_unless_the_image_would_go_with_it(
        string? rules,
        UseState planned
    ) => Assert.Equal([planned], Uses(Without(rules, Facts.Image(1, OwnTags.InUse(Facts.Digest(1))))));

    [Fact]
    public void Ten_thousand_fresh_images_without_a_policy_are_ten_thousand_images_without_a_write()
    {
        var contents = Facts.Contents([.. Enumerable.Range(1, 10_000).Select(i => Facts.Image(i, $"{i}.0"))]);
        var usages = contents
            .Images.Select(
                (image, i) =>
                    (
                        image.Id.Digest,
                        Usage: i % 2 == 0 ? new ImageUsage(UseState.InUse, ["It runs."], []) : ImageUsage.Unknown
                    )
            )
            .ToDictionary(each => each.Digest, each => each.Usage);
        var shields = Shields.Of(null, contents, usages, Facts.Now, puts: false);
        Assert.All(
            contents.Images,
            image =>
                Assert.Empty(
                    TagPlan
                        .For(
                            image,
                            Core.Verdicts.Status.Pending,
                            shields.Usages[image.Id.Digest].Use,
                            Core.Policy.EnforcementMode.Mark
                        )
                        .Actions
                )
        );
        Assert.Null(shields.Withheld);
    }

    private static Shields Without(string? rules, params ImageFacts[] images) =>
        Shields.Of(
            rules is null ? null : Policy(rules),
            Facts.Contents(images),
            images.ToDictionary(i => i.Id.Digest, _ => new ImageUsage(UseState.InUse, ["It runs."], [])),
            Facts.Now,
            puts: false
        );

    /// <summary>
    /// The team puts another policy, or its own is put back. The policy now selects the image by the former shield.
    /// </summary>
    [Fact]
    public void A_shield_by_which_a_policy_selects_the_image_comes_off_beside_a_tag_of_the_teams_and_is_told_where_it_is_the_last()
    {
        var shields = Of(Policy(Dashed), Facts.Contents([Facts.Image(1, "1.0", OwnTags.InUse(Facts.Digest(1)))]));
        Assert.Equal([UseState.NotInUse], Uses(shields));
        Assert.Null(shields.Withheld);

        var last = Of(Policy(EverythingTagged), Facts.Contents([Facts.Image(1, OwnTags.InUse(Facts.Digest(1)))]));
        Assert.Equal([UseState.InUse], Uses(last));
        Assert.StartsWith("1 image in use may go by EcrGuard's own tags: ", last.Withheld, StringComparison.Ordinal);
    }

    /// <summary>
    /// The blocking tag selects the image as well. It still does so without the shield, and that is reported.
    /// </summary>
    [Fact]
    public void A_verdicts_tag_by_which_a_policy_selects_an_image_in_use_is_told()
    {
        var shields = Of(
            Policy(Dashed),
            Facts.Contents([Facts.Image(1, "1.0", OwnTags.Blocked(Facts.Digest(1)), OwnTags.InUse(Facts.Digest(1)))])
        );
        Assert.StartsWith(
            "1 image in use may go by EcrGuard's own tags: the lifecycle policy there selects it by nothing else.",
            shields.Withheld,
            StringComparison.Ordinal
        );
        Assert.Null(
            Of(Policy(Dashed), Facts.Contents([Facts.Image(1, "1-0", OwnTags.Blocked(Facts.Digest(1)))])).Withheld
        );
    }

    /// <summary>
    /// After the count there is a rule that takes the image if it has no shield. To wait while its use is unknown would
    /// be to lose it.
    /// </summary>
    [Fact]
    public void What_would_go_without_its_shield_waits_for_nobody()
    {
        const string Rules =
            """{"rulePriority":1,"selection":{"tagStatus":"tagged","tagPatternList":["ecrguard-inuse-*"],"countType":"imageCountMoreThan","countNumber":100000},"action":{"type":"expire"}},{"rulePriority":2,"selection":{"tagStatus":"untagged","countType":"sinceImagePushed","countUnit":"days","countNumber":14},"action":{"type":"expire"}},{"rulePriority":3,"selection":{"tagStatus":"tagged","tagPatternList":["*"],"countType":"imageCountMoreThan","countNumber":1},"action":{"type":"expire"}}""";
        var contents = Facts.Contents([
            Facts.Image(1) with
            {
                PushedAt = Facts.Now.AddDays(-20),
            },
            Facts.Image(2, "1.0") with
            {
                PushedAt = Facts.Now.AddDays(-30),
            },
        ]);
        var shields = Shields.Of(
            Policy(Rules),
            contents,
            new Dictionary<Digest, ImageUsage>
            {
                [Facts.Digest(1)] = new(UseState.InUse, ["It runs."], []),
                [Facts.Digest(2)] = ImageUsage.Unknown,
            },
            Facts.Now,
            puts: false
        );
        Assert.Equal(UseState.InUse, shields.Usages[Facts.Digest(1)].Use);
    }

    /// <summary>
    /// After EcrGuard's rule, a count also covers images with a shield. The image stays for good and takes a place that
    /// another image still needs.
    /// </summary>
    [Fact]
    public void A_shield_that_takes_the_place_of_an_image_in_use_waits_until_that_has_its_own()
    {
        const string KeepsTwo =
            """{"rulePriority":1,"selection":{"tagStatus":"tagged","tagPatternList":["ecrguard-inuse-*"],"countType":"imageCountMoreThan","countNumber":100000},"action":{"type":"expire"}},{"rulePriority":2,"selection":{"tagStatus":"tagged","tagPatternList":["*"],"countType":"imageCountMoreThan","countNumber":2},"action":{"type":"expire"}}""";
        ImageFacts Old(int number, params string[] tags) =>
            Facts.Image(number, tags) with
            {
                PushedAt = Facts.Now.AddDays(-20 - number),
            };
        var pinned = Old(1);
        var crowded = Of(Policy(KeepsTwo), Facts.Contents([pinned, Old(2, "2.0"), Old(3, "1.0")]));
        Assert.Equal([UseState.Unknown, UseState.InUse, UseState.InUse], Uses(crowded));
        Assert.Contains("1 image in use got no shield", crowded.Withheld, StringComparison.Ordinal);

        Assert.Equal(
            [UseState.InUse, UseState.InUse, UseState.InUse],
            Uses(
                Of(
                    Policy(KeepsTwo),
                    Facts.Contents([pinned, Old(2, "2.0"), Old(3, "1.0", OwnTags.InUse(Facts.Digest(3)))])
                )
            )
        );
        Assert.Equal(
            [UseState.InUse, UseState.InUse],
            Uses(Of(Policy(KeepsTwo), Facts.Contents([pinned, Old(2, "2.0")])))
        );
    }

    /// <summary>
    /// ECR takes no child before its index, and a shield would only take a place in the team's counts.
    /// </summary>
    [Fact]
    public void An_untagged_child_of_an_index_in_use_needs_no_shield_of_its_own()
    {
        var index = Facts.Image(1, "1.0") with { Kind = ImageKind.Index };
        var children = new Dictionary<Digest, IReadOnlyList<Digest>>
        {
            [Facts.Digest(1)] = [Facts.Digest(2), Facts.Digest(3)],
        };
        var contents = Facts.Contents([index, Facts.Image(2), Facts.Image(3, "1.0-arm64")], children);
        Assert.Equal([UseState.InUse, UseState.Unknown, UseState.InUse], Uses(Of(Policy(ShieldFirst), contents)));
        Assert.Null(Of(Policy(ShieldFirst), contents).Withheld);
        Assert.Equal(
            UseState.InUse,
            Uses(
                Of(
                    Policy(ShieldFirst),
                    contents with
                    {
                        Images = [index with { Storage = StorageStatus.Archived }, .. contents.Images.Skip(1)],
                    }
                )
            )[1]
        );
    }

    /// <summary>The kill switch stops EcrGuard's writes, but not the policy that it has put.</summary>
    [Fact]
    public void Under_EcrGuards_policy_without_EcrGuard_what_is_in_use_and_bare_is_told()
    {
        var contents = Facts.Contents([Facts.Image(1, "1.0"), Facts.Image(2, "2.0", OwnTags.InUse(Facts.Digest(2)))]);
        string? Unkept(string rules) =>
            Shields.Unkept(
                LifecyclePolicy.Read(Policy(rules)).Policy!,
                contents,
                contents.Images.ToDictionary(i => i.Id.Digest, _ => new ImageUsage(UseState.InUse, ["It runs."], []))
            );
        Assert.StartsWith(
            "EcrGuard's lifecycle policy stands here and EcrGuard only observes: 1 image in use carries no shield",
            Unkept(ShieldFirst),
            StringComparison.Ordinal
        );
        Assert.Null(Unkept(Any));
    }

    [Theory]
    [InlineData(ShieldFirst, true)]
    [InlineData(EverythingTagged, false)]
    [InlineData(Any, false)]
    public void Shields_stand_where_their_rule_is_the_first(string rules, bool stand) =>
        Assert.Equal(
            stand,
            ShieldRule.StandsIn(LifecyclePolicy.Read(System.Text.Encoding.UTF8.GetBytes(Policy(rules))).Policy!)
        );

    /// <summary>The first rule would take the image anyway. The second counts it only with the shield.</summary>
    [Fact]
    public void A_rule_that_only_counts_it_for_the_shield_is_a_rule_too_many()
    {
        var policy = Policies.Of(Policies.Keep(1, "1.*", 1000), Policies.Keep(2, "*-*", 900)).Text;
        Assert.Equal([UseState.Unknown], Uses(Of(policy, Facts.Contents([Facts.Image(1, "1.0")]))));
        Assert.Equal([UseState.InUse], Uses(Of(policy, Facts.Contents([Facts.Image(1, "1-0")]))));
    }

    [Fact]
    public void What_nothing_uses_needs_no_shield_under_EcrGuards_policy()
    {
        var contents = Facts.Contents([.. Enumerable.Range(1, 4).Select(i => Facts.Image(i, $"{i}.0"))]);
        string? Unkept(int used) =>
            Shields.Unkept(
                LifecyclePolicy.Read(Policy(ShieldFirst)).Policy!,
                contents,
                contents.Images.ToDictionary(
                    i => i.Id.Digest,
                    i =>
                        i.Id.Digest.CompareTo(Facts.Digest(used)) <= 0
                            ? new ImageUsage(UseState.InUse, ["It runs."], [])
                            : ImageUsage.None
                )
            );
        Assert.Null(Unkept(0));
        Assert.Contains(" 1 image in use carries no shield", Unkept(1), StringComparison.Ordinal);
        Assert.Contains(" 3 images in use carry no shield", Unkept(3), StringComparison.Ordinal);
    }

    [Fact]
    public void Several_that_may_go_by_EcrGuards_tags_are_told_together_with_what_got_no_shield()
    {
        var withheld = Of(
            Policy(Dashed),
            Facts.Contents([
                .. Enumerable.Range(1, 2).Select(i => Facts.Image(i, $"{i}.0", OwnTags.Blocked(Facts.Digest(i)))),
                Facts.Image(3, "3.0"),
            ])
        ).Withheld;
        Assert.Equal(
            "1 image in use got no shield: under the lifecycle policy there the tag itself could make images "
                + "go. 2 images in use may go by EcrGuard's own tags: the lifecycle policy there selects them by "
                + "nothing else. "
                + "Have EcrGuard's rule stand first, or let the policy's patterns leave out 'ecrguard-*'.",
            withheld
        );
    }
}
