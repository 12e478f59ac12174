using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Core.Tests.Verdicts;

public sealed class VerdictTests
{
    [Fact]
    public void Every_status_is_read_from_its_word_and_no_other_word_is() =>
        Assert.All(Enum.GetValues<Status>(), status => Assert.Equal(status, StatusWords.Parse(status.Word())));

    [Fact]
    public void A_word_that_is_no_status_is_refused_with_those_that_are() =>
        Assert.Equal(
            "'approved' is not a status; it must be one of BLOCKED, ERROR, PENDING, UNSCANNED, UNSUPPORTED, "
                + "STALE, APPROVED.",
            Assert.Throws<FormatException>(() => StatusWords.Parse("approved")).Message
        );

    [Fact]
    public void Findings_of_every_severity_are_counted_and_added_by_themselves()
    {
        var counts = new FindingCounts(1, 2, 4, 8, 16, 32, 64);
        Assert.Equal(127, counts.Total);
        Assert.Equal(new FindingCounts(2, 4, 8, 16, 32, 64, 128), counts + counts);
        Assert.Equal(
            new FindingCounts(1, 1, 1, 1, 1, 1, 1),
            FindingCounts.Of([.. Enum.GetValues<Severity>().Select(severity => Facts.Finding(severity: severity))])
        );
    }

    [Fact]
    public void A_reason_keeps_the_platform_of_the_innermost_index()
    {
        var reason = new Reason("critical", "It blocks.").On("linux/amd64");
        Assert.Equal(("linux/amd64", "linux/amd64: It blocks."), (reason.Platform, reason.Sentence));
        Assert.Equal(reason, reason.On("linux/arm64"));
    }

    [Theory]
    [InlineData("W1", null, "W1")]
    [InlineData(WaivedFinding.Inspector, null, "a suppression rule of Amazon Inspector")]
    [InlineData("https://pay.example/vex/1", "fixed", "VEX https://pay.example/vex/1: fixed")]
    public void What_excuses_a_finding_is_named_in_words(string waiver, string? vex, string by) =>
        Assert.Equal(by, new WaivedFinding(waiver, "CVE-1", null, RuleEffect.Block, vex).By());
}
