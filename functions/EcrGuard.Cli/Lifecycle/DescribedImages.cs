using System.Globalization;
using System.Text.Json;
using EcrGuard.Core.Images;
using EcrGuard.Core.Lifecycle;

namespace EcrGuard.Cli.Lifecycle;

/// <summary>Reads what <c>aws ecr describe-images</c> prints: <c>{"imageDetails":[…]}</c>, times as ISO 8601 or as seconds since 1970, whichever the caller's AWS CLI is set to.</summary>
internal static class DescribedImages
{
    /// <exception cref="UnusableFileException">The file cannot be read or is not what describe-images prints.</exception>
    public static IReadOnlyList<LifecycleImage> Read(FileInfo file)
    {
        try
        {
            using var json = JsonDocument.Parse(UnusableFileException.ReadAll(file));
            if (json.RootElement.ValueKind != JsonValueKind.Object || !json.RootElement.TryGetProperty("imageDetails", out var details))
                throw Wrong("it has no \"imageDetails\"; it must be what 'aws ecr describe-images --output json' prints");
            if (details.ValueKind != JsonValueKind.Array)
                throw Found("imageDetails", details, "a list of images");
            var images = new List<LifecycleImage>(details.GetArrayLength());
            var seen = new HashSet<Digest>();
            foreach (var detail in details.EnumerateArray())
            {
                var path = $"imageDetails[{images.Count}]";
                var image = ReadImage(path, detail);
                if (!seen.Add(image.Digest))
                    throw Wrong($"{path}.imageDigest is {image.Digest} for the second time; each image must be there once");
                images.Add(image);
            }
            return images;
        }
        catch (JsonException unreadable)
        {
            throw Wrong($"it is not JSON: {Text.Clip(unreadable.Message, 200)}");
        }

        UnusableFileException Wrong(string how) => new($"{file}: {how}.");

        UnusableFileException Found(string field, JsonElement value, string wanted) => Wrong($"{field} is {Text.Clip(value.GetRawText(), 80)}; it must be {wanted}");

        LifecycleImage ReadImage(string path, JsonElement detail)
        {
            if (detail.ValueKind != JsonValueKind.Object)
                throw Found(path, detail, "an object");
            if (!detail.TryGetProperty("imageDigest", out _))
                throw Wrong($"{path} has no imageDigest; it must be the digest of the image, 'sha256:' and 64 lower-case hexadecimal characters");
            var subject = ReadDigest("subjectManifestDigest");
            return new LifecycleImage
            {
                Digest = ReadDigest("imageDigest")!,
                Tags = ReadTags(),
                Kind = MediaTypes.KindOf(ReadText("imageManifestMediaType"), ReadText("artifactMediaType"), subject is not null),
                Storage = ReadStatus(),
                PushedAt = ReadTime("imagePushedAt"),
                LastPulledAt = ReadTime("lastRecordedPullTime"),
                LastArchivedAt = ReadTime("lastArchivedAt"),
                LastActivatedAt = ReadTime("lastActivatedAt"),
                Subject = subject,
            };

            JsonElement? Value(string name) => detail.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

            string? ReadText(string name) => Value(name) switch
            {
                null => null,
                { ValueKind: JsonValueKind.String } text => text.GetString(),
                { } other => throw Found($"{path}.{name}", other, "a text"),
            };

            Digest? ReadDigest(string name) => ReadText(name) is not { } text ? null
                : Digest.TryParse(text, out var digest) ? digest
                : throw Found($"{path}.{name}", detail.GetProperty(name), "'sha256:' and 64 lower-case hexadecimal characters");

            string[] ReadTags()
            {
                if (Value("imageTags") is not { } tags)
                    return [];
                if (tags.ValueKind != JsonValueKind.Array)
                    throw Found($"{path}.imageTags", tags, "a list of tags");
                return [.. tags.EnumerateArray().Select((tag, i) => tag.ValueKind == JsonValueKind.String ? tag.GetString()! : throw Found($"{path}.imageTags[{i}]", tag, "a text"))];
            }

            // An AWS CLI from before the archive prints no status, and sees active images only.
            StorageStatus ReadStatus() => ReadText("imageStatus") switch
            {
                null or "ACTIVE" => StorageStatus.Active,
                "ARCHIVED" => StorageStatus.Archived,
                "ACTIVATING" => StorageStatus.Activating,
                _ => throw Found($"{path}.imageStatus", detail.GetProperty("imageStatus"), "ACTIVE, ARCHIVED or ACTIVATING"),
            };

            DateTimeOffset? ReadTime(string name)
            {
                if (Value(name) is not { } value)
                    return null;
                if (value.ValueKind == JsonValueKind.String && Times.TryParse(value.GetString()!, out var time))
                    return time;
                if (value.ValueKind == JsonValueKind.Number && value.GetDouble() is >= 0 and < 253_402_300_800 and var seconds)
                    return DateTimeOffset.UnixEpoch.AddTicks((long)((decimal)seconds * TimeSpan.TicksPerSecond));
                throw Found($"{path}.{name}", value, "a time such as \"2026-01-31T00:00:00Z\", or seconds since 1970");
            }
        }
    }
}

/// <summary>Moments as they are written in files and options.</summary>
internal static class Times
{
    private static readonly string[] Formats = ["yyyy-MM-dd", "yyyy-MM-ddTHH:mm:ssK", "yyyy-MM-ddTHH:mm:ss.FFFFFFFK", "yyyy-MM-ddTHH:mmK"];

    /// <summary>ISO 8601; without an offset it is UTC.</summary>
    public static bool TryParse(string text, out DateTimeOffset time) =>
        DateTimeOffset.TryParseExact(text, Formats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out time);
}
