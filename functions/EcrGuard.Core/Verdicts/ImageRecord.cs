using System.Text.Json.Serialization;
using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;

namespace EcrGuard.Core.Verdicts;

/// <summary>
/// What the ledger knows about one image now: its verdict, cut to what an item can hold, and how it came to it.
/// </summary>
public sealed record ImageRecord
{
    /// <summary>An item of DynamoDB holds 400 KB; the findings whole are in S3.</summary>
    public const int MaxReasons = 20;

    public required ImageKind Kind { get; init; }

    /// <summary>
    /// With at most <see cref="MaxReasons"/> reasons, warnings, waived findings and ways to pass each.
    /// </summary>
    public required Verdict Verdict { get; init; }

    /// <summary>How many blocking reasons there were before the cut.</summary>
    public required int ReasonCount { get; init; }

    public required int WarningCount { get; init; }

    /// <summary>Every waiver that matched a finding, also one that only warned.</summary>
    public IReadOnlyList<string> WaiversUsed { get; init; } = [];

    /// <summary>
    /// The tags of the last read, without EcrGuard's own and at most <see cref="MaxReasons"/> of them.
    /// </summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>When the image was pushed, as far as ECR says.</summary>
    public DateTimeOffset? PushedAt { get; init; }

    /// <summary>As ECR lists it: layers that images share are in each; null where it is not known.</summary>
    public long? SizeInBytes { get; init; }

    public required DateTimeOffset DecidedAt { get; init; }

    /// <summary>
    /// The first status since the push that says something of the image, as PENDING and ERROR do not; null where there
    /// is none yet, or nobody noted it.
    /// </summary>
    public FirstVerdict? First { get; init; }

    /// <summary>Since when the status has been what it is.</summary>
    public required DateTimeOffset StatusSince { get; init; }

    /// <summary>
    /// The status before this one; null for the first, and for the first since the image was gone: pushed again it is a
    /// new image to whoever deploys it, though what was found in it is not forgotten.
    /// </summary>
    public Status? PreviousStatus { get; init; }

    /// <summary>
    /// The last status before this one that said something of the image, as PENDING and ERROR do not; null where none
    /// did.
    /// </summary>
    public Status? SettledBefore { get; init; }

    /// <summary>The history entry of the last change of status, part of the alert's id.</summary>
    public required string ChangeId { get; init; }

    /// <summary>The SHA-256 of the findings in S3; null where there are none to keep.</summary>
    public string? FindingsHash { get; init; }

    /// <summary>
    /// What the scanner said, its findings aside; null for an index, and where a new decision needs the scanner's own
    /// answer.
    /// </summary>
    public ScanFacts? Scan { get; init; }

    /// <summary>
    /// What was announced of Inspector's scans, and is awaited; null for an index, and for basic scanning.
    /// </summary>
    public Settling? Settling { get; init; }

    /// <summary>The children, for an index; empty for an image.</summary>
    public IReadOnlyList<IndexChild> Children { get; init; } = [];

    /// <summary>The clock of a blocked image; null where it is not blocked or the policy gives no time.</summary>
    public Grace? Grace { get; init; }

    /// <summary>The last approval that was forced, in force or not; null where none ever was.</summary>
    public ForcedApproval? Forced { get; init; }

    /// <summary>
    /// Why the verdict could not be put on the image as a tag; null where nothing was to do or it was done.
    /// </summary>
    public string? CouldNotMark { get; init; }

    /// <summary>True after the image was seen to be gone from the repository.</summary>
    public bool Gone { get; init; }

    /// <summary>
    /// True where the scanning of its repository was changed since the facts were read, or the ledger was restored:
    /// until it is decided again, from what the scanner says, nobody is answered by it. The ledger knows it of the
    /// repository, or of itself.
    /// </summary>
    [JsonIgnore]
    public bool ScanningChanged { get; init; }

    /// <summary>
    /// Whether a change of its children shows in this index's own status, and is told by it: not where it is gone, nor
    /// while its approval is forced.
    /// </summary>
    public bool SpeaksForItsChildren(DateTimeOffset now) => !Gone && Forced?.InForce(now) != true;

    /// <summary>
    /// How old facts may become: events are best effort, so that a daily sweep reads everything again that none has
    /// renewed since.
    /// </summary>
    public static readonly TimeSpan SweepAge = TimeSpan.FromHours(20);

    /// <summary>The record of what the facts and the policy alone say.</summary>
    public ImageRecord WithoutBreakGlass() =>
        Verdict.Instead is { } instead ? this with { Verdict = instead, ReasonCount = ReasonCount - 1 } : this;

    /// <summary>
    /// Whether time, another policy, another scanning configuration, or a forced approval of whose beginning or end the
    /// verdict does not know, asks for a new decision.
    /// </summary>
    public bool IsOutdated(string policyVersion, DateTimeOffset now) =>
        ScanningChanged
        || Verdict.IsOutdated(policyVersion, now)
        || (ForcedApproval.Over(Verdict.WithoutBreakGlass(), Forced, now).Instead is null) != (Verdict.Instead is null);

    /// <summary>Whether the sweep decides the image again: it is outdated, old or not settled, or it is back.</summary>
    public bool IsDue(string policyVersion, DateTimeOffset now) =>
        Gone || Settling?.Since is not null || IsOutdated(policyVersion, now) || now - Verdict.FactsAt >= SweepAge;

    /// <summary>
    /// What the scanner said, where only the policy or time asks for a new decision: it is then as true as the verdict
    /// that rested on it. Null where it must be asked again: it was asked too long ago, or the image was pushed or
    /// restored, or its scanning changed, since.
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
    /// The record as it counts at a moment, though nobody has asked: an approval that was forced until then is none,
    /// one whose scan has become too old since is stale, and a yes of any other kind whose time is up, by the end of a
    /// waiver, say, waits to be decided again.
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

    /// <summary>The code of the reason of a record that waits to be decided again.</summary>
    public const string TimeIsUp = "time-is-up";

    private ImageRecord From(Status status, DateTimeOffset since, Reason why) =>
        this with
        {
            Verdict = Verdict with { Status = status, Approved = false, Reasons = [why] },
            StatusSince = since,
            PreviousStatus = Verdict.Status,
        };

    /// <summary>The record that follows from a verdict and what was recorded before.</summary>
    /// <param name="changeId">Used if the status changes; otherwise the old one stays.</param>
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
    /// The record with shorter lists, for what still is too much for an item. What strangers name is cut already, so
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

/// <summary>What the first settled verdict on an image was.</summary>
public sealed record FirstVerdict(Status Status, DateTimeOffset At)
{
    /// <summary>Null while nothing says anything, and for an image that was judged before this was noted.</summary>
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
