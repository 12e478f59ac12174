using EcrGuard.Core.Plans;

namespace EcrGuard.Core.Tests.Plans;

public sealed class VerdictTagsTests
{
    [Theory]
    [InlineData("az09", true)]
    [InlineData("a`", false)]
    [InlineData("a{", false)]
    [InlineData("a/", false)]
    [InlineData("a:", false)]
    public void A_prefix_has_every_letter_and_digit_and_nothing_beside_them(string text, bool isPrefix) =>
        Assert.Equal(isPrefix, OwnTags.IsPrefix(text));
}
