using EcrGuard.Core.Images;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Core.Reports.Page;

/// <summary>What became blocked in the week, and what no longer is.</summary>
internal static class ChangesSection
{
    public static void Write(WeeklySummary summary, Html html)
    {
        var vulnerabilities = summary.HistorySince is null
            ? "When vulnerabilities come and go is counted from the first daily sweep on."
            : Phrase.Count(summary.Remediation.Sum(row => row.New), "new vulnerability", "new vulnerabilities")
                + $", {summary.Remediation.Sum(row => row.Fixed)} fixed{summary.CountedSince()}.";
        html.Tag(
            "p",
            $"{vulnerabilities} {Phrase.Count(summary.NewlyBlocked.Count, "image")} became blocked"
                + $" ({summary.NewlyBlocked.Count(image => image.Was == Status.Approved)} had been approved), "
                + $"{summary.Lifted.Count} no longer {(summary.Lifted.Count == 1 ? "is" : "are")}."
        );
        Changed("became", "Became blocked").WriteIfAny(html, summary.NewlyBlocked, "report.json");
        Changed("lifted", "No longer blocked").WriteIfAny(html, summary.Lifted, "report.json");

        Table<ChangedImage> Changed(string id, string caption) =>
            new Table<ChangedImage>(id, caption)
                .Image(summary, image => (image.Repository, image.Digest, image.Tags))
                .Text("Before", image => image.Was is { } was ? SummaryText.Word(was) : "New")
                .Day("When", image => image.Since)
                .Wide("Why", image => image.Reason);
    }
}
