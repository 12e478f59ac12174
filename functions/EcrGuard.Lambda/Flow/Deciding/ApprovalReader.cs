using EcrGuard.Aws;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Images;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Lambda.Flow.Deciding;

/// <summary>
/// Answers a gate: from the ledger if the record is still valid, otherwise from fresh facts. It writes nothing.
/// </summary>
public sealed class ApprovalReader(
    VerdictReader verdicts,
    ImageRecords images,
    EffectivePolicy policy,
    TimeProvider time
)
{
    /// <summary>What an answer is based on, apart from forced approvals.</summary>
    private sealed record Basis(Verdict Verdict, Grace? Grace, int ReasonCount, DateTimeOffset DecidedAt);

    /// <param name="asked">The image as the caller wrote it.</param>
    /// <param name="known">What the ledger holds about the image; null if it must still be read.</param>
    public async Task<ApprovalAnswer> ReadAsync(
        string asked,
        ImageFacts image,
        CancellationToken cancellation,
        Task<LedgerEntry?>? known = null
    )
    {
        var now = time.GetUtcNow();
        var entry =
            image.Kind == ImageKind.Artifact
                ? null
                : await (known ?? images.FindAsync(image.Id, cancellation)).ConfigureAwait(false);
        var basis =
            await StandingAsync(image, entry, now, cancellation).ConfigureAwait(false)
            ?? await FreshAsync(image, entry, now, cancellation).ConfigureAwait(false);
        var forced = policy.Document.Counting(entry?.Record.Forced);
        var over = ForcedApproval.Over(basis.Verdict, forced, now);
        return ApprovalAnswer
            .Of(
                asked,
                over,
                basis.ReasonCount + over.Reasons.Count - basis.Verdict.Reasons.Count,
                basis.DecidedAt,
                over.Status == Status.Blocked ? basis.Grace?.Reason(now) : null,
                ForcedApproval.StandsBy(basis.Verdict, forced, now)
            )
            .Waiting(basis.Verdict, image.CameAt, entry?.Record, now);
    }

    /// <summary>
    /// The record, if it is still valid. A forced approval is added from what is in force now. It is never read from
    /// the stored record: if somebody has shortened it, that must hold without a new decision.
    /// </summary>
    private async Task<Basis?> StandingAsync(
        ImageFacts image,
        LedgerEntry? entry,
        DateTimeOffset now,
        CancellationToken cancellation
    ) =>
        entry?.Record.WithoutBreakGlass() is { } stands
        && ApprovalAnswer.Answers(stands, policy.Document.Version, now)
        && Describes(stands, image)
        && await StandsByChildrenAsync(stands, cancellation).ConfigureAwait(false)
            ? new Basis(stands.Verdict, stands.Grace, stands.ReasonCount, stands.DecidedAt)
            : null;

    private async Task<Basis> FreshAsync(
        ImageFacts image,
        LedgerEntry? entry,
        DateTimeOffset now,
        CancellationToken cancellation
    )
    {
        var verdict = await OrUnreadableAsync(image, entry, now, cancellation).ConfigureAwait(false);
        var grace = Grace.Of(verdict, entry?.Record.Grace, policy.Document, now);
        return new Basis(verdict, grace, verdict.Reasons.Count, now);
    }

    private async Task<Verdict> OrUnreadableAsync(
        ImageFacts image,
        LedgerEntry? entry,
        DateTimeOffset now,
        CancellationToken cancellation
    )
    {
        try
        {
            return await verdicts.FreshAsync(image, entry, IndexJudge.MaxLevels, cancellation).ConfigureAwait(false);
        }
        catch (Exception unreadable) when (!cancellation.IsCancellationRequested)
        {
            var before = entry?.Record.Verdict.WithoutBreakGlass();
            return Judge.Unreadable(image.Id, ErrorText.ForCallers(unreadable), policy.Document, now, before);
        }
    }

    /// <summary>
    /// Whether no child of an approved index was refused since. The verdict on a child is stored before its index is
    /// decided again, and the function may die in between.
    /// </summary>
    private async Task<bool> StandsByChildrenAsync(ImageRecord record, CancellationToken cancellation)
    {
        var children = record.Verdict.Approved ? record.Children : [];
        for (var level = 0; children.Count > 0 && level < IndexJudge.MaxLevels; level++)
        {
            var judged = children.Where(child => child.Kind != ImageKind.Artifact).Select(child => child.Digest);
            var known = await images
                .FindAsync(record.Verdict.Image.Repository, judged, cancellation)
                .ConfigureAwait(false);
            if (known.Values.Any(child => !child.Record.WithoutBreakGlass().Verdict.Approved))
                return false;
            children = [.. known.Values.SelectMany(child => child.Record.Children)];
        }
        return true;
    }

    /// <summary>
    /// Whether a record describes the image as it is now. Rules may name tags, and an archived image is not the one
    /// that was judged.
    /// </summary>
    private bool Describes(ImageRecord record, ImageFacts image) =>
        record.Verdict.Status == Status.Blocked
        || (
            image.Storage == StorageStatus.Active
            && (
                !policy.RulesNameTags
                || (
                    record.Tags.Count < ImageRecord.MaxReasons
                    && record.Tags.ToHashSet().SetEquals(OwnTags.TeamTags(image))
                )
            )
        );
}
