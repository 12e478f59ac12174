namespace EcrGuard.Core.Lifecycle;

public enum LintSeverity
{
    /// <summary>Worth knowing; nothing need be wrong.</summary>
    Info,

    /// <summary>Probably not what was meant.</summary>
    Warning,

    /// <summary>Certainly without the effect that is written.</summary>
    Error,
}

/// <summary>Something about a lifecycle policy that ECR accepts and that may not be meant.</summary>
/// <param name="Id">What kind of finding it is, one of the constants of <see cref="LifecycleLinter"/>.</param>
/// <param name="RulePriority">The rule; null for the policy as a whole.</param>
/// <param name="Message">What is so, in one or two sentences.</param>
/// <param name="Suggestion">What to write instead.</param>
public sealed record LintFinding(
    string Id,
    LintSeverity Severity,
    int? RulePriority,
    string Message,
    string Suggestion
);
