using EcrGuard.Core.Images;

namespace EcrGuard.Core.Lifecycle;

/// <summary>One setting to put back as it was before EcrGuard.</summary>
/// <param name="Found">What EcrGuard put.</param>
/// <param name="Before">What the team last had there; null: nothing.</param>
public sealed record PutBack(RepositorySetting Setting, string? Found, string? Before);

/// <summary>What puts a repository back as it was before EcrGuard. Planned again after it was carried out, there is nothing.</summary>
/// <param name="Left">A sentence for each setting that somebody has changed since EcrGuard wrote it: it is theirs, and stays.</param>
public sealed record RestorePlan(IReadOnlyList<PutBack> PutBacks, IReadOnlyList<string> Left)
{
    /// <param name="repository">As read now, with its resource tags.</param>
    public static RestorePlan For(RepositoryFacts repository, Hold hold)
    {
        var (back, left) = (new List<PutBack>(), new List<string>());
        foreach (var (name, held) in hold.Settings.OrderBy(setting => setting.Key, StringComparer.Ordinal))
        {
            var setting = RepositorySetting.Of(name);
            var found = setting.ValueIn(repository);
            if (found == held.Before)
                continue;
            if (held.Ours.Any(ours => ours.Is(setting, found)))
                back.Add(new PutBack(setting, found, held.Before));
            else
                left.Add($"Somebody has changed {setting.Words} since EcrGuard wrote it: it stays as it is.");
        }
        return new RestorePlan(back, left);
    }
}
