using System.Globalization;

namespace EcrGuard.Core.Reports.Page;

/// <summary>One set of columns of a chart.</summary>
/// <param name="Colour">A class of the page's style.</param>
/// <param name="Values">One for each label; null is a gap.</param>
internal sealed record Series(string Name, string Colour, IReadOnlyList<double?> Values);

/// <summary>A line across the columns of each label, such as an SLA.</summary>
/// <param name="Values">One for each label; null: no line.</param>
internal sealed record Marks(string Name, IReadOnlyList<double?> Values);

/// <summary>A chart of columns as inline SVG, with its numbers as a table.</summary>
internal sealed record Chart(
    string Id,
    string Title,
    string Summary,
    IReadOnlyList<string> Labels,
    IReadOnlyList<Series> Series
)
{
    private const int Width = 480,
        Height = 220,
        Left = 60,
        Right = 6,
        Bottom = 34,
        Top = 16,
        Plot = Height - Top - Bottom;

    /// <summary>Whether the columns of one label are stacked, or stand side by side.</summary>
    public bool IsStacked { get; init; } = true;

    public Marks? Marks { get; init; }

    /// <summary>What a gap means.</summary>
    public string Gap { get; init; } = "not known";

    /// <summary>How a number is written in the table and at the axis.</summary>
    public Func<double, string> Shown { get; init; } = number => number.ToString("0.#", CultureInfo.InvariantCulture);

    /// <summary>The width of the columns of one label.</summary>
    private double Slot => (double)(Width - Left - Right) / Math.Max(1, Labels.Count);

    public void Write(Html html)
    {
        var highest = Highest();
        html.Raw("<figure>").Tag("figcaption", Title, $"id=\"{Id}\"");
        html.Raw(
            $"<svg viewBox=\"0 0 {Width} {Height}\" role=\"img\" aria-labelledby=\"{Id}\" aria-describedby=\"{Id}-d\">"
        );
        WriteAxis(html, highest);
        for (var at = 0; at < Labels.Count; at++)
        {
            WriteLabel(html, at);
            if (Series.All(each => each.Values[at] is null))
                WriteGap(html, at);
            else
                WriteColumns(html, at, highest);
        }
        html.Raw("</svg>");
        WriteLegend(html);
        html.Tag("p", Summary, $"class=\"note\" id=\"{Id}-d\"");
        WriteNumbers(html);
        html.Raw("</figure>");
    }

    /// <summary>The number at the top of the axis.</summary>
    private double Highest()
    {
        var tops = Enumerable
            .Range(0, Labels.Count)
            .Select(at => Series.Select(each => each.Values[at] ?? 0))
            .Select(values => IsStacked ? values.Sum() : values.Max())
            .Concat(Marks?.Values.Select(value => value ?? 0) ?? []);
        return Round(tops.Append(0).Max());
    }

    /// <summary>The next of 2, 4, 10, 20, 40, 100 …: half of it is a round number too.</summary>
    private static double Round(double most)
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

    private void WriteAxis(Html html, double highest)
    {
        for (var step = 0; step <= 2; step++)
        {
            var y = Top + Plot - (Plot * step / 2.0);
            html.Raw(
                    $"<line class=\"axis\" x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{N(y)}\" y2=\"{N(y)}\"/>"
                        + $"<text x=\"{Left - 6}\" y=\"{N(y + 4)}\" text-anchor=\"end\">"
                )
                .Text(Shown(highest * step / 2))
                .Raw("</text>");
        }
    }

    /// <summary>If there are many labels, only every second or third is written.</summary>
    private void WriteLabel(Html html, int at)
    {
        var every = Math.Max(1, (int)Math.Ceiling(Labels.Count * 46 / (double)(Width - Left - Right)));
        if ((Labels.Count - 1 - at) % every == 0)
            html.Raw($"<text x=\"{N(X(at) + (Slot / 2))}\" y=\"{Height - 12}\" text-anchor=\"middle\">")
                .Text(Labels[at])
                .Raw("</text>");
    }

    private void WriteGap(Html html, int at) =>
        html.Raw(
            $"<rect class=\"gap\" x=\"{N(X(at) + (Slot * 0.2))}\" y=\"{Top + Plot - 24}\" "
                + $"width=\"{N(Slot * 0.6)}\" height=\"24\"/>"
        );

    private void WriteColumns(Html html, int at, double highest)
    {
        var (below, width) = (0.0, Slot * 0.7 / (IsStacked ? 1 : Series.Count));
        for (var number = 0; number < Series.Count; number++)
        {
            if (Series[number].Values[at] is not { } value || value <= 0)
                continue;
            var height = Plot * value / highest;
            html.Raw(
                $"<rect class=\"{Series[number].Colour}\" "
                    + $"x=\"{N(X(at) + (Slot * 0.15) + (IsStacked ? 0 : number * width))}\" "
                    + $"y=\"{N(Top + Plot - below - height)}\" width=\"{N(width * (IsStacked ? 1 : 0.92))}\" "
                    + $"height=\"{N(Math.Max(1, height))}\"/>"
            );
            below += IsStacked ? height : 0;
        }
        if (Marks?.Values[at] is { } mark)
        {
            var y = N(Top + Plot - (Plot * mark / highest));
            html.Raw(
                $"<line class=\"mark\" x1=\"{N(X(at) + (Slot * 0.06))}\" x2=\"{N(X(at) + (Slot * 0.94))}\" "
                    + $"y1=\"{y}\" y2=\"{y}\"/>"
            );
        }
    }

    private void WriteLegend(Html html)
    {
        if (Labels.Count == 0)
            return;
        html.Raw("<ul class=\"legend\">");
        foreach (var each in Series)
            Item($"<rect class=\"{each.Colour}\" width=\"10\" height=\"10\"/>", each.Name);
        if (Marks is not null)
            Item("<line class=\"mark\" x1=\"0\" x2=\"10\" y1=\"5\" y2=\"5\"/>", Marks.Name);
        if (Series.Any(each => each.Values.Contains(null)))
            Item("<rect class=\"gap\" x=\"1\" y=\"1\" width=\"8\" height=\"8\"/>", Gap);
        html.Raw("</ul>");

        void Item(string shape, string name) =>
            html.Raw($"<li><svg viewBox=\"0 0 10 10\" aria-hidden=\"true\">{shape}</svg>").Text(name).Raw("</li>");
    }

    private void WriteNumbers(Html html)
    {
        html.Raw("<details>")
            .Tag("summary", "The numbers as a table")
            .Raw("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"")
            .Text(Title)
            .Raw(" as a table\"><table><thead><tr><td></td>");
        foreach (var each in Series)
            html.Tag("th", each.Name, "scope=\"col\" class=\"n\"");
        if (Marks is not null)
            html.Tag("th", Marks.Name, "scope=\"col\" class=\"n\"");
        html.Raw("</tr></thead><tbody>");
        for (var at = 0; at < Labels.Count; at++)
        {
            html.Raw("<tr>").Tag("th", Labels[at], "scope=\"row\"");
            foreach (var each in Series)
                html.Tag("td", each.Values[at] is { } value ? Shown(value) : Gap, "class=\"n\"");
            if (Marks is not null)
                html.Tag("td", Marks.Values[at] is { } value ? Shown(value) : "none", "class=\"n\"");
            html.Raw("</tr>");
        }
        html.Raw("</tbody></table></div></details>");
    }

    private double X(int at) => Left + (Slot * at);

    private static string N(double number) => number.ToString("0.#", CultureInfo.InvariantCulture);
}
