using System.Text.Json.Serialization.Metadata;

namespace EcrGuard.Core.Reports;

/// <summary>The numbers of one week, with which later weeks are compared; an item of the ledger.</summary>
/// <param name="Week">The week that they belong to.</param>
/// <param name="GeneratedAt">When they were counted.</param>
/// <param name="Repositories">How many the registry has.</param>
/// <param name="Statuses">Images by status; their total is the number of images.</param>
/// <param name="BlockedDigests">Different blocked images: one that several repositories hold counts once.</param>
/// <param name="NewlyBlocked">Images that became blocked in the week and still are.</param>
/// <param name="Lifted">Images that stopped being blocked in the week and still are not.</param>
/// <param name="Complete">Whether everything could be read.</param>
/// <param name="PolicyVersion">The SHA-256 of the policy in force at that time.</param>
/// <param name="Figures">Null for weeks that were counted before these figures existed.</param>
/// <param name="ImagesRead">False where some images could not be read: the week is a gap then.</param>
public sealed record WeekRollUp(
    IsoWeek Week,
    DateTimeOffset GeneratedAt,
    int Repositories,
    StatusCounts Statuses,
    int BlockedDigests,
    int NewlyBlocked,
    int Lifted,
    bool Complete,
    string PolicyVersion,
    WeekFigures? Figures = null,
    bool ImagesRead = true
)
{
    /// <summary>How it is written and read: strictly, since only EcrGuard writes it.</summary>
    public static JsonTypeInfo<WeekRollUp> Json => ReportJson.Default.WeekRollUp;
}

/// <summary>The other numbers of the trend; null where there was no history to count.</summary>
/// <param name="Uncovered">Images without a current scan.</param>
/// <param name="New">Vulnerabilities that were first seen in the week.</param>
/// <param name="Fixed">Vulnerabilities that were fixed in the week.</param>
/// <param name="Overdue">Vulnerabilities over the policy's SLA.</param>
/// <param name="OpenByAge">As <see cref="RemediationRow.OpenByAge"/>.</param>
/// <param name="MedianDays">From first seen to fixed, of those fixed in the week.</param>
/// <param name="BytesFreed">An upper bound.</param>
public sealed record WeekFigures(
    int? Running,
    int? RunningBlocked,
    int Uncovered,
    int? New,
    int? Fixed,
    int? Overdue,
    IReadOnlyList<int>? OpenByAge,
    double? MedianDays,
    long? BytesFreed
);
