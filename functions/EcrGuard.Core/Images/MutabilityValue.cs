namespace EcrGuard.Core.Images;

/// <summary>
/// Whether tags may move, as one text: <c>IMMUTABLE_WITH_EXCLUSION ecrguard-* nightly-*</c>, the filters in ordinal
/// order.
/// </summary>
public sealed record MutabilityValue(TagMutability Mode, IReadOnlyList<string> Exclusions)
{
    /// <summary>Exclusion filters of a repository (ECR API).</summary>
    public const int MaxExclusions = 5;

    public override string ToString() =>
        string.Join(' ', Exclusions.Distinct().Order(StringComparer.Ordinal).Prepend(Word(Mode)));

    /// <summary>Whether a push can move a tag from one image to another; null where that is not known.</summary>
    public bool? CanMove(string tag) =>
        Mode switch
        {
            TagMutability.Mutable => true,
            TagMutability.Immutable => false,
            TagMutability.MutableWithExclusion => !Excludes(tag),
            TagMutability.ImmutableWithExclusion => Excludes(tag),
            TagMutability.Unknown => null,
        };

    /// <summary>Whether a push could move any tag, used today or not; null where that is not known.</summary>
    public bool? CanMoveAny =>
        Mode switch
        {
            TagMutability.Mutable => true,
            TagMutability.Immutable => false,
            TagMutability.MutableWithExclusion => !Exclusions.Any(filter => filter.All(letter => letter == '*')),
            TagMutability.ImmutableWithExclusion => Exclusions.Count > 0,
            TagMutability.Unknown => null,
        };

    /// <summary>A filter's <c>*</c> is any characters, also none. All else is itself.</summary>
    private bool Excludes(string tag) => Exclusions.Any(filter => TagPattern.Wildcard(filter).Matches(tag));

    /// <summary>Reads what <see cref="ToString"/> writes.</summary>
    public static MutabilityValue Parse(string text) =>
        text.Split(' ') is [var word, .. var exclusions]
            ? new(ModeOf(word), exclusions)
            : throw new FormatException($"'{text}' is no tag mutability.");

    /// <summary>ECR's word; <c>unknown</c> where there is none.</summary>
    public static string Word(TagMutability mode) =>
        mode switch
        {
            TagMutability.Mutable => "MUTABLE",
            TagMutability.Immutable => "IMMUTABLE",
            TagMutability.MutableWithExclusion => "MUTABLE_WITH_EXCLUSION",
            TagMutability.ImmutableWithExclusion => "IMMUTABLE_WITH_EXCLUSION",
            TagMutability.Unknown => "unknown",
        };

    /// <summary>The meaning of ECR's word; unknown for a new word.</summary>
    public static TagMutability ModeOf(string? word) =>
        word switch
        {
            "MUTABLE" => TagMutability.Mutable,
            "IMMUTABLE" => TagMutability.Immutable,
            "MUTABLE_WITH_EXCLUSION" => TagMutability.MutableWithExclusion,
            "IMMUTABLE_WITH_EXCLUSION" => TagMutability.ImmutableWithExclusion,
            _ => TagMutability.Unknown,
        };
}
