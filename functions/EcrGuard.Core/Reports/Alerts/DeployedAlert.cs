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
    /// <param name="record">What is known of the image, or of an index that holds it.</param>
    /// <param name="at">When the deployment was seen.</param>
    public static AlertMessage Of(ImageId image, Consumer by, ImageRecord record, DateTimeOffset at)
    {
        var (status, since) = (record.Verdict.Status.Word(), record.StatusSince);
        var why = record.Verdict.Reasons is [var first, ..] ? Clip(first.Sentence, 500) : "";
        var who = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(by.ToString())))[..16];
        var id = $"{image.Digest.Hex}:DEPLOYED-{status}:{who}";
        var repository = image.Repository;
        var name = Clip(by.ToString(), 500);
        var text = new ReportText()
            .Line("Something runs an image that a gate would not have let pass.")
            .Line()
            .Line($"Image     {repository.Uri}@{image.Digest}")
            .Line($"Runs in   {name}")
            .Line($"Account   {repository.Account}, {repository.Region}")
            .Line($"Status    {status}, since {SummaryText.Moment(since)}")
            .Line($"Seen      {SummaryText.Moment(at)}")
            .Line($"Why       {why}")
            .Line()
            .Line("Let its pipeline ask before it deploys, and deploy an image that passes. What runs goes on running.")
            .Pointers(image)
            .Line()
            .Line($"Alert     {id}");
        return AlertMessage.Of(
            new DeployedBody(id, image, name, status, since, why, at),
            ReportJson.Default.DeployedBody,
            $"EcrGuard: {status} image of {repository.Name} was deployed",
            text,
            "the ledger.",
            new FilterValue("status", status.ToLowerInvariant())
        );
    }
}
