using EcrGuard.Core.Images;
using EcrGuard.Core.Lifecycle;
using EcrGuard.Core.Plans;

namespace EcrGuard.Core.Tests.Lifecycle;

public sealed class PolicySafetyTests
{
    /// <summary>Pushed 1 and 9 days ago.</summary>
    private static readonly Contents Two = Facts.Contents([Facts.Image(1, "1") with { PushedAt = Facts.Now.AddDays(-1) }, Facts.Image(2, "2") with { PushedAt = Facts.Now.AddDays(-9) }]);

    [Theory]
    [InlineData(20, "InUse", null)]
    [InlineData(10, "NotInUse", null)]
    [InlineData(10, "InUse", "not put: within 26 hours its rule 1 would take 000000000000 in use. The task t runs it.")]
    [InlineData(10, "Unknown", "not put yet: within 26 hours its rule 1 would take 000000000000, and whether that is in use is not known.")]
    [InlineData(8, "InUse", "not put: within 26 hours its rule 1 would take 000000000000 in use.")]
    public void What_would_take_an_image_in_use_within_a_day_and_two_hours_is_not_put(int days, string use, string? why) =>
        AssertWhy(why, WhyNot(Policies.Of(Policies.Expire(1, "*", days)), use));

    [Fact]
    public void A_shield_makes_it_safe() =>
        Assert.Null(WhyNot(Policies.Of(Policies.Keep(1, "ecrguard-inuse-*", 100_000), Policies.Expire(2, "*", 8)), "InUse", VerdictTags.Default.InUse(Facts.Digest(2))));

    [Fact]
    public void An_image_that_nobody_has_looked_at_may_be_in_use() =>
        AssertWhy("whether that is in use is not known", PolicySafety.WhyNot(Policies.Of(Policies.Keep(1, "*", 1)), Two, new Dictionary<Digest, Usage>(), Facts.Now));

    [Fact]
    public void What_a_policy_exposes_is_all_that_it_takes_within_that_time_and_of_a_policy_nobody_understands_whatever_is_used()
    {
        var usages = new Dictionary<Digest, Usage> { [Facts.Digest(1)] = new(Use.InUse, ["The task t runs it."], []) };
        Assert.Equal("within 26 hours ECR may take 2 images that are in use or may be: 000000000000, 000000000000. The task t runs it.", Exposure.Of("{}", Two, usages, Facts.Now)!.Sentence);
        Assert.Equal(Facts.Digest(2), Exposure.Of(Policies.Of(Policies.Expire(1, "*", 8)).Text, Two, usages, Facts.Now)!.Images.Single().Image.Id.Digest);
        Assert.Null(Exposure.Of(Policies.Of(Policies.Expire(1, "*", 10)).Text, Two, usages, Facts.Now));
    }

    private static string? WhyNot(LifecyclePolicy policy, string use, params string[] tags)
    {
        var contents = Two with { Images = [Two.Images[0], Two.Images[1] with { Tags = [.. Two.Images[1].Tags, .. tags] }] };
        var usages = new Dictionary<Digest, Usage> { [Facts.Digest(1)] = Usage.None, [Facts.Digest(2)] = new(Enum.Parse<Use>(use), ["The task t runs it."], []) };
        return PolicySafety.WhyNot(policy, contents, usages, Facts.Now);
    }

    private static void AssertWhy(string? part, string? why)
    {
        if (part is null)
            Assert.Null(why);
        else
            Assert.Contains(part, why, StringComparison.Ordinal);
    }
}
