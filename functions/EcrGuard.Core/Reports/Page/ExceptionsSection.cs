namespace EcrGuard.Core.Reports.Page;

/// <summary>What excuses findings, and forced approvals.</summary>
internal static class ExceptionsSection
{
    public static bool IsThere(WeeklySummary summary) =>
        summary.Waivers.Count + summary.BreakGlass.Count + summary.OtherExcuses.Count > 0;

    public static void Write(WeeklySummary summary, Html html)
    {
        new Table<WaiverUse>("waivers", "Waivers")
            .Text("Waiver", waiver => waiver.Id)
            .Cell("Vulnerability", WriteVulnerability)
            .Text("State", State, waiver => waiver.Lapsed || waiver.EndsSoon)
            .Day("Ends", waiver => new DateTimeOffset(waiver.Expires, TimeOnly.MinValue, TimeSpan.Zero))
            .Number("Images", waiver => waiver.Images)
            .Text("Owner", waiver => waiver.Owner)
            .Text("Approved by", waiver => waiver.ApprovedBy)
            .Wide("Reason", waiver => waiver.Reason)
            .WriteIfAny(html, summary.Waivers, "waivers.csv");
        new Table<ForcedUse>("forced", "Break-glass: approvals that somebody forced")
            .Image(summary, forced => (forced.Repository, forced.Digest, forced.Tags))
            .Text("State", forced => forced.InForce ? "in force" : "ended", forced => forced.InForce)
            .Day("Until", forced => forced.Until)
            .Text("Verdict without it", forced => forced.Verdict is { } status ? SummaryText.Word(status) : "gone")
            .Text("By", forced => forced.By)
            .Wide("Reason", forced => forced.Reason)
            .WriteIfAny(html, summary.BreakGlass, "report.json");
        new Table<ExcuseUse>("excuses", "VEX documents, and suppression rules of Amazon Inspector")
            .Text("By", excuse => excuse.By)
            .Text("Owner", SummaryText.OwnerOf)
            .Text("Ends", _ => "no end")
            .Number("Images", excuse => excuse.Images)
            .WriteIfAny(html, summary.OtherExcuses, "waivers.csv");
    }

    private static void WriteVulnerability(Html html, WaiverUse waiver) =>
        html.Raw("<td>")
            .Link(Links.Vulnerability(waiver.Vulnerability), waiver.Vulnerability)
            .Text(waiver.Package is null ? "" : $" in {waiver.Package}")
            .Raw("</td>");

    private static string State(WaiverUse waiver) =>
        waiver.Lapsed ? "ended"
        : waiver.Unused ? "matches nothing any more"
        : waiver.EndsSoon ? "ends soon"
        : "in force";
}
