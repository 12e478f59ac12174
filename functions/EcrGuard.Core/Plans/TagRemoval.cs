using EcrGuard.Core.Images;

namespace EcrGuard.Core.Plans;

/// <summary>How one of EcrGuard's tags comes off an image, so that no image goes with it.</summary>
public enum TagRemovalWay
{
    /// <summary>
    /// It is moved to a manifest of EcrGuard's own (<see cref="RemovalManifest"/>), which is then deleted by digest.
    /// </summary>
    Move,

    /// <summary>It is deleted by its name (BatchDeleteImage): no tag of the repository can move.</summary>
    ByName,

    /// <summary>It stays on the image.</summary>
    Stay,
}

/// <summary>
/// Decides how a tag comes off. ECR deletes an image with its last tag, and has no conditional call. So a tag may be
/// deleted by name only where no tag of the repository can move. Otherwise a team could, in just that moment, put a
/// movable tag on the image, delete the others, and move it away. A team may still delete its last tag. The image then
/// goes, as it would without EcrGuard.
/// </summary>
/// <param name="Why">Why the tag stays, a sentence; null where it comes off.</param>
public sealed record TagRemoval(TagRemovalWay Way, string? Why)
{
    /// <param name="image">Read immediately before.</param>
    /// <param name="mutability">The repository's; null where it is not known.</param>
    /// <param name="replicated">Whether the registry replicates the repository. A move is a push, so the tag would come
    ///     off its image in the other registry, too.</param>
    public static TagRemoval Of(ImageFacts image, string tag, MutabilityValue? mutability, bool replicated)
    {
        var team = OwnTags.TeamTags(image);
        return mutability?.CanMove(tag) switch
        {
            true when replicated => Stays("the repository is replicated, and a tag that moves here moves there too."),
            true => new TagRemoval(TagRemovalWay.Move, null),
            null => Stays("Whether tags of the repository can move is not known."),
            false when team.Count == 0 => Stays(
                $"The tag cannot move and could be the image's last: removing that deletes the image. {Exclude()}"
            ),
            false when mutability.CanMoveAny != false => Stays(
                $"The tag cannot move and other tags can: removing it could delete the image. {Exclude()}"
            ),
            false => new TagRemoval(TagRemovalWay.ByName, null),
        };
    }

    /// <summary>The sentence where a tag stays.</summary>
    public static string CouldNot(string why) => $"Could not unmark: {why}";

    private static TagRemoval Stays(string why) => new(TagRemovalWay.Stay, CouldNot(why));

    private static string Exclude() => $"Exclude '{OwnTags.Pattern}' from the repository's tag immutability.";
}
