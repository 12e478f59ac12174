namespace EcrGuard.Core.Reports.Page;

/// <summary>What became blocked in the week, and what no longer is.</summary>
internal static class ChangesSection
{
    public static void Write(WeeklySummary summary, Html html)
    {
        html.Tag(
            "p",
            $"Vulnerabilities: {SummaryText.VulnerabilityChanges(summary)}. "
                + $"Images: {SummaryText.ImageChanges(summary)}."
        );
        Changed("became", "Became blocked")
            .WriteIfAny(html, summary.NewlyBlocked, "report.json", summary.NewlyBlockedCount);
        Changed("lifted", "No longer blocked").WriteIfAny(html, summary.Lifted, "report.json", summary.LiftedCount);

        Table<ChangedImage> Changed(string id, string caption) =>
            new Table<ChangedImage>(id, caption)
                .Image(summary, image => (image.Repository, image.Digest, image.Tags))
                .Text("Before", image => image.Was is { } was ? SummaryText.Word(was) : "New")
                .Day("When", image => image.Since)
                .Wide("Why", image => image.Reason);
    }
}
