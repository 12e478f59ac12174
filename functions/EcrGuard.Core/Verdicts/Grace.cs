using System.Globalization;
using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Use;

namespace EcrGuard.Core.Verdicts;

/// <summary>Since when findings of a severity have blocked an image.</summary>
public sealed record GraceStart(Severity Severity, DateTimeOffset At);

/// <summary>What to say about a grace.</summary>
public enum GraceStage
{
    /// <summary>Half of the time is over.</summary>
    Reminder,

    /// <summary>All of the time is over.</summary>
    Escalation,
}

/// <summary>
/// The time to replace a blocked image that runs. Gates say no at once, but the policy gives some days to what runs
/// already. When they are over nothing is taken away: somebody gets a message.
/// </summary>
/// <param name="Starts">One for each severity that blocks, worst first.</param>
/// <param name="Severity">The severity whose time ends first.</param>
/// <param name="EndsAt">The end of that time.</param>
/// <param name="Counting">Whether the image is known to be in use. Until then the deadline is hypothetical.</param>
public sealed record Grace(IReadOnlyList<GraceStart> Starts, Severity Severity, DateTimeOffset EndsAt, bool Counting)
{
    /// <summary>
    /// How long findings may be known before it is known whether the image is in use: that is read once a day. A grace
    /// that starts within this time starts when the use became known.
    /// </summary>
    private static readonly TimeSpan UseIsLearntWithin = InUse.MaxAge;

    public DateTimeOffset StartedAt => Starts.First(start => start.Severity == Severity).At;

    /// <summary>
    /// The grace for a verdict; null for one that does not block, or for severities without days in the policy.
    /// </summary>
    /// <param name="before">The grace before: a severity that still blocks keeps its start, even if the findings
    ///     change.</param>
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
    /// The grace after a reading of whether the image is in use. It starts when use is first seen, and does not start
    /// again while that lasts. Unknown use changes nothing.
    /// </summary>
    public Grace? Seen(UseState use, PolicyDocument policy, DateTimeOffset now) =>
        At(
            Counting || use != UseState.InUse
                ? Starts
                : [.. Starts.Select(start => now - start.At <= UseIsLearntWithin ? start : start with { At = now })],
            use == UseState.Unknown ? Counting : use == UseState.InUse,
            policy
        );

    /// <summary>What to say at a moment; null: nothing.</summary>
    public GraceStage? Due(DateTimeOffset now) =>
        !Counting ? null
        : now >= EndsAt ? GraceStage.Escalation
        : now >= StartedAt + ((EndsAt - StartedAt) / 2) ? GraceStage.Reminder
        : null;

    /// <summary>The reason in a gate's answer; null while the image is not known to be in use.</summary>
    public Reason? Reason(DateTimeOffset now) =>
        !Counting
            ? null
            : new(
                "grace",
                $"The image is in use: what runs it {(now < EndsAt ? "has" : "had")} until {Phrase.Moment(EndsAt)} "
                    + $"to be replaced ({Word(Severity)}: {Phrase.Count(Days, "day")} from "
                    + $"{Phrase.Moment(StartedAt)}). Nothing that runs is taken away; new deployments are "
                    + "refused all the same."
            );

    public int Days => (int)(EndsAt - StartedAt).TotalDays;

    internal static string Word(Severity severity) => severity.ToString().ToUpperInvariant();

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
public sealed record GraceNotice(GraceStage Stage, ImageRecord Record, Grace Grace, ImageUsage Usage)
{
    /// <summary>Stable: one image, stage and deadline are one notice.</summary>
    public static string Id(ImageId image, GraceStage stage, Grace grace)
    {
        var ends = grace.EndsAt.UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        return $"{image}:GRACE-{stage.ToString().ToUpperInvariant()}:{ends}";
    }
}
