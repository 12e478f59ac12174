using EcrGuard.Core.Images;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Cli.Trying;

/// <summary>Prints a trial for people.</summary>
internal static class TrialText
{
    /// <summary>
    /// How many reasons of an image, and how many things that could not be read, are printed. The JSON has all of them.
    /// </summary>
    private const int Most = 10;

    public static void Write(Trial trial, TextWriter output)
    {
        foreach (var image in trial.Changes)
        {
            var used = image.Use switch
            {
                "not-in-use" => "",
                "in-use" => ", in use",
                _ => ", may be in use",
            };
            var change = $"{image.Before.Status} → {image.After.Status}{used}";
            output.WriteLine($"{image.Change, -14}  {Name(image)}  {change}");
            if (image.Use != "not-in-use")
                output.WriteLine($"  {image.UsedBy[0]}");
            // For a newly approved image, the reasons also say what no longer blocks it.
            var reasons =
                image.Change == TriedImage.Word(AnswerChange.NewlyApproved)
                    ? image.Before.Reasons.Concat(image.After.Reasons).ToList()
                    : image.After.Reasons;
            WriteSome("  ", reasons.Select(reason => reason.Sentence), output);
        }
        var sum = trial.Summary;
        output.WriteLine(
            $"{trial.Policy} against {trial.Against ?? "the built-in policy"}: "
                + $"{Phrase.Count(sum.Images, "image")} in "
                + $"{Phrase.Count(sum.Repositories, "repository", "repositories")}; "
                + $"{sum.NewlyBlocked} newly blocked, {sum.NewlyRefused} newly refused ({sum.FailingInUse} of "
                + $"them in use, or may be), {sum.NewlyApproved} newly approved, {sum.Otherwise} otherwise "
                + $"changed, {sum.Unchanged} unchanged."
        );
        WriteEnforcement(trial, output);
        WriteSome("Not read: ", trial.Unread, output);
        foreach (var note in trial.Notes)
            output.WriteLine($"Note: {note}");
    }

    /// <summary>What would be written to ECR, the repositories with the most images first.</summary>
    private static void WriteEnforcement(Trial trial, TextWriter output)
    {
        if (trial.Enforcement.Count == 0)
            return;
        var sum = trial.Summary;
        var written = trial.Enforcement.Where(repository => repository.Images.Count > 0).ToList();
        output.WriteLine(
            $"Enforcement: {Listed(sum.Marked, sum.Archived, sum.Unmarked, sum.Restored)}, in "
                + $"{Phrase.Count(written.Count, "repository", "repositories")}; the mode changes in "
                + $"{trial.Enforcement.Count(repository => repository.Before != repository.After)}:"
        );
        WriteSome(
            "  ",
            written
                .OrderByDescending(repository => repository.Images.Count)
                .ThenBy(repository => repository.Repository, StringComparer.Ordinal)
                .Select(repository =>
                    $"{repository.Repository}  {repository.Before} → {repository.After}  "
                    + Listed(
                        repository.Count("mark"),
                        repository.Count("archive"),
                        repository.Count("unmark"),
                        repository.Count("restore")
                    )
                ),
            output
        );
    }

    private static string Listed(int marked, int archived, int unmarked, int restored) =>
        string.Join(
            ", ",
            new[]
            {
                $"{marked} would be marked as blocked",
                $"{archived} archived",
                unmarked > 0 ? $"{unmarked} unmarked" : null,
                restored > 0 ? $"{restored} restored" : null,
            }.OfType<string>()
        );

    private static string Name(TriedImage image) =>
        image.Repository
        + (
            image.Tags is [var first, ..]
                ? $":{first}{(image.Tags.Count > 1 ? $" (and {Phrase.Count(image.Tags.Count - 1, "more tag")})" : "")}"
                : ""
        )
        + $"@{Digest.Parse(image.Digest).Abbreviated}";

    private static void WriteSome(string before, IEnumerable<string> sentences, TextWriter output)
    {
        var all = sentences.ToList();
        foreach (var sentence in all.Take(Most))
            output.WriteLine(before + sentence);
        if (all.Count > Most)
            output.WriteLine($"{before}… and {all.Count - Most} more; --format json has all.");
    }
}
