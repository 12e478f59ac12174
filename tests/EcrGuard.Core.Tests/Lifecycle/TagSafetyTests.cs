using EcrGuard.Core.Lifecycle;
using EcrGuard.Core.Plans;

namespace EcrGuard.Core.Tests.Lifecycle;

public sealed class TagSafetyTests
{
    private static readonly string Blocked = VerdictTags.Default.Blocked(Facts.Digest(1));

    [Theory]
    [InlineData("1.*", null)]
    [InlineData("*", null)]
    [InlineData("ecrguard-blocked-*", null)]
    [InlineData("*-*", "could take the image by the tag: rule 1 selects it by '*-*'.")]
    [InlineData("1.*,*blocked*", "could take the image by the tag: rule 1 selects it by '1.*' and '*blocked*'.")]
    public void A_tag_is_not_put_by_which_a_rule_takes_the_image_that_does_not_name_it(string pattern, string? why)
    {
        var not = TagSafety.WhyNot(Policies.Of(Policies.Expire(1, pattern, 900)).Text, Facts.Image(1, "1.0"), Blocked, VerdictTags.Default);
        if (why is null)
            Assert.Null(not);
        else
            Assert.EndsWith(why, not, StringComparison.Ordinal);
    }

    [Fact]
    public void A_shield_before_that_rule_makes_it_safe()
    {
        var policy = Policies.Of(Policies.Keep(1, "ecrguard-inuse-*", 100_000), Policies.Expire(2, "*-*", 1)).Text;
        Assert.Null(TagSafety.WhyNot(policy, Facts.Image(1, "1.0", VerdictTags.Default.InUse(Facts.Digest(1))), Blocked, VerdictTags.Default));
        Assert.NotNull(TagSafety.WhyNot(policy, Facts.Image(1, "1.0"), Blocked, VerdictTags.Default));
    }

    [Fact]
    public void Without_a_policy_every_tag_is_safe_and_in_one_that_nobody_understands_none()
    {
        Assert.Null(TagSafety.WhyNot(null, Facts.Image(1, "1.0"), Blocked, VerdictTags.Default));
        Assert.NotNull(TagSafety.WhyNot("{}", Facts.Image(1, "1.0"), Blocked, VerdictTags.Default));
    }
}
