using System.Globalization;

namespace EcrGuard.Core.Reports;

/// <summary>One set of columns of a chart.</summary>
/// <param name="Colour">A class of the page's style.</param>
/// <param name="Values">One a label; null is a gap.</param>
internal sealed record Series(string Name, string Colour, IReadOnlyList<double?> Values);

/// <summary>Charts as inline SVG, each with its numbers as a table.</summary>
internal static class Charts
{
    private const int Width = 480,
        Height = 220,
        Left = 44,
        Bottom = 34,
        Top = 16;

    /// <summary>Columns, the series of one label upon another or beside one another.</summary>
    /// <param name="shown">How a number stands in the table and at the axis.</param>
    /// <param name="marks">A line across the columns of each label, such as a deadline; null: none.</param>
    public static void Columns(
        Html html,
        string id,
        string title,
        string summary,
        IReadOnlyList<string> labels,
        IReadOnlyList<Series> series,
        Func<double, string> shown,
        bool stacked = true,
        (string Name, IReadOnlyList<double?> Values)? marks = null
    )
    {
        var tops = Enumerable
            .Range(0, labels.Count)
            .Select(at => stacked ? series.Sum(each => each.Values[at] ?? 0) : series.Max(each => each.Values[at] ?? 0))
            .Concat(marks?.Values.Select(value => value ?? 0) ?? [])
            .ToList();
        var most = Nice(tops.Count == 0 ? 0 : tops.Max());
        var (plot, slot) = (Height - Top - Bottom, (Width - Left - 6.0) / Math.Max(1, labels.Count));

        html.Raw("<figure>").Tag("figcaption", title, $"id=\"{id}\"");
        html.Raw(
            $"<svg viewBox=\"0 0 {Width} {Height}\" role=\"img\" aria-labelledby=\"{id}\" aria-describedby=\"{id}-d\">"
        );
        for (var step = 0; step <= 2; step++)
        {
            var y = Top + plot - (plot * step / 2.0);
            html.Raw(
                    $"<line class=\"axis\" x1=\"{Left}\" x2=\"{Width - 6}\" y1=\"{N(y)}\" y2=\"{N(y)}\"/>"
                        + $"<text x=\"{Left - 6}\" y=\"{N(y + 4)}\" text-anchor=\"end\">"
                )
                .Text(shown(most * step / 2))
                .Raw("</text>");
        }
        // Every label of a few, every second or third of many.
        var every = Math.Max(1, (int)Math.Ceiling(labels.Count * 46 / (Width - Left - 6.0)));
        for (var at = 0; at < labels.Count; at++)
        {
            var x = Left + (slot * at);
            if ((labels.Count - 1 - at) % every == 0)
                html.Raw($"<text x=\"{N(x + (slot / 2))}\" y=\"{Height - 12}\" text-anchor=\"middle\">")
                    .Text(labels[at])
                    .Raw("</text>");
            if (series.All(each => each.Values[at] is null))
            {
                html.Raw(
                    $"<rect class=\"gap\" x=\"{N(x + (slot * 0.2))}\" y=\"{Top + plot - 24}\" "
                        + $"width=\"{N(slot * 0.6)}\" height=\"24\"/>"
                );
                continue;
            }
            var (from, beside) = (0.0, slot * 0.7 / (stacked ? 1 : series.Count));
            for (var number = 0; number < series.Count; number++)
            {
                if (series[number].Values[at] is not { } value || value <= 0)
                    continue;
                var height = plot * value / most;
                html.Raw(
                    $"<rect class=\"{series[number].Colour}\" "
                        + $"x=\"{N(x + (slot * 0.15) + (stacked ? 0 : number * beside))}\" "
                        + $"y=\"{N(Top + plot - from - height)}\" width=\"{N(beside * (stacked ? 1 : 0.92))}\" "
                        + $"height=\"{N(Math.Max(1, height))}\"/>"
                );
                from += stacked ? height : 0;
            }
            if (marks?.Values[at] is { } mark)
            {
                var height = N(Top + plot - (plot * mark / most));
                html.Raw(
                    $"<line class=\"mark\" x1=\"{N(x + (slot * 0.06))}\" x2=\"{N(x + (slot * 0.94))}\" "
                        + $"y1=\"{height}\" y2=\"{height}\"/>"
                );
            }
        }
        html.Raw("</svg>");
        Legend(html, series, marks?.Name, labels.Count, series.Any(each => each.Values.Contains(null)));
        html.Tag("p", summary, $"class=\"note\" id=\"{id}-d\"");
        Numbers(html, title, labels, series, shown, marks);
        html.Raw("</figure>");
    }

    private static void Legend(Html html, IReadOnlyList<Series> series, string? mark, int labels, bool gaps)
    {
        if (labels == 0)
            return;
        html.Raw("<ul class=\"legend\">");
        foreach (var each in series)
            Item($"<rect class=\"{each.Colour}\" width=\"10\" height=\"10\"/>", each.Name);
        if (mark is not null)
            Item("<line class=\"mark\" x1=\"0\" x2=\"10\" y1=\"5\" y2=\"5\"/>", mark);
        if (gaps)
            Item("<rect class=\"gap\" x=\"1\" y=\"1\" width=\"8\" height=\"8\"/>", "no data");
        html.Raw("</ul>");

        void Item(string shape, string name) =>
            html.Raw($"<li><svg viewBox=\"0 0 10 10\" aria-hidden=\"true\">{shape}</svg>").Text(name).Raw("</li>");
    }

    private static void Numbers(
        Html html,
        string title,
        IReadOnlyList<string> labels,
        IReadOnlyList<Series> series,
        Func<double, string> shown,
        (string Name, IReadOnlyList<double?> Values)? marks
    )
    {
        html.Raw("<details>")
            .Tag("summary", "The numbers as a table")
            .Raw("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"")
            .Text(title)
            .Raw(" as a table\"><table><thead><tr><td></td>");
        foreach (var each in series)
            html.Tag("th", each.Name, "scope=\"col\" class=\"n\"");
        if (marks is { } named)
            html.Tag("th", named.Name, "scope=\"col\" class=\"n\"");
        html.Raw("</tr></thead><tbody>");
        for (var at = 0; at < labels.Count; at++)
        {
            html.Raw("<tr>").Tag("th", labels[at], "scope=\"row\"");
            foreach (var each in series)
                html.Tag("td", each.Values[at] is { } value ? shown(value) : "no data", "class=\"n\"");
            if (marks is { } marked)
                html.Tag("td", marked.Values[at] is { } value ? shown(value) : "none", "class=\"n\"");
            html.Raw("</tr>");
        }
        html.Raw("</tbody></table></div></details>");
    }

    /// <summary>The next of 2, 4, 10, 20, 40, 100 …: half of it is a round number too.</summary>
    private static double Nice(double most)
    {
        for (var unit = 1.0; ; unit *= 10)
        {
            foreach (var times in new[] { 2, 4, 10 })
            {
                if (most <= times * unit)
                    return times * unit;
            }
        }
    }

    private static string N(double number) => number.ToString("0.#", CultureInfo.InvariantCulture);
}
