using System.Globalization;
using System.Text.Json;
using EcrGuard.Core.Images;
using static EcrGuard.Core.Images.Phrase;
using static EcrGuard.Core.Reports.AlertMessage;

namespace EcrGuard.Core.Reports.Alerts;

/// <summary>What befell tags with EcrGuard's prefix.</summary>
public static class TagAlert
{
    /// <summary>
    /// A tag with EcrGuard's prefix was pushed that EcrGuard did not write: it would make people and lifecycle rules
    /// believe a verdict that was never given.
    /// </summary>
    /// <param name="tag">As pushed.</param>
    /// <param name="eventId">The event that told it, so that the event delivered twice gives the same alert.</param>
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
            .Line($"Account   {repository.Account}, {repository.Region}")
            .Line($"Pushed    {SummaryText.Moment(pushedAt)}")
            .Line()
            .Line(
                "Find out who pushed it (CloudTrail, PutImage) and remove it, unless it is the image's last "
                    + "tag: removing that deletes the image."
            )
            .Pointers(image)
            .Line()
            .Line($"Alert     {id}");
        return new AlertMessage(
            id,
            Subjects.Fit($"EcrGuard: foreign tag {shown} in {repository.Name}"),
            text.Render(MaxText, "the ledger."),
            JsonSerializer.Serialize(
                new ForeignTagBody(
                    1,
                    id,
                    "foreign-tag",
                    repository.Account,
                    repository.Region,
                    repository.Name,
                    image.Digest,
                    shown,
                    pushedAt
                ),
                ReportJson.Default.ForeignTagBody
            ),
            [.. Routing(id, "foreign-tag", repository.Account, repository.Region), new("repository", repository.Name)]
        );
    }

    /// <summary>
    /// EcrGuard took a tag of its own off, and ECR's answer shows that something else happened than it must.
    /// </summary>
    /// <param name="image">From which the tag was taken, or the manifest that was deleted with it.</param>
    /// <param name="what">Sentences.</param>
    /// <param name="write">Of this attempt and no other.</param>
    public static AlertMessage ForRemoval(ImageId image, string tag, string what, string write, DateTimeOffset at)
    {
        var id = $"{image.Digest.Hex}:TAG-REMOVAL:{write}";
        var repository = image.Repository;
        var shown = Clip(tag, 300);
        var text = new ReportText()
            .Line("EcrGuard took a tag of its own off an image, and something else happened than it must.")
            .Line()
            .Line($"Image     {repository.Uri}@{image.Digest}")
            .Line($"Tag       {shown}")
            .Line($"Account   {repository.Account}, {repository.Region}")
            .Line($"When      {SummaryText.Moment(at)}")
            .Line($"What      {Clip(what, 500)}")
            .Line()
            .Line(
                "Compare the repository with what your pipelines pushed at that time (CloudTrail, PutImage "
                    + "and BatchDeleteImage), and push again what is missing."
            )
            .Pointers(image)
            .Line()
            .Line($"Alert     {id}");
        return new AlertMessage(
            id,
            Subjects.Fit($"EcrGuard: tag removal went wrong in {repository.Name}"),
            text.Render(MaxText, "the ledger."),
            JsonSerializer.Serialize(
                new TagRemovalBody(
                    1,
                    id,
                    "tag-removal",
                    repository.Account,
                    repository.Region,
                    repository.Name,
                    image.Digest,
                    shown,
                    Clip(what, 500),
                    at
                ),
                ReportJson.Default.TagRemovalBody
            ),
            [.. Routing(id, "tag-removal", repository.Account, repository.Region), new("repository", repository.Name)]
        );
    }

    /// <summary>
    /// An image was deployed, and the shield against EcrGuard's lifecycle policy could not be put on it. Told once an
    /// image and day.
    /// </summary>
    /// <param name="why">A sentence.</param>
    public static AlertMessage ForUnshielded(ImageId image, string why, DateTimeOffset at)
    {
        var id = $"{image.Digest.Hex}:UNSHIELDED:{at.UtcDateTime.ToString("yyyyMMdd", CultureInfo.InvariantCulture)}";
        var repository = image.Repository;
        var text = new ReportText()
            .Line("An image was deployed that EcrGuard could not shield: the lifecycle policy there may take it.")
            .Line()
            .Line($"Image     {repository.Uri}@{image.Digest}")
            .Line($"Account   {repository.Account}, {repository.Region}")
            .Line($"When      {SummaryText.Moment(at)}")
            .Line($"Why       {Clip(why, 500)}")
            .Line()
            .Line("Mend the cause: the next deployment or sweep tries again. Until then do not let the image expire.")
            .Pointers(image)
            .Line()
            .Line($"Alert     {id}");
        return new AlertMessage(
            id,
            Subjects.Fit($"EcrGuard: deployed image without a shield in {repository.Name}"),
            text.Render(MaxText, "the ledger."),
            JsonSerializer.Serialize(
                new UnshieldedBody(
                    1,
                    id,
                    "unshielded",
                    repository.Account,
                    repository.Region,
                    repository.Name,
                    image.Digest,
                    Clip(why, 500),
                    at
                ),
                ReportJson.Default.UnshieldedBody
            ),
            [.. Routing(id, "unshielded", repository.Account, repository.Region), new("repository", repository.Name)]
        );
    }
}
