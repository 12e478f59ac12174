using EcrGuard.Core.Baselines;
using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Tests.Lifecycle;

namespace EcrGuard.Core.Tests.Baselines;

/// <summary>Short ways to compare a repository with a baseline.</summary>
internal static class BaselineFacts
{
    public static readonly string Untagged14 = Policies.Expire(1, "", 14);

    public static readonly string Newest5 = Policies.Keep(1, "v*", 5, "the team's");

    public static string PolicyOf(params string[] rules) => $$"""{"rules":[{{string.Join(',', rules)}}]}""";

    public static Baseline Enforcing(ExistingPolicy existing = ExistingPolicy.Keep, string? policy = null) =>
        new()
        {
            Repositories = [Glob.Parse("*")],
            Mode = BaselineMode.Enforce,
            ExistingPolicy = existing,
            LifecyclePolicy = Policies.Read(policy ?? PolicyOf(Untagged14)).Text,
        };

    public static RepositoryFacts Repository(string? lifecyclePolicy = null) =>
        new()
        {
            Id = Facts.Repository,
            LifecyclePolicy = lifecyclePolicy,
            Scanning = new ScanningFacts(Scanner.Basic, OnPush: true, Continuous: false),
            Mutability = TagMutability.Mutable,
            ResourceTags = new Dictionary<string, string>(),
        };

    public static BaselinePlan Plan(
        RepositoryFacts repository,
        Baseline? baseline,
        SettingHistory? hold = null,
        EnforcementMode mode = EnforcementMode.Mark
    ) => BaselinePlan.For(repository, baseline, mode, hold ?? SettingHistory.None);

    /// <summary>The repository, and what is kept about it, after every repair of the plan.</summary>
    public static (RepositoryFacts Repository, SettingHistory SettingHistory) Apply(
        this BaselinePlan plan,
        RepositoryFacts repository,
        SettingHistory hold
    ) =>
        plan.Repairs.Aggregate(
            (repository, hold),
            (now, repair) =>
                (Put(now.repository, repair.Setting, repair.Value), now.hold.Intending(repair).Done(repair))
        );

    public static RepositoryFacts Put(RepositoryFacts repository, RepositorySetting setting, string value) =>
        setting.Kind switch
        {
            SettingKind.LifecyclePolicy => repository with { LifecyclePolicy = value },
            SettingKind.TagMutability => repository with
            {
                Mutability = MutabilityValue.Parse(value).Mode,
                MutabilityExclusions = MutabilityValue.Parse(value).Exclusions,
            },
            SettingKind.ScanOnPush => repository with { Scanning = repository.Scanning with { OnPush = true } },
            SettingKind.ResourceTag => repository with
            {
                ResourceTags = new Dictionary<string, string>(repository.ResourceTags!) { [setting.Tag!] = value },
            },
        };
}
