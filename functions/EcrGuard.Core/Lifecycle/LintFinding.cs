namespace EcrGuard.Core.Lifecycle;

public enum LintSeverity
{
    /// <summary>Worth knowing, and not necessarily wrong.</summary>
    Info,

    /// <summary>Probably not what was meant.</summary>
    Warning,

    /// <summary>It certainly does not do what it says.</summary>
    Error,
}

/// <summary>Something in a lifecycle policy that ECR accepts and that may not be meant.</summary>
/// <param name="Id">What kind of finding it is, one of the constants of <see cref="LifecycleLinter"/>.</param>
/// <param name="RulePriority">The rule; null for the policy as a whole.</param>
/// <param name="Message">What was found, in one or two sentences.</param>
/// <param name="Suggestion">What to write instead.</param>
public sealed record LintFinding(
    string Id,
    LintSeverity Severity,
    int? RulePriority,
    string Message,
    string Suggestion
);
