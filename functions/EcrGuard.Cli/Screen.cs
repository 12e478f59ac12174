using EcrGuard.Core.Verdicts;
using Spectre.Console;
using Status = EcrGuard.Core.Verdicts.Status;

namespace EcrGuard.Cli;

/// <summary>
/// Tables, and statuses in colour, for people at a terminal. A pipe gets plain lines, and so does everybody where
/// NO_COLOR is set (no-color.org).
/// </summary>
internal static class Screen
{
    private static readonly Dictionary<string, Color> Colours = Enum.GetValues<Status>()
        .ToDictionary(
            status => status.Word(),
            status =>
                status switch
                {
                    Status.Approved => Color.Green,
                    Status.Blocked or Status.Error => Color.Red,
                    _ => Color.Yellow,
                },
            StringComparer.Ordinal
        );

    public static bool IsRich { get; } =
        !Console.IsOutputRedirected
        && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"))
        && Environment.GetEnvironmentVariable("TERM") != "dumb";

    /// <summary>Prints lines. A status that begins a line has its colour on a terminal.</summary>
    public static void WriteLines(string text, TextWriter output)
    {
        if (!IsRich)
        {
            output.WriteLine(text);
            return;
        }
        foreach (var line in text.Split('\n'))
        {
            var status = line[..(line.AsSpan().IndexOfAny(' ', ',') is > 0 and var end ? end : line.Length)];
            if (Colours.TryGetValue(status, out var colour))
                AnsiConsole.Write(new Text(status, new Style(colour, decoration: Decoration.Bold)));
            // Not through Spectre: it would break a long URI, which somebody wants to copy.
            output.WriteLine(Colours.ContainsKey(status) ? line[status.Length..] : line);
        }
    }

    /// <summary>Prints a table, whose first column is a status.</summary>
    /// <param name="rows">As many cells each as there are headings.</param>
    public static void WriteTable(IEnumerable<string> headings, IEnumerable<IReadOnlyList<string>> rows)
    {
        var table = new Table().Border(TableBorder.Rounded);
        foreach (var heading in headings)
            table.AddColumn(new TableColumn(new Text(heading, new Style(decoration: Decoration.Bold))));
        foreach (var row in rows)
            table.AddRow(row.Select((cell, at) => new Text(cell, at == 0 ? StyleOf(cell) : Style.Plain)));
        AnsiConsole.Write(table);

        static Style StyleOf(string status) =>
            Colours.TryGetValue(status, out var colour) ? new Style(colour, decoration: Decoration.Bold) : Style.Plain;
    }
}
