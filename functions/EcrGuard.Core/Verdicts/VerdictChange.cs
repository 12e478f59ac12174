using EcrGuard.Core.Images;
using EcrGuard.Core.Use;

namespace EcrGuard.Core.Verdicts;

/// <summary>What another policy does to the answer about an image, from worst to best.</summary>
public enum AnswerChange
{
    /// <summary>It becomes BLOCKED.</summary>
    NewlyBlocked,

    /// <summary>
    /// It was yes and becomes no without being blocked: a scan that is too old for the other policy, say.
    /// </summary>
    NewlyRefused,

    /// <summary>Another status, and the same answer.</summary>
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

    /// <summary>Whether what runs now, or may run for all that is known, could not be deployed again.</summary>
    public bool FailsRunning => Fails && Usage.Now != UseState.NotInUse;
}
