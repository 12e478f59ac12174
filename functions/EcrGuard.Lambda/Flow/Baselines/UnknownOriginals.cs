using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Baselines;
using EcrGuard.Core.Images;

namespace EcrGuard.Lambda.Flow.Baselines;

/// <summary>Names the settings that EcrGuard has written but for which the ledger holds no original value.</summary>
public sealed class UnknownOriginals(RepositoryRecords repositories, TableOwnership ownership)
{
    /// <param name="known">What EcrGuard has written to the repository, if the caller has read it. It is read again
    ///     before anything is told, since somebody may have written since.</param>
    /// <returns>The drift, with one more sentence for each such setting.</returns>
    public async Task<IReadOnlyList<string>> AddAsync(
        RepositoryFacts repository,
        IReadOnlyList<string> drift,
        SettingHistory? known,
        CancellationToken cancellation
    )
    {
        foreach (var setting in new[] { RepositorySetting.LifecyclePolicy, RepositorySetting.TagMutability })
        {
            if (SettingHistory.None.WithoutOriginal(setting, repository) is not { } unknown || drift.Contains(unknown))
                continue;
            if (known is not null && known.WithoutOriginal(setting, repository) is null)
                continue;
            var (history, _) = await repositories.SettingsAsync(repository.Id, cancellation).ConfigureAwait(false);
            if (history.WithoutOriginal(setting, repository) is null)
                continue;
            // A team may have exempted EcrGuard's tags itself, as the documentation asks. That is worth telling only if
            // the ledger has lost something.
            if (
                setting.Kind != SettingKind.TagMutability
                || await ownership.WasTakenOverAsync(cancellation).ConfigureAwait(false)
            )
                drift = [.. drift, unknown];
        }
        return drift;
    }
}
