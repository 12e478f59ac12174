using System.Globalization;
using System.Text;

namespace EcrGuard.Core.Lifecycle;

/// <summary>A number that a description claims for its rule.</summary>
/// <param name="Written">As it stands there, for a message: "30 days".</param>
/// <param name="IsTime">Days if true, images if not.</param>
/// <param name="Least">A month has 28 days at least; otherwise the same as <paramref name="Most"/>.</param>
internal readonly record struct NumberClaim(string Written, bool IsTime, long Least, long Most)
{
    public bool Allows(long number) => number >= Least && number <= Most;
}

/// <summary>
/// What the description of a rule claims, where it plainly claims something: an English sentence that begins with what
/// is done ("Keep the last 10 images", "Images older than 30 days"). Words are whole words. A tag, a ticket, a version,
/// a quoted text or a range is no number, and one word that may turn the sense ("not", "except", "at least", "per")
/// makes the description claim nothing at all: a wrong warning costs more than a missing one.
/// </summary>
internal sealed class RuleDescription
{
    /// <summary>
    /// Of one kind are the stages between development and production: people use their names for one another.
    /// </summary>
    private static readonly (string Kind, string[] Names)[] Environments =
    [
        ("production", ["prod", "production"]),
        ("development", ["dev", "develop", "development"]),
        (
            "between",
            ["preprod", "preproduction", "stag", "stage", "staging", "stg", "test", "testing", "uat", "qa", "demo"]
        ),
    ];

    /// <summary>
    /// How many days a unit has: an hour counts by the 24, and a month or a year is not always equally long.
    /// </summary>
    private static readonly (string Name, string Letter, int Least, int Most)[] Units =
    [
        ("day", "d", 1, 1),
        ("week", "w", 7, 7),
        ("fortnight", "", 14, 14),
        ("month", "mo", 28, 31),
        ("quarter", "", 90, 92),
        ("year", "y", 360, 366),
    ];

    private static readonly string[] OtherUnits = ["hour", "minute", "second"];

    private static readonly string[] NumberWords =
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

    private static readonly (string Word, int Number)[] MoreNumberWords =
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

    private static readonly HashSet<string> KeepWords =
    [
        "keep",
        "keeps",
        "keeping",
        "retain",
        "retains",
        "retaining",
        "preserve",
        "preserves",
    ];
    private static readonly HashSet<string> DeleteWords =
    [
        "expire",
        "expires",
        "expiring",
        "expired",
        "expiration",
        "delete",
        "deletes",
        "deleting",
        "deleted",
        "remove",
        "removes",
        "removing",
        "removed",
        "purge",
        "purges",
        "purging",
        "purged",
    ];
    private static readonly HashSet<string> CleanWords =
    [
        "clean",
        "cleans",
        "cleanup",
        "prune",
        "prunes",
        "drop",
        "drops",
        "evict",
        "evicts",
    ];
    private static readonly HashSet<string> ArchiveWords =
    [
        "archive",
        "archives",
        "archiving",
        "archived",
        "archival",
        "transition",
        "transitions",
        "transitioning",
        "transitioned",
    ];
    private static readonly HashSet<string> ProtectWords = ["protect", "protects", "protecting"];
    private static readonly HashSet<string> Newest = ["last", "latest", "newest", "recent"];
    private static readonly HashSet<string> BeforeTime =
    [
        "than",
        "after",
        "for",
        "in",
        "over",
        "last",
        "past",
        "beyond",
        "exceeding",
    ];
    private static readonly HashSet<string> AfterTime =
    [
        "old",
        "ago",
        "and",
        "then",
        "of",
        "on",
        "in",
        "to",
        "from",
        "for",
        "after",
        "since",
        "by",
        "at",
        "with",
        "without",
        "that",
        "which",
        "only",
        ",",
    ];
    private static readonly HashSet<string> Lead =
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
        "then",
        "and",
        "lifecycle",
        ",",
    ];

    /// <summary>With one of them the description may mean something else than its other words say.</summary>
    private static readonly HashSet<string> TurnsTheSense =
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
        "was:",
        "old:",
    ];

    /// <summary>With one of them what is protected is not every image of the rule, or no image.</summary>
    private static readonly HashSet<string> NarrowsProtection =
    [
        "use",
        "in-use",
        "running",
        "deployed",
        "active",
        "needed",
        "required",
        "referenced",
        "pulled",
        "during",
        "from",
        "against",
        "newer",
        "younger",
        "newest",
        "recent",
        "last",
        "while",
        "space",
        "disk",
        "cost",
        "costs",
        "storage",
        "quota",
        "budget",
        "us",
        "rest",
        "latest",
        "current",
        "live",
        "fresh",
        "top",
        "supported",
        "maintained",
        "open",
        "important",
        "rollback",
        "rollbacks",
        "window",
        "early",
        "soon",
        "prematurely",
        "immediately",
        "accidentally",
        "yet",
        "some",
        "time",
        "awhile",
        "short",
        "first",
        "third",
        "fourth",
        "fifth",
        "sixth",
        "seventh",
        "eighth",
        "ninth",
        "tenth",
        "nth",
    ];

    /// <summary>Other words for images without a tag: whose environment they are of no tag says.</summary>
    private static readonly HashSet<string> Untagged =
    [
        "untagged",
        "un-tagged",
        "tagless",
        "dangling",
        "orphan",
        "orphaned",
        "orphans",
        "unreferenced",
    ];

    private readonly List<List<string>> _clauses = [];
    private readonly HashSet<string> _words = [];
    private readonly bool _isPlain;

    public RuleDescription(string text)
    {
        Split(text.ToLowerInvariant().Replace('’', '\''));
        foreach (var clause in _clauses)
        {
            if (clause is ["rule" or "step" or "priority", var label] && IsDigits(label))
                clause.Clear();
        }
        _words.UnionWith(_clauses.SelectMany(clause => clause));
        _isPlain = !_clauses.Any(TurnsSense);
        (Numbers, var left) = _isPlain ? ReadNumbers() : ([], true);
        HasOneNumber = !left && Numbers.DistinctBy(claim => (claim.IsTime, claim.Least, claim.Most)).Count() == 1;
    }

    /// <summary>The numbers that are claimed.</summary>
    public IReadOnlyList<NumberClaim> Numbers { get; }

    /// <summary>
    /// Whether there is one claim and no other number anywhere, so that it can only be meant for this rule.
    /// </summary>
    public bool HasOneNumber { get; }

    /// <summary>
    /// Claims that every image of the rule stays: "Protect …", "Never expire …", "Keep all …", with no number, no time
    /// ("for a week", "every second build") and nothing that narrows it.
    /// </summary>
    public bool SaysProtect =>
        _clauses.Where(clause => clause.Count > 0).ToList() is [var only]
        && !only.Any(word => IsNumber(word) || IsUnit(word, out _) || NarrowsProtection.Contains(word))
        // "The production image" is one, and a rule that keeps one keeps it.
        && (!only.Contains("image") || only.Contains("every") || only.Contains("any"))
        && (
            Verb(only) switch
            {
                (Action.NeverDelete, _) => !only.Skip(3).Any(IsTurn),
                (Action.Protect, var at) => !only.Skip(at + 1).Any(IsTurn),
                (Action.Keep, var at) => (
                    only.Skip(at + 1).FirstOrDefault() is "all" or "every" || only[^1] is "forever" or "indefinitely"
                )
                    && !only.Skip(at + 2).Any(IsTurn)
                    && !only.Any(DeleteWords.Contains),
                _ => false,
            }
        );

    /// <summary>Claims that images are archived, and says nothing of deleting any.</summary>
    public bool SaysArchive =>
        _isPlain
        && Verbs.Contains(Action.Archive)
        && !Verbs.Contains(Action.Keep)
        && !_words.Overlaps(DeleteWords)
        && !_words.Overlaps(CleanWords);

    /// <summary>Claims that images are deleted, and says nothing of an archive.</summary>
    public bool SaysDelete =>
        Verbs.Contains(Action.Delete) && !_words.Overlaps(ArchiveWords) && !_words.Contains("from") && _isPlain;

    /// <summary>Claims to take untagged images and no others: "Expire all untagged images".</summary>
    public bool SaysUntagged =>
        _isPlain
        && !_words.Contains("tagged")
        && !_words.Contains("including")
        && !_words.Contains("also")
        && _clauses.Exists(clause =>
            Verb(clause) is (not Action.None, var at)
            && clause
                .Skip(at + 1)
                .SkipWhile(word =>
                    word is "all" or "any" or "old" or "older" or "the" or "only" or "up"
                    || IsNumber(word)
                    || Newest.Contains(word)
                )
                .ToList()
                is ["untagged", "image" or "images", ..]
                    or ["untagged"]
        );

    /// <summary>
    /// The environments whose images the description speaks of: "dev and staging images"; none where it speaks of
    /// images without a tag, whatever they are from.
    /// </summary>
    public IReadOnlyList<string> NamedEnvironments =>
        !_isPlain || _words.Overlaps(Untagged)
            ? []
            : [.. _clauses.Where(clause => Verb(clause).Action != Action.None).SelectMany(BeforeImages).Distinct()];

    /// <summary>Whether every pattern names environments too, and none of a kind that is named here.</summary>
    public bool NamesOtherEnvironmentsThan(IReadOnlyList<TagPattern> patterns)
    {
        var ours = NamedEnvironments.Select(KindOf).OfType<string>().ToHashSet();
        var theirs = patterns.Select(pattern => KindsIn(pattern.Text.ToLowerInvariant())).ToList();
        return ours.Count > 0 && theirs.TrueForAll(kinds => kinds.Count > 0 && !kinds.Overlaps(ours));
    }

    private enum Action
    {
        None,
        Keep,
        Delete,
        Clean,
        Archive,
        Protect,
        NeverDelete,

        /// <summary>"Images older than 30 days": it goes by their age, and does not say what is done.</summary>
        Images,
    }

    private HashSet<Action> Verbs => [.. _clauses.Select(clause => Verb(clause).Action)];

    /// <summary>
    /// What the clause says is done, and where the word stands; a clause that begins otherwise is not understood.
    /// </summary>
    private static (Action Action, int At) Verb(List<string> clause)
    {
        var at = 0;
        while (at < clause.Count && Lead.Contains(clause[at]))
            at++;
        if (at >= clause.Count)
            return (Action.None, at);
        var word = clause[at];
        var next = at + 1 < clause.Count ? clause[at + 1] : "";
        if (word is "never" or "don't" or "doesn't" && DeleteWords.Contains(next))
            return (Action.NeverDelete, at + 1);
        if (word is "do" or "does" && next is "not" && at + 2 < clause.Count && DeleteWords.Contains(clause[at + 2]))
            return (Action.NeverDelete, at + 2);
        if (word is "move" or "moves")
            return clause.Contains("archive") ? (Action.Archive, at) : (Action.None, at);
        // "Archive images go after a week": there it is no verb. Nobody can tell.
        if (KeepWords.Contains(word))
            return (Action.Keep, at);
        if (DeleteWords.Contains(word) && word is not ("expired" or "deleted" or "removed" or "purged" or "expiration"))
            return (Action.Delete, at);
        if (CleanWords.Contains(word))
            return (Action.Clean, at);
        if (word is "archive" or "archives" or "archiving" or "transition" or "transitions" or "transitioning")
            return (Action.Archive, at);
        if (ProtectWords.Contains(word))
            return (Action.Protect, at);
        var noun = at;
        while (
            noun < clause.Count
            && clause[noun] is "untagged" or "tagged" or "all" or "any" or "old" or "docker" or "container"
        )
            noun++;
        return noun < clause.Count && clause[noun] is "images" ? (Action.Images, noun) : (Action.None, at);
    }

    private static bool TurnsSense(List<string> clause)
    {
        var (action, at) = Verb(clause);
        for (var w = action == Action.NeverDelete ? at + 1 : 0; w < clause.Count; w++)
        {
            var next = w + 1 < clause.Count ? clause[w + 1] : "";
            var allowed = clause[w] switch
            {
                "most" => next is "recent",
                "more" => next is "than" && action is Action.Delete or Action.Clean or Action.Archive or Action.Images,
                "not" or "never" => next is "pulled" or "been",
                "no" => next is "longer",
                "up" => w > 0 && CleanWords.Contains(clause[w - 1]),
                "every" => action == Action.Keep && w == at + 1,
                _ => false,
            };
            if (IsTurn(clause[w]) && !allowed)
                return true;
        }
        return false;
    }

    private static bool IsTurn(string word) => TurnsTheSense.Contains(word);

    /// <returns>The claims, and whether any other number is left that belongs to none of them.</returns>
    private (IReadOnlyList<NumberClaim> Claims, bool Left) ReadNumbers()
    {
        var (claims, left) = (new List<NumberClaim>(), new List<NumberClaim?>());
        foreach (var clause in _clauses)
        {
            var (action, at) = Verb(clause);
            for (var w = 0; w < clause.Count; w++)
            {
                if (!IsNumber(clause[w]))
                    continue;
                // "two hundred", "1 000", "thirty one": not put together here.
                var joined = (w > 0 && IsNumber(clause[w - 1])) || (w + 1 < clause.Count && IsNumber(clause[w + 1]));
                var label = w > 0 && clause[w - 1] is "rule" or "step" or "priority";
                if (label)
                    continue;
                var mayClaim = action is not (Action.None or Action.Protect or Action.NeverDelete);
                if (joined || ValueOf(clause[w]) is not { } number)
                    left.Add(null);
                else if (
                    mayClaim
                    && (Time(clause, w, at, action, number) ?? Count(clause, w, at, action, number)) is { } claim
                )
                    claims.Add(claim);
                else
                    left.Add(TimeAt(clause, w, number));
            }
        }
        // The same once more, without saying of what, takes nothing from a claim.
        return (
            claims,
            left.Exists(other =>
                other is not { } number
                || !claims.Exists(claim => claim.IsTime && (claim.Least, claim.Most) == (number.Least, number.Most))
            )
        );
    }

    private static NumberClaim? Time(List<string> clause, int w, int verb, Action action, int number)
    {
        if (w + 1 >= clause.Count || !IsUnit(clause[w + 1], out _))
            return null;
        var follows = w + 2 < clause.Count ? clause[w + 2] : ",";
        var begins =
            w > 0 && BeforeTime.Contains(clause[w - 1])
            || (action == Action.Keep && w == verb + 1)
            || follows is "old" or "ago";
        return begins && AfterTime.Contains(follows) ? TimeAt(clause, w, number) : null;
    }

    /// <summary>The time that a number and the unit behind it are; null where that is no number of days.</summary>
    private static NumberClaim? TimeAt(List<string> clause, int w, int number)
    {
        if (w + 1 >= clause.Count || !IsUnit(clause[w + 1], out var unit))
            return null;
        var written = $"{clause[w]} {clause[w + 1]}";
        if (unit == "hour")
            return number % 24 == 0 && number > 0 ? new(written, true, number / 24, number / 24) : null;
        var known = Array.Find(Units, u => u.Name == unit);
        return known.Name is null ? null : new(written, true, (long)number * known.Least, (long)number * known.Most);
    }

    private static NumberClaim? Count(List<string> clause, int w, int verb, Action action, int number)
    {
        if (
            w == 0
            || action is not (Action.Keep or Action.Delete or Action.Clean)
            || (w + 1 < clause.Count && IsUnit(clause[w + 1], out _))
        )
            return null;
        var newest = Newest.Contains(clause[w - 1]);
        if (
            !newest
            && (
                action != Action.Keep
                || clause[w - 1] is var before && w - 1 != verb && before is not ("the" or "only" or "just")
            )
        )
            return null;
        // "Keep 2024 images": a year, as likely as not.
        if (!newest && number is > 1900 and < 2100)
            return null;
        var noun = w + 1;
        while (noun < clause.Count && noun < w + 7 && clause[noun] is var word and not ("image" or "images"))
        {
            if (
                IsNumber(word)
                || IsUnit(word, out _)
                || word is "of" or "percent" or "gb" or "mb" or "tb" or "gib" or "mib" or "□"
            )
                return null;
            if (word is "," or "and" or "then" && newest && noun == w + 1)
                return Of();
            noun++;
        }
        if (noun >= clause.Count)
            return newest && noun == w + 1 ? Of() : null;
        return clause[noun] is "image" or "images" ? Of() : null;

        NumberClaim Of() =>
            new(
                $"{clause[w]}{(noun < clause.Count && clause[noun] is "image" or "images" ? number == 1 ? " image" : " images" : "")}",
                false,
                number,
                number
            );
    }

    /// <summary>The environments that stand directly before "images".</summary>
    private static IEnumerable<string> BeforeImages(List<string> clause)
    {
        for (var noun = 1; noun < clause.Count; noun++)
        {
            if (clause[noun] is not ("image" or "images"))
                continue;
            var first = noun;
            while (first > 0 && (KindOf(clause[first - 1]) is not null || clause[first - 1] is "and" or "," or "&"))
                first--;
            foreach (var word in clause.Take(first..noun).Where(word => KindOf(word) is not null))
                yield return word;
        }
    }

    private static string? KindOf(string word) => Array.Find(Environments, kind => kind.Names.Contains(word)).Kind;

    /// <summary>
    /// The kinds of environments that a pattern's words name: <c>*-dev-*</c> names one, <c>latest*</c> none.
    /// </summary>
    private static HashSet<string> KindsIn(string pattern)
    {
        var words = new StringBuilder();
        foreach (var c in pattern.Replace("pre-prod", "preprod", StringComparison.Ordinal))
            words.Append(char.IsAsciiLetter(c) ? c : ' ');
        return [.. words.ToString().Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(KindOf).OfType<string>()];
    }

    private static bool IsUnit(string word, out string unit)
    {
        unit = word.EndsWith('s') ? word[..^1] : word;
        var name = unit;
        return Array.Exists(Units, u => u.Name == name) || OtherUnits.Contains(name);
    }

    private static bool IsDigits(string word) => word.Length > 0 && word.All(char.IsAsciiDigit);

    private static bool IsNumber(string word) =>
        IsDigits(word) || NumberWords.Contains(word) || Array.Exists(MoreNumberWords, more => more.Word == word);

    /// <summary>Null for a number that is not read: too long, or a word such as "dozen".</summary>
    private static int? ValueOf(string word) =>
        int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number
        : Array.IndexOf(NumberWords, word) is >= 0 and var at ? at
        : Array.Find(MoreNumberWords, more => more.Word == word).Number is > 0 and var more ? more
        : null;

    /// <summary>
    /// Cuts the text into clauses of words. What is quoted, and every word that has a digit or a sign in it and is no
    /// number, is one opaque word: □.
    /// </summary>
    private void Split(string text)
    {
        var clause = new List<string>();
        foreach (
            var raw in Unquoted(text)
                .Replace("(", " ( ", StringComparison.Ordinal)
                .Replace(")", " ) ", StringComparison.Ordinal)
                .Split(' ', StringSplitOptions.RemoveEmptyEntries)
        )
        {
            if (raw is "(" or ")" or "-" or "–" or "—" or "\n" or "|")
            {
                End();
                continue;
            }
            var word = raw.TrimEnd('.', ';', '!', '?', ':', ',', '…');
            var end = raw[word.Length..];
            clause.AddRange(Words(word));
            if (end.Any(c => c != ','))
                End();
            else if (end.Length > 0)
                clause.Add(",");
        }
        End();

        void End()
        {
            if (clause.Count > 0)
                _clauses.Add(clause);
            clause = [];
        }
    }

    private static IEnumerable<string> Words(string word)
    {
        if (word.Length == 0)
            yield break;
        if (word[0] == '>' && IsDigits(word[1..]))
            word = word[1..];
        if (IsGrouped(word))
        {
            yield return word.Replace(",", "", StringComparison.Ordinal);
            yield break;
        }
        var digits = word.Length - word.TrimStart(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']).Length;
        var rest = word[digits..].TrimStart('-');
        // "90-day", "30days", "30d"; 30m may be minutes or months.
        if (
            digits > 0
            && rest.Length > 0
            && (IsUnit(rest, out _) || Array.Exists(Units, u => u.Letter == rest) || rest == "h")
        )
        {
            yield return word[..digits];
            yield return rest == "h" ? "hours"
            : Array.Find(Units, u => u.Letter == rest).Name is { } name ? name + "s"
            : rest;
            yield break;
        }
        if (word.StartsWith("pre-prod", StringComparison.Ordinal) || word == "in-use")
            yield return word == "in-use" ? word : word.Replace("pre-", "pre", StringComparison.Ordinal);
        else if (word.StartsWith("non-", StringComparison.Ordinal))
            yield return "non";
        else if (word.Contains('/', StringComparison.Ordinal) && word.All(c => char.IsLetter(c) || c == '/'))
        {
            foreach (var part in word.Split('/', StringSplitOptions.RemoveEmptyEntries))
                yield return part;
        }
        else if (word == "&" || IsDigits(word) || word.All(c => char.IsLetter(c) || c is '\'' or '-' or '.'))
            yield return word;
        else
            yield return "□";
    }

    /// <summary>Digits with commas between thousands.</summary>
    private static bool IsGrouped(string word) =>
        word.Split(',') is { Length: > 1 } groups
        && groups.All(IsDigits)
        && groups[0].Length <= 3
        && groups.Skip(1).All(group => group.Length == 3);

    private static string Unquoted(string text)
    {
        var plain = new StringBuilder();
        for (var c = 0; c < text.Length; c++)
        {
            var close = text[c] switch
            {
                '\'' => '\'',
                '"' => '"',
                '`' => '`',
                '“' => '”',
                '«' => '»',
                '„' => '“',
                _ => '\0',
            };
            // An apostrophe within a word is none, and one at the end of a word closes nothing.
            var opens = close != '\0' && (c == 0 || !char.IsLetterOrDigit(text[c - 1]));
            var end = opens ? text.IndexOf(close, c + 1) : -1;
            while (end >= 0 && end + 1 < text.Length && char.IsLetterOrDigit(text[end + 1]))
                end = text.IndexOf(close, end + 1);
            if (end > c)
            {
                plain.Append(" □ ");
                c = end;
            }
            else
                plain.Append(
                    text[c] is '\n' or '\r' ? " \n "
                    : char.IsWhiteSpace(text[c]) ? " "
                    : text[c].ToString()
                );
        }
        return plain.ToString();
    }
}
