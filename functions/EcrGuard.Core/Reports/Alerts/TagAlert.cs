using System.Globalization;
using EcrGuard.Core.Images;
using static EcrGuard.Core.Images.Phrase;
using static EcrGuard.Core.Reports.AlertMessage;

namespace EcrGuard.Core.Reports.Alerts;

/// <summary>What happened to tags with EcrGuard's prefix.</summary>
public static class TagAlert
{
    /// <summary>
    /// Somebody else pushed a tag with EcrGuard's prefix. People and lifecycle rules would believe a verdict that was
    /// never given.
    /// </summary>
    /// <param name="tag">As pushed.</param>
    /// <param name="eventId">Of the event, so that an event that is delivered twice gives the same alert.</param>
    public static AlertMessage ForForeign(ImageId image, string tag, string eventId, DateTimeOffset pushedAt)
    {
        var id = $"{image.Digest.Hex}:FOREIGN-TAG:{Clip(eventId, 100)}";
        var repository = image.Repository;
        var shown = Clip(tag, 300);
        var text = new ReportText()
            .Line(
                "A tag with EcrGuard's prefix was pushed that EcrGuard did not write. No answer of "
                    + "EcrGuard's rests on it, but people and lifecycle rules may."
            )
            .Line()
            .Line($"Image     {repository.Uri}@{image.Digest}")
            .Line($"Tag       {shown}")
            .Account(repository.Account, repository.Region)
            .Line($"Pushed    {Moment(pushedAt)}")
            .Line()
            .Line(
                "Find out who pushed it (CloudTrail, PutImage) and remove it, unless it is the image's last "
                    + "tag: removing that deletes the image."
            )
            .Pointers(image)
            .Line();
        return Of(
            new ForeignTagBody(id, image, shown, pushedAt),
            ReportJson.Default.ForeignTagBody,
            $"EcrGuard: foreign tag {shown} in {repository.Name}",
            text,
            "the ledger."
        );
    }

    /// <summary>
    /// EcrGuard took a tag of its own off, and ECR's answer shows that something went wrong.
    /// </summary>
    /// <param name="image">From which the tag was taken, or the manifest that was deleted with it.</param>
    /// <param name="what">Sentences.</param>
    /// <param name="write">The id of this attempt.</param>
    public static AlertMessage ForRemoval(ImageId image, string tag, string what, string write, DateTimeOffset at)
    {
        var id = $"{image.Digest.Hex}:TAG-REMOVAL:{write}";
        var repository = image.Repository;
        var shown = Clip(tag, 300);
        var text = new ReportText()
            .Line("EcrGuard removed its tag, but the result is not as planned.")
            .Line()
            .Line($"Image     {repository.Uri}@{image.Digest}")
            .Line($"Tag       {shown}")
            .Account(repository.Account, repository.Region)
            .Line($"When      {Moment(at)}")
            .Line($"What      {Clip(what, 500)}")
            .Line()
            .Line(
                "Compare the repository with what your pipelines pushed at that time (CloudTrail, PutImage "
                    + "and BatchDeleteImage), and push again what is missing."
            )
            .Pointers(image)
            .Line();
        return Of(
            new TagRemovalBody(id, image, shown, Clip(what, 500), at),
            ReportJson.Default.TagRemovalBody,
            $"EcrGuard: tag removal went wrong in {repository.Name}",
            text,
            "the ledger."
        );
    }

    public static string IdOfUnshielded(ImageId image, DateTimeOffset at) =>
        $"{image.Digest.Hex}:UNSHIELDED:{at.UtcDateTime.ToString("yyyyMMdd", CultureInfo.InvariantCulture)}";

    /// <summary>
    /// An image was deployed, and the shield against EcrGuard's lifecycle policy could not be put on it. Sent once a
    /// day for an image.
    /// </summary>
    /// <param name="why">A sentence.</param>
    /// <param name="team">That of the repository; null where it is not known.</param>
    public static AlertMessage ForUnshielded(ImageId image, string why, DateTimeOffset at, string? team)
    {
        var id = IdOfUnshielded(image, at);
        var repository = image.Repository;
        var text = new ReportText()
            .Line("An image was deployed that EcrGuard could not shield: the lifecycle policy there may take it.")
            .Line()
            .Line($"Image     {repository.Uri}@{image.Digest}")
            .Team(TeamName(team))
            .Account(repository.Account, repository.Region)
            .Line($"When      {Moment(at)}")
            .Line($"Why       {Clip(why, 500)}")
            .Line()
            .Line("Mend the cause: the next deployment or sweep tries again. Until then do not let the image expire.")
            .Pointers(image)
            .Line();
        return Of(
            new UnshieldedBody(id, image, Clip(why, 500), at, TeamName(team)),
            ReportJson.Default.UnshieldedBody,
            $"EcrGuard: deployed image without a shield in {repository.Name}",
            text,
            "the ledger.",
            OfTeam(team)
        );
    }
}
