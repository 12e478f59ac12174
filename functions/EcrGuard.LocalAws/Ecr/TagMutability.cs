using System.IO.Enumeration;

namespace EcrGuard.LocalAws.Ecr;

/// <summary>Whether the tags of a repository can move.</summary>
/// <param name="Mode">MUTABLE, IMMUTABLE, MUTABLE_WITH_EXCLUSION or IMMUTABLE_WITH_EXCLUSION.</param>
/// <param name="Exclusions">For the modes with exclusion: 1 to 5 filters, with <c>*</c> for any characters. A tag that
///     matches a filter has the opposite mutability.</param>
public sealed record TagMutability(string Mode, params IReadOnlyList<string> Exclusions)
{
    public static TagMutability Mutable { get; } = new("MUTABLE");

    public static TagMutability Immutable { get; } = new("IMMUTABLE");

    public static TagMutability ImmutableExcept(params IReadOnlyList<string> exclusions) =>
        new("IMMUTABLE_WITH_EXCLUSION", exclusions);

    public static TagMutability MutableExcept(params IReadOnlyList<string> exclusions) =>
        new("MUTABLE_WITH_EXCLUSION", exclusions);

    internal bool IsImmutable(string tag) =>
        Mode.StartsWith("IMMUTABLE", StringComparison.Ordinal)
        != Exclusions.Any(e => FileSystemName.MatchesSimpleExpression(e, tag, ignoreCase: false));
}
