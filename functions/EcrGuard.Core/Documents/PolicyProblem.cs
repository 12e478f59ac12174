namespace EcrGuard.Core.Documents;

public enum ProblemKind
{
    /// <summary>The document says something that cannot be meant. It is not used.</summary>
    Malformed,

    /// <summary>
    /// A waiver has ended. A check of the document fails, so that somebody removes it; the deployed product goes on
    /// judging, without the waiver, or every image would be unanswerable on the day after.
    /// </summary>
    Lapsed,
}

/// <summary>One thing that is wrong in a policy document.</summary>
/// <param name="Line">From 1; a line ends with LF or CRLF.</param>
/// <param name="Column">From 1, in characters (Unicode code points; a tab is one).</param>
/// <param name="Path">The JSON path, for example <c>$.rules[0].severity[1]</c>.</param>
/// <param name="Message">What was found and what would be right: one line, safe to print.</param>
public sealed record PolicyProblem(int Line, int Column, string Path, string Message, ProblemKind Kind)
{
    /// <summary>The VEX document in which it is; null for the policy document itself.</summary>
    public string? File { get; init; }

    /// <summary>
    /// Of a lifecycle policy: whether AWS documents that ECR refuses this, or its refusal was recorded. False: EcrGuard
    /// does not take it, and ECR may or may not.
    /// </summary>
    public bool Certain { get; init; } = true;

    /// <summary>
    /// As compilers write it, so that editors and terminals make it a link: <c>policy.jsonc:12:5: error: …
    /// ($.rules[0].then)</c>.
    /// </summary>
    /// <param name="file">What to call the policy document.</param>
    public string ToString(string file) => $"{File ?? file}:{Line}:{Column}: error: {Message} ({Path})";
}
