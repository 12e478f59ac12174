using System.Globalization;
using EcrGuard.Core.Images;

namespace EcrGuard.Core.Verdicts;

/// <summary>
/// The answer to "may I deploy this image?". It names one digest, so that the pipeline deploys what was approved.
/// </summary>
public sealed record ApprovalAnswer
{
    public required bool Approved { get; init; }
    public required string Status { get; init; }

    /// <summary>As the question named it.</summary>
    public required string Image { get; init; }
    public required string Repository { get; init; }
    public required string Digest { get; init; }

    /// <summary>
    /// What to deploy: the image's URI with its digest. Null unless it is approved, so that no script can deploy what
    /// is not.
    /// </summary>
    public string? Deploy { get; init; }
    public required IReadOnlyList<Reason> Reasons { get; init; }

    /// <summary>
    /// How many reasons there are in all. The list is cut at <see cref="ImageRecord.MaxReasons"/>, besides that of a
    /// running grace.
    /// </summary>
    public required int ReasonCount { get; init; }
    public required IReadOnlyList<Reason> Warnings { get; init; }
    public required IReadOnlyList<WaivedFinding> Waivers { get; init; }

    /// <summary>What would make it pass; empty when it does.</summary>
    public required IReadOnlyList<string> ToPass { get; init; }
    public required FindingCounts Counts { get; init; }

    /// <summary>When the verdict was decided.</summary>
    public required DateTimeOffset DecidedAt { get; init; }
    public DateTimeOffset? ScanCompletedAt { get; init; }

    /// <summary>PENDING: since when the image waits for its scan, if that is known. Null otherwise.</summary>
    public DateTimeOffset? WaitingSince { get; init; }

    /// <summary>PENDING: when to ask again, in seconds. Null otherwise.</summary>
    public int? RetryAfterSeconds { get; init; }
    public required string PolicyVersion { get; init; }

    /// <summary>
    /// How many seconds to wait after the answer PENDING, or after no answer. The gate itself never waits: fifty
    /// waiting pipelines would take the account's concurrency from the functions that they wait for.
    /// </summary>
    public const int RetryAfter = 15;

    /// <summary>Of one way to pass.</summary>
    internal const int MaxWay = 2000;

    /// <param name="grace">The reason of a running grace; null: none.</param>
    /// <param name="standsBy">The reason that a forced approval is not needed; null: there is none.</param>
    public static ApprovalAnswer Of(
        string asked,
        Verdict verdict,
        int reasonCount,
        DateTimeOffset decidedAt,
        Reason? grace = null,
        Reason? standsBy = null
    ) =>
        new()
        {
            Approved = verdict.Approved,
            Status = verdict.Status.Word(),
            Image = asked,
            Repository = verdict.Image.Repository.Name,
            Digest = verdict.Image.Digest.ToString(),
            Deploy = verdict.Approved ? $"{verdict.Image.Repository.Uri}@{verdict.Image.Digest}" : null,
            Reasons =
            [
                .. verdict.Reasons.Take(ImageRecord.MaxReasons).Select(reason => reason.Clip()),
                .. grace is null ? Array.Empty<Reason>() : [grace],
            ],
            ReasonCount = reasonCount + (grace is null ? 0 : 1),
            Warnings =
            [
                .. standsBy is null ? Array.Empty<Reason>() : [standsBy],
                .. verdict.Warnings.Take(ImageRecord.MaxReasons).Select(reason => reason.Clip()),
            ],
            Waivers = [.. verdict.Waived.Take(ImageRecord.MaxReasons).Select(waived => waived.Clip())],
            ToPass = [.. verdict.ToPass.Take(ImageRecord.MaxReasons).Select(way => Phrase.Clip(way, MaxWay))],
            Counts = verdict.Counts,
            DecidedAt = decidedAt,
            ScanCompletedAt = verdict.ScanCompletedAt,
            PolicyVersion = verdict.PolicyVersion,
        };

    /// <summary>The answer with how long the image has waited for its scan, if it is PENDING.</summary>
    /// <param name="pushedAt">When the image was pushed or restored, if ECR says so.</param>
    /// <param name="before">What the ledger holds; null for nothing.</param>
    public ApprovalAnswer Waiting(Verdict verdict, DateTimeOffset? pushedAt, ImageRecord? before, DateTimeOffset now)
    {
        if (Status != Verdicts.Status.Pending.Word())
            return this;
        var recorded = before is { Gone: false } ? before.WithoutBreakGlass().Verdict : null;
        var since =
            recorded is { Status: Verdicts.Status.Pending } ? recorded.WaitingSince ?? before!.StatusSince
            : before is null && pushedAt <= now && now - pushedAt < ScannerWords.ScanEndsWithin ? pushedAt
            : verdict.WaitingSince;
        var waited = since is { } at
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"This image has waited for its scan for {Phrase.Took(now - at)}, since "
                    + $"{at.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC"
            )
            : "It is not known since when this image has waited for its scan";
        return this with
        {
            WaitingSince = since,
            RetryAfterSeconds = RetryAfter,
            Reasons = [.. Reasons, new Reason("waiting", $"{waited}; ask again in {RetryAfter} seconds.")],
            ReasonCount = ReasonCount + 1,
        };
    }

    /// <summary>
    /// How long a PENDING or ERROR record is believed before a question is answered from fresh facts.
    /// </summary>
    public static readonly TimeSpan PendingAge = TimeSpan.FromMinutes(5);

    /// <summary>
    /// How long any other record is believed. AWS promises no event when Inspector stops monitoring an image, and every
    /// event may be lost: this is as long as the daily sweep takes to notice. A record that blocks is believed as long
    /// as it exists.
    /// </summary>
    public static readonly TimeSpan RecordAge = TimeSpan.FromHours(24);

    /// <summary>
    /// Whether a record answers the question, or fresh facts must. A forced approval does not count here: it is added
    /// when the question is answered.
    /// </summary>
    public static bool Answers(ImageRecord record, string policyVersion, DateTimeOffset now) =>
        record.WithoutBreakGlass() is { Gone: false, ScanningChanged: false, Verdict: var verdict }
        && !verdict.IsOutdated(policyVersion, now)
        && verdict.Status switch
        {
            Verdicts.Status.Blocked => true,
            Verdicts.Status.Pending or Verdicts.Status.Error => now - record.DecidedAt < PendingAge,
            Verdicts.Status.Unscanned
            or Verdicts.Status.Unsupported
            or Verdicts.Status.Stale
            or Verdicts.Status.Approved => now - verdict.FactsAt < RecordAge,
        };
}
