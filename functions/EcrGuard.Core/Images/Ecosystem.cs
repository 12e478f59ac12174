using System.Collections.Frozen;
using System.Text;

namespace EcrGuard.Core.Images;

/// <summary>
/// The meaning of the words for package managers, the same in findings, rules, waivers and VEX. The words of
/// Inspector's own list (<c>GOMOD</c>, <c>PYTHONPKG</c>) and those that it prints (<c>GO</c>, <c>PYTHON</c>,
/// <c>GENERIC</c>) name one ecosystem, and so does the type of a package URL (github.com/package-url/purl-spec,
/// PURL-TYPES).
/// </summary>
public sealed class Ecosystem
{
    /// <summary>How the names of its packages are compared.</summary>
    private enum Names
    {
        Exact,
        IgnoreCase,

        /// <summary>
        /// Letter case, and the kind and number of <c>- _ .</c> between words, make no difference
        /// (https://peps.python.org/pep-0503/#normalized-names).
        /// </summary>
        Pep503,
    }

    private static readonly Ecosystem OperatingSystem = new(
        [Finding.OperatingSystem, "ALPM", "APK", "DEB", "RPM"],
        ["alpm", "apk", "deb", "rpm"],
        null,
        Names.Exact
    );

    /// <summary>Package URLs write its module paths in lower case.</summary>
    private static readonly Ecosystem Go = new(
        ["GO", "GOMOD", "GOBINARY", "GOLANG"],
        ["golang"],
        "/",
        Names.IgnoreCase
    );

    private static readonly Ecosystem[] All =
    [
        OperatingSystem,
        Go,
        new(["CARGO", "RUST"], ["cargo"], null, Names.Exact),
        new(["COMPOSER", "PHP"], ["composer"], "/", Names.IgnoreCase),
        new(["GEM", "GEMSPEC", "BUNDLER", "RUBY"], ["gem"], null, Names.Exact),
        new(["GENERIC"], ["generic"], "/", Names.Exact),
        new(["JAR", "POM", "MAVEN", "JAVA"], ["maven"], ":", Names.Exact),
        new(["NPM", "NODEPKG", "YARN", "NODE", "JAVASCRIPT"], ["npm"], "/", Names.Exact),
        new(["NUGET", "DOTNET_CORE", "DOTNET"], ["nuget"], null, Names.IgnoreCase),
        new(["PIP", "PYTHONPKG", "PIPENV", "POETRY", "PYTHON", "PYPI"], ["pypi"], null, Names.Pep503),
    ];

    private static readonly FrozenDictionary<string, Ecosystem> ByWord = All.SelectMany(each =>
            each._words.Select(word => KeyValuePair.Create(word, each))
        )
        .ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    private static readonly FrozenDictionary<string, Ecosystem> ByPurl = All.SelectMany(each =>
            each._purls.Select(type => KeyValuePair.Create(type, each))
        )
        .ToFrozenDictionary(StringComparer.Ordinal);

    private readonly string[] _words;
    private readonly string[] _purls;
    private readonly Names _names;

    private Ecosystem(string[] words, string[] purls, string? separator, Names names)
    {
        (_words, _purls, _names) = (words, purls, names);
        Separator = separator;
    }

    /// <summary>The types of package URLs whose packages scanners report.</summary>
    internal static IEnumerable<string> PurlTypes => ByPurl.Keys.Order(StringComparer.Ordinal);

    /// <summary>
    /// The separator between the namespace and the name of a package URL, as scanners write them; null where they leave
    /// out the namespace.
    /// </summary>
    internal string? Separator { get; }

    /// <summary>Whether a glob over package managers names any that a scanner is known to print.</summary>
    public static bool IsKnown(Glob glob) =>
        All.Any(each => each._words.Any(word => glob.Matches(word, ignoreCase: true)));

    /// <summary>The words for package managers.</summary>
    public static IEnumerable<string> Words => All.SelectMany(each => each._words);

    /// <summary>Null for a word that no scanner is known to print.</summary>
    public static Ecosystem? Of(string manager) => ByWord.GetValueOrDefault(manager);

    /// <summary>Null for a type that no scanner reports.</summary>
    internal static Ecosystem? OfPurl(string type) => ByPurl.GetValueOrDefault(type);

    /// <summary>Whether a glob over package managers names this one, by any of the words for it.</summary>
    public static bool Matches(Glob glob, string manager)
    {
        if (glob.Matches(manager, ignoreCase: true))
            return true;
        if (Of(manager) is not { } ecosystem)
            return false;
        foreach (var word in ecosystem._words)
        {
            if (glob.Matches(word, ignoreCase: true))
                return true;
        }
        return false;
    }

    /// <summary>Whether a glob over packages names this one, as its package manager compares names.</summary>
    public static bool Matches(Glob glob, string? manager, string package)
    {
        var ecosystem = manager is null ? null : Of(manager);
        return glob.Matches(package)
            || ecosystem?._names switch
            {
                Names.IgnoreCase => glob.Matches(package, ignoreCase: true),
                Names.Pep503 => Glob.Parse(Normalized(glob.Pattern)).Matches(Normalized(package)),
                Names.Exact or null => false,
            };
    }

    /// <summary>Whether two names mean the same package.</summary>
    public bool IsSameName(string one, string other) =>
        _names switch
        {
            Names.Exact => one == other,
            Names.IgnoreCase => string.Equals(one, other, StringComparison.OrdinalIgnoreCase),
            Names.Pep503 => Normalized(one) == Normalized(other),
        };

    /// <summary>A key that is equal for the same package, whatever the word for its manager.</summary>
    internal static (object? Manager, string? Package) Key(string? manager, string? package)
    {
        if (manager is null || Of(manager) is not { } ecosystem)
            return (manager, package);
        var name = ecosystem._names switch
        {
            Names.Exact => package,
            Names.IgnoreCase => package?.ToLowerInvariant(),
            Names.Pep503 => package is null ? null : Normalized(package),
        };
        return (ecosystem, name);
    }

    /// <summary>Whether two names may mean the same package in any ecosystem.</summary>
    internal static bool MayBeSameName(string one, string other) => Normalized(one) == Normalized(other);

    /// <summary>
    /// Whether two versions are the same: Go's come with and without <c>v</c>, and epoch 0 of a package of the
    /// operating system is none.
    /// </summary>
    public bool IsSameVersion(string? one, string other) => one is not null && Bare(one) == Bare(other);

    private string Bare(string version) =>
        this == Go && version is ['v', >= '0' and <= '9', ..] ? version[1..]
        : this == OperatingSystem && version.StartsWith("0:", StringComparison.Ordinal) ? version[2..]
        : version;

    private static string Normalized(string name)
    {
        var normalized = new StringBuilder(name.Length);
        foreach (var c in name)
        {
            if (c is not ('-' or '_' or '.'))
                normalized.Append(char.ToLowerInvariant(c));
            else if (normalized.Length == 0 || normalized[^1] != '-')
                normalized.Append('-');
        }
        return normalized.ToString();
    }
}
