using EcrGuard.Core.Images;
using EcrGuard.Core.Lifecycle;
using EcrGuard.Core.Policy;

namespace EcrGuard.Core.Baselines;

/// <summary>What a baseline wants of one setting.</summary>
/// <param name="Wanted">What it wants, as a text to compare; null: nothing.</param>
/// <param name="Drift">A sentence for each difference.</param>
/// <param name="Repair">Null where nothing differs or nothing may be written.</param>
internal sealed record SettingPlan(string? Wanted, IReadOnlyList<string> Drift, Repair? Repair = null)
{
    public static SettingPlan Nothing { get; } = new(null, []);
}

/// <summary>Compares the settings of a repository with its baseline, one by one.</summary>
/// <param name="history">What EcrGuard wrote to the repository before.</param>
internal sealed class SettingPlanner(RepositoryFacts repository, SettingHistory history, bool enforces)
{
    private const string NoPolicy = "The repository has no lifecycle policy.";
    private const string NoScan = "No scan follows a push; the baseline wants one.";

    /// <param name="baseline">A missing lifecycle policy is reported even if no baseline names one.</param>
    public SettingPlan LifecyclePolicy(Baseline? baseline)
    {
        var current = repository.LifecyclePolicy;
        if (baseline?.LifecyclePolicy is not { } named)
            return new SettingPlan(null, current is null ? [NoPolicy] : []);

        // Where EcrGuard enforces, its rule that shields images in use comes before any other.
        var (shield, its) = (RuleList.Read(ShieldRule.Policy)!, RuleList.Read(named)!);
        var own = enforces ? shield.Then(its) : its;
        var target = $"{baseline.ExistingPolicy} {shield.Then(its).Meaning}";
        if (current is null)
            return Put(own, NoPolicy);
        var found = enforces ? RuleList.Read(current) : RuleList.Read(current)?.Without(shield);
        var team = found?.Without(EarlierRules().Aggregate(own, (all, rules) => all.Then(rules)));
        var wanted = baseline.ExistingPolicy switch
        {
            ExistingPolicy.Replace => own,
            ExistingPolicy.Merge => team is null ? null : own.Then(team),
            ExistingPolicy.Keep => team is { Count: 0 } ? own : null,
        };
        if (wanted is not null && found?.IsSameAs(wanted) == true)
            return new SettingPlan(target, []);
        return baseline.ExistingPolicy switch
        {
            // The team's policy is what the baseline wants there.
            ExistingPolicy.Keep when wanted is null => new SettingPlan(target, []),
            ExistingPolicy.Merge => WhyNotMerged(own, team, wanted) is { } why
                ? new SettingPlan(target, [why])
                : Put(
                    wanted!,
                    $"Its lifecycle policy does not begin with the baseline's {Phrase.Count(own.Count, "rule")}."
                ),
            ExistingPolicy.Keep or ExistingPolicy.Replace => Put(
                wanted!,
                "Its lifecycle policy is not the baseline's."
            ),
        };

        SettingPlan Put(RuleList rules, string differs) =>
            Repair(RepositorySetting.LifecyclePolicy, rules.Text(), target, differs, own.Count);
    }

    /// <summary>The rules that EcrGuard wrote for earlier baselines: they are not the team's.</summary>
    private IEnumerable<RuleList> EarlierRules() =>
        history.Of(RepositorySetting.LifecyclePolicy)?.Ours.Select(ours => ours.Rules()) ?? [];

    /// <summary>Null where the team's rules can follow the baseline's.</summary>
    private static string? WhyNotMerged(RuleList own, RuleList? team, RuleList? wanted) =>
        wanted is null
            ? "Its lifecycle policy is the team's (its rules are in words that EcrGuard does not know): the baseline's "
                + $"{Phrase.Count(own.Count, "rule")} cannot be put before them."
        : Lifecycle.LifecyclePolicy.Read(wanted.Text()) is { Policy: null, Problems: [var problem, ..] }
            ? $"The baseline's {Phrase.Count(own.Count, "rule")} cannot be put before the team's {team!.Count}: "
                + problem.Message
        : null;

    public SettingPlan ScanOnPush(Baseline? baseline)
    {
        const string target = "scan on push";
        return baseline?.ScanOnPush != true ? SettingPlan.Nothing
            : repository.Scanning.Automatic ? new SettingPlan(target, [])
            : repository.Scanning.Scanner switch
            {
                Scanner.Basic => Repair(RepositorySetting.ScanOnPush, "true", target, NoScan),
                Scanner.Enhanced => new SettingPlan(
                    target,
                    [
                        "No scan follows a push; the baseline wants one, which enhanced scanning sets for the whole "
                            + "registry.",
                    ]
                ),
                Scanner.Unknown => new SettingPlan(target, [NoScan]),
            };
    }

    public SettingPlan TagMutability(Baseline? baseline)
    {
        if (baseline?.TagMutability is not { } mode)
            return SettingPlan.Nothing;
        var exclusions = baseline.MutabilityExclusions;
        // EcrGuard's own tags are always excluded: tags that cannot move could not show another verdict.
        var immutable = mode is Images.TagMutability.Immutable or Images.TagMutability.ImmutableWithExclusion;
        var excludes = mode is Images.TagMutability.ImmutableWithExclusion or Images.TagMutability.MutableWithExclusion;
        var wanted = immutable ? Images.TagMutability.ImmutableWithExclusion : mode;
        var filters = immutable ? [.. exclusions, OwnTags.Pattern] : exclusions;
        var target = new MutabilityValue(wanted, filters).ToString();
        // What a team excludes stays excluded where the baseline leaves room for exclusions.
        var kept = excludes && repository.Mutability == wanted ? repository.MutabilityExclusions : [];
        var value = new MutabilityValue(wanted, [.. filters.Concat(kept).Distinct()]);
        var found = RepositorySetting.TagMutability.ValueIn(repository);
        var isEnough =
            !enforces
            && repository.Mutability == mode
            && (!excludes || !exclusions.Except(repository.MutabilityExclusions).Any());
        if (found == value.ToString() || isEnough)
            return new SettingPlan(target, []);
        var differs = $"Its tag mutability is {found ?? "unknown"}; the baseline wants {value}.";
        var whyNot =
            found is null ? ""
            : value.Exclusions.Count > MutabilityValue.MaxExclusions
                ? $" That is {value.Exclusions.Count} exclusion filters; ECR allows {MutabilityValue.MaxExclusions}."
            : excludes && value.Exclusions.Count == 0
                ? " It names no exclusion filter, without which ECR does not take it."
            : null;
        return whyNot is null
            ? Repair(RepositorySetting.TagMutability, value.ToString(), target, differs)
            : new SettingPlan(target, [differs + whyNot]);
    }

    public IReadOnlyList<SettingPlan> ResourceTags(IReadOnlyList<RequiredTag> required)
    {
        var plans = new List<SettingPlan>();
        foreach (var tag in required)
            plans.Add(ResourceTag(tag, plans.Count(plan => plan.Repair is not null)));
        return plans;
    }

    /// <param name="added">How many tags are added before this one.</param>
    private SettingPlan ResourceTag(RequiredTag required, int added)
    {
        var (key, value) = required;
        var target = $"{key}={value}";
        if (repository.ResourceTags is not { } its)
            return new SettingPlan(target, []);
        // A value that is there is somebody's, and is never overwritten.
        if (its.TryGetValue(key, out var found))
            return new SettingPlan(
                target,
                value.Matches(found)
                    ? []
                    : [$"Its resource tag '{key}' is '{Phrase.Clip(found, 60)}'; the baseline wants '{value}'."]
            );
        if (!value.IsLiteral)
            return new SettingPlan(
                target,
                [
                    $"It lacks the resource tag '{key}'; its value is the team's to "
                        + $"say{(value.MatchesEverything ? "" : $", like '{value}'")}.",
                ]
            );
        if (its.Count + added >= RepositoryFacts.MaxResourceTags)
            return new SettingPlan(
                target,
                [
                    $"It lacks the resource tag '{key}' ('{value}'), and has the {RepositoryFacts.MaxResourceTags} "
                        + "that ECR allows.",
                ]
            );
        return Repair(
            RepositorySetting.ResourceTag(key),
            value.Pattern,
            value.Pattern,
            $"It lacks the resource tag '{key}' ('{value}')."
        ) with
        {
            Wanted = target,
        };
    }

    private SettingPlan Repair(RepositorySetting setting, string value, string target, string differs, int ownRules = 0)
    {
        if (!enforces)
            return new SettingPlan(target, [differs]);
        var hash = BaselinePlan.Hash(target);
        var whyNot =
            history.WithoutOriginal(setting, repository)
            ?? (
                history.Of(setting) is { Times: >= BaselinePlan.MaxTimes } written && written.WantedHash == hash
                    ? $"Twice somebody else has changed {setting.Words} after EcrGuard: Terraform or another owner. "
                        + "EcrGuard leaves it until the baseline wants something else."
                    : null
            );
        return whyNot is null
            ? new SettingPlan(
                target,
                [differs],
                new Repair(setting, setting.ValueIn(repository), value, ownRules, hash, differs)
            )
            : new SettingPlan(target, [differs, whyNot]);
    }
}
