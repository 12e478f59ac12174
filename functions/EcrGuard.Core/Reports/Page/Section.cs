namespace EcrGuard.Core.Reports.Page;

/// <summary>A section of the page.</summary>
/// <param name="Id">The address of the section within the page.</param>
/// <param name="Title">In the list of sections.</param>
/// <param name="Heading">Above the section.</param>
/// <param name="IsThere">Whether the week has anything for it.</param>
internal sealed record Section(
    string Id,
    string Title,
    string Heading,
    Func<WeeklySummary, bool> IsThere,
    Action<WeeklySummary, Html> Write
);

/// <summary>What sections share.</summary>
internal static class SectionParts
{
    /// <summary>How many more records a file beside the page has.</summary>
    public static void More(this Html html, int more, string wholeIn)
    {
        if (more > 0)
            html.Tag("p", $"And {more} more, in {wholeIn} beside this page.", "class=\"note\"");
    }

    public static void Pairs(this Html html, IReadOnlyList<(string What, string Value)> rows)
    {
        html.Raw("<dl>");
        foreach (var (what, value) in rows)
            html.Pair(what, value);
        html.Raw("</dl>\n");
    }

    public static void Pair(this Html html, string what, string value) => html.Tag("dt", what).Tag("dd", value);
}
