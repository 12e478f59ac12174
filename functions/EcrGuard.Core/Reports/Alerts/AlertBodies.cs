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

/// <param name="Severity">The worst of the reasons; null where none is a finding.</param>
/// <param name="RunsIn">The first of those that run it, by name.</param>
/// <param name="Team">Null where the repository's tag names none, or no sweep has read it.</param>
/// <param name="Explain">The command that shows all that the ledger knows of the image.</param>
/// <param name="Waiver">For the policy document, to be filled in; null where nothing is to be waived.</param>
internal sealed record AlertBody(
    int SchemaVersion,
    string AlertId,
    string Kind,
    string Account,
    string Region,
    string Repository,
    Digest Digest,
    IReadOnlyList<string> Tags,
    Status? PreviousStatus,
    Status Status,
    bool Approved,
    DateTimeOffset Since,
    [property: JsonConverter(typeof(SeverityConverter))] Severity? Severity,
    double? Score,
    double? Epss,
    IReadOnlyList<string> RunsIn,
    int RunsInCount,
    string? Team,
    IReadOnlyList<Reason> Reasons,
    int ReasonCount,
    IReadOnlyList<string> ToPass,
    IReadOnlyList<string> Waivers,
    string? CouldNotMark,
    string PolicyVersion,
    DateTimeOffset? GraceEndsAt,
    string Explain,
    string EcrConsole,
    string InspectorConsole,
    string? Waiver
);

internal sealed record BreakGlassBody(
    int SchemaVersion,
    string AlertId,
    string Kind,
    string Account,
    string Region,
    string Repository,
    Digest Digest,
    IReadOnlyList<string> Tags,
    Status Verdict,
    string By,
    string Reason,
    DateTimeOffset From,
    DateTimeOffset Until,
    ApiRequest? Request,
    Revocation? Revoked
);

/// <param name="UsedBy">As far as consumers name themselves; a pull names nobody.</param>
internal sealed record GraceBody(
    int SchemaVersion,
    string AlertId,
    string Kind,
    string Account,
    string Region,
    string Repository,
    Digest Digest,
    IReadOnlyList<string> Tags,
    string Severity,
    DateTimeOffset StartedAt,
    DateTimeOffset EndsAt,
    IReadOnlyList<string> UsedBy,
    int UsedByCount,
    string? Owner,
    IReadOnlyList<Reason> Reasons,
    int ReasonCount,
    IReadOnlyList<string> ToPass,
    string PolicyVersion
);

/// <param name="Released">For a release only.</param>
internal sealed record QuarantineBody(
    int SchemaVersion,
    string AlertId,
    string Kind,
    string Account,
    string Region,
    string Repository,
    Digest Digest,
    IReadOnlyList<string> Tags,
    Status Status,
    Release? Released,
    IReadOnlyList<Reason> Reasons,
    int ReasonCount,
    string PolicyVersion
);

internal sealed record AlertBatchBody(
    int SchemaVersion,
    string AlertId,
    string Kind,
    string Account,
    string Region,
    string? Team,
    IReadOnlyList<CountOf> Kinds,
    IReadOnlyList<CountOf> Repositories,
    IReadOnlyList<AlertEntry> Alerts
);

internal sealed record CountOf(string Name, int Count);

internal sealed record AlertEntry(
    string AlertId,
    string Kind,
    string Repository,
    Digest Digest,
    Status Status,
    bool Running
);

internal sealed record ForeignTagBody(
    int SchemaVersion,
    string AlertId,
    string Kind,
    string Account,
    string Region,
    string Repository,
    Digest Digest,
    string Tag,
    DateTimeOffset PushedAt
);

internal sealed record TagRemovalBody(
    int SchemaVersion,
    string AlertId,
    string Kind,
    string Account,
    string Region,
    string Repository,
    Digest Digest,
    string Tag,
    string What,
    DateTimeOffset At
);

internal sealed record DeployedBody(
    int SchemaVersion,
    string AlertId,
    string Kind,
    string Account,
    string Region,
    string Repository,
    Digest Digest,
    string RunBy,
    string Status,
    DateTimeOffset Since,
    string Why,
    DateTimeOffset At
);

internal sealed record UnshieldedBody(
    int SchemaVersion,
    string AlertId,
    string Kind,
    string Account,
    string Region,
    string Repository,
    Digest Digest,
    string Why,
    DateTimeOffset At
);

internal sealed record WeekBody(
    int SchemaVersion,
    string AlertId,
    string Kind,
    string Account,
    string Region,
    IReadOnlyList<Unread> Unread,
    int UnreadCount,
    int ActionCount,
    int Deployable,
    int DeployableByBreakGlass,
    WeekRollUp Numbers,
    string WholeAt
);

internal sealed record BackfillBody(
    int SchemaVersion,
    string AlertId,
    string Kind,
    string Account,
    string Region,
    IReadOnlyList<Unread> Unread,
    int UnreadCount,
    int Repositories,
    StatusCounts Statuses,
    DateTimeOffset StartedAt,
    DateTimeOffset EndedAt,
    string PolicyVersion
);

internal sealed record SweepBody(
    int SchemaVersion,
    string AlertId,
    string Kind,
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
);

/// <param name="Before">The ceiling that was seen last.</param>
internal sealed record CeilingBody(
    int SchemaVersion,
    string AlertId,
    string Kind,
    string Account,
    string Region,
    EnforcementMode Before,
    EnforcementMode Ceiling,
    DateTimeOffset SeenAt
);

/// <param name="Count">How many forced approvals are in force.</param>
/// <param name="InForce">The first of them.</param>
internal sealed record AdoptionBody(
    int SchemaVersion,
    string AlertId,
    string Kind,
    string Account,
    string Region,
    string Table,
    int Count,
    IReadOnlyList<AdoptedApproval> InForce,
    DateTimeOffset SeenAt
);

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
    int SchemaVersion,
    string AlertId,
    string Kind,
    string Account,
    string Region,
    string PlanId,
    IReadOnlyList<string> Broken,
    int BrokenCount,
    string PolicyVersion,
    DateTimeOffset RefusedAt
);
