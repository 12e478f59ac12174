using EcrGuard.Aws.Actions;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Baselines;
using EcrGuard.Core.Images;
using EcrGuard.Lambda.Hosting;

namespace EcrGuard.Lambda.Flow.Baselines;

/// <summary>The result of an order to restore a repository.</summary>
/// <param name="Done">One sentence for each setting that is again as it was before EcrGuard.</param>
/// <param name="Left">One sentence for each setting that is not, with the reason: it belongs to another owner, ECR
///     refused it, or it would take images in use.</param>
public sealed record RestoreAnswer(string Repository, IReadOnlyList<string> Done, IReadOnlyList<string> Left);

/// <summary>Restores the settings that a repository had before EcrGuard wrote to it.</summary>
public sealed class RepositoryRestorer(
    BaselineFacts facts,
    RepositoryRecords repositories,
    RepositoryWriter writer,
    RestoreCheck check,
    EffectivePolicy policy,
    TimeProvider time,
    Log log
)
{
    /// <summary>
    /// Restores the settings from before EcrGuard, and leaves the repository alone until its baseline wants something
    /// else. Once the rule is gone, the next sweep takes off the shields of images in use.
    /// </summary>
    /// <returns>Null if EcrGuard has written nothing to the repository.</returns>
    public async Task<RestoreAnswer?> RestoreAsync(RepositoryId id, string reason, CancellationToken cancellation)
    {
        var (history, revision) = await repositories.SettingsAsync(id, cancellation).ConfigureAwait(false);
        if (history.Settings.Count == 0)
            return null;
        // Noted first, so that nobody enforces the baseline again on what is restored here.
        var restored = await NoteAsync(id, history, revision, reason, cancellation).ConfigureAwait(false);
        // Read again: another writer has either written by now, or finds that it must not.
        var plan = RestorePlan.For(await facts.ReadAsync(id, cancellation).ConfigureAwait(false), history);
        var (done, left, open) = (new List<string>(), plan.Left.ToList(), new List<RepositorySetting>());
        foreach (var putBack in plan.PutBacks)
        {
            if (await PutBackAsync(id, putBack, cancellation).ConfigureAwait(false) is { } refusal)
            {
                left.Add(refusal);
                open.Add(putBack.Setting);
            }
            else
            {
                var verb = putBack.Before is null ? "Took away" : "Put back";
                done.Add($"{verb} {putBack.Setting.Words}.");
            }
        }
        await repositories
            .StoreSettingsAsync(id, history.PutBack(restored, open), revision + 1, cancellation)
            .ConfigureAwait(false);
        log.Info("A repository was put back as it was before.", ("repository", id.Name), ("reason", reason));
        return new RestoreAnswer(id.Name, done, left);
    }

    private async Task<Restored> NoteAsync(
        RepositoryId id,
        SettingHistory history,
        long revision,
        string reason,
        CancellationToken cancellation
    )
    {
        var repository = await facts.ReadAsync(id, cancellation).ConfigureAwait(false);
        var plan = BaselinePlan.For(repository, policy.Document.BaselineOf(id.Name), policy.ModeOf(id), history);
        var restored = new Restored(plan.WantedHash, reason, time.GetUtcNow());
        return await repositories
            .StoreSettingsAsync(id, history with { Restored = restored }, revision, cancellation)
            .ConfigureAwait(false)
            ? restored
            : throw new InvalidOperationException(
                $"The repository {id.Name} was being held to its baseline at the same moment; ask again."
            );
    }

    /// <returns>A sentence that says why the setting was not restored; null if it was.</returns>
    private async Task<string?> PutBackAsync(RepositoryId id, PutBack putBack, CancellationToken cancellation)
    {
        var (setting, found, before) = putBack;
        if (
            setting.Kind == SettingKind.LifecyclePolicy
            && before is not null
            && await check.ExposureAsync(id, before, cancellation).ConfigureAwait(false) is { } exposure
        )
            return exposure.Refusal(id, before);
        return await writer.WriteAsync(id, setting, found, before, cancellation).ConfigureAwait(false);
    }
}
