using System.Text;
using EcrGuard.Core.Reports.Page;

namespace EcrGuard.Core.Reports;

/// <summary>One file of a weekly report.</summary>
/// <param name="Write">Writes all of it as UTF-8.</param>
public sealed record SummaryFile(string Name, string ContentType, Action<Stream> Write);

/// <summary>The files of a weekly report: one model, many forms.</summary>
public static class SummaryForms
{
    public const string Page = "report.html";

    /// <summary>The page first.</summary>
    public static IReadOnlyList<SummaryFile> Of(WeeklySummary summary) =>
        [
            new(Page, "text/html; charset=utf-8", output => output.Write(SummaryPage.Of(summary))),
            new("report.json", "application/json", output => output.Write(summary.ToJson())),
            Csv("images.csv", output => SummaryCsv.Images(summary, output)),
            Csv("blocking.csv", output => SummaryCsv.Blocking(summary, output)),
            Csv("open.csv", output => SummaryCsv.Open(summary, output)),
            Csv("waivers.csv", output => SummaryCsv.Waivers(summary, output)),
            Csv("coverage.csv", output => SummaryCsv.Coverage(summary, output)),
        ];

    private static SummaryFile Csv(string name, Action<TextWriter> write) =>
        new(
            name,
            "text/csv; charset=utf-8",
            output =>
            {
                // Spreadsheets read a file as UTF-8 only with the byte order mark.
                using var writer = new StreamWriter(
                    output,
                    new UTF8Encoding(encoderShouldEmitUTF8Identifier: true),
                    leaveOpen: true
                );
                write(writer);
            }
        );
}
