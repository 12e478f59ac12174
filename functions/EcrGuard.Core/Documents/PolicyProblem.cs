namespace EcrGuard.Core.Documents;

public enum ProblemKind
{
    /// <summary>The document has an error, and is not used.</summary>
    Malformed,

    /// <summary>
    /// A waiver has ended. A check of the document fails, so that somebody removes it. The deployed functions still
    /// judge, without the waiver: otherwise no image could be answered the day after.
    /// </summary>
    Lapsed,
}

/// <summary>One thing that is wrong in a policy document.</summary>
/// <param name="Line">From 1; a line ends with LF or CRLF.</param>
/// <param name="Column">From 1, in characters (Unicode code points; a tab is one).</param>
/// <param name="Path">The JSON path, for example <c>$.rules[0].severity[1]</c>.</param>
/// <param name="Message">What was found and what would be right: one line that is safe to print.</param>
public sealed record PolicyProblem(int Line, int Column, string Path, string Message, ProblemKind Kind)
{
    /// <summary>The VEX document with the problem; null for the policy document itself.</summary>
    public string? File { get; init; }

    /// <summary>
    /// For a lifecycle policy: whether AWS documents that ECR refuses it, or a refusal was recorded. False: EcrGuard
    /// refuses it, and ECR may or may not.
    /// </summary>
    public bool Certain { get; init; } = true;

    /// <summary>
    /// In the form of compilers, so that editors and terminals make it a link: <c>policy.jsonc:12:5: error: …
    /// ($.rules[0].then)</c>.
    /// </summary>
    /// <param name="file">The name of the policy document.</param>
    public string ToString(string file) =>
        $"{File ?? file}:{Line}:{Column}: error: {Message}{(Path == "$" ? "" : $" ({Path})")}";
}
