using EcrGuard.Aws.Actions;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Baselines;
using EcrGuard.Core.Images;
using EcrGuard.Lambda.Hosting;

namespace EcrGuard.Lambda.Flow;

/// <summary>
/// Writes repairs to a repository; what was there before the first of them, and what EcrGuard put, stands in the ledger
/// before each.
/// </summary>
internal sealed class BaselineWriter(
    RepositoryId id,
    SettingHistory hold,
    long revision,
    RepositoryWriter writer,
    Ledger ledger,
    Log log
)
{
    private SettingHistory hold = hold;
    private long revision = revision;

    /// <summary>What EcrGuard has written to the repository.</summary>
    public SettingHistory Hold => hold;

    /// <returns>Why it was not written, a sentence; null where it is in place.</returns>
    public async Task<string?> WriteAsync(Repair repair, CancellationToken cancellation)
    {
        // Somebody else is holding the repository, and what was read here is not what they will leave.
        if (!await StoreAsync(hold.Intending(repair), cancellation).ConfigureAwait(false))
            return $"Nothing was written to {repair.Setting.Words}: somebody else was holding the repository to its "
                + "baseline at the same moment.";
        var refusal = await writer
            .WriteAsync(id, repair.Setting, repair.Found, repair.Value, cancellation, IsStillSoAsync)
            .ConfigureAwait(false);
        log.Info(
            "A repository was held to its baseline.",
            ("repository", id.Name),
            ("setting", repair.Setting.Name),
            ("refusal", refusal)
        );
        if (refusal is null && !await StoreAsync(hold.Done(repair), cancellation).ConfigureAwait(false))
            log.Warning(
                "A repository was held to its baseline while somebody had it put back.",
                ("repository", id.Name),
                ("setting", repair.Setting.Name)
            );
        return refusal;

        // Writes wait for their turn, and somebody may have had the repository put back meanwhile.
        async Task<bool> IsStillSoAsync() =>
            (await ledger.HoldAsync(id, cancellation).ConfigureAwait(false)).Revision == revision;
    }

    private async Task<bool> StoreAsync(SettingHistory next, CancellationToken cancellation)
    {
        if (!await ledger.StoreHoldAsync(id, next, revision, cancellation).ConfigureAwait(false))
            return false;
        (hold, revision) = (next, revision + 1);
        return true;
    }
}
