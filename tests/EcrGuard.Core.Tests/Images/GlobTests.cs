using System.Diagnostics;
using EcrGuard.Core.Images;

namespace EcrGuard.Core.Tests.Images;

public sealed class GlobTests
{
    [Theory]
    [InlineData("*", "", true)]
    [InlineData("*", "pay/api", true)]
    [InlineData("pay/*", "pay/api", true)]
    [InlineData("pay/*", "pay/api/v2", true)]
    [InlineData("pay/*", "pay/", true)]
    [InlineData("pay/*", "pay", false)]
    [InlineData("pay/*", "repay/api", false)]
    [InlineData("pay?", "pay1", true)]
    [InlineData("pay?", "pay", false)]
    [InlineData("p?y", "p/y", true)]
    [InlineData("*-prod", "api-prod", true)]
    [InlineData("*-prod", "api-prod-2", false)]
    [InlineData("*a*b", "aab", true)]
    [InlineData("a*a", "a", false)]
    [InlineData("CVE-2024-*", "cve-2024-1", false)]
    [InlineData("a.c", "abc", false)]
    [InlineData("libstdc++6", "libstdc++6", true)]
    public void A_star_is_any_characters_and_a_question_mark_one(string pattern, string name, bool matches) =>
        Assert.Equal(matches, Glob.Parse(pattern).Matches(name));

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("pay api", "white space")]
    [InlineData("pay\n", "white space")]
    [InlineData("pay\u0001", "control character")]
    [InlineData("pay/{a,b}", "'{'")]
    [InlineData("pay/[ab]", "'['")]
    [InlineData("!pay", "'!'")]
    public void What_other_tools_would_read_otherwise_is_refused(string pattern, string because)
    {
        Assert.Null(Glob.TryParse(pattern, out var problem));
        Assert.Contains(because, problem, StringComparison.Ordinal);
        Assert.Equal(
            $"The glob '{pattern}' {problem}.",
            Assert.Throws<FormatException>(() => Glob.Parse(pattern)).Message
        );
    }

    [Fact]
    public void A_pattern_has_at_most_300_characters()
    {
        Assert.NotNull(Glob.TryParse(new string('a', Glob.MaxLength), out _));
        Assert.Null(Glob.TryParse(new string('a', Glob.MaxLength + 1), out _));
    }

    [Theory]
    [InlineData("*", true)]
    [InlineData("***", true)]
    [InlineData("?*", false)]
    [InlineData("a", false)]
    public void Only_stars_match_everything(string pattern, bool everything) =>
        Assert.Equal(everything, Glob.Parse(pattern).MatchesEverything);

    [Fact]
    public void It_agrees_with_the_definition_on_every_short_pattern_and_name()
    {
        // These are all the words over this alphabet up to these lengths, so no case is left to chance.
        var names = Words("ab", 5).ToList();
        foreach (var pattern in Words("ab*?", 4).Where(p => p.Length > 0))
        {
            var glob = Glob.Parse(pattern);
            foreach (var name in names)
                Assert.True(Naive(pattern, name) == glob.Matches(name), $"'{pattern}' and '{name}'");
        }
    }

    [Fact]
    public void It_agrees_with_the_definition_on_random_long_ones()
    {
        var random = new Random(20260615);
        for (var i = 0; i < 20_000; i++)
        {
            var pattern = random.GetString("ab/*?", random.Next(1, 12));
            var name = random.GetString("ab/", random.Next(0, 14));
            Assert.True(Naive(pattern, name) == Glob.Parse(pattern).Matches(name), $"'{pattern}' and '{name}'");
        }
    }

    [Fact]
    public void The_worst_pattern_costs_length_times_pattern_and_no_more()
    {
        var glob = Glob.Parse(string.Concat(Enumerable.Repeat("*a", 149)) + "b");
        var name = new string('a', 10_000);

        // About 1.5 million steps a match; a matcher that tries every way would not end.
        var watch = Stopwatch.StartNew();
        Assert.False(glob.Matches(name));
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(2));
    }

    private static bool Naive(ReadOnlySpan<char> pattern, ReadOnlySpan<char> name)
    {
        if (pattern.IsEmpty)
            return name.IsEmpty;
        if (pattern[0] == '*')
            return Naive(pattern[1..], name) || (!name.IsEmpty && Naive(pattern, name[1..]));
        return !name.IsEmpty && (pattern[0] == '?' || pattern[0] == name[0]) && Naive(pattern[1..], name[1..]);
    }

    private static IEnumerable<string> Words(string alphabet, int longest)
    {
        IEnumerable<string> words = [""];
        for (var length = 0; length <= longest; length++)
        {
            foreach (var word in words)
                yield return word;
            words = words.SelectMany(word => alphabet.Select(c => word + c)).ToList();
        }
    }
}
