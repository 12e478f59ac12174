using System.Globalization;
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
            .Account(image.Repository.Account, image.Repository.Region);

    /// <summary>The line that names the registry.</summary>
    public static ReportText Account(this ReportText text, string account, string region) =>
        text.Line($"Account   {account}, {region}");

    /// <summary>The worst severity of the findings that block; null where none is a finding.</summary>
    public static Severity? Worst(IReadOnlyList<Reason> reasons) => reasons.Max(reason => reason.Severity);

    /// <summary>The line with the worst severity and the highest scores; none where no reason is a finding.</summary>
    public static ReportText Severity(this ReportText text, IReadOnlyList<Reason> reasons) =>
        Worst(reasons) is { } severity
            ? text.Line(
                string.Create(CultureInfo.InvariantCulture, $"Severity  {FixText.Word(severity)}")
                    + Highest(", CVSS up to {0:0.0}", reasons.Max(reason => reason.Score))
                    + Highest(", EPSS up to {0:0.00}", reasons.Max(reason => reason.Epss))
            )
            : text;

    private static string Highest(string format, double? number) =>
        number is null ? "" : string.Format(CultureInfo.InvariantCulture, format, number);

    /// <summary>The reasons, each with the page of its vulnerability.</summary>
    /// <param name="count">How many there are; the list may be cut.</param>
    public static ReportText Reasons(this ReportText text, IReadOnlyList<Reason> reasons, int count) =>
        text.List($"Reasons: {count}", "reasons", reasons.Count, i => Line(reasons[i]));

    private static string Line(Reason reason) =>
        $"- {Phrase.Clip(reason.Sentence, 1000)}"
        + (reason.Vulnerability is { } id && Links.Vulnerability(id) is { } link ? $"\n  {link}" : "");

    public static ReportText Waiver(this ReportText text, string? waiver) =>
        waiver is null
            ? text
            : text.Line()
                .Line("A waiver for the first reason, should its team be sure. Fill in the rest:")
                .Line(waiver.ReplaceLineEndings("\n"));

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
