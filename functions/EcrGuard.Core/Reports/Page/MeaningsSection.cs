namespace EcrGuard.Core.Reports.Page;

/// <summary>What each figure means.</summary>
internal static class MeaningsSection
{
    public static void Write(WeeklySummary summary, Html html)
    {
        html.Raw(
            "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"What the figures mean\">"
                + "<table><thead><tr>"
        );
        foreach (var head in new[] { "Figure", "How it is counted", "From", "What does not count" })
            html.Tag("th", head, "scope=\"col\"");
        html.Raw("</tr></thead><tbody>\n");
        foreach (var figure in Figures.All)
            html.Raw("<tr>")
                .Tag("th", figure.Name, "scope=\"row\"")
                .Tag("td", figure.How, "class=\"wide\"")
                .Tag("td", figure.Source)
                .Tag("td", figure.Not, "class=\"wide\"")
                .Raw("</tr>\n");
        html.Raw("</tbody></table></div>\n");
    }
}
