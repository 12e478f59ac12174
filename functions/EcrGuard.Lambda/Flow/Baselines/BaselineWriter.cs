using EcrGuard.Aws.Actions;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Baselines;
using EcrGuard.Core.Images;
using EcrGuard.Core.Plans;
using EcrGuard.Lambda.Hosting;

namespace EcrGuard.Lambda.Flow.Baselines;

/// <summary>
/// Writes repairs to a repository. Before the first write, the ledger stores what was there. Before each write, it
/// stores what EcrGuard puts.
/// </summary>
internal sealed class BaselineWriter(
    RepositoryId id,
    SettingHistory history,
    long revision,
    RepositoryWriter writer,
    Log log
)
{
    private SettingHistory history = history;
    private long revision = revision;

    /// <returns>A sentence that says why the setting was not written; null if it is in place.</returns>
    public async Task<string?> WriteAsync(Repair repair, CancellationToken cancellation)
    {
        var (refusal, noted) = await PutAsync(repair, null, cancellation).ConfigureAwait(false);
        await noted.ConfigureAwait(false);
        return refusal;
    }

    /// <summary>The same, for a caller that goes on while the ledger stores the outcome.</summary>
    /// <param name="taken">What the lifecycle policy takes, according to the plan that puts it.</param>
    /// <returns>Why the setting was not written, and a task that ends when the ledger has stored the outcome.</returns>
    public async Task<(string? Refusal, Task Noted)> PutAsync(
        Repair repair,
        (string PlanId, Removed Removed)? taken,
        CancellationToken cancellation
    )
    {
        var intending = history.Intending(repair);
        var held = new SettingWrite(intending, intending.Done(repair), revision) { Taken = taken };
        var written = await writer.HoldAsync(id, repair, held, cancellation).ConfigureAwait(false);
        if (!written.Begun)
            return (written.Refusal, Task.CompletedTask);
        (history, revision) = (held.Intending, held.Revision + 1);
        log.Info(
            "A repository was held to its baseline.",
            ("repository", id.Name),
            ("setting", repair.Setting.Name),
            ("refusal", written.Refusal)
        );
        return (written.Refusal, NoteAsync(repair, held, written));
    }

    private async Task NoteAsync(Repair repair, SettingWrite held, SettingWritten written)
    {
        if (await written.Noted.ConfigureAwait(false))
            (history, revision) = (held.Done, held.Revision + 2);
        else if (written.Refusal is null)
            log.Warning(
                "A repository was held to its baseline while somebody had it put back.",
                ("repository", id.Name),
                ("setting", repair.Setting.Name)
            );
    }
}
