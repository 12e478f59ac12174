using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Reports;

namespace EcrGuard.Lambda.Flow;

/// <summary>How far the backfill has come. Stored as a document in the ledger.</summary>
/// <param name="Cursor">The last repository that is done, in ordinal order; null before the first one.</param>
/// <param name="RunningUntil">Until this time other runs leave the backfill to the one that is running.</param>
/// <param name="TickedAt">When a run last made progress: it finished a repository, or judged an image.</param>
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

    /// <summary>Whether the backfill has come to every image.</summary>
    public static async Task<bool> IsDoneAsync(RegistryDocuments documents, CancellationToken cancellation) =>
        (await documents.FindAsync(Form, cancellation).ConfigureAwait(false)).Value?.DoneAt is not null;
}
