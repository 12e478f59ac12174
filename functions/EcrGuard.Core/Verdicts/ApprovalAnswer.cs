namespace EcrGuard.Core.Verdicts;

/// <summary>The answer to "may I deploy this image?", about one digest, which it names, so that the pipeline deploys what was approved.</summary>
public sealed record ApprovalAnswer
{
    public required bool Approved { get; init; }
    public required string Status { get; init; }

    /// <summary>As it was asked.</summary>
    public required string Image { get; init; }
    public required string Repository { get; init; }
    public required string Digest { get; init; }

    /// <summary>What to deploy: the digest's own URI.</summary>
    public required string Deploy { get; init; }
    public required IReadOnlyList<Reason> Reasons { get; init; }

    /// <summary>How many reasons there are in all; the list is cut at <see cref="ImageRecord.MaxReasons"/>, that of a running grace aside.</summary>
    public required int ReasonCount { get; init; }
    public required IReadOnlyList<Reason> Warnings { get; init; }
    public required IReadOnlyList<WaivedFinding> Waivers { get; init; }

    /// <summary>What would make it pass; empty when it does.</summary>
    public required IReadOnlyList<string> ToPass { get; init; }
    public required FindingCounts Counts { get; init; }

    /// <summary>When the verdict was decided.</summary>
    public required DateTimeOffset DecidedAt { get; init; }
    public DateTimeOffset? ScanCompletedAt { get; init; }
    public required string PolicyVersion { get; init; }

    /// <param name="grace">What the clock of an image in use has to say; null: nothing.</param>
    /// <param name="standsBy">That an approval is forced which is not needed; null: there is none.</param>
    public static ApprovalAnswer Of(string asked, Verdict verdict, int reasonCount, DateTimeOffset decidedAt, Reason? grace = null, Reason? standsBy = null) => new()
    {
        Approved = verdict.Approved,
        Status = verdict.Status.Word(),
        Image = asked,
        Repository = verdict.Image.Repository.Name,
        Digest = verdict.Image.Digest.ToString(),
        Deploy = $"{verdict.Image.Repository.Uri}@{verdict.Image.Digest}",
        Reasons = [.. verdict.Reasons.Take(ImageRecord.MaxReasons), .. grace is null ? Array.Empty<Reason>() : [grace]],
        ReasonCount = reasonCount + (grace is null ? 0 : 1),
        Warnings = [.. standsBy is null ? Array.Empty<Reason>() : [standsBy], .. verdict.Warnings.Take(ImageRecord.MaxReasons)],
        Waivers = [.. verdict.Waived.Take(ImageRecord.MaxReasons)],
        ToPass = [.. verdict.ToPass.Take(ImageRecord.MaxReasons)],
        Counts = verdict.Counts,
        DecidedAt = decidedAt,
        ScanCompletedAt = verdict.ScanCompletedAt,
        PolicyVersion = verdict.PolicyVersion,
    };

    /// <summary>How long a PENDING or ERROR record is believed before a question is answered from fresh facts.</summary>
    public static readonly TimeSpan PendingAge = TimeSpan.FromMinutes(5);

    /// <summary>
    /// How long any other is. No event is promised when Inspector stops monitoring an image, and every event may be lost: a day is what a daily sweep would leave. What blocks is believed as long as it stands.
    /// </summary>
    public static readonly TimeSpan RecordAge = TimeSpan.FromHours(24);

    /// <summary>Whether a record answers the question, or fresh facts must: by what it holds without a forced approval, which is laid over it when the question is asked.</summary>
    public static bool Answers(ImageRecord record, string policyVersion, DateTimeOffset now) =>
        record.WithoutBreakGlass() is { Gone: false, ScanningChanged: false, Verdict: var verdict } && !verdict.IsOutdated(policyVersion, now) && verdict.Status switch
        {
            Verdicts.Status.Blocked => true,
            Verdicts.Status.Pending or Verdicts.Status.Error => now - record.DecidedAt < PendingAge,
            Verdicts.Status.Unscanned or Verdicts.Status.Unsupported or Verdicts.Status.Stale or Verdicts.Status.Approved => now - verdict.FactsAt < RecordAge,
        };
}
