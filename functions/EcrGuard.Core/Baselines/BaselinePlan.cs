using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using EcrGuard.Core.Images;
using EcrGuard.Core.Lifecycle;
using EcrGuard.Core.Policy;

namespace EcrGuard.Core.Baselines;

/// <summary>One write that brings a repository nearer to its baseline.</summary>
/// <param name="Found">The setting's value that the repair was planned on: where it is another by now, the repair is
///     superseded.</param>
/// <param name="Value">What to put.</param>
/// <param name="OwnRules">How many rules at the head of a lifecycle policy are EcrGuard's.</param>
/// <param name="Wish">What of the baseline it serves: another wish is another reason to write.</param>
/// <param name="Drift">The sentence of the drift that is true no more once it is done.</param>
public sealed record Repair(
    RepositorySetting Setting,
    string? Found,
    string Value,
    int OwnRules,
    string Wish,
    string Drift
);

/// <summary>
/// How a repository differs from its baseline, and what to write about it. Planned again after the repairs were made,
/// there are none.
/// </summary>
/// <param name="Drift">A sentence for each difference.</param>
/// <param name="Repairs">Empty where nothing differs or nothing may be written.</param>
/// <param name="Wish">The SHA-256 of all that the baseline wishes for, 64 lower-case hexadecimal characters.</param>
public sealed record BaselinePlan(IReadOnlyList<string> Drift, IReadOnlyList<Repair> Repairs, string Wish)
{
    /// <summary>
    /// How often EcrGuard writes one setting for one wish: somebody who puts another back twice means it.
    /// </summary>
    public const int MaxTimes = 2;

    /// <param name="repository">As read now; where there are no resource tags in it, they are not looked at, nor is a
    ///     team's opt-out.</param>
    /// <param name="baseline">Null where the policy names none for the repository: a missing lifecycle policy is
    ///     reported all the same.</param>
    /// <param name="mode">How far EcrGuard may go in the repository: in <see cref="EnforcementMode.Observe"/> nothing
    ///     is written, whatever the baseline says.</param>
    /// <param name="hold">What EcrGuard wrote to the repository before; <see cref="SettingHistory.None"/> where nobody
    ///     has
    ///     looked.</param>
    /// <param name="whole">The baseline whose wish it is, where only a part of it is looked at: what was put back stays
    ///     as long as the whole is the same.</param>
    public static BaselinePlan For(
        RepositoryFacts repository,
        Baseline? baseline,
        EnforcementMode mode,
        SettingHistory hold,
        Baseline? whole = null
    )
    {
        var plan = new Planner(repository, hold, Enforces(baseline, mode));
        plan.LifecyclePolicy(baseline);
        if (baseline?.ScanOnPush == true)
            plan.ScanOnPush();
        if (baseline?.TagMutability is { } wanted)
            plan.TagMutability(wanted, baseline.MutabilityExclusions);
        plan.ResourceTags(baseline?.ResourceTags ?? []);
        return plan.End(
            whole is null || whole == baseline
                ? null
                : For(repository, whole, EnforcementMode.Observe, SettingHistory.None).Wish
        );
    }

    /// <summary>Whether anything may be written to hold the baseline.</summary>
    public static bool Enforces(Baseline? baseline, EnforcementMode mode) =>
        baseline?.Mode == BaselineMode.Enforce && mode >= EnforcementMode.Mark;

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private sealed class Planner(RepositoryFacts repository, SettingHistory hold, bool enforces)
    {
        private readonly List<string> drift = [];
        private readonly List<Repair> repairs = [];
        private readonly List<string> wishes = [];

        public void LifecyclePolicy(Baseline? baseline)
        {
            var current = repository.LifecyclePolicy;
            if (baseline?.LifecyclePolicy is not { } named)
            {
                if (current is null)
                    drift.Add("The repository has no lifecycle policy.");
                return;
            }

            // Where it enforces, images in use are shielded before any other rule is asked.
            var (shield, its) = (RuleList.Read(ShieldRule.Policy)!, RuleList.Read(named)!);
            var own = enforces ? shield.Then(its) : its;
            var wish = $"{baseline.ExistingPolicy} {shield.Then(its).Meaning}";
            wishes.Add(wish);
            if (current is null)
            {
                Want(
                    RepositorySetting.LifecyclePolicy,
                    own.Text(),
                    wish,
                    "The repository has no lifecycle policy.",
                    own.Count
                );
                return;
            }
            var found = RuleList.Read(current);
            if (!enforces)
                found = found?.Without(shield);
            // EcrGuard's rules, those of an earlier baseline too, are not the team's.
            var earlier =
                hold.Of(RepositorySetting.LifecyclePolicy)
                    ?.Ours.Select(ours => RuleList.Read(ours.Value)!.First(ours.OwnRules))
                ?? [];
            var team = found?.Without(earlier.Aggregate(own, (all, rules) => all.Then(rules)));
            var wanted = baseline.ExistingPolicy switch
            {
                ExistingPolicy.Replace => own,
                ExistingPolicy.Merge => team is null ? null : own.Then(team),
                ExistingPolicy.Keep => team is { Count: 0 } ? own : null,
            };
            if (wanted is not null && found?.IsSameAs(wanted) == true)
                return;
            var rules = found is null
                ? "its rules are in words that EcrGuard does not know"
                : Phrase.Count(team!.Count, "rule");
            switch (baseline.ExistingPolicy)
            {
                // The team's policy is what the baseline wants there.
                case ExistingPolicy.Keep when wanted is null:
                    return;
                case ExistingPolicy.Merge when wanted is null:
                    drift.Add(
                        $"Its lifecycle policy is the team's ({rules}): the baseline's "
                            + $"{Phrase.Count(own.Count, "rule")} cannot be put before them."
                    );
                    return;
                case ExistingPolicy.Merge
                    when Core.Lifecycle.LifecyclePolicy.Read(wanted!.Text())
                        is { Policy: null, Problems: [var problem, ..] }:
                    drift.Add(
                        $"The baseline's {Phrase.Count(own.Count, "rule")} cannot be put before the team's "
                            + $"{team!.Count}: {problem.Message}"
                    );
                    return;
            }
            Want(
                RepositorySetting.LifecyclePolicy,
                wanted!.Text(),
                wish,
                baseline.ExistingPolicy switch
                {
                    ExistingPolicy.Merge =>
                        $"Its lifecycle policy does not begin with the baseline's {Phrase.Count(own.Count, "rule")}.",
                    ExistingPolicy.Keep or ExistingPolicy.Replace => "Its lifecycle policy is not the baseline's.",
                },
                own.Count
            );
        }

        public void ScanOnPush()
        {
            wishes.Add("scan on push");
            if (repository.Scanning.Automatic)
                return;
            if (repository.Scanning.Scanner == Scanner.Basic)
                Want(RepositorySetting.ScanOnPush, "true", "scan on push", NoScan);
            else
                drift.Add(
                    repository.Scanning.Scanner == Scanner.Enhanced
                        ? "No scan follows a push; the baseline wants one, which enhanced scanning sets for "
                            + "the whole registry."
                        : NoScan
                );
        }

        private const string NoScan = "No scan follows a push; the baseline wants one.";

        public void TagMutability(TagMutability mode, IReadOnlyList<string> exclusions)
        {
            // Tags that cannot move could not say another verdict: EcrGuard's own are always excepted.
            var immutable = mode is Images.TagMutability.Immutable or Images.TagMutability.ImmutableWithExclusion;
            var excepts =
                mode is Images.TagMutability.ImmutableWithExclusion or Images.TagMutability.MutableWithExclusion;
            var wanted = immutable ? Images.TagMutability.ImmutableWithExclusion : mode;
            var filters = (immutable ? exclusions.Append(OwnTags.Pattern) : exclusions).ToList();
            var wish = new MutabilityValue(wanted, filters).ToString();
            wishes.Add(wish);
            // What a team excepts stays excepted where the baseline leaves room for exceptions.
            if (excepts && repository.Mutability == wanted)
                filters.AddRange(repository.MutabilityExclusions);
            var (value, found) = (
                new MutabilityValue(wanted, [.. filters.Distinct()]),
                RepositorySetting.TagMutability.ValueIn(repository)
            );
            if (
                found == value.ToString()
                || (
                    !enforces
                    && repository.Mutability == mode
                    && (!excepts || exclusions.All(filter => repository.MutabilityExclusions.Contains(filter)))
                )
            )
                return;
            var differs = $"Its tag mutability is {found ?? "unknown"}; the baseline wants {value}.";
            if (found is null)
                drift.Add(differs);
            else if (value.Exclusions.Count > MutabilityValue.MaxExclusions)
                drift.Add(
                    $"{differs} That is {value.Exclusions.Count} exclusion filters; ECR allows "
                        + $"{MutabilityValue.MaxExclusions}."
                );
            else if (excepts && value.Exclusions.Count == 0)
                drift.Add($"{differs} It names no exclusion filter, without which ECR does not take it.");
            else
                Want(RepositorySetting.TagMutability, value.ToString(), wish, differs);
        }

        public void ResourceTags(IReadOnlyList<RequiredTag> required)
        {
            foreach (var (key, value) in required)
            {
                wishes.Add($"{key}={value}");
                if (repository.ResourceTags is not { } its)
                    continue;
                if (its.TryGetValue(key, out var found))
                {
                    // A value that is there is somebody's: never overwritten.
                    if (!value.Matches(found))
                        drift.Add(
                            $"Its resource tag '{key}' is '{Phrase.Clip(found, 60)}'; the baseline wants '{value}'."
                        );
                }
                else if (!value.IsLiteral)
                {
                    drift.Add(
                        $"It lacks the resource tag '{key}'; its value is the team's to "
                            + $"say{(value.MatchesEverything ? "" : $", like '{value}'")}."
                    );
                }
                else if (
                    its.Count + repairs.Count(repair => repair.Setting.Kind == SettingKind.ResourceTag)
                    >= RepositoryFacts.MaxResourceTags
                )
                {
                    drift.Add(
                        $"It lacks the resource tag '{key}' ('{value}'), and has the {RepositoryFacts.MaxResourceTags} "
                            + "that ECR allows."
                    );
                }
                else
                {
                    Want(
                        RepositorySetting.ResourceTag(key),
                        value.Pattern,
                        value.Pattern,
                        $"It lacks the resource tag '{key}' ('{value}')."
                    );
                }
            }
        }

        /// <param name="ofTheWhole">The wish, where more is wished for than was looked at.</param>
        public BaselinePlan End(string? ofTheWhole)
        {
            var wish = ofTheWhole ?? Hash(string.Join('\n', wishes));
            if (repairs.Count > 0 && WhyNot(wish) is { } why)
            {
                drift.Add(why);
                repairs.Clear();
            }
            return new BaselinePlan(drift, repairs, wish);
        }

        private string? WhyNot(string wish) =>
            hold.Restored is { } restored && restored.Wish == wish
                ? string.Create(
                    CultureInfo.InvariantCulture,
                    $"It was put back as it was before EcrGuard on {restored.At:yyyy-MM-dd} "
                        + $"({Phrase.Clip(restored.Reason, 100)}): nothing is repaired until its baseline changes."
                )
            : repository.ResourceTags is { } its && OwnTags.OptOutIn(its) is { } reason
                ? "The team has opted out "
                    + $"({(reason.Length == 0 ? "without a reason" : Phrase.Clip(reason, 100))}): nothing is repaired."
            : null;

        private void Want(RepositorySetting setting, string value, string wish, string differs, int ownRules = 0)
        {
            drift.Add(differs);
            if (!enforces)
                return;
            var hash = Hash(wish);
            if (hold.WithoutOriginal(setting, repository) is { } unknown)
                drift.Add(unknown);
            else if (hold.Of(setting) is { Times: >= MaxTimes } held && held.Wish == hash)
                drift.Add(
                    $"Twice somebody else has changed {setting.Words} after EcrGuard: Terraform or another "
                        + "owner. EcrGuard leaves it until the baseline wishes for something else."
                );
            else
                repairs.Add(new Repair(setting, setting.ValueIn(repository), value, ownRules, hash, differs));
        }
    }
}
