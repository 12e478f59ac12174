namespace EcrGuard.Benchmarks;

/// <summary>One measured figure.</summary>
/// <param name="What">What was measured, with its size.</param>
/// <param name="Limit">The largest allowed value; null if the figure is only for information, like every time, since
///     times depend on this machine.</param>
internal sealed record Figure(string What, double Value, string Unit, double? Limit = null)
{
    public bool IsTooMuch => Value > Limit;

    /// <summary>A plain table with a line for each figure.</summary>
    public static void Print(IReadOnlyList<Figure> figures, TextWriter output)
    {
        var rows = figures
            .Select(f =>
                new[]
                {
                    f.What,
                    Number(f.Value),
                    f.Unit,
                    f.Limit is { } limit ? Number(limit) : "",
                    f.Limit is null ? ""
                    : f.IsTooMuch ? "too much"
                    : "ok",
                }
            )
            .Prepend(["what", "figure", "unit", "limit", ""])
            .ToList();
        var widths = Enumerable.Range(0, 5).Select(column => rows.Max(row => row[column].Length)).ToList();
        foreach (var row in rows)
            output.WriteLine(
                string.Join(
                        "  ",
                        row[0].PadRight(widths[0]),
                        row[1].PadLeft(widths[1]),
                        row[2].PadRight(widths[2]),
                        row[3].PadLeft(widths[3]),
                        row[4]
                    )
                    .TrimEnd()
            );
    }

    private static string Number(double value) =>
        value.ToString(Math.Abs(value) < 100 && value != Math.Truncate(value) ? "0.0#" : "#,0");
}
