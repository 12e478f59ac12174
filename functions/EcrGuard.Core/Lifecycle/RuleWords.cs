using System.Globalization;

namespace EcrGuard.Core.Lifecycle;

/// <summary>The words that <see cref="RuleDescription"/> understands.</summary>
internal static class RuleWords
{
    /// <summary>
    /// The stages between development and production are of one kind: people use their names for one another.
    /// </summary>
    public static readonly (string Kind, string[] Names)[] Environments =
    [
        ("production", ["prod", "production"]),
        ("development", ["dev", "develop", "development"]),
        (
            "between",
            ["preprod", "preproduction", "stag", "stage", "staging", "stg", "test", "testing", "uat", "qa", "demo"]
        ),
    ];

    /// <summary>
    /// How many days a unit has. 24 hours are a day, and months and years differ in length.
    /// </summary>
    public static readonly (string Name, string Letter, int Least, int Most)[] Units =
    [
        ("day", "d", 1, 1),
        ("week", "w", 7, 7),
        ("fortnight", "", 14, 14),
        ("month", "mo", 28, 31),
        ("quarter", "", 90, 92),
        ("year", "y", 360, 366),
    ];

    public static readonly string[] OtherUnits = ["hour", "minute", "second"];

    public static readonly string[] NumberWords =
    [
        "zero",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
        "seventeen",
        "eighteen",
        "nineteen",
        "twenty",
    ];

    public static readonly (string Word, int Number)[] MoreNumberWords =
    [
        ("thirty", 30),
        ("forty", 40),
        ("fifty", 50),
        ("sixty", 60),
        ("seventy", 70),
        ("eighty", 80),
        ("ninety", 90),
        ("hundred", -1),
        ("thousand", -1),
        ("dozen", -1),
        ("couple", -1),
        ("few", -1),
    ];

    public static readonly HashSet<string> KeepWords = Forms("keep", "retain", "preserve");
    public static readonly HashSet<string> DeleteWords = Forms("expire", "delete", "remove", "purge");
    public static readonly HashSet<string> CleanWords = ["cleanup", .. Forms("clean", "prune", "drop", "evict")];
    public static readonly HashSet<string> ArchiveWords = Forms("archive");
    public static readonly HashSet<string> MoveWords = Forms("move", "transition");
    public static readonly HashSet<string> ProtectWords = Forms("protect");
    public static readonly HashSet<string> Newest = ["last", "latest", "newest", "recent", "most"];
    public static readonly HashSet<string> Lead =
    [
        "please",
        "always",
        "automatically",
        "only",
        "just",
        "this",
        "rule",
        "policy",
        "we",
        "will",
        "to",
        "the",
        "it",
        "lifecycle",
    ];

    /// <summary>They stand before a noun, and do not say which images of the rule are meant.</summary>
    public static readonly HashSet<string> Determiners = ["all", "any", "every", "the", "our", "only", "just", "old"];

    /// <summary>What a rule takes or leaves.</summary>
    public static readonly HashSet<string> Nouns =
    [
        "image",
        "images",
        "release",
        "releases",
        "build",
        "builds",
        "version",
        "versions",
        "artifact",
        "artifacts",
    ];

    /// <summary>They join words: what follows one of them is not what the sentence is about.</summary>
    public static readonly HashSet<string> Joints =
    [
        "of",
        "for",
        "with",
        "from",
        "on",
        "in",
        "by",
        "to",
        "at",
        "as",
        "via",
        "that",
        "which",
        "who",
        "whose",
        "when",
        "while",
        "where",
        "after",
        "since",
        "during",
        "than",
        "because",
        "so",
        "is",
        "are",
        "be",
        "has",
        "have",
        "and",
        "or",
        "then",
        ",",
        "&",
    ];

    /// <summary>With one of them, a promise to keep images is one for every image with that word.</summary>
    public static readonly HashSet<string> PlainKinds =
    [
        "container",
        "docker",
        "tagged",
        "release",
        "released",
        "production",
        "prod",
        "stable",
        "official",
        "base",
        "golden",
        "main",
        "master",
    ];

    /// <summary>
    /// An index takes one place in a count, and its platforms take more: nobody can tell how many stay.
    /// </summary>
    public static readonly HashSet<string> Indexes =
    [
        "multi",
        "multi-arch",
        "multiarch",
        "multi-platform",
        "multi-architecture",
        "index",
        "platform",
    ];

    /// <summary>With one of them, the description may not mean what its other words say.</summary>
    public static readonly HashSet<string> TurnsTheSense =
    [
        "not",
        "no",
        "non",
        "don't",
        "doesn't",
        "won't",
        "isn't",
        "aren't",
        "cannot",
        "can't",
        "never",
        "neither",
        "nor",
        "without",
        "except",
        "excluding",
        "exclude",
        "excludes",
        "but",
        "unless",
        "until",
        "besides",
        "instead",
        "rather",
        "other",
        "others",
        "otherwise",
        "if",
        "was",
        "were",
        "formerly",
        "previous",
        "previously",
        "before",
        "prior",
        "used",
        "should",
        "would",
        "could",
        "may",
        "might",
        "maybe",
        "perhaps",
        "todo",
        "fixme",
        "elsewhere",
        "above",
        "below",
        "per",
        "each",
        "every",
        "once",
        "twice",
        "times",
        "double",
        "both",
        "half",
        "plus",
        "about",
        "around",
        "approximately",
        "roughly",
        "nearly",
        "almost",
        "circa",
        "least",
        "most",
        "minimum",
        "maximum",
        "max",
        "min",
        "up",
        "under",
        "less",
        "fewer",
        "more",
        "within",
        "between",
        "rules",
        "policies",
        "daily",
        "nightly",
        "weekly",
        "monthly",
        "hourly",
        "yearly",
        "temporarily",
        "temporary",
        "example",
        "e.g",
        "i.e",
        "or",
        "either",
    ];

    /// <summary>With one of them a time begins: "older than 30 days".</summary>
    public static readonly HashSet<string> TimeBegins =
    [
        "older",
        "more",
        "over",
        "after",
        "beyond",
        "exceeding",
        "not",
        "unused",
        "pushed",
    ];

    /// <summary>The forms of a verb: "keep", "keeps", "keeping".</summary>
    private static HashSet<string> Forms(params ReadOnlySpan<string> verbs)
    {
        var words = new HashSet<string>();
        foreach (var verb in verbs)
            words.UnionWith([verb, verb + "s", (verb.EndsWith('e') ? verb[..^1] : verb) + "ing"]);
        return words;
    }

    public static string? KindOf(string word) => Array.Find(Environments, kind => kind.Names.Contains(word)).Kind;

    public static bool IsUnit(string word, out string unit)
    {
        unit = word.EndsWith('s') ? word[..^1] : word;
        var name = unit;
        return Array.Exists(Units, u => u.Name == name) || OtherUnits.Contains(name);
    }

    public static bool IsDigits(string word) => word.Length > 0 && word.All(char.IsAsciiDigit);

    public static bool IsNumber(string word) =>
        IsDigits(word) || NumberWords.Contains(word) || Array.Exists(MoreNumberWords, more => more.Word == word);

    /// <summary>Null for a number that is not read: too long, or a word such as "dozen".</summary>
    public static int? ValueOf(string word) =>
        int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number
        : Array.IndexOf(NumberWords, word) is >= 0 and var at ? at
        : Array.Find(MoreNumberWords, more => more.Word == word).Number is > 0 and var more ? more
        : null;
}
