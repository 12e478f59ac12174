using System.Globalization;
using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;

namespace EcrGuard.Core.Verdicts;

/// <summary>
/// A request to the HTTP API. The API's access log has it with its caller, or the request never happened.
/// </summary>
public sealed record ApiRequest(string ApiId, string RequestId)
{
    /// <summary>
    /// The id of the access key that signed it, which is no secret; null where the API gave none. For an assumed role,
    /// AWS CloudTrail's <c>AssumeRole</c> event has the id, and who assumed the role.
    /// </summary>
    public string? AccessKeyId { get; init; }

    /// <summary>
    /// The caller's unique id, which a new principal of the same name does not have: a user's, or a role's and, behind
    /// a colon, the session's name. Null where the API gave none. The access log has it, too.
    /// </summary>
    public string? CallerId { get; init; }
}

/// <summary>Somebody ended a forced approval before its time.</summary>
/// <param name="By">As <see cref="ForcedApproval.By"/>.</param>
/// <param name="InsteadOf">When it would have ended.</param>
public sealed record Revocation(
    string By,
    string Reason,
    DateTimeOffset At,
    DateTimeOffset InsteadOf,
    ApiRequest Request
);

/// <summary>
/// An approval that somebody forced for one digest until a moment. It holds for nothing else: not for the platforms of
/// an index, nor for the indexes that list an image.
/// </summary>
/// <param name="Id">The id of its history entry, and a part of its alerts' ids.</param>
/// <param name="By">The caller's IAM identity, an ARN that the HTTP API has checked. For an assumed role its last part
///     is the session's name, which the caller chose: the proof is the access key of <see cref="Request"/>.</param>
/// <param name="Until">The first moment at which it is no longer in force.</param>
public sealed record ForcedApproval(string Id, string By, string Reason, DateTimeOffset At, DateTimeOffset Until)
{
    /// <summary>In characters (UTF-16 units).</summary>
    public const int MinReason = 10,
        MaxReason = 500;

    /// <summary>How long its end is worth a message.</summary>
    public static readonly TimeSpan EndIsNews = TimeSpan.FromDays(7);

    /// <summary>The request that ordered it.</summary>
    public ApiRequest? Request { get; init; }

    /// <summary>Null where it ends, or has ended, by itself.</summary>
    public Revocation? Revoked { get; init; }

    /// <summary>What is wrong with the reason, as a sentence; null: nothing.</summary>
    public static string? Problem(string? reason) =>
        reason?.Trim().Length is not (>= MinReason and <= MaxReason)
            ? $"The reason has {reason?.Trim().Length ?? 0} characters; it must say why, in {MinReason} to {MaxReason}."
        : reason.Any(char.IsControl)
            ? "The reason has a control character (a line end or a tab, for example); it must be one line."
        : null;

    /// <summary>What is wrong with what was asked for, as a sentence; null: nothing.</summary>
    public static string? Problem(string? reason, DateTimeOffset? until, PolicyDocument policy, DateTimeOffset now)
    {
        var latest = now.AddHours(policy.Defaults.MaxBreakGlassHours);
        return policy.Defaults.MaxBreakGlassHours == 0
                ? "The policy lets nobody force an approval (defaults.maxBreakGlassHours is 0). "
                    + "None that is in force counts, and it can be ended: 'until' is then 'now'."
            : Problem(reason) is { } problem ? problem
            : until is null
                ? "The moment 'until' is missing, or no time with an offset; it must be one such as "
                    + $"{Iso(latest)}, or 'now' to end what is in force."
            : until <= now ? $"The moment 'until' is {Iso(until.Value)}, which is not in the future."
            : until > latest
                ? $"The moment 'until' is {Iso(until.Value)}; an approval may be forced for at most "
                    + $"{Phrase.Count(policy.Defaults.MaxBreakGlassHours, "hour")} (defaults.maxBreakGlassHours), to "
                    + $"{Iso(latest)}."
            : null;
    }

    public bool InForce(DateTimeOffset now) => now < Until;

    /// <summary>Whether it has ended so lately that a message must say so.</summary>
    public bool HasEndedLately(DateTimeOffset now) => now >= Until && now < Until + EndIsNews;

    /// <summary>The same approval, ended before its time.</summary>
    public ForcedApproval EndedBy(Revocation revocation) => this with { Until = revocation.At, Revoked = revocation };

    /// <summary>
    /// The verdict that a gate answers with. Where it would be no, a forced approval makes it yes and keeps the verdict
    /// inside.
    /// </summary>
    public static Verdict Over(Verdict verdict, ForcedApproval? forced, DateTimeOffset now) =>
        forced?.InForce(now) != true || verdict.Approved
            ? verdict
            : verdict with
            {
                Status = Status.Approved,
                Approved = true,
                Reasons =
                [
                    new(
                        "break-glass",
                        $"Approved by break-glass until {Phrase.Moment(forced.Until)}, although the verdict is "
                            + $"{verdict.Status.Word()}: {forced.Said}"
                    ),
                    .. verdict.Reasons,
                ],
                Blocking = [],
                ToPass = [],
                StaleAt = null,
                ValidUntil = Judge.Earlier(verdict.ValidUntil, forced.Until),
                Instead = verdict,
            };

    /// <summary>
    /// The reason that a forced approval is not needed, since the verdict is yes anyway; null where there is none.
    /// </summary>
    public static Reason? StandsBy(Verdict verdict, ForcedApproval? forced, DateTimeOffset now) =>
        forced?.InForce(now) == true && verdict.Approved
            ? new Reason(
                "break-glass",
                $"A break-glass approval stands by until {Phrase.Moment(forced.Until)}; the verdict is "
                    + $"{verdict.Status.Word()} without it: {forced.Said}"
            )
            : null;

    private string Said => $"{Phrase.Clip(By, 300)} said on {Phrase.Moment(At)}: {Phrase.Clip(Reason, MaxReason)}";

    private static string Iso(DateTimeOffset at) =>
        at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}

/// <summary>Whether forced approvals count at all.</summary>
public static class ForcedApprovals
{
    /// <summary>
    /// The forced approval, if the policy allows forcing at all. Otherwise none counts, not even one that is in force.
    /// </summary>
    public static ForcedApproval? Counting(this PolicyDocument policy, ForcedApproval? forced) =>
        policy.Defaults.MaxBreakGlassHours == 0 ? null : forced;
}

/// <summary>The notice that an approval was forced, or that it ended.</summary>
/// <param name="Ended">False at its start.</param>
public sealed record ForcedApprovalNotice(ImageRecord Record, ForcedApproval Forced, bool Ended)
{
    public ImageId Image => Record.Verdict.Image;

    /// <summary>Stable: the start and the end of one are two notices, however often they are sent.</summary>
    public string Id => $"{Image.Digest.Hex}:BREAKGLASS-{(Ended ? "END" : "START")}:{Forced.Id}";
}
