using EcrGuard.Core.Lifecycle;
using static EcrGuard.Core.Tests.Lifecycle.Policies;

namespace EcrGuard.Core.Tests.Lifecycle;

public sealed class LifecyclePolicyTests
{
    [Fact]
    public void A_policy_gives_its_rules_by_priority()
    {
        var policy = Of(
            Keep(20, "any", 100),
            Archive(3, "v*", 30, description: "Archive releases"),
            ExpireArchived(10, "", 365)
        );

        Assert.Equal([3, 10, 20], policy.Rules.Select(r => r.Priority));
        Assert.Equal(
            (
                "Archive releases",
                TagStatus.Tagged,
                "v*",
                StorageClass.Standard,
                CountType.SinceImagePushed,
                30,
                LifecycleAction.Archive
            ),
            (
                policy.Rules[0].Description,
                policy.Rules[0].TagStatus,
                policy.Rules[0].Tags[0].Text,
                policy.Rules[0].StorageClass,
                policy.Rules[0].CountType,
                policy.Rules[0].CountNumber,
                policy.Rules[0].Action
            )
        );
        Assert.Equal(
            (TagStatus.Untagged, StorageClass.Archive, CountType.SinceImageTransitioned),
            (policy.Rules[1].TagStatus, policy.Rules[1].StorageClass, policy.Rules[1].CountType)
        );
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
    [InlineData(
        """{ "rules": [ ], }""",
        "1:17 $ A comment or a trailing comma stands before this; lifecycle policies are plain JSON."
    )]
    [InlineData(
        """{ /* why */ "rules": [] }""",
        "1:3 $ A comment or a trailing comma stands before this; lifecycle policies are plain JSON."
    )]
    [InlineData("[]", "1:1 $ Found a list; it must be an object.")]
    [InlineData("", "1:1 $ The file is empty.")]
    [InlineData(" \n", "1:1 $ The file is empty.")]
    [InlineData("{ \"rules\": [\n", "1:13 $ The JSON ends before it is complete, at line 1, column 13.")]
    [InlineData("{ \"rules", "1:9 $ The JSON ends before it is complete, at line 1, column 9.")]
    [InlineData("{ \"rules\" 1", "1:11 $ The document cannot be read as JSON: found '1' where ':' must stand.")]
    public void A_policy_that_ECR_refuses_is_refused_with_its_place(string text, string expected)
    {
        var reading = LifecyclePolicy.Read(System.Text.Encoding.UTF8.GetBytes(text));

        Assert.Null(reading.Policy);
        Assert.Equal(
            expected,
            string.Join('\n', reading.Problems.Select(p => $"{p.Line}:{p.Column} {p.Path} {p.Message}"))
        );
    }

    /// <summary>
    /// Documented: the pages on lifecycle policies and quotas. Recorded: the messages of ECR's own validation.
    /// </summary>
    [Theory]
    [InlineData("{ \"rules\": [", true)]
    [InlineData("{}", true)]
    [InlineData("{ \"rules\": [ {} ] }", true)]
    [InlineData("countNumber: 0", true)]
    [InlineData("tagStatus: \"some\"", true)]
    [InlineData("countType: \"imageCountMoreThan\", countUnit: \"days\"", true)]
    [InlineData("owner: \"me\"", true)]
    [InlineData("tagPatternList: [\"*a*b*c*d*\"]", true)]
    [InlineData("{ \"rules\": [] }", false)]
    [InlineData("{ \"rules\": [ ], }", false)]
    [InlineData("countNumber: \"3\"", false)]
    [InlineData("countNumber: 3000000000", false)]
    [InlineData("tagPatternList: []", false)]
    [InlineData("tagPatternList: [\"\"]", false)]
    [InlineData("countNumber: 3, countNumber: 3", false)]
    public void That_ECR_would_refuse_a_policy_is_said_only_where_it_is_documented_or_was_recorded(
        string policy,
        bool certain
    )
    {
        var reading = LifecyclePolicy.Read(policy.StartsWith('{') ? policy : WithSelection(policy));

        Assert.NotEmpty(reading.Problems);
        Assert.Equal((certain, certain ? "ECR would refuse" : "ECR may refuse"), (reading.IsRefused, reading.Refusal));
    }

    [Fact]
    public void That_an_image_is_archived_for_90_days_is_documented_and_what_ECR_says_to_fewer_is_not() =>
        Assert.False(LifecyclePolicy.Read($$"""{"rules":[{{ExpireArchived(1, "any", 89)}}]}""").IsRefused);

    private const string Dev =
        """{"rules":[{"rulePriority":1,"description":"Keep 10 dev","selection":{"tagStatus":"tagged","tagPrefixList":["dev"],"countType":"imageCountMoreThan","countNumber":10},"action":{"type":"expire"}}]}""";

    [Theory]
    [InlineData("\"countNumber\":10", "\"countNumber\":10,\"storageClass\":\"standard\"", true)]
    [InlineData("\"tagPrefixList\":[\"dev\"]", "\"tagPatternList\":[\"dev*\"]", true)]
    [InlineData("\"tagPrefixList\":[\"dev\"]", "\"tagPatternList\":[\"dev**\"]", true)]
    [InlineData("\"tagPrefixList\":[\"dev\"]", "\"tagPatternList\":[\"dev*\",\"dev*\"]", true)]
    [InlineData("\"rulePriority\":1", "\"rulePriority\":7", true)]
    [InlineData("\"countNumber\":10", "\"countNumber\": 1.0e1", true)]
    [InlineData(
        "\"tagStatus\":\"tagged\",\"tagPrefixList\":[\"dev\"]",
        "\"tagPrefixList\":[\"dev\"],\"tagStatus\":\"tagged\"",
        true
    )]
    [InlineData("\"tagPrefixList\":[\"dev\"]", "\"tagPrefixList\":[\"dev*\"]", false)]
    [InlineData("\"tagPrefixList\":[\"dev\"]", "\"tagPatternList\":[\"dev\"]", false)]
    [InlineData("\"countNumber\":10", "\"countNumber\":11", false)]
    [InlineData("Keep 10 dev", "Keep ten dev", false)]
    public void Policies_are_compared_by_what_they_mean(string text, string other, bool same)
    {
        var changed = Dev.Replace(text, other, StringComparison.Ordinal);

        Assert.NotEqual(Dev, changed);
        Assert.Equal(same, LifecyclePolicy.AreSame(Dev, changed));
        Assert.Equal(same, LifecyclePolicy.Meaning(Dev) == LifecyclePolicy.Meaning(changed));
    }

    [Fact]
    public void The_order_of_rules_in_the_text_and_of_tags_in_a_list_means_nothing_and_that_of_priorities_does()
    {
        Assert.True(
            LifecyclePolicy.AreSame(
                Of(Keep(1, "a*,b*", 2), Keep(2, "any", 3)).Text,
                Of(Keep(20, "any", 3), Keep(10, "b*,a*", 2)).Text
            )
        );
        Assert.False(
            LifecyclePolicy.AreSame(
                Of(Keep(1, "a*", 2), Keep(2, "b*", 3)).Text,
                Of(Keep(2, "a*", 2), Keep(1, "b*", 3)).Text
            )
        );
    }

    [Fact]
    public void No_policy_is_the_same_as_none_only_and_one_in_unknown_words_as_its_own_text_only()
    {
        Assert.True(LifecyclePolicy.AreSame(null, null));
        Assert.False(LifecyclePolicy.AreSame(null, Dev));
        Assert.True(LifecyclePolicy.AreSame("{\"rules\":1}", "{\"rules\":1}"));
        Assert.False(LifecyclePolicy.AreSame("{\"rules\":1}", "{\"rules\": 1}"));
    }

    private static string WithSelection(string members)
    {
        var plain = Of(Keep(1, "v*", 3)).Text;
        foreach (var member in members.Split(", "))
        {
            var (key, value) = (member.Split(": ")[0], member.Split(": ")[1]);
            var at = plain.IndexOf($"\"{key}\":", StringComparison.Ordinal);
            if (key == "countNumber" && members.Split(key).Length > 2)
                plain = plain.Replace(
                    "\"countNumber\":3",
                    "\"countNumber\":3,\"countNumber\":3",
                    StringComparison.Ordinal
                );
            else if (at < 0)
                plain = plain.Replace(
                    "\"countNumber\"",
                    $"\"{key}\":{value},\"countNumber\"",
                    StringComparison.Ordinal
                );
            else
                plain =
                    plain[..at]
                    + $"\"{key}\":{value}"
                    + plain[plain.IndexOfAny([',', '}'], plain.IndexOf(value[0] == '[' ? ']' : ':', at) + 1)..];
        }
        return plain;
    }

    [Fact]
    public void A_byte_order_mark_is_not_part_of_the_policy() =>
        Assert.NotNull(
            LifecyclePolicy
                .Read([0xEF, 0xBB, 0xBF, .. System.Text.Encoding.UTF8.GetBytes(Of(Keep(1, "any", 2)).Text)])
                .Policy
        );
}
