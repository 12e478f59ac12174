using System.Globalization;
using System.Text.Json;

namespace EcrGuard.Core.Images;

/// <summary>What an event says happened.</summary>
public enum EventKind
{
    Pushed,

    /// <summary>Deleted, or moved to another storage class.</summary>
    Changed,

    ScanChanged,
}

/// <summary>An event about one image, as far as EcrGuard uses it: never its counts.</summary>
/// <param name="Id">The event's own id: the same when it is delivered twice.</param>
/// <param name="Time">When AWS says it happened. Events come late, twice and out of order.</param>
/// <param name="Tag">The tag that was pushed; null for a push by digest and for what is no push.</param>
/// <param name="MediaType">The manifest's, where the event names it.</param>
/// <param name="Scanner">Who speaks, for a scan.</param>
public sealed record ImageEvent(string Id, ImageId Image, EventKind Kind, DateTimeOffset Time, string? Tag = null, string? MediaType = null, Scanner Scanner = Scanner.Unknown) : RegistryEvent;

/// <summary>How often the images of these repositories are scanned was changed: what was read of their scans before may be true no more.</summary>
public sealed record ScanningEvent(IReadOnlyList<RepositoryId> Repositories) : RegistryEvent;

/// <summary>What happened to images of the registry, or to their scanning.</summary>
public abstract record RegistryEvent
{
    /// <summary>Reads an event of EventBridge (Amazon ECR User Guide, "Amazon ECR events and EventBridge"; Amazon Inspector User Guide, "Amazon EventBridge event schema").</summary>
    /// <param name="ignored">Why the event is none of EcrGuard's; null where one is returned.</param>
    /// <exception cref="EventFormatException">It is one of EcrGuard's, and a field is missing or wrong.</exception>
    public static RegistryEvent? Read(string json, out string? ignored)
    {
        using var document = Parse(json);
        return Read(document.RootElement, out ignored);
    }

    /// <summary>A message as a JSON object.</summary>
    /// <exception cref="EventFormatException">It is none.</exception>
    internal static JsonDocument Parse(string json)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(json);
        }
        catch (JsonException)
        {
            throw new EventFormatException("The message is not JSON.");
        }
        if (document.RootElement.ValueKind == JsonValueKind.Object)
            return document;
        document.Dispose();
        throw new EventFormatException("The message is not a JSON object.");
    }

    private static RegistryEvent? Read(JsonElement root, out string? ignored)
    {
        ignored = null;
        switch (Find(root, "source"), Find(root, "detail-type"))
        {
            case ("aws.ecr", "ECR Image Action"):
                return Action(root, out ignored);
            case ("aws.ecr", "ECR Image Scan"):
                return new ImageEvent(IdOf(root), OfFields(root, Required(root, "detail", "repository-name")), EventKind.ScanChanged, TimeOf(root), Scanner: Scanner.Basic);
            case ("aws.ecr", "ECR Scan Resource Change"):
                // Others are documented in words only: created repositories and images, of which other events tell.
                if (Find(root, "detail", "action-type") == "SCAN_FREQUENCY_CHANGE")
                    return new ScanningEvent(RepositoriesOf(root));
                ignored = "a change of scanning that EcrGuard does not use";
                return null;
            case ("aws.inspector2", "Inspector2 Scan"):
                // Inspector scans more than images, and calls the repository by its ARN.
                if (RepositoryArn(root) is not { } repository)
                {
                    ignored = "not about an ECR image";
                    return null;
                }
                return new ImageEvent(IdOf(root), OfFields(root, repository.Name), EventKind.ScanChanged, TimeOf(root), Scanner: Scanner.Enhanced);
            case ("aws.inspector2", "Inspector2 Finding" or "Inspector2 Coverage"):
                if (ImageArn(root) is not { } image)
                {
                    ignored = "not about an ECR image";
                    return null;
                }
                return new ImageEvent(IdOf(root), image, EventKind.ScanChanged, TimeOf(root), Scanner: Scanner.Enhanced);
            default:
                ignored = "an event type that EcrGuard does not use";
                return null;
        }
    }

    private static ImageEvent? Action(JsonElement root, out string? ignored)
    {
        ignored = null;
        EventKind? kind = Find(root, "detail", "action-type") switch
        {
            "PUSH" => EventKind.Pushed,
            "DELETE" or "UPDATE_STORAGE_CLASS" => EventKind.Changed,
            _ => null,
        };
        if (kind is null)
            ignored = "an action that EcrGuard does not use";
        else if (Find(root, "detail", "result") is { } result && result != "SUCCESS")
            ignored = "an action that did not succeed";
        if (ignored is not null)
            return null;
        var tag = Find(root, "detail", "image-tag");
        return new ImageEvent(IdOf(root), OfFields(root, Required(root, "detail", "repository-name")), kind!.Value, TimeOf(root), string.IsNullOrEmpty(tag) ? null : tag, Find(root, "detail", "manifest-media-type"));
    }

    private static RepositoryId[] RepositoriesOf(JsonElement root) =>
        root.GetProperty("detail").TryGetProperty("repositories", out var repositories) && repositories.ValueKind == JsonValueKind.Array
            ? [.. repositories.EnumerateArray().Select(repository => RepositoryOf(root, Required(repository, "repository-name"), "detail.repositories[].repository-name"))]
            : throw new EventFormatException("The field 'detail.repositories' is missing or not a list.");

    private static RepositoryId RepositoryOf(JsonElement root, string name, string field) => RepositoryId.IsName(name)
        ? new RepositoryId(Required(root, "account"), Required(root, "region"), name)
        : throw Wrong(field, name, "a repository name of ECR's");

    private static ImageId OfFields(JsonElement root, string repository)
    {
        var id = RepositoryOf(root, repository, "detail.repository-name");
        var digest = Required(root, "detail", "image-digest");
        if (!Digest.TryParse(digest, out var parsed))
            throw Wrong("detail.image-digest", digest, "'sha256:' and 64 lower-case hexadecimal characters");
        return new ImageId(id, parsed);
    }

    private static RepositoryId? RepositoryArn(JsonElement root) =>
        RepositoryId.TryParseArn(Find(root, "detail", "repository-name"), out var repository, out _) ? repository : null;

    /// <summary>The first resource, of the envelope or of the finding, that is an image of ECR's.</summary>
    private static ImageId? ImageArn(JsonElement root)
    {
        IEnumerable<string?> envelope = root.TryGetProperty("resources", out var ids) && ids.ValueKind == JsonValueKind.Array ? [.. ids.EnumerateArray().Select(id => id.ValueKind == JsonValueKind.String ? id.GetString() : null)] : [];
        IEnumerable<string?> finding = root.TryGetProperty("detail", out var detail) && detail.ValueKind == JsonValueKind.Object && detail.TryGetProperty("resources", out var resources) && resources.ValueKind == JsonValueKind.Array
            ? [.. resources.EnumerateArray().Select(resource => Find(resource, "id"))]
            : [];
        foreach (var arn in envelope.Concat(finding))
        {
            if (RepositoryId.TryParseArn(arn, out var repository, out var digest) && digest is not null)
                return new ImageId(repository, digest);
            if (arn?.Contains(":ecr:", StringComparison.Ordinal) == true && arn.Contains("/sha256:", StringComparison.Ordinal))
                throw Wrong("resources", arn, "the ARN of a repository, '/' and the digest of an image");
        }
        return null;
    }

    /// <summary>Some documented samples carry ids that are no UUIDs: it is any text.</summary>
    internal static string IdOf(JsonElement root) => Required(root, "id");

    internal static DateTimeOffset TimeOf(JsonElement root)
    {
        var time = Required(root, "time");
        return DateTimeOffset.TryParse(time, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var parsed) ? parsed : throw Wrong("time", time, "an ISO 8601 time");
    }

    internal static string Required(JsonElement element, params ReadOnlySpan<string> path) =>
        Find(element, path) is { Length: > 0 } value ? value : throw new EventFormatException($"The field '{string.Join('.', path!)}' is missing or not a string.");

    internal static string? Find(JsonElement element, params ReadOnlySpan<string> path)
    {
        foreach (var name in path)
        {
            if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(name, out element))
                return null;
        }
        return element.ValueKind == JsonValueKind.String ? element.GetString() : null;
    }

    internal static EventFormatException Wrong(string field, string value, string right) => new($"The field '{field}' is '{Text.Clip(value, 120)}'; it must be {right}.");
}

/// <summary>An event that should be EcrGuard's cannot be read: it goes to the dead-letter queue, where nothing is lost.</summary>
public sealed class EventFormatException(string message) : Exception(message);
