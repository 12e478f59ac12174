using EcrGuard.Core.Images;
using EcrGuard.Core.Plans;
using EcrGuard.Core.Use;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Core.Reports;

/// <summary>What the ledger holds of one image, as it was read.</summary>
/// <param name="Record">The record, with the grace, a forced approval, and whether the image is gone.</param>
/// <param name="Quarantine">Null where it was never in quarantine, nor released.</param>
/// <param name="OwnTags">Every tag that EcrGuard ever wrote or was about to write on it.</param>
/// <param name="Changes">Every change of its status, the oldest first.</param>
/// <param name="Writes">What was written to it, the oldest first.</param>
/// <param name="Deployments">Who deployed it and when, as events said.</param>
/// <param name="HeldBy">The indexes that list it.</param>
/// <param name="Use">What runs, as the last sweep read it; null where it was not read.</param>
public sealed record ImageStoryFacts(
    ImageRecord Record,
    Quarantine? Quarantine,
    IReadOnlyList<string> OwnTags,
    IReadOnlyList<StatusChange> Changes,
    IReadOnlyList<ImageWrite> Writes,
    IReadOnlyList<ConsumerReference> Deployments,
    IReadOnlyList<Digest> HeldBy,
    UsageReading? Use
);

/// <summary>A change of an image's status.</summary>
/// <param name="From">NEW for the first.</param>
/// <param name="Reasons">The reasons of the new status, at most <see cref="ImageRecord.MaxReasons"/>.</param>
public sealed record StatusChange(
    DateTimeOffset At,
    string From,
    string Status,
    string PolicyVersion,
    IReadOnlyList<Reason> Reasons
);

/// <summary>A write of EcrGuard to an image.</summary>
/// <param name="Change">For example <c>Add</c>.</param>
/// <param name="Tag">Null where no tag was written.</param>
/// <param name="Outcome">Its outcome; <c>intended</c> where that is not known.</param>
public sealed record ImageWrite(DateTimeOffset At, string Change, string? Tag, string Outcome);

/// <summary>Something that runs the image, or ran it.</summary>
/// <param name="SeenAt">When it was last seen.</param>
/// <param name="Tag">The tag that it names; null: it names the digest.</param>
public sealed record StoryUse(string By, DateTimeOffset SeenAt, string? Tag);

/// <summary>How far the quarantine of an image is.</summary>
public sealed record StoryQuarantine(string State, DateTimeOffset Since, Release? Release);

/// <summary>All that the ledger knows of one image: the verdict and its history, use, tags, quarantine.</summary>
public sealed record ImageStory
{
    public required string Repository { get; init; }
    public required string Digest { get; init; }

    /// <summary>The image's URI with its digest.</summary>
    public required string Uri { get; init; }

    /// <summary>The team's tags when it was last read, at most <see cref="ImageRecord.MaxReasons"/>.</summary>
    public required IReadOnlyList<string> Tags { get; init; }

    /// <summary>Whether the image was seen to be gone.</summary>
    public required bool Gone { get; init; }

    /// <summary>Whether the image must be decided again before a question is answered.</summary>
    public required bool ScanningChanged { get; init; }
    public DateTimeOffset? PushedAt { get; init; }
    public long? SizeInBytes { get; init; }

    /// <summary>The platforms of an index; empty for an image.</summary>
    public required IReadOnlyList<string> Platforms { get; init; }

    /// <summary>The indexes that list it.</summary>
    public required IReadOnlyList<string> HeldBy { get; init; }
    public required string Status { get; init; }

    /// <summary>What a gate answers.</summary>
    public required bool Approved { get; init; }

    /// <summary>Since when it has this status.</summary>
    public required DateTimeOffset StatusSince { get; init; }
    public required DateTimeOffset DecidedAt { get; init; }
    public DateTimeOffset? ScanCompletedAt { get; init; }

    /// <summary>When time alone may change the verdict; null: never.</summary>
    public DateTimeOffset? ValidUntil { get; init; }
    public required string PolicyVersion { get; init; }
    public required FindingCounts Counts { get; init; }
    public required IReadOnlyList<Reason> Reasons { get; init; }

    /// <summary>How many there are, also those that are not listed.</summary>
    public required int ReasonCount { get; init; }
    public required IReadOnlyList<Reason> Warnings { get; init; }

    /// <summary>How many there are, also those that are not listed.</summary>
    public required int WarningCount { get; init; }
    public required IReadOnlyList<WaivedFinding> Waivers { get; init; }

    /// <summary>What would make it pass; empty where it passes.</summary>
    public required IReadOnlyList<string> ToPass { get; init; }

    /// <summary>The sentence about the grace of a blocked image that runs.</summary>
    public string? Grace { get; init; }

    /// <summary>The last forced approval, in force or not.</summary>
    public ForcedApproval? BreakGlass { get; init; }
    public required IReadOnlyList<StatusChange> History { get; init; }
    public required IReadOnlyList<StoryUse> Uses { get; init; }

    /// <summary>When it was last read what runs; null where it was not.</summary>
    public DateTimeOffset? UseReadAt { get; init; }
    public StoryQuarantine? Quarantine { get; init; }

    /// <summary>Every tag that EcrGuard ever wrote or was about to write on it.</summary>
    public required IReadOnlyList<string> OwnTags { get; init; }

    /// <summary>Why the verdict could not be written as a tag.</summary>
    public string? CouldNotMark { get; init; }
    public required IReadOnlyList<ImageWrite> Writes { get; init; }

    public static ImageStory Of(ImageStoryFacts facts, DateTimeOffset now)
    {
        var (record, verdict) = (facts.Record, facts.Record.Verdict);
        return new ImageStory
        {
            Repository = verdict.Image.Repository.Name,
            Digest = verdict.Image.Digest.ToString(),
            Uri = $"{verdict.Image.Repository.Uri}@{verdict.Image.Digest}",
            Tags = record.Tags,
            Gone = record.Gone,
            ScanningChanged = record.ScanningChanged,
            PushedAt = record.PushedAt,
            SizeInBytes = record.SizeInBytes,
            Platforms = [.. record.Children.Select(child => $"{child.Platform} {child.Digest}")],
            HeldBy = [.. facts.HeldBy.Select(index => index.ToString())],
            Status = verdict.Status.Word(),
            Approved = verdict.Approved,
            StatusSince = record.StatusSince,
            DecidedAt = record.DecidedAt,
            ScanCompletedAt = verdict.ScanCompletedAt,
            ValidUntil = verdict.ValidUntil,
            PolicyVersion = verdict.PolicyVersion,
            Counts = verdict.Counts,
            Reasons = verdict.Reasons,
            ReasonCount = record.ReasonCount,
            Warnings = verdict.Warnings,
            WarningCount = record.WarningCount,
            Waivers = verdict.Waived,
            ToPass = verdict.ToPass,
            Grace = record.Grace?.Reason(now)?.Sentence,
            BreakGlass = record.Forced,
            History = facts.Changes,
            Uses = [.. UsesOf(facts)],
            UseReadAt = facts.Use?.ReadAt,
            Quarantine = facts.Quarantine is { } quarantine
                ? new StoryQuarantine(quarantine.State.ToString(), quarantine.Since, quarantine.Release)
                : null,
            OwnTags = facts.OwnTags,
            CouldNotMark = record.CouldNotMark,
            Writes = facts.Writes,
        };
    }

    /// <summary>What runs and what was deployed: the last time for each, the newest first.</summary>
    private static IEnumerable<StoryUse> UsesOf(ImageStoryFacts facts)
    {
        var image = facts.Record.Verdict.Image;
        var read = (facts.Use?.Uses ?? []).Where(use =>
            use.Repository == image.Repository
            && (use.Digest is { } digest ? digest == image.Digest : facts.Record.Tags.Contains(use.Tag))
        );
        return read.Select(use => new StoryUse(use.By.ToString(), use.SeenAt ?? facts.Use!.ReadAt, use.Tag))
            .Concat(
                facts.Deployments.Select(use => new StoryUse(
                    use.By.ToString(),
                    use.SeenAt ?? DateTimeOffset.MinValue,
                    use.Tag
                ))
            )
            .GroupBy(use => use.By)
            .Select(same => same.MaxBy(use => use.SeenAt)!)
            .OrderByDescending(use => use.SeenAt)
            .ThenBy(use => use.By, StringComparer.Ordinal);
    }
}
