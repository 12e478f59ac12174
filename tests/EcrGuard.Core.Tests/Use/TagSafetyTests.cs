using EcrGuard.Core.Images;
using EcrGuard.Core.Tests.Lifecycle;
using EcrGuard.Core.Use;

namespace EcrGuard.Core.Tests.Use;

public sealed class TagSafetyTests
{
    private static readonly string Blocked = OwnTags.Blocked(Facts.Digest(1));

    private static string? Adding(string? policy, UseState use, params string[] tags) =>
        TagSafety.WhyNot(policy, Facts.Image(1, tags), new TagAction(TagChange.Add, Blocked), use);

    private static string? Removing(string policy, UseState use) =>
        TagSafety.WhyNot(policy, Facts.Image(1, "1.0", Blocked), new TagAction(TagChange.Remove, Blocked), use);

    [Theory]
    [InlineData("1.*", null)]
    [InlineData("*", null)]
    [InlineData("ecrguard-blocked-*", null)]
    [InlineData("*-*", "could take the image by the tag: rule 1 selects it by '*-*'.")]
    [InlineData("1.*,*blocked*", "could take the image by the tag: rule 1 selects it by '1.*' and '*blocked*'.")]
    public void A_tag_is_not_put_by_which_a_rule_takes_the_image_that_does_not_name_it(string pattern, string? why)
    {
        var not = Adding(Policies.Of(Policies.Expire(1, pattern, 900)).Text, UseState.NotInUse, "1.0");
        if (why is null)
            Assert.Null(not);
        else
            Assert.EndsWith(why, not, StringComparison.Ordinal);
    }

    [Fact]
    public void A_shield_before_that_rule_makes_it_safe()
    {
        var policy = Policies.Of(Policies.Keep(1, "ecrguard-inuse-*", 100_000), Policies.Expire(2, "*-*", 1)).Text;
        Assert.Null(Adding(policy, UseState.InUse, "1.0", OwnTags.InUse(Facts.Digest(1))));
        Assert.NotNull(Adding(policy, UseState.NotInUse, "1.0"));
    }

    /// <summary>The shield, by which the policy already selects the image, will be removed.</summary>
    [Fact]
    public void A_shield_that_does_not_keep_it_excuses_no_other_tag() =>
        Assert.NotNull(
            Adding(
                Policies.Of(Policies.Expire(1, "*-*", 900)).Text,
                UseState.InUse,
                "1.0",
                OwnTags.InUse(Facts.Digest(1))
            )
        );

    [Fact]
    public void Without_a_policy_every_tag_is_safe_and_in_one_that_nobody_understands_none()
    {
        Assert.Null(Adding(null, UseState.InUse, "1.0"));
        Assert.NotNull(Adding("{}", UseState.NotInUse, "1.0"));
    }

    /// <summary>A team whose policy deletes blocked images after a week does not mean images that run.</summary>
    [Theory]
    [InlineData(UseState.NotInUse, null)]
    [InlineData(UseState.InUse, "rule 1 selects it by 'ecrguard-blocked-*', and it is in use, or may be.")]
    [InlineData(UseState.Unknown, "rule 1 selects it by 'ecrguard-blocked-*', and it is in use, or may be.")]
    public void A_rule_that_names_a_verdict_has_it_put_only_on_what_nothing_uses(UseState use, string? why)
    {
        var not = Adding(Policies.Of(Policies.Expire(1, "ecrguard-blocked-*", 7)).Text, use, "1.0");
        if (why is null)
            Assert.Null(not);
        else
            Assert.EndsWith(why, not, StringComparison.Ordinal);
    }

    [Fact]
    public void A_tag_for_which_a_policy_keeps_an_image_stays_unless_nothing_uses_it()
    {
        var keeps = Policies.Of(Policies.Keep(1, "ecrguard-blocked-*", 100_000), Policies.Expire(2, "*", 30)).Text;
        Assert.Equal(
            "The repository's lifecycle policy keeps the image for its tag, and rule 2 selects it without.",
            Removing(keeps, UseState.Unknown)
        );
        Assert.NotNull(Removing(keeps, UseState.InUse));
        Assert.Null(Removing(keeps, UseState.NotInUse));
        // The image may go by either rule, so it would help nobody to leave the tag.
        Assert.Null(
            Removing(
                Policies.Of(Policies.Expire(1, "ecrguard-blocked-*", 7), Policies.Expire(2, "*", 30)).Text,
                UseState.InUse
            )
        );
        Assert.Null(Removing(Policies.Of(Policies.Keep(1, "ecrguard-blocked-*", 100_000)).Text, UseState.InUse));
    }

    [Fact]
    public void In_a_policy_that_nobody_understands_neither_a_tag_more_nor_one_less_is_safe()
    {
        Assert.Equal(
            "The repository's lifecycle policy cannot be understood, and might take the image by the tag.",
            Adding("{}", UseState.NotInUse, "1.0")
        );
        Assert.Equal(
            "The repository's lifecycle policy cannot be understood, and might take the image without the tag.",
            Removing("{}", UseState.NotInUse)
        );
    }

    [Fact]
    public void A_rule_of_which_one_pattern_names_EcrGuards_tags_means_them() =>
        Assert.Null(
            Adding(Policies.Of(Policies.Expire(1, "1.*,ecrguard-blocked-*", 7)).Text, UseState.NotInUse, "1.0")
        );
}
