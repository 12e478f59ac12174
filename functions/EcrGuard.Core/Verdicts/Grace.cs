using System.Globalization;
using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Use;

namespace EcrGuard.Core.Verdicts;

/// <summary>Since when findings of a severity have blocked an image.</summary>
public sealed record GraceStart(Severity Severity, DateTimeOffset At);

/// <summary>What a clock has to say.</summary>
public enum GraceStage
{
    /// <summary>Half of the time has gone.</summary>
    Reminder,

    /// <summary>All of it.</summary>
    Escalation,
}

/// <summary>
/// The clock of a blocked image: gates say no at once, and what already runs it has the policy's days to replace it.
/// When they are over nothing is taken away; somebody is told.
/// </summary>
/// <param name="Starts">Of every severity that blocks, worst first.</param>
/// <param name="Severity">The one whose time ends first.</param>
/// <param name="EndsAt">The end of that time.</param>
/// <param name="Counting">Whether the image is known to be in use; until then the deadline is what it would be.</param>
public sealed record Grace(IReadOnlyList<GraceStart> Starts, Severity Severity, DateTimeOffset EndsAt, bool Counting)
{
    /// <summary>
    /// How long findings may be known before an image's use is: what is read once a day. A clock that starts with them
    /// later has started when the use was learnt.
    /// </summary>
    private static readonly TimeSpan UseIsLearntWithin = InUse.MaxAge;

    public DateTimeOffset StartedAt => Starts.First(start => start.Severity == Severity).At;

    /// <summary>
    /// The clock beside a verdict; null for one that does not block, or for severities to which the policy gives no
    /// time.
    /// </summary>
    /// <param name="before">The clock that stood before: a severity that still blocks keeps its start, however the
    ///     findings changed.</param>
    public static Grace? Of(Verdict verdict, Grace? before, PolicyDocument policy, DateTimeOffset now) =>
        At(
            [
                .. verdict.Blocking.Select(severity =>
                    before?.Starts.FirstOrDefault(start => start.Severity == severity) ?? new GraceStart(severity, now)
                ),
            ],
            before?.Counting ?? false,
            policy
        );

    /// <summary>
    /// The clock after it was read whether the image is in use. It starts when that is first seen, and not again as
    /// long as it stays so; where it is unknown nothing changes.
    /// </summary>
    public Grace? Seen(UseState use, PolicyDocument policy, DateTimeOffset now) =>
        At(
            Counting || use != UseState.InUse
                ? Starts
                : [.. Starts.Select(start => now - start.At <= UseIsLearntWithin ? start : start with { At = now })],
            use == UseState.Unknown ? Counting : use == UseState.InUse,
            policy
        );

    /// <summary>What is to be said at a moment; null: nothing.</summary>
    public GraceStage? Due(DateTimeOffset now) =>
        !Counting ? null
        : now >= EndsAt ? GraceStage.Escalation
        : now >= StartedAt + ((EndsAt - StartedAt) / 2) ? GraceStage.Reminder
        : null;

    /// <summary>For the answer of a gate; null while the image is not known to be in use.</summary>
    public Reason? Reason(DateTimeOffset now) =>
        !Counting
            ? null
            : new(
                "grace",
                $"The image is in use: what runs it {(now < EndsAt ? "has" : "had")} until {Moment(EndsAt)} "
                    + $"to be replaced ({Word(Severity)}: {Phrase.Count(Days, "day")} from {Moment(StartedAt)}). "
                    + "Nothing that runs is taken away; new deployments are refused all the same."
            );

    public int Days => (int)(EndsAt - StartedAt).TotalDays;

    internal static string Word(Severity severity) => severity.ToString().ToUpperInvariant();

    private static string Moment(DateTimeOffset at) =>
        at.UtcDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture) + " UTC";

    private static Grace? At(IReadOnlyList<GraceStart> starts, bool counting, PolicyDocument policy) =>
        starts
            .Where(start => policy.Grace.ContainsKey(start.Severity))
            .Select(start => (start.Severity, EndsAt: start.At.AddDays(policy.Grace[start.Severity])))
            .OrderBy(end => end.EndsAt)
            .ThenByDescending(end => end.Severity)
            .Select(end => new Grace(starts, end.Severity, end.EndsAt, counting))
            .FirstOrDefault();

    public bool Equals(Grace? other) =>
        other is not null
        && Severity == other.Severity
        && EndsAt == other.EndsAt
        && Counting == other.Counting
        && Starts.SequenceEqual(other.Starts);

    public override int GetHashCode() => HashCode.Combine(Severity, EndsAt, Counting, Starts.Count);
}

/// <summary>A reminder or an escalation about one image.</summary>
/// <param name="Usage">Who uses it.</param>
/// <param name="Owner">The repository's resource tag <c>owner</c>; null where there is none or it could not be
///     read.</param>
public sealed record GraceNotice(GraceStage Stage, ImageRecord Record, Grace Grace, ImageUsage Usage, string? Owner)
{
    /// <summary>Stable: the same image of the same repository, stage and deadline are one notice.</summary>
    public static string Id(ImageId image, GraceStage stage, Grace grace)
    {
        var ends = grace.EndsAt.UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        return $"{image}:GRACE-{stage.ToString().ToUpperInvariant()}:{ends}";
    }
}
