using System.Globalization;
using System.Text;
using EcrGuard.Core.Images;
using EcrGuard.Core.Plans;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Core.Reports;

/// <summary>The story of an image for people, on one page.</summary>
public static class ImageStoryText
{
    /// <summary>How many entries of a list are shown; the JSON has all.</summary>
    private const int Most = 10;

    public static string Of(ImageStory story, DateTimeOffset now)
    {
        var text = new StringBuilder();
        var name = story.Tags is [var tag, ..] ? $":{tag}" : $"@{Digest.Parse(story.Digest).Abbreviated}";
        text.Append(CultureInfo.InvariantCulture, $"{story.Status}  {story.Repository}{name}\n  {story.Uri}\n");
        if (story.Gone)
            text.Append("  It is gone from the repository. This is what was known of it.\n");
        if (story.ScanningChanged)
            text.Append("  Its scanning changed since: it is decided again before anybody is answered.\n");
        Section(text, "Verdict", Verdict(story));
        Section(text, "Warnings", Sentences(story.Warnings, story.WarningCount));
        Section(text, "Waived", story.Waivers.Select(one => $"{one.Vulnerability} by {one.By()}"));
        Section(text, "To pass", story.ToPass);
        Section(text, "Forced approval", story.BreakGlass is { } forced ? [Forced(forced, now)] : []);
        Section(text, "Use", Use(story));
        Section(text, "Quarantine", story.Quarantine is { } held ? Quarantine(held) : []);
        Section(text, "Image", Image(story));
        Section(text, "Tags", Tags(story));
        Section(text, "History", story.History.Reverse().Select(Change));
        Section(text, "Writes", story.Writes.Reverse().Select(Write));
        return text.ToString();
    }

    private static IEnumerable<string> Verdict(ImageStory story)
    {
        yield return $"{(story.Approved ? "A gate answers yes" : "A gate answers no")}; {story.Status} since "
            + $"{Time(story.StatusSince)}.";
        yield return $"Decided {Time(story.DecidedAt)} by policy {story.PolicyVersion}"
            + (story.ScanCompletedAt is { } scanned ? $", from a scan of {Time(scanned)}." : ".");
        if (story.ValidUntil is { } until)
            yield return story.BreakGlass is { } forced && forced.Until == until
                ? $"It changes by itself at {Time(until)}: the forced approval ends."
                : $"It may change by itself at {Time(until)}.";
        if (story.Counts.Total > 0)
            yield return Counts(story.Counts);
        foreach (var sentence in Sentences(story.Reasons, story.ReasonCount))
            yield return sentence;
        if (story.Grace is { } grace)
            yield return grace;
    }

    private static IEnumerable<string> Use(ImageStory story)
    {
        foreach (var use in story.Uses)
            yield return $"{use.By}{(use.Tag is { } tag ? $", by tag {tag}" : "")}, last seen {Time(use.SeenAt)}";
        if (story.Uses.Count == 0)
            yield return story.UseReadAt is { } read
                ? $"Nothing refers to it by digest or by one of its tags; what runs was read {Time(read)}."
                : "No event told of a deployment, and no sweep has read yet what runs.";
    }

    private static IEnumerable<string> Quarantine(StoryQuarantine held)
    {
        yield return held.State switch
        {
            nameof(QuarantineState.Taking) => $"EcrGuard began to archive it at {Time(held.Since)}.",
            nameof(QuarantineState.Held) => $"EcrGuard archived it at {Time(held.Since)}.",
            nameof(QuarantineState.Returning) => $"EcrGuard archived it at {Time(held.Since)}, and restores it.",
            _ => "It is not in quarantine any more.",
        };
        if (held.Release is { } release)
            yield return $"Released {Time(release.At)} by {Phrase.Clip(release.By, 300)}: "
                + Phrase.Clip(release.Reason, 500);
    }

    private static IEnumerable<string> Image(ImageStory story)
    {
        if (story.PushedAt is { } pushed)
            yield return $"Pushed {Time(pushed)}.";
        if (story.SizeInBytes is { } size)
            yield return string.Create(CultureInfo.InvariantCulture, $"{size / 1e6:0.#} MB, as ECR lists it.");
        foreach (var platform in story.Platforms)
            yield return $"Holds {platform}";
        foreach (var index in story.HeldBy)
            yield return $"Held by the index {index}";
    }

    private static IEnumerable<string> Tags(ImageStory story)
    {
        yield return story.Tags.Count == 0
            ? "None of the team's when it was last read."
            : string.Join(", ", story.Tags.Select(tag => Phrase.Clip(tag, 128)));
        foreach (var tag in story.OwnTags)
            yield return $"EcrGuard's tag, written or about to be: {tag}";
        if (story.CouldNotMark is { } why)
            yield return $"It could not be marked: {Phrase.Clip(why, 500)}";
    }

    private static string Forced(ForcedApproval forced, DateTimeOffset now) =>
        $"{(forced.InForce(now) ? "In force until" : "Ended")} {Time(forced.Until)}; ordered {Time(forced.At)} by "
        + $"{Phrase.Clip(forced.By, 300)}: {Phrase.Clip(forced.Reason, 500)}"
        + (forced.Revoked is { } revoked ? $" Ended before its time by {Phrase.Clip(revoked.By, 300)}." : "");

    private static string Change(StatusChange change) =>
        $"{Time(change.At)}  {change.From} → {change.Status}"
        + (change.Reasons is [var first, ..] ? $"  {Phrase.Clip(first.Sentence, 300)}" : "");

    private static string Write(ImageWrite write) =>
        $"{Time(write.At)}  {write.Change}{(write.Tag is { } tag ? $" {tag}" : "")}: {Phrase.Clip(write.Outcome, 300)}";

    private static string Counts(FindingCounts counts) => $"{Phrase.Count(counts.Total, "finding")}: {counts.Words()}.";

    private static IEnumerable<string> Sentences(IReadOnlyList<Reason> reasons, int all) =>
        reasons
            .Select(reason => reason.Sentence)
            .Concat(all > reasons.Count ? [$"and {all - reasons.Count} more, which the ledger does not hold"] : []);

    private static void Section(StringBuilder text, string title, IEnumerable<string> lines)
    {
        var all = lines.ToList();
        if (all.Count == 0)
            return;
        text.Append(CultureInfo.InvariantCulture, $"\n{title}\n");
        foreach (var line in all.Take(Most))
            text.Append(CultureInfo.InvariantCulture, $"  {Phrase.Clip(line, 1000)}\n");
        if (all.Count > Most)
            text.Append(CultureInfo.InvariantCulture, $"  and {all.Count - Most} more (--format json has all)\n");
    }

    private static string Time(DateTimeOffset at) => $"{at.UtcDateTime:yyyy-MM-dd HH:mm}Z";
}
