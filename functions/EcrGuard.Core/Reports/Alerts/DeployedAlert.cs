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
    public static ImageNews Of(ImageId image, Consumer by, ImageRecord? record, DateTimeOffset at) =>
        new(IdOf(image, by, record), "deployed", image, at)
        {
            Headline = record is null
                ? "Something runs an image that EcrGuard has not judged."
                : "Something runs an image that a gate would not have let pass.",
            Subject = $"{StatusOf(record)} image of {image.Repository.Name} was deployed",
            Record = record,
            RunsIn = [Clip(by.ToString(), 500)],
            Grace = record?.Grace,
            Lines = [("Seen", Moment(at)), .. record is null ? [("Why", WhyUnknown)] : ((string, string)[])[]],
            Do = "Let its pipeline ask before it deploys, and deploy an image that passes. What runs goes on running.",
        };
}
