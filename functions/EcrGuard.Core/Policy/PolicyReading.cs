using EcrGuard.Core.Documents;

namespace EcrGuard.Core.Policy;

/// <summary>The result of reading a document.</summary>
/// <param name="Policy">Null when a problem of the policy document is <see cref="ProblemKind.Malformed"/>: nothing is
///     guessed. A VEX document with a problem excuses nothing, and the policy is used without it.</param>
/// <param name="Problems">All of them, in the order of the document; those of VEX documents come after.</param>
public sealed record PolicyReading(PolicyDocument? Policy, IReadOnlyList<PolicyProblem> Problems);
