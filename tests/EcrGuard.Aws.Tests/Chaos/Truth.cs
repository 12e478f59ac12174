using System.Text.Json;
using EcrGuard.LocalAws.Ecr;

namespace EcrGuard.Aws.Tests.Chaos;

/// <summary>
/// What is true of the world, whoever knows it. It does not use EcrGuard's code. Answers, tags, alerts and ledger are
/// checked against it.
/// </summary>
internal sealed class Truth
{
    public List<TrueRepository> Repositories { get; } = [];

    public Dictionary<(string Repository, string Digest), TrueImage> Images { get; } = [];

    /// <summary>What the policy says now.</summary>
    public TruePolicy Policy { get; set; } = new(0, BlocksHigh: false, new HashSet<string>());

    public DateTimeOffset PolicySince { get; set; }

    public static string Vulnerability(int number) => $"CVE-2026-{1000 + number}";

    /// <summary>A vulnerability has the same severity wherever it is found.</summary>
    public static string SeverityOf(int number) =>
        (number % 6) switch
        {
            0 => "CRITICAL",
            1 => "HIGH",
            2 or 3 => "MEDIUM",
            _ => "LOW",
        };

    /// <summary>Why, in truth, nobody may deploy an image now; null if everybody may.</summary>
    /// <param name="knowable">Whether only those facts count that EcrGuard has been told or would see if it
    ///     looked.</param>
    public string? Denies(TrueImage image, DateTimeOffset now, bool knowable)
    {
        if (image.Kind == TrueKind.Index)
            return image.Children.Select(child => Denies(child, now, knowable)).FirstOrDefault(why => why is not null);
        var expiryIsNews = image.Scan == TrueScan.Expired && knowable && !(image.ExpiryToldAt <= now);
        if (image.Scan != TrueScan.Complete && !expiryIsNews)
            return $"its scan is {image.Scan}";
        return image
            .Findings.FindAll(found => found.Active && Policy.Blocks(found))
            .Find(found => !knowable || image.IsKnowable(found, now))
            ?.ToString();
    }

    /// <summary>Since when the truth about an image, and what is listed of it, has not changed.</summary>
    public DateTimeOffset SettledSince(TrueImage image) =>
        image.Kind == TrueKind.Index
            ? image.Children.Select(SettledSince).Append(PolicySince).Max()
            : image.Findings.Select(found => found.ListedAt).Append(image.ChangedAt).Append(PolicySince).Max();
}

internal enum TrueKind
{
    Image,
    Index,
    Chart,
}

internal enum TrueScan
{
    None,
    Running,
    Complete,
    Unsupported,
    Expired,
}

/// <summary>CRITICAL blocks. HIGH blocks if the policy says so. Waivers excuse by the vulnerability alone.</summary>
internal sealed record TruePolicy(int Number, bool BlocksHigh, IReadOnlySet<string> Waived)
{
    public bool Blocks(TrueFinding found) =>
        (found.Severity == "CRITICAL" || (BlocksHigh && found.Severity == "HIGH"))
        && !Waived.Contains(found.Vulnerability);

    /// <summary>The same policy as a document for EcrGuard.</summary>
    public string Document =>
        $$"""
            {
              "version": 1,
              "rules": [
                { "id": "blocks", "severity": [{{(BlocksHigh ? "\"HIGH\", " : "")}}"CRITICAL"], "then": "block" }
              ],
              "waivers": [ {{string.Join(", ", Waived.Order(StringComparer.Ordinal).Select(Waiver))}} ],
              "enforcement": [
                { "repositories": ["observe/*"], "mode": "observe" },
                { "repositories": ["quarantine/*"], "mode": "quarantine" },
                { "repositories": ["*"], "mode": "mark" }
              ],
              "baseline": [
                {
                  "repositories": ["base/*"],
                  "mode": "enforce",
                  "lifecycle": {
                    "existing": "keep",
                    "policy": {
                      "rules": [
                        {
                          "rulePriority": 1,
                          "description": "old",
                          "selection": {
                            "tagStatus": "any", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 4
                          },
                          "action": { "type": "expire" }
                        }
                      ]
                    }
                  }
                }
              ],
              "ceilings": { "images": 500, "percent": 100, "keepPerRepository": 0 }
            }
            """;

    private string Waiver(string vulnerability) =>
        $$"""
            {
              "id": "W-{{vulnerability}}",
              "vulnerability": "{{vulnerability}}",
              "reason": "chaos {{Number}}",
              "owner": "team",
              "approvedBy": "security",
              "expires": "2027-01-20"
            }
            """;
}

internal sealed class TrueRepository(string name, TagMutability mutability, bool scanOnPush, string? lifecycle)
{
    public string Name => name;
    public TagMutability Mutability => mutability;
    public bool ScanOnPush => scanOnPush;

    /// <summary>The team's own lifecycle policy.</summary>
    public string? Lifecycle => lifecycle;

    public bool Observed => name.StartsWith("observe/", StringComparison.Ordinal);
    public bool Quarantined => name.StartsWith("quarantine/", StringComparison.Ordinal);

    /// <summary>Whether EcrGuard puts a lifecycle policy on this repository.</summary>
    public bool HasBaseline => name.StartsWith("base/", StringComparison.Ordinal);
    public List<TrueImage> Images { get; } = [];
    public int Pushes { get; set; }

    /// <summary>Every tag that the team ever wrote.</summary>
    public HashSet<string> Tags { get; } = [];
}

internal sealed class TrueImage(TrueRepository repository, Manifest manifest, TrueKind kind)
{
    private const int Kept = 60;
    private readonly Queue<string> story = new();

    public TrueRepository Repository => repository;
    public Manifest Manifest => manifest;
    public string Digest => manifest.Digest;
    public string Hex => manifest.Digest["sha256:".Length..];
    public TrueKind Kind => kind;
    public List<TrueImage> Children { get; } = [];
    public bool IsChild { get; set; }

    /// <summary>Whether the image was there before EcrGuard.</summary>
    public bool WasThere { get; init; }

    public TrueScan Scan { get; set; }
    public DateTimeOffset? ScanDue { get; set; }
    public DateTimeOffset? ScannedAt { get; set; }
    public DateTimeOffset? ExpiryToldAt { get; set; }

    /// <summary>When the truth about it last changed.</summary>
    public DateTimeOffset ChangedAt { get; set; }
    public List<TrueFinding> Findings { get; } = [];

    /// <summary>The services that run it now, each with the time since when.</summary>
    public Dictionary<string, DateTimeOffset> Running { get; } = [];

    /// <summary>
    /// When EcrGuard was told, or saw in a sweep, that it runs (null if never); and when it last ran.
    /// </summary>
    public DateTimeOffset? UseToldAt { get; set; }
    public DateTimeOffset? RanUntil { get; set; }

    /// <summary>When its team deleted the index that held it, and when a sweep saw that.</summary>
    public DateTimeOffset? IndexGoneAt { get; set; }
    public DateTimeOffset? AloneToldAt { get; set; }

    /// <summary>
    /// Since when a policy that EcrGuard put must keep it. An index holds its platforms. Once the index is gone, the
    /// next sweep shields the platforms that ran.
    /// </summary>
    public DateTimeOffset? StaysSince => IndexGoneAt is null ? UseToldAt : AloneToldAt;

    public void Tell(DateTimeOffset when, string what)
    {
        story.Enqueue($"{when:dd HH:mm:ss.fff} {what}");
        if (story.Count > Kept)
            story.Dequeue();
    }

    public IEnumerable<string> Story => story;

    /// <summary>
    /// Whether EcrGuard must know of a finding. It must if it was told, or if a look would show the finding, or would
    /// show that too little is listed yet. If nobody told EcrGuard of a first scan, it must not believe an empty list
    /// before the scan has settled. The event of a later finding alone takes no approval away before the finding is
    /// listed; after that, the looks that follow the event must find it.
    /// </summary>
    public bool IsKnowable(TrueFinding found, DateTimeOffset now) =>
        found.First
            ? found.ToldAt <= now || found.ListedAt <= now || now < ScannedAt + Settling
            : found.SeenAt <= now
                || (
                    found.ToldAt is { } told
                    && found.ListedAt <= told + LastLook
                    && now > (found.ListedAt > told ? found.ListedAt : told) + LooksTake
                );

    /// <summary>How long an empty list after a scan is not believed, less the difference between clocks.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromMinutes(9.5);

    private static readonly TimeSpan LastLook = TimeSpan.FromMinutes(9.5);

    /// <summary>How long the looks may take if the queue gets them back twice.</summary>
    private static readonly TimeSpan LooksTake = TimeSpan.FromMinutes(90);

    public override string ToString() => $"{repository.Name}@{Digest[..19]} ({kind})";
}

internal sealed class TrueFinding(
    string vulnerability,
    string severity,
    DateTimeOffset since,
    DateTimeOffset listedAt,
    bool first
)
{
    public string Vulnerability => vulnerability;
    public string Severity => severity;
    public DateTimeOffset Since => since;

    /// <summary>When the current state is listed.</summary>
    public DateTimeOffset ListedAt { get; set; } = listedAt;

    /// <summary>Whether the finding is from the image's first scan.</summary>
    public bool First => first;

    public bool Active { get; set; } = true;

    /// <summary>When EcrGuard took an event that reports the finding or counts it.</summary>
    public DateTimeOffset? ToldAt { get; set; }

    /// <summary>
    /// When EcrGuard took an event about the image and began to handle it after the finding was listed.
    /// </summary>
    public DateTimeOffset? SeenAt { get; set; }

    public override string ToString() =>
        $"{vulnerability} {severity}{(Active ? "" : ", closed,")} since {since:HH:mm:ss}, listed {ListedAt:HH:mm:ss}";
}

/// <summary>A message of a queue.</summary>
internal sealed class Message(int number, string body, DateTimeOffset due, DateTimeOffset sentAt)
{
    public int Number => number;
    public string Body => body;
    public DateTimeOffset Due { get; set; } = due;

    /// <summary>When it came to the queue. It is handed out later.</summary>
    public DateTimeOffset Arrived => sentAt;
    public int Receives { get; set; }
    public bool Malformed { get; init; }
    public string Queue { get; init; } = "";
    public TrueImage? Image { get; init; }

    /// <summary>The detail type, with the action or the vulnerability.</summary>
    public string What { get; init; } = "";

    /// <summary>When the reported event had happened.</summary>
    public DateTimeOffset Happened { get; init; }

    public static (string Type, string? Repository, string? Digest, string What) Read(string body)
    {
        using var document = JsonDocument.Parse(body);
        var (root, detail) = (document.RootElement, document.RootElement.GetProperty("detail"));
        var type = root.GetProperty("detail-type").GetString()!;
        if (Of("image-digest") is { } digest)
        {
            var what = $"{type} {Of("action-type")} {Of("image-tag")}".TrimEnd();
            return (type, Of("repository-name")!.Split(":repository/")[^1], digest, what);
        }
        // The first container's image: account.dkr.ecr.region.amazonaws.com/repository@digest.
        if (type == "ECS Task State Change" && detail.GetProperty("containers")[0] is var container)
        {
            var name = container.GetProperty("image").GetString()!.Split(".amazonaws.com/")[^1].Split('@')[0];
            var its = container.TryGetProperty("imageDigest", out var known) ? known.GetString() : "";
            return (type, name, its, $"{type} {Of("lastStatus")}");
        }
        var arn = root.GetProperty("resources")
            .EnumerateArray()
            .Select(resource => resource.GetString()!)
            .FirstOrDefault(resource => resource.Contains("/sha256:", StringComparison.Ordinal));
        if (arn is null)
            return (type, null, null, type);
        var image = arn.Split(":repository/")[^1];
        var at = image.LastIndexOf('/');
        var found = detail.TryGetProperty("packageVulnerabilityDetails", out var details)
            ? details.GetProperty("vulnerabilityId").GetString()
            : null;
        return (type, image[..at], image[(at + 1)..], $"{type} {found} {Of("status")}".TrimEnd());

        string? Of(string name) =>
            detail.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
                ? value.GetString()
                : null;
    }
}
