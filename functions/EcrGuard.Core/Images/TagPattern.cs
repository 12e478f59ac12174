using System.Buffers;

namespace EcrGuard.Core.Images;

/// <summary>
/// An entry of a rule's <c>tagPatternList</c> (<c>*</c> is any characters, at most four times, all else is itself) or
/// of its <c>tagPrefixList</c>.
/// </summary>
public sealed class TagPattern
{
    /// <summary>By ECR's model (ECR API, ImageIdentifier); OCI allows 128.</summary>
    private const int LongestTag = 300;

    private static readonly SearchValues<char> TagCharacters = SearchValues.Create(
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_.-"
    );

    /// <summary>
    /// The texts between the wildcards. A tag begins with the first, ends with the last, and has the others in between,
    /// in order.
    /// </summary>
    private readonly string[] _parts;

    private TagPattern(string text, string[] parts) => (Text, _parts) = (text, parts);

    /// <summary>As in the policy.</summary>
    public string Text { get; }

    /// <summary>The pattern that means the same: a prefix <c>v1</c> is <c>v1*</c>.</summary>
    public string Pattern => string.Join('*', _parts);

    /// <summary>
    /// A text that is the same for patterns and prefixes that plainly match the same tags: a prefix is a pattern that
    /// ends in <c>*</c>, and two <c>*</c> side by side are one. A <c>*</c> in a prefix stands for itself.
    /// </summary>
    internal string Meaning =>
        _parts.Any(part => part.Contains('*', StringComparison.Ordinal))
            ? $"prefix {Text}"
            : string.Join('*', _parts.Where((part, at) => at == 0 || at == _parts.Length - 1 || part.Length > 0));

    /// <summary>The text with which every matching tag begins. <see cref="Last"/> is that with which it ends.</summary>
    internal string First => _parts[0];

    internal string Last => _parts[^1];

    /// <summary>The longest text that every matching tag has between them; null where there is none.</summary>
    internal string? Middle =>
        _parts.Length < 3 ? null
        : _parts[1..^1].MaxBy(part => part.Length) is { Length: > 0 } middle ? middle
        : null;

    /// <summary>Whether it matches one tag only, which only one image of a repository carries.</summary>
    public bool IsExact => _parts.Length == 1;

    public bool MatchesEverything => _parts.Length > 1 && _parts.All(part => part.Length == 0);

    /// <summary>
    /// Whether it can match any tag. A tag has letters, digits, <c>_</c>, <c>.</c> and <c>-</c>, does not begin with
    /// <c>.</c> or <c>-</c>, and has at most 300 characters. A <c>*</c> in a prefix stands for itself, so such a prefix
    /// matches none.
    /// </summary>
    public bool CanMatch =>
        _parts.Sum(part => part.Length) <= LongestTag
        && _parts[0] is not ['.' or '-', ..]
        && !_parts.Any(part => part.AsSpan().ContainsAnyExcept(TagCharacters));

    public static TagPattern Wildcard(string text) => new(text, text.Split('*'));

    public static TagPattern Prefix(string text) => new(text, [text, ""]);

    public bool Matches(ReadOnlySpan<char> tag)
    {
        var first = _parts[0];
        if (_parts.Length == 1)
            return tag.SequenceEqual(first);
        if (!tag.StartsWith(first))
            return false;
        tag = tag[first.Length..];
        // Each part is looked for as far left as possible: that leaves the most to the next ones.
        foreach (var part in _parts.AsSpan(1, _parts.Length - 2))
        {
            var at = tag.IndexOf(part);
            if (at < 0)
                return false;
            tag = tag[(at + part.Length)..];
        }
        return tag.EndsWith(_parts[^1]);
    }

    /// <summary>
    /// Whether it matches every tag that the other one matches; both must be able to match. The other's <c>*</c> then
    /// is a character that only a <c>*</c> matches.
    /// </summary>
    internal bool Covers(TagPattern other) => Matches(other.Pattern);

    /// <summary>
    /// Whether a tag may match both; both must be able to match. If each has a <c>*</c>, only the beginnings and ends
    /// of tags can keep them apart.
    /// </summary>
    internal bool Meets(TagPattern other) =>
        _parts.Length == 1 ? other.Matches(First)
        : other._parts.Length == 1 ? Matches(other.First)
        : (
            First.StartsWith(other.First, StringComparison.Ordinal)
            || other.First.StartsWith(First, StringComparison.Ordinal)
        )
            && (
                Last.EndsWith(other.Last, StringComparison.Ordinal)
                || other.Last.EndsWith(Last, StringComparison.Ordinal)
            );

    public override string ToString() => Text;
}
