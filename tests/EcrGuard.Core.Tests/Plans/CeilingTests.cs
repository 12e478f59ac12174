using EcrGuard.Core.Plans;
using EcrGuard.Core.Policy;
using static EcrGuard.Core.Tests.Plans.PlanFacts;

namespace EcrGuard.Core.Tests.Plans;

public sealed class CeilingTests
{
    private static readonly Ceilings Ten = new(Images: 10, Percent: 25, KeepPerRepository: 5);

    [Fact]
    public void At_its_ceilings_a_plan_holds() =>
        Assert.Empty(Ceiling.Broken([new("a", 20, 5, 15), new("b", 20, 5, 5), new("c", 3, 0, 3)], Ten));

    [Theory]
    [InlineData(
        41,
        11,
        30,
        "The plan takes 11 images; the policy allows 10 (ceilings.images).",
        "The plan takes 11 of the 41 images of a (26.9 %); the policy allows 25 % (ceilings.percent)."
    )]
    [InlineData(
        39,
        10,
        29,
        "The plan takes 10 of the 39 images of a (25.7 %); the policy allows 25 % (ceilings.percent)."
    )]
    [InlineData(40, 10, 4, "The plan leaves 4 images of a; the policy keeps 5 (ceilings.keepPerRepository).")]
    [InlineData(
        0,
        1,
        5,
        "The plan takes 1 of the 0 images of a (more than 100 %); the policy allows 25 % (ceilings.percent)."
    )]
    public void One_that_is_broken_is_named_with_the_numbers(
        int images,
        int count,
        int keeps,
        params string[] broken
    ) => Assert.Equal(broken, Ceiling.Broken([new("a", images, count, keeps)], Ten));

    [Fact]
    public void The_number_is_that_of_the_whole_plan() =>
        Assert.Equal(
            ["The plan takes 11 images; the policy allows 10 (ceilings.images)."],
            Ceiling.Broken([new("a", 100, 6, 94), new("b", 100, 5, 95)], Ten)
        );

    [Fact]
    public void What_a_policy_takes_counts_with_what_is_named() =>
        Assert.Equal(4, Planned(View(Six), KeepsTwo).Removed.Count);
}
