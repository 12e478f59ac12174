using System.Security.Cryptography;
using System.Text;
using EcrGuard.Core.Images;
using EcrGuard.Core.Use;
using EcrGuard.Core.Verdicts;
using static EcrGuard.Core.Images.Phrase;
using static EcrGuard.Core.Reports.AlertMessage;

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
    public static AlertMessage Of(ImageId image, Consumer by, ImageRecord? record, DateTimeOffset at, string? team) =>
        Fitting(most => Cut(image, by, record?.Cut(most), at, team));

    private static AlertMessage Cut(ImageId image, Consumer by, ImageRecord? record, DateTimeOffset at, string? team)
    {
        var status = StatusOf(record);
        IReadOnlyList<Reason> reasons = record?.Verdict.Reasons ?? [];
        var body = new DeployedBody(
            IdOf(image, by, record),
            image,
            Clip(by.ToString(), 500),
            status,
            record?.StatusSince,
            record is null ? WhyUnknown
                : reasons is [var first, ..] ? Clip(first.Sentence, 500)
                : "",
            at,
            TeamName(team),
            record?.Grace?.EndsAt,
            reasons,
            record?.ReasonCount ?? 0,
            record?.Verdict.ToPass ?? [],
            record is null ? null : AlertPointers.WaiverOf(record)
        );
        return AlertMessage.Of(
            body,
            ReportJson.Default.DeployedBody,
            $"EcrGuard: {status} image of {image.Repository.Name} was deployed",
            Text(body, isKnown: record is not null),
            "the ledger.",
            [new("status", status.ToLowerInvariant()), .. OfSeverity(AlertPointers.Worst(reasons)), .. OfTeam(team)]
        );
    }

    private static ReportText Text(DeployedBody body, bool isKnown)
    {
        var text = new ReportText()
            .Line(
                isKnown
                    ? "Something runs an image that a gate would not have let pass."
                    : "Something runs an image that EcrGuard has not judged."
            )
            .Line()
            .Line($"Image     {body.Image.Repository.Uri}@{body.Image.Digest}")
            .Line($"Runs in   {body.RunBy}")
            .Team(body.Team)
            .Account(body.Account, body.Region)
            .Line($"Status    {body.Status}{(body.Since is { } since ? $", since {Moment(since)}" : "")}")
            .Severity(body.Reasons);
        if (body.GraceEndsAt is { } deadline)
            text.Line($"Deadline  {Moment(deadline)}");
        text.Line($"Seen      {Moment(body.At)}").Line($"Why       {body.Why}");
        if (body.Reasons.Count > 0)
            text.Reasons(body.Reasons, body.ReasonCount).WaysToPass(body.ToPass);
        return text.Line()
            .Line("Let its pipeline ask before it deploys, and deploy an image that passes. What runs goes on running.")
            .Pointers(body.Image)
            .Waiver(body.Waiver)
            .Line();
    }
}
