using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;

namespace EcrGuard.Core.Baselines;

/// <summary>One write that brings a repository nearer to its baseline.</summary>
/// <param name="Found">The setting's value that the repair was planned on: where it is another by now, the repair is
///     superseded.</param>
/// <param name="Value">What to put.</param>
/// <param name="OwnRules">How many rules at the head of a lifecycle policy are EcrGuard's.</param>
/// <param name="WantedHash">A hash of what the baseline wants of the setting: another value is another reason to
///     write.</param>
/// <param name="Drift">The sentence of the drift that the repair ends.</param>
public sealed record Repair(
    RepositorySetting Setting,
    string? Found,
    string Value,
    int OwnRules,
    string WantedHash,
    string Drift
);

/// <summary>
/// How a repository differs from its baseline, and what to write. A plan that is made after the repairs has none.
/// </summary>
/// <param name="Drift">A sentence for each difference.</param>
/// <param name="Repairs">Empty where nothing differs or nothing may be written.</param>
/// <param name="WantedHash">The SHA-256 of all that the baseline wants, 64 lower-case hexadecimal characters.</param>
public sealed record BaselinePlan(IReadOnlyList<string> Drift, IReadOnlyList<Repair> Repairs, string WantedHash)
{
    /// <summary>
    /// How often EcrGuard writes one setting while the baseline wants the same. Somebody who changes it
    /// back twice means it.
    /// </summary>
    public const int MaxTimes = 2;

    /// <param name="repository">As read now. If its resource tags were not read, neither they nor a team's opt-out
    ///     count.</param>
    /// <param name="baseline">Null where the policy names none for the repository: a missing lifecycle policy is
    ///     reported all the same.</param>
    /// <param name="mode">In <see cref="EnforcementMode.Observe"/> nothing is written, whatever the baseline
    ///     says.</param>
    /// <param name="history">What EcrGuard wrote to the repository before; <see cref="SettingHistory.None"/> where
    ///     nobody has looked.</param>
    /// <param name="whole">The whole baseline, where <paramref name="baseline"/> is only a part of it: settings that
    ///     were restored stay as they are until the whole changes.</param>
    public static BaselinePlan For(
        RepositoryFacts repository,
        Baseline? baseline,
        EnforcementMode mode,
        SettingHistory history,
        Baseline? whole = null
    )
    {
        var planner = new SettingPlanner(repository, history, Enforces(baseline, mode));
        SettingPlan[] plans =
        [
            planner.LifecyclePolicy(baseline),
            planner.ScanOnPush(baseline),
            planner.TagMutability(baseline),
            .. planner.ResourceTags(baseline?.ResourceTags ?? []),
        ];
        var wantedHash =
            whole is null || whole == baseline
                ? Hash(string.Join('\n', plans.Select(plan => plan.Wanted).OfType<string>()))
                : For(repository, whole, EnforcementMode.Observe, SettingHistory.None).WantedHash;
        var drift = plans.SelectMany(plan => plan.Drift);
        var repairs = plans.Select(plan => plan.Repair).OfType<Repair>().ToList();
        return repairs.Count > 0 && WhyNot(repository, history, wantedHash) is { } why
            ? new BaselinePlan([.. drift, why], [], wantedHash)
            : new BaselinePlan([.. drift], repairs, wantedHash);
    }

    /// <summary>Whether EcrGuard may write to enforce the baseline.</summary>
    public static bool Enforces(Baseline? baseline, EnforcementMode mode) =>
        baseline?.Mode == BaselineMode.Enforce && mode >= EnforcementMode.Mark;

    /// <summary>Why nothing is repaired, a sentence; null where it is.</summary>
    private static string? WhyNot(RepositoryFacts repository, SettingHistory history, string wantedHash) =>
        history.Restored is { } restored && restored.WantedHash == wantedHash
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"It was put back as it was before EcrGuard on {restored.At:yyyy-MM-dd} "
                    + $"({Phrase.Clip(restored.Reason, 100)}): nothing is repaired until its baseline changes."
            )
        : repository.ResourceTags is { } its && OptOut(its) is { } optOut ? $"{optOut}: nothing is repaired."
        : null;

    /// <summary>That the team has opted out, and why, without a full stop; null where it has not.</summary>
    /// <param name="resourceTags">The repository's own tags.</param>
    public static string? OptOut(IReadOnlyDictionary<string, string> resourceTags) =>
        OwnTags.OptOutIn(resourceTags) is { } reason
            ? $"The team has opted out ({(reason.Length == 0 ? "without a reason" : Phrase.Clip(reason, 100))})"
            : null;

    internal static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
