using EcrGuard.Core.Images;

namespace EcrGuard.Core.Tests.Images;

public sealed class ReplicationFactsTests
{
    private static readonly RepositoryId Repository = new("123456789012", "eu-central-1", "shop/web");

    [Theory]
    [InlineData(true, "")]
    [InlineData(true, "shop/")]
    [InlineData(true, "shop/web")]
    [InlineData(false, "shop/web/")]
    [InlineData(false, "web")]
    [InlineData(true, "web", "sh")]
    public void A_rule_covers_the_names_that_begin_so(bool covers, params string[] prefixes) =>
        Assert.Equal(covers, new ReplicationFacts([prefixes]).Covers(Repository));

    [Fact]
    public void A_rule_without_filters_covers_all_and_no_rule_covers_none()
    {
        Assert.True(
            new ReplicationFacts([
                ["web"],
                [],
            ]).Covers(Repository)
        );
        Assert.False(new ReplicationFacts([]).Covers(Repository));
    }
}
