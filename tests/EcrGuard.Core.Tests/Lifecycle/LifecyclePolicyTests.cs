using EcrGuard.Core.Lifecycle;
using static EcrGuard.Core.Tests.Lifecycle.Policies;

namespace EcrGuard.Core.Tests.Lifecycle;

public sealed class LifecyclePolicyTests
{
    [Fact]
    public void A_policy_gives_its_rules_by_priority()
    {
        var policy = Of(Keep(20, "any", 100), Archive(3, "v*", 30, description: "Archive releases"), ExpireArchived(10, "", 365));

        Assert.Equal([3, 10, 20], policy.Rules.Select(r => r.Priority));
        Assert.Equal(
            ("Archive releases", TagStatus.Tagged, "v*", StorageClass.Standard, CountType.SinceImagePushed, 30, LifecycleAction.Archive),
            (policy.Rules[0].Description, policy.Rules[0].TagStatus, policy.Rules[0].Tags[0].Text, policy.Rules[0].StorageClass, policy.Rules[0].CountType, policy.Rules[0].CountNumber, policy.Rules[0].Action));
        Assert.Equal((TagStatus.Untagged, StorageClass.Archive, CountType.SinceImageTransitioned), (policy.Rules[1].TagStatus, policy.Rules[1].StorageClass, policy.Rules[1].CountType));
        Assert.DoesNotContain(' ', policy.Text.Replace("Archive releases", "", StringComparison.Ordinal));
    }

    [Fact]
    public void The_text_of_a_policy_reads_as_the_same_policy()
    {
        var policy = Of(Keep(1, "a*,b*", 2, "one \\\"two\\\""), Keep(2, "any", 3));

        Assert.Equal(policy.Text, Read(policy.Text).Text);
    }

    [Theory]
    [InlineData("""{ "rules": [] }""", "1:12 $.rules The list is empty: a lifecycle policy has at least one rule.")]
    [InlineData("""{ "rules": [ ], }""", "1:17 $ A comment or a trailing comma stands before this; ECR takes plain JSON only.")]
    [InlineData("""{ /* why */ "rules": [] }""", "1:3 $ A comment or a trailing comma stands before this; ECR takes plain JSON only.")]
    [InlineData("[]", "1:1 $ Found a list; it must be an object.")]
    [InlineData("", "1:1 $ The file is empty.")]
    [InlineData(" \n", "1:1 $ The file is empty.")]
    [InlineData("{ \"rules\": [\n", "1:13 $ The JSON ends before it is complete, at line 1, column 13.")]
    [InlineData("{ \"rules", "1:9 $ The JSON ends before it is complete, at line 1, column 9.")]
    [InlineData("{ \"rules\" 1", "1:11 $ The document cannot be read as JSON: '1' is invalid after a property name. Expected a ':'.")]
    public void A_policy_that_ECR_refuses_is_refused_with_its_place(string text, string expected)
    {
        var reading = LifecyclePolicy.Read(System.Text.Encoding.UTF8.GetBytes(text));

        Assert.Null(reading.Policy);
        Assert.Equal(expected, string.Join('\n', reading.Problems.Select(p => $"{p.Line}:{p.Column} {p.Path} {p.Message}")));
    }

    [Fact]
    public void A_byte_order_mark_is_not_part_of_the_policy() => Assert.NotNull(LifecyclePolicy.Read([0xEF, 0xBB, 0xBF, .. System.Text.Encoding.UTF8.GetBytes(Of(Keep(1, "any", 2)).Text)]).Policy);
}
