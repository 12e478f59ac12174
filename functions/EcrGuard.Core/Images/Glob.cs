namespace EcrGuard.Core.Images;

/// <summary>
/// A pattern over names: <c>*</c> is any characters (also <c>/</c>), <c>?</c> is one, all else is itself, letter case
/// included. Matching takes linear space and at most length × pattern steps, and no regular expression, since patterns
/// come from users.
/// </summary>
public sealed record Glob
{
    /// <summary>Longer than any name that ECR or a scanner gives.</summary>
    public const int MaxLength = 300;

    private Glob(string pattern) => Pattern = pattern;

    public string Pattern { get; }

    /// <summary>Whether the pattern matches one name only.</summary>
    public bool IsLiteral => !Pattern.AsSpan().ContainsAny('*', '?');

    /// <summary>Whether the pattern matches every name.</summary>
    public bool MatchesEverything => !Pattern.AsSpan().ContainsAnyExcept('*');

    /// <summary>
    /// Whether the pattern has no text: <c>?*</c> matches every name, and <c>???</c> says no more than a length.
    /// </summary>
    public bool IsOnlyWildcards => !Pattern.AsSpan().ContainsAnyExcept('*', '?');

    /// <summary>Reads a pattern; <paramref name="problem"/> says what is wrong with it.</summary>
    public static Glob? TryParse(string text, out string? problem)
    {
        problem = text switch
        {
            "" => "is empty; '*' matches everything",
            { Length: > MaxLength } => $"has {text.Length} characters; at most {MaxLength} are allowed",
            _ when text.Any(c => char.IsControl(c) || char.IsWhiteSpace(c)) =>
                "contains white space or a control character",
            _ when text.AsSpan().ContainsAny("[]{}!") =>
                "contains '[', ']', '{', '}' or '!'; only '*' and '?' have a meaning",
            _ => null,
        };
        return problem is null ? new Glob(text) : null;
    }

    /// <exception cref="FormatException">The text is not a pattern.</exception>
    public static Glob Parse(string text) =>
        TryParse(text, out var problem) ?? throw new FormatException($"The glob '{text}' {problem}.");

    /// <param name="ignoreCase">Whether letter case makes no difference.</param>
    public bool Matches(ReadOnlySpan<char> name, bool ignoreCase = false)
    {
        var pattern = Pattern.AsSpan();
        int p = 0,
            n = 0,
            star = -1,
            mark = 0;
        while (n < name.Length)
        {
            if (p < pattern.Length && pattern[p] == '*')
            {
                star = p++;
                mark = n;
            }
            else if (p < pattern.Length && (pattern[p] == '?' || IsSame(pattern[p], name[n])))
            {
                p++;
                n++;
            }
            else if (star >= 0)
            {
                p = star + 1;
                n = ++mark;
            }
            else
            {
                return false;
            }
        }
        while (p < pattern.Length && pattern[p] == '*')
            p++;
        return p == pattern.Length;

        bool IsSame(char one, char other) =>
            one == other || (ignoreCase && char.ToUpperInvariant(one) == char.ToUpperInvariant(other));
    }

    public override string ToString() => Pattern;
}
