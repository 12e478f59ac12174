using EcrGuard.Core.Images;

namespace EcrGuard.Core.Tests.Images;

public sealed class PhraseTests
{
    [Theory]
    [InlineData(null, "")]
    [InlineData("short", "short")]
    [InlineData("exactly10!", "exactly10!")]
    [InlineData("more than ten", "more than …")]
    [InlineData("a\nb\u007f\u009b", "a\ufffdb\ufffd\ufffd")]
    [InlineData("\u009b31mred", "\ufffd31mred")]
    [InlineData("123456789🐳", "123456789…")]
    public void A_quotation_is_short_and_safe_to_print(string? text, string clipped) =>
        Assert.Equal(clipped, Phrase.Clip(text, 10));
}
