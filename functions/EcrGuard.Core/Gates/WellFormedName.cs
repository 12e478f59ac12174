namespace EcrGuard.Core.Gates;

/// <summary>
/// The grammar of an image's name in any registry: <c>host:port/path/name:tag@algorithm:hex</c>, of which the path's
/// last part must be there (github.com/distribution/reference, "reference.go").
/// </summary>
internal static class WellFormedName
{
    private const int MaxTag = 128;

    /// <summary>In characters, of SHA-256 or longer ones.</summary>
    private const int MinHash = 32;

    public static bool Is(string text)
    {
        var digest = text.IndexOf('@');
        var named = digest < 0 ? text : text[..digest];
        if (digest >= 0 && !IsDigest(text[(digest + 1)..]))
            return false;
        var colon = named.LastIndexOf(':');
        if (colon > named.LastIndexOf('/'))
        {
            if (!IsTag(named[(colon + 1)..]))
                return false;
            named = named[..colon];
        }
        var parts = named.Split('/');
        var path = parts.Length > 1 && IsHost(parts[0]) ? parts.AsSpan(1) : parts;
        foreach (var part in path)
        {
            if (!IsPathPart(part))
                return false;
        }
        return true;
    }

    public static bool HasTagOrDigest(string text) =>
        text.Contains('@') || text.LastIndexOf(':') > text.LastIndexOf('/');

    private static bool IsHost(string text)
    {
        var (host, port) = text.Split(':') switch
        {
            [var name] => (name, "0"),
            [var name, var number] => (name, number),
            _ => ("", ""),
        };
        return (text.Contains('.') || text.Contains(':') || text == "localhost")
            && port.Length is >= 1 and <= 5
            && port.All(char.IsAsciiDigit)
            && host.TrimEnd('.')
                .Split('.')
                .All(label =>
                    label.Length > 0
                    && label[0] != '-'
                    && label[^1] != '-'
                    && label.All(c => char.IsAsciiLetterOrDigit(c) || c == '-')
                );
    }

    /// <summary>Lower-case words, joined by <c>.</c>, <c>_</c>, <c>__</c> or any number of <c>-</c>.</summary>
    private static bool IsPathPart(string text)
    {
        if (text.Length == 0 || !IsWord(text[0]) || !IsWord(text[^1]))
            return false;
        for (var at = 0; at < text.Length; at++)
        {
            var begin = at;
            while (!IsWord(text[at]))
                at++;
            if (!IsSeparator(text.AsSpan(begin, at - begin)))
                return false;
        }
        return true;
    }

    private static bool IsSeparator(ReadOnlySpan<char> text) =>
        text is "" or "." or "_" or "__" || text.TrimStart('-').IsEmpty;

    private static bool IsWord(char c) => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c);

    private static bool IsTag(string text) =>
        text.Length is > 0 and <= MaxTag
        && text[0] is not ('.' or '-')
        && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-');

    private static bool IsDigest(string text) =>
        text.Split(':') is [{ Length: > 0 } algorithm, { Length: >= MinHash } hash]
        && algorithm.All(c => char.IsAsciiLetterOrDigit(c) || c is '+' or '.' or '_' or '-')
        && hash.All(char.IsAsciiHexDigit);
}
