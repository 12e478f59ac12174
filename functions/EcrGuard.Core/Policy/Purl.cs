namespace EcrGuard.Core.Policy;

/// <summary>
/// A package URL (github.com/package-url/purl-spec): <c>pkg:type/namespace/name@version?qualifiers#subpath</c>,
/// decoded.
/// </summary>
/// <param name="Type">Lower case.</param>
/// <param name="Namespace">With slashes; null where there is none.</param>
/// <param name="Subpath">A part of the package; null: the whole.</param>
internal sealed record Purl(
    string Type,
    string? Namespace,
    string Name,
    string? Version,
    IReadOnlyDictionary<string, string> Qualifiers,
    string? Subpath
)
{
    public const string Scheme = "pkg:";

    /// <summary>Reads a package URL; null where it is none.</summary>
    public static Purl? TryParse(string text)
    {
        if (!text.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
            return null;
        var (whole, part) = Split(text[Scheme.Length..], '#');
        var (rest, query) = Split(whole, '?');
        var subpath = part.Trim('/');
        if (
            rest.Trim('/').Split('/', StringSplitOptions.RemoveEmptyEntries) is not [var type, .. var folders, var last]
        )
            return null;
        var at = last.LastIndexOf('@');
        var name = Decoded(at < 0 ? last : last[..at]);
        var qualifiers = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var pair in query.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var (key, value) = Split(pair, '=');
            // A qualifier without a value is the same as none.
            if (value.Length > 0 && !qualifiers.TryAdd(key.ToLowerInvariant(), Decoded(value)))
                return null;
        }
        return name.Length == 0 || (at >= 0 && at == last.Length - 1)
            ? null
            : new Purl(
                type.ToLowerInvariant(),
                folders.Length == 0 ? null : Decoded(string.Join('/', folders)),
                name,
                at < 0 ? null : Decoded(last[(at + 1)..]),
                qualifiers,
                subpath.Length == 0 ? null : Decoded(subpath)
            );
    }

    /// <summary>
    /// Whether two package URLs are the same, however they are escaped and in whatever order their qualifiers stand.
    /// </summary>
    public bool IsSameAs(Purl other) =>
        (Type, Namespace, Name, Version, Subpath)
            == (other.Type, other.Namespace, other.Name, other.Version, other.Subpath)
        && Qualifiers.Count == other.Qualifiers.Count
        && Qualifiers.All(qualifier => other.Qualifiers.GetValueOrDefault(qualifier.Key) == qualifier.Value);

    private static (string Before, string After) Split(string text, char at) =>
        text.IndexOf(at, StringComparison.Ordinal) is >= 0 and var found
            ? (text[..found], text[(found + 1)..])
            : (text, "");

    private static string Decoded(string text) => Uri.UnescapeDataString(text);
}
