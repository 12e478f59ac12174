using EcrGuard.Core.Reports;

namespace EcrGuard.Core.Tests.Reports;

public sealed class FixVersionTests
{
    [Theory]
    [InlineData("3.0.14", "3.0.13", "3.0.14", "3.0.9")]
    [InlineData("5.2.1-r10", "5.2.1-r3", "5.2.1-r10")]
    [InlineData("3.0.16-1~deb12u2", "3.0.15-1~deb12u1", "3.0.16-1~deb12u2")]
    [InlineData("3.0.2-0ubuntu1.16", "3.0.2-0ubuntu1.15", "3.0.2-0ubuntu1.16")]
    [InlineData("1:3.0.7-27.el9", "1:3.0.7-27.el9", "1:3.0.7-24.el9")]
    public void The_highest_version_of_a_line_has_the_fixes_of_the_others(string highest, params string[] versions)
    {
        Assert.Single(versions.Select(version => FixVersion.Of(version).Line).Distinct(StringComparer.Ordinal));
        Assert.Equal(highest, FixVersion.Highest(versions));
    }

    [Theory]
    [InlineData("1.26.18", "2.0.7")] // the older branch may be mended later
    [InlineData("1.1.1", "1.2.1")]
    [InlineData("3.0.15-1~deb11u1", "3.0.15-1~deb12u1")] // two releases of Debian
    [InlineData("1:3.0.7", "2:3.0.7")]
    [InlineData("2.38", "2.39")]
    [InlineData("1.2.3-rc1", "1.2.3-rc2")]
    [InlineData("1.2.3", "1.2.3.1")]
    [InlineData("1.2.20240101123456", "1.2.20250101123456")]
    public void Versions_that_may_not_have_each_others_fixes_are_of_two_lines(string one, string other) =>
        Assert.NotEqual(FixVersion.Of(one).Line, FixVersion.Of(other).Line);
}
