using System.Text.Json.Serialization;
using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;

namespace EcrGuard.Core.Verdicts;

/// <summary>
/// What the ledger knows about one image: its verdict, cut to what an item can hold, and how it changed.
/// </summary>
public sealed record ImageRecord
{
    /// <summary>An item of DynamoDB holds 400 KB; all findings are in S3.</summary>
    public const int MaxReasons = 20;

    public required ImageKind Kind { get; init; }

    /// <summary>
    /// With at most <see cref="MaxReasons"/> reasons, warnings, waived findings and ways to pass each.
    /// </summary>
    public required Verdict Verdict { get; init; }

    /// <summary>How many reasons there were before they were cut.</summary>
    public required int ReasonCount { get; init; }

    public required int WarningCount { get; init; }

    /// <summary>Every waiver that excused a finding, also one that only warns.</summary>
    public IReadOnlyList<string> WaiversUsed { get; init; } = [];

    /// <summary>The team's tags at the last read, at most <see cref="MaxReasons"/>.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>When the image was pushed; null where ECR does not say.</summary>
    public DateTimeOffset? PushedAt { get; init; }

    /// <summary>As ECR lists it, shared layers included; null where it is not known.</summary>
    public long? SizeInBytes { get; init; }

    public required DateTimeOffset DecidedAt { get; init; }

    /// <summary>
    /// The first status since the push other than PENDING and ERROR; null where there is none yet, or it was not
    /// recorded.
    /// </summary>
    public FirstVerdict? First { get; init; }

    /// <summary>Since when it has this status.</summary>
    public required DateTimeOffset StatusSince { get; init; }

    /// <summary>
    /// The status before this one; null for the first one, and for the first one after the image was gone. An image
    /// that is pushed again is new to whoever deploys it, though its findings are not forgotten.
    /// </summary>
    public Status? PreviousStatus { get; init; }

    /// <summary>The last status before this one other than PENDING and ERROR; null where there is none.</summary>
    public Status? SettledBefore { get; init; }

    /// <summary>The id of the history entry of the last change of status, and a part of the alert's id.</summary>
    public required string ChangeId { get; init; }

    /// <summary>The SHA-256 of the findings in S3; null where there are none to store.</summary>
    public string? FindingsHash { get; init; }

    /// <summary>
    /// The SHA-256 of the findings in S3 as the scanner listed them, without the days of fixes that EcrGuard adds. If a
    /// scan lists the same, they need not be read. Null where there are none, or where not all are of that scan.
    /// </summary>
    public string? ListedHash { get; init; }

    /// <summary>
    /// The scan without its findings; null for an index, and where a new decision needs the scanner's own answer.
    /// </summary>
    public ScanFacts? Scan { get; init; }

    /// <summary>
    /// What Inspector's scans have announced and still have to list; null for an index, and for basic scanning.
    /// </summary>
    public Settling? Settling { get; init; }

    /// <summary>The children, for an index; empty for an image.</summary>
    public IReadOnlyList<IndexChild> Children { get; init; } = [];

    /// <summary>The grace of a blocked image; null where it is not blocked or the policy gives no time.</summary>
    public Grace? Grace { get; init; }

    /// <summary>The last forced approval, in force or not; null where there never was one.</summary>
    public ForcedApproval? Forced { get; init; }

    /// <summary>
    /// Why the verdict could not be written as a tag; null where it was written or there was nothing to write.
    /// </summary>
    public string? CouldNotMark { get; init; }

    /// <summary>Whether the image was seen to be gone.</summary>
    public bool Gone { get; init; }

    /// <summary>
    /// True where the scanning of its repository was changed after the facts were read, or the ledger was restored. No
    /// question is answered by the record then: the image must be decided again from what the scanner says. The ledger
    /// knows this of the repository or of itself, not of the image.
    /// </summary>
    [JsonIgnore]
    public bool ScanningChanged { get; init; }

    /// <summary>
    /// Whether this index's own status shows a change of its children, and its alert tells of it. It does not where the
    /// index is gone or its approval is forced.
    /// </summary>
    public bool SpeaksForItsChildren(DateTimeOffset now) => !Gone && Forced?.InForce(now) != true;

    /// <summary>
    /// How old facts may become. Events may be lost, so the daily sweep reads again all facts that no event has renewed
    /// since.
    /// </summary>
    public static readonly TimeSpan SweepAge = TimeSpan.FromHours(20);

    /// <summary>The record without a forced approval.</summary>
    public ImageRecord WithoutBreakGlass() =>
        Verdict.Instead is { } instead ? this with { Verdict = instead, ReasonCount = ReasonCount - 1 } : this;

    /// <summary>
    /// Whether a new decision is necessary because of time, another policy, another scanning configuration, or a forced
    /// approval that began or ended after the verdict.
    /// </summary>
    public bool IsOutdated(string policyVersion, DateTimeOffset now) =>
        ScanningChanged
        || Verdict.IsOutdated(policyVersion, now)
        || (ForcedApproval.Over(Verdict.WithoutBreakGlass(), Forced, now).Instead is null) != (Verdict.Instead is null);

    /// <summary>
    /// Whether the sweep decides the image again: the record is outdated, old or not settled, or the image is back.
    /// </summary>
    public bool IsDue(string policyVersion, DateTimeOffset now) =>
        Gone || Settling?.Since is not null || IsOutdated(policyVersion, now) || now - Verdict.FactsAt >= SweepAge;

    /// <summary>
    /// The stored scan, where only the policy or time makes a new decision necessary. Null where the scanner must be
    /// asked again: the scan is too old, or the image was pushed or restored or its scanning was changed since.
    /// </summary>
    public ScanFacts? Remembered(ImageFacts image, string policyVersion, DateTimeOffset now) =>
        !Gone
        && !ScanningChanged
        && IsOutdated(policyVersion, now)
        && image.Storage == StorageStatus.Active
        && Scan is { } scan
        && now - scan.ReadAt < SweepAge
        && !(image.PushedAt > scan.ReadAt)
        && !(image.LastActivatedAt > scan.ReadAt)
            ? scan
            : null;

    /// <summary>
    /// The record as it counts at a moment, even if nobody has asked. A forced approval that has ended is none. An
    /// approval whose scan has become too old is stale. Any other yes whose time is up, for example by the end of a
    /// waiver, waits to be decided again.
    /// </summary>
    public ImageRecord AsOf(DateTimeOffset now, PolicyDocument policy) =>
        Verdict.Instead is not null
            ? policy.Counting(Forced)?.InForce(now) == true
                ? this
                : WithoutBreakGlass().AsOf(now, policy)
            : !Verdict.Approved || !(now >= Verdict.ValidUntil)
                ? this
                : Verdict.Status == Status.Approved && now >= Verdict.StaleAt && policy.Defaults.Stale == Answer.Deny
                    ? From(
                        Status.Stale,
                        Verdict.StaleAt.Value,
                        new(
                            "scan-too-old",
                            $"The scan is more than {Phrase.Count(policy.Defaults.ScanMaxAgeDays, "day")} old, "
                                + "which is what the policy allows."
                        )
                    )
                    : From(
                        Status.Pending,
                        Verdict.ValidUntil.Value,
                        new(
                            TimeIsUp,
                            "The verdict's time is up (a waiver has ended, for example, or a finding has "
                                + "grown older): the next sweep decides again, and a gate does when it is asked."
                        )
                    );

    /// <summary>The code of the reason for a record that waits to be decided again.</summary>
    public const string TimeIsUp = "time-is-up";

    private ImageRecord From(Status status, DateTimeOffset since, Reason why) =>
        this with
        {
            Verdict = Verdict with { Status = status, Approved = false, Reasons = [why] },
            StatusSince = since,
            PreviousStatus = Verdict.Status,
        };

    /// <summary>The record after a new verdict.</summary>
    /// <param name="changeId">The id of the change, if the status changes; otherwise the old one stays.</param>
    public static ImageRecord Of(
        ImageFacts image,
        Verdict verdict,
        ImageRecord? before,
        string changeId,
        DateTimeOffset now,
        IReadOnlyList<string> teamTags
    )
    {
        var changed = before is null || before.Gone || before.Verdict.Status != verdict.Status;
        var was = before is { Gone: false } ? before.Verdict.Status : (Status?)null;
        return new ImageRecord
        {
            Kind = image.Kind,
            Verdict = Cut(verdict, MaxReasons),
            ReasonCount = verdict.Reasons.Count,
            WarningCount = verdict.Warnings.Count,
            WaiversUsed =
            [
                .. verdict.Waived.Select(w => Phrase.Clip(w.Waiver, 200)).Distinct().Order(StringComparer.Ordinal),
            ],
            Tags = Cut(teamTags, MaxReasons),
            PushedAt = image.PushedAt ?? before?.PushedAt,
            SizeInBytes = image.SizeInBytes ?? before?.SizeInBytes,
            DecidedAt = now,
            First = FirstVerdict.Of(verdict.Status, before, now),
            StatusSince = changed ? now : before!.StatusSince,
            PreviousStatus = changed ? was : before!.PreviousStatus,
            SettledBefore = !changed || was is Status.Pending or Status.Error ? before!.SettledBefore : was,
            ChangeId = changed ? changeId : before!.ChangeId,
            Children = before?.Children ?? [],
        };
    }

    /// <summary>
    /// The record with shorter lists, if it is too large for an item. Names that strangers chose are cut already, so
    /// that one of each always fits.
    /// </summary>
    /// <param name="most">How many reasons, warnings, waived findings and ways to pass.</param>
    public ImageRecord Cut(int most) =>
        this with
        {
            Verdict = Cut(Verdict, most),
            WaiversUsed = Cut(WaiversUsed, 50 * most),
            Tags = Cut(Tags, most),
        };

    private static Verdict Cut(Verdict verdict, int most) =>
        verdict with
        {
            Reasons = [.. verdict.Reasons.Take(most).Select(reason => reason.Clip())],
            Warnings = [.. verdict.Warnings.Take(most).Select(reason => reason.Clip())],
            Waived = [.. verdict.Waived.Take(most).Select(waived => waived.Clip())],
            ToPass = [.. verdict.ToPass.Take(most).Select(way => Phrase.Clip(way, ApprovalAnswer.MaxWay))],
            Instead = verdict.Instead is { } instead ? Cut(instead, most) : null,
        };

    private static IReadOnlyList<T> Cut<T>(IReadOnlyList<T> list, int most) =>
        list.Count <= most ? list : [.. list.Take(most)];
}

/// <summary>The first verdict on an image that was neither PENDING nor ERROR.</summary>
public sealed record FirstVerdict(Status Status, DateTimeOffset At)
{
    /// <summary>
    /// Null while the image is PENDING or in ERROR, and for an image that was judged before this was recorded.
    /// </summary>
    internal static FirstVerdict? Of(Status status, ImageRecord? before, DateTimeOffset now)
    {
        var fresh =
            before
            is null
                or { Gone: true }
                or { First: null, SettledBefore: null, Verdict.Status: Status.Pending or Status.Error };
        return !fresh ? before!.First
            : status is Status.Pending or Status.Error ? null
            : new FirstVerdict(status, now);
    }
}
