using System.Text;
using EcrGuard.Core.Images;
using static EcrGuard.Core.Lifecycle.RuleWords;

namespace EcrGuard.Core.Lifecycle;

/// <summary>A number that a description claims for its rule.</summary>
/// <param name="Written">As it is written, for a message: "30 days".</param>
/// <param name="IsTime">Days if true, images if not.</param>
/// <param name="Least">A month has 28 days at least; otherwise the same as <paramref name="Most"/>.</param>
internal readonly record struct NumberClaim(string Written, bool IsTime, long Least, long Most)
{
    public bool IsSameAs(NumberClaim other) => (IsTime, Least, Most) == (other.IsTime, other.Least, other.Most);

    public bool Allows(long number) => number >= Least && number <= Most;
}

/// <summary>
/// What the description of a rule claims. It claims something only if it is one English sentence in which every word is
/// understood, such as "Keep the last 10 images" or "Expire untagged images older than 30 days": a verb, its object,
/// and a number or a time (<see cref="Sentence"/>). Any other sentence claims nothing: a wrong warning costs more than
/// a missing one. A tag, a ticket, a version, a quoted text or a range is no number. A word that may turn the sense
/// ("not", "except", "at least", "per") makes the whole description claim nothing.
/// </summary>
internal sealed class RuleDescription
{
    private readonly List<List<string>> _clauses = [];
    private readonly IReadOnlyList<TagPattern> _tags;

    /// <summary>The sentence of the description, if it has only one and that is understood.</summary>
    private readonly Sentence? _only;

    private readonly bool _isPlain;

    /// <param name="tags">Those of the rule. A word or a number that is in them is no claim about the rule.</param>
    public RuleDescription(string text, IReadOnlyList<TagPattern> tags)
    {
        _tags = tags;
        Split(text.ToLowerInvariant().Replace('’', '\''));
        // "Rule 1: …"
        _clauses.RemoveAll(clause => clause is ["rule" or "step" or "priority", var label] && IsDigits(label));
        _isPlain = !_clauses.Any(TurnsSense);
        List<Sentence?> sentences = [.. _clauses.Select(Read)];
        _only = sentences is [{ } only] ? only : null;
        List<NumberClaim> claims = [.. sentences.SelectMany(sentence => sentence?.Claims ?? [])];
        var read = sentences.Sum(sentence => sentence?.Numbers ?? 0);
        Number =
            _isPlain && claims is [var claim] && read == _clauses.Sum(clause => clause.Count(IsNumber)) ? claim : null;
    }

    /// <summary>
    /// The number that is claimed. Null where there is another number anywhere: one of them may not be about this rule.
    /// </summary>
    public NumberClaim? Number { get; }

    /// <summary>
    /// Claims that every image of the rule stays, without end: "Protect …", "Never expire …", "Keep all …".
    /// </summary>
    public bool SaysProtect =>
        _only is { Noun: { } noun, IsNarrowed: false, Time: null, Count: null } sentence
        // "The production image" may be the one image that a count of one keeps.
        && (noun.EndsWith('s') || sentence.IsEvery)
        && sentence.Kinds.All(kind => PlainKinds.Contains(kind) || IsInTags(kind))
        && (
            sentence.Action is Action.NeverDelete or Action.Protect
                ? sentence.Tail.Count == 0
                : sentence.Action == Action.Keep
                    && (
                        sentence.IsEvery && sentence.Tail.Count == 0 || sentence.Tail is ["forever"] or ["indefinitely"]
                    )
        );

    /// <summary>Claims that images are archived, and says nothing else.</summary>
    public bool SaysArchive =>
        _isPlain
        && _only is { Action: Action.Archive, Noun: "image" or "images" } sentence
        && sentence.Tail is [] or ["to", "archive"] or ["to", "the", "archive"]
        && !_tags.Any(tag => tag.Text.Contains("archiv", StringComparison.OrdinalIgnoreCase));

    /// <summary>Claims that images are deleted, and says nothing else.</summary>
    public bool SaysDelete => _isPlain && _only is { Action: Action.Delete, Noun: not null, Tail: [] };

    /// <summary>Claims to take untagged images and no others: "Expire all untagged images".</summary>
    public bool SaysUntagged =>
        _isPlain && _only is { Action: not Action.None, Kinds: ["untagged"], IsNarrowed: false, Tail: [] };

    /// <summary>The environments whose images the description speaks of: "dev and staging images".</summary>
    public IReadOnlyList<string> NamedEnvironments =>
        _isPlain
        && _only is { Noun: "image" or "images", IsNarrowed: false, Kinds.Count: > 0 } sentence
        && sentence.Kinds.All(kind => KindOf(kind) is not null)
        && (sentence.Tail.Count == 0 || sentence.Tail.Contains("rest"))
            ? [.. sentence.Kinds.Distinct()]
            : [];

    /// <summary>Whether every pattern names environments, and none of a kind that the description names.</summary>
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

        /// <summary>"Images older than 30 days": it names an age, and does not say what is done.</summary>
        Images,
    }

    /// <summary>A clause that is understood: what is done to which images, how many or how old.</summary>
    /// <param name="IsEvery">Whether "all" or "every" stands before the rest.</param>
    /// <param name="Kinds">The words before the noun that say which: "untagged", "dev".</param>
    /// <param name="Noun">Null where none is said: "Keep last 10".</param>
    /// <param name="IsNarrowed">Whether other words than the kinds narrow it: "tagged with 'latest'".</param>
    /// <param name="Tail">What follows and changes no number: "and mark the rest for expiration".</param>
    /// <param name="Numbers">How many numbers of the clause are in the claims.</param>
    private sealed record Sentence(
        Action Action,
        bool IsEvery,
        IReadOnlyList<string> Kinds,
        string? Noun,
        bool IsNarrowed,
        NumberClaim? Count,
        NumberClaim? Time,
        IReadOnlyList<string> Tail,
        int Numbers
    )
    {
        public IEnumerable<NumberClaim> Claims => new[] { Count, Time }.OfType<NumberClaim>();
    }

    /// <summary>
    /// The action of the clause, and where its verb stands. A clause that begins otherwise is not understood.
    /// </summary>
    private static (Action Action, int At) Verb(List<string> clause)
    {
        var at = 0;
        while (at < clause.Count && Lead.Contains(clause[at]))
            at++;
        string Word(int behind) => at + behind < clause.Count ? clause[at + behind] : "";
        if (Word(0) is "never" or "don't" or "doesn't" && DeleteWords.Contains(Word(1)))
            return (Action.NeverDelete, at + 1);
        if (Word(0) is "do" or "does" && Word(1) is "not" or "never" && DeleteWords.Contains(Word(2)))
            return (Action.NeverDelete, at + 2);
        if (KeepWords.Contains(Word(0)))
            return (Action.Keep, at);
        if (DeleteWords.Contains(Word(0)))
            return (Action.Delete, at);
        if (CleanWords.Contains(Word(0)))
            return (Action.Clean, Word(1) is "up" or "out" ? at + 1 : at);
        if (ArchiveWords.Contains(Word(0)) || (MoveWords.Contains(Word(0)) && clause[^1] is "archive"))
            return (Action.Archive, at);
        if (ProtectWords.Contains(Word(0)))
            return (Action.Protect, at);
        var noun = at;
        while (noun < clause.Count && (clause[noun] is "untagged" or "tagged" || Determiners.Contains(clause[noun])))
            noun++;
        return noun < clause.Count && clause[noun] is "images" ? (Action.Images, at - 1) : (Action.None, at);
    }

    /// <summary>Reads a clause by the grammar; null where a word does not fit.</summary>
    private Sentence? Read(List<string> clause)
    {
        var (action, verb) = Verb(clause);
        if (action == Action.None)
            return null;
        var at = verb + 1;
        var every = at < clause.Count && clause[at] is "all" or "every";
        if (ReadObject(clause, ref at) is not var (kinds, noun, number, newest))
            return null;
        // "The last image", "images tagged with 'latest'".
        var narrowed = (noun is not null && SkipTagged(clause, ref at)) || (newest && number is null);
        var numbers = number is null ? 0 : 1;
        NumberClaim? time = null;
        if (ReadTime(clause, ref at, action) is { } read)
            (time, numbers) = (read.Claim, numbers + read.Numbers);
        List<string> tail = clause[at..];
        var count = number is null ? null : CountOf(clause[number.Value], action, kinds, noun, newest);
        var understood =
            (noun is not null || kinds is [] or ["untagged"])
            && (number is null || count is not null)
            && (tail.Count == 0 || MayFollow(tail, time is not null));
        return understood ? new(action, every, kinds, noun, narrowed, count, time, tail, numbers) : null;
    }

    /// <summary>
    /// The words from the verb to the noun: determiners, one number, and the kind of images. Null where a word does not
    /// fit.
    /// </summary>
    private static (List<string> Kinds, string? Noun, int? Number, bool Newest)? ReadObject(
        List<string> clause,
        ref int at
    )
    {
        var (kinds, newest) = (new List<string>(), false);
        int? number = null;
        for (; at < clause.Count; at++)
        {
            var (word, next) = (clause[at], at + 1 < clause.Count ? clause[at + 1] : "");
            if (Nouns.Contains(word) && !Nouns.Contains(next))
                return (kinds, clause[at++], number, newest);
            if (IsNumber(word) && IsUnit(next, out _))
                break;
            if (IsNumber(word))
            {
                if (number is not null || kinds.Count > 0)
                    return null;
                number = at;
            }
            else if (Newest.Contains(word) && kinds.Count == 0)
                newest = true;
            else if (word is "and" or "," or "&" && kinds.Count > 0 && KindOf(kinds[^1]) is not null)
            {
                if (KindOf(next) is null)
                    break;
            }
            else if (Joints.Contains(word) || TimeBegins.Contains(word))
                break;
            else if (IsUnit(word, out _))
                return null;
            else if (!Determiners.Contains(word) || kinds.Count > 0)
                kinds.Add(word);
        }
        return (kinds, null, number, newest);
    }

    /// <summary>"tagged with □", "that are tagged □".</summary>
    private static bool SkipTagged(List<string> clause, ref int at)
    {
        var tagged = at;
        if (tagged + 1 < clause.Count && clause[tagged] is "that" or "which" && clause[tagged + 1] is "are")
            tagged += 2;
        if (tagged >= clause.Count || clause[tagged] is not "tagged")
            return false;
        tagged++;
        if (tagged < clause.Count && clause[tagged] is "with" or "as")
            tagged++;
        if (tagged >= clause.Count)
            return false;
        at = tagged + 1;
        return true;
    }

    /// <summary>
    /// The age of images: "older than 30 days", "after 2 weeks", "not pulled in 90 days", and "for 30 days" of a rule
    /// that keeps.
    /// </summary>
    private static (NumberClaim Claim, int Numbers)? ReadTime(List<string> clause, ref int at, Action action)
    {
        var from = at;
        if (clause.Count > from + 2 && clause[from] is "that" or "which" && clause[from + 1] is "are")
            from += 2;
        var words = clause.Skip(from).TakeWhile(word => !IsNumber(word)).ToList();
        var begins = words switch
        {
            ["older" or "more", "than"] or ["pushed" or "built" or "created", "more", "than"] => action
                is not (Action.Keep or Action.Protect or Action.NeverDelete),
            ["over" or "after" or "beyond" or "exceeding"] => action
                is Action.Delete
                    or Action.Clean
                    or Action.Archive
                    or Action.Images,
            ["not", "pulled", "in" or "for" or "since" or "within", ..] or ["unused", "for", ..] => words
                .Skip(words.IndexOf("pulled") + 2)
                .All(word => word is "the" or "last" or "past" or "for"),
            ["for"] => action == Action.Keep,
            [] => clause.Count > from + 2 && clause[from + 2] is "old",
            _ => false,
        };
        var number = from + words.Count;
        if (!begins || TimeAt(clause, number) is not { } time)
            return null;
        at = number + 2;
        if (at < clause.Count && clause[at] is "old" or "ago")
            at++;
        // The same time again in other words.
        if (at < clause.Count && clause[at] is "," && TimeAt(clause, at + 1) is { } same && time.IsSameAs(same))
        {
            at += 3;
            return (time, 2);
        }
        return (time, 1);
    }

    /// <summary>The number of images that a rule is said to keep; null where that is not sure.</summary>
    private NumberClaim? CountOf(string word, Action action, List<string> kinds, string? noun, bool newest)
    {
        if (
            action != Action.Keep
            || ValueOf(word) is not { } number
            || !(noun is "image" or "images" || (noun is null && newest && kinds.Count == 0))
            || kinds.Any(kind => Indexes.Contains(kind) || kind == "□")
            // "Keep 2024 images", "Keep the 8 LTS images": a year or a version.
            || (!newest && number is > 1900 and < 2100)
            || _tags.Any(tag => NumbersIn(tag.Text).Contains(word))
        )
            return null;
        var images =
            noun is null ? ""
            : number == 1 ? " image"
            : " images";
        return new(word + images, false, number, number);
    }

    /// <summary>Words that may follow a claim without changing it.</summary>
    private static bool MayFollow(List<string> tail, bool time) =>
        !tail.Any(word => IsNumber(word) || IsUnit(word, out _))
        && (
            tail[0] is "," or "forever" or "indefinitely"
            || (
                time
                    ? tail is ["to" or "in", .., "archive"]
                    : tail[0] is "and" or "then" or "for" or "that" or "in" or "to"
            )
        );

    private bool IsInTags(string word) =>
        word.All(char.IsLetter)
        && _tags.Any(tag => LettersIn(tag.Text.ToLowerInvariant()).Any(part => part == word || part + "s" == word));

    private static IEnumerable<string> NumbersIn(string pattern) =>
        string.Concat(pattern.Select(c => char.IsAsciiDigit(c) ? c : ' ')).Split(' ').Where(run => run.Length > 0);

    private static IEnumerable<string> LettersIn(string pattern) =>
        string.Concat(pattern.Select(c => char.IsAsciiLetter(c) ? c : ' ')).Split(' ').Where(run => run.Length > 0);

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
            if (TurnsTheSense.Contains(clause[w]) && !allowed)
                return true;
        }
        return false;
    }

    /// <summary>The time of a number and the unit behind it; null where it is not a number of days.</summary>
    private static NumberClaim? TimeAt(List<string> clause, int w)
    {
        if (
            w + 1 >= clause.Count
            || !IsNumber(clause[w])
            || ValueOf(clause[w]) is not { } number
            || !IsUnit(clause[w + 1], out var unit)
        )
            return null;
        var written = $"{clause[w]} {clause[w + 1]}";
        if (unit == "hour")
            return number % 24 == 0 && number > 0 ? new(written, true, number / 24, number / 24) : null;
        var known = Array.Find(Units, u => u.Name == unit);
        // 52 weeks are a year to people.
        var more = unit == "week" ? number / 26 : 0;
        return known.Name is null
            ? null
            : new(written, true, (long)number * known.Least, ((long)number * known.Most) + more);
    }

    /// <summary>
    /// The kinds of environments that a pattern's words name: <c>*-dev-*</c> names one, <c>latest*</c> none.
    /// </summary>
    private static HashSet<string> KindsIn(string pattern)
    {
        var words = LettersIn(pattern.Replace("pre-prod", "preprod", StringComparison.Ordinal));
        return [.. words.Select(KindOf).OfType<string>()];
    }

    /// <summary>
    /// Cuts the text into clauses of words. A quoted text becomes one opaque word, □, and so does a word with a digit
    /// or a sign in it that is no number.
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
            // An apostrophe within a word opens no quote, and one at the end of a word closes none.
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
