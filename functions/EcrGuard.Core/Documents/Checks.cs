using System.Globalization;
using EcrGuard.Core.Images;

namespace EcrGuard.Core.Documents;

/// <summary>
/// Checks for all parts of a document. Each returns the value. If the value is absent it returns null. If it is wrong
/// it returns null and reports what was found and what would be right.
/// </summary>
internal sealed class Checks
{
    public List<PolicyProblem> Problems { get; } = [];

    /// <param name="certain">See <see cref="PolicyProblem.Certain"/>.</param>
    public void Report(Node at, string message, ProblemKind kind = ProblemKind.Malformed, bool certain = true) =>
        Problems.Add(new PolicyProblem(at.Place.Line, at.Place.Column, at.Path, message, kind) { Certain = certain });

    /// <summary>The members of an object; null where the value is something else.</summary>
    public Fields? Object(Node? node) => Is(node, NodeKind.Object, "an object") ? new Fields(node!, this) : null;

    /// <summary>
    /// The items of a list. An empty one is refused where <paramref name="empty"/> says what it would do.
    /// </summary>
    public IReadOnlyList<Node>? Items(Node? node, string? empty = null)
    {
        if (!Is(node, NodeKind.List, "a list"))
            return null;
        if (node!.Items.Count == 0 && empty is not null)
            Report(node, $"The list is empty: {empty}.", certain: false);
        return node.Items;
    }

    /// <summary>A text for people: not blank, one line, at most <paramref name="longest"/> characters.</summary>
    public string? Text(Node? node, int longest)
    {
        if (!Is(node, NodeKind.Text, "a text"))
            return null;
        var length = node!.Text.EnumerateRunes().Count();
        var problem = node.Text switch
        {
            _ when string.IsNullOrWhiteSpace(node.Text) => "is blank; it must say something",
            _ when node.Text.Any(char.IsControl) =>
                "has a control character (a line end or a tab, for example); it must be one line",
            _ when length > longest => $"has {length} characters; at most {longest} are allowed",
            _ => null,
        };
        if (problem is null)
            return node.Text;
        Report(node, $"{Found(node)} {problem}.", certain: false);
        return null;
    }

    /// <summary>
    /// 1 to <paramref name="longest"/> letters, digits and <c>. _ -</c>. Reasons hold ids between words, and an id must
    /// not read like words.
    /// </summary>
    public string? Id(Node? node, int longest)
    {
        if (!Is(node, NodeKind.Text, "a text"))
            return null;
        if (
            node!.Text.Length >= 1
            && node.Text.Length <= longest
            && node.Text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-')
        )
            return node.Text;
        Report(node, $"Found {Found(node)}; it must be 1 to {longest} letters (A to Z), digits, '.', '_' and '-'.");
        return null;
    }

    public Glob? Glob(Node? node)
    {
        if (!Is(node, NodeKind.Text, "a text"))
            return null;
        var glob = Images.Glob.TryParse(node!.Text, out var problem);
        if (glob is null)
            Report(node, $"The glob {Found(node)} {problem}.");
        return glob;
    }

    public IReadOnlyList<Glob>? Globs(Node? node) =>
        Items(node, "it would select nothing")?.Select(Glob).OfType<Glob>().ToList();

    public bool? Boolean(Node? node) => Is(node, NodeKind.Boolean, "true or false") ? node!.Text == "true" : null;

    public int? Integer(Node? node, int least, int most) =>
        Number(node, least, most, whole: true) is { } number ? (int)number : null;

    public double? Number(Node? node, double least, double most, bool whole = false)
    {
        if (node is null)
            return null;
        // 30.0 and 3e1 are whole numbers, as they are for a JSON Schema.
        if (
            node.Kind == NodeKind.Number
            && double.Parse(node.Text, CultureInfo.InvariantCulture) is var number
            && number >= least
            && number <= most
            && (!whole || double.IsInteger(number))
        )
            return number;
        Report(
            node,
            string.Create(
                CultureInfo.InvariantCulture,
                $"Found {Found(node)}; it must be a {(whole ? "whole number" : "number")} from {least} to {most}."
            ),
            certain: node.Kind == NodeKind.Number && double.Parse(node.Text, CultureInfo.InvariantCulture) < least
        );
        return null;
    }

    public string? Word(Node? node, params ReadOnlySpan<string> known)
    {
        if (node is null)
            return null;
        if (node.Kind == NodeKind.Text && known.Contains(node.Text))
            return node.Text;
        Report(node, $"Found {Found(node)}; it must be {OneOf(known)}.", certain: node.Kind == NodeKind.Text);
        return null;
    }

    public T? Word<T>(Node? node, params (string Name, T Value)[] known)
        where T : struct
    {
        var word = Word(node, [.. known.Select(k => k.Name)]);
        return word is null ? null : known.First(k => k.Name == word).Value;
    }

    public IReadOnlyList<T>? Words<T>(Node? node, params (string Name, T Value)[] known)
        where T : struct =>
        Items(node, "it would select nothing")?.Select(item => Word(item, known)).OfType<T>().ToList();

    /// <summary>
    /// Reports every object with the same text under <paramref name="key"/> as an earlier one, in any letter case:
    /// people could not tell them apart.
    /// </summary>
    public void Unique(IEnumerable<Node> objects, string key, string what)
    {
        var first = new Dictionary<string, Node>(StringComparer.OrdinalIgnoreCase);
        foreach (
            var value in objects
                .Select(each => each.Find(key))
                .OfType<Node>()
                .Where(value => value.Kind == NodeKind.Text)
        )
        {
            if (!first.TryAdd(value.Text, value))
                Report(
                    value,
                    $"The {key} {Found(value)} is that of the {what} at "
                        + $"{first[value.Text].Place}{(value.Text == first[value.Text].Text ? "" : ", case aside")}; "
                        + "it must be unique."
                );
        }
    }

    /// <summary>The value as it is written, short and printable.</summary>
    public static string Found(Node node) =>
        node.Kind switch
        {
            NodeKind.Object => "an object",
            NodeKind.List => "a list",
            NodeKind.Text => $"'{Images.Phrase.Clip(node.Text, 60)}'",
            NodeKind.Number or NodeKind.Boolean or NodeKind.Null => Images.Phrase.Clip(node.Text, 60),
        };

    private bool Is(Node? node, NodeKind kind, string wanted)
    {
        if (node is null || node.Kind == kind)
            return node is not null;
        Report(node, $"Found {Found(node)}; it must be {wanted}.", certain: false);
        return false;
    }

    private static string OneOf(ReadOnlySpan<string> known) =>
        known.Length == 1 ? known[0] : $"{string.Join(", ", known[..^1]!)} or {known[^1]}";

    /// <summary>The objects of a list, each with its place.</summary>
    public List<(T Entry, Node Node)> Entries<T>(Node? list, Func<Fields, T> read, string? empty = null)
    {
        var entries = new List<(T, Node)>();
        foreach (var item in Items(list, empty) ?? [])
        {
            if (Object(item) is not { } fields)
                continue;
            entries.Add((read(fields), item));
            fields.End();
        }
        return entries;
    }

    /// <summary>Whether one of the patterns matches everything.</summary>
    public static bool TakeAll(IReadOnlyList<Glob>? globs) => globs?.Any(glob => glob.MatchesEverything) == true;

    /// <summary>
    /// In every list the first match wins, so an entry behind one that matches everything has no effect.
    /// </summary>
    public void ReportUnreachable<T>(List<(T Entry, Node Node)> entries, Func<T, Node, bool> takesAll, string because)
    {
        var all = entries.TakeWhile(entry => !takesAll(entry.Entry, entry.Node)).Count();
        foreach (var (_, node) in entries.Skip(all + 1))
            Report(node, $"Never used: the entry at {entries[all].Node.Place} comes first and {because}.");
    }
}
