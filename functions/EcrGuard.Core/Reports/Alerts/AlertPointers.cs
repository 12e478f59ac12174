using EcrGuard.Core.Images;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Core.Reports.Alerts;

/// <summary>Which image an alert is about, and where its reader goes next.</summary>
internal static class AlertPointers
{
    /// <summary>The command that shows all that the ledger knows of an image.</summary>
    public static string Explain(ImageId image) => $"ecrguard explain {image.Repository.Name}@{image.Digest}";

    public static string Ecr(ImageId image) =>
        Links.Repository(image.Repository.Account, image.Repository.Region, image.Repository.Name);

    /// <summary>The lines that name an image.</summary>
    public static ReportText Image(this ReportText text, ImageId image, IReadOnlyList<string> tags) =>
        text.Line($"Image     {image.Repository.Uri}@{image.Digest}")
            .Line($"Tags      {(tags.Count == 0 ? "none" : string.Join(", ", tags))}")
            .Line($"Account   {image.Repository.Account}, {image.Repository.Region}");

    /// <param name="count">How many there are; the list may be cut.</param>
    public static ReportText Reasons(this ReportText text, IReadOnlyList<Reason> reasons, int count) =>
        text.List($"Reasons: {count}", "reasons", reasons.Count, i => $"- {Phrase.Clip(reasons[i].Sentence, 1000)}");

    public static ReportText WaysToPass(this ReportText text, IReadOnlyList<string> ways) =>
        text.List(
            "What would make it pass, shortest way first:",
            "ways to pass",
            ways.Count,
            i => $"- {Phrase.Clip(ways[i], 1000)}"
        );

    /// <summary>The line that names the team whose repository it is.</summary>
    public static ReportText Team(this ReportText text, string? team) => text.Line($"Team      {team ?? "not known"}");

    /// <summary>The last lines of a text about one image, before its id.</summary>
    public static ReportText Pointers(this ReportText text, ImageId image) =>
        text.Line()
            .Line($"Explain   {Explain(image)}")
            .Line($"ECR       {Ecr(image)}")
            .Line($"Inspector {Links.Inspector(image.Repository.Region)}");
}
