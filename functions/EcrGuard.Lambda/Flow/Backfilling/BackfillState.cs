using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Reports;

namespace EcrGuard.Lambda.Flow.Backfilling;

/// <summary>How far the backfill has come: a document of the ledger.</summary>
/// <param name="Cursor">The last repository that is done, in ordinal order; null before the first.</param>
/// <param name="RunningUntil">Until when another run leaves it alone.</param>
/// <param name="TickedAt">When a run last got further: a repository was done, or an image of one judged.</param>
public sealed record BackfillState(
    DateTimeOffset StartedAt,
    string? Cursor,
    int Repositories,
    StatusCounts Statuses,
    IReadOnlyList<Unread> Unread,
    DateTimeOffset? RunningUntil,
    DateTimeOffset? DoneAt,
    DateTimeOffset? TickedAt
)
{
    public static StoredForm<BackfillState> Form { get; } = new("BACKFILL", 1, StateJson.Default.BackfillState);
}
