using System.Text.Json.Serialization;
using EcrGuard.Core.Images;
using EcrGuard.Core.Plans;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Core.Reports.Alerts;

/// <summary>What a backfill came to.</summary>
/// <param name="Statuses">Of everything judged; their total is the number of images.</param>
/// <param name="Unread">What could not be read, and is answered from fresh facts when asked.</param>
public sealed record BackfillResult(
    string Account,
    string Region,
    DateTimeOffset StartedAt,
    DateTimeOffset EndedAt,
    int Repositories,
    StatusCounts Statuses,
    IReadOnlyList<Unread> Unread,
    string PolicyVersion
);

/// <summary>What the JSON of every message begins with.</summary>
internal abstract record MessageBody(
    [property: JsonPropertyOrder(-2)] string AlertId,
    [property: JsonPropertyOrder(-2)] string Kind,
    [property: JsonPropertyOrder(-2)] string Account,
    [property: JsonPropertyOrder(-2)] string Region
)
{
    [JsonPropertyOrder(-3)]
    public int SchemaVersion { get; } = 2;

    [JsonIgnore]
    public virtual IEnumerable<FilterValue> Attributes =>
        [new("alertId", AlertId), new("kind", Kind), new("account", Account), new("region", Region)];
}

/// <summary>What the JSON of a message about one image begins with.</summary>
internal abstract record ImageMessageBody(string AlertId, string Kind, [property: JsonIgnore] ImageId Image)
    : MessageBody(AlertId, Kind, Image.Repository.Account, Image.Repository.Region)
{
    [JsonPropertyOrder(-1)]
    public string Repository => Image.Repository.Name;

    [JsonPropertyOrder(-1)]
    public Digest Digest => Image.Digest;

    public override IEnumerable<FilterValue> Attributes => base.Attributes.Append(new("repository", Repository));
}

/// <summary>News of one image, whatever its kind.</summary>
/// <param name="At">When it happened or was seen.</param>
/// <param name="PreviousStatus">Null where the status has not changed, or there was none.</param>
/// <param name="Status">Null where the ledger has no record of the image.</param>
/// <param name="Approved">Whether pipelines that ask get a yes by this verdict.</param>
/// <param name="Severity">The worst of the reasons; null where none is a finding.</param>
/// <param name="RunsIn">The first of those that run it, by name; null where that is not known.</param>
/// <param name="Team">Null where the repository's tag names none, or no sweep has read it.</param>
/// <param name="Fix">The remedy of what blocks; null where nothing blocks.</param>
/// <param name="BreakGlass">For an approval that is or was forced only.</param>
/// <param name="Released">For a release from quarantine only.</param>
/// <param name="Explain">The command that shows all that the ledger knows of the image.</param>
/// <param name="Waiver">For the policy document, to be filled in; null where nothing is to be waived.</param>
internal sealed record ImageNewsBody(
    string AlertId,
    string Kind,
    ImageId Image,
    DateTimeOffset At,
    IReadOnlyList<string> Tags,
    Status? PreviousStatus,
    Status? Status,
    bool Approved,
    DateTimeOffset? Since,
    [property: JsonConverter(typeof(SeverityConverter))] Severity? Severity,
    double? Score,
    double? Epss,
    IReadOnlyList<string>? RunsIn,
    int? RunsInCount,
    string? Team,
    IReadOnlyList<Reason> Reasons,
    int ReasonCount,
    IReadOnlyList<string> ToPass,
    string? Fix,
    IReadOnlyList<string> Waivers,
    string? CouldNotMark,
    string? PolicyVersion,
    DateTimeOffset? GraceStartedAt,
    DateTimeOffset? GraceEndsAt,
    ForcedNews? BreakGlass,
    Release? Released,
    string Explain,
    string EcrConsole,
    string InspectorConsole,
    string? Waiver
) : ImageMessageBody(AlertId, Kind, Image);

internal sealed record NewsBatchBody(
    string AlertId,
    string Account,
    string Region,
    string? Team,
    IReadOnlyList<CountOf> Kinds,
    IReadOnlyList<CountOf> Repositories,
    string InspectorConsole,
    IReadOnlyList<NewsEntry> Alerts
) : MessageBody(AlertId, "batch", Account, Region);

internal sealed record CountOf(string Name, int Count);

/// <summary>One piece of news of a batch. As <see cref="ImageNewsBody"/>, shorter.</summary>
internal sealed record NewsEntry(
    string AlertId,
    string Kind,
    string Repository,
    Digest Digest,
    IReadOnlyList<string> Tags,
    Status? Status,
    DateTimeOffset? Since,
    [property: JsonConverter(typeof(SeverityConverter))] Severity? Severity,
    double? Score,
    double? Epss,
    string? Vulnerability,
    string? VulnerabilityPage,
    IReadOnlyList<string>? RunsIn,
    int? RunsInCount,
    DateTimeOffset? GraceEndsAt,
    string? Fix,
    string? Do,
    string Explain
);

internal sealed record ForeignTagBody(string AlertId, ImageId Image, string Tag, DateTimeOffset PushedAt)
    : ImageMessageBody(AlertId, "foreign-tag", Image);

internal sealed record TagRemovalBody(string AlertId, ImageId Image, string Tag, string What, DateTimeOffset At)
    : ImageMessageBody(AlertId, "tag-removal", Image);

internal sealed record UnshieldedBody(string AlertId, ImageId Image, string Why, DateTimeOffset At, string? Team)
    : ImageMessageBody(AlertId, "unshielded", Image);

internal sealed record WeekBody(
    string AlertId,
    string Account,
    string Region,
    IReadOnlyList<Unread> Unread,
    int UnreadCount,
    int ActionCount,
    int Deployable,
    int DeployableByBreakGlass,
    WeekRollUp Numbers,
    bool MadeAgain,
    string WholeAt
) : MessageBody(AlertId, "weekly-summary", Account, Region);

internal sealed record BackfillBody(
    string AlertId,
    string Account,
    string Region,
    IReadOnlyList<Unread> Unread,
    int UnreadCount,
    int Repositories,
    StatusCounts Statuses,
    DateTimeOffset StartedAt,
    DateTimeOffset EndedAt,
    string PolicyVersion
) : MessageBody(AlertId, "backfill", Account, Region);

internal sealed record SweepBody(
    string AlertId,
    string Account,
    string Region,
    int Repositories,
    int Images,
    IReadOnlyList<Unread> Undone,
    int UndoneCount,
    IReadOnlyList<Unread> Unread,
    int UnreadCount,
    DateTimeOffset StartedAt,
    DateTimeOffset EndedAt
) : MessageBody(AlertId, "sweep", Account, Region);

/// <param name="Before">The ceiling that was seen last.</param>
internal sealed record CeilingBody(
    string AlertId,
    string Account,
    string Region,
    EnforcementMode Before,
    EnforcementMode Ceiling,
    DateTimeOffset SeenAt
) : MessageBody(AlertId, "ceiling", Account, Region);

/// <param name="Count">How many forced approvals are in force.</param>
/// <param name="InForce">The first of them.</param>
internal sealed record AdoptionBody(
    string AlertId,
    string Account,
    string Region,
    string Table,
    int Count,
    IReadOnlyList<AdoptedApproval> InForce,
    DateTimeOffset SeenAt
) : MessageBody(AlertId, "adoption", Account, Region);

internal sealed record AdoptedApproval(
    string Repository,
    Digest Digest,
    string By,
    string Reason,
    DateTimeOffset From,
    DateTimeOffset Until
);

/// <param name="Broken">A sentence for each of the first ceilings that are broken.</param>
internal sealed record PlanRefusedBody(
    string AlertId,
    string Account,
    string Region,
    string PlanId,
    IReadOnlyList<string> Broken,
    int BrokenCount,
    string PolicyVersion,
    DateTimeOffset RefusedAt
) : MessageBody(AlertId, "plan-refused", Account, Region);
