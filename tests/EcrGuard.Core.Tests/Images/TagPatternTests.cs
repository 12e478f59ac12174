using CsCheck;
using EcrGuard.Core.Images;
using EcrGuard.Core.Lifecycle;

namespace EcrGuard.Core.Tests.Images;

public sealed class TagPatternTests
{
    [Theory]
    [InlineData("prod*", "prod", true)]
    [InlineData("prod*", "prod1", true)]
    [InlineData("prod*", "production-team1", true)]
    [InlineData("prod*", "repo-production", false)]
    [InlineData("*prod*", "repo-production", true)]
    [InlineData("*prod*", "prod-team", true)]
    [InlineData("prod", "prod1", false)]
    [InlineData("prod", "Prod", false)]
    [InlineData("*", "anything", true)]
    [InlineData("a*a", "a", false)]
    [InlineData("a*a", "aa", true)]
    [InlineData("*ab*ab", "ab", false)]
    [InlineData("*ab*ab", "abab", true)]
    [InlineData("v?", "v1", false)]
    public void A_pattern_is_anchored_at_both_ends_and_knows_only_the_asterisk(
        string pattern,
        string tag,
        bool matches
    ) => Assert.Equal(matches, TagPattern.Wildcard(pattern).Matches(tag));

    [Theory]
    [InlineData("v1", "v1", true)]
    [InlineData("v1", "v1.2", true)]
    [InlineData("v*", "v1", false)]
    public void A_prefix_is_what_a_tag_begins_with(string prefix, string tag, bool matches) =>
        Assert.Equal(matches, TagPattern.Prefix(prefix).Matches(tag));

    [Theory]
    [InlineData("release/*", false)]
    [InlineData("-x", false)]
    [InlineData("*-x", true)]
    [InlineData("v1.2_3", true)]
    public void A_pattern_can_match_only_what_a_tag_may_be(string pattern, bool can) =>
        Assert.Equal(can, TagPattern.Wildcard(pattern).CanMatch);

    [Fact]
    public void An_asterisk_in_a_prefix_matches_no_tag() => Assert.False(TagPattern.Prefix("v*").CanMatch);

    [Fact]
    public void A_pattern_that_covers_another_matches_what_that_one_matches() =>
        Gen.Select(Gen.Char["ab*"].Array[1, 6], Gen.Char["ab*"].Array[1, 6], Gen.Char["ab"].Array[0, 8])
            .Sample(
                (p, q, tag) =>
                {
                    var (wide, narrow) = (TagPattern.Wildcard(new string(p)), TagPattern.Wildcard(new string(q)));
                    if (wide.Covers(narrow) && narrow.Matches(tag))
                        Assert.True(wide.Matches(tag));
                },
                iter: 20_000
            );

    [Fact]
    public void Two_patterns_meet_exactly_where_a_tag_matches_both()
    {
        // Tags are longer than the letters of two patterns together, so that there is one that matches both.
        var tags = Enumerable
            .Range(1, 8)
            .SelectMany(length =>
                Enumerable
                    .Range(0, 1 << length)
                    .Select(bits =>
                        string.Concat(Enumerable.Range(0, length).Select(i => (bits >> i & 1) == 0 ? 'a' : 'b'))
                    )
            )
            .ToList();
        Gen.Select(Gen.Char["ab*"].Array[1, 4], Gen.Char["ab*"].Array[1, 4])
            .Sample(
                (p, q) =>
                {
                    var (one, other) = (TagPattern.Wildcard(new string(p)), TagPattern.Wildcard(new string(q)));
                    Assert.Equal(tags.Exists(tag => one.Matches(tag) && other.Matches(tag)), one.Meets(other));
                },
                iter: 2_000
            );
    }

    [Fact]
    public void The_filter_lets_every_pattern_through_that_matches() =>
        Gen.Select(Gen.Char["ab*é"].Array[0, 7].Array[1, 8], Gen.Char["abéü"].Array[0, 8])
            .Sample(
                (texts, tag) =>
                {
                    TagPattern?[] patterns = [null, .. texts.Select(text => TagPattern.Wildcard(new string(text)))];
                    var candidates = new TagFilter(patterns).Candidates(tag);
                    for (var bit = 1; bit < patterns.Length; bit++)
                        Assert.True(!patterns[bit]!.Matches(tag) || (candidates & (1UL << bit)) != 0);
                },
                iter: 20_000
            );

    [Theory]
    [InlineData("prod-*", 1)]
    [InlineData("*-eu", 2)]
    [InlineData("*mid*", 3)]
    public void The_filter_tells_patterns_apart_by_their_first_and_last_characters_and_by_what_is_between(
        string pattern,
        int bit
    )
    {
        var filter = new TagFilter([
            null,
            TagPattern.Wildcard("prod-*"),
            TagPattern.Wildcard("*-eu"),
            TagPattern.Wildcard("*mid*"),
        ]);

        Assert.Equal(1UL << bit, filter.Candidates(pattern.Replace('*', 'x')));
    }
}
