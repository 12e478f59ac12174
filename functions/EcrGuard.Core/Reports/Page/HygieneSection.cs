using EcrGuard.Core.Images;

namespace EcrGuard.Core.Reports.Page;

/// <summary>What needs tidying in the registry.</summary>
internal static class HygieneSection
{
    public static bool IsThere(WeeklySummary summary) => SummaryText.HygieneRows(summary).Count > 0;

    public static void Write(WeeklySummary summary, Html html)
    {
        html.Pairs(SummaryText.HygieneRows(summary));
        new Table<RepositoryNote>("drift", "Repositories that differ from their baseline")
            .Repository(summary, note => note.Repository)
            .Wide("How", note => Phrase.Clip(string.Join(' ', note.Drift), 1000))
            .WriteIfAny(html, summary.Drift, "report.json");
        new Table<RepositoryLint>("lint", "Lifecycle policies that may not do what is meant")
            .Repository(summary, lint => lint.Repository)
            .Wide("What", lint => Phrase.Clip(string.Join(' ', lint.Findings), 2000))
            .WriteIfAny(html, summary.Lint, "report.json");
        new Table<QuietRepository>("quiet", $"Repositories without a push for {SummaryBuilder.QuietDays} days")
            .Repository(summary, quiet => quiet.Repository)
            .Text("Team", quiet => quiet.Team ?? "no team")
            .Day("Newest push", quiet => quiet.NewestPush)
            .Number("Images", quiet => quiet.Images)
            .WriteIfAny(html, summary.Quiet, "report.json");
        new Table<UnmarkedImage>("unmarked", "Images that could not be marked with a tag")
            .Image(summary, image => (image.Repository, image.Digest, image.Tags))
            .Text("Status", image => SummaryText.Word(image.Status))
            .Wide("Why", image => image.Why)
            .WriteIfAny(html, summary.CouldNotMark, "report.json", summary.CouldNotMarkCount);
    }
}
