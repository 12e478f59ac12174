namespace EcrGuard.Core.Images;

/// <summary>
/// The names of EcrGuard's tags. They are signals for people and lifecycle rules: no answer is ever read from a tag.
/// </summary>
public static class OwnTags
{
    /// <summary>The beginning of every tag that EcrGuard writes.</summary>
    public const string Prefix = "ecrguard";

    /// <summary>The pattern of a lifecycle rule that selects every image in use.</summary>
    public const string InUsePattern = $"{Prefix}-inuse-*";

    /// <summary>
    /// The pattern of all of EcrGuard's tags. A repository with immutable tags must exclude it, or a verdict could not
    /// change.
    /// </summary>
    public const string Pattern = $"{Prefix}-*";

    public static string Blocked(Digest digest) => $"{Prefix}-blocked-{digest.Hex}";

    /// <summary>
    /// The shield of an image in use: rule 1 of every lifecycle policy that EcrGuard puts keeps images with this tag.
    /// </summary>
    public static string InUse(Digest digest) => $"{Prefix}-inuse-{digest.Hex}";

    /// <summary>
    /// The reason in the resource tag with which a team opts its repository out of the baseline; null where there is
    /// none.
    /// </summary>
    public static string? OptOutIn(IReadOnlyDictionary<string, string> resourceTags) =>
        resourceTags.GetValueOrDefault($"{Prefix}:opt-out");

    /// <summary>
    /// Whether the tag has EcrGuard's prefix. Such a tag is never a team's, even if EcrGuard did not write it.
    /// </summary>
    public static bool Claims(string tag) => tag.StartsWith($"{Prefix}-", StringComparison.Ordinal);

    /// <summary>Whether the tag is exactly one that EcrGuard writes on the image of this digest.</summary>
    public static bool IsOwn(Digest digest, string tag) => tag == Blocked(digest) || tag == InUse(digest);

    /// <summary>The digest of the image on which EcrGuard writes this tag; null for any other tag.</summary>
    public static Digest? MarkedBy(string tag) =>
        Digest.TryParse($"sha256:{tag[(tag.LastIndexOf('-') + 1)..]}", out var digest) && IsOwn(digest, tag)
            ? digest
            : null;

    /// <summary>The tags that people gave the image.</summary>
    public static IReadOnlyList<string> TeamTags(ImageFacts image) => [.. image.Tags.Where(tag => !Claims(tag))];
}
