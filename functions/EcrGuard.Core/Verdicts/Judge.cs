using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;

namespace EcrGuard.Core.Verdicts;

/// <summary>Decides: facts and policy in, one verdict with its reasons out.</summary>
public static class Judge
{
    /// <summary>
    /// The verdict that stood before, and the findings that <see cref="Keep"/> returned for it. The findings are null
    /// where the ledger no longer holds them.
    /// </summary>
    public sealed record Before(Verdict Verdict, IReadOnlyList<Finding>? Findings);

    /// <inheritdoc cref="Decide(ImageFacts, ScanFacts, PolicyDocument, Before?, DateTimeOffset)"/>
    public static Verdict Decide(Evidence evidence, PolicyDocument policy, DateTimeOffset now) =>
        Decide(evidence.Image, evidence.Scan, policy, evidence.Before, now);

    /// <summary>Decides an image of one platform.</summary>
    /// <param name="before">What stood before. Its findings count until a completed scan supersedes them. So BLOCKED
    ///     is sticky, and comes back when a waiver ends even if nothing is scanned any more.</param>
    public static Verdict Decide(
        ImageFacts image,
        ScanFacts scan,
        PolicyDocument policy,
        Before? before,
        DateTimeOffset now
    )
    {
        var waitingSince = WaitingSince(image, scan, before, now);
        if (now - waitingSince >= ScannerWords.ScanEndsWithin)
            scan = scan with { State = ScanState.Overdue };
        var supersedes = before is null || Supersedes(scan, before);
        var unseen = Unseen(scan, before);
        var known = supersedes ? With(scan.Findings, unseen) : scan.Findings;
        var verdict = OfScan(image, scan, Assessment.Of(image, known, policy, now), policy, now) with
        {
            WaitingSince = waitingSince,
            Counts = FindingCounts.Of(known),
        };
        if (supersedes)
            return unseen.Count > 0 ? WithUnseen(verdict, unseen) : verdict;
        if (verdict.Status != Status.Blocked)
            verdict = StillBlocked(verdict, image, policy, before!, now);
        if (verdict.Status == Status.Pending && scan.LeavesApproval)
            verdict = StillApproved(verdict, image, scan, policy, before!, now);
        return RestingOn(verdict, scan, unseen, before!);
    }

    /// <summary>Since when an unfinished scan is waited for; null where none is.</summary>
    private static DateTimeOffset? WaitingSince(ImageFacts image, ScanFacts scan, Before? before, DateTimeOffset now)
    {
        if (scan.State != ScanState.Pending)
            return null;
        // An image that was pushed again or restored starts to wait again.
        var since = before?.Verdict.WaitingSince;
        return since is null || since < image.CameAt ? now : since;
    }

    /// <summary>The same verdict with the scanner and the scan that the next one is compared with.</summary>
    private static Verdict RestingOn(Verdict verdict, ScanFacts scan, IReadOnlyList<Finding> unseen, Before before) =>
        verdict with
        {
            // If the findings get lost, a basic scan must not lift what it cannot see.
            Scanner =
                unseen.Count > 0 ? Scanner.Enhanced
                : before is { Findings: null, Verdict.Status: Status.Blocked } ? before.Verdict.Scanner
                : verdict.Scanner,
            // The newest scan counts: with the date of an older one, that scan would supersede it the next time.
            // A scan that is not settled has said nothing yet.
            ScanCompletedAt =
                scan.State == ScanState.Unsettled
                    ? before.Verdict.ScanCompletedAt
                    : Later(verdict.ScanCompletedAt, before.Verdict.ScanCompletedAt),
        };

    /// <summary>
    /// The findings to store with a verdict, for the next decision. After a completed scan these are its findings, and
    /// the earlier ones that it cannot see. After any other scan all earlier ones stay, too. Null: the findings that
    /// blocked are lost, and stay lost until the next completed scan.
    /// </summary>
    public static IReadOnlyList<Finding>? Keep(ScanFacts scan, Before? before) =>
        before is null || Supersedes(scan, before) ? With(scan.Findings, Unseen(scan, before))
        : before.Findings is not null ? Findings.Merge(before.Findings.Concat(scan.Findings))
        : before.Verdict.Status == Status.Blocked ? null
        : scan.Findings;

    /// <summary>
    /// The scan to store with the findings that <see cref="Keep"/> returned, so that another policy can decide from
    /// both without asking the scanner. Null where it cannot: the scan is not over, or the kept findings are not those
    /// of this scan.
    /// </summary>
    public static ScanFacts? Remember(ScanFacts scan, IReadOnlyList<Finding>? kept) =>
        scan.State is ScanState.Complete or ScanState.NotScanned or ScanState.Unsupported or ScanState.Ended
        && (ReferenceEquals(kept, scan.Findings) || kept is [])
            ? scan with
            {
                Findings = [],
            }
            : null;

    /// <summary>Decides an image whose facts could not be read: never better than before.</summary>
    /// <param name="before">The verdict that stood before, if any: BLOCKED stays.</param>
    public static Verdict Unreadable(
        ImageId image,
        string what,
        PolicyDocument policy,
        DateTimeOffset now,
        Verdict? before = null
    )
    {
        var unreadable = new Reason("unreadable", $"The facts could not be read: {what}");
        return before is { Status: Status.Blocked }
            ? before with
            {
                Reasons = [.. before.Reasons.Where(r => r.Code != unreadable.Code), unreadable],
            }
            : new Verdict
            {
                Image = image,
                Status = Status.Error,
                Approved = false,
                Reasons = [unreadable],
                ToPass = ["Ask again; if it lasts, see the function's log."],
                PolicyVersion = policy.Version,
                FactsAt = now,
                WaitingSince = before?.WaitingSince,
            };
    }

    /// <summary>Decides what no scanner reads: an artifact, or a media type that EcrGuard does not know.</summary>
    public static Verdict NotAnImage(ImageFacts image, PolicyDocument policy) =>
        new()
        {
            Image = image.Id,
            Status = Status.Unsupported,
            Approved = false,
            Reasons =
            [
                image.Kind == ImageKind.Artifact
                    ? new(
                        "artifact",
                        "This is an artifact about an image (a signature, SBOM or attestation), not an image to deploy."
                    )
                    : new(
                        "unknown-media-type",
                        "The media type of this manifest is not known, so that nothing can be said about it."
                    ),
            ],
            ToPass = ["Ask about the image itself."],
            PolicyVersion = policy.Version,
            FactsAt = image.ReadAt,
        };

    /// <summary>What a scan says by itself, whatever stood before.</summary>
    private static Verdict OfScan(
        ImageFacts image,
        ScanFacts scan,
        Assessment assessment,
        PolicyDocument policy,
        DateTimeOffset now
    )
    {
        var staleAt = StaleAt(scan, policy);
        var status = assessment.Blocks ? Status.Blocked : StatusOf(scan, staleAt, now);
        var approved = Allows(policy, status);
        return new Verdict
        {
            Image = image.Id,
            Status = status,
            Approved = approved,
            Reasons = status switch
            {
                Status.Blocked => assessment.Reasons,
                Status.Approved => [ReasonText.Clean(scan, assessment.Waived)],
                _ => [ReasonText.OfState(scan, policy, now)],
            },
            Blocking = assessment.Severities,
            Warnings = assessment.Warnings,
            Waived = assessment.Waived,
            ToPass =
                approved ? []
                : status == Status.Blocked ? assessment.ShortestWay
                : [ReasonText.Remedy(scan)],
            Scanner = scan.Scanner,
            ScanCompletedAt = scan.State == ScanState.Unsettled ? null : scan.CompletedAt,
            PolicyVersion = policy.Version,
            FactsAt = scan.ReadAt < image.ReadAt ? scan.ReadAt : image.ReadAt,
            StaleAt = staleAt,
            ValidUntil = Earlier(
                status == Status.Approved ? Earlier(assessment.ValidUntil, staleAt) : assessment.ValidUntil,
                scan.UnsettledUntil
            ),
        };
    }

    /// <summary>The status of a scan in which nothing blocks.</summary>
    private static Status StatusOf(ScanFacts scan, DateTimeOffset? staleAt, DateTimeOffset now) =>
        scan.State switch
        {
            ScanState.Complete => scan.Continuous || now < staleAt ? Status.Approved : Status.Stale,
            ScanState.Pending or ScanState.Unsettled => Status.Pending,
            ScanState.NotScanned => Status.Unscanned,
            ScanState.Unsupported => Status.Unsupported,
            ScanState.Ended or ScanState.Archived => Status.Stale,
            ScanState.Failed or ScanState.Overdue or ScanState.Contradictory or ScanState.Unknown => Status.Error,
        };

    /// <summary>
    /// The scanner says nothing newer, so what was found before is judged again: it blocks until a waiver or another
    /// policy excuses it.
    /// </summary>
    private static Verdict StillBlocked(
        Verdict fresh,
        ImageFacts image,
        PolicyDocument policy,
        Before before,
        DateTimeOffset now
    )
    {
        if (before.Findings is null)
            return before.Verdict.Status == Status.Blocked
                ? Sticky(fresh, before.Verdict, before.Verdict.Reasons)
                : fresh;

        var assessment = Assessment.Of(image, before.Findings, policy, now);
        var validUntil = Earlier(fresh.ValidUntil, assessment.ValidUntil);
        return assessment.Blocks
            ? Sticky(fresh, before.Verdict, assessment.Reasons) with
            {
                Blocking = assessment.Severities,
                Warnings = assessment.Warnings,
                Waived = assessment.Waived,
                ToPass = assessment.ShortestWay,
                Counts = FindingCounts.Of(before.Findings),
                ValidUntil = validUntil,
            }
            : fresh with
            {
                Waived = [.. fresh.Waived.Concat(assessment.Waived).Distinct()],
                ValidUntil = validUntil,
            };
    }

    /// <summary>
    /// A rescan whose findings are not all listed yet takes no approval away. What was found before and what is listed
    /// now are judged together, until the scan before is too old.
    /// </summary>
    private static Verdict StillApproved(
        Verdict fresh,
        ImageFacts image,
        ScanFacts scan,
        PolicyDocument policy,
        Before before,
        DateTimeOffset now
    )
    {
        if (before is not { Findings: { } found, Verdict.Status: Status.Approved } || now >= before.Verdict.StaleAt)
            return fresh;
        var known = Findings.Merge(found.Concat(scan.Findings));
        var assessment = Assessment.Of(image, known, policy, now);
        return assessment.Blocks
            ? fresh
            : fresh with
            {
                Status = Status.Approved,
                Approved = true,
                Reasons = [ReasonText.StillApproved(known.Count, scan)],
                Warnings = assessment.Warnings,
                Waived = assessment.Waived,
                ToPass = [],
                Counts = FindingCounts.Of(known),
                Scanner = before.Verdict.Scanner,
                StaleAt = before.Verdict.StaleAt,
                ValidUntil = Earlier(Earlier(assessment.ValidUntil, before.Verdict.StaleAt), scan.UnsettledUntil),
            };
    }

    private static Verdict Sticky(Verdict fresh, Verdict before, IReadOnlyList<Reason> reasons) =>
        fresh with
        {
            Status = Status.Blocked,
            Approved = false,
            Reasons =
            [
                .. reasons.Where(r => r.Code != StickyCode),
                new(
                    StickyCode,
                    "Still blocked by its last scan. A finished scan without blocking findings, a waiver or the policy "
                        + $"unblocks it. {fresh.Reasons[0].Sentence}"
                ),
            ],
            Blocking = before.Blocking,
            Warnings = before.Warnings,
            Waived = before.Waived,
            ToPass = before.ToPass,
            Counts = before.Counts,
            Scanner = before.Scanner,
        };

    /// <summary>
    /// The verdict of a basic scan, with a word about the earlier findings that it cannot see.
    /// </summary>
    private static Verdict WithUnseen(Verdict verdict, IReadOnlyList<Finding> unseen) =>
        (
            verdict.Status == Status.Blocked
                ? verdict with
                {
                    Reasons = [.. verdict.Reasons, ReasonText.Unseen(unseen.Count)],
                }
                : verdict with
                {
                    Warnings = [.. verdict.Warnings, ReasonText.Unseen(unseen.Count)],
                }
        ) with
        {
            Scanner = Scanner.Enhanced,
        };

    private const string StickyCode = "sticky";

    /// <summary>
    /// A completed scan supersedes what was known, unless it is older (the account may have switched back to its other
    /// scanner) or does not say when it was made. A basic scan does not supersede lost findings of an enhanced one:
    /// they may be of a kind that it cannot see.
    /// </summary>
    private static bool Supersedes(ScanFacts scan, Before before) =>
        scan.State == ScanState.Complete
        && (before.Verdict.ScanCompletedAt is null || scan.CompletedAt >= before.Verdict.ScanCompletedAt)
        && (
            before.Findings is not null
            || before.Verdict.Status != Status.Blocked
            || scan.Scanner == Scanner.Enhanced
            || before.Verdict.Scanner != Scanner.Enhanced
        );

    /// <summary>
    /// The earlier findings that stay until a completed enhanced scan. Basic scanning reads only the operating system's
    /// packages, so its silence about others says nothing.
    /// </summary>
    private static IReadOnlyList<Finding> Unseen(ScanFacts scan, Before? before) =>
        before?.Findings is { } known && !(scan.Scanner == Scanner.Enhanced && Supersedes(scan, before))
            ? [.. known.Where(finding => finding.PackageManager != Finding.OperatingSystem)]
            : [];

    private static IReadOnlyList<Finding> With(IReadOnlyList<Finding> found, IReadOnlyList<Finding> unseen) =>
        unseen.Count == 0 ? found : Findings.Merge(found.Concat(unseen));

    /// <summary>Null: it does not age. A scan that does not say when it was made is stale at once.</summary>
    private static DateTimeOffset? StaleAt(ScanFacts scan, PolicyDocument policy) =>
        scan is not { State: ScanState.Complete, Continuous: false } ? null
        : scan.CompletedAt is { } completed ? completed.AddDays(policy.Defaults.ScanMaxAgeDays)
        : DateTimeOffset.MinValue;

    private static bool Allows(PolicyDocument policy, Status status) =>
        status switch
        {
            Status.Approved => true,
            Status.Unscanned => policy.Defaults.Unscanned == Answer.Allow,
            Status.Unsupported => policy.Defaults.Unsupported == Answer.Allow,
            Status.Stale => policy.Defaults.Stale == Answer.Allow,
            Status.Blocked or Status.Error or Status.Pending => false,
        };

    private static DateTimeOffset? Later(DateTimeOffset? one, DateTimeOffset? other) =>
        one is null ? other
        : other is null || one > other ? one
        : other;

    internal static DateTimeOffset? Earlier(DateTimeOffset? one, DateTimeOffset? other) =>
        one is null ? other
        : other is null || one < other ? one
        : other;
}
