using System.Security.Cryptography;
using System.Text;
using EcrGuard.Core.Images;
using EcrGuard.Core.Use;
using EcrGuard.Core.Verdicts;
using static EcrGuard.Core.Images.Phrase;

namespace EcrGuard.Core.Reports.Alerts;

/// <summary>
/// Something runs an image that was not approved. Sent once for each consumer, digest and status: a known deployment
/// that scales out or restarts is no news.
/// </summary>
public static class DeployedAlert
{
    /// <summary>Of an image that nobody has judged.</summary>
    private const string Unknown = "UNKNOWN";

    private const string WhyUnknown =
        "The ledger has no record of it: its push was not told, or it was deployed moments after it. A gate answers "
        + "from fresh facts; the next sweep judges it.";

    public static string IdOf(ImageId image, Consumer by, ImageRecord? record)
    {
        var who = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(by.ToString())))[..16];
        return $"{image.Digest.Hex}:DEPLOYED-{StatusOf(record)}:{who}";
    }

    private static string StatusOf(ImageRecord? record) => record?.Verdict.Status.Word() ?? Unknown;

    /// <param name="record">What is known of the image, or of an index that holds it; null: nothing.</param>
    /// <param name="at">When the deployment was seen.</param>
    /// <param name="team">That of the repository; null where it is not known.</param>
    public static AlertMessage Of(ImageId image, Consumer by, ImageRecord? record, DateTimeOffset at, string? team)
    {
        var (id, status, since) = (IdOf(image, by, record), StatusOf(record), record?.StatusSince);
        var why =
            record is null ? WhyUnknown
            : record.Verdict.Reasons is [var first, ..] ? Clip(first.Sentence, 500)
            : "";
        var repository = image.Repository;
        var name = Clip(by.ToString(), 500);
        var text = new ReportText()
            .Line(
                record is null
                    ? "Something runs an image that EcrGuard has not judged."
                    : "Something runs an image that a gate would not have let pass."
            )
            .Line()
            .Line($"Image     {repository.Uri}@{image.Digest}")
            .Line($"Runs in   {name}")
            .Team(AlertMessage.TeamName(team))
            .Line($"Account   {repository.Account}, {repository.Region}")
            .Line($"Status    {status}{(since is { } moment ? $", since {SummaryText.Moment(moment)}" : "")}")
            .Line($"Seen      {SummaryText.Moment(at)}")
            .Line($"Why       {why}")
            .Line()
            .Line("Let its pipeline ask before it deploys, and deploy an image that passes. What runs goes on running.")
            .Pointers(image)
            .Line()
            .Line($"Alert     {id}");
        return AlertMessage.Of(
            new DeployedBody(id, image, name, status, since, why, at, AlertMessage.TeamName(team)),
            ReportJson.Default.DeployedBody,
            $"EcrGuard: {status} image of {repository.Name} was deployed",
            text,
            "the ledger.",
            [new("status", status.ToLowerInvariant()), .. AlertMessage.OfTeam(team)]
        );
    }
}
