using System.Globalization;
using EcrGuard.Core.Images;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Core.Reports.Page;

/// <summary>A table that can be sorted and filtered: its columns, each with its head and its cells.</summary>
/// <param name="id">Of the element; the page's script and links know it.</param>
internal sealed class Table<T>(string id, string caption)
{
    /// <summary>Rows of one table; the files beside the page have all.</summary>
    public const int MaxRows = 1000;

    private readonly List<(string Head, bool IsNumber, Action<Html, T> Cell)> columns = [];

    /// <param name="cell">Writes the whole cell.</param>
    public Table<T> Cell(string head, Action<Html, T> cell, bool isNumber = false)
    {
        columns.Add((head, isNumber, cell));
        return this;
    }

    /// <param name="isBad">Whether it is shown as something bad; null: never.</param>
    public Table<T> Text(string head, Func<T, string?> text, Func<T, bool>? isBad = null) =>
        Cell(head, (html, row) => html.Tag("td", text(row), isBad?.Invoke(row) == true ? "class=\"bad-text\"" : ""));

    /// <summary>A sentence.</summary>
    public Table<T> Wide(string head, Func<T, string?> text) =>
        Cell(head, (html, row) => html.Tag("td", text(row), "class=\"wide\""));

    public Table<T> Number(string head, Func<T, double?> number) =>
        Cell(
            head,
            (html, row) =>
                html.Raw($"<td class=\"n\" data-v=\"{number(row)?.ToString(CultureInfo.InvariantCulture)}\">")
                    .Text(FixText.Number(number(row)))
                    .Raw("</td>"),
            isNumber: true
        );

    public Table<T> Day(string head, Func<T, DateTimeOffset?> time, Func<T, bool>? isBad = null) =>
        Cell(
            head,
            (html, row) =>
            {
                var at = time(row);
                var day = at?.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
                html.Raw($"<td data-v=\"{day}\" class=\"day{(isBad?.Invoke(row) == true ? " bad-text" : "")}\">")
                    .Text(at is { } known ? FixText.Day(known) : "–")
                    .Raw("</td>");
            }
        );

    public Table<T> Severity(string head, Func<T, Severity?> severity) =>
        Cell(
            head,
            (html, row) =>
            {
                if (severity(row) is { } known)
                    html.Raw($"<td data-v=\"{-(int)known}\" class=\"sev sev-{FixText.Word(known)}\">")
                        .Text(Grace.Word(known))
                        .Raw("</td>");
                else
                    html.Raw("<td></td>");
            }
        );

    /// <summary>Vulnerabilities with links, the first five.</summary>
    public Table<T> Vulnerabilities(string head, bool isWide, Func<T, IReadOnlyList<string>> ids)
    {
        const int most = 5;
        return Cell(
            head,
            (html, row) =>
            {
                var all = ids(row);
                html.Raw(isWide ? "<td class=\"wide\">" : "<td>");
                for (var i = 0; i < Math.Min(most, all.Count); i++)
                    html.Text(i == 0 ? "" : ", ").Link(Links.Vulnerability(all[i]), all[i]);
                if (all.Count > most)
                    html.Text($" and {all.Count - most} more");
                html.Raw("</td>");
            }
        );
    }

    /// <summary>An image, with a link to its repository in the console.</summary>
    public Table<T> Image(
        WeeklySummary summary,
        Func<T, (string Repository, Digest Digest, IReadOnlyList<string> Tags)> image
    ) =>
        Cell(
            "Image",
            (html, row) =>
            {
                var (repository, digest, tags) = image(row);
                html.Raw($"<td class=\"wide\" title=\"{digest}\">")
                    .Link(
                        Links.Repository(summary.Account, summary.Region, repository),
                        SummaryText.ShortName(repository, digest, tags)
                    )
                    .Raw("</td>");
            }
        );

    /// <summary>A repository, with a link to it in the console.</summary>
    public Table<T> Repository(WeeklySummary summary, Func<T, string> name) =>
        Cell(
            "Repository",
            (html, row) =>
                html.Raw("<td class=\"wide\">")
                    .Link(Links.Repository(summary.Account, summary.Region, name(row)), name(row))
                    .Raw("</td>")
        );

    /// <summary>Several columns that tables share.</summary>
    public Table<T> With(Func<Table<T>, Table<T>> columns) => columns(this);

    /// <param name="of">How many records there are, where not all are given.</param>
    /// <param name="wholeIn">The file that has all of them.</param>
    public void Write(Html html, IReadOnlyList<T> rows, int of, string wholeIn)
    {
        html.Raw($"<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-labelledby=\"{id}-c\">")
            .Raw($"<table class=\"data\" id=\"{id}\"><caption id=\"{id}-c\">")
            .Text(caption)
            .Raw("</caption><thead><tr>");
        foreach (var (head, isNumber, _) in columns)
            html.Tag("th", head, isNumber ? "scope=\"col\" class=\"n\"" : "scope=\"col\"");
        html.Raw("</tr></thead><tbody>\n");
        var shown = 0;
        foreach (var row in rows.Take(MaxRows).TakeWhile(_ => !html.IsFull))
        {
            html.Raw("<tr>");
            foreach (var column in columns)
                column.Cell(html, row);
            html.Raw("</tr>\n");
            shown++;
        }
        html.Raw("</tbody></table></div>\n");
        html.More(of - shown, wholeIn);
    }

    public void Write(Html html, IReadOnlyList<T> rows, string wholeIn) => Write(html, rows, rows.Count, wholeIn);

    /// <summary>The same, and nothing where there are no rows.</summary>
    public void WriteIfAny(Html html, IReadOnlyList<T> rows, string wholeIn, int? of = null)
    {
        if (rows.Count > 0)
            Write(html, rows, of ?? rows.Count, wholeIn);
    }
}
