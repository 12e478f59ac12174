using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace EcrGuard.Core.Images;

/// <summary>EcrGuard's own event, in the form of ECR's events: look at an image again.</summary>
public static class RecheckMessage
{
    public const string Source = "ecrguard";
    public const string DetailType = "EcrGuard Recheck";

    /// <param name="at">The planned time of the look, by which the ledger recognises it.</param>
    public static string Write(ImageId image, DateTimeOffset at, DateTimeOffset now)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("version", "0");
            json.WriteString("id", $"{image.Digest.Hex}:{Text(at)}");
            json.WriteString("detail-type", DetailType);
            json.WriteString("source", Source);
            json.WriteString("account", image.Repository.Account);
            json.WriteString("time", Text(now));
            json.WriteString("region", image.Repository.Region);
            json.WriteStartObject("detail");
            json.WriteString("repository-name", image.Repository.Name);
            json.WriteString("image-digest", image.Digest.ToString());
            json.WriteString("look-at", Text(at));
            json.WriteEndObject();
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("O", CultureInfo.InvariantCulture);
}
