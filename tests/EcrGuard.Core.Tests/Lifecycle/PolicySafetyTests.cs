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
        AssertWhy(why, WhyNot(Policies.Of(Policies.Expire(1, "*", days)), use, swept: true));

    [Fact]
    public void Who_has_not_shielded_what_is_in_use_puts_no_policy()
    {
        var keeps = Policies.Of(Policies.Keep(1, "*", 100));
        Assert.Null(WhyNot(keeps, "InUse", swept: true));
        Assert.Null(WhyNot(keeps, "NotInUse", swept: false));
        Assert.Null(WhyNot(keeps, "Unknown", swept: false));
        AssertWhy("not put yet: the next sweep shields 1 image in use first.", WhyNot(keeps, "InUse", swept: false));
        Assert.Null(WhyNot(keeps, "InUse", swept: false, VerdictTags.Default.InUse(Facts.Digest(2))));
    }

    private static string? WhyNot(LifecyclePolicy policy, string use, bool swept, params string[] tags)
    {
        var contents = Two with { Images = [Two.Images[0], Two.Images[1] with { Tags = [.. Two.Images[1].Tags, .. tags] }] };
        var usages = new Dictionary<Digest, Usage> { [Facts.Digest(1)] = Usage.None, [Facts.Digest(2)] = new(Enum.Parse<Use>(use), ["The task t runs it."], []) };
        return PolicySafety.WhyNot(policy, contents, usages, VerdictTags.Default, swept, Facts.Now);
    }

    private static void AssertWhy(string? part, string? why)
    {
        if (part is null)
            Assert.Null(why);
        else
            Assert.Contains(part, why, StringComparison.Ordinal);
    }
}
