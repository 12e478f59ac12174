using EcrGuard.Core.Images;

namespace EcrGuard.Core.Reports.Page;

/// <summary>The images without a current scan.</summary>
internal static class CoverageSection
{
    public static void Write(WeeklySummary summary, Html html)
    {
        if (summary.CoverageGaps.Count == 0)
        {
            html.Tag("p", "Every image has a current scan.");
            return;
        }
        html.Tag(
            "p",
            $"{Phrase.Count(summary.CoverageGaps.Sum(gap => gap.Images), "image has", "images have")} no current "
                + "scan. What would change that, by cause:"
        );
        html.Raw("<ul>");
        foreach (var cause in SummaryText.Causes(summary))
            html.Raw("<li>")
                .Tag("strong", SummaryText.Cause(cause))
                .Text($". {FixText.For(cause.Status)}")
                .Raw("</li>");
        html.Raw("</ul>\n");
        new Table<CoverageGap>("gaps", "Images without a current scan")
            .Repository(summary, gap => gap.Repository)
            .Text("Cause", gap => SummaryText.Word(gap.Status))
            .Number("Images", gap => gap.Images)
            .Number("Allowed by the policy", gap => gap.Deployable)
            .Wide("For example", gap => gap.Example)
            .Write(html, summary.CoverageGaps, "coverage.csv");
    }
}
