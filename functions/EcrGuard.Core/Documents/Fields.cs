namespace EcrGuard.Core.Documents;

/// <summary>
/// The members of one object. Reading a key makes it known; <see cref="End"/> reports the keys that nobody read.
/// </summary>
internal sealed class Fields
{
    private readonly Checks _checks;
    private readonly Dictionary<string, Member> _members = new(StringComparer.Ordinal);
    private readonly List<string> _known = [];

    public Fields(Node node, Checks checks)
    {
        Node = node;
        _checks = checks;
        foreach (var member in node.Members)
        {
            if (!_members.TryAdd(member.Key, member))
                Report(
                    member,
                    $"The key '{Images.Phrase.Clip(member.Key, 60)}' is already at "
                        + $"{_members[member.Key].Place}; one of the two is not meant.",
                    certain: false
                );
        }
    }

    public Node Node { get; }

    public Node? Optional(string key)
    {
        _known.Add(key);
        return _members.GetValueOrDefault(key)?.Value;
    }

    public Node? Required(string key)
    {
        var value = Optional(key);
        if (value is null)
            _checks.Report(Node, $"The key '{key}' is missing.");
        return value;
    }

    /// <summary>Call it once all keys are read.</summary>
    public void End()
    {
        foreach (var member in _members.Values.Where(m => !_known.Contains(m.Key)))
        {
            var nearest = _known
                .Select(known => (Name: known, Distance: Distance(member.Key, known)))
                .MinBy(k => k.Distance);
            var hint =
                nearest.Distance <= Math.Max(2, nearest.Name.Length / 3)
                    ? $"did you mean '{nearest.Name}'?"
                    : $"known here: {string.Join(", ", _known)}.";
            Report(member, $"The key '{Images.Phrase.Clip(member.Key, 60)}' is unknown; {hint}");
        }
    }

    private void Report(Member member, string message, bool certain = true) =>
        _checks.Problems.Add(
            new PolicyProblem(
                member.Place.Line,
                member.Place.Column,
                Node.PathOf(member.Key),
                message,
                ProblemKind.Malformed
            )
            {
                Certain = certain,
            }
        );

    /// <summary>
    /// How many letters to add, drop or change to get from one word to the other, in any letter case (Levenshtein). A
    /// large number if the lengths alone differ too much.
    /// </summary>
    private static int Distance(string found, string known)
    {
        if (Math.Abs(found.Length - known.Length) > known.Length)
            return int.MaxValue;
        var row = Enumerable.Range(0, known.Length + 1).ToArray();
        for (var i = 1; i <= found.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= known.Length; j++)
            {
                var change =
                    diagonal + (char.ToLowerInvariant(found[i - 1]) == char.ToLowerInvariant(known[j - 1]) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(change, Math.Min(row[j], row[j - 1]) + 1);
            }
        }
        return row[^1];
    }
}
