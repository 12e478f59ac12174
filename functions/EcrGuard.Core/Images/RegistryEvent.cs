using System.Globalization;
using System.Text.Json;
using static EcrGuard.Core.Images.EventFields;

namespace EcrGuard.Core.Images;

/// <summary>What an event says happened.</summary>
public enum EventKind
{
    /// <summary>Pushed, replicated from another registry, or cached from one upstream.</summary>
    Pushed,

    /// <summary>Deleted, or moved to another storage class.</summary>
    Changed,

    ScanChanged,
}

/// <summary>
/// The part of an event about one image that EcrGuard uses. Its counts say what must be listed, not what is found.
/// </summary>
/// <param name="Id">The event's own id: the same when it is delivered twice.</param>
/// <param name="Time">When AWS says it happened. Events come late, twice and out of order.</param>
/// <param name="Tag">The tag that was pushed; null for a push by digest and for what is no push.</param>
/// <param name="MediaType">The manifest's, where the event names it.</param>
/// <param name="Scanner">Who speaks, for a scan.</param>
public sealed record ImageEvent(
    string Id,
    ImageId Image,
    EventKind Kind,
    DateTimeOffset Time,
    string? Tag = null,
    string? MediaType = null,
    Scanner Scanner = Scanner.Unknown
) : RegistryEvent
{
    /// <summary>When it came to the queue, by the queue's clock; null where nobody says so.</summary>
    public DateTimeOffset? ArrivedAt { get; init; }

    /// <summary>What the summary of a scan of Inspector's announces; null for every other event.</summary>
    public SeverityCounts? Announced { get; init; }

    /// <summary>The finding that an event of Inspector's is about; null for every other event.</summary>
    public ReportedFinding? Finding { get; init; }

    /// <summary>
    /// Whether it speaks of findings. The ledger then knows by the listed findings whether it is told anything new,
    /// whenever they were read.
    /// </summary>
    public bool TellsOfFindings => Announced is not null || Finding is not null || LookAt is not null;

    /// <summary>When EcrGuard planned to look at the image again; null for an event of AWS's.</summary>
    public DateTimeOffset? LookAt { get; init; }
}

/// <summary>
/// The scan frequency of these repositories was changed. What was read of their scans before may not be true any more.
/// </summary>
public sealed record ScanningEvent(IReadOnlyList<RepositoryId> Repositories) : RegistryEvent;

/// <summary>An image came under a tag, and the event does not name its digest.</summary>
/// <param name="Id">The event's own id.</param>
public sealed record TagEvent(string Id, RepositoryId Repository, string Tag, DateTimeOffset Time) : RegistryEvent
{
    /// <summary>The same once the digest is known.</summary>
    public ImageEvent Of(Digest digest) => new(Id, new ImageId(Repository, digest), EventKind.Pushed, Time, Tag);
}

/// <summary>What happened to images of the registry, or to their scanning.</summary>
public abstract record RegistryEvent
{
    /// <summary>
    /// Reads an event of EventBridge (Amazon ECR User Guide, "Amazon ECR events and EventBridge"; Amazon Inspector User
    /// Guide, "Amazon EventBridge event schema").
    /// </summary>
    /// <param name="ignored">Why EcrGuard does not use the event; null where something is returned.</param>
    /// <returns>
    /// One for each image that the event is about, whoever's it is; empty where the event is ignored.
    /// </returns>
    /// <exception cref="EventFormatException">EcrGuard uses such events, and a field is missing or wrong.</exception>
    public static IReadOnlyList<RegistryEvent> Read(string json, out string? ignored)
    {
        using var document = Parse(json);
        return Read(document.RootElement, out ignored);
    }

    private static IReadOnlyList<RegistryEvent> Read(JsonElement root, out string? ignored)
    {
        switch (Find(root, "source"), Find(root, "detail-type"))
        {
            case ("aws.ecr", "ECR Image Action"):
                return ListOf(Action(root, out ignored));
            case ("aws.ecr", "ECR Replication Action"):
                var replicates = Find(root, "detail", "action-type") == "REPLICATE";
                return ListOf(Came(root, replicates, "result", out ignored));
            case ("aws.ecr", "ECR Pull Through Cache Action"):
                return ListOf(Came(root, known: true, "sync-status", out ignored));
            case ("aws.ecr", "ECR Scan Resource Change"):
                return ListOf(ScanningChange(root, out ignored));
            case ("aws.ecr", "ECR Image Scan"):
                ignored = null;
                return [ScanOf(root, OfFields(root), Scanner.Basic)];
            case ("aws.inspector2", "Inspector2 Scan"):
                return ListOf(InspectorScan(root, out ignored));
            case ("aws.inspector2", "Inspector2 Finding" or "Inspector2 Coverage"):
                return InspectorFinding(root, out ignored);
            case (RecheckMessage.Source, RecheckMessage.DetailType):
                ignored = null;
                return [LookOf(root)];
            default:
                ignored = "an event type that EcrGuard does not use";
                return [];
        }
    }

    private static IReadOnlyList<RegistryEvent> ListOf(RegistryEvent? one) => one is null ? [] : [one];

    /// <summary>
    /// Only a change of the frequency counts. The other changes are documented in words only: created repositories and
    /// images, of which other events tell.
    /// </summary>
    private static ScanningEvent? ScanningChange(JsonElement root, out string? ignored)
    {
        var known = Find(root, "detail", "action-type") == "SCAN_FREQUENCY_CHANGE";
        ignored = known ? null : "a change of scanning that EcrGuard does not use";
        return known ? new ScanningEvent(RepositoriesOf(root)) : null;
    }

    /// <summary>Inspector scans more than images, and names the repository by its ARN.</summary>
    private static ImageEvent? InspectorScan(JsonElement root, out string? ignored)
    {
        var name = Find(root, "detail", "repository-name");
        ignored = RepositoryId.TryParseArn(name, out var repository, out _) ? null : "not about an ECR image";
        return repository is null
            ? null
            : ScanOf(root, new ImageId(repository, DigestOf(root)), Scanner.Enhanced) with
            {
                Announced = CountsOf(root),
            };
    }

    private static IReadOnlyList<RegistryEvent> InspectorFinding(JsonElement root, out string? ignored)
    {
        var images = ImagesOf(root);
        ignored = images.Count > 0 ? null : "not about an ECR image";
        return [.. images.Select(image => ScanOf(root, image, Scanner.Enhanced) with { Finding = FindingOf(root) })];
    }

    private static ImageEvent ScanOf(JsonElement root, ImageId image, Scanner scanner) =>
        new(IdOf(root), image, EventKind.ScanChanged, TimeOf(root), Scanner: scanner);

    /// <summary>A number that is missing or cannot be a count is unknown.</summary>
    private static SeverityCounts? CountsOf(JsonElement root)
    {
        if (At(root, "detail", "finding-severity-counts") is not { ValueKind: JsonValueKind.Object } counts)
            return null;
        var announced = new SeverityCounts(Count("CRITICAL"), Count("HIGH"), Count("MEDIUM"), Count("TOTAL"));
        return announced.Say ? announced : null;

        int? Count(string name) =>
            At(counts, name) is { ValueKind: JsonValueKind.Number } value
            && value.TryGetInt32(out var count)
            && count >= 0
                ? count
                : null;
    }

    private static ReportedFinding? FindingOf(JsonElement root) =>
        Find(root, "detail", "findingArn") is { Length: > 0 } arn
            ? ReportedFinding.Of(
                arn,
                Find(root, "detail", "status"),
                Find(root, "detail", "severity"),
                Find(root, "detail", "fixAvailable"),
                Find(root, "detail", "exploitAvailable"),
                Number(At(root, "detail", "epss", "score")),
                Number(At(root, "detail", "inspectorScore")),
                TimeOfFinding(Find(root, "detail", "updatedAt"))
            )
            : null;

    private static double? Number(JsonElement? value) =>
        value is { ValueKind: JsonValueKind.Number } number ? number.GetDouble() : null;

    /// <summary>
    /// Events of findings carry times in other forms than ISO 8601; null for a form that was never seen.
    /// </summary>
    private static DateTimeOffset? TimeOfFinding(string? time) =>
        DateTimeOffset.TryParseExact(
            time,
            [
                "ddd MMM dd HH:mm:ss.fff 'UTC' yyyy",
                "ddd MMM dd HH:mm:ss 'UTC' yyyy",
                "MMM d, yyyy, h:mm:ss tt",
                "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK",
            ],
            CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
            out var parsed
        )
            ? parsed
            : null;

    private static ImageEvent LookOf(JsonElement root)
    {
        var image = OfFields(root);
        var at = Required(root, "detail", "look-at");
        const DateTimeStyles utc = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal;
        return DateTimeOffset.TryParse(at, CultureInfo.InvariantCulture, utc, out var lookAt)
            ? ScanOf(root, image, Scanner.Enhanced) with
            {
                LookAt = lookAt,
            }
            : throw Wrong("detail.look-at", at, "an ISO 8601 time");
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
        // A push counts as EcrGuard's own by the ledger's intent: anybody can name a media type.
        else if (kind == EventKind.Changed && Find(root, "detail", "artifact-media-type") == RemovalManifest.ConfigType)
            ignored = "about a manifest to which EcrGuard moves its tags to take them off";
        if (ignored is not null)
            return null;
        var tag = Find(root, "detail", "image-tag");
        return new ImageEvent(
            IdOf(root),
            OfFields(root),
            kind!.Value,
            TimeOf(root),
            string.IsNullOrEmpty(tag) ? null : tag,
            Find(root, "detail", "manifest-media-type")
        );
    }

    /// <summary>
    /// An image that came without a push. AWS documents a sample of each such event, and few words.
    /// </summary>
    /// <param name="known">Whether the action is one that EcrGuard knows.</param>
    /// <param name="outcome">The field that says whether it succeeded.</param>
    private static RegistryEvent? Came(JsonElement root, bool known, string outcome, out string? ignored)
    {
        ignored =
            !known ? "an action that EcrGuard does not use"
            : Find(root, "detail", outcome) is { } result && result != "SUCCESS" ? "an action that did not succeed"
            : null;
        if (ignored is not null)
            return null;
        var repository = RepositoryOf(root, Required(root, "detail", "repository-name"), "detail.repository-name");
        var tag = Find(root, "detail", "image-tag") is { Length: > 0 } given ? given : null;
        if (IsElsewhere(root, repository))
            ignored = "about an image of another registry";
        else if (Find(root, "detail", "image-digest") is { Length: > 0 })
            return new ImageEvent(
                IdOf(root),
                new ImageId(repository, DigestOf(root)),
                EventKind.Pushed,
                TimeOf(root),
                tag
            );
        else if (tag is not null)
            return new TagEvent(IdOf(root), repository, tag, TimeOf(root));
        else
            ignored = "an event that names no image; the sweep finds it";
        return null;
    }

    /// <summary>
    /// AWS does not say whether a replication is reported in the registry that the image came from or in the one that
    /// it came to. Only what came to the event's own registry is of interest.
    /// </summary>
    private static bool IsElsewhere(JsonElement root, RepositoryId repository) =>
        (Find(root, "detail", "source-account"), Find(root, "detail", "source-region"))
            == (repository.Account, repository.Region)
        || EnvelopeOf(root)
            .Select(arn => RepositoryId.TryParseArn(arn, out var named, out _) ? named : null)
            .Any(named =>
                named is not null && (named.Account != repository.Account || named.Region != repository.Region)
            );

    private static RepositoryId[] RepositoriesOf(JsonElement root) =>
        root.GetProperty("detail").TryGetProperty("repositories", out var repositories)
        && repositories.ValueKind == JsonValueKind.Array
            ?
            [
                .. repositories
                    .EnumerateArray()
                    .Select(repository =>
                        RepositoryOf(
                            root,
                            Required(repository, "repository-name"),
                            "detail.repositories[].repository-name"
                        )
                    ),
            ]
            : throw new EventFormatException("The field 'detail.repositories' is missing or not a list.");

    private static RepositoryId RepositoryOf(JsonElement root, string name, string field) =>
        RepositoryId.IsName(name)
            ? new RepositoryId(Required(root, "account"), Required(root, "region"), name)
            : throw Wrong(field, name, "a repository name of ECR's");

    /// <summary>
    /// The image of an ECR event. The repository's ARN in the envelope says whose it is. A push has no ARN: it belongs
    /// to the account and region that it comes from.
    /// </summary>
    private static ImageId OfFields(JsonElement root)
    {
        var name = Required(root, "detail", "repository-name");
        if (!RepositoryId.TryParseArn(EnvelopeOf(root).FirstOrDefault(), out var repository, out _))
            repository = RepositoryOf(root, name, "detail.repository-name");
        return repository.Name == name
            ? new ImageId(repository, DigestOf(root))
            : throw Wrong("detail.repository-name", name, $"the repository of 'resources', {repository.Name}");
    }

    private static Digest DigestOf(JsonElement root)
    {
        var digest = Required(root, "detail", "image-digest");
        return Digest.TryParse(digest, out var parsed)
            ? parsed
            : throw Wrong("detail.image-digest", digest, "'sha256:' and 64 lower-case hexadecimal characters");
    }

    /// <summary>
    /// The ECR images that a finding itself names, or else those of the envelope: an event about coverage has only
    /// these. The finding's come first, because the envelope's account may be that of Inspector's administrator.
    /// </summary>
    private static List<ImageId> ImagesOf(JsonElement root)
    {
        var own = root.TryGetProperty("detail", out var detail) ? ResourcesOf(detail) : [];
        return Parsed(own.Select(resource => Find(resource, "id"))) is { Count: > 0 } images
            ? images
            : Parsed(EnvelopeOf(root));
    }

    private static List<ImageId> Parsed(IEnumerable<string?> arns)
    {
        var images = new List<ImageId>();
        foreach (var arn in arns)
        {
            if (RepositoryId.TryParseArn(arn, out var repository, out var digest) && digest is not null)
                images.Add(new ImageId(repository, digest));
            else if (
                (arn ?? "").Contains(":ecr:", StringComparison.Ordinal)
                && arn!.Contains("/sha256:", StringComparison.Ordinal)
            )
                throw Wrong("resources", arn, "the ARN of a repository, '/' and the digest of an image");
        }
        return [.. images.Distinct()];
    }

    /// <summary>The envelope's own list of ARNs, which may be empty.</summary>
    private static IEnumerable<string?> EnvelopeOf(JsonElement root) =>
        ResourcesOf(root).Select(arn => arn.ValueKind == JsonValueKind.String ? arn.GetString() : null);

    private static List<JsonElement> ResourcesOf(JsonElement element)
    {
        var isList =
            element.ValueKind == JsonValueKind.Object
            && element.TryGetProperty("resources", out var resources)
            && resources.ValueKind == JsonValueKind.Array;
        return isList ? [.. element.GetProperty("resources").EnumerateArray()] : [];
    }
}
