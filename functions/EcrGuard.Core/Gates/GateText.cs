using System.Globalization;
using System.Text;
using EcrGuard.Core.Images;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Core.Gates;

/// <summary>A report for people: text, Markdown, and GitHub's annotations.</summary>
public static class GateText
{
    private const int MaxWays = 5;

    /// <summary>One image after the other, the total at the end where there are several.</summary>
    public static string Plain(GateReport report)
    {
        var text = new StringBuilder();
        foreach (var answer in report.Answers)
        {
            var place = answer.Place is { } named ? $"  ({Phrase.Clip(named.ToString(), 300)})" : "";
            text.Append(CultureInfo.InvariantCulture, $"{answer.Status}{Allowed(answer)}  {Name(answer)}{place}\n");
            if (answer.Problem is { } problem)
                text.Append(CultureInfo.InvariantCulture, $"  {problem}\n");
            if (answer.Answer is not { } verdict)
                continue;
            Lines("", verdict.Reasons.Select(reason => reason.Sentence));
            if (verdict.ReasonCount > verdict.Reasons.Count)
                text.Append(
                    CultureInfo.InvariantCulture,
                    $"  and {verdict.ReasonCount - verdict.Reasons.Count} more reasons\n"
                );
            Lines("Warnings:", verdict.Warnings.Select(warning => warning.Sentence));
            if (answer.Passes)
                text.Append(CultureInfo.InvariantCulture, $"  Deploy {verdict.Deploy}\n");
            else
                Lines("To pass:", verdict.ToPass.Take(MaxWays));
        }
        if (report.Answers.Count > 1)
            text.Append(CultureInfo.InvariantCulture, $"{Total(report)}\n");
        return text.ToString();

        void Lines(string heading, IEnumerable<string> lines)
        {
            var first = true;
            foreach (var line in lines)
            {
                if (first && heading.Length > 0)
                    text.Append(CultureInfo.InvariantCulture, $"  {heading}\n");
                first = false;
                text.Append(CultureInfo.InvariantCulture, $"  {(heading.Length > 0 ? "  " : "")}{line}\n");
            }
        }
    }

    /// <summary>A table and the reasons, for a job's summary.</summary>
    public static string Markdown(GateReport report)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"**EcrGuard: {Total(report)}**\n\n");
        text.Append("| | image | deploy |\n|---|---|---|\n");
        foreach (var answer in report.Answers)
        {
            var deploy = answer.Answer?.Deploy is { } uri ? Code(uri) : "";
            text.Append(
                CultureInfo.InvariantCulture,
                $"| {Cell(answer.Status)}{Allowed(answer)} | {Code(Name(answer))} | {deploy} |\n"
            );
        }
        foreach (var answer in report.Answers.Where(answer => Said(answer).Any()))
        {
            var place = answer.Place is { } named ? $", {Code(named.ToString())}" : "";
            text.Append(CultureInfo.InvariantCulture, $"\n{Code(Name(answer))}{place}\n\n");
            foreach (var line in Said(answer))
                text.Append(CultureInfo.InvariantCulture, $"- {Cell(line)}\n");
        }
        return text.ToString();
    }

    /// <summary>
    /// Workflow commands (docs.github.com, "Workflow commands for GitHub Actions"): an error for each image that does
    /// not pass, a notice for each that does.
    /// </summary>
    public static string GitHub(GateReport report)
    {
        var text = new StringBuilder();
        foreach (var answer in report.Answers)
        {
            var place = answer.Place is { File: not "-" } named ? named : null;
            var file = place is null ? "" : $",file={Property(place.File)}";
            var line = place?.Line is { } number ? $",line={number}" : "";
            var title = Property($"EcrGuard: {answer.Status} {Name(answer)}");
            var message = string.Join(
                "\n",
                answer.Answer?.Deploy is { } deploy ? Said(answer).Prepend($"Deploy {deploy}") : Said(answer)
            );
            text.Append(
                CultureInfo.InvariantCulture,
                $"::{(answer.Passes ? "notice" : "error")} title={title}{file}{line}::{Data(message)}\n"
            );
        }
        return text.ToString();

        static string Data(string value) =>
            value
                .Replace("%", "%25", StringComparison.Ordinal)
                .Replace("\r", "%0D", StringComparison.Ordinal)
                .Replace("\n", "%0A", StringComparison.Ordinal);
        static string Property(string value) =>
            Data(value).Replace(":", "%3A", StringComparison.Ordinal).Replace(",", "%2C", StringComparison.Ordinal);
    }

    /// <summary>
    /// The outputs of a step (docs.github.com, "Workflow commands for GitHub Actions"), a line each: <c>approved</c>,
    /// and of all images in order <c>digest</c> and, where all pass, <c>deploy</c>, with spaces between. No value holds
    /// a space or a line's end: an answer with a digest or URI that is none is no answer.
    /// </summary>
    public static string GitHubOutputs(GateReport report)
    {
        var verdicts = report.Answers.Select(answer => answer.Answer).OfType<ApprovalAnswer>().ToList();
        var deploy = report.Passes ? verdicts.Select(verdict => verdict.Deploy) : [];
        return $"approved={(report.Passes ? "true" : "false")}\n"
            + $"digest={string.Join(' ', verdicts.Select(verdict => verdict.Digest))}\n"
            + $"deploy={string.Join(' ', deploy)}\n";
    }

    /// <summary>
    /// What a reader must know of an answer, a sentence each: why it is so, its warnings, and what would let the image
    /// pass. A yes has some too, such as a forced approval.
    /// </summary>
    internal static IEnumerable<string> Said(GateAnswer answer)
    {
        if (answer.Problem is { } problem)
            return [problem];
        var verdict = answer.Answer;
        return
        [
            .. (verdict?.Reasons ?? []).Select(reason => reason.Sentence),
            .. (verdict?.Warnings ?? []).Select(warning => $"Warning: {warning.Sentence}"),
            .. answer.Passes ? [] : (verdict?.ToPass ?? []).Take(MaxWays).Select(way => $"To pass: {way}"),
        ];
    }

    /// <summary>What a document does not name is called by its place.</summary>
    internal static string Name(GateAnswer answer) =>
        Phrase.Clip(answer is { Image: GateQuestion.Unnamed, Place: { } place } ? place.Path : answer.Image, 300);

    /// <summary>"3 images: 1 passes, 2 do not; the worst is BLOCKED."</summary>
    internal static string Total(GateReport report)
    {
        if (report.Answers.Count == 0)
            return "No image was asked about.";
        var (all, passing) = (report.Answers.Count, report.Answers.Count(answer => answer.Passes));
        var worst = report.Answers.MinBy(answer => answer.Outcome)!;
        return passing == all
            ? $"{Phrase.Count(all, "image")}: {(all == 1 ? "it passes" : "all pass")}."
            : $"{Phrase.Count(all, "image")}: {passing} {(passing == 1 ? "passes" : "pass")}; "
                + $"the worst is {worst.Status}.";
    }

    /// <summary>A policy can allow a status other than APPROVED.</summary>
    private static string Allowed(GateAnswer answer) =>
        answer is { Passes: true, Answer: not null } && answer.Status != Status.Approved.Word()
            ? ", which the policy allows"
            : "";

    /// <summary>Strangers chose much of the text: it cannot add markup, a table cell or a line.</summary>
    private static string Cell(string text)
    {
        var safe = new StringBuilder();
        foreach (var character in Phrase.Clip(text, 2000))
        {
            if (character is '<')
                safe.Append("&lt;");
            else if (character is '&')
                safe.Append("&amp;");
            else if (character is '|' or '*' or '_' or '`' or '[' or ']' or '\\' or '!' or '#' or '~')
                safe.Append('\\').Append(character);
            else
                safe.Append(character);
        }
        return safe.ToString();
    }

    private static string Code(string text) =>
        $"`{Phrase.Clip(text, 300).Replace('`', '\'').Replace("|", "\\|", StringComparison.Ordinal)}`";
}
