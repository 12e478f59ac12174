using EcrGuard.Core.Images;
using EcrGuard.Core.Use;

namespace EcrGuard.Core.Verdicts;

/// <summary>How another policy changes the answer about an image, from worst to best.</summary>
public enum AnswerChange
{
    /// <summary>It becomes BLOCKED.</summary>
    NewlyBlocked,

    /// <summary>
    /// It was yes and becomes no without being blocked, for example because a scan is too old for the other policy.
    /// </summary>
    NewlyRefused,

    /// <summary>The status changes, and the answer stays.</summary>
    Otherwise,

    /// <summary>It was no and becomes yes.</summary>
    NewlyApproved,

    /// <summary>Status and answer stay.</summary>
    None,
}

/// <summary>One image, judged by two policies from the same facts.</summary>
/// <param name="Before">By the policy in force.</param>
/// <param name="After">By the other.</param>
public sealed record VerdictChange(ImageFacts Image, Verdict Before, Verdict After, ImageUsage Usage)
{
    public AnswerChange Change =>
        After.Status == Status.Blocked && Before.Status != Status.Blocked ? AnswerChange.NewlyBlocked
        : Before.Approved && !After.Approved ? AnswerChange.NewlyRefused
        : !Before.Approved && After.Approved ? AnswerChange.NewlyApproved
        : Before.Status != After.Status ? AnswerChange.Otherwise
        : AnswerChange.None;

    public bool Fails => Change is AnswerChange.NewlyBlocked or AnswerChange.NewlyRefused;

    /// <summary>Whether an image that runs, or may run, could not be deployed again.</summary>
    public bool FailsRunning => Fails && Usage.Now != UseState.NotInUse;
}
