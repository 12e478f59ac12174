using EcrGuard.Core.Images;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Core.Plans;

/// <summary>
/// How EcrGuard names its tags. They are signals for people and lifecycle rules; no answer is ever read from one.
/// </summary>
/// <param name="Prefix"><c>[a-z0-9][a-z0-9-]{0,39}</c>.</param>
/// <param name="EarlierPrefixes">Prefixes used before, whose tags are still EcrGuard's to take away.</param>
/// <param name="TagApproved">Whether an approved image carries a tag too.</param>
public sealed record OwnTags(string Prefix, IReadOnlyList<string> EarlierPrefixes, bool TagApproved)
{
    public static OwnTags Default { get; } = new("ecrguard", [], false);

    public string Blocked(Digest digest) => $"{Prefix}-blocked-{digest.Hex}";

    public string Approved(Digest digest) => $"{Prefix}-approved-{digest.Hex}";

    /// <summary>
    /// What shields an image in use: rule 1 of every lifecycle policy that EcrGuard puts keeps what carries it.
    /// </summary>
    public string InUse(Digest digest) => $"{Prefix}-inuse-{digest.Hex}";

    /// <summary>The pattern of a lifecycle rule that selects every image in use.</summary>
    public string InUsePattern => $"{Prefix}-inuse-*";

    /// <summary>
    /// The pattern of all of EcrGuard's tags: what a repository with immutable tags must except, or a verdict could not
    /// change.
    /// </summary>
    public string Pattern => $"{Prefix}-*";

    /// <summary>
    /// The reason that stands in the resource tag with which a team opts its repository out of the baseline; null where
    /// it does not.
    /// </summary>
    public string? OptOutIn(IReadOnlyDictionary<string, string> resourceTags) =>
        Prefixes
            .Select(prefix => resourceTags.GetValueOrDefault($"{prefix}:opt-out"))
            .FirstOrDefault(reason => reason is not null);

    /// <summary>The tag that an image of this status should carry; null where it should carry none.</summary>
    public string? Wanted(Digest digest, Status status) =>
        status switch
        {
            Status.Blocked => Blocked(digest),
            Status.Approved => TagApproved ? Approved(digest) : null,
            Status.Error or Status.Pending or Status.Unscanned or Status.Unsupported or Status.Stale => null,
        };

    /// <summary>
    /// Whether the prefix, or an earlier one, claims the tag: such a tag is never a team's, even if EcrGuard did not
    /// write it.
    /// </summary>
    public bool Claims(string tag) =>
        Prefixes.Any(prefix =>
            tag.Length > prefix.Length && tag[prefix.Length] == '-' && tag.StartsWith(prefix, StringComparison.Ordinal)
        );

    /// <summary>Whether the tag is exactly one that EcrGuard writes, or wrote, on the image of this digest.</summary>
    public bool IsOwn(Digest digest, string tag) =>
        AllBlocked(digest).Contains(tag) || AllApproved(digest).Contains(tag) || AllInUse(digest).Contains(tag);

    /// <summary>The tags that people gave the image.</summary>
    public IReadOnlyList<string> TeamTags(ImageFacts image) => [.. image.Tags.Where(tag => !Claims(tag))];

    /// <summary>What <see cref="IsPrefix"/> asks for, in a message.</summary>
    public const string PrefixForm = "a prefix has 1 to 40 characters of a-z, 0-9 and '-', and does not begin with '-'";

    /// <summary>Whether the text can be a prefix.</summary>
    public static bool IsPrefix(string text) =>
        text is { Length: >= 1 and <= 40 }
        && text[0] != '-'
        && text.All(c => c is (>= 'a' and <= 'z') or (>= '0' and <= '9') or '-');

    internal IEnumerable<string> AllBlocked(Digest digest) =>
        Prefixes.Select(prefix => $"{prefix}-blocked-{digest.Hex}");

    internal IEnumerable<string> AllApproved(Digest digest) =>
        Prefixes.Select(prefix => $"{prefix}-approved-{digest.Hex}");

    internal IEnumerable<string> AllInUse(Digest digest) => Prefixes.Select(prefix => $"{prefix}-inuse-{digest.Hex}");

    private IEnumerable<string> Prefixes => EarlierPrefixes.Prepend(Prefix).Distinct();
}
