using System.Text;

namespace EcrGuard.Core.Reports;

/// <summary>
/// A plain text of fixed lines and lists that fits into a number of bytes. Every fixed line and heading is always
/// there. The lists share the rest: each in turn gets one record, so that none starves another. A record is there whole
/// or not at all. The last line says how many are missing from which list, and where the whole is.
/// </summary>
internal sealed class ReportText
{
    private readonly List<(string Line, Section? Rows)> _parts = [];

    private sealed record Section(string Name, int Count, Func<int, string> Row)
    {
        public List<string> Shown { get; } = [];
        public int LeftOut => Count - Shown.Count;
    }

    public ReportText Line(string line = "")
    {
        _parts.Add((line, null));
        return this;
    }

    /// <summary>An empty line, a heading and a list.</summary>
    /// <param name="name">What the last line calls the list if it is cut.</param>
    /// <param name="row">Renders a record. It is called only for records that are shown, and for one more.</param>
    public ReportText List(string heading, string name, int count, Func<int, string> row)
    {
        Line();
        _parts.Add((heading, new Section(name, count, row)));
        return this;
    }

    /// <param name="maxBytes">Of UTF-8.</param>
    /// <param name="wholeAt">Where the whole is, for the last line of a text that is cut.</param>
    /// <exception cref="ArgumentOutOfRangeException">Not even the fixed lines fit.</exception>
    public string Render(int maxBytes, string wholeAt)
    {
        var lists = _parts.Select(part => part.Rows).OfType<Section>().Where(list => list.Count > 0).ToList();
        // Nothing is shown yet, so this is the longest that the last line can become.
        var left = maxBytes - Bytes(LastLine(lists, wholeAt)) - _parts.Sum(part => Bytes(part.Line));
        ArgumentOutOfRangeException.ThrowIfNegative(left, nameof(maxBytes));

        for (var open = lists; open.Count > 0; )
        {
            var next = new List<Section>(open.Count);
            foreach (var list in open)
            {
                var row = list.Row(list.Shown.Count);
                if (Bytes(row) > left)
                    continue;
                left -= Bytes(row);
                list.Shown.Add(row);
                if (list.LeftOut > 0)
                    next.Add(list);
            }
            open = next;
        }

        var text = new StringBuilder();
        foreach (var (line, rows) in _parts)
        {
            text.Append(line).Append('\n');
            foreach (var row in rows?.Shown ?? [])
                text.Append(row).Append('\n');
        }
        if (lists.Exists(list => list.LeftOut > 0))
            text.Append(LastLine(lists, wholeAt)).Append('\n');
        return text.ToString();
    }

    private static string LastLine(IEnumerable<Section> lists, string wholeAt)
    {
        var cut = lists.Where(list => list.LeftOut > 0).Select(list => $"{list.LeftOut} of '{list.Name}'");
        return $"Left out, because a message has limits: {string.Join(", ", cut)}. The whole is at {wholeAt}";
    }

    /// <summary>With its line feed.</summary>
    private static int Bytes(string line) => Encoding.UTF8.GetByteCount(line) + 1;
}
